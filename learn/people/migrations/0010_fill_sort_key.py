"""The sort key of each patient who was there before the column. It writes 500 rows at a time."""

from django.db import migrations


def fill(apps, schema_editor):
    """Set the key of all patients. The field itself makes it from the label (`SortKey.pre_save`)."""
    table = apps.get_model('people', 'Patient')._base_manager.using(schema_editor.connection.alias)
    field = table.model._meta.get_field('sort_key')
    last, rows = 0, True
    while rows:
        rows = list(table.filter(pk__gt=last).order_by('pk').only('pk', 'label')[:500])
        for row in rows:
            field.pre_save(row, add=False)
            last = row.pk
        table.bulk_update(rows, ['sort_key'])


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0009_patient_sort_key'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
