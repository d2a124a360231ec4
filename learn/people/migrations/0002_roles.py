"""The roles are named groups; what each may do stands in learn/people/roles.py."""

from django.db import migrations

ROLES = ["Nurse", "Lead nurse", "Educator", "Clinical reviewer", "IT"]


def make(apps, schema_editor):
    for name in ROLES:
        apps.get_model("auth", "Group").objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("people", "0001_first")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
