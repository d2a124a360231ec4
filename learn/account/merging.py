"""Merge two records of one patient, undo it within a day, and erase afterwards what was left behind (ruling 34).

What the patient did moves to the record that is kept. What nurses recorded about talks never changes, so the kept
record gets copies of these rows. `Merge.moved` has what an undo needs: which rows moved, which were copied, and the
readings of the same editions before and after.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import F, Max, Model

from learn.account import guests
from learn.account.data import PERSONAL_DATA
from learn.assignments.models import Assignment
from learn.people import audit, codes, sessions
from learn.people.models import AccessCode, Patient, User
from learn.people.names import ERASED
from learn.progress import actions as progress
from learn.progress.models import Contact, KeptPage, Merge, Reading, TeachBack
from learn.visits.models import MyQuestion
from quizzes import learners, reviewing
from quizzes.models import Attempt

UNDO = timedelta(days=1)
MOVED: tuple[type[Model], ...] = (Attempt, Reading, KeptPage, MyQuestion)  # of guests.OWN; the rest is computed again
_READING = ("furthest_id", "seen", "started", "moved", "finished")


class NotNow(Exception):
    """One of the two was closed, merged or erased meanwhile, or the day for an undo is over. Nothing was changed."""


def merge(*, keep: Patient, gone: Patient, by: User, now: datetime) -> Merge:
    """Merge the record `gone` into `keep`. The cards, sessions and keys of `gone` end. Raises NotNow.

    If both have the same (an open check, a lesson asked for, a page or question), that of `keep` stays. The locks
    follow the one lock order (`quizzes.learners`).
    """
    with transaction.atomic():
        here = learners.lock(keep.user_id, gone.user_id)
        pair = {p.pk: p for p in Patient.objects.filter(pk__in=[keep.pk, gone.pk]).order_by("pk").select_for_update()}
        if len(here) < 2 or len(pair) < 2 or any(p.ended_on for p in pair.values()):
            raise NotNow
        list(Attempt.objects.filter(learner__in=here).order_by("pk").select_for_update().values_list("pk"))
        moved: dict[str, Any] = {"readings": _readings(keep, gone)}
        last = MyQuestion.objects.filter(learner=keep.user_id).aggregate(last=Max("position", default=0))["last"]
        MyQuestion.objects.filter(learner=gone.user_id).update(position=F("position") + last)
        progress.merge_readings(guest=gone.user, into=keep.user, now=now)
        for pk, after in _readings(keep, gone).items():
            moved["readings"][pk] = [moved["readings"][pk], after]
        for model in MOVED:
            rows = model._default_manager.filter(learner=gone.user_id).exclude(guests.clash(model, keep.user))
            moved[model.__name__] = [str(pk) for pk in rows.values_list("pk", flat=True)]
            model._default_manager.filter(pk__in=moved[model.__name__]).update(learner=keep.user_id)
        moved["Assignment"] = _assignments(keep, gone)
        moved["Contact"] = _copy_contacts(keep, gone)
        moved["TeachBack"] = _copy_teach_backs(keep, gone)
        _end(gone, now)
        for user in (keep.user, gone.user):
            reviewing.rebuild(learner=user)
        for patient in (keep, gone):
            audit.note(by=by, what="merged", patient=patient, now=now)
        return Merge.objects.create(keep=keep, gone=gone, by=by, at=now, moved=moved)


def _readings(*patients: Patient) -> dict[str, list[Any]]:
    """Return the readings of these patients, as JSON holds them, by primary key."""
    rows = Reading.objects.filter(learner__in=[patient.user_id for patient in patients])
    return {str(row.pk): [_plain(getattr(row, name)) for name in _READING] for row in rows}


def _plain(value: Any) -> Any:
    return value.timestamp() if isinstance(value, datetime) else value


def _assignments(keep: Patient, gone: Patient) -> list[int]:
    """Move what was asked for, except a lesson that is asked for in both records."""
    both = Assignment.objects.active().filter(patient=keep).values("lesson")
    rows = Assignment.objects.filter(patient=gone).exclude(withdrawn=None, lesson__in=both)
    pks = list(rows.values_list("pk", flat=True))
    Assignment.objects.filter(pk__in=pks).update(patient=keep)
    return pks


def _numbers(rows: models.QuerySet[Any], old: Iterable[Any]) -> dict[tuple[int, int], int]:
    """Return a new form number for each (nurse, number) of the old rows, after those that `rows` have already."""
    last = dict(rows.values_list("nurse").annotate(Max("number")))
    new: dict[tuple[int, int], int] = {}
    for nurse, number in sorted({(row.nurse_id, row.number) for row in old}):
        last[nurse] = new[nurse, number] = last.get(nurse, 0) + 1
    return new


def _copy(row: Any, **over: Any) -> Any:
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if field.name != "id"}
    return type(row)(**(values | over))


def _copy_contacts(keep: Patient, gone: Patient) -> list[int]:
    old = list(Contact.objects.filter(patient=gone).order_by("pk"))
    new = _numbers(Contact.objects.filter(patient=keep), old)
    copies = [_copy(row, patient_id=keep.pk, number=new[row.nurse_id, row.number]) for row in old]
    return [row.pk for row in Contact.objects.bulk_create(copies)]


def _copy_teach_backs(keep: Patient, gone: Patient) -> list[int]:
    old = list(TeachBack.objects.filter(patient=gone).order_by("pk"))
    new = _numbers(TeachBack.objects.filter(patient=keep), old)
    copies: dict[int, TeachBack] = {}
    for row in old:  # an addition comes after what it adds to
        about = copies[row.adds_to_id].pk if row.adds_to_id else None
        number = new[row.nurse_id, row.number]
        copies[row.pk] = _copy(row, patient_id=keep.pk, number=number, adds_to_id=about)
        copies[row.pk].save(force_insert=True)
    return [row.pk for row in copies.values()]


def _end(gone: Patient, now: datetime) -> None:
    """Close this record and end every key to it."""
    codes.end(AccessCode.objects.filter(user=gone.user_id), now=now)
    sessions.end_all(gone.user_id)
    User.objects.filter(pk=gone.user_id).update(is_active=False)
    Patient.objects.filter(pk=gone.pk).update(ended_on=gone.care_team.today(now), ended_why=Patient.Ending.MERGED)


def undo(*, row: Merge, by: User, now: datetime) -> None:
    """Undo a merge: rows that moved go back, copies are deleted, both records are open. A second call changes nothing.

    What was done since stays where it is: answers in the record that was kept, answers to a check that moved with the
    check, a copied teach-back to which somebody has added something. The cards that ended
    stay ended. Raises NotNow after a day, or if one of the two was erased since.
    """
    with transaction.atomic():
        users = [row.keep.user_id, row.gone.user_id]
        locked = {u.pk: u for u in User.objects.filter(pk__in=users).order_by("pk").select_for_update(no_key=True)}
        held = Merge.objects.select_for_update(no_key=True).get(pk=row.pk)
        if held.undone:
            return
        if held.finished or now - held.at > UNDO or not locked[row.keep.user_id].is_active:
            raise NotNow
        list(Attempt.objects.filter(learner__in=users).order_by("pk").select_for_update().values_list("pk"))
        for model in MOVED:
            mine = model._default_manager.filter(pk__in=held.moved[model.__name__], learner=row.keep.user_id)
            mine.update(learner=row.gone.user_id)
        _put_back_readings(held.moved["readings"])
        Assignment.objects.filter(pk__in=held.moved["Assignment"], patient=row.keep).update(patient=row.gone)
        Contact.objects.filter(pk__in=held.moved["Contact"]).delete()
        _delete_copies(held.moved["TeachBack"])
        User.objects.filter(pk=row.gone.user_id).update(is_active=True)
        Patient.objects.filter(pk=row.gone_id).update(ended_on=None, ended_why="")
        for user in locked.values():
            reviewing.rebuild(learner=user)
        for patient in (row.keep, row.gone):
            audit.note(by=by, what="merged.undone", patient=patient, now=now)
        held.undone, held.moved = now, {}
        held.save(update_fields=["undone", "moved"])


def _put_back_readings(kept: dict[str, list[Any]]) -> None:
    """Give the readings the values from before the merge, except those that somebody has read on since."""
    rows = {str(row.pk): row for row in Reading.objects.filter(pk__in=list(kept))}
    for pk, row in rows.items():
        before, after = kept[pk]
        if [_plain(getattr(row, name)) for name in _READING] == after and before != after:
            for name, value in zip(_READING, before, strict=True):
                setattr(row, name, datetime.fromtimestamp(value, tz=UTC) if isinstance(value, float) else value)
            row.save(update_fields=_READING)


def _delete_copies(copies: list[int]) -> None:
    """Delete these copies of teach-backs, except those to which a nurse has added something since."""
    added = TeachBack.objects.filter(adds_to__in=copies).exclude(pk__in=copies)
    kept = list(added.values_list("adds_to", flat=True))
    _delete_teach_backs(TeachBack.objects.filter(pk__in=copies).exclude(pk__in=kept).exclude(adds_to__in=kept))


def _delete_teach_backs(rows: models.QuerySet[TeachBack]) -> None:
    """Delete these rows; first the additions, which refer to the others."""
    rows.exclude(adds_to=None).delete()
    rows.delete()


def finish(*, row: Merge, now: datetime, erased: bool = False) -> bool:
    """Erase what a merge has left behind: there is no undo any more. The kept record has copies of all talks.

    What was open in both records on the day of the merge moves now, if it is not open in the kept one any more. If it
    still is, this waits and returns False, because no answer may be lost; with `erased`, because the person asked to be
    erased, it does not wait.
    """
    with transaction.atomic():
        if row.keep.user_id in learners.lock(row.keep.user_id, row.gone.user_id):
            open_in_both = Attempt.objects.filter(learner=row.gone.user_id)
            if open_in_both.exclude(guests.clash(Attempt, row.keep.user)).update(learner=row.keep.user_id):
                reviewing.rebuild(learner=row.keep.user)
            if open_in_both.filter(items__responses__isnull=False).exists() and not erased:
                return False
        for table in PERSONAL_DATA:
            if table.erased:
                table.theirs(row.gone.user).delete()
        _delete_teach_backs(TeachBack.objects.filter(patient=row.gone))
        bare = Patient(pk=row.gone_id, user=row.gone.user, care_team=row.gone.care_team, label=ERASED)
        bare.ended_on, bare.ended_why = row.gone.ended_on, row.gone.ended_why
        bare.save(force_update=True)
        nobody = User(pk=row.gone.user_id, is_active=False, date_joined=now)
        nobody.set_unusable_password()
        nobody.save(force_update=True)
        row.finished, row.moved = now, {}
        row.save(update_fields=["finished", "moved"])
    return True


def left_by(user: User) -> list[int]:
    """Return the users of the records that were merged into this person's and are not erased yet, to lock them."""
    rows = Merge.objects.filter(undone=None, finished=None, keep__user=user)
    return list(rows.values_list("gone__user", flat=True))


def finish_all(*, now: datetime, of: User | None = None) -> int:
    """Finish merges older than a day; with `of`, all into the record of this person, who is erased. Return how many."""
    rows = Merge.objects.filter(undone=None, finished=None).select_related(
        "gone__user", "gone__care_team", "keep__user"
    )
    rows = rows.filter(at__lt=now - UNDO) if of is None else rows.filter(keep__user=of)
    return sum(finish(row=row, now=now, erased=of is not None) for row in rows)
