"""A contact has words that only staff see."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('progress', '0005_kept_pages'),
    ]

    operations = [
        migrations.AddField(
            model_name='contact',
            name='staff_only',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
    ]
