"""IT's part of the Desk: staff, care teams, and a hospital set up from nothing to its first card without a shell."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test import Client, TestCase, TransactionTestCase
from django.urls import reverse

from learn.people import audit, roles, staff, teams
from learn.people.models import AuditEvent, CareTeam, Membership, Patient, Session, User
from tests.cast import PASSWORD, at, load_content, make_nurse, make_patient, make_team, paced, plan_of, together, words

NOW = at(23, 9)
STAFF, TEAMS = "/admin/people/user/", "/admin/people/careteam/"
NUMBERS = {"day_phone": "555-010-0199", "night_phone": "555-011-0199", "fever": "100.4 °F (38 °C)"}
TEAM = NUMBERS | {"name": "Pine team", "zone": "America/Denver"}


def make_it(name: str = "ivy") -> User:
    user = User.objects.create_user(name, password=PASSWORD, is_staff=True, first_name=name.title())
    user.groups.add(Group.objects.get(name=roles.IT))
    return user


def current(person: User) -> dict[str, bool]:
    """Return the teams in which a person works now, and whether they lead each."""
    return dict(person.memberships.filter(ended=None).values_list("care_team__name", "lead"))


class ItCase(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.maple, cls.cedar = make_team(), make_team("Cedar team")
        cls.ivy, cls.ian = make_it(), make_it("ian")
        cls.noor, cls.lea = make_nurse("noor", cls.maple, first_name="Noor"), make_nurse("lea", first_name="Lea")
        teams.make_lead(team=cls.maple, nurse=cls.lea, by=cls.ivy, now=at(1))
        AuditEvent.objects.all().delete()

    def setUp(self) -> None:
        clock = time_machine.travel(NOW, tick=False)
        clock.start()
        self.addCleanup(clock.stop)
        self.client.force_login(self.ivy)

    def of(self, person: User, name: str = "change") -> str:
        return reverse(f"admin:people_user_{name}", args=[person.pk])

    def press(self, person: User, name: str = "change", **form: Any) -> str:
        if name == "change":
            form = {"seen": staff.fingerprint(User.objects.get(pk=person.pk))} | form
        return words(self.client.post(self.of(person, name), form, follow=True))

    def team(self, team: CareTeam | None = None, name: str = "settings") -> str:
        return reverse(f"admin:people_careteam_{name}", args=[(team or self.maple).pk])

    def rows(self, of: str = STAFF, **asked: Any) -> list[str]:
        """Return the names that head the rows of a list."""
        page = self.client.get(of, asked).content.decode()
        return re.findall(r'<th role="rowheader" scope="row">\s*<a [^>]+><bdi>([^<]+)</bdi>', page)

    def assert_in_order_of(self, index: str, of: str) -> None:
        """Fail if the rows of a list are not read in the order of this index: then all of them would be sorted."""
        asked: list[tuple[str, Any]] = []

        def note(execute: Callable[..., Any], sql: str, params: Any, *rest: Any) -> Any:
            asked.append((sql, params))
            return execute(sql, params, *rest)

        with connection.execute_wrapper(note):
            self.client.get(of)
        (page,) = ((sql, params) for sql, params in asked if "ORDER BY" in sql and "LIMIT" in sql)
        plan = plan_of(*page)  # with its values apart, as the page asks: SQLite's plan depends on it
        assert index in plan
        assert not re.search("Sort|TEMP B-TREE", plan), plan

    def audited(self) -> list[tuple[str, int | None]]:
        events = AuditEvent.objects.exclude(what__in=("list.seen", "signed.in", "sign-in.failed")).order_by("pk")
        return list(events.values_list("what", "person"))


class TestTheStaffList(ItCase):
    def test_is_its_home_page_and_says_who_may_sign_in_as_what(self) -> None:
        assert self.client.get("/admin/").headers["Location"] == STAFF
        page = words(self.client.get(STAFF))
        assert "4 people, 4 can sign in" in page
        assert "Noor noor Nurse Maple team never Off" in page
        assert "Lea lea Lead nurse Maple team" in page
        assert "Ivy ivy IT – today at 9 a.m." in page

    def test_is_filtered_and_sorted(self) -> None:
        User.objects.filter(pk=self.noor.pk).update(last_login=at(23, 9) - timedelta(days=91))
        User.objects.filter(pk=self.lea.pk).update(is_active=False)
        assert "Noor" in (away := words(self.client.get(STAFF, {"show": "away"})))
        assert "Lea" not in away
        assert "Lea" in words(self.client.get(STAFF, {"show": "disabled"}))
        assert "Noor" not in words(self.client.get(STAFF, {"show": "never"}))
        by_role = words(self.client.get(STAFF, {"sort": "role"}))
        assert by_role.index("Ivy ivy") < by_role.index("Lea lea") < by_role.index("Noor noor")

    def test_names_no_patient_and_no_guest(self) -> None:
        make_patient(self.maple, "Zacharias", name="zach")
        User.objects.create_guest()
        page = words(self.client.get(STAFF))
        assert "zach" not in page.lower()
        assert "4 people" in page

    def test_finds_a_person_by_words_of_both_names(self) -> None:
        make_nurse("jal", self.maple, first_name="José", last_name="Alba")
        everyone = ["Ian", "Ivy", "José Alba", "Lea", "Noor"]
        for q, found in (("jose", everyone[2:3]), ("ALBA jo", everyone[2:3]), ("jal", everyone[2:3]), ("\0", everyone)):
            assert self.rows(q=q) == found, q
        assert "Nobody is here" in words(self.client.get(STAFF, {"q": "nobody"}))
        assert "1 person, 1 can sign in" in words(self.client.get(STAFF, {"q": "jose"}))
        assert "Nobody is here" in words(self.client.get(STAFF, {"q": "jose", "show": "disabled"}))

    def test_has_fifty_people_a_page(self) -> None:
        for n in range(97):
            make_nurse(f"n{n:02}", first_name=f"nurse {n:02}" if n % 2 else f"Nurse {n:02}")
        first = self.client.get(STAFF, {"sort": "name"})
        assert "1 to 50 of 101" in words(first)
        assert "Earlier" not in words(first)
        assert 'href="?sort=name&amp;after=50"' in first.content.decode()
        rows = [row for after in (0, 50, 100) for row in self.rows(sort="name", after=after)]
        assert rows == ["Ian", "Ivy", "Lea", "Noor", *(f"{'nurse' if n % 2 else 'Nurse'} {n:02}" for n in range(97))]
        second = self.client.get(STAFF, {"after": 50})
        assert "51 to 100 of 101" in words(second)
        assert re.search(r'href="\?" rel="prev"', second.content.decode())
        for nonsense in ("x", "-1", "101", "9" * 30):
            assert self.rows(after=nonsense) == rows[:50]
        assert "1 to 50" not in words(self.client.get(STAFF, {"q": "nurse 1"}))

    def test_is_sorted_by_the_highest_role_and_by_who_was_away_longest(self) -> None:
        self.ian.groups.add(Group.objects.get(name=roles.NURSE))
        bob = User.objects.create_user("bob", is_staff=True)
        assert self.rows(sort="role") == ["Ian", "Ivy", "Lea", "bob", "Noor"]
        for days, person in enumerate((self.ivy, bob, self.noor, self.ian, self.lea)):
            User.objects.filter(pk=person.pk).update(last_login=at(23, 9) - timedelta(days=days))
        assert self.rows(sort="last") == ["Lea", "Ian", "Noor", "bob", "Ivy"]

    def test_is_read_in_the_order_of_an_index(self) -> None:
        self.assert_in_order_of("staff_by_name", STAFF)

    def test_costs_the_same_queries_for_few_and_many_people(self) -> None:
        self.client.get(STAFF)
        for more in (0, 10):
            for n in range(more):
                make_nurse(f"nurse{n}", self.maple, self.cedar)
            # Session with user, roles; how many; people, their roles, teams and second steps.
            with self.assertNumQueries(7):
                self.client.get(STAFF)
        with self.assertNumQueries(8):
            self.client.get(STAFF, {"q": "nurse"})


class TestTheListOfTeams(ItCase):
    def test_has_fifty_teams_a_page_and_the_closed_ones_at_the_end(self) -> None:
        for n in range(50):
            make_team(f"Ward {n:02}")
        CareTeam.objects.filter(name__in=("Cedar team", "Ward 07")).update(closed=NOW)
        wards = [f"Ward {n:02}" for n in range(50) if n != 7]
        assert self.rows(f"{TEAMS}all/") == ["Maple team", *wards]
        assert self.rows(f"{TEAMS}all/", after=50) == ["Cedar team", "Ward 07"]
        assert "51 to 52 of 52 Earlier" in words(self.client.get(f"{TEAMS}all/", {"after": 50}))
        assert self.rows(f"{TEAMS}all/", q="wArd 7") == ["Ward 17", "Ward 27", "Ward 37", "Ward 47", "Ward 07"]
        assert "No care team has this name" in words(self.client.get(f"{TEAMS}all/", {"q": "nobody"}))

    def test_is_read_in_the_order_of_an_index(self) -> None:
        self.assert_in_order_of("team_by_name", f"{TEAMS}all/")

    def test_costs_the_same_queries_for_few_and_many_teams(self) -> None:
        self.client.get(f"{TEAMS}all/")
        for more in (0, 60):
            for n in range(more):
                teams.make_lead(team=make_team(f"Ward {n:02}"), nurse=self.lea, by=self.ivy, now=NOW)
            with self.assertNumQueries(5):  # session with user, roles; how many; teams and their leads
                self.client.get(f"{TEAMS}all/")
        with self.assertNumQueries(6):
            self.client.get(f"{TEAMS}all/", {"q": "ward"})


class TestAddingAPerson(ItCase):
    def add(self, **over: Any) -> Any:
        form = {"name": "Nell Ross", "username": "NRoss", "role": roles.NURSE, "care_teams": [self.cedar.pk]} | over
        return self.client.post(f"{STAFF}add/", form, follow=True)

    def test_shows_a_one_time_password_once(self) -> None:
        response = self.add()
        page = words(response)
        nell = User.objects.get(username="nross")
        [text] = re.findall(r"\b(?:[a-z]{4}-){3}[a-z]{4}\b", page)
        assert nell.check_password(text)
        assert "Tuesday, November 24 at 9 a.m." in page
        assert "Role: Nurse, Cedar team" in page
        assert text not in self.client.get(self.of(nell, "slip")).content.decode()
        assert "cannot be shown here again" in words(self.client.get(self.of(nell, "slip")))
        assert (current(nell), staff.role(nell), nell.is_staff) == ({"Cedar team": False}, roles.NURSE, True)
        assert self.audited() == [("staff.added", nell.pk), ("member.added", nell.pk)]
        assert "One-time password waits" in words(self.client.get(STAFF))

    def test_as_a_lead_makes_her_lead_the_ticked_teams(self) -> None:
        self.add(role=roles.LEAD, care_teams=[self.maple.pk, self.cedar.pk])
        nell = User.objects.get(username="nross")
        assert current(nell) == {"Maple team": True, "Cedar team": True}
        assert set(nell.groups.values_list("name", flat=True)) == {roles.LEAD}

    def test_is_refused_with_a_clear_reason(self) -> None:
        for over, say in (
            ({"name": " "}, "Type a name"),
            ({"username": ""}, "Type a sign-in name"),
            ({"username": "nell ross"}, "Use letters, digits and"),
            ({"username": "NOOR"}, "Someone has that sign-in name already"),
            ({"role": ""}, "Choose a role"),
            ({"role": "Superuser"}, "Choose a role"),
            ({"role": roles.EDUCATOR}, "Only nurses work in care teams"),
            ({"role": roles.LEAD, "care_teams": []}, "A lead nurse leads a team"),
            ({"care_teams": ["999"]}, "closed now"),
        ):
            page = words(self.add(**over))
            assert say in page, over
            assert "There is a problem" in page
        assert User.objects.count() == 4
        assert self.audited() == []

    def test_sent_twice_adds_one_person_and_shows_a_password_that_works(self) -> None:
        first, second = words(self.add()), words(self.add())
        [text] = re.findall(r"\b(?:[a-z]{4}-){3}[a-z]{4}\b", second)
        assert text not in first
        assert User.objects.get(username="nross").check_password(text)
        assert AuditEvent.objects.filter(what="staff.added").count() == 1

    def test_does_not_take_over_a_patient_with_this_name(self) -> None:
        ana = make_patient(self.maple, "Ana", name="ana")
        assert "Someone has that sign-in name already" in words(self.add(username="ana"))
        assert User.objects.get(pk=ana.user.pk).check_password(PASSWORD)


class TestOnePerson(ItCase):
    def test_gets_another_role_at_the_next_request(self) -> None:
        make_patient(self.maple, "Ana")
        noors = Client()
        noors.force_login(self.noor)
        assert noors.get("/admin/people/patient/").status_code == 200
        assert "role and teams are saved" in self.press(self.noor, role=roles.EDUCATOR)
        assert noors.get("/admin/people/patient/").status_code == 404
        assert current(self.noor) == {}
        assert self.audited() == [("member.removed", self.noor.pk), ("staff.role", self.noor.pk)]

    def test_moves_between_teams_and_becomes_a_lead(self) -> None:
        self.press(self.noor, role=roles.LEAD, care_teams=[self.maple.pk, self.cedar.pk])
        assert current(self.noor) == {"Maple team": True, "Cedar team": True}
        teams.make_lead(team=self.cedar, nurse=self.lea, by=self.ivy, now=NOW)
        self.press(self.noor, role=roles.NURSE, care_teams=[self.cedar.pk])
        assert current(self.noor) == {"Cedar team": False}
        assert set(self.noor.groups.values_list("name", flat=True)) == {roles.NURSE}

    def test_stays_the_lead_of_what_she_leads_when_a_team_is_added(self) -> None:
        teams.add(team=self.cedar, nurse=self.lea, by=self.ivy, now=NOW)
        pine = make_team("Pine team")
        self.press(self.lea, role=roles.LEAD, care_teams=[self.maple.pk, self.cedar.pk, pine.pk])
        assert current(self.lea) == {"Maple team": True, "Cedar team": False, "Pine team": True}

    def test_is_not_overwritten_by_a_form_that_is_older_and_the_same_form_twice_is_no_error(self) -> None:
        old = staff.fingerprint(self.noor)
        assert f'name="seen" value="{old}"' in self.client.get(self.of(self.noor)).content.decode()
        for _ in range(2):
            assert "role and teams are saved" in self.press(self.noor, role=roles.REVIEWER, seen=old)
        assert "Somebody else changed this person" in self.press(self.noor, role=roles.EDUCATOR, seen=old)
        assert staff.role(User.objects.get(pk=self.noor.pk)) == roles.REVIEWER
        assert AuditEvent.objects.filter(what="staff.role").count() == 1

    def test_cannot_leave_a_team_without_a_lead(self) -> None:
        for form in ({"role": roles.NURSE, "care_teams": [self.maple.pk]}, {"role": roles.IT}):
            assert "only lead of one of these teams" in self.press(self.lea, **form)
        assert (current(self.lea), staff.role(self.lea)) == ({"Maple team": True}, roles.LEAD)
        assert self.audited() == []

    def test_is_disabled_at_once_and_let_in_again(self) -> None:
        noors = Client()
        noors.force_login(self.noor)
        assert "signed out everywhere" in self.press(self.noor, "disable", do="disable")
        assert not Session.objects.filter(user_id=self.noor.pk).exists()
        assert noors.get("/admin/").status_code == 302
        assert noors.post("/accounts/login/", {"login": "noor", "password": PASSWORD}).status_code == 200
        assert "is disabled and cannot sign in" in words(self.client.get(self.of(self.noor)))
        assert "Let them in again first" in self.press(self.noor, "password")
        assert "can sign in again" in self.press(self.noor, "disable", do="enable")
        assert noors.post("/accounts/login/", {"login": "noor", "password": PASSWORD}).status_code == 303
        assert current(self.noor) == {"Maple team": False}
        assert self.audited() == [("staff.disabled", self.noor.pk), ("staff.enabled", self.noor.pk)]

    def test_who_leads_alone_can_be_disabled_and_it_is_told(self) -> None:
        assert "Maple team has no lead now" in self.press(self.lea, "disable", do="disable")
        assert "nobody yet" in words(self.client.get(f"{TEAMS}all/"))

    def test_gets_a_new_one_time_password_after_a_page_that_says_what_it_does(self) -> None:
        assert "stops working" in words(self.client.get(self.of(self.noor, "password")))
        assert User.objects.get(pk=self.noor.pk).check_password(PASSWORD)
        [text] = re.findall(r"\b(?:[a-z]{4}-){3}[a-z]{4}\b", self.press(self.noor, "password"))
        assert User.objects.get(pk=self.noor.pk).check_password(text)
        assert self.audited() == [("staff.password", self.noor.pk)]

    def test_is_never_oneself(self) -> None:
        assert "This is you" in words(self.client.get(self.of(self.ivy)))
        for name, form in (("change", {"role": roles.NURSE}), ("disable", {"do": "disable"})):
            assert "cannot be done to oneself" in self.press(self.ivy, name, **form)
        assert self.client.post(self.of(self.ivy, "password")).headers["Location"] == "/admin/password/"
        assert staff.role(self.ivy) == roles.IT
        assert self.audited() == []

    def test_of_it_stays_if_nobody_else_could_do_its_work(self) -> None:
        for do in (
            lambda: staff.disable(person=self.ivy, by=self.lea, now=NOW),
            lambda: staff.set_role(
                person=self.ivy, role=roles.NURSE, care_teams=[], seen=staff.fingerprint(self.ivy), by=self.lea, now=NOW
            ),
        ):
            User.objects.filter(pk=self.ian.pk).update(is_active=False)
            with pytest.raises(staff.LastIT):
                do()
            User.objects.filter(pk=self.ian.pk).update(is_active=True)
        self.press(self.ian, role=roles.NURSE)
        assert list(staff.it_people()) == [self.ivy]

    def test_is_nobody_who_is_not_staff(self) -> None:
        ana = make_patient(self.maple, "Ana", name="ana").user
        for name in ("change", "password", "slip"):
            assert self.client.get(self.of(ana, name)).status_code == 404
        assert self.client.post(self.of(ana, "disable"), {"do": "disable"}).status_code == 404


class TestTheChangesPage(ItCase):
    def test_names_who_changed_what_about_whom_and_no_patient(self) -> None:
        ana = make_patient(self.maple, "Ana")
        audit.note(by=self.noor, what="patient.seen", patient=ana, now=NOW)
        self.press(self.noor, "disable", do="disable")
        page = words(self.client.get(f"{STAFF}changes/"))
        assert "today at 9 a.m. Ivy disabled a person&#x27;s sign-in Noor" in page
        assert "patient&#x27;s page" not in page

    def test_of_a_team_are_named_for_its_lead_too(self) -> None:
        self.client.post(self.team(), NUMBERS | {"day_phone": "555-010-0111", "name": "Maple team",
                         "zone": "America/New_York", "seen": teams.fingerprint(self.maple)})  # fmt: skip
        self.client.force_login(self.lea)
        for name in ("audit", "settings"):
            assert "Ivy changed the team&#x27;s phone numbers" in words(self.client.get(self.team(name=name)))

    def test_come_fifty_on_a_page(self) -> None:
        for n in range(60):
            audit.note(by=self.ivy, what="staff.password", person=self.noor, now=NOW + timedelta(minutes=n // 7))
        page = self.client.get(f"{STAFF}changes/")
        more = self.client.get(f"{STAFF}changes/", {"after": page.context["next_after"]})
        assert [p.content.decode().count("made a one-time password") for p in (page, more)] == [50, 10]


class TestCareTeams(ItCase):
    def save(self, team: CareTeam | None = None, **over: Any) -> str:
        team = CareTeam.objects.get(pk=(team or self.maple).pk)
        form = {name: getattr(team, name) for name in teams.SETTINGS} | {"seen": teams.fingerprint(team)}
        return words(self.client.post(self.team(team), form | over, follow=True))

    def test_are_made_with_a_first_lead(self) -> None:
        form = TEAM | {"lead": self.noor.pk, "night_phone": "555-011-0199 x3", "called": "on"}
        page = words(self.client.post(f"{TEAMS}new/", form, follow=True))
        pine = CareTeam.objects.get(name="Pine team")
        assert "555-011-0199 ext. 3" in page
        assert "Mountain (Denver)" in page
        assert (pine.called, pine.called_by) == (NOW, self.ivy)
        assert current(self.noor) == {"Maple team": False, "Pine team": True}
        assert staff.role(self.noor) == roles.LEAD
        assert [what for what, _ in self.audited()] == ["team.made", "team.called", "member.added", "lead.made"]

    def test_say_what_time_it_is_in_each_zone(self) -> None:
        page = self.client.get(f"{TEAMS}new/").content.decode()
        assert "Eastern (New York), now 9 a.m." in page
        assert "Berlin (Europe), now 3 p.m." in page

    def test_are_refused_with_a_clear_reason(self) -> None:
        for over, say in (
            ({"name": " "}, "Type a name, like Maple team"),
            ({"name": "MAPLE TEAM"}, "There is a care team with this name already"),
            ({"name": "x" * 81}, "Use 80 letters at most"),
            ({"day_phone": ""}, "Type a phone number"),
            ({"night_phone": "call the ward"}, "Write a phone number with digits"),
            ({"fever": "ask us"}, "Write a temperature like 100.4 °F (38 °C)"),
            ({"fever": "500"}, "Write a temperature like"),
            ({"zone": "Mars/Olympus"}, "Choose a time zone from the list"),
            ({"zone": ""}, "Choose a time zone from the list"),
            ({"lead": str(self.ivy.pk)}, "Choose a nurse from the list"),
        ):
            page = words(self.client.post(f"{TEAMS}new/", TEAM | over))
            assert say in page, over
        assert CareTeam.objects.count() == 2
        assert self.audited() == []

    def test_have_their_numbers_changed_and_called_anew(self) -> None:
        self.save(called="on")
        assert "Both numbers called: today at 9 a.m., by Ivy" in words(self.client.get(self.team()))
        assert "Nobody has noted yet that they called these numbers" in self.save(day_phone="555-010-0111")
        maple = CareTeam.objects.get(pk=self.maple.pk)
        assert (maple.day_phone, maple.called, maple.called_by) == ("555-010-0111", None, None)
        assert [what for what, _ in self.audited()] == ["team.called", "team.numbers"]
        assert "nothing has changed" in self.save()

    def test_are_renamed_and_get_a_lead(self) -> None:
        self.save(self.cedar, name="Birch team", zone="America/Chicago", fever="", lead=self.noor.pk)
        cedar = CareTeam.objects.get(pk=self.cedar.pk)
        assert (cedar.name, cedar.zone, cedar.fever) == ("Birch team", "America/Chicago", "")
        assert current(self.noor)["Birch team"]
        assert {what for what, _ in self.audited()} >= {"team.renamed", "team.zone", "team.fever", "lead.made"}

    def test_are_not_overwritten_by_a_form_that_is_older(self) -> None:
        old = teams.fingerprint(self.maple)
        self.save(day_phone="555-010-0111")
        assert "Somebody else changed this team" in self.save(night_phone="555-011-0111", seen=old)
        assert CareTeam.objects.get(pk=self.maple.pk).night_phone == "555-011-0199"
        same = {"day_phone": "555-010-0111", "seen": old}  # the first form, sent twice
        assert "nothing has changed" in self.save(**same)

    def test_close_only_without_patients_and_open_again(self) -> None:
        ana = make_patient(self.maple, "Ana")
        close = self.team(name="close")
        assert "Maple team still has patients" in words(self.client.post(close, {"do": "close"}, follow=True))
        Patient.objects.filter(pk=ana.pk).update(ended_on=NOW.date(), ended_why="moved")
        assert "Maple team is closed" in words(self.client.post(close, {"do": "close"}, follow=True))
        noors = Client()
        noors.force_login(self.noor)
        assert "You are in no care team yet" in words(noors.get("/admin/people/patient/invite/"))
        assert noors.get(f"/admin/people/patient/{ana.pk}/change/").status_code == 200
        back = noors.post(f"/admin/people/patient/{ana.pk}/back/", follow=True)
        assert "Maple team is closed. Ask your IT department" in words(back)
        assert Patient.objects.get(pk=ana.pk).ended_on
        assert "Maple team is open again" in words(self.client.post(close, {"do": "open"}, follow=True))
        noors.post(f"/admin/people/patient/{ana.pk}/back/")
        assert Patient.objects.get(pk=ana.pk).ended_on is None

    def test_have_their_numbers_changed_by_their_own_lead_and_nothing_else(self) -> None:
        self.client.force_login(self.lea)
        assert f'href="{self.team()}"' in self.client.get(self.team(name="change")).content.decode()
        self.save(night_phone="555-011-0111 ext 4", name="Stolen", zone="Asia/Tokyo", called="on")
        maple = CareTeam.objects.get(pk=self.maple.pk)
        assert (maple.night_phone, maple.name, maple.zone) == ("555-011-0111 ext. 4", "Maple team", self.maple.zone)
        assert maple.called_by == self.lea
        assert self.client.get(self.team(self.cedar)).status_code == 404
        assert self.client.post(self.team(self.cedar), NUMBERS).status_code == 404
        assert self.client.post(self.team(name="close"), {"do": "close"}).status_code == 404

    def test_dial_an_extension_apart_on_a_patients_page(self) -> None:
        ana = make_patient(self.maple, "Ana", name="ana")
        self.save(day_phone="555-010-0199 ext. 3")
        self.client.force_login(ana.user)
        assert 'href="tel:5550100199;ext=3">555-010-0199 ext. 3</a>' in self.client.get("/help/").content.decode()


class TestAHospital(TestCase):
    """From an empty database to the first card: one command, then only pages."""

    def page(self, response: Any) -> str:
        self.pages += 1
        return words(response)

    def go(self, address: str) -> str:
        """Open a page by a link that stands on the page before it, or by the address of the site."""
        assert address == "/admin/" or f'href="{address}' in self.html, address
        response = self.client.get(address, follow=True)
        self.html = response.content.decode()
        return self.page(response)

    def send(self, address: str, **form: Any) -> str:
        self.presses += 1
        response = self.client.post(address, form, follow=True)
        self.html = response.content.decode()
        return self.page(response)

    def sign_in(self, name: str, one_time: str, own: str) -> None:
        assert "Sign in" in self.go("/admin/")
        assert "Choose your own password" in self.send(
            "/accounts/login/", login=name, password=one_time, next="/admin/"
        )
        self.send("/admin/password/", new=own)

    def test_is_set_up_from_nothing_to_the_first_card_without_a_shell(self) -> None:
        load_content()
        self.pages = self.presses = 0
        self.html = ""
        out = StringIO()
        call_command("make_admin", stdout=out)
        self.sign_in("admin", out.getvalue().split("for 24 hours: ")[1].strip(), "an own password for IT")

        self.go(f"{TEAMS}all/")
        self.go(f"{TEAMS}new/")
        assert "Pine team is made." in self.send(f"{TEAMS}new/", **TEAM, called="on")
        self.go(STAFF)
        self.go(f"{STAFF}add/")
        pine = CareTeam.objects.get()
        person = {"name": "Lea Moss", "username": "lmoss", "role": roles.LEAD, "care_teams": [pine.pk]}
        slip = self.send(f"{STAFF}add/", **person)
        [text] = re.findall(r"\b(?:[a-z]{4}-){3}[a-z]{4}\b", slip)
        self.send("/accounts/logout/")

        self.sign_in("lmoss", text, "an own password of Lea")
        self.go("/admin/people/patient/invite/")
        card = self.send("/admin/people/patient/invite/", label="Ana", pathway="later", when="7")
        assert "type these letters" in card
        assert "555-010-0199" in card
        assert Patient.objects.get().label == "Ana"
        assert (self.presses, self.pages) == (8, 15)


@pytest.mark.race
class TestTwoOfItAtOnce(TransactionTestCase):
    def test_never_disable_each_other(self) -> None:
        assert connection.vendor == "postgresql", "SQLite hides races: run this on PostgreSQL"
        for n in range(15):
            pair = [make_it(f"ivy{n}-{k}") for k in range(2)]

            def disable(k: int, pair: list[User] = pair) -> None:
                with paced():
                    staff.disable(person=pair[1 - k], by=pair[k], now=NOW)

            done = together(2, disable)
            assert sorted(type(d).__name__ for d in done) == ["LastIT", "NoneType"]
            assert staff.it_people().count() == 1
            User.objects.all().update(is_active=False)

    def test_add_one_person_and_make_one_team(self) -> None:
        pair = [make_it(f"ivy{k}") for k in range(2)]

        def add(k: int) -> None:
            staff.add(name="Nell", username="nell", role=roles.NURSE, care_teams=[], by=pair[k], now=NOW)

        def make(k: int) -> None:
            teams.make(lead=None, called=False, by=pair[k], now=NOW, **TEAM)

        assert sorted(type(d).__name__ for d in together(2, add)) == ["NoneType", "Taken"]
        assert sorted(type(d).__name__ for d in together(2, make)) == ["NameTaken", "NoneType"]
        assert User.objects.filter(username="nell").count() == 1
        assert CareTeam.objects.count() == 1
        assert not Membership.objects.exists()
