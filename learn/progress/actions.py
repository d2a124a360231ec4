"""Actions that record learning: a step read or kept, changes seen, a contact with a nurse, a teach-back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence, Set
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from learn.languages import SOURCE
from learn.lessons import changes
from learn.lessons.models import Step
from learn.lessons.shown import Page
from learn.people import audit
from learn.people.models import Patient, User
from learn.progress.models import Contact, KeptPage, Reading, TeachBack
from learn.progress.standing import CARD, Taught
from quizzes import learners

MOST = 50  # maximum number of pages that one person keeps

AStep = Step | Page


class Onward(NamedTuple):
    """Where a learner goes after a step."""

    step: AStep | None  # None: all steps are behind them
    unseen: bool = False  # it is not the next step, but the first one that was not shown to them yet


class Full(Exception):
    """This person already keeps MOST pages."""


class OtherForm(Exception):
    """The form's number was used for other content, or is too high: another window has saved first."""


def read(
    *,
    learner: User,
    steps: Sequence[AStep],
    step: AStep,
    now: datetime,
    shown: Sequence[AStep] | None = None,
    language: str = SOURCE,
) -> Onward:
    """Record that this step was shown to the learner in this language, and that they went on; return where to.

    `steps` are all steps of the step's edition, in order. `shown` are those that readers see now, if a newer edition
    has been published. The furthest step never moves back when an earlier step is read again.

    A lesson is read when each of its steps was shown once, in any edition; a step is the same one if it has the same
    slug (ruling 10). Whoever comes to the end by another way is led to the first step that they have not seen, and from
    the last of these to the end. Raises `learners.Gone` when the learner left or erased their account.
    """
    following = next((other for other in steps if other.position > step.position), None)
    with learners.locked(learner.pk):
        readings = list(Reading.objects.of_lesson(learner, step.edition_id))
        before = {slug for reading in readings for slug in reading.seen}
        was_read = any(reading.finished for reading in readings)
        reached = following or step
        reading = _reading(readings, learner, step.edition_id, at=reached, now=now)
        was = _columns(reading)
        if reading.pk and reached.position > reading.furthest.position:
            reading.furthest_id = reached.pk
        reading.language = language
        _see(reading, [step.slug], now)
        editions = [{each.slug for each in edition} for edition in (steps, shown or steps)]
        if not reading.finished and _is_read(editions, {*reading.seen} if was_read else {*reading.seen, *before}):
            reading.finished = now
        if reading.pk is None or _columns(reading) != was:
            reading.save()
    unseen = [each for each in shown or steps if each.slug not in {*before, step.slug}]
    if was_read:
        return Onward(following)
    if reading.finished or not unseen:
        return Onward(None)
    if following is None or (steps[-1].slug in before and step.slug not in before):
        return Onward(unseen[0], unseen=following is None or unseen[0].slug != following.slug)
    return Onward(following)


_columns = attrgetter("furthest_id", "seen", "finished", "language")


def _reading(readings: Sequence[Reading], learner: User, edition: int, *, at: AStep, now: datetime) -> Reading:
    """Return the learner's reading of an edition, or a new one, not saved yet, that stands at this step."""
    mine = next((reading for reading in readings if reading.edition_id == edition), None)
    return mine or Reading(learner=learner, edition_id=edition, furthest_id=at.pk, started=now, moved=now)


def _see(reading: Reading, slugs: Iterable[str], now: datetime) -> None:
    """Note that these pages were shown now, those for the first time that were not shown in this edition before."""
    if new := [slug for slug in slugs if slug not in reading.seen]:
        reading.seen, reading.moved = [*reading.seen, *new], now


def _is_read(editions: Sequence[Set[str]], seen: Set[str]) -> bool:
    return any(edition <= seen for edition in editions)


def merge_readings(*, guest: User, into: User, now: datetime) -> None:
    """Add what a guest was shown to this person's readings of the same editions. Call it with both locked.

    A lesson of which the two have seen all steps together is read then. The caller moves the guest's readings of other
    editions after this.
    """
    rows = list(Reading.objects.filter(learner__in=[guest.pk, into.pk]).select_related("furthest", "edition"))
    mine = {row.edition_id: row for row in rows if row.learner_id == into.pk}
    for theirs in rows:
        own = mine.setdefault(theirs.edition_id, theirs)
        if own is not theirs and theirs.learner_id == guest.pk:
            _add(own, theirs)
    seen: dict[int, set[str]] = {}
    for row in rows:
        seen.setdefault(row.edition.lesson_id, set()).update(row.seen)
    was_read = {row.edition.lesson_id for row in mine.values() if row.finished}
    steps: dict[int, set[str]] = {}
    for edition, slug in Step.objects.filter(edition__in=mine).values_list("edition", "slug"):
        steps.setdefault(edition, set()).add(slug)
    for row in mine.values():
        if row.edition.lesson_id not in was_read and steps[row.edition_id] <= seen[row.edition.lesson_id]:
            row.finished = now
    Reading.objects.bulk_update(mine.values(), ["furthest", "seen", "started", "moved", "finished"])


def _add(own: Reading, theirs: Reading) -> None:
    """Add another reading of the same edition to this one."""
    if theirs.furthest.position > own.furthest.position:
        own.furthest = theirs.furthest
    own.seen = list(dict.fromkeys([*own.seen, *theirs.seen]))
    own.started = min(own.started, theirs.started)
    own.moved = max((at for at in (own.moved, theirs.moved) if at), default=None)
    own.finished = min((at for at in (own.finished, theirs.finished) if at), default=None)


def saw_changes(*, learner: User, taught: Taught, now: datetime) -> bool:
    """Record that the page "What changed" showed the learner all that changed in a lesson since they read it.

    Return False if nothing has changed for them; then nothing is written. What was done stays done. Raises
    `learners.Gone` when the learner left or erased their account.
    """
    with learners.locked(learner.pk):
        readings = list(Reading.objects.of_lesson(learner, taught.edition))
        seen = {reading.edition_id: reading.seen for reading in readings}
        chain = changes.chains([taught.edition])[taught.edition]
        found = changes.since(chain, seen, read_first=taught.read_first)
        if not found or not any(reading.finished for reading in readings):
            return False
        steps = list(Step.objects.filter(edition=taught.edition).order_by("position"))
        reading = _reading(readings, learner, taught.edition, at=steps[0], now=now)
        _see(reading, (change.slug for change in found), now)
        reading.save()
    return True


def saw_card(*, learner: User, number: int, now: datetime) -> None:
    """Record that the page "What changed on the call card" showed the learner this wording of it.

    It is kept with the last lesson that they have read; without one, nothing is. What was done stays done. Raises
    `learners.Gone` when the learner left or erased their account.
    """
    with learners.locked(learner.pk):
        read = Reading.objects.of(learner).exclude(finished=None).order_by("finished", "pk")
        if reading := read.last():
            _see(reading, [f"{CARD}{number}"], now)
            reading.save()


def keep_page(*, learner: User, lesson: int, slug: str, now: datetime) -> bool:
    """Keep a step (the pk of its lesson, and its slug) for later. Return False if it is kept already.

    Raises `Full`, and `learners.Gone` when the learner left or erased their account.
    """
    with learners.locked(learner.pk):
        kept = set(KeptPage.objects.of(learner).values_list("lesson", "slug"))
        if (lesson, slug) in kept:
            return False
        if len(kept) >= MOST:
            raise Full
        KeptPage.objects.create(learner=learner, lesson_id=lesson, slug=slug, at=now)
    return True


def stop_keeping(*, learner: User, page: int) -> None:
    """Keep this page (its pk) no longer. Nothing happens if it is not kept. Raises `learners.Gone`."""
    with learners.locked(learner.pk):
        KeptPage.objects.of(learner).filter(pk=page).delete()


def contacted(*, patient: Patient, by: User, note: str, number: int, now: datetime, staff_only: str = "") -> None:
    """Record that this nurse spoke with this patient. Submitting the same form again changes nothing.

    The patient can read `note` in My data, and not `staff_only`.

    Raises `OtherForm` when `number` is neither the next number nor the number of a contact with the same words, and
    `learners.Gone` when the patient left or erased their account.
    """
    mine = Contact.objects.filter(patient=patient, nurse=by)
    with learners.locked(patient.user_id):
        if not 1 <= number <= mine.next_number():
            raise OtherForm
        row, made = mine.get_or_create(
            number=number,
            defaults={"patient": patient, "nurse": by, "at": now, "note": note, "staff_only": staff_only},
        )
        if made:
            audit.note(by=by, what="contacted", patient=patient, now=now)
        elif (row.note, row.staff_only) != (note, staff_only):
            raise OtherForm


def forget_staff_only(*, now: datetime) -> int:
    """Empty what was written only for staff more than Contact.KEPT ago. Return of how many contacts."""
    return Contact.objects.filter(at__lt=now - Contact.KEPT).exclude(staff_only="").update(staff_only="")


def taught_back(*, patient: Patient, by: User, rows: Collection[dict[str, Any]], number: int, now: datetime) -> None:
    """Record a teach-back of this patient with this nurse: one row per topic, or an addendum (`adds_to`).

    Each of the `rows` has the model fields that differ between rows. Existing rows never change. Submitting the same
    form again changes nothing. Raises `OtherForm` when `number` is neither the next number nor the number of this same
    form, and `learners.Gone` when the patient left or erased their account.
    """
    mine = TeachBack.objects.filter(patient=patient, nurse=by)
    with learners.locked(patient.user_id):  # a second submit waits and finds the rows: no database error
        following = mine.next_number()
        if not 1 <= number <= following:
            raise OtherForm
        if number == following:
            TeachBack.objects.bulk_create(
                TeachBack(patient=patient, nurse=by, number=number, at=now, **row) for row in rows
            )
            audit.note(by=by, what="taught.back", patient=patient, now=now)
            return
    there = mine.filter(number=number)
    same = [all(getattr(old, key) == value for key, value in row.items()) for old in there for row in rows]
    if sum(same) != len(rows) or len(there) != len(rows):
        raise OtherForm
