"""What is taught: Therapy, Lesson, Edition, Step."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from quizzes.immutable import Guard
from quizzes.models import Quiz, State

LANGUAGE = "en"  # the one language so far; another is another Edition of the same Lesson


class TherapyQuerySet(models.QuerySet["Therapy"]):
    """Reads of therapy types."""

    def taught(self) -> TherapyQuerySet:
        """Return those with a published lesson (ruling 10), in their order."""
        return self.filter(lessons__editions__state=State.PUBLISHED).distinct().order_by("position")


class Therapy(models.Model):
    """A type of therapy, or a general theme (the basics, your care team)."""

    class Kind(models.TextChoices):
        THERAPY = "therapy", "Therapy"
        GENERAL = "general", "General"

    slug = models.SlugField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.THERAPY)
    title = models.CharField(max_length=120)
    summary = models.CharField(max_length=300)
    # A hash of the shipped words: words that differ from it are the hospital's own.
    shipped = models.CharField(max_length=64, blank=True, editable=False)
    # The same for the order of its shipped lessons; blank on a site that was loaded before this was kept.
    shipped_order = models.CharField(max_length=64, blank=True, editable=False)

    objects = TherapyQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        verbose_name_plural = "therapies"

    def __str__(self) -> str:
        return self.title


class LessonQuerySet(models.QuerySet["Lesson"]):
    """Reads of lessons."""

    def taught(self) -> LessonQuerySet:
        """Return those with a published edition (ruling 10), with its `title`, as the site lists them."""
        return (
            self.filter(editions__state=State.PUBLISHED, editions__language=LANGUAGE)
            .annotate(title=F("editions__title"))
            .order_by("therapy__position", "position")
        )


class Lesson(models.Model):
    """The identity of a lesson through all its editions and languages."""

    therapy = models.ForeignKey(Therapy, models.PROTECT, related_name="lessons", db_index=False)
    slug = models.SlugField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField()
    quiz = models.OneToOneField(Quiz, models.PROTECT, null=True, blank=True, related_name="lesson")
    # It says when to call: lists say "Read this first" beside it.
    read_first = models.BooleanField(default=False)

    objects = LessonQuerySet.as_manager()

    class Meta:
        ordering = ["therapy__position", "position"]
        constraints = [models.UniqueConstraint(fields=["therapy", "position"], name="lesson_one_a_place")]

    def __str__(self) -> str:
        return self.slug


def three_points(value: object) -> None:
    """Refuse a "Remember" that is not exactly three points of text."""
    if not (isinstance(value, list) and len(value) == 3 and all(isinstance(v, str) and v.strip() for v in value)):
        raise ValidationError("Give exactly three points to remember.")


class Edition(models.Model):
    """One wording of a lesson in one language. Once published, its text and steps stay as they are."""

    lesson = models.ForeignKey(Lesson, models.PROTECT, related_name="editions", db_index=False)
    language = models.CharField(max_length=10, default="en")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    title = models.CharField(max_length=120)
    main_message = models.CharField(max_length=300)
    remember = models.JSONField(validators=[three_points], help_text="Three points that close the lesson.")
    minutes = models.PositiveSmallIntegerField()
    # Two dates that may move without a new text: when its facts were last held against their sources, and when next.
    checked_on = models.DateField("facts last checked", null=True, blank=True)
    next_check = models.DateField("next check due", null=True, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True)
    # A hash of the shipped text this row came from: what load_content recognises its own rows by.
    shipped = models.CharField(max_length=64, blank=True, editable=False)

    guard = Guard(
        ("lesson", "language", "number", "title", "main_message", "remember", "minutes"),
        once="OLD.state <> 'draft'",
        back="NEW.state = 'draft'",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lesson", "language", "number"], name="edition_number_once"),
            models.UniqueConstraint(
                fields=["lesson", "language"], condition=Q(state="published"), name="edition_one_published"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class StepQuerySet(models.QuerySet["Step"]):
    """Reads of steps."""

    def shown(self) -> StepQuerySet:
        """Return the steps that readers see now: those of published editions."""
        return self.filter(edition__state=State.PUBLISHED, edition__language=LANGUAGE)


class Step(models.Model):
    """One page of an edition: one idea. Its slug stays the same across editions, so that readers go on there."""

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="steps", db_index=False)
    position = models.PositiveSmallIntegerField()
    slug = models.SlugField(max_length=80)
    # Set when its edition is published: a guard on this table needs to look at no other.
    frozen = models.BooleanField(default=False, editable=False)
    heading = models.CharField(max_length=120)
    body = models.TextField(help_text="Markdown: paragraphs, lists, bold.")
    key_point = models.CharField(max_length=200, blank=True)
    picture = models.CharField(max_length=80, blank=True)
    alt = models.CharField(max_length=300, blank=True)
    key = models.JSONField(default=list, blank=True, help_text="What the numbers in the picture stand for.")
    claims = models.JSONField(default=list, blank=True, help_text="The facts it teaches, by their ids.")

    objects = StepQuerySet.as_manager()
    guard = Guard(
        ("edition", "position", "slug", "heading", "body", "key_point", "picture", "alt", "key", "claims"),
        once="OLD.frozen",
        back="NOT NEW.frozen",
    )

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "position"], name="step_one_a_place"),
            models.UniqueConstraint(fields=["edition", "slug"], name="step_slug_once"),
        ]

    def __str__(self) -> str:
        return self.heading
