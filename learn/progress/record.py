"""The full record of one patient, for the patient's page on the Desk and for the note for the chart."""

from __future__ import annotations

from dataclasses import dataclass

from learn.people.models import Patient
from learn.progress import answers, standing
from learn.progress.answers import RIGHT, History
from learn.progress.models import TeachBack
from learn.progress.safety import Verdict


@dataclass
class Talk:
    """A teach-back with its addenda."""

    first: TeachBack
    added: list[TeachBack]

    @property
    def outcome(self) -> str:
        """The outcome in words; the last recorded outcome counts."""
        last = [row.outcome for row in (self.first, *self.added) if row.outcome][-1]
        return str(TeachBack.Outcome(last).label)


@dataclass
class Miss:
    """A question that was answered wrong or unsure at least once."""

    history: History
    verdict: Verdict

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
        said = any(back.at >= self.newest.at for back in self.history.said_back)
        return bool(self.verdict.flag) or (self.history.rows[-1].mark != RIGHT and not said)


@dataclass
class Record:
    """The result of `of_patient`."""

    whole: standing.Whole
    histories: answers.Histories
    talks: list[Talk]  # the newest first
    misses: list[Miss]  # first those that need help, then open ones, safety before the rest, then the newest


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
    misses.sort(key=lambda miss: miss.newest.at, reverse=True)
    misses.sort(key=lambda miss: (miss.verdict.flag is None, not miss.is_open, not miss.newest.safety))
    whole = standing.whole([patient.user_id], histories)[patient.user_id]
    return Record(whole, histories, talks[::-1], misses)
