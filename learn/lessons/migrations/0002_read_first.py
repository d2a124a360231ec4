"""A lesson may be one to read first; a therapy type remembers the order in which its lessons were shipped."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('lessons', '0001_first'),
    ]

    operations = [
        migrations.AddField(
            model_name='lesson',
            name='read_first',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='therapy',
            name='shipped_order',
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
    ]
