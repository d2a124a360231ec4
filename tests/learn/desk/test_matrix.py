"""The progress table of the Desk: a row for each patient and a column for each lesson."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from typing import Any

from django.urls import reverse
from openpyxl import load_workbook

from learn.assignments.models import Assignment
from learn.desk.admin.export import as_xlsx
from learn.desk.admin.picture import Bar
from learn.lessons.models import Lesson, Step
from learn.people.models import AuditEvent, CareTeam, Membership, Patient
from learn.progress import actions
from quizzes import taking
from tests.cast import DeskCase, at, keep_published, make_nurse, make_patient, right, unguarded, words, wrong


class ProgressCase(DeskCase):
    address = "/admin/people/patient/progress/"

    def ask(self, patient: Patient, lesson: Lesson | None = None, due: date = date(2026, 12, 24)) -> None:
        Assignment.objects.create(patient=patient, lesson=lesson or self.lesson, due=due, by=self.noor, made=at(20))

    def read(self, patient: Patient, steps: int, lesson: Lesson | None = None) -> None:
        every = list(Step.objects.shown().filter(edition__lesson=lesson or self.lesson))
        for step in every[:steps]:
            actions.read(learner=patient.user, steps=every, step=step, now=at(20))

    def check(self, patient: Patient, answer: Any) -> None:
        attempt = taking.start(learner=patient.user, quiz=self.lesson.quiz, language="en", now=at(20))
        while item := taking.owed(list(attempt.items.with_answers())):
            taking.answer(item=item, given=answer(item.revision), number=item.answers + 1, now=at(20))

    def page(self, **query: Any) -> str:
        return self.client.get(self.address, query).content.decode().partition("The picture in numbers")[0]

    def names(self, **query: Any) -> list[str]:
        return re.findall(r'<th scope="row">\s*<a href="[^"]+"><bdi>([^<]+)</bdi></a>', self.page(**query))


class TestProgress(ProgressCase):
    def test_shows_each_status_with_late_and_needs_help(self) -> None:
        for label in ("Ben", "Cleo", "Dan"):
            make_patient(self.maple, label)
        ben, cleo, dan = Patient.objects.filter(label__in=("Ben", "Cleo", "Dan"))
        self.ask(self.ana, due=date(2026, 11, 22))
        self.read(ben, 1)
        self.read(cleo, 9)
        self.check(cleo, right)
        self.read(dan, 9)
        self.check(dan, wrong)
        text = words(self.client.get(self.address))
        assert (
            "Patient Side effects Due All 4 1 of 4 done The next day of each patient Dan Talk about it: a safety"
            in text
        )
        assert "question is not right yet – no day Ana Late , not begun Nov 22" in text
        assert "Ben Step 2 of 6 – no day Cleo Done – no day The picture in numbers" in text

    def test_shows_the_assigned_and_started_lessons_in_the_sites_order(self) -> None:
        first = Lesson.objects.get(slug="what-is-immunotherapy")
        self.ask(self.ana)
        self.read(make_patient(self.maple, "Ben"), 1, first)
        page = self.page()
        titles = re.findall(r'<th scope="col">([^<]+)</th>', page)
        assert titles == ["Patient", "Side effects", "Due"], "nobody was asked for the other lesson"
        self.ask(self.ana, first)
        page = self.page()
        titles = re.findall(r'<th scope="col">([^<]+)</th>', page)
        assert titles == ["Patient", "What is immunotherapy?", "Side effects", "Due"]
        assert page.count(">not asked for<") == 1

    def test_is_a_table_in_a_focusable_region(self) -> None:
        self.ask(self.ana)
        page = self.page()
        assert '<div class="scroll mxwrap" tabindex="0" role="region" aria-label=' in page
        assert re.search(r'<th scope="row">\s*<a href="', page)
        assert '<th scope="col">Side effects</th>' in page

    def test_is_sorted_by_missed_safety_question_then_by_longest_late(self) -> None:
        ben, cleo, dan = (make_patient(self.maple, label) for label in ("Ben", "Cleo", "Dan"))
        self.ask(ben, due=date(2026, 11, 22))
        self.ask(cleo, due=date(2026, 11, 2))
        self.check(dan, wrong)
        assert self.names() == ["Dan", "Cleo", "Ben", "Ana"]
        assert self.names(sort="name") == ["Ana", "Ben", "Cleo", "Dan"]
        assert self.names(sort="due") == ["Cleo", "Ben", "Ana", "Dan"]
        assert self.names(sort="\x00") == ["Dan", "Cleo", "Ben", "Ana"]

    def test_can_be_filtered_by_due_day_and_status_of_the_same_lesson(self) -> None:
        other = Lesson.objects.get(slug="what-is-immunotherapy")
        late, today, sixth, seventh = (make_patient(self.maple, label) for label in ("Late", "Now", "Six", "Seven"))
        self.ask(late, due=date(2026, 11, 22))
        self.ask(today, due=date(2026, 11, 23))
        self.ask(sixth, due=date(2026, 11, 29))
        self.ask(seventh, due=date(2026, 11, 30))
        self.read(late, 1, other)
        assert self.names(due="late") == ["Late"]
        assert self.names(due="week", sort="name") == ["Now", "Six"]
        assert self.names(status="reading") == ["Late"]
        assert self.names(status="reading", due="late") == []
        assert self.names(status="not-started", due="late") == ["Late"]
        assert "None of your patients fits this" in self.page(status="done")
        assert self.names(due="never") == self.names()
        assert "Choose one of these" in self.page(due="never")

    def test_does_not_call_late_or_due_what_is_done(self) -> None:
        self.ask(self.ana, due=date(2026, 11, 22))
        self.read(self.ana, 9)
        self.check(self.ana, right)
        assert self.names(due="late") == []
        assert self.names(status="done") == ["Ana"]

    def test_uses_the_date_in_the_clinics_time_zone(self) -> None:
        self.ask(self.ana, due=date(2026, 11, 23))
        assert self.names(due="late") == []
        CareTeam.objects.update(zone="Pacific/Auckland")  # where it is already the 24th
        assert self.names(due="late") == ["Ana"]

    def test_finds_who_needs_help_even_when_the_lesson_is_retired(self) -> None:
        self.check(self.ana, wrong)
        with unguarded():
            self.lesson.editions.update(state="retired")
        assert self.names(status="help") == ["Ana"]
        assert "Ana Needs help" in words(self.client.get(self.address))

    def test_offers_only_the_nurses_own_teams_as_a_filter(self) -> None:
        assert 'name="team"' not in self.page()
        cai = make_patient(self.cedar, "Cai")
        assert self.names(team=self.cedar.pk) == ["Ana"]
        Membership.objects.create(care_team=self.cedar, nurse=self.noor, started=at(1))
        assert self.names() == ["Ana", "Cai"]
        assert self.names(team=self.cedar.pk) == ["Cai"]
        assert re.search(r'Cai</bdi></a>.*?<td class="soft"><bdi>Cedar team', self.page(), flags=re.S)
        assert cai.label not in self.page(team=self.maple.pk)

    def test_can_be_filtered_by_treatment_which_drops_the_lessons_of_others(self) -> None:
        assert 'name="therapy"' not in self.page(), "nobody has a treatment"
        first = Lesson.objects.get(slug="what-is-immunotherapy")
        ben = make_patient(self.maple, "Ben", treatment="t-cell-therapy")
        self.ask(self.ana)
        self.ask(ben, first)
        assert self.names(therapy="t-cell-therapy") == ["Ben"]
        assert self.names(therapy="none") == ["Ana"]
        assert self.names(therapy="all", sort="name") == ["Ana", "Ben"]
        titles = re.findall(r'<th scope="col">([^<]+)</th>', self.page(therapy="t-cell-therapy"))
        assert titles == ["Patient", "What is immunotherapy?", "Due"]
        page = self.page()
        assert '<option value="t-cell-therapy">T-cell therapy and T-cell engagers (1)</option>' in page
        assert '<option value="none">None chosen (1)</option>' in page

    def test_has_no_empty_cell(self) -> None:
        self.ask(self.ana)
        make_patient(self.maple, "Ben")
        for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", self.page(), flags=re.S):
            assert re.sub(r"<[^>]+>", "", cell).strip(), cell

    def test_leaves_out_closed_records_and_other_teams(self) -> None:
        make_patient(self.maple, "Gone", ended_on=date(2026, 11, 1), ended_why="moved")
        make_patient(self.cedar, "Cai")
        assert self.names() == ["Ana"]

    def test_keeps_its_order_across_pages_and_misses_nobody(self) -> None:
        for n in range(120):
            patient = make_patient(self.maple, f"P{n % 7}")
            if n % 3 == 0:
                self.ask(patient, due=date(2026, 11, 1 + n % 20))
        seen: list[str] = []
        query = "?due=all&status=all"
        for pages in (1, 2):
            page = self.client.get(self.address + query).content.decode()
            seen += re.findall(r"patient/(\d+)/change/", page)
            more = re.search(r'href="(\?after=\d+)">More patients', page)
            assert bool(more) == (pages < 2)
            query = more[1] if more else ""
        assert len(seen) == len(set(seen)) == 121
        late = set(map(str, Assignment.objects.values_list("patient", flat=True)))
        assert set(seen[: len(late)]) == late

    def test_keeps_the_filter_from_page_to_page(self) -> None:
        for n in range(101):
            self.ask(make_patient(self.maple, f"P{n}"), due=date(2026, 11, 2))
        page = self.client.get(self.address, {"due": "late", "sort": "name"}).content.decode()
        more = re.search(r'href="(\?[^"]+)">More patients', page)
        assert more
        second = self.client.get(self.address + more[1].replace("&amp;", "&")).content.decode()
        assert len(re.findall(r'<th scope="row">\s*<a ', second)) == 1
        assert '<option value="late" selected>' in second
        assert 'href="?due=late&amp;sort=name">Back to the first patients' in second

    def test_costs_the_same_queries_for_1_3_and_50_patients_with_14_lessons(self) -> None:
        lessons = list(Lesson.objects.taught()[:14])
        self.page()
        for more in (0, 2, 47):
            for n in range(more):
                patient = make_patient(self.maple, f"P{more}-{n}")
                for lesson in lessons:
                    self.ask(patient, lesson)
            keep_published()
            with self.assertNumQueries(9):  # session with user, roles, patients, the audit row, the five of the status
                self.page()
        self.check(self.ana, wrong)
        keep_published()
        with self.assertNumQueries(11):  # two more when somebody missed a safety question
            assert self.page().count('<td class="c ') == 50 * 14

    def test_leaves_an_audit_row_for_the_page_and_one_for_each_patient_on_it(self) -> None:
        ben = make_patient(self.maple, "Ben")
        self.page()
        self.page(status="done")
        rows = AuditEvent.objects.values_list("who", "what", "team", "patient", "count")
        seen = (self.noor.pk, "list.seen", self.maple.pk)
        assert set(rows) == {(*seen, None, 2), (*seen, self.ana.pk, None), (*seen, ben.pk, None)}
        assert len(rows) == 3

    def test_is_one_click_from_home(self) -> None:
        assert f'href="{reverse("admin:people_patient_matrix")}"' in self.client.get("/admin/").content.decode()


class TestTheTeamChart(ProgressCase):
    def counts(self, **query: Any) -> dict[str, list[int]]:
        """Return each lesson's numbers, in the order of the table."""
        picture = self.client.get(self.address, query).content.decode().partition("The picture in numbers")[2]
        rows = re.findall(r'<tr>\s*<th scope="row">([^<]+)</th>(.*?)</tr>', picture, flags=re.S)
        return {title: [int(n) for n in re.findall(r'class="num">(\d+)<', cells)] for title, cells in rows}

    def test_counts_the_patients_in_each_status_of_a_lesson(self) -> None:
        ben, cleo, dan = (make_patient(self.maple, label) for label in ("Ben", "Cleo", "Dan"))
        self.ask(self.ana, due=date(2026, 11, 22))
        self.read(ben, 1)
        self.read(cleo, 9)
        self.ask(cleo)
        self.check(cleo, right)
        self.read(dan, 9)
        self.check(dan, wrong)
        make_patient(self.maple, "Eli")  # has no assignment
        assert self.counts() == {"Side effects: when to call": [1, 0, 1, 1, 1, 0, 4]}
        assert self.counts(status="done") == {"Side effects: when to call": [1, 0, 0, 0, 0, 0, 1]}

    def test_draws_bars_in_proportion(self) -> None:
        bar = Bar("L", "L", {"done": 3, "begun": 0, "late": 1})
        assert [(part.kind, part.x, part.width) for part in bar.parts] == [("done", 1.0, 81.0), ("late", 82.0, 27.0)]
        assert Bar("L", "L", {"done": 0}).parts == []

    def test_is_left_out_without_assignments(self) -> None:
        assert self.counts() == {}


class TestTheFile(ProgressCase):
    address = "/admin/people/patient/progress/export/"

    def rows(self, **query: Any) -> list[list[str]]:
        response = self.client.get(self.address, query)
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"] == 'attachment; filename="progress-2026-11-23.csv"'
        return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig")), strict=True))

    def test_contains_all_pages_of_the_filtered_list(self) -> None:
        self.ask(self.ana, due=date(2026, 11, 22))
        for n in range(60):
            self.read(make_patient(self.maple, f"P{n:02}", reference=f"R-{n}"), 1)
        rows = self.rows(sort="name")
        assert len(rows) == 62
        assert rows[0][:5] == ["Patient", "Reference", "Care team", "Treatment", "Next due"]
        title = "Side effects: when to call"
        assert rows[0][5:] == [title, f"{title}, due", f"{title}, done"]
        assert rows[1] == ["Ana", "", "Maple team", "", "2026-11-22", "Not started, Late", "2026-11-22", ""]
        assert rows[2] == ["P00", "R-0", "Maple team", "", "", "Step 2 of 6", "", ""]
        assert [row[0] for row in self.rows(due="late")] == ["Patient", "Ana"]
        seen = AuditEvent.objects.filter(what="list.exported").order_by("pk")
        totals = [(event.count, event.who) for event in seen.filter(patient=None)]
        assert totals == [(61, self.noor.pk), (1, self.noor.pk)]
        assert seen.filter(patient=self.ana.pk).count() == 2
        assert seen.exclude(patient=None).count() == 61 + 1

    def test_never_contains_a_formula(self) -> None:
        bad = ["=1+1", "+1", "-2", "@SUM(A1)", "\tx", "\rx", "＝1", " =1", 'a,b"c']
        self.ask(self.ana)
        for label in bad:
            self.read(make_patient(self.maple, label, reference=label), 1)
        cells = {row[n] for row in self.rows()[1:] for n in (0, 1)}
        assert {f"'{label}" for label in bad[:-1]} | {bad[-1], "Ana", ""} == cells - {""} | {""}

    def test_contains_nobody_of_another_team(self) -> None:
        self.client.force_login(make_nurse("nobody-yet"))
        assert self.rows() == [["Patient", "Reference", "Care team", "Treatment", "Next due"]]

    def test_stays_text_where_a_spreadsheet_splits_at_semicolons(self) -> None:
        """With a comma in numbers, Excel splits "x;=cmd" into two cells and runs the second one."""
        Patient.objects.filter(pk=self.ana.pk).update(label="x;=cmd", reference="a; @b")
        assert self.rows()[1][:2] == ["x;'=cmd", "a;' @b"]

    def test_as_xlsx_has_only_text(self) -> None:
        Patient.objects.filter(pk=self.ana.pk).update(label="=1+1;=cmd", reference="0045", treatment="t-cell-therapy")
        self.ask(self.ana)
        self.read(self.ana, 9)
        self.check(self.ana, right)
        response = self.client.get(self.address, {"file": "xlsx"})
        assert response["Content-Disposition"] == 'attachment; filename="progress-2026-11-23.xlsx"'
        page = load_workbook(io.BytesIO(response.content)).active
        assert page is not None
        assert {cell.data_type for row in page.iter_rows() for cell in row if cell.value} == {"s"}
        assert [cell.value for cell in page[2]][:4] == [
            "=1+1;=cmd",
            "0045",
            "Maple team",
            "T-cell therapy and T-cell engagers",
        ]
        assert [cell.value for cell in page[2]][5:] == ["Done", "2026-12-24", "2026-11-20"]

    def test_as_xlsx_takes_out_what_such_a_file_cannot_hold(self) -> None:
        cells = load_workbook(io.BytesIO(as_xlsx([["a\x01b", None, date(2026, 11, 1)]], "x").content)).active
        assert cells is not None
        assert [cell.value for cell in cells[1]] == ["ab", None, "2026-11-01"]
