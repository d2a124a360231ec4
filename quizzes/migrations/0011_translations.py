"""A revision can be the translation of another one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quizzes', '0010_instead_of'),
    ]

    operations = [
        migrations.AddField(
            model_name='revision',
            name='translates',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='translations', to='quizzes.revision'),
        ),
    ]
