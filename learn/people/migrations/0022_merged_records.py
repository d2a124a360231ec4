"""A record can be closed because it was merged into another one."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0021_treatment'),
    ]

    operations = [
        migrations.AlterField(
            model_name='patient',
            name='ended_why',
            field=models.CharField(blank=True, choices=[('finished', 'Treatment finished'), ('moved', 'Moved to another clinic'), ('died', 'Died'), ('stopped', 'Asked to stop'), ('merged', 'Merged into another record')], max_length=10),
        ),
    ]
