"""All patients: sorted and filtered by links, closed records apart."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from learn.assignments.models import Assignment
from learn.lessons.models import Step
from learn.people import audit
from learn.people.models import AuditEvent, Patient
from learn.progress import actions
from tests.cast import ALL, DeskCase, at, keep_published, make_nurse, make_patient, words


class TestTheList(DeskCase):
    def someone(self, label: str, due: int | None = None, steps: int = 0, **over: Any) -> Patient:
        """Return a patient, asked for a lesson by this day of December (or November, if negative)."""
        patient = make_patient(self.maple, label, **over)
        if due:
            day = date(2026, 12, due) if due > 0 else date(2026, 11, -due)
            Assignment.objects.create(patient=patient, lesson=self.lesson, by=self.noor, made=at(20), due=day)
        every = list(Step.objects.shown().filter(edition__lesson=self.lesson))
        for step in every[:steps]:
            actions.read(learner=patient.user, steps=every, step=step, now=at(20 + steps))
        return patient

    def names(self, query: str = "") -> list[str]:
        page = self.client.get(ALL + query).content.decode()
        return re.findall(r'<th role="rowheader" scope="row">\s*<a href="[^"]+"><bdi>([^<]+)</bdi>', page)

    def test_is_sorted_by_links_both_ways_and_who_has_no_value_comes_last(self) -> None:
        self.someone("Ben", due=5, steps=1, treatment="virus-therapy")
        self.someone("Cleo", due=-22, steps=2, treatment="cancer-vaccines")
        assert self.names() == ["Ana", "Ben", "Cleo"]
        assert self.names("?sort=-name") == ["Cleo", "Ben", "Ana"]
        assert self.names("?sort=due") == ["Cleo", "Ben", "Ana"]
        assert self.names("?sort=-due") == ["Ben", "Cleo", "Ana"]
        assert self.names("?sort=seen") == ["Ben", "Cleo", "Ana"]
        assert self.names("?sort=-seen") == ["Cleo", "Ben", "Ana"]
        assert self.names("?sort=why") == ["Cleo", "Ana", "Ben"]
        assert self.names("?sort=therapy") == ["Cleo", "Ben", "Ana"], "Cancer vaccines, Virus therapy"
        assert self.names("?sort=done") == ["Ben", "Cleo", "Ana"]
        for unknown in ("x", "-", "--name", "\x00"):
            assert self.names(f"?sort={unknown}") == ["Ana", "Ben", "Cleo"]

    def test_says_how_it_is_sorted_and_links_to_the_other_way(self) -> None:
        page = self.client.get(ALL, {"sort": "due"}).content.decode()
        assert re.search(r'aria-sort="ascending">\s*<a href="\?sort=-due">\s*Due', page)
        assert page.count("aria-sort") == 1
        assert re.search(r'<a href="\?sort=seen">\s*Last seen', page)

    def test_is_filtered_by_treatment_need_and_who_invited_them(self) -> None:
        lena = make_nurse("lena", self.maple, first_name="Lena")
        ben = self.someone("Ben", due=5, treatment="virus-therapy")
        cleo = self.someone("Cleo", due=-22, treatment="cancer-vaccines")
        audit.note_each(by=lena, what="invited", patients=[ben], now=at(2))
        audit.note_each(by=self.noor, what="invited", patients=[cleo], now=at(2))
        assert self.names("?therapy=virus-therapy") == ["Ben"]
        assert self.names("?why=late") == ["Cleo"]
        assert self.names("?why=nothing") == ["Ana", "Ben"]
        assert self.names("?nurse=Lena") == ["Ben"]
        assert self.names("?nurse=noor&why=late&sort=due") == ["Cleo"]
        assert "Nobody fits this. Show everyone" in words(self.client.get(ALL + "?nurse=Lena&why=late"))
        assert self.names("?nurse=Zoe&why=x&therapy=%00") == ["Ana", "Ben", "Cleo"]
        page = self.client.get(ALL + "?why=late&sort=due").content.decode()
        assert 'href="?therapy=virus-therapy&amp;why=late&amp;sort=due"' in page or (
            'href="?why=late&amp;sort=due&amp;therapy=virus-therapy"' in page
        )
        assert re.search(r'href="\?why=late&amp;sort=due" aria-current="true"', page)
        assert "3 learning, 1 fits this." in words(self.client.get(ALL + "?why=late"))

    def test_ticks_all_who_fit_on_this_page(self) -> None:
        self.someone("Ben", treatment="virus-therapy")
        self.someone("Cleo", treatment="cancer-vaccines")
        page = self.client.get(ALL + "?therapy=virus-therapy").content.decode()
        address = re.search(r'<a href="(\?[^"]+)" aria-label="All: tick all 1">', page)
        assert address
        ticked = self.client.get(ALL + address[1].replace("&amp;", "&")).content.decode()
        assert len(re.findall(r'name="patient" value="\d+" checked', ticked)) == 1
        assert "tick none" in ticked

    def test_keeps_filter_and_order_from_page_to_page(self) -> None:
        for n in range(52):
            make_patient(self.maple, f"P{n:02}", treatment="virus-therapy")
        page = self.client.get(ALL + "?therapy=virus-therapy&sort=-name").content.decode()
        more = re.search(r'href="(\?[^"]*after=\d+)">More patients', page)
        assert more
        assert self.names(more[1].replace("&amp;", "&")) == ["P01", "P00"]

    def test_has_closed_records_apart_without_the_reason(self) -> None:
        for label, day in (("Ben", 3), ("Cleo", 5)):
            self.someone(label, ended_on=date(2026, 11, day), ended_why="died")
        make_patient(self.cedar, "Cai", ended_on=date(2026, 11, 1), ended_why="died")
        assert self.names() == ["Ana"]
        assert self.names("?closed=1") == ["Cleo", "Ben"]
        page = words(self.client.get(ALL, {"closed": 1}))
        assert "Ben – Maple team Nov 3" in page
        assert "died" not in page.lower()
        assert AuditEvent.objects.filter(what="list.seen", patient__isnull=False).exclude(patient=self.ana.pk).exists()
        Patient.objects.filter(label__in=("Ben", "Cleo")).update(ended_on=None, ended_why="")
        assert "No record of your patients is closed." in words(self.client.get(ALL, {"closed": 1}))

    def test_costs_the_same_queries_for_1_3_and_50_whatever_it_is_sorted_by(self) -> None:
        self.client.get(ALL)
        for n in (1, 3, 50):
            for more in range(Patient.objects.count(), n):
                self.someone(f"P{more}", due=5, steps=1)
            keep_published()
            for sort in ("name", "done", "-therapy"):
                with self.assertNumQueries(12):
                    self.client.get(f"{ALL}?sort={sort}")
