"""Start, answer and finish an attempt."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar

from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from quizzes import asked, learners, scheduling
from quizzes.asked import Asked, Item, Wording
from quizzes.kinds import Given
from quizzes.models import SOURCE, Attempt, AttemptItem, Quiz, QuizItem, Response, Revision, State
from quizzes.scheduling import MemoryState

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

AnItem = TypeVar("AnItem", AttemptItem, Asked)
ASKED_AGAIN = 2  # how often at most a missed safety item is repeated in the same check (ruling 4)


class NothingToAsk(Exception):
    """The quiz has no published question."""


class NotOwed(Exception):
    """No answer with this number is expected: the form is outdated, or its number was made up."""


def is_owed(item: Item, items: Sequence[Item]) -> bool:
    """Return whether this item needs an answer now.

    `items` are all items of one attempt, from `with_answers` or from `asked`. Every item is asked once, in any order.
    When all are answered, a safety item whose last answer was not right is asked again, at most twice. Then the attempt
    is finished. A review that was abandoned and closed needs no more answers.
    """
    if item.attempt.finished:
        return False
    if item.answers == 0:
        return True
    if any(other.answers == 0 for other in items):
        return False
    return comes_back(item)


def comes_back(item: Item) -> bool:
    """Return whether this answered item is asked again at the end of its attempt (ruling 4); not in a closed review."""
    if item.attempt.finished:
        return False
    return item.revision.critical and item.last_mark != Response.Marked.RIGHT and item.answers <= ASKED_AGAIN


def owed(items: Sequence[AnItem]) -> AnItem | None:
    """Return the item to ask next: the one with the fewest answers, then by position. None if the attempt is finished.

    `items` are all items of one attempt.
    """
    waiting = [item for item in items if is_owed(item, items)]
    return min(waiting, key=lambda item: (item.answers, item.position), default=None)


def start(*, learner: AbstractBaseUser, quiz: Quiz, language: str, now: datetime, helped: bool = False) -> Attempt:
    """Return the learner's open attempt at this quiz, or start one.

    If questions of a finished attempt are still missed, the new attempt is a retry that asks only those (ruling 5).
    Otherwise it is a new check. If two requests start at once, both get the same attempt: the second waits
    for the lock and then finds the attempt of the first. `helped` is whether someone is helping the learner.

    Raises NothingToAsk if the quiz has no published question, and `learners.Gone`.
    """
    with learners.locked(learner.pk):
        if attempt := Attempt.objects.of(learner).filter(quiz=quiz, finished=None).first():
            return attempt
        kind, revisions = to_ask(learner=learner, quiz=quiz, language=language)
        if not revisions:
            raise NothingToAsk(quiz.slug)
        return begin(
            learner=learner, kind=kind, quiz=quiz, language=revisions[0].language, revisions=revisions, now=now,
            helped=helped,
        )  # fmt: skip


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
    """Create an attempt that asks these revisions in this order. The caller must hold `learners.locked`.

    Raises IntegrityError if the learner already has such an attempt open.
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
    """Return what a new attempt would ask this learner now: its kind, and the revisions in the order of the quiz.

    A safety question that is still missed is asked again even if it is no longer in the quiz. All questions are in one
    language: in this one (a language code), or in SOURCE if not all of them are translated.
    """
    place = QuizItem.objects.filter(quiz=quiz, question=OuterRef("question")).values("position")
    asked = (
        Revision.objects.filter(state=State.PUBLISHED, language__in={language, SOURCE})
        .annotate(place=Subquery(place))
        .order_by(F("place").asc(nulls_last=True), "question")
    )
    if missed := still_missed(learner=learner, quiz=quiz):
        again = _in_one(language, asked.filter(Q(place__isnull=False) | Q(critical=True), question__in=missed))
        if again:
            return Attempt.Kind.RETRY, again
    return Attempt.Kind.CHECK, _in_one(language, asked.filter(place__isnull=False))


def _in_one(language: str, revisions: Iterable[Revision]) -> list[Revision]:
    rows = list(revisions)
    theirs = [row for row in rows if row.language == language]
    return (
        theirs if len(theirs) == len({row.question_id for row in rows}) else [r for r in rows if r.language == SOURCE]
    )


def still_missed(*, learner: AbstractBaseUser | AnonymousUser, quiz: Quiz) -> set[int]:
    """Return the questions (pk) of this quiz that the learner has to try again. One query; none for a visitor.

    These are the questions whose newest answer was wrong or unsure, in whatever attempt: a review can miss a question,
    and put it right. A miss counts when its attempt is finished; a right answer counts at once. The set is empty until
    an attempt at the quiz is finished.
    """
    if not learner.is_authenticated:
        return set()
    now_in_quiz = QuizItem.objects.filter(quiz=quiz).values("question")
    here = Q(item__attempt__quiz=quiz) | Q(item__revision__question__in=now_in_quiz)
    rows = list(_answers(learner.pk, here))
    done = any(of == quiz.pk and finished is not None for _question, _mark, of, finished in rows)
    return _missed(rows) if done else set()


def still_open(*, learner: AbstractBaseUser | AnonymousUser, questions: Collection[int]) -> set[int]:
    """Return those of these questions (pk) that this learner has still not answered right, as in `still_missed`.

    One query, none without questions. A result that is opened again later needs it.
    """
    if not questions or not learner.is_authenticated:
        return set()
    return _missed(_answers(learner.pk, Q(item__revision__question__in=questions)))


def _answers(learner: int, which: Q) -> Iterable[tuple[int, str, int | None, datetime | None]]:
    """Return (question, mark, quiz of the attempt, when it was finished) of these answers, the newest last."""
    return (
        Response.objects.filter(which, item__attempt__learner=learner)
        .order_by("at", "pk")
        .values_list("item__revision__question", "mark", "item__attempt__quiz", "item__attempt__finished")
    )


def _missed(answers: Iterable[tuple[int, str, int | None, datetime | None]]) -> set[int]:
    newest = {}
    for question, mark, _quiz, finished in answers:
        if finished is not None or mark == Response.Marked.RIGHT:
            newest[question] = mark
    return {question for question, mark in newest.items() if mark != Response.Marked.RIGHT}


def answer(*, item: Item, given: Given, number: int, now: datetime, day: date | None = None) -> None:
    """Save one answer, update the memory of its question, and finish the attempt if this was the last answer.

    `given` is the result of `Kind.read` (empty for "I'm not sure"). `number` is the answer number in the form. `day` is
    the date in the learner's time zone; the default is the date of the site. A second answer with the same number
    changes nothing: the first answer counts. When this returns, the answer is in the database. If the learner was
    merged into another in the meantime, the answer belongs to the learner who has the attempt now.

    Raises NotOwed if the number is too high or the item needs no more answers, and `learners.Gone`.
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
    # One answer at a time. Without the lock, two concurrent last answers could each find the other one missing, and the
    # attempt would never finish.
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
