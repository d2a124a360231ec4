"""Patients are sorted by their label without regard to case and accents, the same way on both databases."""

from django.db import migrations

import learn.people.models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0008_no_repeated_index'),
    ]

    operations = [
        migrations.AddField(
            model_name='patient',
            name='sort_key',
            field=learn.people.models.SortKey(db_default='', editable=False, max_length=200, of='label'),
        ),
    ]
