"""An edition says whether it means the same as the one before. Editions from before this column do not say so."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('lessons', '0003_no_repeated_index'),
    ]

    operations = [
        migrations.AddField(
            model_name='edition',
            name='same_meaning',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
