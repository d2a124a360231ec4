"""Foreign keys that begin a longer index have none of their own: it cost a write a row, and found nothing."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0007_audit_by_person'),
    ]

    operations = [
        migrations.AlterField(
            model_name='patient',
            name='care_team',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='patients', to='people.careteam'),
        ),
    ]
