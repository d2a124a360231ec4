"""The record of learning: Reading, KeptPage, Contact, TeachBack; and Merge, of two records."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from learn.languages import SOURCE, reader
from learn.lessons.models import CardText, Edition, Lesson, Step
from learn.people.models import Patient
from quizzes.models import Question, State

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class ReadingQuerySet(models.QuerySet["Reading"]):
    """Readings, selected by learner."""

    def of(self, learner: AbstractBaseUser | AnonymousUser) -> ReadingQuerySet:
        """Return this person's own readings; none for a visitor who is not signed in."""
        return self.filter(learner_id=learner.pk) if learner.is_authenticated else self.none()

    def of_changed(self) -> ReadingQuerySet:
        """Return the readings whose learner may have read a lesson, or a call card, that changed since."""
        newest = CardText.objects.filter(number__gt=1).order_by("-number").values("at")[:1]
        older = Q(edition__lesson__read_first=True, finished__lt=Subquery(newest))
        return self.filter(~Q(edition__state=State.PUBLISHED) | older)

    def of_lesson(self, learner: AbstractBaseUser, edition: int) -> ReadingQuerySet:
        """Return this person's readings of the lesson that this edition (its pk) belongs to, in all its editions."""
        return self.filter(learner_id=learner.pk, edition__lesson__editions=edition).select_related("furthest")


class Reading(models.Model):
    """How far a learner is in an edition: the furthest step reached, and which steps were shown.

    The learner continues at the furthest step. `seen` has the slugs of the steps where they pressed Continue, and of
    those that the page "What changed" showed them, in that order. A lesson is read when each of its steps was shown, in
    this edition or in another (`actions.read`); `finished` is when that became so.
    """

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="readings", db_index=False)
    edition = models.ForeignKey(Edition, models.PROTECT, related_name="readings")
    furthest = models.ForeignKey(Step, models.PROTECT, related_name="+")
    started = models.DateTimeField()
    moved = models.DateTimeField(null=True)  # when a step was last shown for the first time; None in very old rows
    finished = models.DateTimeField(null=True)
    seen = models.JSONField(default=list, db_default=[])
    # In which it was read last. The edition is always the source, so that what was read counts in every language.
    language = models.CharField(max_length=10, default="en", db_default="en")

    objects = ReadingQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "edition"], name="reading_once_an_edition")]

    def __str__(self) -> str:
        return f"{self.learner_id} reads {self.edition_id}"


class KeptPageQuerySet(models.QuerySet["KeptPage"]):
    """Queries for kept pages. They start from the learner."""

    def of(self, learner: AbstractBaseUser | AnonymousUser) -> KeptPageQuerySet:
        """Return this person's kept pages, the newest first; none for a visitor who is not signed in."""
        mine = self.filter(learner_id=learner.pk) if learner.is_authenticated else self.none()
        return mine.order_by("-at", "-pk")

    def with_places(self) -> models.QuerySet[Any]:
        """Add `heading`, its `language` and `position` of each page as readers see it now; None where it is gone."""
        now = Step.objects.shown().filter(edition__lesson=OuterRef("lesson"), slug=OuterRef("slug"))
        theirs = Step.objects.shown(reader()).filter(edition__lesson=OuterRef("lesson"), slug=OuterRef("slug"))
        heading: Any = Subquery(now.values("heading")[:1])
        language: Any = Value(SOURCE)
        if reader() != SOURCE:
            heading = Coalesce(Subquery(theirs.values("heading")[:1]), heading)
            language = Coalesce(Subquery(theirs.values("edition__language")[:1]), language)
        position = Subquery(now.values("position")[:1])
        return self.annotate(heading=heading, language=language, position=position).select_related("lesson__therapy")


class KeptPage(models.Model):
    """A step that a learner keeps to find it again. It is the same step in all editions, so it has the step's slug."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="kept_pages", db_index=False)
    lesson = models.ForeignKey(Lesson, models.PROTECT, related_name="+")
    slug = models.SlugField(max_length=80, db_index=False)
    at = models.DateTimeField()

    objects = KeptPageQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["learner", "lesson", "slug"], name="keptpage_each_once")]

    def __str__(self) -> str:
        return f"{self.learner_id} keeps {self.slug}"


class NumberedQuerySet(models.QuerySet[Any]):
    """Rows that store the number of their form, so that submitting a form twice has no second effect."""

    def next_number(self) -> int:
        """Return the number for the next form. Call it on the rows of one nurse about one patient."""
        return int(self.aggregate(newest=models.Max("number"))["newest"] or 0) + 1


class Contact(models.Model):
    """A nurse spoke with a patient. This pauses some worklist reasons for days, but never a missed safety question.

    The patient can read `note` in My data. `staff_only` is for the team: it is in no page, file or note that a patient
    gets, and `manage.py tidy` empties it after KEPT (ruling 31), so it is not guarded.

    `number` counts this nurse's contacts with this patient. The form contains the number, so that a double click
    records only one contact.
    """

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="contacts", db_index=False)
    nurse = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)
    staff_only = models.CharField(max_length=200, blank=True, default="", db_default="")
    number = models.PositiveIntegerField()

    KEPT = timedelta(days=90)  # how long `staff_only` is kept

    objects = NumberedQuerySet.as_manager()

    guard = ("patient", "nurse", "at", "note", "number")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient", "nurse", "number"], name="contact_number_once")]
        indexes = [models.Index(F("patient"), F("at").desc(), name="contact_patient_at")]

    def __str__(self) -> str:
        return f"{self.nurse_id} spoke with {self.patient_id}"


class TeachBack(models.Model):
    """A patient explained one topic back: the outcome, who explained it, and in which language. Rows never change.

    An addendum is a separate row that refers to the original in `adds_to`; when it has an outcome, that outcome
    replaces the earlier one. Only "in own words" clears a flag (`safety`). `number` is the number of the form and
    `place` the topic's position in it, so that submitting the same form twice records only one teach-back.
    """

    class Outcome(models.TextChoices):
        OWN_WORDS = "own-words", _("Explained in own words")
        PROMPT = "prompt", _("Needed a prompt")
        AGAIN = "again", _("Explain again next time")

    class ToWhom(models.TextChoices):
        PATIENT = "patient", _("The patient")
        HELPER = "helper", _("A family member or helper")
        BOTH = "both", pgettext_lazy("patient and helper", "Both")

    class Barrier(models.TextChoices):
        LANGUAGE = "language", _("Language or speech")
        SENSES = "senses", _("Hearing or sight")
        BODY = "body", _("Pain, tiredness or feeling ill")
        MEMORY = "memory", _("Memory or attention")
        FEELINGS = "feelings", _("Worry or sadness")
        READINESS = "readiness", _("Not ready to talk about it now")
        CULTURE = "culture", _("Culture or religion")

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="teach_backs", db_index=False)
    question = models.ForeignKey(Question, models.PROTECT, null=True, related_name="+")
    lesson = models.ForeignKey(Lesson, models.PROTECT, null=True, related_name="+")
    topic = models.CharField(max_length=120)  # as worded on that day, whatever is published later
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    to_whom = models.CharField(max_length=10, choices=ToWhom.choices, blank=True)
    language = models.CharField(max_length=40, blank=True)
    barriers = models.JSONField(default=list)
    note = models.CharField(max_length=500, blank=True)
    nurse = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    number = models.PositiveIntegerField()
    place = models.PositiveSmallIntegerField()
    adds_to = models.ForeignKey("self", models.PROTECT, null=True, related_name="addenda")

    objects = NumberedQuerySet.as_manager()

    guard = (
        "patient", "question", "lesson", "topic", "outcome", "to_whom", "language", "barriers", "note", "nurse", "at",
        "number", "place", "adds_to",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "nurse", "number", "place"], name="teachback_form_once"),
            models.CheckConstraint(
                condition=Q(question__isnull=False) | Q(lesson__isnull=False), name="teachback_about_something"
            ),
            models.CheckConstraint(
                condition=Q(adds_to__isnull=False) | ~(Q(outcome="") | Q(to_whom="")), name="teachback_says_how"
            ),
        ]
        indexes = [models.Index(F("patient"), F("at").desc(), name="teachback_patient_at")]

    def __str__(self) -> str:
        return f"{self.topic}: {self.outcome}"

    @property
    def barrier_words(self) -> list[str]:
        """The barriers, in words."""
        return [str(self.Barrier(barrier).label) for barrier in self.barriers]


class Merge(models.Model):
    """A lead merged the record `gone` into `keep`, because both are of one patient (`account/merging.py`, ruling 34).

    `moved` has what an undo needs. It is emptied when the merge is undone, or after a day, when what was left in `gone`
    is erased (`finished`).
    """

    keep = models.ForeignKey(Patient, models.PROTECT, related_name="merges")
    gone = models.ForeignKey(Patient, models.PROTECT, related_name="merged")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    moved = models.JSONField(default=dict)
    undone = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gone"], condition=Q(undone=None), name="merge_once_a_record"),
        ]

    def __str__(self) -> str:
        return f"{self.gone_id} into {self.keep_id}"
