"""All data that is stored about one user, by table. It is shown to them, downloaded as a file, and erased.

A test checks every model of the site: it fails if a table with data of a user is missing in PERSONAL_DATA. Titles and
names are the same in the file for every language. The page translates them, so this module only marks them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from allauth.account.models import EmailAddress
from django.db import connection
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from learn.assignments.models import Assignment, Change, Digest, Reminder
from learn.languages import SOURCE, reader
from learn.lessons.models import Edition, Lesson, Step, Therapy
from learn.lessons.overlays import said
from learn.people import sessions
from learn.people.audit import LISTS, WORDS
from learn.people.models import AccessCode, AuditEvent, Patient, User
from learn.progress.models import Contact, KeptPage, Merge, Reading, TeachBack
from learn.visits.models import MyQuestion
from quizzes.models import Attempt, Memory, Pause, Response, Revision, State

Row = dict[str, Any]


@dataclass(frozen=True)
class PersonalData:
    """The rows of one table about a user, and how to show them.

    `of` is the lookup from a row to the user. `erased` means that an erasure deletes the rows. `row` returns the text
    of one row. If a table needs another form, `rows` returns the texts of all its rows instead.
    """

    title: str
    model: type[Model]
    of: str
    row: Callable[[Any], Row]
    with_rows: tuple[str, ...] = ()
    rows: Callable[[User], list[Row]] | None = None
    erased: bool = True
    of_staff: bool = False  # only staff can have it, so it is read for them alone

    def theirs(self, user: User) -> QuerySet[Any]:
        """Return this user's rows, by primary key."""
        found = self.model._default_manager.filter(**{self.of: user}).order_by("pk")
        return found.select_related(*self.with_rows) if self.with_rows else found

    def read(self, user: User) -> list[Row]:
        """Return this user's rows as text, oldest first."""
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
        _("type of therapy"): _therapy(patient.treatment),
        # Not why: a phone may be in the hands of somebody else, and one reason is "Died".
        _("no nurse follows it since"): patient.ended_on,
    }


def _therapy(slug: str) -> str:
    title = Therapy.objects.filter(slug=slug).values_list("title", flat=True).first() if slug else None
    return said("therapies.yaml", title) if title else slug


def _own_patient(user: User) -> list[Row]:
    """Return the patient's row, which is read with the user."""
    return [_patient(user.patient)] if hasattr(user, "patient") else []


def _titles(by: str = "lesson") -> dict[int | None, str]:
    """Return the titles of lessons in the reader's language, by lesson (pk). No query in the source language."""
    if reader() == SOURCE:
        return {}
    found = Edition.objects.filter(language=reader(), state=State.PUBLISHED)
    return dict(found.values_list(by, "title"))


def _title(lesson: Lesson, titles: Mapping[int | None, str]) -> str:
    return titles.get(lesson.pk) or (lesson.quiz.title if lesson.quiz else lesson.slug)


def _checks(user: User) -> list[Row]:
    """Return all checks with their questions and answers. It makes two queries for any number of checks."""
    answered = Response.objects.filter(item__attempt__learner=user).select_related("item__revision")
    by_attempt = {
        attempt: list(rows)
        for attempt, rows in groupby(
            answered.order_by("item__attempt_id", "pk"), key=lambda response: response.item.attempt_id
        )
    }
    titles = _titles("lesson__quiz")
    return [
        {
            _("lesson"): titles.get(attempt.quiz_id, attempt.quiz.title) if attempt.quiz else None,
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
    """Return when each question is asked again, with its topic as published now."""
    published = Revision.objects.filter(state=State.PUBLISHED, question=OuterRef("question")).values("objective")
    topic: Any = Subquery(published.filter(language=SOURCE)[:1])
    if reader() != SOURCE:
        topic = Coalesce(Subquery(published.filter(language=reader())[:1]), topic)
    memories = Memory.objects.filter(learner=user).annotate(topic=topic).order_by("pk")
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


def _readings(user: User) -> list[Row]:
    """Return how far the user is in each edition, with the pages that were shown. It makes two queries."""
    rows = list(Reading.objects.of(user).select_related("edition", "furthest").order_by("pk"))
    steps: dict[int, list[Step]] = {}
    for step in Step.objects.filter(edition__in=[row.edition_id for row in rows]).order_by("position"):
        steps.setdefault(step.edition_id, []).append(step)
    told = _translated(list(steps))
    return [
        {
            _("lesson"): told.get((row.edition_id, ""), row.edition.title),
            _("furthest page"): told.get((row.edition_id, row.furthest.slug), row.furthest.heading),
            _("pages shown"): "; ".join(
                told.get((row.edition_id, step.slug), step.heading)
                for step in steps[row.edition_id]
                if step.slug in row.seen
            ),
            _("begun"): row.started,
            _("finished"): row.finished,
        }
        for row in rows
    ]


def _translated(editions: list[int]) -> dict[tuple[int, str], str]:
    """Return the headings of editions in the reader's language, by edition (pk) and slug; with "", their title.

    One query; none in the source language.
    """
    if reader() == SOURCE:
        return {}
    steps = Step.objects.filter(edition__translates__in=editions, edition__language=reader(), frozen=True)
    found: dict[tuple[int, str], str] = {}
    rows = steps.order_by("edition__number").values_list("edition__translates", "edition__title", "slug", "heading")
    for edition, title, slug, heading in rows:
        found |= {(edition or 0, ""): title, (edition or 0, slug): heading}
    return found


def _kept_pages(user: User) -> list[Row]:
    """Return the kept pages with their headings as published now; one that is not in its lesson any more has a slug."""
    pages = KeptPage.objects.of(user).with_places().select_related("lesson__quiz").order_by("pk")
    titles = _titles()
    return [
        {_("lesson"): _title(page.lesson, titles), _("page"): page.heading or page.slug, _("at"): page.at}
        for page in pages
    ]


def _asked(user: User) -> list[Row]:
    titles = _titles()
    return [
        {
            _("lesson"): _title(row.lesson, titles),
            _("by"): row.due,
            _("note"): row.note,
            _("asked"): row.made,
            _("asked to do it again"): row.since,
            _("taught in person on"): row.taught_on,
            _("taken back"): row.withdrawn,
        }
        for row in Assignment.objects.filter(patient__user=user).select_related("lesson__quiz").order_by("pk")
    ]


def _changes(user: User) -> list[Row]:
    titles = _titles()
    changes = Change.objects.filter(assignment__patient__user=user).select_related("assignment__lesson__quiz", "act")
    return [
        {
            _("lesson"): _title(row.assignment.lesson, titles),
            _("changed"): row.act.at,
            _("before that: by"): row.due,
            _("before that: note"): row.note,
            _("before that: asked"): row.made,
        }
        for row in changes.order_by("pk")
    ]


PERSONAL_DATA = (
    # `actions.erase` empties this row and does not delete it.
    PersonalData(_("Your care team"), Patient, "user", _patient, rows=_own_patient, erased=False),
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
    PersonalData(_("Lessons that you read"), Reading, "learner", lambda r: {}, rows=_readings),
    PersonalData(_("Pages that you keep for later"), KeptPage, "learner", lambda k: {}, rows=_kept_pages),
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
    PersonalData(_("What your nurse asked you to do"), Assignment, "patient__user", lambda a: {}, rows=_asked),
    PersonalData(
        _("How what you were asked was changed"), Change, "assignment__patient__user", lambda c: {}, rows=_changes
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
            _("the mail server refuses the address since"): r.refused,
        },
    ),
    PersonalData(
        _("Your morning email"),
        Digest,
        "nurse",
        lambda d: {
            _("address"): d.address,
            _("waits for your yes"): d.pending,
            _("on since"): d.confirmed,
            _("last sent"): d.sent,
            _("the mail server refuses the address since"): d.refused,
        },
        of_staff=True,
    ),
    PersonalData(
        _("When your nurse noted that you spoke"),
        Contact,
        "patient__user",
        lambda c: {_("at"): c.at, _("note"): c.note},
    ),
    PersonalData(
        _("When two records of yours were merged"),
        Merge,
        "keep__user",
        lambda m: {_("at"): m.at, _("taken back"): m.undone},
        erased=False,
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
    """Return the audit rows of this user's own actions and of their patient record.

    The audit log has only opaque ids, so each row says only when it was, "you" or "staff", and what was done. Looks at
    a list, which a nurse opens many times a day, are one row for each day, with their number.
    """
    # Of the lists that staff see, only the row of the list: nurses would have a row here for each patient in it.
    rows = AuditEvent.objects.filter(who=user.pk).exclude(what__in=LISTS, patient__isnull=False)
    if hasattr(user, "patient"):  # a UNION uses both indexes; an OR would scan the table
        rows = rows.union(AuditEvent.objects.filter(patient=user.patient.pk))
    if user.is_staff:  # what was done to their own sign-in, role and teams
        rows = rows.union(AuditEvent.objects.filter(person=user.pk))
    looks: list[Row] = []
    of_a_day: dict[tuple[Any, ...], Row] = {}
    for row in rows.order_by("pk"):
        look = {
            _("at"): row.at,
            _("who"): _who(row, user),
            _("what"): str(WORDS.get(row.what, row.what)),
            _("times"): None,
        }
        if row.what in LISTS and row.patient is not None:
            first = of_a_day.setdefault((timezone.localdate(row.at), row.what), look)
            if first is not look:
                first["times"] = (first["times"] or 1) + 1
                continue
        looks.append(look)
    return looks


def _who(row: AuditEvent, user: User) -> str:
    if row.what == "sign-in.failed":
        return gettext("nobody knows")
    return gettext("you") if row.who == user.pk else gettext("staff")


def empty_log() -> None:
    """Remove erased data from SQLite's write-ahead log: write the log to the database file, and truncate it.

    In the database file, SQLite overwrites deleted data (`secure_delete`). If another connection reads for longer than
    the timeout, the log stays until the next erasure or `manage.py tidy`. Call it outside a transaction.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def read(user: User) -> dict[str, list[Row]]:
    """Return all data that is stored about this user: for each title, its rows as text. Empty values are left out."""
    found = {_("Who you are here"): [_person(user)]}
    found |= {table.title: table.read(user) for table in PERSONAL_DATA if user.is_staff or not table.of_staff}
    found[_("Where you are signed in")] = [
        {
            _("signed in"): place.since,
            _("how"): place.opened_by,
            _("last saved something"): timezone.localdate(place.seen),
        }
        for place in sessions.places(user)
    ]
    found[_("Who looked at your record")] = _looks(user)
    return {
        title: [{name: value for name, value in row.items() if value not in (None, "", [])} for row in rows]
        for title, rows in found.items()
        if rows
    }
