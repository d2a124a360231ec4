"""The note for the chart as a FHIR R4 document, for the hospital's record system.

One law: it says what the note says, nothing more. Each section has the note's lines as its text, and each line that
begins with "- " has one entry. A nurse or an integration engine takes the file; nothing is sent. It has words only, and
no codes but LOINC's "Education note" and SNOMED CT's "Patient education", which the setting FHIR_SNOMED leaves out.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Any

from django.conf import settings
from django.urls import reverse

from learn.assignments.models import Assignment
from learn.handouts import chart
from learn.people.models import Patient, User
from learn.progress.answers import RIGHT, History
from learn.progress.models import TeachBack
from learn.progress.record import Record, Talk
from learn.progress.standing import Standing

Resource = dict[str, Any]
TITLE = "Patient education: immunotherapy"
NOTE_TYPE = {"system": "http://loinc.org", "code": "34895-3", "display": "Education note"}
EDUCATION = {"system": "http://snomed.info/sct", "code": "311401005", "display": "Patient education (procedure)"}
SURVEY = {
    "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "survey", "display": "Survey",
}  # fmt: skip
NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def bundle(*, patient: Patient, record: Record, by: User, now: datetime) -> Resource:
    """Return the document: a Bundle whose first entry is the Composition. The same arguments give the same document."""
    return _Document(patient, record, by, now).bundle()


def groups(lines: list[str]) -> list[list[str]]:
    """Return each line that begins with "- " (without that), with the lines that belong to it."""
    found: list[list[str]] = []
    for line in lines:
        if line.startswith("- "):
            found.append([line[2:]])
        else:
            found[-1].append(line.strip())
    return found


class _Document:
    """Makes the entries of one document. Entries refer to each other by their `fullUrl`."""

    def __init__(self, patient: Patient, record: Record, by: User, now: datetime) -> None:
        self.patient, self.record, self.by, self.now = patient, record, by, now
        self.team = patient.care_team
        self.entries: dict[str, Resource] = {}
        self.orders = {s.assigned.lesson_id: s.assigned for s in record.whole.standings if s.assigned}

    def bundle(self) -> Resource:
        document = self.url("document", f"{self.patient.pk}/{self.now.isoformat()}")
        subject, author, custodian = self.subject(), self.nurse(self.by), self.organization()
        sections = [self.section(*part) for part in chart.sections(self.record, self.team).items()]
        composition = {
            "resourceType": "Composition",
            "language": "en",
            "text": _div(f"<p>{TITLE}</p>"),
            "status": "final",
            "type": {"coding": [NOTE_TYPE], "text": TITLE},
            "subject": subject,
            "date": self.time(self.now),
            "author": [author],
            "title": TITLE,
            "custodian": custodian,
            "section": sections,
        }
        first = {"fullUrl": self.url("composition", f"{self.patient.pk}/{self.now.isoformat()}")}
        return {
            "resourceType": "Bundle",
            "identifier": {"system": "urn:ietf:rfc:3986", "value": document},
            "type": "document",
            "timestamp": self.time(self.now),
            "entry": [
                first | {"resource": composition},
                *({"fullUrl": url, "resource": resource} for url, resource in self.entries.items()),
            ],
        }

    def section(self, title: str, lines: list[str]) -> Resource:
        """Return a section: the note's lines as text, and an entry for each."""
        found = groups(lines)
        section: Resource = {"title": title, "text": _narrative(found) if found else _div(f"<p>{chart.NONE[0]}</p>")}
        if found:
            section["entry"] = [self.entry(title, n, group) for n, group in enumerate(found)]
        return section

    def entry(self, title: str, n: int, group: list[str]) -> Resource:
        """Return the reference to the entry of one line, the `n`-th of its section."""
        if title == "Assigned":
            return self.order(self._asked()[n])
        if title == "Lessons done":
            return self.lesson(self._done()[n], group[0])
        if title == "Teach-back":
            return self.teach_back(self.record.talks[n], group)
        topic, _, told = group[0].rpartition(": ")
        history = self._history(topic) if title.startswith("Safety questions") else None
        if history:
            return self.answer(history, topic, title)
        # A section that this file does not know in detail: the words of the note.
        words = {"code": {"text": _clean(topic or told)}, "note": [{"text": _clean(line)} for line in group]}
        return self.add("line", f"{title}/{n}", self.education() | words)

    def order(self, asked: Assignment) -> Resource:
        standing = next(s for s in self.record.whole.standings if s.taught.lesson == asked.lesson_id)
        order = {
            "resourceType": "ServiceRequest",
            "status": "completed" if standing.is_done else "active",
            "intent": "order",
            "category": [self.category()],
            "code": {"text": f"Lesson: {_clean(standing.taught.title)}"},
            "subject": self.subject(),
            "occurrencePeriod": {"end": asked.due.isoformat()},
            "authoredOn": self.time(asked.made),
            "requester": self.nurse(asked.by),
        }
        return self.add("assignment", asked.pk, order)

    def lesson(self, done: Standing, line: str) -> Resource:
        taught, code = done.taught, line.rpartition(": ")[0]  # title and edition
        address = settings.PUBLIC_URL + reverse("lesson", args=[taught.therapy, taught.slug])
        edition = code.rpartition("edition ")[2]
        lesson = self.education() | {
            "instantiatesUri": [f"{address}#edition-{edition}"],
            "code": {"text": f"Lesson: {_clean(code)}"},
            "performedDateTime": self.time(done.done_at or self.now),
        }
        if asked := self.orders.get(taught.lesson):
            lesson["basedOn"] = [self.order(asked)]
        return self.add("lesson", f"{self.patient.pk}/{taught.lesson}", lesson)

    def answer(self, history: History, topic: str, title: str) -> Resource:
        last = history.rows[-1]
        words = "Answered right" if last.mark == RIGHT else "Last answered, not right"
        if "closed" in title or ("open" in title and last.mark == RIGHT):
            words += f" ({title.removeprefix('Safety questions ')})"
        observation = {
            "resourceType": "Observation",
            "status": "final",
            "category": [{"coding": [SURVEY]}],
            "code": {"text": f"Safety question: {_clean(topic)}"},
            "subject": self.subject(),
            "effectiveDateTime": self.time(last.at),
            "valueCodeableConcept": {"text": words},
        }
        return self.add("question", f"{self.patient.pk}/{last.question}", observation)

    def teach_back(self, talk: Talk, group: list[str]) -> Resource:
        first = talk.first
        whom = first.get_to_whom_display() + (f", in {first.language}" if first.language else "")
        told = [{"text": _clean(whom)}]
        own = 1 + bool(first.barriers) + bool(first.note)  # the lines about the first row; those of addenda follow
        told += [{"text": _clean(line)} for line in group[1:own]]
        told += [self.addendum(row) for row in talk.added]
        procedure = self.education() | {
            "code": {"text": f"Teach-back: {_clean(first.topic)}"},
            "performedDateTime": self.time(first.at),
            "performer": [{"actor": self.nurse(first.nurse)}],
            "outcome": {"text": first.get_outcome_display()},
            "note": told,
        }
        return self.add("teach-back", first.pk, procedure)

    def addendum(self, row: TeachBack) -> Resource:
        words = ". ".join(filter(None, [row.get_outcome_display() if row.outcome else "", row.note]))
        return {
            "authorReference": self.nurse(row.nurse),
            "time": self.time(row.at),
            "text": _clean(f"Added: {words}"),
        }

    def education(self) -> Resource:
        """Return what every Procedure here has."""
        return {
            "resourceType": "Procedure",
            "status": "completed",
            "category": self.category(),
            "subject": self.subject(),
        }

    def category(self) -> Resource:
        coding = {"coding": [EDUCATION]} if settings.FHIR_SNOMED else {}
        return coding | {"text": "Education"}

    def subject(self) -> Resource:
        person: Resource = {"resourceType": "Patient"}
        if self.patient.reference:
            system = f"{settings.PUBLIC_URL}/reference"
            person["identifier"] = [{"system": system, "value": _clean(self.patient.reference)}]
        person |= {"name": [{"text": _clean(self.patient.label)}], "managingOrganization": self.organization()}
        return self.add("patient", self.patient.pk, person)

    def organization(self) -> Resource:
        return self.add("team", self.team.pk, {"resourceType": "Organization", "name": _clean(self.team.name)})

    def nurse(self, user: User) -> Resource:
        named = {"resourceType": "Practitioner", "name": [{"text": _clean(str(user))}]}
        return self.add("nurse", user.pk, named)

    def add(self, kind: str, key: object, resource: Resource) -> Resource:
        """Add an entry, once, and return the reference to it."""
        url = self.url(kind, key)
        self.entries.setdefault(url, resource)
        return {"reference": url}

    def url(self, kind: str, key: object) -> str:
        """Return the same address for the same row of this site, in every document."""
        site = uuid.uuid5(uuid.NAMESPACE_URL, settings.PUBLIC_URL)
        return f"urn:uuid:{uuid.uuid5(site, f'{kind}/{key}')}"

    def time(self, at: datetime) -> str:
        """Return a time with the clinic's offset."""
        return self.team.local(at).isoformat(timespec="seconds")

    def _asked(self) -> list[Assignment]:
        asked = [(s.assigned, s.taught.title) for s in self.record.whole.standings if s.assigned]
        return [row for row, _ in sorted(asked, key=lambda row: (row[0].due, row[1]))]

    def _done(self) -> list[Standing]:
        return [s for s in self.record.whole.standings if s.is_done and s.done_at]

    def _history(self, topic: str) -> History | None:
        """Return the next question with this topic that has no entry yet."""
        for history in sorted(self.record.histories.values(), key=lambda history: history.rows[-1].at):
            last = history.rows[-1]
            url = self.url("question", f"{self.patient.pk}/{last.question}")
            if last.safety and last.topic == topic and url not in self.entries:
                return history
        return None


def _clean(text: str) -> str:
    """Return the text as JSON and XML may hold it; a text of nothing but spaces is no text in FHIR."""
    return NOT_XML.sub("", text).strip() or "-"


def _narrative(found: Iterable[list[str]]) -> Resource:
    """Return these lines as XHTML."""
    items = "".join(f"<li>{'<br/>'.join(escape(_clean(line), quote=False) for line in group)}</li>" for group in found)
    return _div(f"<ul>{items}</ul>")


def _div(inner: str) -> Resource:
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>'}
