"""Tables of hashes: the keys of this site, and who was erased.

A database that holds access codes already was used with SECRET_KEY for them. So that is noted as its CODE_KEY: a site
that gets a CODE_KEY at the same time must name the old one as a fallback, or it does not start.
"""

from django.conf import settings
from django.db import migrations, models
from django.utils import timezone
from django.utils.crypto import salted_hmac


def note(apps, schema_editor):
    db = schema_editor.connection.alias
    if apps.get_model('people', 'AccessCode').objects.using(db).exists():
        mark = salted_hmac('learn.people.known_keys', 'mark', secret=settings.SECRET_KEY, algorithm='sha256').hexdigest()
        for name in ('SECRET_KEY', 'CODE_KEY'):
            apps.get_model('people', 'KeyMark').objects.using(db).create(name=name, mark=mark, since=timezone.now())


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0019_seal_the_log'),
    ]

    operations = [
        migrations.CreateModel(
            name='ErasedMark',
            fields=[
                ('mark', models.CharField(max_length=64, primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name='KeyMark',
            fields=[
                ('name', models.CharField(max_length=20, primary_key=True, serialize=False)),
                ('mark', models.CharField(max_length=64)),
                ('since', models.DateTimeField()),
            ],
        ),
        migrations.RunPython(note, migrations.RunPython.noop, elidable=True),
    ]
