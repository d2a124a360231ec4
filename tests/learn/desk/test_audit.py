"""Each look at a patient leaves an audit row."""

from django.test import TestCase

from learn.account import data
from learn.people import audit
from learn.people.models import AuditEvent
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
