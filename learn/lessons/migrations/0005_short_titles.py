"""A short title for heads without room. It is no part of the guarded text."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('lessons', '0004_same_meaning'),
    ]

    operations = [
        migrations.AddField(
            model_name='edition',
            name='short_title',
            field=models.CharField(blank=True, db_default='', default='', max_length=24),
        ),
    ]
