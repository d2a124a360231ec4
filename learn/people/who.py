"""Who asks: a session, its person, their patient row and their care team, by one written statement.

Every page needs these four rows. The ORM would compile a statement of each anew for every page, at ten times the price
of asking the database. Whether the session still counts (expiry, password hash, `is_active`) is judged where it always
is: by Django's own `auth.get_user`, by `RoleBackend` and by `sessions`.
"""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model
from django.utils import timezone

from learn.people.models import CareTeam, Patient, Session, User

# Not read for every page: the ORM asks for it when somebody looks at it.
LATER = {"invitation"}


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
"""  # noqa: S608 - only names of our own tables and columns are put in


def living(key: str | None) -> tuple[str, User | None] | None:
    """Return the data of the session that has this key, and the person of its row; None when it is over, or never was.

    The person has `patient` and `patient.care_team` with them: to look at these costs no query.
    """
    now = Session._meta.get_field("expire_date").get_db_prep_value(timezone.now(), connection)
    with connection.cursor() as cursor:
        cursor.execute(_LIVING, [key, now])
        row = cursor.fetchone()
    return (row[0], _person(row[1:])) if row else None


def _person(row: tuple[Any, ...]) -> User | None:
    of_user, of_patient, of_team = list(row[: len(USER)]), row[len(USER) : -len(TEAM)], row[-len(TEAM) :]
    if of_user[0] is None:
        return None
    for n in _MOMENTS:
        if of_user[n] is not None and timezone.is_naive(of_user[n]):  # SQLite keeps no zone
            of_user[n] = timezone.make_aware(of_user[n], connection.timezone)
    user = User.from_db(DEFAULT_DB_ALIAS, USER, of_user)
    patient = None
    if of_patient[0] is not None:
        patient = Patient.from_db(DEFAULT_DB_ALIAS, PATIENT, of_patient)
        patient.care_team = CareTeam.from_db(DEFAULT_DB_ALIAS, TEAM, of_team)
        patient.user = user
    User._meta.get_field("patient").set_cached_value(user, patient)
    return user
