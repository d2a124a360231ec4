"""Find what is due for review, and start reviews. A review is an Attempt of kind "review".

A learner gets one review a day, with at most five questions. The others are asked on a later day, and the learner does
not see how many there are. An unfinished review keeps its answers. After 24 hours a new review replaces it (ruling 9),
with as many questions as are left of that day's five.

A safety question that means something else than when the learner answered it last is due at once.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from quizzes import asked, learners, scheduling, taking
from quizzes.models import Attempt, Memory, Pause, Response, Revision, State, day_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

MOST = 5  # questions a day
LEFT = timedelta(hours=24)  # after this time a new review replaces an unfinished one
REST = timedelta(days=7)  # "not this week"


@dataclass(frozen=True)
class Changed:
    """A safety question that means something else now than what the learner answered last.

    `before` is in the language of `now`, whatever they answered it in; None if it never was in that language.
    """

    before: asked.Wording | None
    now: asked.Wording


@dataclass(frozen=True)
class Outlook:
    """What one learner has to review now."""

    due: tuple[int, ...] = ()  # the revisions (pk) to ask now, in this order
    begun: Attempt | None = None  # an open review to continue
    rests_until: date | None = None  # the learner asked for no review before this day
    next: date | None = None  # if nothing is due now: the next day on which something is due
    changed: tuple[Changed, ...] = ()  # those of `due` that mean something else since this learner answered them
    memories: tuple[Memory, ...] = field(default=(), repr=False, compare=False)  # what is due now, or on `next`

    @property
    def asks(self) -> tuple[int, ...]:
        """The questions (pk) that a review asks now, or on `next` as things stand; empty if a review is begun."""
        memories = _most_needed(self.memories, self.next)[:MOST] if self.next else self.memories
        return tuple(memory.question_id for memory in memories)

    @property
    def to_do(self) -> bool:
        """Whether a review can be started or continued now."""
        return bool(self.due or self.begun)


def outlook(*, learner: AbstractBaseUser | AnonymousUser, language: str, now: datetime) -> Outlook:
    """Return what this learner has to review now.

    Two queries; one more with an abandoned review, one more if a safety question has been given a new meaning ever;
    none if anonymous.

    Safety questions come first, of these the changed ones, then missed questions, then those that the learner has most
    likely forgotten. A question without a published revision in this language (a language code) is skipped.
    """
    if not learner.is_authenticated:
        return Outlook()
    day = day_of(learner, now)
    memories = asked.memories(learner.pk, language)
    last = asked.last_review(learner.pk)
    rests = [memory.rests_until for memory in memories if memory.rests_until and memory.rests_until > day]
    rests_until = max(rests, default=None)
    if last and last.finished is None and now - last.started <= LEFT and not rests_until:
        return Outlook(begun=last)
    room = MOST
    if last and last.finished:
        room = 0 if day in (day_of(learner, last.started), day_of(learner, last.finished)) else MOST
    elif last:
        answers = Response.objects.filter(item__attempt=last, number=1).values_list("at", flat=True)
        room -= sum(day_of(learner, at) == day for at in answers)
    earliest = rests_until or (day if room > 0 else day + timedelta(days=1))
    changed = _changed(learner.pk, memories)
    dues = [
        (day if memory.question_id in changed else scheduling.due(memory.state, safety=memory.safety), memory)
        for memory in memories
    ]
    waiting = [memory for due, memory in dues if due <= day]
    if not dues:
        return Outlook()
    if earliest > day or not waiting:
        following = max(earliest, min(due for due, _ in dues))
        later = tuple(memory for due, memory in dues if due <= following)
        return Outlook(rests_until=rests_until, next=following, memories=later)
    now_asked = tuple(_most_needed(waiting, day, changed)[:room])
    return Outlook(
        due=tuple(memory.revision for memory in now_asked),
        changed=tuple(changed[memory.question_id] for memory in now_asked if memory.question_id in changed),
        memories=now_asked,
    )


def _changed(learner: int, memories: Iterable[Memory]) -> dict[int, Changed]:
    """Return, by question (pk), the safety questions that have a new meaning since this learner answered them."""
    may_be = {memory.question_id: memory for memory in memories if memory.safety and memory.line > 1}
    if not may_be:
        return {}
    answers = (
        Response.objects.filter(item__attempt__learner=learner, item__revision__question__in=may_be)
        .order_by("pk")
        .values_list("item__revision__question", "item__revision__line", "item__revision")
    )
    last = {question: (line, revision) for question, line, revision in answers}
    older = {question: revision for question, (line, revision) in last.items() if line < may_be[question].line}
    words = asked.wordings([*older.values(), *(may_be[question].revision for question in older)])
    now = {question: words[may_be[question].revision] for question in older}
    other = {question: pk for question, pk in older.items() if words[pk].language != now[question].language}
    there = {question: words[pk] for question, pk in older.items() if question not in other}
    there |= _in_language(other, {question: now[question].language for question in other})
    return {question: Changed(there.get(question), wording) for question, wording in now.items()}


def _in_language(revisions: Mapping[int, int], languages: Mapping[int, str]) -> dict[int, asked.Wording]:
    """Return, by question (pk), the wordings of these revisions in these languages, where there is one.

    No query if there are none; otherwise two, and one more for what is not in the cache.
    """
    if not revisions:
        return {}
    rows = Revision.objects.filter(pk__in=revisions.values()).values_list("question", "pk", "translates")
    sources = {question: translates or pk for question, pk, translates in rows}
    told = Revision.objects.filter(Q(translates__in=sources.values()) | Q(pk__in=sources.values()))
    told = told.exclude(state=State.DRAFT).order_by("number")
    found = {
        question: pk
        for question, pk, language in told.values_list("question", "pk", "language")
        if language == languages[question]
    }
    words = asked.wordings(found.values())
    return {question: words[pk] for question, pk in found.items()}


def _most_needed(memories: Iterable[Memory], day: date, changed: Container[int] = ()) -> list[Memory]:
    return sorted(
        memories,
        key=lambda memory: (
            not memory.safety,
            memory.question_id not in changed,
            memory.in_a_row > 0,
            scheduling.recall(memory.state, day=day),
            memory.question_id,
        ),
    )


def start(*, learner: AbstractBaseUser, language: str, now: datetime, helped: bool = False) -> Attempt | None:
    """Return the learner's open review, or start one with the questions that are due; None if nothing is due.

    If the open review is older than 24 hours, it is closed and a new one starts (ruling 9). Two concurrent starts give
    one review. An answer that is being saved at the same time counts towards the day's five. Raises `learners.Gone`.
    """
    with learners.locked(learner.pk):
        opened = Attempt.objects.of(learner).filter(kind=Attempt.Kind.REVIEW, finished=None)
        found = outlook(learner=learner, language=language, now=now)
        if found.begun or not found.due:
            return found.begun
        opened.update(finished=now)
        wordings = Revision.objects.in_bulk(found.due)
        return taking.begin(
            learner=learner,
            kind=Attempt.Kind.REVIEW,
            quiz=None,
            language=language,
            revisions=[wordings[pk] for pk in found.due],
            now=now,
            helped=helped,
        )


def pause(*, learner: AbstractBaseUser, now: datetime) -> None:
    """Stop reviews of this learner for a week. Raises `learners.Gone`."""
    with learners.locked(learner.pk):
        Pause.objects.update_or_create(learner_id=learner.pk, defaults={"until": day_of(learner, now) + REST})


def resume(*, learner: AbstractBaseUser) -> None:
    """End the pause: ask this learner again. Raises `learners.Gone`."""
    with learners.locked(learner.pk):
        Pause.objects.filter(learner=learner.pk).delete()


def rebuild(*, learner: AbstractBaseUser) -> int:
    """Rebuild this learner's memories from their answers, and return the number of memories.

    It is needed for answers that are older than the memory table, and after answers moved to another learner. The
    result is the same as if each answer had updated the memories.
    """
    with transaction.atomic():
        learners.lock(learner.pk)  # no answer is saved meanwhile; a closed account keeps its memories
        responses = (
            Response.objects.filter(item__attempt__learner=learner.pk)
            .order_by("item__revision__question", "pk")  # in the order of saving, independent of the clock
            .values_list("item__revision__question", "at", "mark", "item__revision__critical")
        )
        memories = []
        for question, rows in groupby(responses, key=lambda row: row[0]):
            answers = ((day_of(learner, at), mark == Response.Marked.RIGHT, safety) for _, at, mark, safety in rows)
            if state := scheduling.replay(answers):
                memories.append(Memory.of(state, learner=learner.pk, question=question))
        Memory.objects.filter(learner=learner.pk).delete()
        Memory.objects.bulk_create(memories)
    return len(memories)
