"""What is taught (Therapy, Lesson, Edition, Step; Reference, ReferenceText), and who reviewed it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from learn.languages import SOURCE, reader
from quizzes.immutable import Guard
from quizzes.models import Quiz, Revision, State


class TherapyQuerySet(models.QuerySet["Therapy"]):
    """Queries for therapy types."""

    def taught(self) -> TherapyQuerySet:
        """Return the therapy types that have a published lesson (ruling 10), by position."""
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
    # The hash of the shipped title and summary. If it differs from the current ones, the hospital has changed them.
    shipped = models.CharField(max_length=64, blank=True, editable=False)
    # The same for the order of the shipped lessons. Blank if the content was loaded before this column existed.
    shipped_order = models.CharField(max_length=64, blank=True, editable=False)

    objects = TherapyQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        verbose_name_plural = "therapies"

    def __str__(self) -> str:
        return self.title


def _in_theirs(translations: models.QuerySet[Any], name: str, of: str) -> Any:
    """Return a column of the row at `of`, or of its published translation into the reader's language."""
    own = F(f"{of}__{name}")
    if reader() == SOURCE:
        return own
    return Coalesce(Subquery(translations.filter(state=State.PUBLISHED, language=reader()).values(name)[:1]), own)


class LessonQuerySet(models.QuerySet["Lesson"]):
    """Queries for lessons."""

    def taught(self) -> LessonQuerySet:
        """Return the lessons with a published edition (ruling 10), in the site's order.

        Each has its `title`, in the reader's language if the edition is translated, and the `language` of that.
        """
        theirs = Edition.objects.filter(translates=OuterRef("editions"))
        return (
            self.filter(editions__state=State.PUBLISHED, editions__language=SOURCE)
            .annotate(**{name: _in_theirs(theirs, name, "editions") for name in ("title", "language")})
            .order_by("therapy__position", "position")
        )


class Lesson(models.Model):
    """A lesson. It stays the same row through all its editions and languages."""

    therapy = models.ForeignKey(Therapy, models.PROTECT, related_name="lessons", db_index=False)
    slug = models.SlugField(max_length=80, unique=True)
    position = models.PositiveSmallIntegerField()
    quiz = models.OneToOneField(Quiz, models.PROTECT, null=True, blank=True, related_name="lesson")
    # This lesson teaches when to call. Lists show "Read this first" next to it.
    read_first = models.BooleanField(default=False)
    # The hash of a newer shipped text that load_content left alone, because the hospital wrote its own. Blank: none.
    newer = models.CharField(max_length=64, blank=True, db_default="", default="", editable=False)
    # The hash of the newest shipped text that somebody looked at, and took over or not: it is not reported again.
    dealt_with = models.CharField(max_length=64, blank=True, db_default="", default="", editable=False)

    objects = LessonQuerySet.as_manager()

    class Meta:
        ordering = ["therapy__position", "position"]
        constraints = [models.UniqueConstraint(fields=["therapy", "position"], name="lesson_one_a_place")]

    def __str__(self) -> str:
        return self.slug


def three_points(value: object) -> None:
    """Validate `Edition.remember`. Raises ValidationError unless it is a list of exactly three texts."""
    if not (isinstance(value, list) and len(value) == 3 and all(isinstance(v, str) and v.strip() for v in value)):
        raise ValidationError("Give exactly three points to remember.")


class Edition(models.Model):
    """One wording of a lesson in one language. Once it is published, its text and its steps never change."""

    class Stage(models.TextChoices):
        """How far a draft is on its way to being published."""

        WRITING = "", "Draft"
        SENT = "sent", "In review"
        BACK = "back", "Sent back"

    lesson = models.ForeignKey(Lesson, models.PROTECT, related_name="editions", db_index=False)
    language = models.CharField(max_length=10, default="en")
    # The edition that it is a translation of, step by step. When that one is retired, so is the translation.
    translates = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="translations")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    title = models.CharField(max_length=120)
    # For the heads of the Desk's tables, where a long title has no room; empty: the title. It can change without a new
    # edition, because no reader sees it.
    short_title = models.CharField(max_length=24, blank=True, default="", db_default="")
    main_message = models.CharField(max_length=300)
    remember = models.JSONField(validators=[three_points], help_text="Three points that close the lesson.")
    minutes = models.PositiveSmallIntegerField()
    # Nothing in it means something else than in the edition before: readers of that one are told of no change.
    same_meaning = models.BooleanField(default=False, db_default=False)
    # When the facts were last checked against their sources, and when the next check is due. A date can change without
    # a new edition.
    checked_on = models.DateField("facts last checked", null=True, blank=True)
    next_check = models.DateField("next check due", null=True, blank=True)
    # Who wrote it last, and when; empty for shipped text. `writers` has the keys of all who wrote in the draft.
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True)
    written = models.DateTimeField(null=True, blank=True)
    writers = models.JSONField(default=list, db_default=[], blank=True)
    # The way of a draft: sent for review, with what the reviewer is asked to look at; or sent back.
    stage = models.CharField(max_length=10, choices=Stage.choices, blank=True, default="", db_default="")
    sent = models.DateTimeField(null=True, blank=True)
    asked = models.CharField(max_length=500, blank=True, default="", db_default="")
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)
    # The hash of the shipped text that this row was made from. load_content recognizes its own rows by it.
    shipped = models.CharField(max_length=64, blank=True, editable=False)

    guard = Guard(
        (
            "lesson", "language", "translates", "number", "title", "main_message", "remember", "minutes",
            "same_meaning", "author", "written", "writers", "published_by", "published_at",
        ),
        once="OLD.state <> 'draft'", back="NEW.state = 'draft'",
    )  # fmt: skip

    class Meta:
        permissions = [("publish_edition", "Can publish a draft that somebody wrote")]
        constraints = [
            models.UniqueConstraint(fields=["lesson", "language", "number"], name="edition_number_once"),
            models.UniqueConstraint(
                fields=["lesson", "language"], condition=Q(state="published"), name="edition_one_published"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class StepQuerySet(models.QuerySet["Step"]):
    """Queries for steps."""

    def shown(self, language: str = SOURCE) -> StepQuerySet:
        """Return the steps that readers of this language see now: those of published editions."""
        return self.filter(edition__state=State.PUBLISHED, edition__language=language)


class Step(models.Model):
    """One page of an edition, with one idea. Its slug stays the same across editions, so readers can continue there."""

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="steps", db_index=False)
    position = models.PositiveSmallIntegerField()
    slug = models.SlugField(max_length=80)
    # Set when the edition is published, so that the guard of this table need not read another table.
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


class CardText(models.Model):
    """One wording of the call card that readers were shown: the shipped one, or the hospital's own. Rows never change.

    These rows only say what the card said before, and since when it says what it says now.
    """

    number = models.PositiveIntegerField(unique=True)
    data = models.JSONField()
    # Nothing in it means something else than in the wording before (as `Edition.same_meaning`).
    same_meaning = models.BooleanField(default=False, db_default=False)
    at = models.DateTimeField()

    guard = ("number", "data", "same_meaning", "at")

    def __str__(self) -> str:
        return f"call card, number {self.number}"


class Reference(models.Model):
    """A text outside of the lessons that the hospital has changed, or has begun to: it stays the same in all wordings.

    The shipped texts have no rows here: pages read their files, or rows in other tables (`rows.py`). Of a question of a
    check, this row only keeps what `load_content` left alone.
    """

    class Kind(models.TextChoices):
        CARD = "card", "Call card"
        MEDICINE = "medicine", "Medicine"
        TERM = "term", "Word"
        QUESTION = "question", "Question"
        VISIT = "visit", "Visit question"
        PATHWAY = "pathway", "Pathway"
        THERAPY = "therapy", "Therapy type"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    slug = models.SlugField(max_length=80)
    # As `Lesson.newer` and `Lesson.dealt_with`.
    newer = models.CharField(max_length=64, blank=True, db_default="", default="", editable=False)
    dealt_with = models.CharField(max_length=64, blank=True, db_default="", default="", editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "slug"], name="reference_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.slug}"


class ReferenceText(models.Model):
    """One wording of the hospital's own for a text outside of the lessons. Once published, it never changes.

    The published one lies over the shipped text (`owned.py`), or stands in its row (`rows.py`). The words and stages
    are those of `Edition`.
    """

    reference = models.ForeignKey(Reference, models.PROTECT, related_name="texts", db_index=False)
    language = models.CharField(max_length=10, default=SOURCE, db_default=SOURCE)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    body = models.JSONField()  # as `bodies.py` has it
    same_meaning = models.BooleanField(default=False, db_default=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written = models.DateTimeField()
    writers = models.JSONField(default=list, db_default=[], blank=True)
    stage = models.CharField(max_length=10, choices=Edition.Stage.choices, blank=True, default="", db_default="")
    sent = models.DateTimeField(null=True, blank=True)
    asked = models.CharField(max_length=500, blank=True, default="", db_default="")
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)
    # The hash of the shipped text, if the hospital signed exactly that: a newer shipped one takes its place.
    shipped = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)

    guard = Guard(
        (
            "reference", "language", "number", "body", "same_meaning", "author", "written", "writers",
            "published_by", "published_at",
        ),
        once="OLD.state <> 'draft'", back="NEW.state = 'draft'",
    )  # fmt: skip

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference", "language", "number"], name="referencetext_number_once"),
            models.UniqueConstraint(
                fields=["reference", "language"], condition=Q(state="published"), name="referencetext_one_published"
            ),
            models.UniqueConstraint(
                fields=["reference", "language"], condition=Q(state="draft"), name="referencetext_one_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference_id}, number {self.number}"


class Remark(models.Model):
    """What somebody said about a draft while it was reviewed: of one step, of one question, or of the whole."""

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="remarks")
    about = models.CharField(max_length=90, blank=True)  # the slug of a step; "?" and the slug of a question; or blank
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    text = models.CharField(max_length=1000)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)

    guard = Guard(("edition", "about", "by", "at", "text"))

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.text


class ClinicalReviewQuerySet(models.QuerySet["ClinicalReview"]):
    """Queries for clinical reviews."""

    def valid(self, today: date) -> ClinicalReviewQuerySet:
        """Return the reviews that are not over on this day."""
        return self.filter(until__gte=today)


class SharedWords(models.Model):
    """The words of a shipped file with their translation, as somebody signed them, or as the call card was shown."""

    language = models.CharField(max_length=10)
    name = models.CharField(max_length=80)
    mark = models.CharField(max_length=64)  # the hash of the pairs
    pairs = models.JSONField()

    guard = ("language", "name", "mark", "pairs")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["language", "name", "mark"], name="sharedwords_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"


_OF = ("edition", "revision", "text", "words")  # what a review can be of
_OF_ONE = Q(*(Q(**{f"{name}__isnull": name != of for name in _OF}) for of in _OF), _connector=Q.OR)


class ClinicalReview(models.Model):
    """Somebody has read one published text, and answers for it until a day. A changed or translated text is another."""

    class Kind(models.TextChoices):
        CLINICIAN = "clinician", "Clinician"
        TRANSLATOR = "translator", "Qualified translator"

    edition = models.ForeignKey(Edition, models.PROTECT, null=True, blank=True, related_name="reviews")
    revision = models.ForeignKey(Revision, models.PROTECT, null=True, blank=True, related_name="+")
    text = models.ForeignKey(ReferenceText, models.PROTECT, null=True, blank=True, related_name="reviews")
    words = models.ForeignKey(SharedWords, models.PROTECT, null=True, blank=True, related_name="reviews")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.CLINICIAN, db_default=Kind.CLINICIAN)
    who = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    role = models.CharField(max_length=80)  # in the reviewer's own words: "oncology nurse"
    on = models.DateField()
    until = models.DateField()

    objects = ClinicalReviewQuerySet.as_manager()
    guard = Guard((*_OF, "kind", "who", "role", "on", "until"))

    class Meta:
        constraints = [models.CheckConstraint(condition=_OF_ONE, name="clinicalreview_of_one_text")]

    def __str__(self) -> str:
        return f"{self.role}, {self.on}"


class HoldAct(models.Model):
    """Somebody settled a hold of fixtures/holds.yaml, or opened it again, and said why. The newest row counts."""

    note = models.TextField()  # the text of the hold: a hold with another text is another hold
    settled = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    role = models.CharField(max_length=80)
    why = models.CharField(max_length=500)
    at = models.DateTimeField()

    guard = Guard(("note", "settled", "by", "role", "why", "at"))

    def __str__(self) -> str:
        return self.note
