"""Whether someone was helping, as the learner said when an attempt began."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quizzes', '0005_pauses'),
    ]

    operations = [
        migrations.AddField(
            model_name='attempt',
            name='helped',
            field=models.BooleanField(default=False),
        ),
    ]
