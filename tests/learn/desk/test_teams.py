"""Care teams and the audit page: a lead sees only her own teams; a team keeps a lead; changes work immediately."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection
from django.test import TestCase, TransactionTestCase
from django.urls import reverse

from learn.account import actions as account
from learn.people import audit, roles, teams
from learn.people.models import AuditEvent, CareTeam, Membership, Patient, User
from tests.cast import at, load_content, make_nurse, make_patient, make_team, paced, together, words

NOW = at(23)


def make_lead(name: str, *led: CareTeam) -> User:
    """Return a nurse who leads these teams."""
    nurse = make_nurse(name, *led)
    for membership in nurse.memberships.all():
        teams.set_lead(membership=membership, lead=True, by=nurse, now=NOW)
    return nurse


class TeamCase(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        load_content()
        cls.maple, cls.cedar, cls.oak = make_team(), make_team("Cedar team"), make_team("Oak team")
        cls.lea = make_lead("lea", cls.maple, cls.oak)
        cls.noor, cls.omar = make_nurse("noor", cls.maple), make_lead("omar", cls.cedar)
        cls.ana, cls.cai = make_patient(cls.maple, "Ana"), make_patient(cls.cedar, "Cai")
        AuditEvent.objects.all().delete()

    def setUp(self) -> None:
        clock = time_machine.travel(NOW, tick=False)
        clock.start()
        self.addCleanup(clock.stop)
        self.client.force_login(self.lea)

    def address(self, name: str, *args: Any) -> str:
        return reverse(f"admin:people_careteam_{name}", args=args)

    def at_team(self, act: str, **form: Any) -> Any:
        return self.client.post(self.address(act, self.maple.pk), form, follow=True)

    def do(self, nurse: User, what: str, team: CareTeam | None = None) -> str:
        found = Membership.objects.get(nurse=nurse, care_team=team or self.maple, ended=None)
        address = self.address("member", (team or self.maple).pk, found.pk)
        return words(self.client.post(address, {"do": what}, follow=True))

    def sees(self, nurse: User) -> list[str]:
        return list(Patient.objects.visible_to(User.objects.get(pk=nurse.pk)).values_list("label", flat=True))

    def roles(self, nurse: User) -> set[str]:
        return set(nurse.groups.values_list("name", flat=True))


class TestALead(TeamCase):
    def test_finds_her_own_teams_from_every_page_of_the_desk(self) -> None:
        assert f'href="{self.address("changelist")}"' in self.client.get("/admin/").content.decode()
        page = words(self.client.get(self.address("changelist")))
        assert "Maple team Oak team" in page
        assert "Cedar" not in page

    def test_adds_a_nurse_once_by_sign_in_name(self) -> None:
        nell = make_nurse("nell")
        assert "nell works in Maple team now." in words(self.at_team("add", name=" nell "))
        assert "nell works in Maple team already." in words(self.at_team("add", name="nell"))
        assert self.sees(nell) == ["Ana"]
        assert nell.memberships.count() == 1

    def test_gets_a_kind_message_when_somebody_cannot_be_added_and_learns_nothing_about_them(self) -> None:
        eda = User.objects.create_user("eda", is_staff=True)
        eda.groups.add(Group.objects.get(name=roles.EDUCATOR))
        make_nurse("gone", is_active=False)
        make_patient(self.maple, "Ben", name="ben")
        for name in ("eda", "gone", "ben", "nobody", "noor2", "9" * 40):
            page = words(self.at_team("add", name=name))
            assert "No nurse has that sign-in name. Check it, or ask IT to make one" in page, name
            assert "There is a problem" in page
        assert "Type a sign-in name" in words(self.at_team("add", name=" "))
        assert "too long" in words(self.at_team("add", name="x" * 151))
        assert "Null characters" in words(self.at_team("add", name="a\x00b"))
        assert self.maple.memberships.count() == 2

    def test_removes_a_member_who_then_sees_no_patient_at_the_next_request(self) -> None:
        self.client.force_login(self.noor)
        assert self.client.get(reverse("admin:people_patient_change", args=[self.ana.pk])).status_code == 200
        noors = self.client
        self.client = self.client_class()
        self.client.force_login(self.lea)
        assert "noor no longer works in Maple team." in self.do(self.noor, "remove")
        assert noors.get(reverse("admin:people_patient_change", args=[self.ana.pk])).status_code == 404
        assert "Ana" not in noors.get(reverse("admin:people_patient_changelist")).content.decode()
        assert Membership.objects.get(nurse=self.noor).ended == NOW

    def test_makes_and_removes_a_lead_together_with_the_role(self) -> None:
        assert "noor leads Maple team too." in self.do(self.noor, "lead")
        assert self.roles(self.noor) == {roles.LEAD}
        assert "noor no longer leads Maple team." in self.do(self.noor, "unlead")
        assert self.roles(self.noor) == {roles.NURSE}
        self.do(self.noor, "lead")
        self.do(self.noor, "remove")
        assert self.roles(self.noor) == {roles.NURSE}

    def test_who_leads_two_teams_keeps_the_role_when_she_leaves_one(self) -> None:
        self.do(self.noor, "lead")
        self.do(self.lea, "unlead")
        assert self.roles(self.lea) == {roles.LEAD}
        assert self.client.get(self.address("change", self.maple.pk)).status_code == 404
        assert self.client.get(self.address("change", self.oak.pk)).status_code == 200

    def test_cannot_leave_or_step_down_as_the_last_lead(self) -> None:
        for what in ("unlead", "remove"):
            assert "lea is the only lead of Maple team. Make somebody else a lead first." in self.do(self.lea, what)
        self.do(self.noor, "lead")
        User.objects.filter(pk=self.noor.pk).update(is_active=False)  # an inactive lead does not count
        assert "lea is the only lead" in self.do(self.lea, "unlead")
        assert CareTeam.objects.led_by(self.lea).count() == 2

    def test_moves_patients_to_another_of_her_teams_and_both_teams_get_an_audit_row(self) -> None:
        page = self.at_team("move", patient=[self.ana.pk], to=self.oak.pk)
        assert "Ana moved to Oak team." in words(page)
        assert self.sees(self.noor) == []
        assert self.sees(self.lea) == ["Ana"]
        rows = AuditEvent.objects.filter(patient=self.ana.pk).order_by("pk").values_list("what", "team")
        assert list(rows) == [("patient.left", self.maple.pk), ("patient.came", self.oak.pk)]

    def test_who_moved_away_in_this_very_moment_stays_where_they_are_and_the_lead_is_told(self) -> None:
        form = {"patient": [self.ana.pk], "to": self.oak.pk}

        def gone(real: Any = teams.move, **asked: Any) -> None:
            Patient.objects.filter(pk=self.ana.pk).update(care_team=self.cedar)
            real(**asked)

        with patch.object(teams, "move", gone):
            assert "not in this team any more" in words(self.at_team("move", **form))
        assert self.sees(self.omar) == ["Ana", "Cai"]
        assert not AuditEvent.objects.filter(what__in=("patient.left", "patient.came")).exists()

    def test_moves_a_patient_once_when_she_presses_twice_at_once(self) -> None:
        for _ in range(2):
            teams.move(patients=[Patient.objects.get(pk=self.ana.pk)], to=self.oak, by=self.lea, now=NOW)
        assert AuditEvent.objects.filter(what="patient.came").count() == 1

    def test_moves_patients_with_the_same_queries_for_1_and_3(self) -> None:
        for n in (1, 3):
            people = [make_patient(self.maple, f"P{n}-{k}") for k in range(n)]
            with self.assertNumQueries(7):  # savepoint, people, patients, audit, the move, audit, end
                teams.move(patients=people, to=self.oak, by=self.lea, now=NOW)

    def test_cannot_move_patients_of_another_team_or_to_another_team(self) -> None:
        for form, problem in (
            ({"patient": [self.cai.pk], "to": self.oak.pk}, "not in this team any more"),
            ({"patient": [self.ana.pk, self.cai.pk], "to": self.oak.pk}, "not in this team any more"),
            ({"patient": [self.ana.pk], "to": self.cedar.pk}, "Choose one of your own teams"),
            ({"patient": [self.ana.pk], "to": "\x00"}, "Choose one of your own teams"),
            ({"patient": ["9" * 40], "to": self.oak.pk}, "not in this team any more"),
            ({"patient": [self.ana.pk]}, "Choose a team"),
            ({"to": self.oak.pk}, "Tick at least one patient"),
        ):
            assert problem in words(self.at_team("move", **form)), form
        assert self.sees(self.omar) == ["Cai"]
        assert self.sees(self.noor) == ["Ana"]

    def test_gets_a_page_with_the_same_queries_for_1_and_3_members(self) -> None:
        self.client.get(self.address("change", self.maple.pk))
        for more in (0, 2):
            for n in range(more):
                make_nurse(f"more{n}", self.maple)
                make_patient(self.maple, f"P{n}")
            with self.assertNumQueries(7):  # session with user, team, roles, other teams, patients, audit, members
                self.client.get(self.address("change", self.maple.pk))

    def test_changes_nothing_with_an_unknown_button_or_another_teams_member(self) -> None:
        for what in ("", "delete", "\x00"):
            assert "Nothing has changed." in self.do(self.noor, what)
        foreign = Membership.objects.get(nurse=self.omar)
        address = self.address("member", self.maple.pk, foreign.pk)
        assert self.client.post(address, {"do": "remove"}).status_code == 404
        assert Membership.objects.filter(ended=None).count() == 4

    def test_removing_a_member_twice_has_one_effect(self) -> None:
        held = Membership.objects.get(nurse=self.noor)
        for _ in range(2):
            teams.remove(membership=held, by=self.lea, now=NOW)
            teams.set_lead(membership=held, lead=True, by=self.lea, now=NOW)
        assert list(AuditEvent.objects.values_list("what", "team")) == [("member.removed", self.maple.pk)]


class TestATeam(TeamCase):
    def test_is_not_found_for_people_who_do_not_lead_it(self) -> None:
        held = Membership.objects.get(nurse=self.noor)
        for person in (self.noor, self.omar, make_nurse("newcomer"), User.objects.create_superuser("root")):
            self.client.force_login(person)
            for name in ("change", "audit"):
                assert self.client.get(self.address(name, self.maple.pk)).status_code == 404, person
            for name in ("add", "move"):
                assert self.at_team(name, name="omar", patient=self.ana.pk, to=self.cedar.pk).status_code == 404
            address = self.address("member", self.maple.pk, held.pk)
            assert self.client.post(address, {"do": "remove"}).status_code == 404
        assert not Membership.objects.exclude(ended=None).exists()

    def test_is_not_found_with_the_role_but_without_leading_the_team(self) -> None:
        Membership.objects.filter(nurse=self.lea, care_team=self.maple).update(lead=False)
        assert self.client.get(self.address("change", self.maple.pk)).status_code == 404


class TestTheAuditPage(TeamCase):
    def page(self, **asked: Any) -> str:
        return words(self.client.get(self.address("audit", self.maple.pk), asked))

    def rows(self, page: str) -> str:
        return page.split("When Who What Whom")[-1].split("Times are")[0]

    def test_shows_who_did_what_for_whom_with_the_newest_first(self) -> None:
        for n, what in enumerate(("patient.seen", "assigned")):
            audit.note(by=self.noor, what=what, patient=self.ana, now=NOW + timedelta(minutes=n))
        audit.note_list(by=self.lea, what="list.seen", patients=[self.ana], now=NOW - timedelta(hours=1))
        rows = self.rows(self.page())
        assert " ".join(rows.split()) == (
            "November 23, 2026, 12:01 p.m. noor assigned lessons or changed their day Ana "
            "November 23, 2026, noon noor saw a patient&#x27;s page Ana "
            "November 23, 2026, 11 a.m. lea saw the list of patients (1)"
        )

    def test_leaves_an_audit_row_for_each_look(self) -> None:
        self.page()
        assert list(AuditEvent.objects.values_list("who", "what", "team")) == [
            (self.lea.pk, "audit.seen", self.maple.pk)
        ]
        assert "lea looked at this page" in self.rows(self.page())

    def test_shows_nothing_of_another_team_and_names_only_her_own_people(self) -> None:
        audit.note(by=self.omar, what="patient.seen", patient=self.cai, now=NOW)
        ben = make_patient(self.maple, "Ben")
        audit.note(by=self.omar, what="patient.seen", patient=ben, now=NOW)
        Patient.objects.filter(pk=ben.pk).update(care_team=self.cedar)
        page = self.page()
        assert "Cai" not in page
        assert "Ben" not in page
        assert f"Person {self.omar.pk}" in page
        assert f"Patient {ben.pk}" in page

    def test_still_names_former_members_and_closed_records(self) -> None:
        audit.note(by=self.noor, what="patient.seen", patient=self.ana, now=NOW)
        Membership.objects.filter(nurse=self.noor).update(ended=NOW)
        Patient.objects.filter(pk=self.ana.pk).update(ended_on=NOW.date(), ended_why="moved")
        assert "noor saw a patient" in self.rows(self.page())
        assert "Ana" in self.rows(self.page())

    def test_can_be_filtered_by_person_and_by_patient(self) -> None:
        ben = make_patient(self.maple, "Ben")
        for by, of in ((self.noor, self.ana), (self.lea, self.ana), (self.lea, ben)):
            audit.note(by=by, what="patient.seen", patient=of, now=NOW)
        assert " lea " not in self.rows(self.page(who=self.noor.pk))
        assert "Ben" not in self.rows(self.page(patient=self.ana.pk))
        assert self.rows(self.page(patient=self.ana.pk, who=self.lea.pk)).count("saw a patient") == 1
        for garbage in ("x", "\x00", "-1", "9" * 40, "²"):
            assert self.rows(self.page(patient=garbage)).count("saw a patient") == 3
        assert "There is nothing to show here." in self.page(who="999999999999999999")

    def test_comes_fifty_on_a_page_and_none_is_missing_or_shown_twice(self) -> None:
        for n in range(120):
            audit.note(by=self.noor, what="contacted", patient=self.ana, now=NOW + timedelta(minutes=n // 7))
        seen, after = 0, ""
        for _ in range(4):
            page = self.client.get(self.address("audit", self.maple.pk), {"after": after, "who": self.noor.pk})
            seen += page.content.decode().count("noted that they")
            if not page.context["next_after"]:
                break
            after = page.context["next_after"]
        assert seen == 120

    def test_costs_the_same_queries_for_1_and_many_rows(self) -> None:
        self.page()
        for more in (0, 60):
            for _ in range(more):
                audit.note(by=self.noor, what="contacted", patient=self.ana, now=NOW)
            with self.assertNumQueries(7):  # session with user, roles, team, rows, the look itself, members, patients
                self.page()

    def test_shows_initials_when_names_are_hidden(self) -> None:
        dee = make_patient(self.maple, "Deborah Quill")
        audit.note(by=self.noor, what="contacted", patient=dee, now=NOW)
        assert "Deborah Quill" in self.page()
        self.client.post(reverse("admin:initials"), {"next": "/admin/"})
        for name in ("audit", "change"):
            page = self.client.get(self.address(name, self.maple.pk)).content.decode()
            assert "Deborah" not in page, name

    def test_shows_times_in_the_clinics_time_zone(self) -> None:
        CareTeam.objects.filter(pk=self.maple.pk).update(zone="Asia/Kolkata")
        audit.note(by=self.noor, what="contacted", patient=self.ana, now=NOW)
        assert "November 23, 2026, 10:30 p.m." in self.rows(self.page())


@pytest.mark.race
class TestTwoLeadsAtOnce(TransactionTestCase):
    def test_never_leave_a_team_without_a_lead(self) -> None:
        assert connection.vendor == "postgresql", "SQLite hides races: run this on PostgreSQL"
        for n in range(15):
            team = make_team(f"Team {n}")
            pair = [make_lead(f"lead{n}-{k}", team) for k in range(2)]
            held = list(Membership.objects.filter(care_team=team).order_by("pk").select_related("care_team"))
            acts: list[Any] = [
                lambda k, held=held, pair=pair: teams.set_lead(membership=held[1 - k], lead=False, by=pair[k], now=NOW),
                lambda k, held=held, pair=pair: teams.remove(membership=held[1 - k], by=pair[k], now=NOW),
            ]
            done = together(2, lambda k, acts=acts, n=n: acts[n % 2](k))
            assert sorted(str(type(d).__name__) for d in done) == ["LastLead", "NoneType"]
            assert Membership.objects.filter(care_team=team, ended=None, lead=True).count() == 1

    def test_add_a_nurse_once(self) -> None:
        team, nell = make_team(), make_nurse("nell")
        lead = make_lead("lea", team)
        done = together(6, lambda _: teams.add(team=team, nurse=nell, by=lead, now=NOW))
        assert sorted(map(bool, done)) == [False] * 5 + [True]

    def test_move_a_patient_once_and_the_other_is_told(self) -> None:
        maple, oak, cedar = (make_team(f"{name} team") for name in ("Maple", "Oak", "Cedar"))
        pair = [make_lead(name, maple, oak, cedar) for name in ("lea", "liz")]
        for n in range(10):
            people = [make_patient(maple, f"P{n}-{k}") for k in range(3)]

            def move(k: int, people: list[Patient] = people) -> object:
                seen = list(Patient.objects.filter(pk__in=[p.pk for p in people]).order_by("-pk" if k else "pk"))
                with paced() as refused:
                    teams.move(patients=seen, to=(oak, cedar)[k], by=pair[k], now=NOW)
                return refused

            done = together(2, move)
            assert sorted(type(d).__name__ for d in done) == ["NotHere", "list"], done
            where = {Patient.objects.get(pk=p.pk).care_team for p in people}
            assert len(where) == 1, n
            told = AuditEvent.objects.filter(patient__in=[p.pk for p in people]).values_list("what", "team")
            assert sorted(told) == sorted([("patient.left", maple.pk), ("patient.came", where.pop().pk)] * 3)

    def test_move_a_patient_while_they_stop_sharing_and_nobody_waits_for_ever(self) -> None:
        maple, oak = make_team(), make_team("Oak team")
        lea = make_lead("lea", maple, oak)
        for n in range(10):
            people = [make_patient(maple, f"P{n}-{k}") for k in range(3)]
            acts: list[Any] = [
                lambda people=people: teams.move(patients=people[::-1], to=oak, by=lea, now=NOW),
                lambda people=people: account.stop_sharing(user=people[1].user, now=NOW),
            ]

            def act(k: int, acts: list[Any] = acts) -> object:
                with paced() as refused, suppress(teams.NotHere):
                    acts[k]()
                return refused

            assert together(2, act) == [[], []]
            assert len({Patient.objects.get(pk=people[k].pk).care_team_id for k in (0, 2)}) == 1
