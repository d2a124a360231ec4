"""The nurse's Desk: the list of patients, a patient's page, assigning lessons."""

import re
from datetime import date
from unittest.mock import patch

import time_machine
from django.contrib.auth.models import Group
from django.urls import reverse

from learn.assignments.models import Assignment
from learn.desk.admin import days
from learn.lessons.models import Lesson, Step
from learn.people import roles
from learn.people.models import CareTeam, Membership, Patient, User
from learn.progress import actions
from tests.cast import ALL, DeskCase, at, keep_published, make_nurse, make_patient, words


def test_a_day_is_as_short_in_another_year() -> None:
    today = date(2026, 11, 29)
    assert [days.short(on, today) for on in (today, date(2027, 1, 3), None)] == ["Nov 29", "Jan 3, 2027", ""]


class TestAllPatients(DeskCase):
    def test_are_listed_with_their_lessons_and_status(self) -> None:
        assert "Ana – None asked for – – never –" in self.all()
        self.assign(self.ana)
        assert "Ana – 0 of 1 lessons done On the way Dec 4 never –" in self.all()
        steps = list(Step.objects.filter(edition__lesson=self.lesson))
        actions.read(learner=self.ana.user, steps=steps, step=steps[0], now=at(23))
        assert "Ana – 0 of 1 lessons done On the way Dec 4 Nov 23 –" in self.all()

    def test_are_called_late_after_the_due_day(self) -> None:
        self.assign(self.ana, due="2026-11-23")
        assert "Late" not in self.all()
        with time_machine.travel(at(24), tick=False):
            self.client.force_login(self.noor)
            assert "Late" in self.all()

    def test_show_dates_in_the_clinics_time_zone(self) -> None:
        steps = list(Step.objects.filter(edition__lesson=self.lesson))
        Lesson.objects.filter(pk=self.lesson.pk).update(quiz=None)
        for step in steps:  # Monday evening in New York is Tuesday in Auckland
            actions.read(learner=self.ana.user, steps=steps, step=step, now=at(23, 20))
        fields = {"patient": self.ana, "lesson": self.lesson, "due": date(2026, 12, 1), "by": self.noor, "made": at(20)}
        Assignment.objects.create(**fields)
        for zone, day in (("America/New_York", "Nov 23"), ("Pacific/Auckland", "Nov 24")):
            CareTeam.objects.update(zone=zone)
            assert f"All done Done {day} {day}" in self.all()

    def test_are_not_shown_to_a_nurse_of_another_team_or_of_no_team(self) -> None:
        for nurse in (self.omar, make_nurse("newcomer")):
            self.client.force_login(nurse)
            page = self.all()
            assert "Ana" not in page
            assert "You have no patients here yet" in page

    def test_are_byte_for_byte_the_same_whatever_happens_in_another_team(self) -> None:
        def page() -> str:
            return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", self.client.get(ALL).content.decode())

        self.assign(self.ana)
        page()  # the page that says "Assigned"
        before = page()
        ben = make_patient(self.cedar, "Ben")
        Assignment.objects.create(patient=ben, lesson=self.lesson, due=date(2026, 12, 1), by=self.omar, made=at(22))
        assert page() == before

    def test_disappear_at_the_next_request_after_the_membership_has_ended(self) -> None:
        assert "Ana" in self.all()
        Membership.objects.filter(nurse=self.noor).update(ended=at(23))
        assert "Ana" not in self.all()

    def test_do_not_include_closed_records(self) -> None:
        Patient.objects.filter(pk=self.ana.pk).update(ended_on=date(2026, 11, 1), ended_why="moved")
        assert "Ana" not in self.all()

    def test_cost_the_same_queries_for_1_3_and_60_patients(self) -> None:
        self.client.get(ALL)
        for more in (0, 2, 57):
            for n in range(more):
                make_patient(self.maple, f"P{more}-{n}")
            keep_published()
            # session with user, roles; whose; misses, asks, questions, patients; the four of the status; the audit row
            with self.assertNumQueries(12):
                self.client.get(ALL)

    def test_come_fifty_on_a_page_and_none_is_missing_or_shown_twice(self) -> None:
        for n in range(120):
            make_patient(self.maple, f"P{n % 7}")
        seen, address = [], ALL
        for _ in range(4):
            page = self.client.get(address).content.decode()
            seen += re.findall(r'name="patient" value="(\d+)"', page)
            more = re.search(r'href="(\?after=\d+)"', page)
            if not more:
                break
            address = ALL + more[1]
        assert len(seen) == len(set(seen)) == 121

    def test_accept_an_invalid_page_number(self) -> None:
        for value in ("x", "-1", "9" * 40, "\x00", "²"):
            assert "Ana" in words(self.client.get(ALL, {"after": value}))


class TestAPatientsPage(DeskCase):
    def test_shows_the_patients_lessons_to_their_nurse(self) -> None:
        self.assign(self.ana)
        page = words(self.client.get(reverse("admin:people_patient_change", args=[self.ana.pk])))
        assert "Ana Choose the treatment · Maple team" in page
        assert "Side effects: when to call Not started, due Dec 4" in page
        assert "What is immunotherapy?" in page.split("lessons not asked for")[1]


class TestEveryAddressOfAnotherTeamsPatient(DeskCase):
    def test_is_not_found_and_changes_nothing(self) -> None:
        addresses = [
            *(reverse(f"admin:people_patient_{name}", args=[self.ana.pk]) for name in ("change", "contact")),
            self.assign_address(self.ana),
        ]
        newcomer = make_nurse("newcomer")
        educator = User.objects.create_user("eda", is_staff=True)
        educator.groups.add(Group.objects.get(name=roles.EDUCATOR))
        root = User.objects.create_superuser("root")
        for person in (self.omar, newcomer, educator, root):
            self.client.force_login(person)
            for address in addresses:
                assert self.client.get(address).status_code == 404, (person, address)
            assert self.assign(self.ana).status_code == 404
        assert not Assignment.objects.exists()

    def test_is_left_out_and_not_named_together_with_ones_own_patient(self) -> None:
        """It may be a patient who was moved while the list was open."""
        ben = make_patient(self.cedar, "Ben")
        for number in (ben.pk, 999999):
            address = f"{self.assign_address(self.ana)}&patient={number}"
            assert "Left out, because they are not your patients now: 1." in words(self.client.get(address))
        assert self.assign(self.ana, ben).status_code == 303
        assert [a.patient for a in Assignment.objects.all()] == [self.ana]
        page = words(self.client.get("/admin/"))
        assert "Left out, because they are not your patients now: 1. Assigned 1 lesson to Ana." in page
        assert "Ben" not in page


class TestTheDesk(DeskCase):
    addresses = ("/admin/", *(f"/admin/people/patient/{end}" for end in ("", "assign/", "1/change/", "1/contact/")))

    def test_asks_a_visitor_and_a_guest_to_sign_in(self) -> None:
        self.client.logout()
        for _ in range(2):
            for address in self.addresses:
                response = self.client.get(address)
                assert response.status_code == 302
                assert response.url.startswith("/accounts/login/?next=/admin/"), response.url
            self.client.force_login(User.objects.create_guest())

    def test_is_not_found_for_a_patient(self) -> None:
        self.client.force_login(self.ana.user)
        for address in self.addresses:
            assert self.client.get(address).status_code == 404
            assert self.client.post(address).status_code == 404

    def test_is_not_found_for_staff_without_the_role(self) -> None:
        self.client.force_login(User.objects.create_user("eda", is_staff=True))
        for address in self.addresses:
            assert self.client.get(address).status_code == 404

    def test_has_no_default_admin_pages_for_anybody(self) -> None:
        for person in (self.noor, User.objects.create_superuser("root")):
            self.client.force_login(person)
            for end in (
                "people/",
                "auth/group/",
                "auth/group/add/",
                "account/emailaddress/",
                "password_change/",
                "jsi18n/",
            ):
                assert self.client.get(f"/admin/{end}").status_code == 404, end

    def test_redirects_to_the_sign_in_page_and_back_to_the_desk(self) -> None:
        for _ in range(2):
            assert self.client.get("/admin/login/").url == "/accounts/login/?next=%2Fadmin%2F"
            self.client.logout()

    def test_does_not_let_staff_assign_who_may_only_view(self) -> None:
        with patch.dict(roles.MAY, {roles.NURSE: frozenset({"people.view_patient"})}):
            assert self.client.get(self.assign_address(self.ana)).status_code == 404
            assert self.assign(self.ana).status_code == 404
        assert not Assignment.objects.exists()


class TestAssigning(DeskCase):
    def test_assigns_the_lessons_to_the_ticked_patients_with_the_due_day(self) -> None:
        ben = make_patient(self.maple, "Ben")
        other = Lesson.objects.get(slug="what-is-immunotherapy")
        response = self.assign(self.ana, ben, lessons=[self.lesson.slug, other.slug], note=" Before Monday ")
        assert (response.status_code, response.url) == (303, "/admin/")
        assert "Assigned 2 lessons to 2 patients." in words(self.client.get("/admin/"))
        made = Assignment.objects.order_by("pk")
        assert {(a.patient, a.lesson) for a in made} == {(p, k) for p in (self.ana, ben) for k in (self.lesson, other)}
        assert {(a.due, a.note, a.by) for a in made} == {(date(2026, 12, 4), "Before Monday", self.noor)}

    def test_suggests_a_due_day_in_a_week(self) -> None:
        page = self.client.get(self.assign_address(self.ana)).content.decode()
        assert 'value="2026-11-30"' in page

    def test_does_the_rest_and_names_whose_record_was_closed_meanwhile(self) -> None:
        ben, cleo = make_patient(self.maple, "Ben T."), make_patient(self.maple, "Cleo")
        Patient.objects.filter(pk=ben.pk).update(ended_on=date(2026, 11, 22), ended_why="finished")
        page = self.client.get(self.assign_address(self.ana, ben, cleo))
        assert "Left out, because the record is closed: Ben T. " in words(page)
        assert "Assign to 2 patients" in page.content.decode()
        self.assign(self.ana, ben, cleo)
        said = "Left out, because the record is closed: Ben T. Assigned 1 lesson to 2 patients."
        assert said in words(self.client.get("/admin/"))
        assert {a.patient for a in Assignment.objects.all()} == {self.ana, cleo}
        response = self.client.get(self.assign_address(ben), follow=True)
        assert "the record is closed: Ben T. Tick at least one patient" in words(response)

    def test_says_one_full_stop_after_a_name_that_ends_with_one(self) -> None:
        self.assign(make_patient(self.maple, "Ben T."))
        assert "Assigned 1 lesson to Ben T. Undo" in words(self.client.get("/admin/"))

    def test_twice_makes_one_assignment(self) -> None:
        self.assign(self.ana)
        self.assign(self.ana)
        assert Assignment.objects.count() == 1

    def test_accepts_the_american_date_format_too(self) -> None:
        self.assign(self.ana, due="12/04/2026")
        assert Assignment.objects.get().due == date(2026, 12, 4)

    def test_explains_invalid_input_and_changes_nothing(self) -> None:
        for over, problem in (
            ({"lessons": []}, "Choose at least one lesson"),
            ({"lessons": ["999999"]}, "not there any more"),
            ({"lessons": ["x"]}, "not there any more"),
            ({"lessons": ["9" * 40]}, "not there any more"),
            ({"lessons": ["\x00"]}, "not there any more"),
            ({"due": ""}, "Choose a day"),
            ({"due": "soon"}, "Write the day like 12/04/2026"),
            ({"due": "2026-02-30"}, "Write the day like"),
            ({"due": "0000-00-00"}, "Write the day like"),
            ({"due": "\x00"}, "Write the day like"),
            ({"due": "2026-11-22"}, "That day has passed"),
            ({"due": "2036-12-04"}, "more than a year away"),
            ({"due": "9999-12-31"}, "more than a year away"),
            ({"note": "x" * 121}, "Use 120 letters at most"),
            ({"note": "a\x00b"}, "Null characters are not allowed"),
        ):
            response = self.assign(self.ana, **over)
            assert problem in words(response), over
            assert "There is a problem" in words(response)
        assert not Assignment.objects.exists()

    def test_without_a_ticked_patient_says_what_to_do(self) -> None:
        for address in ("", "?patient=", "?patient=x", "?patient=%00", "?patient=-1"):
            response = self.client.get(reverse("admin:people_patient_assign") + address, follow=True)
            assert "Tick at least one patient" in response.content.decode()

    def test_for_a_patient_who_does_not_exist_is_not_found(self) -> None:
        for number in ("999999", "9" * 18):
            assert self.client.get(reverse("admin:people_patient_assign") + f"?patient={number}").status_code == 404

    def test_escapes_whatever_a_nurse_types(self) -> None:
        self.assign(self.ana, note="<script>alert(1)</script>")
        self.client.force_login(self.ana.user)
        page = self.client.get("/my/").content.decode()
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)" in page
