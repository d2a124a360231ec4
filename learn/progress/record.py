"""The full record of one patient, for the patient's page on the Desk and for the note for the chart."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import cached_property

from learn.assignments.models import Assignment
from learn.people.models import CareTeam, Patient, User
from learn.people.names import isolated
from learn.progress import answers, standing
from learn.progress.answers import RIGHT, History
from learn.progress.models import TeachBack
from learn.progress.safety import Verdict
from quizzes.templatetags.days import weekday


@dataclass
class Talk:
    """A teach-back with its addenda."""

    first: TeachBack
    added: list[TeachBack]

    @property
    def deciding(self) -> TeachBack:
        """The row with the last recorded outcome, which is the one that counts."""
        return [row for row in (self.first, *self.added) if row.outcome][-1]

    @property
    def outcome(self) -> str:
        """The outcome in words."""
        return str(TeachBack.Outcome(self.deciding.outcome).label)

    def closes(self, miss: Miss) -> bool:
        """Return whether the patient explained the missed question in own words, after the newest miss of it."""
        own_words = self.deciding.outcome == TeachBack.Outcome.OWN_WORDS
        return own_words and self.first.question_id == miss.question and self.first.at >= miss.newest.at


@dataclass
class Miss:
    """A question that was answered wrong or unsure at least once."""

    history: History
    verdict: Verdict
    closed_by: Talk | None = None  # the teach-back that closed it, if it was not answered right since

    @property
    def question(self) -> int:
        """The primary key of the question."""
        return self.history.rows[0].question

    @property
    def newest(self) -> answers.AnswerRow:
        """The newest answer that was wrong or unsure."""
        return self.history.misses[-1]

    @property
    def is_open(self) -> bool:
        """True when the patient needs help with it, or has neither answered it right nor explained it since."""
        return bool(self.verdict.flag) or (self.history.rows[-1].mark != RIGHT and self.closed_by is None)

    def closed_words(self, team: CareTeam) -> str:
        """Return who closed it by a teach-back, and when: the same words on the patient's page and in the note."""
        if self.closed_by is None:
            return ""
        row = self.closed_by.first  # it was then that the patient explained it, whoever corrected the outcome later
        return f"closed by teach-back, {isolated(str(row.nurse))}, {weekday(team.today(row.at), 'DATE_FORMAT')}"


@dataclass
class Record:
    """The result of `of_patient`."""

    whole: standing.Whole
    histories: answers.Histories
    talks: list[Talk]  # the newest first
    misses: list[Miss]  # first those that need help, then open ones, safety before the rest, then the newest
    patient: Patient

    def next_number(self, nurse: User) -> int:
        """Return the number of this nurse's next teach-back form: `NumberedQuerySet.next_number` without a query."""
        rows = [row for talk in self.talks for row in (talk.first, *talk.added)]
        return max((row.number for row in rows if row.nurse_id == nurse.pk), default=0) + 1

    @cached_property
    def in_person(self) -> list[Assignment]:
        """The lessons that a nurse taught in person, by day, also those withdrawn since. One query."""
        taught = Assignment.objects.filter(patient=self.patient, taught_on__isnull=False).select_related("taught_by")
        return [row for row in taught.order_by("taught_on", "pk") if row.is_taught]


def of_patient(patient: Patient) -> Record:
    """Return the full record of one patient. Six queries, whatever the size of the record."""
    histories = answers.of_learner(patient.user_id)
    rows = list(TeachBack.objects.filter(patient=patient).select_related("nurse").order_by("at", "pk"))
    answers.add_said_back(
        histories,
        (
            answers.SaidBackRow(row.pk, row.adds_to_id, patient.user_id, row.question_id, row.outcome, row.at)
            for row in rows
        ),
    )
    talks = [
        Talk(row, [other for other in rows if other.adds_to_id == row.pk]) for row in rows if row.adds_to_id is None
    ]
    misses = [Miss(history, history.verdict) for history in histories.values() if history.misses]
    for miss in misses:
        if miss.history.rows[-1].mark != RIGHT:
            miss.closed_by = next((talk for talk in reversed(talks) if talk.closes(miss)), None)
    misses.sort(key=lambda miss: miss.newest.at, reverse=True)
    misses.sort(key=lambda miss: (miss.verdict.flag is None, not miss.is_open, not miss.newest.safety))
    whole = standing.whole([patient.user_id], histories)[patient.user_id]
    return Record(whole, histories, talks[::-1], misses, patient)
