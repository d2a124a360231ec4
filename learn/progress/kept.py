"""Everything that is kept about one person, a table a row: shown to them, given to them as a file, erased.

A test walks every model of the site: a new table that leads to a person stands in KEPT, or the test fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Model, OuterRef, Q, QuerySet, Subquery

from learn.assignments.models import Assignment, Change, Reminder
from learn.lessons.models import Lesson
from learn.people.access import WORDS
from learn.people.models import AccessCode, AuditEvent, Patient, User
from learn.progress.models import Contact, Reading, TeachBack
from learn.visits.models import MyQuestion
from quizzes.models import Attempt, Card, Pause, Response, Revision, State

Row = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """The rows of one table that tell of a person, and how they read.

    `of` leads from a row to the person. `goes`: an erasure removes them. `row` gives one row in words; where a table
    reads better in another way, `rows` gives all of them.
    """

    title: str
    model: type[Model]
    of: str
    row: Callable[[Any], Row]
    joins: tuple[str, ...] = ()
    rows: Callable[[User], list[Row]] | None = None
    goes: bool = True

    def theirs(self, user: User) -> QuerySet[Any]:
        """Return this person's rows."""
        found = self.model._default_manager.filter(**{self.of: user}).order_by("pk")
        return found.select_related(*self.joins) if self.joins else found

    def read(self, user: User) -> list[Row]:
        """Return this person's rows in words, the oldest first."""
        return self.rows(user) if self.rows else [self.row(found) for found in self.theirs(user)]


def _person(user: User) -> Row:
    return {
        "sign-in name": user.username,
        "name": user.get_full_name(),
        "e-mail": user.email,
        "here since": user.date_joined,
        "last signed in": user.last_login,
        "password": "kept so that nobody can read it" if user.has_usable_password() else None,
    }


def _patient(patient: Patient) -> Row:
    return {
        "care team": patient.care_team.name,
        "your nurse calls you": patient.label,
        "your nurse’s own reference": patient.reference,
        "ended on": patient.ended_on,
        "why": patient.get_ended_why_display() if patient.ended_why else None,
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
            "lesson": attempt.quiz.title if attempt.quiz else None,
            "kind": attempt.get_kind_display(),
            "begun": attempt.started,
            "finished": attempt.finished,
            "someone helped": "yes" if attempt.helped else "no",
            "answers": [
                {
                    "question": response.item.revision.stem,
                    "you chose": "; ".join(response.item.revision.mark(response.given).chosen) or "I’m not sure",
                    "this was": response.get_mark_display(),
                    "at": response.at,
                }
                for response in by_attempt.get(attempt.pk, [])
            ],
        }
        for attempt in Attempt.objects.of(user).select_related("quiz").order_by("started")
    ]


def _cards(user: User) -> list[Row]:
    """Return when each question is asked again, by its topic as it is published now."""
    published = Revision.objects.filter(question=OuterRef("question"), state=State.PUBLISHED).values("objective")
    cards = Card.objects.filter(learner=user).select_related("question").annotate(topic=Subquery(published[:1]))
    return [
        {
            "about": card.topic or card.question.slug,  # type: ignore[attr-defined]  # annotated
            "last asked": card.last,
            "asked again": card.due,
            "right in a row": card.in_a_row,
            "numbers this follows from": f"{card.stability:.2f}, {card.difficulty:.2f}",
        }
        for card in cards.order_by("pk")
    ]


KEPT = (
    Kept("Your care team", Patient, "user", _patient, ("care_team",), goes=False),  # emptied: `actions.erase`
    Kept(
        "Codes that let you in",
        AccessCode,
        "user",
        lambda c: {
            "made": c.made,
            "made by": "you" if c.by_id == c.user_id else "your nurse",
            "first used": c.used,
            "last used": c.last_used,
            "good until": c.expires,
            "cancelled": c.cancelled,
        },
    ),
    Kept("Your e-mail address", EmailAddress, "user", lambda e: {"address": e.email}),
    Kept(
        "Lessons that you read",
        Reading,
        "learner",
        lambda r: {
            "lesson": r.edition.title,
            "furthest page": r.furthest.heading,
            "begun": r.started,
            "finished": r.finished,
        },
        ("edition", "furthest"),
    ),
    Kept("Checks that you began, and your answers", Attempt, "learner", lambda a: {}, rows=_checks),
    Kept("When you are asked again", Card, "learner", lambda c: {}, rows=_cards),
    Kept("A rest from reviews that you asked for", Pause, "learner", lambda p: {"until": p.until}),
    Kept(
        "Your questions for your team",
        MyQuestion,
        "learner",
        lambda q: {"question": q.text, "added": q.added, "shared since": q.shared, "talked about": q.talked},
    ),
    Kept(
        "What your nurse asked you to do",
        Assignment,
        "patient__user",
        lambda a: {
            "lesson": _title(a.lesson),
            "by": a.due,
            "note": a.note,
            "asked": a.made,
            "taken back": a.withdrawn,
        },
        ("lesson__quiz",),
    ),
    Kept(
        "How what you were asked was changed",
        Change,
        "assignment__patient__user",
        lambda c: {
            "lesson": _title(c.assignment.lesson),
            "changed": c.act.at,
            "before that: by": c.due,
            "before that: note": c.note,
            "before that: asked": c.made,
        },
        ("assignment__lesson__quiz", "act"),
    ),
    Kept(
        "Reminders by e-mail",
        Reminder,
        "patient__user",
        lambda r: {"address": r.address, "waits for your yes": r.pending, "on since": r.confirmed, "last sent": r.sent},
    ),
    Kept(
        "When your nurse noted that you spoke",
        Contact,
        "patient__user",
        lambda c: {"at": c.at, "note": c.note},
    ),
    Kept(
        "What you said back to your nurse in your own words",
        TeachBack,
        "patient__user",
        lambda t: {
            "about": t.topic,
            "how it went": t.get_outcome_display() if t.outcome else None,
            "to whom": t.get_to_whom_display() if t.to_whom else None,
            "language": t.language,
            "what made it hard": ", ".join(str(TeachBack.Barrier(b).label) for b in t.barriers),
            "note": t.note,
            "at": t.at,
        },
        goes=False,
    ),
)


def _looks(user: User) -> list[Row]:
    """Return who looked at this person's record or changed it: opaque ids, so by the words of the act alone."""
    about = Q(patient=user.patient.pk) if hasattr(user, "patient") else Q(pk=None)
    rows = AuditEvent.objects.filter(about | Q(who=user.pk)).order_by("pk")
    return [
        {"at": row.at, "who": "you" if row.who == user.pk else "staff", "what": WORDS.get(row.what, row.what)}
        for row in rows
    ]


def read(user: User) -> dict[str, list[Row]]:
    """Return everything that is kept about this person: a title, and its rows in words. What is empty is left out."""
    found = {"Who you are here": [_person(user)]}
    found |= {kept.title: kept.read(user) for kept in KEPT}
    found["Who looked at your record"] = _looks(user)
    return {
        title: [{name: value for name, value in row.items() if value not in (None, "", [])} for row in rows]
        for title, rows in found.items()
        if rows
    }
