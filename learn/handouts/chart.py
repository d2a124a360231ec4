"""The note for the chart, as plain text. It says what was done and recorded, never what a patient knows or feels."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from learn import languages
from learn.people.models import CareTeam, Patient, User
from learn.progress.answers import RIGHT
from learn.progress.held import ReadingRow
from learn.progress.models import TeachBack
from learn.progress.record import Record, Talk
from quizzes.templatetags.days import weekday

NONE = ["None."]


def note(*, patient: Patient, record: Record, by: User, now: datetime) -> str:
    """Return the text of the note.

    `record` is all that the patient did and said back, `by` is who writes the note. Dates are on the clinic's calendar.
    """
    team = patient.care_team
    reference = f", {patient.reference}" if patient.reference else ""
    parts = sections(record, team)
    head = [
        "Patient education: immunotherapy",
        f"Patient: {patient.label}{reference}, {team}",
        f"Written by {by}, {_day(now, team)}, from the record of lessons, questions and teach-backs",
    ]
    return "\n".join(head + [line for title, lines in parts.items() for line in ("", title, *(lines or NONE))]) + "\n"


def sections(record: Record, team: CareTeam) -> dict[str, list[str]]:
    """Return the lines of each section of the note, by its title. A line begins with "- ", what belongs to it does not.

    `fhir.py` and `hl7.py` say what these lines say, and nothing more.
    """
    safety = _safety(record, team)
    return {
        "Assigned": _assigned(record, team),
        "Lessons done": _lessons(record, team),
        "Lessons taught in person": _in_person(record),
        "Safety questions answered right": safety["right"],
        "Safety questions closed by teach-back": safety["closed"],
        "Safety questions still open": safety["open"],
        "Teach-back": [line for talk in record.talks for line in _talk(talk, team)],
    }


def _day(at: datetime, team: CareTeam) -> str:
    return weekday(team.today(at), "DATE_FORMAT")


def _assigned(record: Record, team: CareTeam) -> list[str]:
    """Return a line for each lesson that is asked for, also when it is done; the first due day first."""
    asked = [(s.assigned, s.taught.title) for s in record.whole.standings if s.assigned]
    return [
        f"- {title}, by {weekday(a.due, 'DATE_FORMAT')}. Asked by {a.by}, {_day(a.made, team)}"
        for a, title in sorted(asked, key=lambda row: (row[0].due, row[1]))
    ]


def _lessons(record: Record, team: CareTeam) -> list[str]:
    read = {reading.lesson: reading for reading in _by_finish(record) if reading.finished}
    return [
        f"- {s.taught.title}, edition {read[s.taught.lesson].number}: {_day(s.done_at, team)}"
        + _spoken(read[s.taught.lesson], s.taught.quiz, record)
        for s in record.whole.standings
        if s.is_done and s.done_at
    ]


def _spoken(reading: ReadingRow, quiz: int | None, record: Record) -> str:
    """Return in which language the lesson and its check were read, if in another than the source: "in Spanish"."""
    rows = [row for history in record.histories.values() for row in history.rows if row.quiz and row.quiz == quiz]
    check = max(rows, key=lambda row: row.at).language if rows else languages.SOURCE
    found: dict[str, list[str]] = {}
    for part, language in (("lesson", reading.language), ("check", check)):
        if language != languages.SOURCE:
            found.setdefault(languages.name_in_english(language), []).append(part)
    return "".join(f". {' and '.join(parts).capitalize()} in {name}" for name, parts in found.items())


def _in_person(record: Record) -> list[str]:
    titles = {stand.taught.lesson: stand.taught.title for stand in record.whole.standings}
    return [
        f"- {titles.get(row.lesson_id, 'A lesson that is not published any more')}: "
        f"{row.taught_by}, {weekday(row.taught_on, 'DATE_FORMAT')}"
        for row in record.in_person
    ]


def _by_finish(record: Record) -> list[ReadingRow]:
    return sorted(record.whole.readings, key=lambda reading: reading.finished or reading.started)


def _safety(record: Record, team: CareTeam) -> dict[str, list[str]]:
    """Return a line for each safety question, by how it stands and then by time.

    Whether it is open says the same `Miss` as on the patient's page. A question that needs help is open, even if it was
    answered right.
    """
    missed = {miss.question: miss for miss in record.misses}
    found: dict[str, list[tuple[datetime, str]]] = {"right": [], "closed": [], "open": []}
    for history in record.histories.values():
        last = history.rows[-1]
        if not last.safety:
            continue
        miss = missed.get(last.question)
        right = (
            f"right {_day(last.at, team)}" if last.mark == RIGHT else f"last answered, not right, {_day(last.at, team)}"
        )
        if miss and miss.is_open:
            found["open"].append((last.at, f"- {last.topic}: {right}"))
        elif miss and miss.closed_by:
            found["closed"].append((last.at, f"- {last.topic}: {miss.closed_words(team)}"))
        else:
            found["right"].append((last.at, f"- {last.topic}: {right}"))
    return {how: [line for _, line in sorted(lines)] for how, lines in found.items()}


def _talk(talk: Talk, team: CareTeam) -> Iterable[str]:
    first = talk.first
    whom = first.get_to_whom_display() + (f", in {first.language}" if first.language else "")
    yield f"- {first.topic}: {first.get_outcome_display()}. {whom}. {_who(first, team)}"
    if first.barriers:
        yield f"  In the way: {'; '.join(first.barrier_words)}"
    if first.note:
        yield f"  Note: {first.note}"
    for row in talk.added:
        outcome = f" {row.get_outcome_display()}." if row.outcome else ""
        yield f"  Added:{outcome} {_who(row, team)}"
        if row.note:
            yield f"  Note: {row.note}"


def _who(row: TeachBack, team: CareTeam) -> str:
    return f"{row.nurse}, {_day(row.at, team)}"
