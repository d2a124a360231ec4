"""Sign-in names that were stored in another spelling (full-width letters, upper case) get the one that is compared.

Where that would give two users one name, both keep what they have: whoever types it exactly is still let in.
"""

from collections import Counter

from django.db import migrations

from learn import typed


def respell(apps, schema_editor):
    """Rename the users whose name is not stored as `typed.name` writes it."""
    users = apps.get_model('people', 'User')._base_manager.using(schema_editor.connection.alias)
    names = dict(users.exclude(username=None).values_list('pk', 'username'))
    wanted = {pk: typed.name(name) for pk, name in names.items() if typed.name(name) != name}
    taken = Counter([*names.values(), *wanted.values()])
    for pk, name in wanted.items():
        if name and taken[name] == 1:
            users.filter(pk=pk).update(username=name)


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0011_patient_order'),
    ]

    operations = [
        migrations.RunPython(respell, migrations.RunPython.noop, elidable=True),
    ]
