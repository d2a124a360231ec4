"""Quiz, Question, Revision, Attempt, AttemptItem, Response: the record. Memory: when to ask again, derived from it.

What is asked is frozen: an attempt pins the revisions it asks, a published revision's words never change, and a
response is added, never overwritten. Totals are counted from these rows.

A foreign key that begins a unique constraint, or an index of several columns, says `db_index=False`: an index of its
own would repeat that one (tests/learn/test_indexes.py).
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, functions
from django.utils import timezone
from django.utils.translation import pgettext_lazy

from quizzes.immutable import Guard
from quizzes.kinds import KINDS, Ask, Choice, Mark
from quizzes.scheduling import MemoryState

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class State(models.TextChoices):
    """Where a revision is on its way."""

    DRAFT = "draft", "Draft"
    PUBLISHED = "published", "Published"
    RETIRED = "retired", "Retired"


class Question(models.Model):
    """The identity of a question through all its revisions and languages."""

    slug = models.SlugField(max_length=80, unique=True)

    def __str__(self) -> str:
        return self.slug

    def newest(self, language: str) -> Revision | None:
        """Return what an author goes on with: the draft, else the published wording, else the newest retired one."""
        return self.revisions.filter(language=language).order_by("state", "-number").first()


class Quiz(models.Model):
    """An ordered set of questions; its slug is the lesson's."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=120)
    questions = models.ManyToManyField(Question, through="QuizItem")
    # A hash of the order that was shipped: an order that differs from it is the hospital's own.
    shipped_order = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name_plural = "quizzes"

    def __str__(self) -> str:
        return self.title


class QuizItem(models.Model):
    """A question's place in a quiz."""

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
    """Reads of wordings."""

    def published(self, *, language: str) -> RevisionQuerySet:
        """Return the wordings that are asked now in this language."""
        return self.filter(state=State.PUBLISHED, language=language)


class Revision(models.Model):
    """One wording of a question in one language. Once published, its text stays as it is."""

    question = models.ForeignKey(Question, models.PROTECT, related_name="revisions", db_index=False)
    language = models.CharField(max_length=10, default="en")
    number = models.PositiveIntegerField()
    # The line of statistics: a mended typo keeps it, a changed meaning starts the next.
    line = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    kind = models.CharField(max_length=20)
    critical = models.BooleanField("safety question", default=False)
    objective = models.CharField(max_length=120, help_text="The topic in a few words, as the result page names it.")
    stem = models.CharField(max_length=300)
    spec = models.JSONField()
    why = models.TextField()
    source = models.CharField(max_length=200, blank=True, help_text="Where this is taught; the engine only keeps it.")
    # A hash of the shipped text this row came from: what load_content recognises its own rows by.
    shipped = models.CharField(max_length=64, blank=True, editable=False)
    # Who wrote it, who published it and who took it out, and when; empty for shipped content.
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    written = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = RevisionQuerySet.as_manager()
    guard = Guard(
        (
            "question", "language", "number", "line", "kind", "critical", "objective", "stem", "spec", "why", "source",
            "author", "written", "published_by", "published_at",
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
        """Return what this answer to this wording is worth."""
        return KINDS[self.kind].mark(self.spec, given)


class AttemptQuerySet(models.QuerySet["Attempt"]):
    """Reads of attempts start from the learner."""

    def of(self, learner: AbstractBaseUser | AnonymousUser) -> AttemptQuerySet:
        """Return this person's own attempts; somebody who is not signed in has none."""
        return self.filter(learner_id=learner.pk) if learner.is_authenticated else self.none()

    def finished(self) -> AttemptQuerySet:
        """Return those in which no answer is owed any more."""
        return self.filter(finished__isnull=False)


class Attempt(models.Model):
    """One go at a quiz. Open until no answer is owed; it never expires."""

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
    helped = models.BooleanField(default=False)  # the learner said, when it began, that someone is helping them

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
            # Whoever asks for one learner's attempts at one quiz must not be led through everyone's.
            models.Index(fields=["learner", "quiz"], name="attempt_learner_quiz"),
            # Nor whoever asks how a question does: of each quiz, the newest (`health`).
            models.Index(fields=["quiz", "-started"], condition=Q(kind="check"), name="attempt_newest_checks"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class AttemptItemQuerySet(models.QuerySet["AttemptItem"]):
    """Reads of what was asked."""

    def of(self, learner: AbstractBaseUser | AnonymousUser) -> AttemptItemQuerySet:
        """Return the items of this person's own attempts."""
        return self.filter(attempt__learner_id=learner.pk) if learner.is_authenticated else self.none()

    def with_answers(self) -> AttemptItemQuerySet:
        """Add `answers` (how many) and `last_mark` (of the newest, or None), in the order they are asked.

        Subqueries, not joins: the one statement tells all that `taking.owed` needs.
        """
        responses = Response.objects.filter(item=OuterRef("pk"))
        counted = responses.values("item").annotate(n=models.Count("pk")).values("n")
        return (
            self.select_related("attempt", "attempt__quiz", "revision")
            .annotate(  # type: ignore[no-redef]  # AttemptItem names them for whoever reads one
                answers=functions.Coalesce(Subquery(counted), 0),
                last_mark=Subquery(responses.order_by("-number").values("mark")[:1]),
            )
            .order_by("position")
        )


class AttemptItem(models.Model):
    """A revision that an attempt asks, pinned at its start."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="items", db_index=False)
    position = models.PositiveSmallIntegerField()
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="asked")

    objects = AttemptItemQuerySet.as_manager()

    guard = Guard(("attempt", "position", "revision"))

    # Set by `with_answers`.
    answers: int
    last_mark: str | None

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["attempt", "position"], name="attemptitem_one_a_place"),
            models.UniqueConstraint(fields=["attempt", "revision"], name="attemptitem_asked_once"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.revision_id}"

    def ask(self) -> Ask:
        """Return what a page may see of this item, in the item's own order (`in_own_order`)."""
        return in_own_order(self.pk, KINDS[self.revision.kind].ask(self.revision.spec))


def in_own_order(item: int, ask: Ask) -> Ask:
    """Return what is asked in the order of this item (a primary key): the same at every look (ruling 3).

    A hash of (item, choice) sorts: nothing is stored, and neither order nor id tells what is right. Rows that
    come out in the right order are turned by one.
    """

    def own_order(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
        return tuple(sorted(choices, key=lambda c: hashlib.sha256(f"{item}:{c.id}".encode()).digest()))

    if ask.shuffle_choices:
        ask = replace(ask, choices=own_order(ask.choices))
    if ask.shuffle_rows:
        rows = own_order(ask.rows)
        ask = replace(ask, rows=rows if rows != ask.rows else rows[1:] + rows[:1])
    return ask


class ResponseQuerySet(models.QuerySet["Response"]):
    """Reads of answers."""

    def first_tries(self) -> ResponseQuerySet:
        """Return the first answer to each asked item, the oldest first."""
        return self.filter(number=1).order_by("at", "pk")


class Response(models.Model):
    """One answer, added and never changed. The form carries the number it was drawn for: the idempotency key."""

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
    """Return the date of this moment on the learner's calendar.

    A site's user may say where they live (`zone`, a tzinfo); of one that does not, the site's own calendar counts.
    """
    return timezone.localtime(at, getattr(learner, "zone", None)).date()


class MemoryQuerySet(models.QuerySet["Memory"]):
    """Reads of memories start from the learner."""

    def of(self, learner: AbstractBaseUser | AnonymousUser) -> MemoryQuerySet:
        """Return this person's own memories; somebody who is not signed in has none."""
        return self.filter(learner_id=learner.pk) if learner.is_authenticated else self.none()

    def asked(self, *, language: str) -> MemoryQuerySet:
        """Return those whose question is asked now in this language; add `revision` (pk), `safety`, `rests_until`."""
        wording = {"question__revisions__state": State.PUBLISHED, "question__revisions__language": language}
        return self.filter(**wording).annotate(  # type: ignore[no-redef]  # Memory names them too
            revision=F("question__revisions"),
            safety=F("question__revisions__critical"),
            rests_until=F("learner__pause__until"),
        )


class Memory(models.Model):
    """When to ask a learner a question again, in whatever wording is published then.

    A cache: all of it follows from the responses, and `reviewing.rebuild` makes it anew.
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
    rests_until: date | None

    class Meta:
        db_table = "quizzes_card"  # its name before it was called a memory: nothing in a database has to move
        verbose_name_plural = "memories"
        constraints = [models.UniqueConstraint(fields=["learner", "question"], name="card_once_a_question")]

    def __str__(self) -> str:
        return f"{self.question_id} on {self.due}"

    @classmethod
    def of(cls, state: MemoryState, *, learner: int, question: int) -> Memory:
        """Return the memory, not yet saved, that is in this state."""
        return cls(learner_id=learner, question_id=question, **asdict(state))

    @property
    def state(self) -> MemoryState:
        """What `scheduling` reckons with."""
        return MemoryState(self.stability, self.difficulty, self.last, self.due, self.in_a_row)


class Pause(models.Model):
    """A learner asked for no review until this day."""

    learner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="pause")
    until = models.DateField()

    def __str__(self) -> str:
        return f"{self.learner_id} until {self.until}"
