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
    seals = apps.get_model('people', 'AuditSeal')
    place, before, done, rows = 0, START, 0, True
    while rows:
        columns = ('pk', 'at', 'who', 'what', 'team', 'patient', 'count')
        rows = list(events.filter(pk__gt=done).order_by('pk').values_list(*columns)[:AT_ONCE])
        made = []
        for pk, at, *rest in rows:
            text = json.dumps([before, pk, at.astimezone(UTC).isoformat(timespec='microseconds'), *rest])
            place, before, done = place + 1, hashlib.sha256(text.encode()).hexdigest(), pk
            made.append(seals(place=place, event=pk, hash=before))
        seals.objects.using(db).bulk_create(made)


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0014_audit_seals'),
    ]

    operations = [
        migrations.RunPython(seal, migrations.RunPython.noop, elidable=True),
    ]
