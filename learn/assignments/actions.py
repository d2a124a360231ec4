"""Assign lessons, undo an assignment within ten minutes, withdraw an assignment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from learn.assignments.models import Act, Assignment, Change
from learn.lessons.models import Lesson
from learn.people import audit, seen
from learn.people.models import Patient, User
from quizzes import learners

UNDO = timedelta(minutes=10)
Pair = tuple[int, int]  # the pks of a patient and a lesson


class TooLate(Exception):
    """The ten minutes for undo are over. Nothing was changed."""


@dataclass(frozen=True)
class Undone:
    """How many changes an undo put back, and how many it left alone because somebody changed them since."""

    back: int
    left: int


def assign(
    *,
    patients: Collection[Patient],
    lessons: Collection[Lesson],
    due: date,
    note: str,
    by: User,
    now: datetime,
    done: Collection[Pair] = (),
    again: bool = False,
) -> Act | None:
    """Assign each lesson to each patient, due on this date of the clinic's calendar. Return the act to undo it with.

    A patient has a lesson assigned once: if it is assigned already, it gets the new date and note. If all of it is
    assigned already with this date and note, nothing changes. Then this returns the act of this nurse that did it (she
    pressed the button twice), or None. Patients who are gone (`quizzes.learners`) are skipped.

    `done` are the pairs of which the nurse was told that they are done already. With `again` they are asked to do these
    again, and a check that was finished before `now` no longer counts; without it, these pairs stay as they are.
    """
    with transaction.atomic():
        # Without the lock, two requests at once could both assign the same lesson.
        here = learners.lock(*(patient.user_id for patient in patients))
        patients = [patient for patient in patients if patient.user_id in here]
        pairs = {(patient.pk, lesson.pk) for patient in patients for lesson in lessons}
        wanted = dict.fromkeys(sorted(pairs if again else pairs - {*done}))
        renewed = {*done} if again else set()
        standing = {
            (a.patient_id, a.lesson_id): a
            for a in Assignment.objects.active()
            .filter(patient__in=patients, lesson__in=lessons)
            .select_related("act")
            .order_by("patient", "lesson")
            if (a.patient_id, a.lesson_id) in wanted
        }
        differ = [a for key, a in standing.items() if (a.due, a.note) != (due, note) or key in renewed]
        new = [key for key in wanted if key not in standing]
        if not differ and not new:
            return _made_by(by, standing)
        act = Act.objects.create(by=by, at=now)
        changes = [Change.from_what_stands(act, a) for a in differ]
        for a in differ:
            a.due, a.note, a.by, a.made, a.act = due, note, by, now, act
            a.since = now if (a.patient_id, a.lesson_id) in renewed else a.since
        Assignment.objects.bulk_update(differ, ["due", "note", "by", "made", "act", "since"])
        fresh = Assignment.objects.bulk_create(
            Assignment(
                **{
                    "patient_id": key[0],
                    "lesson_id": key[1],
                    "due": due,
                    "note": note,
                    "by": by,
                    "made": now,
                    "act": act,
                },
                since=now if key in renewed else None,
            )
            for key in new
        )
        Change.objects.bulk_create([*changes, *(Change(act=act, assignment=a) for a in fresh)])
        touched = {a.patient_id for a in [*differ, *fresh]}
        audit.note_each(by=by, what="assigned", patients=[p for p in patients if p.pk in touched], now=now)
        return act


def _made_by(by: User, standing: dict[tuple[int, int], Assignment]) -> Act | None:
    acts = [a.act for a in standing.values() if a.act and a.act.by_id == by.pk]
    act = max(acts, key=lambda act: act.pk, default=None)
    if act is None:
        return None
    # If that act did more than this request asks for, its undo would put back more than the message says.
    done = set(act.changes.values_list("assignment__patient", "assignment__lesson"))
    return act if done <= set(standing) else None


def fingerprint(assignment: Assignment) -> str:
    """Return a text that differs if somebody changed the assignment: a form carries the one it was drawn from."""
    return seen.fingerprint(assignment.due, assignment.note, assignment.since, assignment.withdrawn)


def change(
    *, assignment: Assignment, drawn_from: str, due: date, note: str, again: bool, by: User, now: datetime
) -> Act | None:
    """Change one assignment, as `assign` does; with `again`, they are asked to do a lesson again that is done.

    `drawn_from` is the fingerprint of what the form showed. Raises `seen.Stale` with the assignment as it is now, if
    somebody has changed it since and to something else. Raises `learners.Gone`.
    """
    with learners.locked(assignment.patient.user_id):
        held = Assignment.objects.select_related("by", "patient", "lesson").get(pk=assignment.pk)
        if drawn_from != fingerprint(held) and ((held.due, held.note) != (due, note) or held.withdrawn):
            raise seen.Stale(held)
        if drawn_from != fingerprint(held):
            again = False  # the same form, sent twice
        pair = [(held.patient_id, held.lesson_id)] if again else []
        return assign(
            patients=[held.patient], lessons=[held.lesson], due=due, note=note, by=by, now=now, done=pair, again=again
        )


def undo(*, act: Act, by: User, now: datetime) -> Undone:
    """Undo this act, once. Changes that somebody has changed again since are kept, and counted as left.

    Assignments that the act made are withdrawn; the rows stay. Only patients whom this nurse may still see are
    affected. Raises TooLate if the act is more than ten minutes old, Act.DoesNotExist if it is not this nurse's.
    """
    with transaction.atomic():
        act = Act.objects.select_for_update(no_key=True).get(pk=act.pk, by=by)
        total = act.changes.count()
        if act.undone is not None:
            return Undone(act.taken_back, total - act.taken_back)
        if now - act.at > UNDO:
            raise TooLate
        seen = Patient.objects.visible_to(by).filter(assignments__changes__act=act)
        patients = {patient.pk: patient for patient in seen.distinct()}
        learners.lock(*(patient.user_id for patient in patients.values()))
        back = [
            change.put_back(now)
            for change in act.changes.select_related("assignment").filter(
                assignment__patient__in=patients, assignment__act=act, assignment__withdrawn=None
            )
        ]
        Assignment.objects.bulk_update(back, ["due", "note", "by", "made", "act", "since", "withdrawn"])
        act.undone, act.taken_back = now, len(back)
        act.save(update_fields=["undone", "taken_back"])
        of = sorted({a.patient_id for a in back})
        audit.note_each(by=by, what="assigned.undone", patients=[patients[pk] for pk in of], now=now)
        return Undone(len(back), total - len(back))


def withdraw(*, assignment: Assignment, by: User, now: datetime) -> None:
    """Withdraw this assignment. The row stays, and so does what the patient has done. A second call changes nothing."""
    with transaction.atomic():
        learners.lock(assignment.patient.user_id)
        if Assignment.objects.active().filter(pk=assignment.pk).update(withdrawn=now):
            audit.note(by=by, what="withdrawn", patient=assignment.patient, now=now)


def taught_in_person(*, assignment: Assignment, on: date | None, by: User, now: datetime) -> bool:
    """Record that a nurse taught this lesson in person on this day, or with None that it was not (a mistake).

    It is not counted as an answer, and the lesson is not Done by it (ruling 30). Return False if it was recorded so
    already. Raises `learners.Gone`.
    """
    with learners.locked(assignment.patient.user_id):
        held = Assignment.objects.active().filter(pk=assignment.pk).first()
        if held is None or (held.taught_on == on and (on is None or held.is_taught)):
            return False
        held.taught_on, held.taught_by, held.taught_at = (on, by, now) if on else (None, None, None)
        held.save(update_fields=["taught_on", "taught_by", "taught_at"])
        what = "taught.in.person" if on else "taught.in.person.not"
        audit.note(by=by, what=what, patient=assignment.patient, now=now)
        return True
