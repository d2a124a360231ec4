"""The files for the record system say what the note for the chart says, line by line, and nothing more."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from learn.assignments.models import Assignment
from learn.handouts import chart, fhir, hl7
from learn.people.models import AuditEvent, Patient
from learn.progress import record as records
from tests.cast import PatientCase, at, make_nurse, make_team, right, wrong
from tests.learn.handouts.checker import XHTML, problems

Change = Callable[[dict[str, Any]], object]


def entry(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind)


def first(bundle: dict[str, Any]) -> dict[str, Any]:
    return dict.get(bundle["entry"][0], "resource", {})


# Ways to break a document. The checker must see each of them.
BROKEN: dict[str, Change] = {
    "another type of bundle": lambda b: b.update(type="collection"),
    "no type": lambda b: b.pop("type"),
    "no time": lambda b: b.pop("timestamp"),
    "no identifier": lambda b: b.pop("identifier"),
    "a time that is none": lambda b: b.update(timestamp="yesterday"),
    "the Composition last": lambda b: b["entry"].append(b["entry"].pop(0)),
    "an address twice": lambda b: b["entry"][1].update(fullUrl=b["entry"][2]["fullUrl"]),
    "a reference to nobody": lambda b: first(b)["subject"].update(reference="urn:uuid:0"),
    "a reference to another kind": lambda b: first(b)["subject"].update(first(b)["author"][0]),
    "an entry that nobody refers to": lambda b: b["entry"].append(
        {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Organization", "name": "x"}}
    ),
    "a status that is none": lambda b: entry(b, "Procedure").update(status="bogus"),
    "an intent that is none": lambda b: entry(b, "ServiceRequest").update(intent="wish"),
    "no status": lambda b: entry(b, "Observation").pop("status"),
    "an unknown field": lambda b: entry(b, "Observation").update(mark="right"),
    "two values": lambda b: entry(b, "Observation").update(valueString="x"),
    "a day that is none": lambda b: entry(b, "ServiceRequest")["occurrencePeriod"].update(end="2026-13-41"),
    "a field of R5": lambda b: entry(b, "Procedure").update(occurrenceDateTime="2026-11-24"),
    "an empty list": lambda b: first(b)["section"][0].update(entry=[]),
    "an empty text": lambda b: entry(b, "Patient").update(name=[{"text": " "}]),
    "no XML": lambda b: first(b)["text"].update(div="<div xmlns='http://www.w3.org/1999/xhtml'><p>x</div>"),
    "a script": lambda b: first(b)["text"].update(
        div="<div xmlns='http://www.w3.org/1999/xhtml'><script>x</script></div>"
    ),
    "a text of another kind": lambda b: first(b)["text"].update(div="<div>x</div>"),
}


class TestTheFilesForTheRecord(PatientCase):
    def work(self) -> None:
        """Do something for each section of the note."""
        self.read(1, 2, 3)
        Assignment.objects.create(
            patient=self.ana, lesson=self.lesson, due=date(2026, 11, 30), by=self.noor, made=at(16)
        )
        self.check(safety=wrong, now=at(20))
        first = self.said_back(
            to_whom="both", language="Spanish", barriers=["senses"], note="<Hums> & nods\x0b", at=at(22)
        )
        self.said_back("again", adds_to=first, to_whom="", note="Wrong button.", at=at(23))
        self.said_back("prompt", at=at(23))

    def bundle(self) -> dict[str, Any]:
        self.ana.refresh_from_db()
        record = records.of_patient(self.ana)
        return fhir.bundle(patient=self.ana, record=record, by=self.noor, now=timezone.now())

    def pairs(self, bundle: dict[str, Any]) -> int:
        """Check that each section has the note's lines as its text, and one entry a line. Return how many lines."""
        by_url = {e["fullUrl"]: e["resource"] for e in bundle["entry"]}
        note = chart.sections(records.of_patient(self.ana), self.team)
        assert [section["title"] for section in first(bundle)["section"]] == [*note]
        referred: list[str] = []
        for section, lines in zip(first(bundle)["section"], note.values(), strict=True):
            root = ElementTree.fromstring(section["text"]["div"])  # noqa: S314  # our own text
            said = ["".join(item.itertext()) for item in root.iter() if item.tag in (f"{XHTML}li", f"{XHTML}p")]
            groups = ["".join(group) for group in fhir.groups(lines)] or chart.NONE
            assert said == [fhir.NOT_XML.sub("", group) for group in groups]
            entries = [e["reference"] for e in section.get("entry", [])]
            assert len(entries) == len(fhir.groups(lines))
            referred += entries
            for address, group in zip(entries, fhir.groups(lines), strict=True):
                resource = by_url[address]
                words = resource["code"]["text"].partition(": ")[2]
                assert words, resource
                assert group[0].startswith(words)
                # Each further line of the note is in the entry, and each text of the entry is in the note.
                texts = " ".join(group)
                for told in resource.get("note", []):
                    for part in told["text"].removeprefix("Added: ").split(". "):
                        assert part.rstrip(".") in fhir.NOT_XML.sub("", texts), part
        assert len(referred) == len(set(referred))
        kinds = [r["resourceType"] for r in by_url.values()]
        assert {*kinds} <= {
            "Composition", "Patient", "Organization", "Practitioner", "ServiceRequest", "Procedure", "Observation",
        }  # fmt: skip
        acts = {url for url, r in by_url.items() if r["resourceType"] in ("ServiceRequest", "Procedure", "Observation")}
        assert acts == set(referred)  # nothing more than the note
        return len(referred)

    def test_says_what_the_note_says_line_by_line(self) -> None:
        assert self.pairs(self.bundle()) == 0
        assert problems(self.bundle()) == []
        self.work()
        assert self.pairs(self.bundle()) == 4
        assert problems(self.bundle()) == []
        self.check(safety=right, now=at(23, 15))
        assert self.pairs(self.bundle()) == 5
        assert problems(self.bundle()) == []

    def test_has_the_fields_that_matter(self) -> None:
        self.work()
        self.check(safety=right, now=at(23, 15))
        bundle = self.bundle()
        assert entry(bundle, "Patient")["name"] == [{"text": "Ana"}]
        assert [i["value"] for i in entry(bundle, "Patient")["identifier"]] == ["A-12"]
        order, lesson = entry(bundle, "ServiceRequest"), entry(bundle, "Procedure")
        assert (order["status"], order["occurrencePeriod"]) == ("completed", {"end": "2026-11-30"})
        assert order["authoredOn"] == "2026-11-16T12:00:00-05:00"
        assert lesson["code"]["text"] == "Lesson: Lesson 1, edition 1"
        assert lesson["instantiatesUri"] == ["http://testserver/lessons/basics/a-lesson/#edition-1"]
        assert lesson["basedOn"][0]["reference"] in [e["fullUrl"] for e in bundle["entry"] if e["resource"] is order]
        answer = entry(bundle, "Observation")
        assert answer["valueCodeableConcept"]["text"] == "Answered right"
        backs = [r for e in bundle["entry"] if "outcome" in (r := e["resource"])]
        assert [back["outcome"]["text"] for back in backs] == ["Needed a prompt", "Explained in own words"]
        added = backs[1]["note"][-1]
        assert (added["text"], added["time"][:10]) == ("Added: Explain again next time. Wrong button.", "2026-11-23")
        assert "birthDate" not in json.dumps(bundle)

    def test_names_no_question_of_no_safety_and_no_answer(self) -> None:
        self.check(plain=wrong, safety=wrong)
        text = json.dumps(self.bundle())
        assert "Topic of plain" not in text
        assert self.safety.stem not in text

    def test_two_questions_with_one_topic_are_two_entries(self) -> None:
        self.work()
        assert len({e["fullUrl"] for e in self.bundle()["entry"]}) == len(self.bundle()["entry"])

    def test_the_same_record_gives_the_same_file_and_the_same_addresses_later(self) -> None:
        self.work()
        now = self.bundle()
        assert now == self.bundle()
        later = fhir.bundle(
            patient=self.ana, record=records.of_patient(self.ana), by=self.noor, now=timezone.now() + timedelta(days=1)
        )
        assert [e["fullUrl"] for e in now["entry"]][1:] == [e["fullUrl"] for e in later["entry"]][1:]
        assert now["identifier"] != later["identifier"]

    def test_the_checker_refuses_every_broken_document(self) -> None:
        self.work()
        self.check(safety=right, now=at(23, 15))
        whole = self.bundle()
        assert problems(whole) == []
        seen = {}
        for name, change in BROKEN.items():
            broken = copy.deepcopy(whole)
            change(broken)
            seen[name] = problems(broken)
        assert len(seen) == 22
        assert [name for name, found in seen.items() if not found] == []

    def test_needs_no_licence_when_the_hospital_has_none(self) -> None:
        self.work()
        assert "snomed" in json.dumps(self.bundle())
        with self.settings(FHIR_SNOMED=False):
            assert "snomed" not in json.dumps(self.bundle())
            assert problems(self.bundle()) == []

    def test_takes_whatever_people_typed(self) -> None:
        Patient.objects.update(label="<b>&\x0b", reference="")
        self.team.name = "]]> 💥"
        self.team.save()
        self.work()
        assert problems(self.bundle()) == []
        assert "identifier" not in entry(self.bundle(), "Patient")

    def message(self) -> list[list[str]]:
        record = records.of_patient(self.ana)
        text = hl7.message(patient=self.ana, record=record, by=self.noor, now=timezone.now())
        assert text.endswith("\r")
        assert "\n" not in text
        return [segment.split("|") for segment in text.split("\r")[:-1]]

    def test_the_message_has_each_line_of_the_note(self) -> None:
        self.work()
        segments = self.message()
        assert [s[0] for s in segments[:6]] == ["MSH", "EVN", "PID", "PV1", "TXA", "OBX"]
        head = {s[0]: s for s in segments[:5]}
        assert (head["MSH"][8], head["MSH"][11], head["MSH"][17]) == ("MDM^T02^MDM_T02", "2.5.1", "UNICODE UTF-8")
        assert head["MSH"][6] == "20261124120000-0500"
        assert head["PID"][3].startswith("A-12^^^")
        assert (head["TXA"][12], head["TXA"][17]) == (head["MSH"][9], "AU")
        told = [s[5] for s in segments[5:]]
        record = records.of_patient(self.ana)
        note = chart.note(patient=self.ana, record=record, by=self.noor, now=timezone.now())
        for escape, plain in (("\\T\\", "&"), ("\\E\\", "\\")):
            told = [line.replace(escape, plain) for line in told]
        assert told == note.replace("\x0b", "").rstrip("\n").split("\n")

    def test_the_message_escapes_what_would_end_a_field(self) -> None:
        Patient.objects.update(label="A|B^C&D~E\\F", reference="x\r\nMSH|")
        self.ana.refresh_from_db()
        pid = self.message()[2]
        assert pid[3].startswith("x\\.br\\MSH\\F\\^^^")
        assert pid[5].startswith("A\\F\\B\\S\\C\\T\\D\\R\\E\\E\\F^")

    def test_a_nurse_takes_them_from_the_note_and_the_audit_log_says_so(self) -> None:
        page = self.client.get(self.address("chart")).content.decode()
        for name, kind in (("chart_fhir", "application/fhir+json"), ("chart_hl7", "application/edi-hl7v2")):
            assert self.address(name) in page
            response = self.client.get(self.address(name))
            assert response["Content-Type"].startswith(kind)
            assert re.fullmatch(
                r'attachment; filename="education-note-\d+\.(json|hl7)"', response["Content-Disposition"]
            )
        assert problems(json.loads(self.client.get(self.address("chart_fhir")).content)) == []
        kinds = [*AuditEvent.objects.order_by("pk").values_list("what", flat=True)]
        assert kinds == ["chart.seen", "chart.exported", "chart.exported", "chart.exported"]
        self.client.force_login(make_nurse("omar", make_team("Cedar team")))
        assert self.client.get(self.address("chart_fhir")).status_code == 404

    def test_a_nurse_says_again_who_she_is_first(self) -> None:
        self.client.get(self.address("chart"))
        with time_machine.travel(at(24) + timedelta(minutes=6), tick=False):
            for name in ("chart_fhir", "chart_hl7"):
                assert self.client.get(self.address(name))["Location"].startswith(reverse("again"))

    def test_the_command_writes_the_same_file(self) -> None:
        self.work()
        out = StringIO()
        call_command("export_record", str(self.ana.pk), "--by", "noor", stdout=out)
        assert json.loads(out.getvalue()) == self.bundle()
        call_command("export_record", str(self.ana.pk), "--by", "noor", "--format", "hl7", stdout=(out := StringIO()))
        assert out.getvalue().startswith("MSH|^~\\&|LEARN|")
        make_nurse("omar", make_team("Cedar team"))
        for patient, by in ((self.ana.pk, "omar"), (self.ana.pk, "nobody"), (0, "noor"), (9**30, "noor")):
            with pytest.raises(CommandError, match="no nurse with this name"):
                call_command("export_record", str(patient), "--by", by)
        assert AuditEvent.objects.filter(what="chart.exported").count() == 2
