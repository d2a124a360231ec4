"""Seal the rows that are in the audit log already, in their order. It reads and writes 2,000 rows at a time."""

import hashlib
import json
from datetime import UTC

from django.db import migrations

AT_ONCE = 2000
START = '0' * 64


def seal(apps, schema_editor):
    """Write the chain as `learn.people.chain` does. This copy stays as it is: a seal that was made never changes."""
    db = schema_editor.connection.alias
    events = apps.get_model('people', 'AuditEvent').objects.using(db)
    columns = [field.attname for field in events.model._meta.concrete_fields if not field.primary_key]
    seals = apps.get_model('people', 'AuditSeal')
    place, before, done, rows = 0, START, 0, True
    while rows:
        rows = list(events.filter(pk__gt=done).order_by('pk').values('pk', *columns)[:AT_ONCE])
        made = []
        for row in rows:
            done = row.pop('pk')
            row['at'] = row['at'].astimezone(UTC).isoformat(timespec='microseconds')
            held = {name: value for name, value in row.items() if value is not None}
            before = hashlib.sha256(json.dumps([before, done, held], sort_keys=True).encode()).hexdigest()
            place += 1
            made.append(seals(place=place, event=done, hash=before))
        seals.objects.using(db).bulk_create(made)


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0018_audit_seals'),
    ]

    operations = [
        migrations.RunPython(seal, migrations.RunPython.noop, elidable=True),
    ]
