"""Each look at a patient leaves an audit row."""

import csv
import io
import time
from urllib.parse import urlencode

from django.contrib.auth.models import Group
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from learn.account import data
from learn.people import audit, roles
from learn.people.models import AuditEvent, Membership, User
from tests.cast import at, load_content, make_nurse, make_patient, make_team


class TestALook(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        load_content()
        cls.maple = make_team()
        cls.ana = make_patient(cls.maple, "Ana")
        cls.ben = make_patient(cls.maple, "Ben")
        cls.noor = make_nurse("noor", cls.maple)
        cls.omar = make_nurse("omar", make_team("Cedar team"))

    def rows(self) -> list[tuple[object, ...]]:
        return list(AuditEvent.objects.order_by("pk").values_list("who", "what", "team", "patient", "count"))

    def test_at_a_patients_page_is_one_row(self) -> None:
        self.client.force_login(self.noor)
        self.client.get(f"/admin/people/patient/{self.ana.pk}/change/")
        assert self.rows() == [(self.noor.pk, "patient.seen", self.maple.pk, self.ana.pk, None)]

    def test_at_a_list_is_one_row_with_the_count_and_one_for_each_patient(self) -> None:
        self.client.force_login(self.noor)
        self.client.get("/admin/people/patient/")
        seen = (self.noor.pk, "list.seen", self.maple.pk)
        assert self.rows() == [(*seen, None, 2), (*seen, self.ana.pk, None), (*seen, self.ben.pk, None)]

    def test_at_a_list_costs_one_statement_for_any_number_of_patients(self) -> None:
        for people in ([self.ana], [self.ana, self.ben] * 30):
            with self.assertNumQueries(1):
                audit.note_list(by=self.noor, what="list.seen", patients=people, now=at(20))

    def test_at_a_list_is_a_line_a_day_in_what_the_patient_sees(self) -> None:
        for day, times in ((20, 3), (21, 1)):
            for _ in range(times):
                audit.note_list(by=self.noor, what="list.seen", patients=[self.ana], now=at(day))
        looks = data.read(self.ana.user)["Who looked at your record"]
        assert [(row["at"].day, row["what"], row.get("times")) for row in looks] == [
            (20, "saw the list of patients", 3),
            (21, "saw the list of patients", None),
        ]
        mine = data.read(self.noor)["Who looked at your record"]
        assert len(mine) == 4, "a nurse sees her own looks, and not a row for each patient"

    def test_that_is_refused_leaves_none(self) -> None:
        self.client.force_login(self.omar)
        assert self.client.get(f"/admin/people/patient/{self.ana.pk}/change/").status_code == 404
        self.client.get("/admin/people/patient/")
        assert self.rows() == []

    def test_at_a_closed_record_is_possible_and_noted(self) -> None:
        self.ana.ended_on, self.ana.ended_why = at(23).date(), "moved"
        self.ana.save()
        self.client.force_login(self.noor)
        assert self.client.get(f"/admin/people/patient/{self.ana.pk}/change/").status_code == 200
        assert len(self.rows()) == 1


class TestTheFile(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.maple, cls.cedar = make_team(), make_team("Cedar team")
        cls.ana, cls.ben = make_patient(cls.maple, "=Ana"), make_patient(cls.cedar, "Ben")
        cls.noor = make_nurse("noor", cls.maple)
        cls.lead = make_nurse("lea", cls.maple)
        cls.lead.groups.set(Group.objects.filter(name=roles.LEAD))
        Membership.objects.filter(nurse=cls.lead).update(lead=True)
        cls.ivy = User.objects.create_user("ivy", is_staff=True)
        cls.ivy.groups.set(Group.objects.filter(name=roles.IT))
        audit.note(by=cls.noor, what="contacted", patient=cls.ana, now=at(20))
        audit.note_list(by=cls.noor, what="list.seen", patients=[cls.ana], now=at(21))
        audit.note(by=cls.noor, what="contacted", patient=cls.ben, now=at(22))
        audit.note_own(user=cls.ana.user, what="signed.in", now=at(23))

    def rows(self, by: User, address: str, **asked: object) -> list[list[str]]:
        self.client.force_login(by)
        response = self.client.get(address, asked)
        assert response.status_code == 200
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        text = b"".join(response).decode("utf-8-sig")
        return [row[1:] for row in csv.reader(io.StringIO(text), strict=True)]

    def team(self, **asked: object) -> list[list[str]]:
        return self.rows(self.lead, reverse("admin:people_careteam_audit_file", args=[self.maple.pk]), **asked)

    def test_of_a_team_is_what_its_lead_sees_on_the_page(self) -> None:
        rows = self.team()
        assert rows[:3] == [
            ["Time (UTC)", "Who", "What", "Whom", "How many"],
            ["2026-11-20 17:00:00", "noor", "noted that they spoke with a patient", "'=Ana", ""],
            ["2026-11-21 17:00:00", "noor", "saw the list of patients", "", "1"],
        ]
        assert [row[1:3] for row in rows[3:]] == [["lea", "took this list as a file"]]

    def test_of_one_patient_has_the_lists_in_which_they_were(self) -> None:
        asked = self.team(patient=self.ana.pk)
        assert [row[2:4] for row in asked[1:]] == [
            ["noted that they spoke with a patient", "'=Ana"],
            ["saw the list of patients", "'=Ana"],
        ]

    def test_is_noted_and_is_of_no_other_team(self) -> None:
        self.team()
        assert AuditEvent.objects.filter(what="audit.exported", who=self.lead.pk, team=self.maple.pk).count() == 1
        address = reverse("admin:people_careteam_audit_file", args=[self.cedar.pk])
        assert self.client.get(address).status_code == 404

    def test_names_staff_whom_an_act_is_about(self) -> None:
        audit.note(by=self.ivy, what="member.added", team=self.maple, person=self.noor, now=at(24))
        assert [row[1:4] for row in self.team()][-2] == ["ivy", "added a member to the team", "noor"]
        whole = self.rows(self.ivy, reverse("admin:people_auditevent_file"))
        assert ["ivy", "added a member to the team", "noor", "Maple team"] in [row[1:5] for row in whole]

    def test_is_asked_for_again(self) -> None:
        page = reverse("admin:people_careteam_audit", args=[self.maple.pk])
        for user, address, back in (
            (self.lead, reverse("admin:people_careteam_audit_file", args=[self.maple.pk]), page),
            (self.ivy, reverse("admin:people_auditevent_file"), reverse("admin:people_user_changes")),
        ):
            self.client.force_login(user)
            session = self.client.session
            session.update({"since": int(time.time()) - 600, "seen": int(time.time())})
            session.save()
            rows = AuditEvent.objects.count()
            assert self.client.get(address)["Location"] == f"/accounts/again/?{urlencode({'next': back})}"
            assert AuditEvent.objects.count() == rows

    def test_for_it_has_every_team_and_no_patient(self) -> None:
        rows = self.rows(self.ivy, reverse("admin:people_auditevent_file"))
        assert [row[1:] for row in rows] == [
            ["Who", "What", "Whom", "Care team", "How many"],
            ["noor", "noted that they spoke with a patient", "", "Maple team", ""],
            ["noor", "saw the list of patients", "", "Maple team", "1"],
            ["noor", "noted that they spoke with a patient", "", "Cedar team", ""],
            ["a learner", "signed in with a name and password", "", "", ""],
            ["ivy", "took this list as a file", "", "", ""],
        ]

    def test_is_sent_while_it_is_read_with_the_same_queries_for_any_length(self) -> None:
        self.team()  # signs in
        with CaptureQueriesContext(connection) as few:
            self.team()
        AuditEvent.objects.bulk_create(
            AuditEvent(at=at(23), who=self.noor.pk, what="contacted", team=self.maple.pk) for _ in range(50)
        )
        with CaptureQueriesContext(connection) as many:
            assert len(self.team()) > 50
        assert len(few) == len(many)
