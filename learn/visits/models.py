"""The tables of questions that patients want to ask: SuggestedQuestion, MyQuestion."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from learn.lessons import overlays
from learn.lessons.models import Lesson

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

LONGEST = 300  # letters
ROOM = 100  # between the positions of two shipped questions; what the hospital puts between them stands there
FILE = "questions.yaml"


class SuggestedQuestionQuerySet(models.QuerySet["SuggestedQuestion"]):
    """Queries for suggested questions."""

    def offered(self) -> SuggestedQuestionQuerySet:
        """Return the questions that people may choose from, in order, with their lessons prefetched. Two queries."""
        return self.filter(withdrawn=False).order_by("position", "pk").prefetch_related("lessons")

    def after(self, lesson: str) -> SuggestedQuestionQuerySet:
        """Return the questions that belong to this lesson (its slug), safety questions first."""
        return self.filter(withdrawn=False, lessons__slug=lesson).order_by(F("safety").desc(), "position", "pk")


def said(questions: Iterable[SuggestedQuestion]) -> list[SuggestedQuestion]:
    """Return suggested questions in the reader's language, not to be saved."""
    found = list(questions)
    for question in found:
        question.text, question.group = (overlays.said(FILE, text) for text in (question.text, question.group))
    return found


class SuggestedQuestion(models.Model):
    """A question that other people often ask, with the lessons that it belongs to."""

    slug = models.SlugField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField()
    group = models.CharField(max_length=80)
    text = models.CharField(max_length=LONGEST)
    extra = models.BooleanField(default=False)  # offered only to people who have read one of its lessons
    safety = models.BooleanField(default=False)  # offered before all other questions
    lessons = models.ManyToManyField(Lesson, related_name="suggested_questions", blank=True)
    withdrawn = models.BooleanField(default=False)
    # The hash of the shipped values. If it differs from the current ones, the hospital has changed the question.
    shipped = models.CharField(max_length=64, blank=True, editable=False)

    objects = SuggestedQuestionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.text


class Waiting(NamedTuple):
    """A question that waits for an answer, and since when it is shared."""

    at: datetime
    text: str


class MyQuestionQuerySet(models.QuerySet["MyQuestion"]):
    """Queries for people's own lists. They start from the learner."""

    def of(self, learner: AbstractBaseUser | AnonymousUser) -> MyQuestionQuerySet:
        """Return this person's list in order; an empty list for a person who is not signed in."""
        mine = self.filter(learner_id=learner.pk) if learner.is_authenticated else self.none()
        return mine.order_by("position", "pk")

    def open(self) -> MyQuestionQuerySet:
        """Return the questions that no nurse has marked as talked about."""
        return self.filter(talked=None)

    def shared(self) -> MyQuestionQuerySet:
        """Return the questions that nurses may see. Everything that shows a question to staff must use this."""
        return self.exclude(shared=None)

    def waiting(self, learners: Collection[int]) -> dict[int, Waiting]:
        """Return the question of each learner (pk) that was shared first and is still open. One query."""
        rows = self.filter(learner__in=learners).open().shared().order_by("-shared", "-pk")
        found = rows.values_list("learner", "shared", "text")
        return {learner: Waiting(at, text) for learner, at, text in found if at}


class MyQuestion(models.Model):
    """A question that a person wants to ask at a visit. It keeps the wording from the day when it was added.

    The first three open questions of a list are its top three. Only the person sees a question until it is shared. The
    same question is on a list only once.
    """

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="my_questions", db_index=False)
    suggested = models.ForeignKey(SuggestedQuestion, models.PROTECT, null=True, blank=True, related_name="+")
    text = models.CharField(max_length=LONGEST)
    position = models.PositiveIntegerField()  # not unique: of two questions with one position, the older comes first
    added = models.DateTimeField()
    shared = models.DateTimeField(null=True, blank=True)  # since when staff may see it
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
