"""Initials instead of names on the screen; finding a patient by name; signing out an idle Desk."""

from __future__ import annotations

import re
from datetime import timedelta

import time_machine
from django.urls import reverse
from django.utils import timezone

from learn.people.models import AuditEvent, Patient
from tests.cast import DeskCase, make_patient, make_team, words

FIND = "/admin/people/patient/find/"


class TestInitialsOnly(DeskCase):
    def test_hides_names_on_every_page_of_the_desk_until_switched_off(self) -> None:
        Patient.objects.filter(pk=self.ana.pk).update(label="Anastasia Quill")
        pages = [
            reverse("admin:index"),
            reverse("admin:people_patient_changelist"),
            reverse("admin:people_patient_matrix"),
            reverse("admin:people_patient_find") + "?q=quill",
            reverse("admin:people_patient_change", args=[self.ana.pk]),
            reverse("admin:people_patient_contact", args=[self.ana.pk]),
            reverse("admin:people_patient_assign") + f"?patient={self.ana.pk}",
        ]
        toggle = reverse("admin:initials")
        assert self.client.post(toggle, {"next": pages[2]}).url == pages[2]
        for page in pages:
            text = self.client.get(page).content.decode()
            assert "Anastasia" not in text, page
            assert "Quill" not in text, page
            assert "A. Q." in text or page == pages[0], page
        self.client.post(reverse("admin:people_patient_contact", args=[self.ana.pk]), {"number": 1, "note": ""})
        assert "Anastasia" not in self.client.get(pages[0]).content.decode()
        self.client.post(toggle)
        assert "Anastasia Quill" in self.client.get(pages[1]).content.decode()

    def test_redirects_only_to_this_site(self) -> None:
        for evil in ("https://evil.example/", "//evil.example", "javascript:alert(1)", "/\x00"):
            assert self.client.post(reverse("admin:initials"), {"next": evil}).url == reverse("admin:index")


class TestFindAPatient(DeskCase):
    def names(self, query: str) -> list[str]:
        page = self.client.get(FIND, {"q": query}).content.decode()
        return re.findall(r'<th [^>]*scope="row">\s*<a href="[^"]+"><bdi>([^<]+)</bdi></a>', page)

    def test_searches_name_and_reference_in_any_case(self) -> None:
        make_patient(self.maple, "ÉVA Nagy", reference="W3-77")
        assert self.names("éva") == ["ÉVA Nagy"]
        assert self.names(" w3-7 ") == ["ÉVA Nagy"]
        assert self.names("nagy éva") == ["ÉVA Nagy"], "in any order"
        assert self.names("nagy ana") == []
        assert self.names("a") == ["Ana", "ÉVA Nagy"]

    def test_ignores_accents_quotes_dashes_and_invisible_characters(self) -> None:
        for label in ("Siobhán O’Brien", "José de Vries", "Ann Smith‑Jones"):
            make_patient(self.maple, label)
        for query, name in (
            ("o'brien", "Siobhán O’Brien"),
            ("o’brien", "Siobhán O’Brien"),
            ("obrien", "Siobhán O’Brien"),
            ("siobhan", "Siobhán O’Brien"),
            ("jose\u0301", "José de Vries"),
            ("jose\u200b", "José de Vries"),
            ("devries", "José de Vries"),
            ("smith-jones", "Ann Smith‑Jones"),
            ("smith jones", "Ann Smith‑Jones"),
            ("ＳＭＩＴＨ", "Ann Smith‑Jones"),
        ):
            assert self.names(query) == [name], ascii(query)

    def test_lists_them_by_name_without_regard_to_case_and_accents(self) -> None:
        for label in ("Zed x", "Öztürk x", "alice x", "de Vries x"):
            make_patient(self.maple, label)
        assert self.names("x") == ["alice x", "de Vries x", "Öztürk x", "Zed x"]

    def test_finds_closed_records_too_and_says_so(self) -> None:
        Patient.objects.filter(pk=self.ana.pk).update(ended_on="2026-11-20", ended_why="moved")
        assert "Ana Closed" in words(self.client.get(FIND, {"q": "ana"}))

    def test_finds_nobody_of_another_team(self) -> None:
        make_patient(make_team("Birch team"), "Anabel")
        assert self.names("ana") == ["Ana"]

    def test_says_kindly_when_nobody_was_found_or_nothing_was_typed(self) -> None:
        assert "None of your patients has “xyz”" in words(self.client.get(FIND, {"q": "xyz"}))
        assert "Type some letters" in words(self.client.get(FIND))

    def test_shows_at_most_fifty_and_costs_the_same_queries_for_one_and_three(self) -> None:
        self.client.get(FIND)
        counts = []
        for more in (0, 2):
            for n in range(more):
                make_patient(self.maple, f"Ana {n}")
            with self.subTest(more=more):
                with self.assertNumQueries(4):
                    self.client.get(FIND, {"q": "ana"})
                counts.append(AuditEvent.objects.filter(patient=None).order_by("-pk").first().count)
        assert counts == [1, 3]
        for n in range(60):
            make_patient(self.maple, f"Ana more {n}")
        assert len(self.names("ana")) == 50
        assert "There are more" in words(self.client.get(FIND, {"q": "ana"}))


class TestAnIdleDesk(DeskCase):
    def test_tells_the_page_how_many_seconds_are_left_and_a_post_resets_them(self) -> None:
        home, start = reverse("admin:index"), timezone.now()
        with time_machine.travel(start, tick=False) as clock:
            self.client.get(home)

            def left() -> int:
                return int(re.findall(r'data-left="(\d+)"', self.client.get(home).content.decode())[0])

            assert left() == 900
            clock.shift(timedelta(minutes=12))
            assert left() == 180, "a GET does not renew it"
            assert self.client.post(reverse("stay")).status_code == 204
            assert left() == 900
            clock.shift(timedelta(minutes=15, seconds=1))
            response = self.client.get(home)
            assert response.url == f"{reverse('account_login')}?next=/admin/"
            assert "please fill in again" in self.client.get(response.url).content.decode()

    def test_ends_after_twelve_hours_in_any_case(self) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            self.client.get(reverse("admin:index"))
            for _ in range(12 * 6 - 1):
                clock.shift(timedelta(minutes=10))
                assert self.client.post(reverse("stay")).status_code == 204
            text = self.client.get(reverse("admin:index")).content.decode()
            assert 'data-left="600"' in text
            clock.shift(timedelta(minutes=10, seconds=1))
            assert self.client.post(reverse("stay")).status_code == 303

    def test_leads_from_a_late_form_to_the_sign_in_and_back_to_its_page(self) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            page = reverse("admin:people_patient_contact", args=[self.ana.pk])
            self.client.get(page)
            clock.shift(timedelta(minutes=16))
            response = self.client.post(
                reverse("admin:initials"), headers={"referer": f"http://testserver{page}?from=list"}
            )
            assert response.url == f"{reverse('account_login')}?next={page.replace('/', '%2F')}%3Ffrom%3Dlist"

    def test_leads_back_too_when_another_tab_was_signed_out_first(self) -> None:
        """Its session is gone by then. The address of the button takes a POST only: after the sign-in it was empty."""
        page = reverse("admin:people_patient_change", args=[self.ana.pk])
        self.client.get(page)
        self.client.post(reverse("account_logout"))
        button = reverse("admin:people_patient_cancel_card", args=[self.ana.pk])
        response = self.client.post(button, headers={"referer": f"http://testserver{page}"})
        assert response.url == f"{reverse('account_login')}?next={page.replace('/', '%2F')}"

    def test_never_leads_to_another_site(self) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            self.client.get(reverse("admin:index"))
            clock.shift(timedelta(minutes=16))
            response = self.client.post(reverse("admin:initials"), headers={"referer": "https://evil.example/x"})
            assert response.url == f"{reverse('account_login')}?next=%2Fmy%2F"
