"""Everything that is kept about one person, a table a row: shown to them, given to them as a file, erased.

A test walks every model of the site: a new table that leads to a person stands in PERSONAL_DATA, or the test fails.
Titles and names are the same in the file of every language; the page translates them, so here they are only marked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from allauth.account.models import EmailAddress
from django.db import connection
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from learn.assignments.models import Assignment, Change, Reminder
from learn.lessons.models import Lesson
from learn.people.audit import WORDS
from learn.people.models import AccessCode, AuditEvent, Patient, User
from learn.progress.models import Contact, Reading, TeachBack
from learn.visits.models import MyQuestion
from quizzes.models import Attempt, Memory, Pause, Response, Revision, State

Row = dict[str, Any]


@dataclass(frozen=True)
class PersonalData:
    """The rows of one table that tell of a person, and how they read.

    `of` leads from a row to the person. `erased`: an erasure removes them. `row` gives one row in words; where a table
    reads better in another way, `rows` gives all of them.
    """

    title: str
    model: type[Model]
    of: str
    row: Callable[[Any], Row]
    with_rows: tuple[str, ...] = ()
    rows: Callable[[User], list[Row]] | None = None
    erased: bool = True

    def theirs(self, user: User) -> QuerySet[Any]:
        """Return this person's rows."""
        found = self.model._default_manager.filter(**{self.of: user}).order_by("pk")
        return found.select_related(*self.with_rows) if self.with_rows else found

    def read(self, user: User) -> list[Row]:
        """Return this person's rows in words, the oldest first."""
        return self.rows(user) if self.rows else [self.row(found) for found in self.theirs(user)]


def _person(user: User) -> Row:
    return {
        _("sign-in name"): user.username,
        _("name"): user.get_full_name(),
        _("email"): user.email,
        _("here since"): user.date_joined,
        _("last signed in"): user.last_login,
        _("password"): gettext("kept so that nobody can read it") if user.has_usable_password() else None,
    }


def _patient(patient: Patient) -> Row:
    return {
        _("care team"): patient.care_team.name,
        _("your nurse calls you"): patient.label,
        _("your nurse’s own reference"): patient.reference,
        _("ended on"): patient.ended_on,
        _("why"): patient.get_ended_why_display() if patient.ended_why else None,
    }


def _title(lesson: Lesson) -> str:
    return lesson.quiz.title if lesson.quiz else lesson.slug


def _checks(user: User) -> list[Row]:
    """Return every check with what was asked and answered: two queries, whatever their number."""
    answered = Response.objects.filter(item__attempt__learner=user).select_related("item__revision")
    by_attempt = {
        attempt: list(rows)
        for attempt, rows in groupby(
            answered.order_by("item__attempt_id", "pk"), key=lambda response: response.item.attempt_id
        )
    }
    return [
        {
            _("lesson"): attempt.quiz.title if attempt.quiz else None,
            _("kind"): attempt.get_kind_display(),
            _("begun"): attempt.started,
            _("finished"): attempt.finished,
            _("someone helped"): gettext("yes") if attempt.helped else gettext("no"),
            _("answers"): [
                {
                    _("question"): response.item.revision.stem,
                    _("you chose"): "; ".join(
                        text.rstrip(".") for text in response.item.revision.mark(response.given).chosen
                    )
                    or gettext("I’m not sure"),
                    _("this was"): response.get_mark_display(),
                    _("at"): response.at,
                }
                for response in by_attempt.get(attempt.pk, [])
            ],
        }
        for attempt in Attempt.objects.of(user).select_related("quiz").order_by("started")
    ]


def _memories(user: User) -> list[Row]:
    """Return when each question is asked again, by its topic as it is published now."""
    published = Revision.objects.filter(question=OuterRef("question"), state=State.PUBLISHED).values("objective")
    memories = Memory.objects.filter(learner=user).annotate(topic=Subquery(published[:1])).order_by("pk")
    columns = ("topic", "question__slug", "last", "due", "in_a_row", "stability", "difficulty")
    return [
        {
            _("about"): topic or slug,
            _("last asked"): last,
            _("asked again"): due,
            _("right in a row"): in_a_row,
            _("numbers this follows from"): "; ".join(number_format(n, 2) for n in numbers),
        }
        for topic, slug, last, due, in_a_row, *numbers in memories.values_list(*columns)
    ]


PERSONAL_DATA = (
    # Emptied by `actions.erase`, not deleted.
    PersonalData(_("Your care team"), Patient, "user", _patient, ("care_team",), erased=False),
    PersonalData(
        _("Codes that let you in"),
        AccessCode,
        "user",
        lambda c: {
            _("made"): c.made,
            _("made by"): gettext("you") if c.by_id == c.user_id else gettext("your nurse"),
            _("first used"): c.used,
            _("last used"): c.last_used,
            _("good until"): c.expires,
            _("cancelled"): c.cancelled,
        },
    ),
    PersonalData(_("Your email address"), EmailAddress, "user", lambda e: {_("address"): e.email}),
    PersonalData(
        _("Lessons that you read"),
        Reading,
        "learner",
        lambda r: {
            _("lesson"): r.edition.title,
            _("furthest page"): r.furthest.heading,
            _("begun"): r.started,
            _("finished"): r.finished,
        },
        ("edition", "furthest"),
    ),
    PersonalData(_("Checks that you began, and your answers"), Attempt, "learner", lambda a: {}, rows=_checks),
    PersonalData(_("When you are asked again"), Memory, "learner", lambda c: {}, rows=_memories),
    PersonalData(_("A rest from reviews that you asked for"), Pause, "learner", lambda p: {_("until"): p.until}),
    PersonalData(
        _("Your questions for your team"),
        MyQuestion,
        "learner",
        lambda q: {
            _("question"): q.text,
            _("added"): q.added,
            _("shared since"): q.shared,
            _("talked about"): q.talked,
        },
    ),
    PersonalData(
        _("What your nurse asked you to do"),
        Assignment,
        "patient__user",
        lambda a: {
            _("lesson"): _title(a.lesson),
            _("by"): a.due,
            _("note"): a.note,
            _("asked"): a.made,
            _("taken back"): a.withdrawn,
        },
        ("lesson__quiz",),
    ),
    PersonalData(
        _("How what you were asked was changed"),
        Change,
        "assignment__patient__user",
        lambda c: {
            _("lesson"): _title(c.assignment.lesson),
            _("changed"): c.act.at,
            _("before that: by"): c.due,
            _("before that: note"): c.note,
            _("before that: asked"): c.made,
        },
        ("assignment__lesson__quiz", "act"),
    ),
    PersonalData(
        _("Reminders by email"),
        Reminder,
        "patient__user",
        lambda r: {
            _("address"): r.address,
            _("waits for your yes"): r.pending,
            _("on since"): r.confirmed,
            _("last sent"): r.sent,
        },
    ),
    PersonalData(
        _("When your nurse noted that you spoke"),
        Contact,
        "patient__user",
        lambda c: {_("at"): c.at, _("note"): c.note},
    ),
    PersonalData(
        _("What you said back to your nurse in your own words"),
        TeachBack,
        "patient__user",
        lambda t: {
            _("about"): t.topic,
            _("how it went"): t.get_outcome_display() if t.outcome else None,
            _("to whom"): t.get_to_whom_display() if t.to_whom else None,
            _("language"): t.language,
            _("what made it hard"): ", ".join(t.barrier_words),
            _("note"): t.note,
            _("at"): t.at,
        },
        erased=False,
    ),
)


def _looks(user: User) -> list[Row]:
    """Return who looked at this person's record or changed it: opaque ids, so by the words of the act alone."""
    rows = AuditEvent.objects.filter(who=user.pk)
    if hasattr(user, "patient"):  # two reads by two indexes in one statement: an OR would read the whole table
        rows = rows.union(AuditEvent.objects.filter(patient=user.patient.pk))
    return [
        {
            _("at"): row.at,
            _("who"): gettext("you") if row.who == user.pk else gettext("staff"),
            _("what"): str(WORDS.get(row.what, row.what)),
        }
        for row in rows.order_by("pk")
    ]


def empty_log() -> None:
    """Leave nothing that was erased in SQLite's write-ahead log: bring it into the database, and cut the file off.

    The database itself overwrites what is deleted (`secure_delete`). Where somebody reads just now, for longer than the
    connection waits, the log stays for the next time: an erasure, or `manage.py tidy`. Call it outside a transaction.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def read(user: User) -> dict[str, list[Row]]:
    """Return everything that is kept about this person: a title, and its rows in words. What is empty is left out."""
    found = {_("Who you are here"): [_person(user)]}
    found |= {table.title: table.read(user) for table in PERSONAL_DATA}
    found[_("Who looked at your record")] = _looks(user)
    return {
        title: [{name: value for name, value in row.items() if value not in (None, "", [])} for row in rows]
        for title, rows in found.items()
        if rows
    }
