"""The numbers of a lead's page: what was done when, who began when, and whether people know what keeps them safe.

All of it is counted when it is asked for, from the rows that exist, by a fixed number of queries. Days are dates on the
calendar of each patient's clinic. `shares` has the arithmetic and the definitions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import F

from learn.people.models import AccessCode, Patient, User
from learn.progress import cards, shares, standing
from learn.progress.shares import Share, Try
from learn.progress.standing import Standing, Whole
from quizzes.models import Attempt, Response, in_source


@dataclass
class Week:
    """The lessons that were due in one week, by when they were done."""

    begins: date
    by_day: int = 0
    later: int = 0
    in_person: int = 0
    not_done: int = 0

    @property
    def due(self) -> int:
        """All lessons that were due in this week."""
        return self.by_day + self.later + self.in_person + self.not_done


@dataclass
class Topic:
    """A safety question with its shares of first tries, by the keys of `shares.AFTER`."""

    words: str
    shares: dict[str, Share]


@dataclass
class ByNurse:
    """The patients whom one nurse invited and who are learning now."""

    nurse: User
    learning: int = 0
    begun: int = 0
    unused: int = 0
    open_topics: int = 0


@dataclass
class Numbers:
    """All numbers of the page."""

    learning: int = 0  # patients with an open record
    weeks: list[Week] = field(default_factory=list)
    waits: list[tuple[str, int]] = field(default_factory=list)
    half_by: int | None = None  # days from invitation by which half had begun
    invited: int = 0
    cards: int = 0  # patients learning now who were given a card, without cards that were printed ahead
    unused: int = 0  # of these, who never used one (`cards`)
    oldest_unused: int = 0  # days
    open_topics: int = 0
    open_patients: int = 0
    topics: list[Topic] = field(default_factory=list)
    nurses: list[ByNurse] = field(default_factory=list)


@dataclass
class _Card:
    """What is known of the cards that staff made for one patient."""

    by: User  # who made the first one
    ahead: bool  # the newest is for nobody yet
    unused: datetime | None  # when they got the newest one, if they never used any


def count(patients: Sequence[Patient], *, weeks: int, at: datetime) -> Numbers:
    """Return the numbers of these patients (with their care team) for the last `weeks` weeks. Ten queries at most."""
    if not patients:
        return Numbers()
    learners = [patient.user_id for patient in patients]
    wholes = standing.whole(learners)
    begun = {learner: min(row.started for row in one.readings) for learner, one in wholes.items() if one.readings}
    given = _cards(learners)
    today = max(patient.care_team.today(at) for patient in patients)
    found = Numbers(weeks=[Week(day) for day in shares.weeks(today, weeks)])
    since = found.weeks[0].begins
    days = list(_days(patients, begun, since))
    found.invited, found.waits, found.half_by = len(days), shares.waits(days), shares.half(days)
    _fill_weeks(found.weeks, patients, wholes)
    found.topics = list(_topics(patients, since))
    _fill_now(found, [patient for patient in patients if patient.ended_on is None], wholes, begun, given, at)
    return found


def _cards(learners: Collection[int]) -> dict[int, _Card]:
    """Return, by learner, what is known of the cards that staff made. Two queries."""
    found: Any = cards.with_unused(Patient.objects.filter(user__in=learners)).order_by()
    states = {learner: (ahead, card) for learner, ahead, card in found.values_list("user", "ahead", "card")}
    by_staff = AccessCode.objects.filter(user__in=learners).exclude(by=F("user")).select_related("by")
    makers = {code.user_id: code.by for code in by_staff.order_by("-made", "-pk")}  # of several, the first one made
    return {learner: _Card(by, *states[learner]) for learner, by in makers.items()}


def _days(patients: Sequence[Patient], begun: dict[int, datetime], since: date) -> Iterator[int | None]:
    """Yield, for each patient invited since this day, the days to the first lesson; None if they have not begun."""
    for patient in patients:
        team = patient.care_team
        invited, first = team.today(patient.user.date_joined), begun.get(patient.user_id)
        if invited >= since:
            yield (team.today(first) - invited).days if first else None


def _fill_weeks(weeks: Sequence[Week], patients: Sequence[Patient], wholes: dict[int, Whole]) -> None:
    by_day = {week.begins: week for week in weeks}
    for patient in patients:
        for stand in wholes[patient.user_id].standings:
            asked = stand.assigned
            if asked and (patient.ended_on is None or asked.due <= patient.ended_on):
                week = by_day.get(shares.monday(asked.due))
                if week:
                    _fill(week, stand, asked.due, patient)


def _fill(week: Week, stand: Standing, due: date, patient: Patient) -> None:
    if stand.done_at is not None:
        if patient.care_team.today(stand.done_at) <= due:
            week.by_day += 1
        else:
            week.later += 1
    elif stand.assigned and stand.assigned.is_taught:
        week.in_person += 1
    else:
        week.not_done += 1


def _topics(patients: Sequence[Patient], since: date) -> Iterator[Topic]:
    """Yield the safety questions that these patients were asked, the one that is known least first. One query."""
    teams = {patient.user_id: patient.care_team for patient in patients}
    rows = Response.objects.filter(
        item__attempt__learner__in=teams,
        item__attempt__kind__in=[Attempt.Kind.CHECK, Attempt.Kind.REVIEW],
        item__revision__critical=True,
        number=1,
    ).order_by("at", "pk")
    columns = (
        "item__attempt__learner",
        "item__revision__question",
        in_source("item__revision", "objective"),
        "at",
        "mark",
    )
    words: dict[int, str] = {}
    tries = []
    for learner, question, topic, at, mark in rows.values_list(*columns):
        words[question] = topic  # the newest wording of it
        tries.append(Try(learner, question, teams[learner].today(at), mark == Response.Marked.RIGHT))
    counted = shares.first_tries(tries, since=since)
    found = [Topic(words[question], counted[question]) for question in counted]
    yield from sorted(found, key=_least_known)


def _least_known(topic: Topic) -> tuple[bool, float, str]:
    first = topic.shares["day"]
    return not first.is_enough, first.right / first.of if first.of else 1.0, topic.words


def _fill_now(
    found: Numbers,
    current: Sequence[Patient],
    wholes: dict[int, Whole],
    begun: dict[int, datetime],
    given: dict[int, _Card],
    at: datetime,
) -> None:
    nurses: dict[int, ByNurse] = {}
    for patient in current:
        card, topics = given.get(patient.user_id), len(wholes[patient.user_id].needs)
        has_begun = patient.user_id in begun
        found.learning += 1
        found.open_topics += topics
        found.open_patients += topics > 0
        if card is None:
            continue
        team = patient.care_team
        since = team.today(card.unused) if card.unused else None
        unused = cards.is_unused(since, team.today(at))
        found.cards += not card.ahead
        found.unused += unused
        if since and unused:
            found.oldest_unused = max(found.oldest_unused, (team.today(at) - since).days)
        nurse = nurses.setdefault(card.by.pk, ByNurse(card.by))
        nurse.learning += 1
        nurse.begun += has_begun
        nurse.unused += unused
        nurse.open_topics += topics
    found.nurses = sorted(nurses.values(), key=lambda nurse: str(nurse.nurse).casefold())
