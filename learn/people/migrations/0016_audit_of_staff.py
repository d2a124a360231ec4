"""Whom of the staff an audit row is about; IT reads these rows alone, by an index of their own."""

from django.db import migrations, models


def drop_guard(apps, schema_editor):
    """SQLite drops no column that a trigger names. The guard is put back after each migrate."""
    if schema_editor.connection.vendor == 'sqlite':
        schema_editor.execute('DROP TRIGGER IF EXISTS "people_auditevent_guard"')


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0015_phone_extensions'),
    ]

    operations = [
        migrations.AddField(
            model_name='auditevent',
            name='person',
            field=models.BigIntegerField(null=True),
        ),
        migrations.RunPython(migrations.RunPython.noop, drop_guard),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(models.OrderBy(models.F('at'), descending=True), condition=models.Q(('person__isnull', False)), name='audit_of_staff'),
        ),
    ]
