"""Foreign keys that begin a longer index have none of their own: it cost a write a row, and found nothing."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assignments', '0004_reminders'),
    ]

    operations = [
        migrations.AlterField(
            model_name='place',
            name='pathway',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='places', to='assignments.pathway'),
        ),
    ]
