"""What was done: Reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from learn.lessons.models import Edition, Step

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class ReadingQuerySet(models.QuerySet["Reading"]):
    """Reads of readings start from the learner."""

    def of(self, learner: AbstractBaseUser | AnonymousUser) -> ReadingQuerySet:
        """Return this person's own readings; somebody who is not signed in has none."""
        return self.filter(learner_id=learner.pk) if learner.is_authenticated else self.none()


class Reading(models.Model):
    """How far a learner is in an edition: the furthest step reached, which is where they go on."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="readings")
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="readings")
    furthest = models.ForeignKey(Step, models.PROTECT, related_name="+")
    started = models.DateTimeField()
    finished = models.DateTimeField(null=True)

    objects = ReadingQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "edition"], name="reading_once_an_edition")]

    def __str__(self) -> str:
        return f"{self.learner_id} reads {self.edition_id}"
