"""New cards for the patients who are ticked on the list, and cards that are printed ahead."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from learn.account.actions import stop_sharing
from learn.desk import actions
from learn.desk.admin import codes as screen
from learn.people import codes
from learn.people.models import AccessCode, AuditEvent, Patient
from learn.people.teams import move
from learn.progress import cards
from tests.cast import ALL, PASSWORD, DeskCase, at, make_patient, words

NEW = "/admin/people/patient/cards/new/"


class NewCardsCase(DeskCase):
    def setUp(self) -> None:
        cache.clear()
        super().setUp()
        self.ben, self.cleo = make_patient(self.maple, "Ben"), make_patient(self.maple, "Cleo")
        self.mine = [self.ana, self.ben, self.cleo]

    def address(self, *patients: Patient) -> str:
        return NEW + "?" + "&".join(f"patient={patient.pk}" for patient in patients)

    def made(self, *patients: Patient) -> dict[Patient, codes.Made]:
        """Give each of these patients a card on November 20."""
        found = [codes.make(user=patient.user, by=self.noor, now=at(20)) for patient in patients]
        return {patient: made for patient, made in zip(patients, found, strict=True) if made}

    def living(self) -> list[str]:
        found = AccessCode.objects.living(at=at(23)).filter(made=at(23)).values_list("user__patient__label", flat=True)
        return sorted(found)


class TestNewCards(NewCardsCase):
    def test_are_offered_beside_assigning(self) -> None:
        page = self.client.get(ALL).content.decode()
        assert re.search(f'formaction="{NEW}">New cards</button>', page)

    def test_say_first_whose_card_is_in_use(self) -> None:
        made = self.made(self.ana, self.ben)
        codes.use(code=made[self.ana].code, now=at(21))
        page = words(self.client.get(self.address(*self.mine)))
        assert "where they were used, the patients are signed out: Ana " in page
        assert "The others use no card now. A card that they were given before stops working: Ben , Cleo " in page
        link = f'href="?patient={self.ben.pk}&amp;patient={self.cleo.pk}">Leave'
        assert link in self.client.get(self.address(*self.mine)).content.decode()
        assert self.living() == []
        assert "in use" not in words(self.client.get(self.address(self.ben, self.cleo)))

    def test_come_on_sheets_with_numbers_and_a_list(self) -> None:
        old = self.made(self.ana)[self.ana]
        page = self.client.post(self.address(*self.mine), follow=True)
        assert self.living() == ["Ana", "Ben", "Cleo"]
        assert codes.by_token(old.token, at=at(23)) is None
        assert "Print these 3 cards now: two come on a sheet" in words(page)
        html = page.content.decode()
        assert len(re.findall(r'<section class="card" aria-label="Card [123]">', html)) == 3
        cards_only = html.split('class="card-list"')[1].split("</ol>", 1)[1]
        assert not re.search("Ana|Ben|Cleo", cards_only)
        assert words(page).index("Ana") < words(page).index("Ben") < words(page).index("Cleo")
        again = words(self.client.get(page.redirect_chain[-1][0]))
        assert "These were shown already" in again

    def test_keep_their_numbers_in_the_file_when_one_of_them_was_used(self) -> None:
        page = self.client.post(self.address(*self.mine), follow=True)
        first = AccessCode.objects.get(user=self.ana.user)
        codes.use(code=first, now=at(23))
        held = re.findall(r'name="held" value="([^"]+)"', page.content.decode())[0]
        opened = screen.signing.loads(held, salt=screen.HELD)[1]
        secrets = {pk: (letters, token) for pk, letters, token in opened}
        assert list(screen._in_order(self.mine, secrets, at(23))) == [2, 3]

    def test_of_one_patient_has_no_number(self) -> None:
        page = self.client.post(self.address(self.ben), follow=True)
        assert "Card for Ben" in words(page)
        assert "Whose card is which" not in words(page)

    def test_end_the_sessions_of_the_old_cards_and_no_others(self) -> None:
        phones = {patient: Client() for patient in (self.ana, self.ben)}
        for patient, made in self.made(*phones).items():
            phones[patient].post(reverse("join", args=[made.token]))
        tablet = Client()
        tablet.post(reverse("account_login"), {"login": "ana", "password": PASSWORD})  # with another key
        self.client.post(self.address(self.ana, self.cleo))
        devices = [phones[self.ana], phones[self.ben], tablet]
        here = [None, self.ben.user_id, self.ana.user_id]
        assert [device.get(reverse("more")).context["user"].pk for device in devices] == here

    def test_name_who_dropped_out(self) -> None:
        gone = make_patient(self.maple, "Gus")
        stop_sharing(user=gone.user, now=at(22))
        Patient.objects.filter(pk=self.ben.pk).update(ended_on=date(2026, 11, 22), ended_why="moved")
        cai = make_patient(self.cedar, "Cai")
        for page in (
            words(self.client.get(self.address(*self.mine, gone, cai))),
            words(self.client.post(self.address(*self.mine, gone, cai), follow=True)),
        ):
            assert "Left out, because the record is closed: Ben." in page
            assert "Left out, because they do not share with you any more: Gus." in page
            assert "Left out, because they are not your patients now: 1." in page
            assert "Cai" not in page
        assert self.living() == ["Ana", "Cleo"]

    def test_leave_out_who_drops_out_at_the_same_moment(self) -> None:
        patients = list(Patient.objects.filter(pk__in=[p.pk for p in self.mine]).select_related("user", "care_team"))
        actions.close(patient=self.ben, why="moved", by=self.noor, now=at(23))
        move(patients=[self.cleo], to=self.cedar, by=self.noor, now=at(23))
        made = actions.new_cards(patients=patients, by=self.noor, now=at(23))
        assert [one.code.user_id for one in made] == [self.ana.user_id]

    def test_need_a_patient_of_ones_own_and_an_open_record(self) -> None:
        cai = make_patient(self.cedar, "Cai")
        assert self.client.post(self.address(cai)).status_code == 404
        assert "Tick 1 to 50 patients, then choose “New cards”." in words(self.client.get(NEW, follow=True))
        actions.close(patient=self.ben, why="moved", by=self.noor, now=at(23))
        page = words(self.client.post(self.address(self.ben), follow=True))
        assert "the record is closed: Ben. Tick 1 to 50" in page
        assert AccessCode.objects.filter(cancelled=None).count() == 0

    def test_ask_again_who_it_is_as_for_one(self) -> None:
        self.client.get(ALL)
        for ask in (self.client.get, self.client.post):
            with time_machine.travel(at(23, 12, 10), tick=False):
                response = ask(self.address(self.ana))
            assert response.status_code in (302, 303)
            assert response["Location"].startswith(reverse("again") + "?next=%2Fadmin%2Fpeople%2Fpatient%2Fcards%2Fnew")
        assert self.living() == []

    def test_are_logged_for_each(self) -> None:
        self.client.post(self.address(*self.mine), follow=True)
        for what in ("card.made", "cards.seen"):
            found = AuditEvent.objects.filter(what=what, patient__isnull=False).values_list("patient", flat=True)
            assert sorted(found) == [patient.pk for patient in self.mine], what

    def test_cost_the_same_queries_for_1_and_50_and_fit_into_one_cookie(self) -> None:
        every = [*self.mine, *(make_patient(self.maple, f"P{n}") for n in range(47))]
        self.made(*every)
        self.client.get(self.address(self.ana))
        for some in (every[:2], every):
            with self.assertNumQueries(5):
                self.client.get(self.address(*some))
            with self.assertNumQueries(20):
                self.client.post(self.address(*some))
            assert len(self.client.cookies["cards"].value) < 3500
        more = make_patient(self.maple, "One too many")
        assert "Tick 1 to 50 patients" in words(self.client.post(self.address(*every, more), follow=True))


class TestCardsPrintedAhead(NewCardsCase):
    def told(self, patient: Patient, day: int) -> bool:
        found: Any = cards.with_unused(Patient.objects.filter(pk=patient.pk)).get()
        return cards.is_unused(found.card and self.maple.today(found.card), date(2026, 11, day))

    def test_count_from_the_day_on_which_they_got_the_name_of_a_patient(self) -> None:
        form = {"name": "Monday", "many": "1", "first": "1", "pathway": "later", "when": "7"}
        self.client.post(reverse("admin:people_patient_invite_many"), form)
        patient = Patient.objects.get(label="Monday 1")
        assert AccessCode.objects.get(user=patient.user).ahead
        assert not self.told(patient, 30)
        drawn = actions.fingerprint(patient)
        told = {"label": "Monday 1", "reference": "", "treatment": "basics", "drawn_from": drawn}
        actions.describe(patient=patient, by=self.noor, now=at(24), **told)
        assert not self.told(patient, 30), "only the treatment has changed"
        told |= {"label": "Dee", "drawn_from": actions.fingerprint(patient)}
        actions.describe(patient=patient, by=self.noor, now=at(25), **told)
        assert not self.told(patient, 28)
        assert self.told(patient, 29)

    def test_say_so_on_the_patients_page(self) -> None:
        codes.make_many(users=[self.ben.user], by=self.noor, now=at(20), ahead=True)
        page = words(self.client.get(reverse("admin:people_patient_change", args=[self.ben.pk])))
        assert "Printed ahead" in page
        assert "When you hand it out, change the label to the patient’s." in page

    def test_a_new_card_is_not_ahead(self) -> None:
        codes.make_many(users=[self.ben.user], by=self.noor, now=at(10), ahead=True)
        assert not self.told(self.ben, 23)
        self.client.post(self.address(self.ben))
        assert not self.told(self.ben, 26)
        assert self.told(self.ben, 27)


@pytest.mark.parametrize(
    ("given", "today", "told"),
    [(None, 24, False), (21, 24, False), (20, 24, True), (24, 24, False)],
    ids=["no card", "three days", "four days", "today"],
)
def test_three_days_to_use_a_card(given: int | None, today: int, *, told: bool) -> None:
    day = date(2026, 11, given) if given else None
    assert cards.is_unused(day, date(2026, 11, today)) is told
