"""The demo's ward: Maple team has worked for four weeks. All days are relative to today.

The same patients, answers and days are made each time: chance comes from one seed. What staff do goes through the
site's own actions. What patients did is inserted as rows, because thousands of answers one by one would take minutes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from learn.assignments import actions as assignments
from learn.assignments.models import Assignment, Pathway
from learn.desk import actions as desk
from learn.languages import SOURCE
from learn.lessons.models import Edition, Lesson, Step
from learn.people.models import AccessCode, CareTeam, Patient, User
from learn.progress import actions as progress
from learn.progress.models import Reading
from learn.visits import actions as visits
from quizzes import reviewing
from quizzes.models import Attempt, AttemptItem, QuizItem, Response, Revision, State

PATHWAY = "antibodies-and-checkpoint-inhibitors"
SAFETY = "side-effects-when-to-call"
# Patients whose treatment is over: enough answers for the pictures. Name, and the day of the invitation.
FINISHED = [
    f"{first} {last}."
    for last in "BDGKMR"
    for first in ("Ada", "Bruno", "Cleo", "David", "Emma", "Faisal")
]  # fmt: skip
GROUPS = (-28, -27, -25, -22, -18, -15)  # days on which six of them each were invited


@dataclass(frozen=True)
class Content:
    """One lesson with its published edition, steps and questions."""

    lesson: Lesson
    edition: Edition
    steps: list[Step]
    questions: list[Revision]


@dataclass
class Rows:
    """What patients did, to be inserted together."""

    readings: list[Reading] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    items: list[AttemptItem] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)

    def save(self) -> None:
        """Insert all rows."""
        Reading.objects.bulk_create(self.readings)
        Attempt.objects.bulk_create(self.attempts)
        AttemptItem.objects.bulk_create(self.items)
        Response.objects.bulk_create(self.responses)


def given(revision: Revision, *, right: bool) -> list[str]:
    """Return a right or a wrong answer to this question, in the format of its kind."""
    spec = revision.spec
    if revision.kind == "truth":
        return [str(bool(spec["answer"]) == right).lower()]
    if revision.kind == "choice":
        best = [choice["id"] for choice in spec["choices"] if choice["right"]]
        rest = [choice["id"] for choice in spec["choices"] if not choice["right"]]
        return best if right else [*rest, *best][: spec["choose"]]
    best = [row["card"] for row in spec["rows"]] if revision.kind == "matching" else [t["id"] for t in spec["cards"]]
    if right:
        return best
    return best[::-1] if revision.kind == "ordering" else [best[1], *best[1:]]


class Ward:
    """Makes the patients of one team. `noor` invites them; the time is the moment of the command."""

    def __init__(self, *, team: CareTeam, noor: User, now: datetime) -> None:
        self.team, self.noor, self.now, self.rows = team, noor, now, Rows()
        self.chance = random.Random(28)  # noqa: S311  # the same ward each time; nothing secret
        self.pathway = Pathway.objects.get(slug=PATHWAY)
        self.asked = list(self.pathway.taught())
        self.content = {lesson.slug: self._read(lesson) for lesson in self.asked}

    def _read(self, lesson: Lesson) -> Content:
        edition = Edition.objects.get(lesson=lesson, language=SOURCE, state=State.PUBLISHED)
        places = dict(QuizItem.objects.filter(quiz=lesson.quiz_id).values_list("question", "position"))
        published = Revision.objects.filter(question__in=places, state=State.PUBLISHED, language=SOURCE)
        questions = sorted(published, key=lambda revision: places[revision.question_id])
        return Content(lesson, edition, list(edition.steps.all()), questions)

    def at(self, day: int, hour: int = 10, minute: int = 0) -> datetime:
        """Return a time of day, so many days from today, on the team's clock; never later than now."""
        on = self.team.today(self.now) + timedelta(days=day)
        return min(datetime.combine(on, time(hour, minute), self.team.local(self.now).tzinfo), self.now)

    # What staff do.

    def invite(self, names: Sequence[str], day: int, due: int = 7) -> list[Patient]:
        """Invite these people on this day, with the lessons of the pathway due some days later."""
        people = [(name, f"M-{sum(map(ord, name)):04}") for name in names]
        form = uuid5(NAMESPACE_URL, f"demo {names[0]}")
        until = self.team.today(self.now) + timedelta(days=day + due)
        patients, _codes = desk.invite(
            people=people,
            team=self.team,
            lessons=self.asked,
            due=until,
            form=form,
            treatment=PATHWAY,
            by=self.noor,
            now=self.at(day, 9),
        )
        User.objects.filter(pk__in=[p.user_id for p in patients]).update(date_joined=self.at(day, 9))
        return patients

    def open_card(self, patients: Sequence[Patient], day: int) -> None:
        """Note that these patients opened their card on this day."""
        at = self.at(day, 18)
        AccessCode.objects.filter(user__in=[p.user_id for p in patients]).update(
            used=at, last_used=at, expires=at + timedelta(days=365)
        )

    # What patients do.

    def read(self, patient: Patient, slug: str, at: datetime, steps: int | None = None) -> None:
        """Read the first so many steps of a lesson, or all of them."""
        found = self.content[slug]
        n = len(found.steps) if steps is None else steps
        self.rows.readings.append(
            Reading(
                learner_id=patient.user_id,
                edition=found.edition,
                furthest=found.steps[min(n, len(found.steps) - 1)],
                started=at,
                moved=at + timedelta(minutes=n),
                finished=at + timedelta(minutes=n) if n == len(found.steps) else None,
                seen=[step.slug for step in found.steps[:n]],
            )
        )

    def answer(
        self,
        patient: Patient,
        questions: Sequence[Revision],
        at: datetime,
        how: Callable[[Revision], int],
        quiz: int | None,
    ) -> None:
        """Do a check of these questions, or a review if there is no quiz.

        `how` says how often each question is missed at first: 0 is right at once. A safety question is asked
        three times at most, any other once.
        """
        kind = Attempt.Kind.CHECK if quiz else Attempt.Kind.REVIEW
        attempt = Attempt(learner_id=patient.user_id, quiz_id=quiz, kind=kind, language=SOURCE, started=at)
        self.rows.attempts.append(attempt)
        later: list[tuple[AttemptItem, int]] = []
        for position, revision in enumerate(questions, 1):
            item = AttemptItem(attempt=attempt, position=position, revision=revision)
            self.rows.items.append(item)
            later.append((item, how(revision)))
        for number in (1, 2, 3):
            for item, misses in later:
                if number == 1 or (item.revision.critical and misses >= number - 1):
                    at += timedelta(seconds=40)
                    right = misses < number
                    mark = Response.Marked.RIGHT if right else Response.Marked.WRONG
                    answer = given(item.revision, right=right)
                    self.rows.responses.append(Response(item=item, number=number, given=answer, mark=mark, at=at))
        attempt.finished = at

    def do(self, patient: Patient, slug: str, at: datetime, missed: dict[int, int] | None = None) -> None:
        """Read a whole lesson and do its check. `missed` says how often the question at a place is missed."""
        self.read(patient, slug, at)
        found = self.content[slug]
        places = {revision.pk: n for n, revision in enumerate(found.questions)}
        wrong, begun = missed or {}, at + timedelta(minutes=6)
        self.answer(patient, found.questions, begun, lambda r: wrong.get(places[r.pk], 0), found.lesson.quiz_id)

    def review(self, patient: Patient, at: datetime, known: float) -> None:
        """Do a review of the safety lesson. `known` is the chance of a right answer."""
        critical = [revision for revision in self.content[SAFETY].questions if revision.critical]
        self.answer(patient, critical, at, lambda _: int(self.chance.random() > known), None)

    def safety_places(self, n: int) -> dict[int, int]:
        """Return the places of the first so many safety questions of the safety lesson, each missed three times."""
        found = [i for i, revision in enumerate(self.content[SAFETY].questions) if revision.critical]
        return dict.fromkeys(found[:n], 3)

    # The patients.

    def make(self, ana: Patient) -> None:
        """Make the whole ward. ana is a patient already."""
        self.finished()
        now = self.current(ana)
        self.rows.save()
        self.talk(now)
        for patient in now.values():
            reviewing.rebuild(learner=patient.user)

    def finished(self) -> None:
        """Make the patients whose treatment is over; they know more after a week, and most still after three."""
        for n, day in enumerate(GROUPS):
            patients = self.invite(FINISHED[6 * n : 6 * n + 6], day)
            self.open_card(patients, day)
            for patient in patients:
                begun = day + self.chance.choice((0, 0, 1, 1, 2, 3))
                for place, lesson in enumerate(self.asked):
                    found = self.content[lesson.slug]
                    known = [self.chance.random() < 0.62 + 0.04 * (i % 6) for i, _ in enumerate(found.questions)]
                    wrong = {i: 1 for i, is_known in enumerate(known) if not is_known}
                    if place < 4 or self.chance.random() > 0.3:
                        self.do(patient, lesson.slug, self.at(begun + place, 19, 5 * n), wrong)
                self.review(patient, self.at(begun + 7, 20), 0.85)
                if n < 2:
                    self.review(patient, self.at(begun + 21, 20), 0.8)
            for patient in patients:
                desk.close(patient=patient, why=Patient.Ending.FINISHED, by=self.noor, now=self.at(-1, 15))

    def current(self, ana: Patient) -> dict[str, Patient]:
        """Make the patients who are learning now, one in each state, and return them by first name."""
        days = {
            "Ben T.": -20, "Carla Reyes": -12, "Dana Kim": -9, "Elif Öztürk": -5, "Frank O’Neil": -11, "Grace Lee": -24,
            "Hugo Silva": -26, "Ines Costa": -18, "Jonas Weber": -15, "Kofi Mensah": -1, "Lucia Moreno": -13,
            "Milan Novak": -10,
        }  # fmt: skip
        found = {name.split()[0]: self.invite([name], day)[0] for name, day in days.items()}
        due = self.team.today(self.now) + timedelta(days=3)
        assignments.assign(patients=[ana], lessons=self.asked, due=due, note="", by=self.noor, now=self.at(-4))
        for name in found.keys() - {"Dana", "Elif", "Kofi"}:
            self.open_card([found[name]], days[found[name].label])
        self.do(ana, SAFETY, self.at(-3, 19))
        self.read(ana, self.asked[1].slug, self.at(-2, 20), 2)
        self.do(found["Ben"], SAFETY, self.at(-2, 20), self.safety_places(2))
        self.do(found["Carla"], SAFETY, self.at(-4, 20))
        self.do(found["Frank"], SAFETY, self.at(-6, 20))
        self.read(found["Frank"], self.asked[1].slug, self.at(-5, 20), 2)
        self.do(found["Grace"], SAFETY, self.at(-22, 20))
        for n, lesson in enumerate(self.asked):
            for name in ("Hugo", "Carla"):
                if (name, lesson.slug) != ("Carla", SAFETY):
                    self.do(found[name], lesson.slug, self.at(days[found[name].label] + 1 + n, 19))
        self.do(found["Ines"], SAFETY, self.at(-9, 20), self.safety_places(1))
        self.do(found["Jonas"], SAFETY, self.at(-7, 20), self.safety_places(1))
        self.do(found["Lucia"], SAFETY, self.at(-8, 20))
        self.do(found["Milan"], SAFETY, self.at(-7, 19))
        return found

    def talk(self, found: dict[str, Patient]) -> None:
        """Record what patients and nurses said: questions, contacts, teach-backs, lessons taught in person."""
        carla = found["Carla"]
        visits.add(learner=carla.user, text="Can I get a flu shot while I am treated?", now=self.at(-2, 18))
        visits.add(learner=carla.user, text="Whom do I call on a holiday?", now=self.at(-2, 18, 5))
        visits.share(patient=carla, question=None, now=self.at(-1, 8))
        for name, outcome, day in (("Ines", "own-words", -8), ("Jonas", "prompt", -6)):
            [place] = self.safety_places(1)
            revision = self.content[SAFETY].questions[place]
            row: dict[str, Any] = {
                "question_id": revision.question_id, "lesson_id": None, "topic": revision.objective, "place": 1,
                "outcome": outcome, "to_whom": "patient", "language": "English", "barriers": [], "note": "",
            }  # fmt: skip
            progress.taught_back(patient=found[name], by=self.noor, rows=[row], number=1, now=self.at(day, 11))
        note = "By phone. Will go on this week."
        progress.contacted(patient=found["Lucia"], by=self.noor, note=note, number=1, now=self.at(-1, 14))
        for asked in Assignment.objects.active().filter(patient=found["Milan"]).exclude(lesson__slug=SAFETY):
            on = self.team.today(self.at(-2))
            assignments.taught_in_person(assignment=asked, on=on, by=self.noor, now=self.at(-2, 16))
