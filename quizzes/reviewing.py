"""What is due now; a review is an Attempt of kind "review".

One review a day, of five questions at most; what did not find room is asked another day, and nobody is told how much
that is. A review that was left keeps its answers; after a day a new one takes its place (ruling 9), of as many
questions as that day still has room for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from django.db import transaction

from quizzes import learners, scheduling, taking
from quizzes.models import Attempt, Memory, Pause, Response, Revision, day_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

MOST = 5  # questions a day
LEFT = timedelta(hours=24)  # after this a review that was left gives way to a new one
REST = timedelta(days=7)  # "not this week"


@dataclass(frozen=True)
class Outlook:
    """What is to be reviewed by one learner now."""

    due: tuple[int, ...] = ()  # the wordings (pk) to ask now, in this order
    begun: Attempt | None = None  # a review to go on with
    rests_until: date | None = None  # the learner asked for none before this day
    next: date | None = None  # when nothing is to be done now: the next day with something to ask

    @property
    def to_do(self) -> bool:
        """True when a review can be started or gone on with now."""
        return bool(self.due or self.begun)


def outlook(*, learner: AbstractBaseUser | AnonymousUser, language: str, now: datetime) -> Outlook:
    """Return what is to be reviewed now. Two queries, three where a review was left; none for a visitor.

    Safety questions come first, then what was missed, then what is least likely to be known still. A question without a
    published wording in this language is passed over.
    """
    day = day_of(learner, now)
    memories = list(Memory.objects.of(learner).asked(language=language))
    last = Attempt.objects.of(learner).filter(kind=Attempt.Kind.REVIEW).order_by("-started").first()
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
    dues = [(scheduling.due(memory.state, safety=memory.safety), memory) for memory in memories]
    waiting = [memory for due, memory in dues if due <= day]
    if earliest > day or not waiting:
        return Outlook(rests_until=rests_until, next=max((earliest, min(due for due, _ in dues))) if dues else None)
    waiting.sort(
        key=lambda memory: (
            not memory.safety,
            memory.in_a_row > 0,
            scheduling.recall(memory.state, day=day),
            memory.question_id,
        )
    )
    return Outlook(due=tuple(memory.revision for memory in waiting[:room]))


def start(*, learner: AbstractBaseUser, language: str, now: datetime, helped: bool = False) -> Attempt | None:
    """Return this learner's open review, or start one of what is due; None when nothing is.

    An open review that was left for a day is closed by the new one (ruling 9). Two starts at once give one review. An
    answer on its way counts into the day's five. Raises `learners.Gone`.
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
    """Ask this learner nothing for a week. Raises `learners.Gone`."""
    with learners.locked(learner.pk):
        Pause.objects.update_or_create(learner_id=learner.pk, defaults={"until": day_of(learner, now) + REST})


def resume(*, learner: AbstractBaseUser) -> None:
    """Ask this learner again. Raises `learners.Gone`."""
    with learners.locked(learner.pk):
        Pause.objects.filter(learner=learner.pk).delete()


def rebuild(*, learner: AbstractBaseUser) -> int:
    """Make this learner's memories anew from what they answered, and return how many.

    For answers of before there were memories, and where answers changed hands. Gives the same rows as answering did.
    """
    with transaction.atomic():
        learners.lock(learner.pk)  # no answer comes in meanwhile; somebody whose account is closed keeps their memories
        responses = (
            Response.objects.filter(item__attempt__learner=learner.pk)
            .order_by("item__revision__question", "pk")  # as they came into the record, whatever the clock said
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
