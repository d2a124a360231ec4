"""Start, answer, finish: one attempt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar

from django.utils import timezone

from quizzes import asked, learners, scheduling
from quizzes.asked import Asked, Item, Wording
from quizzes.kinds import Given
from quizzes.models import Attempt, AttemptItem, Quiz, Response, Revision
from quizzes.scheduling import MemoryState

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

AnItem = TypeVar("AnItem", AttemptItem, Asked)
ASKED_AGAIN = 2  # times at most that a missed safety item comes back in the same check (ruling 4)


class NothingToAsk(Exception):
    """The quiz has no published question in this language."""


class NotOwed(Exception):
    """No answer with this number is owed: the form is older, or bolder, than the record."""


def is_owed(item: Item, items: Sequence[Item]) -> bool:
    """Tell whether this item wants an answer now.

    Takes items from `with_answers` or from `asked`, all of one attempt. Every item is asked once, in any order. When
    all are answered, a safety item whose last answer was not right is asked again, twice at most; then the attempt is
    over. A review that was left and closed owes nothing.
    """
    if item.attempt.finished:
        return False
    if item.answers == 0:
        return True
    if any(other.answers == 0 for other in items):
        return False
    return comes_back(item)


def comes_back(item: Item) -> bool:
    """Tell whether this answered item is asked again at the end of its attempt (ruling 4); no closed review does."""
    if item.attempt.finished:
        return False
    return item.revision.critical and item.last_mark != Response.Marked.RIGHT and item.answers <= ASKED_AGAIN


def owed(items: Sequence[AnItem]) -> AnItem | None:
    """Return the item to ask next, or None when the attempt is over: the least asked first, then by position."""
    waiting = [item for item in items if is_owed(item, items)]
    return min(waiting, key=lambda item: (item.answers, item.position), default=None)


def start(*, learner: AbstractBaseUser, quiz: Quiz, language: str, now: datetime, helped: bool = False) -> Attempt:
    """Return the open attempt of this learner at this quiz, or start one.

    A finished check that left something missed starts a retry of just that (ruling 5), else a new check. Two starts
    at once give one attempt: the second waits, and finds the first one's.

    Raises NothingToAsk when the quiz has no published question in this language, and `learners.Gone`.
    """
    with learners.locked(learner.pk):
        if attempt := Attempt.objects.of(learner).filter(quiz=quiz, finished=None).first():
            return attempt
        kind, revisions = to_ask(learner=learner, quiz=quiz, language=language)
        if not revisions:
            raise NothingToAsk(quiz.slug)
        return begin(
            learner=learner, kind=kind, quiz=quiz, language=language, revisions=revisions, now=now, helped=helped
        )


def begin(
    *,
    learner: AbstractBaseUser,
    kind: Attempt.Kind,
    quiz: Quiz | None,
    language: str,
    revisions: Sequence[Revision],
    now: datetime,
    helped: bool = False,
) -> Attempt:
    """Open an attempt that asks these wordings in this order. Call it under the learner's lock (`learners.locked`).

    Raises IntegrityError where the learner has such an attempt open.
    """
    attempt = Attempt.objects.create(
        learner_id=learner.pk, quiz=quiz, kind=kind, language=language, started=now, helped=helped
    )
    AttemptItem.objects.bulk_create(
        AttemptItem(attempt=attempt, position=n, revision=revision) for n, revision in enumerate(revisions, 1)
    )
    return attempt


def to_ask(
    *, learner: AbstractBaseUser | AnonymousUser, quiz: Quiz, language: str
) -> tuple[Attempt.Kind, list[Revision]]:
    """Return what a start would ask this learner now: the kind of attempt, and its wordings in the quiz's order."""
    asked = (
        Revision.objects.published(language=language)
        .filter(question__quizitem__quiz=quiz)
        .order_by("question__quizitem__position")
    )
    last = Attempt.objects.of(learner).filter(quiz=quiz).finished().order_by("-finished").first()
    if last is not None:
        items = last.items.with_answers()
        missed = [item.revision.question_id for item in items if item.last_mark != Response.Marked.RIGHT]
        if again := list(asked.filter(question__in=missed)):
            return Attempt.Kind.RETRY, again
    return Attempt.Kind.CHECK, list(asked)


def answer(*, item: Item, given: Given, number: int, now: datetime, day: date | None = None) -> None:
    """Keep one answer, move the memory of its question, and finish the attempt where this answer completes it.

    Takes what `Kind.read` gave (empty for "I'm not sure"), the number that the form was drawn for, and the date on the
    learner's calendar (without one, the site's). The same number again changes nothing: the first answer counts. When
    this returns, the answer is in the database. Where a merge was faster, it is in the record that has the attempt now.

    Raises NotOwed when the number lies ahead of the record, or the item wants no more answers; and `learners.Gone`.
    """
    learner = item.attempt.learner_id
    day = day or timezone.localdate(now)
    try:
        _answer(learner, item, given, number, now, day)
    except learners.Gone:
        into = Attempt.objects.filter(pk=item.attempt_id).values_list("learner", flat=True).first()
        if into in (None, learner):
            raise
        _answer(into, item, given, number, now, day)


def _answer(learner: int, item: Item, given: Given, number: int, now: datetime, day: date) -> None:
    # One answer at a time: two last answers at once must not both find the other one missing.
    with learners.locked(learner):
        items, memory = asked.items_to_answer(learner, item.attempt_id, item.pk)
        current = next((i for i in items if i.pk == item.pk), None)
        if current is None:
            raise NotOwed
        if 1 <= number <= current.answers:
            return
        if number != current.answers + 1 or not is_owed(current, items):
            raise NotOwed
        if not given:
            marked = Response.Marked.UNSURE
        elif current.revision.mark(given).right:
            marked = Response.Marked.RIGHT
        else:
            marked = Response.Marked.WRONG
        right = marked == Response.Marked.RIGHT
        _move_memory(memory, learner=learner, wording=current.revision, right=right, day=day)
        asked.save_answer(item=item.pk, number=number, given=given, mark=marked.value, at=now)
        current.answers, current.last_mark = number, marked
        if owed(items) is None:
            Attempt.objects.filter(pk=item.attempt_id).update(finished=now)


def _move_memory(
    before: tuple[int, MemoryState] | None, *, learner: int, wording: Wording, right: bool, day: date
) -> None:
    pk, state = before or (None, None)
    after = scheduling.after(state, right=right, safety=wording.critical, day=day)
    if state != after:
        asked.save_memory(pk, learner=learner, question=wording.question_id, state=after)
