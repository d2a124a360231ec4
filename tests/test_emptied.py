"""After a flush, all that `migrate` leaves is there again, and nothing else (tests/emptied.py)."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection

from quizzes import immutable
from quizzes.models import Quiz, Revision

pytestmark = pytest.mark.django_db(transaction=True)


def there() -> tuple[set[str], set[str], dict[str, set[str]]]:
    groups = {group.name: set(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()}
    permissions = Permission.objects.values_list("content_type__model", "codename")
    return set(ContentType.objects.values_list("model", flat=True)), {".".join(p) for p in permissions}, groups


def test_what_a_migration_leaves_is_there_as_if_made_anew() -> None:
    call_command("flush", interactive=False, verbosity=0)
    Quiz.objects.create(slug="heat", title="Heat")
    call_command("flush", interactive=False, verbosity=0)
    found = there()
    assert not Quiz.objects.exists()
    assert {"quiz", "revision"} <= found[0]
    assert "quiz.add_quiz" in found[1]
    assert "Nurse" in found[2]
    emit_post_migrate_signal(0, False, "default")
    assert there() == found


def test_new_rows_get_keys_of_their_own() -> None:
    call_command("flush", interactive=False, verbosity=0)
    kind = ContentType.objects.create(app_label="new", model="new")
    assert Permission.objects.create(content_type=kind, codename="new", name="new").pk
    assert Group.objects.create(name="new").pk


def test_a_trigger_that_was_dropped_is_there_again() -> None:
    call_command("flush", interactive=False, verbosity=0)
    name = immutable._name(Revision)
    on = f" ON {Revision._meta.db_table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}{on}")
    assert name not in immutable._there(connection)
    call_command("flush", interactive=False, verbosity=0)
    assert name in immutable._there(connection)
