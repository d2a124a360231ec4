"""The record (Quiz, Question, Revision, Attempt, AttemptItem, Response), and Memory and ItemAnalysis, made from it.

The record is immutable: an attempt pins the revisions that it asks, the text of a published revision never changes, and
responses are only added, never overwritten. Totals are counted from these rows.

A foreign key that is the first column of a unique constraint or of a composite index has `db_index=False`, because a
separate index would be redundant (tests/learn/test_indexes.py).
"""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, functions
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from quizzes.immutable import Guard
from quizzes.kinds import KINDS, Ask, Mark
from quizzes.scheduling import MemoryState

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

SOURCE = settings.LANGUAGE_CODE.partition("-")[0]  # the language that questions are written in, and translated from


class State(models.TextChoices):
    """The publication state of a revision."""

    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"
    RETIRED = "retired", "Retired"


class Question(models.Model):
    """The identity of a question through all its revisions and languages."""

    slug = models.SlugField(max_length=80, unique=True)
    # The question whose place this one takes when it is published. Until then, that one is asked.
    instead_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="successors")

    def __str__(self) -> str:
        return self.slug

    def newest(self, language: str) -> Revision | None:
        """Return the revision that an author edits next: the draft, else the published, else the newest retired.

        `language` is a language code. Returns None if the question has no revision in this language.
        """
        return self.revisions.filter(language=language).order_by("state", "-number").first()


class Quiz(models.Model):
    """An ordered set of questions; its slug is the lesson's."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=120)
    questions = models.ManyToManyField(Question, through="QuizItem")
    # A hash of the order that was shipped. If the current order has another hash, the hospital has changed it.
    shipped_order = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name_plural = "quizzes"

    def __str__(self) -> str:
        return self.title


class QuizItem(models.Model):
    """The position of a question in a quiz."""

    quiz = models.ForeignKey(Quiz, models.CASCADE, related_name="items", db_index=False)
    question = models.ForeignKey(Question, models.PROTECT)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["quiz", "position"], name="quizitem_one_a_place"),
            models.UniqueConstraint(fields=["quiz", "question"], name="quizitem_once_a_quiz"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.question_id}"


class RevisionQuerySet(models.QuerySet["Revision"]):
    """Queries for revisions."""

    def published(self, *, language: str) -> RevisionQuerySet:
        """Return the published revisions in this language (a language code)."""
        return self.filter(state=State.PUBLISHED, language=language)


class Revision(models.Model):
    """One wording of a question in one language. Its text cannot change after it is published."""

    question = models.ForeignKey(Question, models.PROTECT, related_name="revisions", db_index=False)
    language = models.CharField(max_length=10, default="en")
    # The revision that it is a translation of, with the same ids. When that one is retired, so is the translation.
    translates = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="translations")
    number = models.PositiveIntegerField()
    # Revisions with the same line share their statistics: a corrected typo keeps the line, a new meaning starts one.
    line = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    kind = models.CharField(max_length=20)
    critical = models.BooleanField("safety question", default=False)
    objective = models.CharField(max_length=120, help_text="The topic in a few words, as the result page names it.")
    stem = models.CharField(max_length=300)
    spec = models.JSONField()
    why = models.TextField()
    source = models.CharField(max_length=200, blank=True, help_text="Where this is taught; the engine only keeps it.")
    # A hash of the shipped text that this row was made from. load_content uses it to recognise its own rows.
    shipped = models.CharField(max_length=64, blank=True, editable=False)
    # Who wrote, published and retired it, and when; empty for shipped content.
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    written = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = RevisionQuerySet.as_manager()
    guard = Guard(
        (
            "question", "language", "translates", "number", "line", "kind", "critical", "objective", "stem", "spec",
            "why", "source", "author", "written", "published_by", "published_at",
        ),
        once="OLD.state <> 'draft'",
        back="NEW.state = 'draft'",
    )  # fmt: skip

    class Meta:
        permissions = [("publish_revision", "Can publish a draft that somebody wrote")]
        constraints = [
            models.UniqueConstraint(fields=["question", "language", "number"], name="revision_number_once"),
            models.UniqueConstraint(
                fields=["question", "language"], condition=Q(state="published"), name="revision_one_published"
            ),
        ]

    def __str__(self) -> str:
        return self.stem

    def mark(self, given: list[str]) -> Mark:
        """Return the mark for this answer (the chosen values; empty means "I'm not sure")."""
        return KINDS[self.kind].mark(self.spec, given)


def in_source(revision: str, name: str) -> functions.Coalesce:
    """Return a text of the revision at this path; if it is a translation, the one of what it translates."""
    return functions.Coalesce(F(f"{revision}__translates__{name}"), F(f"{revision}__{name}"))


class AttemptQuerySet(models.QuerySet["Attempt"]):
    """Queries for attempts, always limited to one learner."""

    def of(self, learner: AbstractBaseUser | AnonymousUser) -> AttemptQuerySet:
        """Return the attempts of this learner; none for an anonymous user."""
        return self.filter(learner_id=learner.pk) if learner.is_authenticated else self.none()

    def finished(self) -> AttemptQuerySet:
        """Return the attempts that are finished: no more answers are expected."""
        return self.filter(finished__isnull=False)

    def last_result(self) -> Attempt | None:
        """Return the attempt of these that was finished last, or None: its result is the newest that can be shown."""
        return self.finished().order_by("-finished").first()


class Attempt(models.Model):
    """One attempt at a quiz. It stays open until every expected answer is given; it never expires."""

    class Kind(models.TextChoices):
        CHECK = "check", pgettext_lazy("kind of attempt", "Check")
        RETRY = "retry", pgettext_lazy("kind of attempt", "Try again")
        REVIEW = "review", pgettext_lazy("kind of attempt", "Review")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="attempts", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.CHECK)
    quiz = models.ForeignKey(Quiz, models.PROTECT, null=True, related_name="attempts")
    language = models.CharField(max_length=10, default="en")
    started = models.DateTimeField()
    finished = models.DateTimeField(null=True)
    helped = models.BooleanField(default=False)  # at the start, the learner said that someone is helping them

    objects = AttemptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["learner", "quiz"], condition=Q(finished=None), name="attempt_one_open_a_quiz"
            ),
            models.UniqueConstraint(
                fields=["learner"], condition=Q(finished=None, kind="review"), name="attempt_one_open_review"
            ),
            models.CheckConstraint(
                condition=Q(kind="review", quiz=None) | (~Q(kind="review") & Q(quiz__isnull=False)),
                name="attempt_quiz_unless_review",
            ),
        ]
        indexes = [
            # For one learner's attempts at one quiz, found among everyone's; and for the statistics in `health`.
            models.Index(fields=["learner", "quiz"], name="attempt_learner_quiz"),
            models.Index(fields=["quiz", "-started"], condition=Q(kind="check"), name="attempt_newest_checks"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class AttemptItemQuerySet(models.QuerySet["AttemptItem"]):
    """Queries for attempt items."""

    def of(self, learner: AbstractBaseUser | AnonymousUser) -> AttemptItemQuerySet:
        """Return the items of this learner's attempts."""
        return self.filter(attempt__learner_id=learner.pk) if learner.is_authenticated else self.none()

    def with_answers(self) -> AttemptItemQuerySet:
        """Annotate `answers` (their number) and `last_mark` (of the newest answer, or None); order by position.

        It uses subqueries instead of joins, so that one statement returns all that `taking.owed` needs.
        """
        responses = Response.objects.filter(item=OuterRef("pk"))
        counted = responses.values("item").annotate(n=models.Count("pk")).values("n")
        return (
            self.select_related("attempt", "attempt__quiz", "revision")
            .annotate(  # type: ignore[no-redef]  # AttemptItem declares these attributes for its readers
                answers=functions.Coalesce(Subquery(counted), 0),
                last_mark=Subquery(responses.order_by("-number").values("mark")[:1]),
            )
            .order_by("position")
        )


class AttemptItem(models.Model):
    """A revision that an attempt asks. It is fixed when the attempt starts."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="items", db_index=False)
    position = models.PositiveSmallIntegerField()
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="asked", db_index=False)

    objects = AttemptItemQuerySet.as_manager()

    guard = Guard(("attempt", "position", "revision"))

    answers: int  # set by `with_answers`, and so is the mark
    last_mark: str | None

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["attempt", "position"], name="attemptitem_one_a_place"),
            models.UniqueConstraint(fields=["attempt", "revision"], name="attemptitem_asked_once"),
        ]
        indexes = [models.Index(fields=["revision", "-id"], name="attemptitem_newest_asked")]  # for `health.earlier`

    def __str__(self) -> str:
        return f"{self.position}. {self.revision_id}"

    def ask(self) -> Ask:
        """Return what a page may show of this item, without the solution, in this item's order."""
        return KINDS[self.revision.kind].ask(self.revision.spec).in_order_of(self.pk)


class ResponseQuerySet(models.QuerySet["Response"]):
    """Queries for responses."""

    def first_tries(self) -> ResponseQuerySet:
        """Return the first answer to each attempt item, oldest first."""
        return self.filter(number=1).order_by("at", "pk")


class Response(models.Model):
    """One answer; it is added and never changed. Its number comes from the form and is the idempotency key."""

    class Marked(models.TextChoices):
        RIGHT = "right", pgettext_lazy("answer", "Right")
        WRONG = "wrong", pgettext_lazy("answer", "Not right")
        UNSURE = "unsure", pgettext_lazy("answer", "Not sure")

    item = models.ForeignKey(AttemptItem, models.CASCADE, related_name="responses", db_index=False)
    number = models.PositiveSmallIntegerField()
    given = models.JSONField()
    mark = models.CharField(max_length=10, choices=Marked.choices)
    at = models.DateTimeField()

    objects = ResponseQuerySet.as_manager()
    guard = Guard(("item", "number", "given", "mark", "at"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="response_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="response_number_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.get_mark_display()} ({self.number})"


def day_of(learner: AbstractBaseUser | AnonymousUser, at: datetime) -> date:
    """Return the date of this moment in the learner's time zone.

    The user model of a site may have an attribute `zone` (a tzinfo). Without it, the time zone of the site is used.
    """
    return timezone.localtime(at, getattr(learner, "zone", None)).date()


class MemoryQuerySet(models.QuerySet["Memory"]):
    """Queries for memories, always limited to one learner."""

    def of(self, learner: AbstractBaseUser | AnonymousUser) -> MemoryQuerySet:
        """Return the memories of this learner; none for an anonymous user."""
        return self.filter(learner_id=learner.pk) if learner.is_authenticated else self.none()

    def asked(self, *, language: str) -> MemoryQuerySet:
        """Return those with a published revision in this language: its pk, `safety`, `line`; and `rests_until`."""
        wording = {"question__revisions__state": State.PUBLISHED, "question__revisions__language": language}
        return self.filter(**wording).annotate(  # type: ignore[no-redef]  # Memory declares these attributes too
            revision=F("question__revisions"),
            safety=F("question__revisions__critical"),
            line=F("question__revisions__line"),
            rests_until=F("learner__pause__until"),
        )


class Memory(models.Model):
    """When to ask a learner a question again. The revision that is published at that time is asked.

    This is a cache: every row can be computed from the responses, and `reviewing.rebuild` does so.
    """

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memories", db_index=False)
    question = models.ForeignKey(Question, models.CASCADE, related_name="memories")
    stability = models.FloatField()
    difficulty = models.FloatField()
    last = models.DateField()
    due = models.DateField()
    in_a_row = models.PositiveSmallIntegerField()

    objects = MemoryQuerySet.as_manager()

    # Set by `asked`.
    revision: int
    safety: bool
    line: int
    rests_until: date | None

    class Meta:
        db_table = "quizzes_card"  # the former name of the model; keeping it avoids a migration that renames the table
        verbose_name_plural = "memories"
        constraints = [models.UniqueConstraint(fields=["learner", "question"], name="card_once_a_question")]

    def __str__(self) -> str:
        return f"{self.question_id} on {self.due}"

    @classmethod
    def of(cls, state: MemoryState, *, learner: int, question: int) -> Memory:
        """Return an unsaved memory with this state. `learner` and `question` are primary keys."""
        return cls(learner_id=learner, question_id=question, **asdict(state))

    @property
    def state(self) -> MemoryState:
        """The values that `scheduling` calculates with."""
        return MemoryState(self.stability, self.difficulty, self.last, self.due, self.in_a_row)


class Pause(models.Model):
    """A learner's request to get no review before this day."""

    learner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="pause")
    until = models.DateField()

    def __str__(self) -> str:
        return f"{self.learner_id} until {self.until}"


class ItemAnalysis(models.Model):
    """What `health.store` counted of a large site, for every worker. A cache of the record.

    It has only numbers, but in a small quiz a number may be about one learner. So `tidy` of the site deletes it at
    night: whoever was erased is not in what is counted then.
    """

    of = models.CharField(max_length=64, primary_key=True)  # a hash of the language, who is left out, and how it counts
    until = models.DateTimeField()
    sample = models.CharField(max_length=64)  # a hash of whose answers were counted
    figures = models.JSONField()  # by the revision's primary key

    class Meta:
        verbose_name_plural = "item analyses"

    def __str__(self) -> str:
        return f"Until {self.until}"
