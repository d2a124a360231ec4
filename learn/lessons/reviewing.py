"""What reviewers do: remark, send back, publish, sign as a clinician, settle a hold (ruling 14)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from learn.languages import SOURCE
from learn.lessons import governance, reference, writing
from learn.lessons.models import ClinicalReview, Edition, HoldAct, Lesson, Remark
from learn.people.models import User
from quizzes import authoring
from quizzes.models import Revision, State

MOST_AHEAD = timedelta(days=731)  # a review counts for two years at most


def questions(lesson: Lesson) -> list[Revision]:
    """Return the questions of a lesson's check in order: of each its draft, or what is asked now. One query."""
    rows = Revision.objects.filter(
        question__quizitem__quiz=lesson.quiz_id, language=SOURCE, state__in=[State.DRAFT, State.PUBLISHED]
    )
    found: dict[int, Revision] = {}
    for row in rows.select_related("question", "author").order_by("question__quizitem__position", "state"):
        found.setdefault(row.question_id, row)  # "draft" < "published"
    return list(found.values())


def fingerprint(edition: Edition, asked: Iterable[Revision]) -> str:
    """Return the hash of a lesson and its questions as a reviewer saw them."""
    return writing.fingerprint(edition, None, *map(authoring.fingerprint, asked))


def remark(*, edition: Edition, about: str, text: str, by: User, now: datetime) -> None:
    """Keep a remark. The same one sent twice is kept once."""
    if not edition.remarks.filter(about=about, text=text, by=by, done_at=None).exists():
        Remark.objects.create(edition=edition, about=about, text=text, by=by, at=now)


def done(*, remark: Remark, by: User, now: datetime) -> None:
    """Say that what this remark asks for is done."""
    Remark.objects.filter(pk=remark.pk, done_at=None).update(done_by=by, done_at=now)


def _seen(lesson: Lesson, seen: str) -> tuple[Edition, list[Revision]]:
    """Lock a lesson; return its newest edition and its questions. Raises Stale if one of them was changed."""
    Lesson.objects.select_for_update(no_key=True).get(pk=lesson.pk)
    there, asked = writing.newest(lesson), questions(lesson)
    if there is None or fingerprint(there, asked) != seen:
        raise writing.Stale(there)
    there.lesson = lesson
    return there, asked


def send_back(*, lesson: Lesson, seen: str) -> Edition:
    """Send a draft back to who wrote it. Raises Stale; Unfit if it is no draft in review."""
    with transaction.atomic():
        there, _ = _seen(lesson, seen)
        if there.state != State.DRAFT or there.stage != Edition.Stage.SENT:
            raise writing.Unfit("This lesson is not in review now.")
        there.stage = Edition.Stage.BACK
        there.save(update_fields=["stage"])
        return there


def approve(
    *, lesson: Lesson, seen: str, by: User, now: datetime, next_check: date, role: str = "", same_meaning: bool = False
) -> Edition:
    """Publish a draft in review that somebody else wrote, and the drafts of its questions with it.

    With a `role` ("oncology nurse") it is signed as a clinician too: the lesson and each of its questions. A lesson
    that is published already is only signed. `seen` is the hash of what this person read.

    Raises Stale; Unfit if this person wrote in one of the drafts, if something is missing, or if the lesson has a check
    without a question.
    """
    with transaction.atomic():
        there, asked = _seen(lesson, seen)
        if there.state == State.DRAFT:
            there = _publish(there, asked, by=by, now=now, next_check=next_check, same_meaning=same_meaning)
        elif there.state != State.PUBLISHED or not role:
            raise writing.Unfit("There is no draft of this lesson now.")
        elif by.pk in there.writers:
            raise writing.Unfit("You wrote this. Somebody else has to review it.")
        if role:
            _sign(there, questions(lesson), by=by, role=role, on=timezone.localdate(now), until=next_check)
            Edition.objects.filter(pk=there.pk).update(next_check=next_check)
        return there


def _publish(
    there: Edition, asked: Sequence[Revision], *, by: User, now: datetime, next_check: date, same_meaning: bool
) -> Edition:
    writing.finished_draft(there.lesson, writing.fingerprint(there))
    if by.pk in there.writers:
        raise writing.Unfit("You wrote in this draft. A second person has to read and publish it.")
    if there.stage != Edition.Stage.SENT:
        raise writing.Unfit("This draft was not sent for review yet.")
    if there.lesson.quiz_id and not asked:
        raise writing.Unfit("The check of this lesson has no question yet. Write one first.")
    if same_meaning and not writing.compared(there)[0].typo:
        raise writing.Unfit("More than words changed. Publish it as a changed meaning.")
    for revision in asked:
        if revision.state == State.DRAFT:
            try:
                authoring.publish(revision=revision, same_meaning=False, by=by, now=now)
            except authoring.Unfit as unfit:
                raise writing.Unfit(f"The question “{revision.stem}”: {unfit}") from unfit
    governance.publish(edition=there, same_meaning=same_meaning, by=by, now=now, next_check=next_check)
    return there


def _sign(edition: Edition, asked: Iterable[Revision], *, by: User, role: str, on: date, until: date) -> None:
    """Keep a clinical review of the lesson and of each published question that others wrote; the same one once."""
    texts: list[dict[str, Any]] = [{"edition": edition}]
    others = (one for one in asked if one.state == State.PUBLISHED and one.author_id != by.pk)
    texts += [{"revision": revision} for revision in others]
    for text in texts:
        ClinicalReview.objects.get_or_create(**text, who=by, role=role, on=on, until=until)


def acts() -> dict[str, HoldAct]:
    """Return the newest act about each hold, by its note. One query."""
    return {act.note: act for act in HoldAct.objects.select_related("by").order_by("pk")}


def open_holds(claims: Iterable[str], known: Mapping[str, HoldAct] | None = None) -> list[str]:
    """Return the notes on what must still be confirmed about these facts, without those that somebody settled.

    One query if there is a note and the acts are not given (`known`), otherwise none.
    """
    notes = reference.holds(claims)
    found = known if known is not None or not notes else acts()
    return [note for note in notes if not (found and note in found and found[note].settled)]


def settle(*, note: str, settled: bool, by: User, role: str, why: str, now: datetime) -> bool:
    """Settle a hold, or open it again. Return False if there is no such hold, or if it is so already."""
    if note not in reference.all_holds():
        return False
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=by.pk)  # two presses at once keep one row
        act = acts().get(note)
        if (act.settled if act else False) == settled:
            return False
        HoldAct.objects.create(note=note, settled=settled, by=by, role=role, why=why, at=now)
        return True
