"""Assign, undo, change the day, withdraw: an undo reverts exactly one act, and no later change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import SimpleTestCase, TestCase, TransactionTestCase
from django.urls import reverse

from learn.assignments import actions
from learn.assignments.models import Act, Assignment, Pathway
from learn.lessons.models import Lesson, Therapy
from learn.people.models import AuditEvent, CareTeam, Patient, User
from quizzes.templatetags.days import weekday
from tests.cast import at, load_content, make_nurse, make_patient, make_team, together, words

NOW = at(23)
DUE, LATER = date(2026, 12, 4), date(2026, 12, 11)


class AssigningCase(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        load_content()
        cls.maple = make_team()
        cls.ana, cls.ben = make_patient(cls.maple, "Ana"), make_patient(cls.maple, "Ben")
        cls.noor, cls.lea = make_nurse("noor", cls.maple), make_nurse("lea", cls.maple)
        cls.omar = make_nurse("omar", make_team("Cedar team"))
        cls.lesson = Lesson.objects.get(slug="side-effects-when-to-call")
        cls.other = Lesson.objects.get(slug="what-is-immunotherapy")

    def setUp(self) -> None:
        clock = time_machine.travel(NOW, tick=False)
        clock.start()
        self.addCleanup(clock.stop)
        self.client.force_login(self.noor)

    def assign(self, *patients: Patient, **over: Any) -> Any:
        how: dict[str, Any] = {"lessons": [self.lesson], "due": DUE, "note": "", "by": self.noor, "now": NOW} | over
        return actions.assign(patients=patients or [self.ana], **how)

    def stand(self) -> list[tuple[Any, ...]]:
        """Return the current assignments."""
        active = Assignment.objects.active().order_by("patient", "lesson")
        return list(active.values_list("patient__label", "lesson__slug", "due", "note", "by__username"))


class TestAnUndo(AssigningCase):
    def undo(self, act: Act, *, by: User | None = None, after: timedelta = timedelta(minutes=9)) -> actions.Undone:
        return actions.undo(act=act, by=by or self.noor, now=NOW + after)

    def test_withdraws_what_the_act_assigned_and_keeps_the_rows(self) -> None:
        act = self.assign(self.ana, self.ben, lessons=[self.lesson, self.other])
        assert self.undo(act) == actions.Undone(back=4, left=0)
        assert self.stand() == []
        assert Assignment.objects.exclude(withdrawn=None).count() == 4

    def test_restores_what_the_act_changed(self) -> None:
        self.assign(self.ana, note="From Lea", by=self.lea)
        before = self.stand()
        act = self.assign(self.ana, self.ben, due=LATER, note="From Noor")
        assert [row[2:] for row in self.stand()] == [(LATER, "From Noor", "noor")] * 2
        assert self.undo(act) == actions.Undone(back=2, left=0)
        assert self.stand() == before

    def test_twice_has_no_more_effect(self) -> None:
        act = self.assign(self.ana)
        assert self.undo(act) == self.undo(act) == actions.Undone(back=1, left=0)
        self.assign(self.ana)
        assert self.undo(act) == actions.Undone(back=1, left=0)
        assert len(self.stand()) == 1
        assert AuditEvent.objects.filter(what="assigned.undone").count() == 1

    def test_does_not_revert_a_later_change_and_says_so(self) -> None:
        act = self.assign(self.ana, self.ben)
        self.assign(self.ana, due=LATER, by=self.lea)
        assert self.undo(act) == actions.Undone(back=1, left=1)
        assert self.stand() == [("Ana", self.lesson.slug, LATER, "", "lea")]

    def test_does_not_revert_what_was_withdrawn_and_assigned_again(self) -> None:
        act = self.assign(self.ana)
        actions.withdraw(assignment=Assignment.objects.get(), by=self.lea, now=NOW)
        self.assign(self.ana, by=self.lea)
        assert self.undo(act) == actions.Undone(back=0, left=1)
        assert len(self.stand()) == 1

    def test_of_a_later_change_makes_the_first_act_undoable_again(self) -> None:
        first = self.assign(self.ana)
        second = self.assign(self.ana, due=LATER)
        assert self.undo(first) == actions.Undone(back=0, left=1)
        self.undo(second)
        assert self.stand()[0][2] == DUE

    def test_after_ten_minutes_is_refused_and_changes_nothing(self) -> None:
        act = self.assign(self.ana)
        with self.assertRaises(actions.TooLate):
            self.undo(act, after=timedelta(minutes=10, seconds=1))
        assert len(self.stand()) == 1

    def test_is_only_for_the_nurse_who_did_it(self) -> None:
        act = self.assign(self.ana)
        with self.assertRaises(Act.DoesNotExist):
            self.undo(act, by=self.lea)
        for nurse in (self.lea, self.omar):
            self.client.force_login(nurse)
            assert self.client.post(reverse("admin:people_patient_undo", args=[act.pk])).status_code == 404
        assert len(self.stand()) == 1

    def test_does_not_change_a_patient_that_the_nurse_may_no_longer_see(self) -> None:
        act = self.assign(self.ana, self.ben)
        Patient.objects.filter(pk=self.ana.pk).update(care_team=CareTeam.objects.get(name="Cedar team"))
        assert self.undo(act) == actions.Undone(back=1, left=1)
        assert [row[0] for row in self.stand()] == ["Ana"]

    def test_is_a_button_that_is_shown_only_with_the_message(self) -> None:
        form = {"lessons": [self.lesson.slug], "due": "2026-12-04"}
        page = self.client.post(
            f"{reverse('admin:people_patient_assign')}?patient={self.ana.pk}&patient={self.ben.pk}", form, follow=True
        )
        button = reverse("admin:people_patient_undo", args=[Act.objects.get().pk])
        assert f'action="{button}"' in page.content.decode()
        assert "Assigned 1 lesson to 2 patients." in words(page)
        assert button not in self.client.get("/admin/").content.decode()
        assert "Undone." in words(self.client.post(button, follow=True))
        assert self.stand() == []

    def test_says_when_it_is_partial_or_too_late(self) -> None:
        act = self.assign(self.ana, self.ben)
        self.assign(self.ana, due=LATER, by=self.lea)
        button = reverse("admin:people_patient_undo", args=[act.pk])
        with time_machine.travel(NOW + timedelta(minutes=11), tick=False):
            assert "The ten minutes are over." in words(self.client.post(button, follow=True))
        assert len(self.stand()) == 2
        assert "Undone. One stays as it is: it was changed since." in words(self.client.post(button, follow=True))

    def test_is_noted_for_each_patient(self) -> None:
        self.undo(self.assign(self.ana, self.ben))
        rows = AuditEvent.objects.order_by("pk").values_list("what", "patient", "team", "count")
        team = self.maple.pk
        each = [(what, p.pk, team, None) for what in ("assigned", "assigned.undone") for p in (self.ana, self.ben)]
        assert list(rows) == each


class TestTheFormForTickedPatients(AssigningCase):
    def test_leaves_an_audit_row_as_a_list_of_patients(self) -> None:
        self.client.get(reverse("admin:people_patient_assign"), {"patient": [self.ana.pk, self.ben.pk]})
        [row] = AuditEvent.objects.filter(patient=None)
        assert (row.what, row.team, row.count, row.who) == ("list.seen", self.maple.pk, 2, self.noor.pk)
        assert AuditEvent.objects.exclude(patient=None).count() == 2

    def test_leaves_them_again_when_it_is_drawn_again_after_an_error(self) -> None:
        address = f"{reverse('admin:people_patient_assign')}?patient={self.ana.pk}"
        assert self.client.post(address, {"due": "never"}).status_code == 200
        assert AuditEvent.objects.filter(what="list.seen", patient=self.ana.pk).count() == 1


class TestAssigningTwice(AssigningCase):
    def test_returns_the_same_act_so_that_a_double_press_can_be_undone(self) -> None:
        assert self.assign(self.ana) == self.assign(self.ana)
        assert Act.objects.count() == 1
        assert AuditEvent.objects.count() == 1

    def test_by_another_nurse_changes_nothing_and_gives_her_no_undo(self) -> None:
        self.assign(self.ana)
        before = self.stand()
        assert self.assign(self.ana, by=self.lea) is None
        assert self.stand() == before

    def test_never_returns_an_act_that_did_more_than_this_request(self) -> None:
        self.assign(self.ana, self.ben)
        assert self.assign(self.ana) is None


class TestAPathway(AssigningCase):
    def assign_by_form(self, **form: Any) -> Any:
        address = f"{reverse('admin:people_patient_assign')}?patient={self.ana.pk}"
        return self.client.post(address, {"due": "2026-12-04"} | form, follow=True)

    def test_assigns_all_its_lessons_and_a_lesson_that_is_ticked_too_only_once(self) -> None:
        pathway = Pathway.objects.get(slug="virus-therapy")
        page = self.assign_by_form(pathways=["virus-therapy"], lessons=["who-to-call", "il-2"])
        assert "Assigned 6 lessons to Ana." in words(page)
        assert {row[1] for row in self.stand()} == {*pathway.slugs, "il-2"}

    def test_exists_for_each_therapy_with_its_number_of_lessons(self) -> None:
        page = words(self.client.get(f"{reverse('admin:people_patient_assign')}?patient={self.ana.pk}"))
        for pathway in Pathway.objects.all():
            assert f"{pathway.name}: {len(pathway.slugs)} lessons" in page
        named = {pathway.therapy for pathway in Pathway.objects.select_related("therapy")}
        assert named == set(Therapy.objects.taught().filter(kind=Therapy.Kind.THERAPY))

    def test_that_does_not_exist_is_refused_with_a_message(self) -> None:
        for value in ("nothing", "\x00", "9" * 40):
            assert "not there any more" in words(self.assign_by_form(pathways=[value]))
        assert self.stand() == []


class TestOneAssignment(AssigningCase):
    def setUp(self) -> None:
        super().setUp()
        self.assign(self.ana, self.ben, note="Before Monday")
        self.asked = self.ana.assignments.get()
        self.address = reverse("admin:people_patient_assignment", args=[self.ana.pk, self.asked.pk])
        self.page = reverse("admin:people_patient_change", args=[self.ana.pk])

    def test_is_on_the_patients_page_with_day_and_note_and_links_to_its_own_page(self) -> None:
        page = self.client.get(self.page)
        assert "due Dec 4" in words(page)
        assert "Asked by noor" in words(page)
        assert "“Before Monday”" in words(page)
        assert f'href="{self.address}"' in page.content.decode()
        assert 'value="2026-12-04"' in self.client.get(self.address).content.decode()

    def test_can_get_another_day_for_this_patient_only_and_can_be_undone(self) -> None:
        form = {"due": "2026-12-11", "note": "Before Monday", "drawn_from": actions.fingerprint(self.asked)}
        response = self.client.post(self.address, form, follow=True)
        assert response.redirect_chain == [(self.page, 303)]
        assert [row[2] for row in self.stand()] == [LATER, DUE]
        self.client.post(reverse("admin:people_patient_undo", args=[Act.objects.latest("pk").pk]))
        assert [row[2] for row in self.stand()] == [DUE, DUE]

    def test_that_somebody_else_changed_meanwhile_is_not_written_over(self) -> None:
        form = {"due": "2026-12-11", "note": "Mine", "drawn_from": actions.fingerprint(self.asked)}
        self.assign(self.ana, note="Theirs", by=self.lea)
        page = self.client.post(self.address, form)
        assert (
            "lea saved something else meanwhile: by Friday, December 4, with the words “Theirs”. Nothing of yours is "
            "saved yet. What you typed is still here"
        ) in words(page)
        assert "Mine" in page.content.decode()
        self.asked.refresh_from_db()
        assert self.asked.note == "Theirs"
        self.client.post(self.address, form | {"drawn_from": actions.fingerprint(self.asked)})
        self.client.post(self.address, form | {"drawn_from": actions.fingerprint(self.asked)})  # a double press
        self.asked.refresh_from_db()
        assert (self.asked.due, self.asked.note) == (LATER, "Mine")
        actions.withdraw(assignment=self.asked, by=self.lea, now=NOW)

    def test_that_is_late_can_get_a_new_note_with_its_old_day(self) -> None:
        with time_machine.travel(at(23) + timedelta(days=20), tick=False):
            self.client.force_login(self.noor)
            assert "That day has passed" in words(self.client.post(self.address, {"due": "2026-12-05", "note": "x"}))
            drawn = {"drawn_from": actions.fingerprint(self.asked)}
            self.client.post(self.address, {"due": "2026-12-04", "note": "Still time"} | drawn)
        assert self.stand()[0][2:4] == (DUE, "Still time")

    def test_withdrawn_is_no_longer_asked_for_and_its_row_stays(self) -> None:
        address = reverse("admin:people_patient_withdraw", args=[self.ana.pk, self.asked.pk])
        for _ in range(2):
            assert "Withdrawn." in words(self.client.post(address, follow=True))
        assert [row[0] for row in self.stand()] == ["Ben"]
        assert Assignment.objects.count() == 2
        assert AuditEvent.objects.filter(what="withdrawn", patient=self.ana.pk).count() == 1
        for send in (self.client.get, self.client.post):
            assert "not asked for any more" in words(send(self.address, follow=True))

    def test_is_not_found_under_another_patient_or_by_another_teams_nurse(self) -> None:
        wrong = reverse("admin:people_patient_assignment", args=[self.ben.pk, self.asked.pk])
        assert self.client.get(wrong).status_code == 404
        self.client.force_login(self.omar)
        for address in (self.address, reverse("admin:people_patient_withdraw", args=[self.ana.pk, self.asked.pk])):
            assert self.client.post(address, {"due": "2026-12-11"}).status_code == 404
        assert [row[2] for row in self.stand()] == [DUE, DUE]

    def test_can_still_be_done_when_it_is_late(self) -> None:
        with time_machine.travel(at(23) + timedelta(days=60), tick=False):
            self.client.force_login(self.ana.user)
            lesson = "/lessons/antibodies-and-checkpoint-inhibitors/side-effects-when-to-call/1/"
            assert self.client.get(lesson).status_code == 200
            page = words(self.client.get("/my/"))
        assert "You can still do it." in page
        assert "Late" not in page


class TestTheClinicsTimeZone(SimpleTestCase):
    """The due date is a date in the clinic's time zone: a day starts at midnight there, also when clocks change."""

    CHANGES = (  # time zone, the two days when its clocks change
        ("America/New_York", date(2026, 3, 8), date(2026, 11, 1)),
        ("America/Los_Angeles", date(2027, 3, 14), date(2027, 11, 7)),
        ("Europe/London", date(2026, 3, 29), date(2026, 10, 25)),
        ("Australia/Lord_Howe", date(2026, 4, 5), date(2026, 10, 4)),  # changes by half an hour
        ("Pacific/Auckland", date(2026, 4, 5), date(2026, 9, 27)),
        ("America/Santiago", date(2026, 4, 5), date(2026, 9, 6)),  # changes at midnight: one day has no 00:00
        ("Asia/Kolkata", date(2026, 3, 29), date(2026, 10, 25)),  # never changes
        ("America/Phoenix", date(2026, 3, 8), date(2026, 11, 1)),  # never changes, although its neighbors do
    )

    def first_moment(self, day: date, zone: ZoneInfo) -> datetime:
        """Return the first minute of the day in the clinic's time zone, found by a search minute by minute."""
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=26)
        while moment.astimezone(zone).date() < day:
            moment += timedelta(minutes=1)
        return moment

    def test_makes_assignments_late_at_its_own_midnight(self) -> None:
        for name, *days in self.CHANGES:
            team, zone = CareTeam(name="T", zone=name), ZoneInfo(name)
            for due in (day + timedelta(days=n) for day in days for n in (-1, 0, 1)):
                asked, over = Assignment(due=due), self.first_moment(due + timedelta(days=1), zone)
                with self.subTest(zone=name, due=due):
                    assert not asked.is_late(team.today(over - timedelta(minutes=1)))
                    assert asked.is_late(team.today(over))

    def test_gives_the_right_date_at_every_hour_when_clocks_change(self) -> None:
        for name, *days in self.CHANGES:
            team = CareTeam(name="T", zone=name)
            for day in days:
                for n in range(8):
                    start = self.first_moment(day - timedelta(days=n), ZoneInfo(name))
                    for hours in (0, 1, 2, 3, 12, 22):
                        today = team.today(start + timedelta(hours=hours))
                        assert today == day - timedelta(days=n), (name, day, n, hours)
                        assert (today + timedelta(days=7)).weekday() == today.weekday()

    def test_does_not_shift_a_saved_day_when_it_is_shown(self) -> None:
        due = date(2026, 11, 1)
        assert f"{Assignment(due=due).due:%A %d %B}" == "Sunday 01 November"


class TestTheDueDayOnThePages(AssigningCase):
    def test_is_the_same_for_nurse_and_patient_when_clocks_change(self) -> None:
        for zone, day in (("America/New_York", date(2026, 11, 1)), ("Pacific/Auckland", date(2026, 9, 27))):
            CareTeam.objects.filter(pk=self.maple.pk).update(zone=zone)
            Assignment.objects.all().delete()
            midnight = datetime(day.year, day.month, day.day, 0, 30, tzinfo=ZoneInfo(zone))
            self.assign(self.ana, due=day)
            for moment, late in ((midnight, False), (midnight + timedelta(hours=24, minutes=45), True)):
                with time_machine.travel(moment, tick=False):
                    self.client.force_login(self.noor)
                    home = words(self.client.get("/admin/people/patient/"))
                    assert f"{day:%b} {day.day}" in home
                    assert ("Late" in home) == late, (zone, moment)
                    self.client.force_login(self.ana.user)
                    mine = words(self.client.get("/my/"))
                    assert f"By {weekday(day)}." in mine
                    assert ("You can still do it" in mine) == late


@pytest.mark.race
class TestAssigningAtOnce(TransactionTestCase):
    def setUp(self) -> None:
        assert connection.vendor == "postgresql", "SQLite hides races: run this on PostgreSQL"
        self.team = make_team()
        self.patients = [make_patient(self.team, f"P{n}") for n in range(5)]
        self.nurses = [make_nurse(f"nurse{n}", self.team) for n in range(4)]
        therapy = Therapy.objects.create(slug="t", position=1, title="T", summary="S.")
        self.lessons = [Lesson.objects.create(therapy=therapy, slug=f"l{n}", position=n) for n in range(1, 4)]

    def assign(self, by: User, due: date) -> Act | None:
        who = self.patients if by.pk % 2 else self.patients[::-1]
        return actions.assign(patients=who, lessons=self.lessons, due=due, note="", by=by, now=NOW)

    def test_leaves_each_assignment_once_with_the_values_of_one_act(self) -> None:
        for n in range(10):
            dues = [DUE + timedelta(days=10 * n + k) for k in range(8)]
            done = together(8, lambda k, dues=dues: self.assign(self.nurses[k % 4], dues[k]))
            assert [e for e in done if isinstance(e, Exception)] == []
            standing = Assignment.objects.active()
            assert standing.count() == 15
            assert standing.values("act", "due", "by").distinct().count() == 1

    def test_undoes_once_after_many_presses(self) -> None:
        for _ in range(10):
            act = self.assign(self.nurses[0], DUE)
            assert act
            done = together(6, lambda _, act=act: actions.undo(act=act, by=self.nurses[0], now=NOW))
            assert done == [actions.Undone(back=15, left=0)] * 6
            assert not Assignment.objects.active().exists()

    def test_never_undoes_a_change_of_another_nurse_at_that_moment(self) -> None:
        for n in range(10):
            act = self.assign(self.nurses[0], DUE)
            assert act
            due = LATER + timedelta(days=n)
            acts: list[Any] = [
                lambda act=act: actions.undo(act=act, by=self.nurses[0], now=NOW),
                lambda due=due: self.assign(self.nurses[1], due),
            ]
            done = together(2, lambda k, acts=acts: acts[k]())
            assert [e for e in done if isinstance(e, Exception)] == []
            standing = Assignment.objects.active()
            assert set(standing.values_list("due", "by")) == {(due, self.nurses[1].pk)}
            assert standing.count() == 15
            standing.update(withdrawn=NOW)
