"""Finding by an index who was asked a wording last: how an earlier one did is told from these."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quizzes', '0011_translations'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='attemptitem',
            index=models.Index(fields=['revision', '-id'], name='attemptitem_newest_asked'),
        ),
        # This index begins with the foreign key, which needs none of its own.
        migrations.AlterField(
            model_name='attemptitem',
            name='revision',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='asked', to='quizzes.revision'),
        ),
    ]
