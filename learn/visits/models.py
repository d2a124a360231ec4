"""What a patient wants to ask: SuggestedQuestion, MyQuestion."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from learn.lessons.models import Lesson

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

LONGEST = 300  # letters


class SuggestedQuestionQuerySet(models.QuerySet["SuggestedQuestion"]):
    """Reads of suggested questions."""

    def offered(self) -> SuggestedQuestionQuerySet:
        """Return those that people may choose from, by group, their lessons at hand: two queries."""
        return self.filter(withdrawn=False).order_by("position").prefetch_related("lessons")

    def after(self, lesson: str) -> SuggestedQuestionQuerySet:
        """Return those that belong to this lesson (its slug), what matters for safety first."""
        return self.filter(withdrawn=False, lessons__slug=lesson).order_by(F("safety").desc(), "position")


class SuggestedQuestion(models.Model):
    """A question that other people often ask, with the lessons that lead to it."""

    slug = models.SlugField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField()
    group = models.CharField(max_length=80)
    text = models.CharField(max_length=LONGEST)
    extra = models.BooleanField(default=False)  # offered only to whoever has read one of its lessons
    safety = models.BooleanField(default=False)  # offered before all others
    lessons = models.ManyToManyField(Lesson, related_name="suggested_questions", blank=True)
    withdrawn = models.BooleanField(default=False)
    # A hash of the shipped group and text: what differs from it is the hospital's own.
    shipped = models.CharField(max_length=64, blank=True, editable=False)

    objects = SuggestedQuestionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.text


class MyQuestionQuerySet(models.QuerySet["MyQuestion"]):
    """Reads of people's own lists start from the learner."""

    def of(self, learner: AbstractBaseUser | AnonymousUser) -> MyQuestionQuerySet:
        """Return this person's own list in its order; somebody who is not signed in has none."""
        mine = self.filter(learner_id=learner.pk) if learner.is_authenticated else self.none()
        return mine.order_by("position", "pk")

    def open(self) -> MyQuestionQuerySet:
        """Return those that no nurse has talked about yet."""
        return self.filter(talked=None)

    def shared(self) -> MyQuestionQuerySet:
        """Return those that their nurse may see. Whatever shows a question to staff begins here."""
        return self.exclude(shared=None)

    def waiting_since(self, learners: Collection[int]) -> dict[int, datetime]:
        """Return, by learner, when the first question was shared that nobody has talked about yet. One query."""
        rows = self.filter(learner__in=learners).open().shared().order_by()
        return dict(rows.values_list("learner").annotate(models.Min("shared")))


class MyQuestion(models.Model):
    """A question that somebody wants to ask at a visit, in the words of the day it was put on the list.

    The first three that are open are the top three. Nobody else sees one until it is shared. Put on the list twice, it
    is there once.
    """

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="my_questions", db_index=False)
    suggested = models.ForeignKey(SuggestedQuestion, models.PROTECT, null=True, blank=True, related_name="+")
    text = models.CharField(max_length=LONGEST)
    position = models.PositiveIntegerField()  # order only: two may share one, and then the older comes first
    added = models.DateTimeField()
    shared = models.DateTimeField(null=True, blank=True)  # since when
    talked = models.DateTimeField(null=True, blank=True)
    talked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = MyQuestionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["learner", "text"], name="myquestion_each_once"),
            models.UniqueConstraint(fields=["learner", "suggested"], name="myquestion_suggested_once"),
            models.CheckConstraint(
                condition=Q(talked=None, talked_by=None) | Q(talked__isnull=False, talked_by__isnull=False),
                name="myquestion_talked_with_someone",
            ),
        ]

    def __str__(self) -> str:
        return self.text
