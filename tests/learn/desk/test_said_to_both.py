"""What staff record and patients may read: what is done, taught in person, only for staff; closed records."""

from __future__ import annotations

import re
from datetime import UTC, date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from learn.account import data
from learn.assignments.models import Act, Assignment
from learn.desk import actions as desk
from learn.lessons.models import Therapy
from learn.people.models import AuditEvent, Patient
from learn.progress import attention, standing
from learn.progress.models import Contact
from quizzes.models import Response
from tests.cast import PatientCase, at, load_content, make_nurse, make_patient, make_team, words, wrong


class AskedCase(PatientCase):
    """ana has done the lesson on November 20; noor may ask for it."""

    def setUp(self) -> None:
        super().setUp()
        self.read(1, 2, 3)
        self.check(now=at(20))

    def make(self, patient: Patient, due: date, **over: Any) -> Assignment:
        return Assignment.objects.create(
            patient=patient, lesson=self.lesson, due=due, by=self.noor, made=at(10), **over
        )

    def assign(self, **over: Any) -> Any:
        form = {"lessons": [self.lesson.slug], "due": "2026-12-04", "note": "Once more, please"} | over
        return self.client.post(f"{reverse('admin:people_patient_assign')}?patient={self.ana.pk}", form)

    def one(self) -> Assignment:
        return Assignment.objects.get()

    def asked(self, name: str = "assignment") -> str:
        return reverse(f"admin:people_patient_{name}", args=[self.ana.pk, self.one().pk])


class TestALessonThatIsDone(AskedCase):
    def test_is_said_before_it_is_assigned_and_nothing_is_saved(self) -> None:
        page = words(self.assign())
        assert "Nothing is saved yet, because some is done already: Ana, “Lesson 1”, Friday, November 20." in page
        assert not Assignment.objects.exists()

    def test_can_be_left_as_it_is(self) -> None:
        self.assign(again="leave")
        assert not Assignment.objects.exists()
        assert self.words() == "Done"

    def test_can_be_asked_for_again_and_is_done_after_another_finished_check(self) -> None:
        self.assign(again="again")
        assert (self.one().since, self.words()) == (at(24), "Check to do")
        assert len(attention._open_asks(Patient.objects.all(), set())[self.ana.pk]) == 1
        self.assign(again="again")  # the same form twice
        assert self.one().since == at(24)
        self.client.post(self.asked(), {"due": "2026-12-11", "note": ""} | self.drawn())
        assert (self.one().due, self.one().since) == (date(2026, 12, 11), at(24))
        self.check(now=at(25))
        assert self.words() == "Done"
        assert self.standing().done_at == at(25).replace(minute=2)
        assert attention._open_asks(Patient.objects.all(), set()) == {}

    def drawn(self) -> dict[str, str]:
        page = self.client.get(self.asked()).content.decode()
        return {"drawn_from": page.split('name="drawn_from" value="')[1].split('"')[0]}

    def test_asked_for_again_can_be_undone(self) -> None:
        self.check(now=at(21))
        self.assign(again="again")
        self.client.post(reverse("admin:people_patient_undo", args=[Act.objects.get().pk]))
        assert self.words() == "Done"

    def test_is_offered_again_on_its_own_page(self) -> None:
        Assignment.objects.create(
            patient=self.ana, lesson=self.lesson, due=date(2026, 11, 22), by=self.noor, made=at(19)
        )
        assert "Ask them to do it again" in words(self.client.get(self.asked()))
        self.client.post(self.asked(), {"due": "2026-12-11", "note": "", "again": "on"} | self.drawn())
        assert self.words() == "Check to do"
        assert "Ask them to do it again" not in words(self.client.get(self.asked()))


class TestTaughtInPerson(AskedCase):
    def setUp(self) -> None:
        super().setUp()
        self.ben = make_patient(self.team, "Ben", name="ben")
        self.learner = self.ben.user
        Assignment.objects.create(
            patient=self.ben, lesson=self.lesson, due=date(2026, 11, 20), by=self.noor, made=at(10)
        )

    def mark(self, on: str, **over: Any) -> str:
        address = reverse("admin:people_patient_in_person", args=[self.ben.pk, self.one().pk])
        return words(self.client.post(address, {"on": on} | over, follow=True))

    def late(self) -> bool:
        return bool(self.standing().is_late(date(2026, 11, 24)))

    def test_ends_late_and_is_shown_to_all(self) -> None:
        assert self.late()
        assert [entry.patient for entry in attention.needing(Patient.objects.all(), at=at(24)).entries] == [self.ben]
        assert "Noted: taught in person, Monday, November 23." in self.mark("2026-11-23")
        assert (self.words(), self.late()) == ("Taught in person", False)
        assert attention.needing(Patient.objects.all(), at=at(24)).entries == []
        page = words(self.client.get(reverse("admin:people_patient_change", args=[self.ben.pk])))
        assert "Taught in person Taught by noor on Monday, November 23" in page
        chart = self.client.get(reverse("admin:people_patient_chart", args=[self.ben.pk])).content.decode()
        assert "Lessons taught in person\n- Lesson 1: noor, Monday, November 23, 2026" in chart
        assert "Taught in person" in words(self.client.get(reverse("admin:people_patient_matrix")))
        phone = Client()
        phone.force_login(self.ben.user)
        assert "Taught in person Monday, November 23" in words(phone.get("/my/"))
        assert data.read(self.ben.user)["What your nurse asked you to do"][0]["taught in person on"] == date(
            2026, 11, 23
        )

    def test_is_never_counted_as_an_answer_and_can_still_be_done(self) -> None:
        answers = Response.objects.count()
        self.mark("2026-11-23")
        assert Response.objects.count() == answers
        assert not self.standing().is_done
        self.read(1, 2, 3)
        assert self.words() == "Taught in person"
        self.check(now=at(24))
        assert self.words() == "Done"

    def test_can_be_taken_back_and_counts_no_more_when_it_is_asked_for_again(self) -> None:
        self.mark("2026-11-23")
        assert "Nothing has changed." in self.mark("2026-11-23")
        assert "Taken back" in self.mark("")
        assert self.late()
        acts = AuditEvent.objects.filter(patient=self.ben.pk, what__startswith="taught.in").order_by("pk")
        assert [row.what for row in acts] == ["taught.in.person", "taught.in.person.not"]
        self.mark("2026-11-23")
        Assignment.objects.update(since=at(25))
        assert self.words() == "Not started"

    def test_refuses_days_that_cannot_be(self) -> None:
        for on, problem in (
            ("2026-11-25", "has not come yet"),
            ("2016-11-25", "more than a year ago"),
            ("soon", "Write the day like"),
            ("\x00", "Write the day like"),
        ):
            assert problem in self.mark(on), on
        assert self.late()

    def test_leaves_the_lesson_to_talk_about(self) -> None:
        self.read(1, 2, 3)
        self.check(safety=wrong)
        self.mark("2026-11-24")
        assert self.words() == "Talk about it"


class TestWordsOnlyForStaff(PatientCase):
    def contact(self, **over: Any) -> Any:
        form = {"number": "1", "note": "By phone", "staff_only": "Ask alone"} | over
        return self.client.post(self.address("contact"), form)

    def test_each_form_says_what_the_patient_can_read(self) -> None:
        self.check()
        back = self.said_back()
        for address, n in (
            (self.address("contact"), 1),
            (self.address("label"), 2),
            (self.address("teach_back"), 2),
            (reverse("admin:people_patient_teach_back_add", args=[self.ana.pk, back.pk]), 1),
        ):
            assert words(self.client.get(address)).count("The patient can read this.") == n, address
        assert "The law may still open it" in words(self.client.get(self.address("contact")))

    def test_are_seen_by_the_team_and_in_nothing_that_the_patient_gets(self) -> None:
        self.contact()
        assert "By phone. Only for staff: Ask alone" in self.page()
        assert "By phone" in str(data.read(self.ana.user))
        assert "Ask alone" not in str(data.read(self.ana.user))
        assert "Ask alone" not in self.client.get(self.address("chart")).content.decode()
        phone = Client()
        phone.force_login(self.ana.user)
        for name in ("my_data", "my_data_file"):
            assert "Ask alone" not in phone.get(reverse(name)).content.decode()

    def test_are_saved_once_and_are_200_letters_at_most(self) -> None:
        self.contact()
        self.contact()
        assert "You saved another one in the meantime" in words(self.contact(staff_only="Other"))
        assert "Use 200 letters at most" in words(self.contact(staff_only="x" * 201))
        assert Contact.objects.count() == 1

    def test_are_emptied_by_tidy_after_90_days(self) -> None:
        days = at(24).astimezone(UTC) - Contact.KEPT
        for n, now in enumerate((at(24), days, days - timedelta(seconds=1)), 1):
            Contact.objects.create(patient=self.ana, nurse=self.noor, at=now, note="N", staff_only="Apart", number=n)
        call_command("tidy", verbosity=0)
        kept = list(Contact.objects.order_by("number").values_list("note", "staff_only"))
        assert kept == [("N", "Apart"), ("N", "Apart"), ("N", "")]


class TestAClosedRecordOnThePhone(AskedCase):
    def test_says_nothing_of_a_nurse_nor_why(self) -> None:
        self.make(self.ana, date(2026, 12, 4), note="See you", since=at(23))
        phone = Client()
        phone.force_login(self.ana.user)
        before = words(phone.get("/my/"))
        assert "Your nurse asked for this" in before
        self.client.post(self.address("end"), {"why": "died"})
        pages = {name: words(phone.get(reverse(name))) for name in ("start", "my", "my_data", "questions", "reminders")}
        for name, page in pages.items():
            for said in ("Died", "died", "Your nurse asked", "Your nurse can see", "Your care team can see"):
                assert said not in page, (name, said)
        assert "No nurse follows your lessons any more." in pages["my_data"]
        assert "No nurse follows it since" in pages["my_data"]
        assert b"died" not in phone.get(reverse("my_data_file")).content.lower()
        assert standing.standings([self.ana.user_id])[self.ana.user_id][0].assigned


@pytest.mark.django_db
def test_the_second_of_two_who_change_a_label_is_shown_what_the_first_saved(client: Client) -> None:
    ana = make_patient(team := make_team(), "Ana", reference="7")
    address = reverse("admin:people_patient_label", args=[ana.pk])
    client.force_login(make_nurse("noor", team))

    def drawn() -> str:
        return str(client.get(address).content.decode().split('name="drawn_from" value="')[1].split('"')[0])

    both = drawn()
    assert client.post(address, {"label": "Ann", "reference": "8", "drawn_from": both}).status_code == 303
    page = client.post(address, {"label": "Anna", "reference": "7", "drawn_from": both})
    assert "Somebody else saved something meanwhile: Ann, 8, no treatment. Nothing of yours is saved" in words(page)
    assert 'value="Anna"' in page.content.decode()
    ana.refresh_from_db()
    assert (ana.label, ana.reference) == ("Ann", "8")
    seen = page.content.decode().split('name="drawn_from" value="')[1].split('"')[0]
    assert client.post(address, {"label": "Anna", "reference": "8", "drawn_from": seen}).status_code == 303
    assert client.post(address, {"label": "Anna", "reference": "8", "drawn_from": seen}).status_code == 303  # twice
    for made_up in ("", "x" * 500):
        assert client.post(address, {"label": "Bo", "drawn_from": made_up}).status_code == 200
    ana.refresh_from_db()
    assert ana.label == "Anna"


@pytest.mark.django_db
def test_a_treatment_is_chosen_later_and_changed_and_it_is_logged(client: Client) -> None:
    load_content()
    ana = make_patient(team := make_team(), "Ana")
    page, address = (reverse(f"admin:people_patient_{name}", args=[ana.pk]) for name in ("change", "label"))
    client.force_login(make_nurse("noor", team))
    assert f'href="{address}">Choose the treatment</a>' in client.get(page).content.decode()
    form = {"label": "Ana", "treatment": "virus-therapy", "drawn_from": desk.fingerprint(ana)}
    assert client.post(address, form).status_code == 303
    assert "Virus therapy ·" in words(client.get(page))
    assert "changed the treatment" in words(client.get(page))
    late = words(client.post(address, form | {"treatment": "cancer-vaccines"}))
    assert "meanwhile: Ana, Virus therapy. Nothing of yours is saved yet." in late
    assert "Choose one of these treatments" in words(client.post(address, form | {"treatment": "nothing"}))
    ana.refresh_from_db()
    assert ana.treatment == "virus-therapy"
    form |= {"treatment": "", "drawn_from": desk.fingerprint(ana)}
    assert client.post(address, form).status_code == 303
    ana.refresh_from_db()
    assert ana.treatment == ""
    whats = list(AuditEvent.objects.filter(patient=ana.pk, what__in=["renamed", "treatment.changed"]))
    assert [event.what for event in whats] == ["treatment.changed", "treatment.changed"]


@pytest.mark.django_db
def test_a_treatment_that_has_no_pathway_any_more_can_stay(client: Client) -> None:
    load_content()
    Therapy.objects.create(slug="old", position=900, title="An old one", summary="S.")
    ana = make_patient(team := make_team(), "Ana", treatment="old")
    client.force_login(make_nurse("noor", team))
    page = client.get(reverse("admin:people_patient_label", args=[ana.pk])).content.decode()
    assert re.search(r'<option value="old" selected>\s*An old one', page)
    ana.treatment = ""
    ana.save()
    assert "An old one" not in client.get(reverse("admin:people_patient_label", args=[ana.pk])).content.decode()
