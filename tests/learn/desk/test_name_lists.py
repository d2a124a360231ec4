"""Cards from a list of names: what is read, what is refused, all or nothing; likely doubles; the day that was shown."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from learn.assignments.models import Assignment
from learn.desk import name_lists
from learn.desk.name_lists import Unreadable
from learn.people.models import AccessCode, Patient, User
from tests.cast import DeskCase, at, make_patient, words

INVITE, NAMES = "/admin/people/patient/invite/", "/admin/people/patient/invite/names/"


def read(data: bytes) -> list[tuple[int, str, str]]:
    return [(row.number, row.name, row.reference) for row in name_lists.from_file(data)]


@pytest.mark.parametrize(
    "data",
    [
        b"name,reference\nIris Morgan,0045\n\nJos\xc3\xa9,\n",
        b"\xef\xbb\xbfName;Ward;Reference\r\nIris Morgan;3;0045\r\n;;\r\nJos\xc3\xa9;;",
        "reference\tNAME\n0045\tIris Morgan\n\t\n\tJosé\n".encode("utf-16"),
        'name,MRN\n"Iris\nMorgan",0045\n,\nJosé'.encode("cp1252"),
    ],
    ids=["commas", "semicolons", "Unicode text", "Windows"],
)
def test_a_file_is_read_as_spreadsheets_write_it(data: bytes) -> None:
    assert [row[1:] for row in read(data)] == [("Iris Morgan", "0045"), ("José", "")]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "must name its columns"),
        (b"Iris\nJosh\n", "must name its columns"),
        (b"name\n\x00", "no CSV file"),
        (b"PK\x03\x04\x00\x00", "no CSV file"),
        (b'name\n"Iris', "quotation mark"),
        (b"name\n" + b"x" * 70_000, "too large"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(data: bytes, problem: str) -> None:
    with pytest.raises(Unreadable, match=problem):
        name_lists.from_file(data)


def test_pasted_lines_have_a_name_and_after_a_tab_a_reference() -> None:
    rows = name_lists.pasted("Morgan, Iris\t 0045\r\n \r\n  Ben T.  \n")
    assert [(row.number, row.name, row.reference) for row in rows] == [(1, "Morgan, Iris", "0045"), (3, "Ben T.", "")]
    assert name_lists.pasted(name_lists.as_pasted(rows))[1].name == "Ben T."


class ListCase(DeskCase):
    def send(self, names: str = "", file: bytes | None = None, **over: Any) -> Any:
        form: dict[str, Any] = {"names": names, "pathway": "later", "when": "7"} | over
        if file is not None:
            form["file"] = SimpleUploadedFile("list.csv", file)
        return self.client.post(NAMES, form)

    def shown(self, response: Any) -> dict[str, str]:
        page = response.content.decode()
        found = {name: re.search(rf'name="{name}" value="([^"]*)"', page) for name in ("checked", "form", "drawn")}
        text = re.search(r"<textarea[^>]*>\n?(.*?)</textarea>", page, re.S)
        return {name: match[1] for name, match in found.items() if match} | {"names": text[1] if text else ""}


class TestAList(ListCase):
    def test_is_only_checked_the_first_time_and_saved_when_sent_again(self) -> None:
        checked = self.send(file=b"name,reference\nIris Morgan,0045\nBen T.,\n", form=str(uuid4()))
        assert "Nothing is saved yet. This would make 2 cards." in words(checked)
        assert Patient.objects.count() == 1
        page = self.send(**self.shown(checked))
        assert len(re.findall(r'<p class="code">', page.content.decode())) == 2
        assert "Whose card is which" in words(page)
        made = Patient.objects.exclude(pk=self.ana.pk).order_by("pk")
        assert [(p.label, p.reference) for p in made] == [("Iris Morgan", "0045"), ("Ben T.", "")]
        card = page.content.decode().split('<section class="card"')[1]
        assert "Iris" not in card
        self.send(**self.shown(checked))  # a double press: the same patients, new codes
        assert Patient.objects.count() == 3
        assert AccessCode.objects.filter(cancelled=None).count() == 2

    def test_that_was_changed_after_the_check_is_checked_again(self) -> None:
        shown = self.shown(self.send("Iris", form=str(uuid4())))
        assert "Nothing is saved yet" in words(self.send(**(shown | {"names": "Iris\nBen"})))
        assert "Nothing is saved yet" in words(self.send(**(shown | {"when": "14"})))
        assert Patient.objects.count() == 1

    def test_names_every_row_that_cannot_be_used_and_makes_none(self) -> None:
        page = words(self.send("Iris\n" + "x" * 81 + "\n\u200b\nBen \u202eneB\nIRIS\nJo\t" + "7" * 41))
        for problem in (
            "Row 2, name: Use 80 letters at most", "Row 3, name: Type a name or initials",
            "Row 4, name: This has hidden marks", "Row 5 is the same as row 1",
            "Row 6, reference: Use 40 letters at most",
        ):  # fmt: skip
            assert problem in page, problem
        assert Patient.objects.count() == 1

    def test_has_a_hundred_names_at_most_and_one_at_least(self) -> None:
        assert "These are 101. Make cards for at most 100 at once" in words(
            self.send("\n".join(f"P {n}" for n in range(101)))
        )
        assert "Paste names, one a line, or choose a file" in words(self.send(" \n"))
        assert "must name its columns" in words(self.send(file=b""))
        shown = self.shown(self.send("\n".join(f"P {n}" for n in range(100)), form=str(uuid4())))
        page = self.send(**shown).content.decode()
        assert len(set(re.findall(r'<p class="code">([A-Z ]+)</p>', page))) == 100
        assert len(page) < 3_000_000


class TestALikelyDouble(ListCase):
    def invite(self, **over: Any) -> Any:
        form = {"label": "Dee", "reference": "", "pathway": "later", "when": "7", "form": str(uuid4())} | over
        return self.client.post(INVITE, form)

    def test_is_said_before_an_invitation_is_saved(self) -> None:
        iris = make_patient(self.maple, "Iris Morgan", reference="MRN-1")
        User.objects.filter(pk=iris.user_id).update(date_joined=at(3))
        for over in ({"label": "IRIS  MORGAN"}, {"label": "I. M.", "reference": "MRN-1"}):
            page = words(self.invite(**over))
            assert "Iris Morgan, MRN-1 is a patient of Maple team since Tuesday, November 3, 2026" in page, over
            assert "Invite anyway: this is somebody else" in page
        assert Patient.objects.count() == 2
        assert self.invite(label="Iris Morgan", another="on").status_code == 303
        assert Patient.objects.filter(label="Iris Morgan").count() == 2

    def test_is_not_said_of_another_teams_patients_or_of_the_same_form(self) -> None:
        make_patient(self.cedar, "Cai")
        assert self.invite(label="Cai").status_code == 303
        form = str(uuid4())
        assert [self.invite(label="Dee", form=form).status_code for _ in range(2)] == [303, 303]
        assert Patient.objects.filter(label="Dee").count() == 1

    def test_is_said_of_a_list_too(self) -> None:
        page = words(self.send("Ana\nBea"))
        assert "Ana is a patient of Maple team since" in page
        assert "Nothing is saved yet. This would" in words(self.send("Ana\nBea", another="on"))


class TestTheDayThatWasShown(ListCase):
    def test_counts_when_the_form_is_saved_after_midnight(self) -> None:
        with time_machine.travel(at(23, 23, 57), tick=False):
            self.client.force_login(self.noor)
            page = self.client.get(INVITE).content.decode()
        assert "In 7 days: Monday, November 30" in page
        drawn = re.findall(r'name="drawn" value="([^"]+)"', page)[0]
        form = {"label": "Dee", "pathway": "antibodies-and-checkpoint-inhibitors", "when": "7", "drawn": drawn}
        with time_machine.travel(at(24, 0, 3), tick=False):
            client = Client()
            client.force_login(self.noor)
            assert client.post(INVITE, form).status_code == 303
        assert set(Assignment.objects.values_list("due", flat=True)) == {date(2026, 11, 30)}

    def test_that_is_long_ago_has_to_be_chosen_again(self) -> None:
        form = {"label": "Dee", "pathway": "later", "when": "7", "drawn": "2026-11-20"}
        assert "the days have moved on. Choose again" in words(self.client.post(INVITE, form))
        assert self.client.post(INVITE, form | {"drawn": "2026-11-23"}).status_code == 303
