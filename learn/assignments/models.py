"""What was asked of whom, by when: Assignment."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from learn.lessons.models import Lesson
from learn.people.models import Patient


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Reads of assignments."""

    def active(self) -> AssignmentQuerySet:
        """Return those that still stand."""
        return self.filter(withdrawn=None)


class Assignment(models.Model):
    """A nurse asked a patient to do a lesson by a date on the clinic's calendar. Late never locks anything."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="assignments")
    lesson = models.ForeignKey(Lesson, models.PROTECT, related_name="assignments")
    due = models.DateField()
    note = models.CharField(max_length=120, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made = models.DateTimeField()
    withdrawn = models.DateTimeField(null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "lesson"], condition=Q(withdrawn=None), name="assignment_one_active"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lesson} by {self.due}"

    def is_late(self, today: date) -> bool:
        """True after the due day; on the day itself there is still time. `today` is the clinic's."""
        return self.due < today
