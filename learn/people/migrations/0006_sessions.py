"""Sessions with the number of who is signed in. Those that live go over from Django's table; nobody is signed out."""

from itertools import islice

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import migrations, models
from django.utils import timezone

BATCH = 500


def take_over(apps, schema_editor):
    """Copy the sessions that have not ended, each read once for its person; leave out what cannot be read.

    The old rows go: an erasure would no longer find them.
    """
    db = schema_editor.connection.alias
    old = apps.get_model("sessions", "Session").objects.using(db)
    new = apps.get_model("people", "Session").objects.using(db)
    store = SessionStore()
    rows = old.filter(expire_date__gt=timezone.now()).iterator(chunk_size=BATCH)
    while batch := list(islice(rows, BATCH)):
        read = [(row, store.decode(row.session_data)) for row in batch]
        new.bulk_create(
            new.model(
                session_key=row.session_key,
                session_data=row.session_data,
                expire_date=row.expire_date,
                user_id=data.get(SESSION_KEY),
            )
            for row, data in read
            if data
        )
    old.all().delete()


def give_back(apps, schema_editor):
    """Copy them back, for whoever goes back to the release before."""
    db = schema_editor.connection.alias
    old = apps.get_model("sessions", "Session").objects.using(db)
    rows = apps.get_model("people", "Session").objects.using(db).values("session_key", "session_data", "expire_date")
    rows = rows.iterator(chunk_size=BATCH)
    while batch := list(islice(rows, BATCH)):
        old.bulk_create(old.model(**row) for row in batch)


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0005_invitations'),
        ('sessions', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Session',
            fields=[
                ('session_key', models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name='session key')),
                ('session_data', models.TextField(verbose_name='session data')),
                ('expire_date', models.DateTimeField(db_index=True, verbose_name='expire date')),
                ('user_id', models.BigIntegerField(db_index=True, null=True)),
            ],
            options={
                'verbose_name': 'session',
                'verbose_name_plural': 'sessions',
                'abstract': False,
            },
        ),
        migrations.RunPython(take_over, give_back),
    ]
