"""Read a session, its user, their patient row and their care team with one hand-written SQL statement.

Every page needs these four rows. The ORM would build its SQL again for every page, which costs ten times as much as the
query itself. The statement leaves out expired sessions. Django's `auth.get_user`, `RoleBackend` and `sessions` still
make the other checks (password hash, `is_active`, time limits).
"""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model
from django.utils import timezone

from learn.people.models import CareTeam, Patient, Session, User
from quizzes import statements

# Deferred fields: the ORM reads them at their first use.
LATER = {"invitation", "sort_key", "called", "called_by_id", "closed"}


def _columns(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if field.attname not in LATER]


USER, PATIENT, TEAM = _columns(User), _columns(Patient), _columns(CareTeam)
_MOMENTS = [USER.index(name) for name in ("last_login", "date_joined")]
_PEOPLE = ", ".join(f"{table}.{name}" for table, names in (("u", USER), ("p", PATIENT), ("t", TEAM)) for name in names)
_LIVING = f"""
SELECT s.session_data, {_PEOPLE}
FROM {Session._meta.db_table} s
LEFT JOIN {User._meta.db_table} u ON u.id = s.user_id
LEFT JOIN {Patient._meta.db_table} p ON p.user_id = u.id
LEFT JOIN {CareTeam._meta.db_table} t ON t.id = p.care_team_id
WHERE s.session_key = %s AND s.expire_date > %s
"""  # noqa: S608 - it contains only names of our own tables and columns


def living(key: str | None) -> tuple[str, User | None] | None:
    """Return the data and the user of the session with this key, or None if it has expired or does not exist.

    `patient` and `patient.care_team` of the user are loaded too, so they need no further query.
    """
    now = Session._meta.get_field("expire_date").get_db_prep_value(timezone.now(), connection)
    rows = statements.run(_LIVING, [key, now])
    return (rows[0][0], _person(rows[0][1:])) if rows else None


def _person(row: tuple[Any, ...]) -> User | None:
    of_user, of_patient, of_team = list(row[: len(USER)]), row[len(USER) : -len(TEAM)], row[-len(TEAM) :]
    if of_user[0] is None:
        return None
    for n in _MOMENTS:
        if of_user[n] is not None and timezone.is_naive(of_user[n]):  # SQLite stores no time zone
            of_user[n] = timezone.make_aware(of_user[n], connection.timezone)
    user = User.from_db(DEFAULT_DB_ALIAS, USER, of_user)
    patient = None
    if of_patient[0] is not None:
        patient = Patient.from_db(DEFAULT_DB_ALIAS, PATIENT, of_patient)
        patient.care_team = CareTeam.from_db(DEFAULT_DB_ALIAS, TEAM, of_team)
        patient.user = user
    User._meta.get_field("patient").set_cached_value(user, patient)
    return user
