"""What an attempt asks, for the pages and verbs of a check: one small statement, and wordings kept in the process.

The statement is written out: the ORM would compile it anew for every page, at ten times the price of asking it. It
names the learner in its WHERE, so nobody gets anyone else's.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import partial
from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import Field, Model
from django.utils import timezone

from quizzes.kinds import KINDS, Ask, Given, Mark, Spec
from quizzes.models import Attempt, AttemptItem, Memory, Quiz, Response, Revision, State, in_own_order
from quizzes.scheduling import MemoryState

MOST = 2000  # wordings kept; some 2 KB each

_ATTEMPT = ["learner_id", "kind", "quiz_id", "language", "finished", "helped"]  # in the model's order, for `from_db`
_MEMORY = [field.name for field in fields(MemoryState)]
# The newest answer is packed into one text (number, mark, what was given): one subquery instead of three.
_ITEMS = f"""
SELECT {", ".join(f"a.{name}" for name in _ATTEMPT)}, q.slug, q.title, i.id, i.position, i.revision_id,
    (SELECT r.number || ' ' || r.mark || ' ' || CAST(r.given AS text)
     FROM {Response._meta.db_table} r WHERE r.item_id = i.id ORDER BY r.number DESC LIMIT 1)
    {{more}}
FROM {Attempt._meta.db_table} a
JOIN {AttemptItem._meta.db_table} i ON i.attempt_id = a.id
LEFT JOIN {Quiz._meta.db_table} q ON q.id = a.quiz_id
{{joined}}
WHERE a.id = %s AND a.learner_id = %s
ORDER BY i.position
"""  # noqa: S608 - only names of our own tables and columns are put in
_SHOWN = _ITEMS.format(more="", joined="")
# For an answer: the memory of the answered question comes along, and the attempt is locked where a database can.
_ANSWERED = _ITEMS.format(
    more=", " + ", ".join(f"m.{name}" for name in ("id", *_MEMORY)),
    joined=f"""LEFT JOIN {Memory._meta.db_table} m ON i.id = %s AND m.learner_id = a.learner_id
    AND m.question_id = (SELECT v.question_id FROM {Revision._meta.db_table} v WHERE v.id = i.revision_id)""",  # noqa: S608 - as above
)


@dataclass(frozen=True, slots=True)
class Wording:
    """A Revision that was published once, as all its readers share it. Whether it is retired by now is not kept."""

    pk: int
    question_id: int
    language: str
    kind: str
    critical: bool
    objective: str
    stem: str
    spec: Spec
    why: str
    source: str

    def mark(self, given: list[str]) -> Mark:
        """Return what this answer to this wording is worth."""
        return KINDS[self.kind].mark(self.spec, given)


@dataclass(slots=True)
class Asked:
    """An AttemptItem with its answers: of the newest one, the mark and what was given."""

    pk: int
    attempt: Attempt
    position: int
    revision: Wording
    answers: int  # how many
    last_mark: str | None
    given: str  # as JSON

    @property
    def attempt_id(self) -> uuid.UUID:
        """The attempt's number."""
        return self.attempt.pk

    def ask(self) -> Ask:
        """Return what a page may see of this item, in the item's own order (`in_own_order`)."""
        return in_own_order(self.pk, KINDS[self.revision.kind].ask(self.revision.spec))


Item = AttemptItem | Asked  # from `with_answers`, or from here
_kept: dict[int, Wording] = {}


def wordings(pks: Collection[int]) -> Mapping[int, Wording]:
    """Return these wordings (primary keys), kept in the process from now on: no published text ever changes.

    They are kept when the transaction around this has come through: what it wrote itself may be rolled back.
    """
    here = {pk: wording for pk in pks if (wording := _kept.get(pk))}  # another thread may empty what is kept
    if missing := [pk for pk in pks if pk not in here]:
        names = [field.name for field in fields(Wording)]
        rows = Revision.objects.filter(pk__in=missing).exclude(state=State.DRAFT).values_list(*names)
        found = {row[0]: Wording(*row) for row in rows}
        transaction.on_commit(partial(_keep, found))
        here |= found
    return here


def _keep(found: dict[int, Wording]) -> None:
    if len(_kept) + len(found) > MOST:
        _kept.clear()
    _kept.update(found)


def forget() -> None:
    """Forget what is kept: after numbers were given to other rows (a test's database begun anew, a backup restored)."""
    _kept.clear()


def items_of(learner: int | None, attempt: uuid.UUID) -> list[Asked]:
    """Return what this learner's attempt asks, in order; nothing where it is not theirs."""
    return _items(attempt, _read(_SHOWN, [_key(attempt), learner]))


def items_to_answer(learner: int, attempt: uuid.UUID, item: int) -> tuple[list[Asked], tuple[int, MemoryState] | None]:
    """Return the same under lock, and the memory of the item's question with its primary key.

    Call it under the learner's lock (`learners.locked`): what this reads must not date from before that wait.
    """
    locking = " FOR UPDATE OF a" if connection.features.has_select_for_update_of else ""
    rows = _read(_ANSWERED + locking, [item, _key(attempt), learner])
    memory = next((row[-1 - len(_MEMORY) :] for row in rows if row[-1 - len(_MEMORY)] is not None), None)
    return _items(attempt, rows), (memory[0], MemoryState(*memory[1:])) if memory else None


def _key(attempt: uuid.UUID) -> Any:
    return Attempt._meta.pk.get_db_prep_value(attempt, connection)


def _read(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _items(attempt: uuid.UUID, rows: list[tuple[Any, ...]]) -> list[Asked]:
    if not rows:
        return []
    of = _attempt(attempt, *rows[0][: len(_ATTEMPT) + 2])
    words = wordings({row[len(_ATTEMPT) + 4] for row in rows})
    found = []
    for row in rows:
        pk, position, revision, newest = row[len(_ATTEMPT) + 2 : len(_ATTEMPT) + 6]
        number, mark, given = newest.split(" ", 2) if newest else (0, None, "[]")
        found.append(Asked(pk, of, position, words[revision], int(number), mark, given))
    return found


def _attempt(pk: uuid.UUID, *row: Any) -> Attempt:
    *values, slug, title = row
    finished = _ATTEMPT.index("finished")
    if values[finished] is not None and timezone.is_naive(values[finished]):  # SQLite keeps no zone
        values[finished] = timezone.make_aware(values[finished], connection.timezone)
    attempt = Attempt.from_db(DEFAULT_DB_ALIAS, ["id", *_ATTEMPT], [pk, *values])
    if attempt.quiz_id is not None:
        attempt.quiz = Quiz.from_db(DEFAULT_DB_ALIAS, ["id", "slug", "title"], [attempt.quiz_id, slug, title])
    return attempt


def save_answer(*, item: int, number: int, given: Given, mark: str, at: datetime) -> None:
    """Add one answer to the record."""
    _insert(Response, {"item": item, "number": number, "given": given, "mark": mark, "at": at})


def save_memory(pk: int | None, *, learner: int, question: int, state: MemoryState) -> None:
    """Keep what is known after an answer: in the row with this primary key, or in a new one."""
    if pk is None:
        # Under the lock there is no other one; but no answer shall be lost for the sake of what is derived from it.
        _insert(Memory, {"learner": learner, "question": question, **asdict(state)}, " ON CONFLICT DO NOTHING")
    else:
        Memory.objects.filter(pk=pk).update(**asdict(state))


def _insert(model: type[Model], values: dict[str, Any], end: str = "") -> None:
    columns = [(cast("Field[Any, Any]", model._meta.get_field(name)), value) for name, value in values.items()]
    names, marks = ", ".join(str(field.column) for field, _ in columns), ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({marks}){end}",  # noqa: S608 - names of our own
            [field.get_db_prep_save(value, connection) for field, value in columns],
        )
