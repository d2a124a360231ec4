"""Read an attempt's items, and a learner's memories, with small SQL statements; cache the texts of revisions.

The statements are written as SQL because the ORM would compile them again for every page, which takes ten times as long
as the query itself. Each WHERE clause contains the learner, so nobody can read what belongs to another learner.
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

from quizzes import statements
from quizzes.kinds import KINDS, Ask, Given, Mark, Spec
from quizzes.models import SOURCE, Attempt, AttemptItem, Memory, Pause, Quiz, Response, Revision, State
from quizzes.scheduling import MemoryState

MOST = 2000  # size of the cache, in revisions; about 2 KB each

_ATTEMPT = ["learner_id", "kind", "quiz_id", "language", "finished", "helped"]  # in the model's order, for `from_db`
_MEMORY = [field.name for field in fields(MemoryState)]
# The newest answer is packed into one string (number, mark, given values): one subquery instead of three.
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
# For saving an answer: also reads the memory of the question, and locks the attempt if the database has row locks.
_ANSWERED = _ITEMS.format(
    more=", " + ", ".join(f"m.{name}" for name in ("id", *_MEMORY)),
    joined=f"""LEFT JOIN {Memory._meta.db_table} m ON i.id = %s AND m.learner_id = a.learner_id
    AND m.question_id = (SELECT v.question_id FROM {Revision._meta.db_table} v WHERE v.id = i.revision_id)""",  # noqa: S608 - as above
)

_MEMORY_ROW = [field.attname for field in Memory._meta.concrete_fields]
_MEMORIES = f"""
SELECT {", ".join(f"m.{name}" for name in _MEMORY_ROW)}, {{revision}}, v.critical, v.line, p.until
FROM {Memory._meta.db_table} m
JOIN {Revision._meta.db_table} v
    ON v.question_id = m.question_id AND v.state = '{State.PUBLISHED.value}' AND v.language = '{SOURCE}'
{{translated}}
LEFT JOIN {Pause._meta.db_table} p ON p.learner_id = m.learner_id
WHERE m.learner_id = %s
"""  # noqa: S608 - as above
_IN_SOURCE = _MEMORIES.format(revision="v.id", translated="")
# A question that is not translated yet is asked in the source language: it must not be forgotten.
_TRANSLATED = _MEMORIES.format(
    revision="COALESCE(w.id, v.id)",
    translated=f"""LEFT JOIN {Revision._meta.db_table} w
    ON w.translates_id = v.id AND w.state = '{State.PUBLISHED.value}' AND w.language = %s""",
)
_ATTEMPT_ROW = [field.attname for field in Attempt._meta.concrete_fields]
_LAST_REVIEW = f"""
SELECT {", ".join(_ATTEMPT_ROW)}
FROM {Attempt._meta.db_table}
WHERE learner_id = %s AND quiz_id IS NULL AND kind = '{Attempt.Kind.REVIEW.value}'
ORDER BY started DESC LIMIT 1
"""  # noqa: S608 - as above


@dataclass(frozen=True, slots=True)
class Wording:
    """The text of a published or retired Revision, shared by all readers. It does not say whether it is retired now."""

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
        """Return the mark for this answer (the chosen values; empty means "I'm not sure")."""
        return KINDS[self.kind].mark(self.spec, given)


@dataclass(slots=True)
class Asked:
    """An AttemptItem with the number of its answers, and the mark and the given values of the newest answer."""

    pk: int
    attempt: Attempt
    position: int
    revision: Wording
    answers: int  # how many
    last_mark: str | None
    given: str  # as JSON

    @property
    def attempt_id(self) -> uuid.UUID:
        """The primary key of the attempt."""
        return self.attempt.pk

    def ask(self) -> Ask:
        """Return what a page may show of this item, without the solution, in this item's order."""
        return KINDS[self.revision.kind].ask(self.revision.spec).in_order_of(self.pk)


Item = AttemptItem | Asked  # from `with_answers`, or from here
_kept: dict[int, Wording] = {}


def wordings(pks: Collection[int]) -> Mapping[int, Wording]:
    """Return these revisions by primary key, and cache them in the process: a published text never changes.

    They are cached only when the current transaction is committed, because its own changes may be rolled back.
    """
    here = {pk: wording for pk in pks if (wording := _kept.get(pk))}  # another thread may clear the cache
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
    """Clear the cache. Needed when primary keys belong to other rows: a new test database, or a restored backup."""
    _kept.clear()


def items_of(learner: int | None, attempt: uuid.UUID) -> list[Asked]:
    """Return the items of this attempt by position; an empty list if the attempt is not this learner's (a pk)."""
    return _items(attempt, statements.run(_SHOWN, [_key(attempt), learner]))


def items_to_answer(learner: int, attempt: uuid.UUID, item: int) -> tuple[list[Asked], tuple[int, MemoryState] | None]:
    """Lock the attempt; return its items, and the memory of the item's question as (primary key, state) or None.

    The caller must hold `learners.locked`, so that this does not read data from before that lock was granted.
    """
    locking = " FOR UPDATE OF a" if connection.features.has_select_for_update_of else ""
    rows = statements.run(_ANSWERED + locking, [item, _key(attempt), learner])
    memory = next((row[-1 - len(_MEMORY) :] for row in rows if row[-1 - len(_MEMORY)] is not None), None)
    return _items(attempt, rows), (memory[0], MemoryState(*memory[1:])) if memory else None


def memories(learner: int, language: str) -> list[Memory]:
    """Return the rows of `Memory.objects.asked` of this learner (a pk), for each page that says what is due."""
    found = []
    source = language == SOURCE
    run = statements.run(_IN_SOURCE if source else _TRANSLATED, [learner] if source else [language, learner])
    for *row, revision, safety, line, rests_until in run:
        memory = Memory.from_db(DEFAULT_DB_ALIAS, _MEMORY_ROW, row)
        memory.revision, memory.safety, memory.line, memory.rests_until = revision, safety, line, rests_until
        found.append(memory)
    return found


def last_review(learner: int) -> Attempt | None:
    """Return the review that this learner (a pk) has started last, or None."""
    for row in statements.run(_LAST_REVIEW, [learner]):
        attempt = Attempt.from_db(DEFAULT_DB_ALIAS, _ATTEMPT_ROW, row)
        attempt.pk = Attempt._meta.pk.to_python(attempt.pk)
        attempt.started, attempt.finished = _moment(attempt.started), _moment(attempt.finished)
        return attempt
    return None


def _moment(at: Any) -> Any:
    # SQLite stores no time zone.
    return timezone.make_aware(at, connection.timezone) if at is not None and timezone.is_naive(at) else at


def _key(attempt: uuid.UUID) -> Any:
    return Attempt._meta.pk.get_db_prep_value(attempt, connection)


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
    values[finished] = _moment(values[finished])
    attempt = Attempt.from_db(DEFAULT_DB_ALIAS, ["id", *_ATTEMPT], [pk, *values])
    if attempt.quiz_id is not None:
        attempt.quiz = Quiz.from_db(DEFAULT_DB_ALIAS, ["id", "slug", "title"], [attempt.quiz_id, slug, title])
    return attempt


def save_answer(*, item: int, number: int, given: Given, mark: str, at: datetime) -> None:
    """Insert one answer."""
    _insert(Response, {"item": item, "number": number, "given": given, "mark": mark, "at": at})


def save_memory(pk: int | None, *, learner: int, question: int, state: MemoryState) -> None:
    """Save the state of a memory after an answer, in the row with this primary key, or in a new row if it is None."""
    if pk is None:
        # Under the lock there should be no other row. If there is one, the insert must not fail: the answer would be
        # lost, and a memory can always be rebuilt from the answers.
        _insert(Memory, {"learner": learner, "question": question, **asdict(state)}, " ON CONFLICT DO NOTHING")
    else:
        Memory.objects.filter(pk=pk).update(**asdict(state))


def _insert(model: type[Model], values: dict[str, Any], end: str = "") -> None:
    columns = [(cast("Field[Any, Any]", model._meta.get_field(name)), value) for name, value in values.items()]
    names, marks = ", ".join(str(field.column) for field, _ in columns), ", ".join(["%s"] * len(columns))
    statements.run(
        f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({marks}){end}",  # noqa: S608 - names of our own
        [field.get_db_prep_save(value, connection) for field, value in columns],
    )
