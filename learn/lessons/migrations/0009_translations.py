"""An edition can be the translation of another one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('lessons', '0008_own_texts'),
    ]

    operations = [
        migrations.AddField(
            model_name='edition',
            name='translates',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='translations', to='lessons.edition'),
        ),
    ]
