"""Assign."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from learn.assignments.models import Assignment
from learn.lessons.models import Lesson
from learn.people import access
from learn.people.models import Patient, User


def assign(
    *, patients: Collection[Patient], lessons: Collection[Lesson], due: date, note: str, by: User, now: datetime
) -> int:
    """Ask each patient to do each lesson by this date; return how many assignments are new or changed.

    Asked twice is asked once: a lesson that a patient has already been asked to do takes the new date and note.
    """
    with transaction.atomic():
        wanted = {(patient.pk, lesson.pk) for patient in patients for lesson in lessons}
        standing = Assignment.objects.active().filter(patient__in=patients, lesson__in=lessons)
        held = {(a.patient_id, a.lesson_id) for a in standing}
        changed = standing.exclude(due=due, note=note).update(due=due, note=note, by=by, made=now)
        Assignment.objects.bulk_create(
            (
                Assignment(patient_id=patient, lesson_id=lesson, due=due, note=note, by=by, made=now)
                for patient, lesson in sorted(wanted - held)
            ),
            ignore_conflicts=True,  # another nurse asked the same in this very moment
        )
        access.note_list(by=by, what="assigned", patients=patients, now=now)
        return changed + len(wanted - held)
