"""My data: everything that is saved about a person can be shown, downloaded, no longer shared, and erased."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import connection
from django.test import Client, TestCase, TransactionTestCase
from django.test.utils import CaptureQueriesContext

from learn.account import actions as account
from learn.account import data
from learn.assignments import actions as assignments
from learn.assignments.models import Reminder
from learn.lessons.models import Lesson, Step
from learn.people import codes
from learn.people.audit import WORDS
from learn.people.models import AccessCode, AuditEvent, Patient, Session, User
from learn.progress import actions
from learn.progress.models import Contact, Merge, Reading, TeachBack
from learn.visits import actions as questions
from learn.visits.models import MyQuestion
from quizzes import learners, reviewing, taking
from quizzes.models import Attempt, Response
from tests import cast
from tests.cast import PASSWORD, as_form, at, keep_published, load_content, make_question, make_quiz, right

CANARY = "zebrafinch"  # this word is in every text field of ana's data
LESSON = "what-is-immunotherapy"

# Foreign keys of rows that are shown and erased together with the row they point to.
PARTS = {
    "quizzes.AttemptItem.attempt",
    "quizzes.Response.item",
    "account.EmailConfirmation.email_address",
    "progress.TeachBack.adds_to",
    "progress.Merge.gone",
}
# Links to staff who did something for others: not part of their own record. Roles are cleared with the user.
WORK = {
    "people.Membership.nurse",
    "people.AccessCode.by",
    "people.CareTeam.called_by",
    "people.OneTimePassword.by",
    "people.OneTimePassword.user",
    "assignments.Act.by",
    "assignments.Assignment.by",
    "assignments.Change.by",
    "quizzes.Revision.author",
    "quizzes.Revision.published_by",
    "quizzes.Revision.retired_by",
    "assignments.Assignment.taught_by",
    "progress.Contact.nurse",
    "progress.Merge.by",
    "visits.MyQuestion.talked_by",
    "progress.TeachBack.nurse",
    "lessons.ClinicalReview.who",
    "lessons.Edition.author",
    "lessons.Edition.published_by",
    "lessons.Edition.retired_by",
    "lessons.HoldAct.by",
    "lessons.ReferenceText.author",
    "lessons.ReferenceText.published_by",
    "lessons.ReferenceText.retired_by",
    "lessons.Remark.by",
    "lessons.Remark.done_by",
    "admin.LogEntry.user",
    "mfa.Authenticator.user",  # staff only have a second step, and a hospital account
    "socialaccount.SocialAccount.user",
    "people.User_groups.user",
    "people.User_user_permissions.user",
}


class TestEveryTable(TestCase):
    """A new table with a link to a person must be shown and erased, or be listed here as an exception."""

    def test_with_a_link_to_a_person_is_registered(self) -> None:
        personal: set[type] = {User}
        links: set[str] = set()
        while True:
            found = {
                f"{model._meta.label}.{field.name}"
                for model in apps.get_models(include_auto_created=True)
                for field in model._meta.get_fields()
                if field.is_relation and (field.many_to_one or field.one_to_one) and not field.auto_created
                if field.related_model in personal
            }
            if found == links:
                break
            links = found
            personal |= {apps.get_model(link.rpartition(".")[0]) for link in links - WORK}
        shown = {f"{k.model._meta.label}.{k.of.partition('__')[0]}" for k in data.PERSONAL_DATA}
        assert links == shown | PARTS | WORK


class TestMyData(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        load_content()
        cls.maple = cast.make_team()
        cls.ana = cast.make_patient(cls.maple, f"Ana {CANARY}", name=f"ana-{CANARY}", reference=f"ref {CANARY}")
        cls.noor = cast.make_nurse("noor", cls.maple)
        cls.ben = cast.make_patient(cls.maple, "Ben", name="ben")
        user = cls.ana.user
        user.first_name, user.last_name, user.email = CANARY, CANARY, f"{CANARY}@example.org"
        user.save()
        EmailAddress.objects.create(user=user, email=user.email, primary=True)
        cls.record(user, CANARY)
        cls.record(cls.ben.user, "robin")

    @classmethod
    def record(cls, learner: User, word: str) -> None:
        lesson = Lesson.objects.select_related("quiz").get(slug=LESSON)
        steps = list(Step.objects.shown().filter(edition__lesson=lesson).order_by("position"))
        actions.read(learner=learner, steps=steps, step=steps[0], now=at(20))
        actions.keep_page(learner=learner, lesson=lesson.pk, slug=steps[1].slug, now=at(20))
        attempt = taking.start(learner=learner, quiz=lesson.quiz, language="en", now=at(20, 9))  # type: ignore[arg-type]
        for item in attempt.items.select_related("revision")[:2]:
            taking.answer(item=item, given=right(item.revision), number=1, now=at(20, 10))
        reviewing.pause(learner=learner, now=at(20))
        words = {"patient": learner.patient, "at": at(21), "number": 1, "note": f"said {word}"}
        Contact.objects.create(nurse=cls.noor, **words)
        other = cast.make_patient(cls.maple, "Merged", ended_on=at(21), ended_why="merged")
        Merge.objects.create(keep=learner.patient, gone=other, by=cls.noor, at=at(21), finished=at(22))
        TeachBack.objects.create(
            nurse=cls.noor, lesson=lesson, topic="When to call", outcome="own-words", to_whom="patient", place=1,
            **(words | {"note": "stays"}),
        )  # fmt: skip
        questions.add(learner=learner, text=f"Why a {word}?", now=at(19))
        codes.make(user=learner, by=cls.noor, now=at(19))
        for day in (27, 28):
            assignments.assign(
                patients=[learner.patient], lessons=[lesson], due=at(day).date(), note=word, by=cls.noor, now=at(19)
            )
        Reminder.objects.create(patient=learner.patient, address=f"{word}@example.org", confirmed=at(19))

    def sign_in(self, who: Patient) -> Client:
        client = Client()
        assert client.login(username=who.user.username, password=PASSWORD)
        return client

    def canaries(self) -> list[str]:
        """Return the tables that contain the canary word."""
        return [
            model._meta.label
            for model in apps.get_models(include_auto_created=True)
            if model is not Session and any(CANARY in str(row) for row in model._default_manager.values())
        ]

    def test_has_a_row_of_every_kind_for_these_tests(self) -> None:
        missing = [k.title for k in data.PERSONAL_DATA if not (k.of_staff or k.theirs(self.ana.user).exists())]
        assert missing == []

    def test_shows_and_downloads_questions_answers_and_who_looked(self) -> None:
        noor = Client()
        noor.force_login(self.noor)
        noor.get(f"/admin/people/patient/{self.ana.pk}/change/")
        client = self.sign_in(self.ana)
        page = client.get("/my/data/").content.decode()
        response = client.get("/my/data/file/")
        assert response["Content-Disposition"] == 'attachment; filename="my-data.json"'
        given = json.loads(response.content)
        item = Attempt.objects.get(learner=self.ana.user).items.select_related("revision")[0]
        answer = given["Checks that you began, and your answers"][0]["answers"][0]
        assert answer["question"] == item.revision.stem
        assert answer["this was"] == "Right"
        looked = [row["what"] for row in given["Who looked at your record"] if row["who"] == "staff"]
        assert "saw a patient's page" in looked
        assert set(given) >= {"Who you are here", *(k.title for k in data.PERSONAL_DATA if not k.of_staff)}
        for words in (item.revision.stem, f"Ana {CANARY}", f"{CANARY}@example.org", "When to call", "Maple team"):
            assert words in page
            assert words in response.content.decode()
        assert "noor" not in page

    def test_shows_nothing_of_anybody_else(self) -> None:
        client = self.sign_in(self.ben)
        for address in ("/my/data/", "/my/data/file/"):
            assert CANARY not in client.get(address).content.decode()

    def test_of_a_new_visitor_is_empty_and_the_page_says_so(self) -> None:
        assert "Nothing is kept about you" in Client().get("/my/data/").content.decode()
        assert Client().get("/my/data/file/")["Location"] == "/my/data/"
        assert Session.objects.count() == 0

    def test_costs_the_same_number_of_queries_for_one_and_three_checks(self) -> None:
        client = self.sign_in(self.ana)
        client.get("/my/data/")
        keep_published()
        with self.assertNumQueries(19):
            client.get("/my/data/")
        for n in (1, 2):
            quiz = make_quiz(make_question(slug=f"q{n}"), slug=f"quiz-{n}")
            attempt = taking.start(learner=self.ana.user, quiz=quiz, language="en", now=at(22))
            taking.answer(item=attempt.items.get(), given=[], number=1, now=at(22))
        with self.assertNumQueries(19):
            client.get("/my/data/")

    def test_is_erased_only_with_a_ticked_box(self) -> None:
        client = self.sign_in(self.ana)
        response = client.post("/my/data/erase/", {})
        assert response.status_code == 200
        assert "Tick the box if you want to erase everything" in response.content.decode()
        assert Response.objects.filter(item__attempt__learner=self.ana.user).count() == 2

    def test_is_nowhere_after_an_erasure_except_in_the_rows_that_must_stay(self) -> None:
        phone, tablet = self.sign_in(self.ana), self.sign_in(self.ana)
        assert len(self.canaries()) >= 5
        before = {k.title: k.theirs(self.ben.user).count() for k in data.PERSONAL_DATA}

        response = phone.post("/my/data/erase/", {"sure": "yes"})

        assert response["Location"] == "/my/data/erased/"
        assert self.canaries() == []
        assert [k.title for k in data.PERSONAL_DATA if k.erased and k.theirs(self.ana.user).exists()] == []
        assert list(TeachBack.objects.filter(patient=self.ana).values_list("topic", flat=True)) == ["When to call"]
        assert {e.what for e in AuditEvent.objects.filter(patient=self.ana.pk)} == {"card.made", "assigned", "erased"}
        for client in (phone, tablet):
            assert client.get("/my/").context["user"].is_anonymous
        assert Session.objects.count() == 0
        assert not Client().login(username=f"ana-{CANARY}", password=PASSWORD)
        assert {k.title: k.theirs(self.ben.user).count() for k in data.PERSONAL_DATA} == before

    def test_is_a_closed_record_without_a_name_for_the_nurse_after_an_erasure(self) -> None:
        self.sign_in(self.ana).post("/my/data/erase/", {"sure": "yes"})
        patient = Patient.objects.get(pk=self.ana.pk)
        assert (patient.label, patient.reference, patient.ended_why) == ("Erased", "", "stopped")
        noor = Client()
        noor.force_login(self.noor)
        listed = noor.get("/admin/people/patient/").content.decode()
        assert "Ben" in listed
        assert "Erased" not in listed

    def test_keeps_the_reason_of_a_record_that_was_closed_before(self) -> None:
        Patient.objects.filter(pk=self.ana.pk).update(ended_on=at(1).date(), ended_why="moved")
        self.sign_in(self.ana).post("/my/data/erase/", {"sure": "yes"})
        patient = Patient.objects.get(pk=self.ana.pk)
        assert (patient.ended_on, patient.ended_why) == (at(1).date(), "moved")

    def test_can_be_erased_in_the_middle_of_a_check_without_an_error(self) -> None:
        phone, tablet = self.sign_in(self.ana), self.sign_in(self.ana)
        attempt = Attempt.objects.get(learner=self.ana.user)
        items = list(attempt.items.select_related("revision"))
        tablet.post("/my/data/erase/", {"sure": "yes"})
        form = as_form(items[2].revision, right(items[2].revision))
        for response in (
            phone.get(f"/check/{attempt.pk}/3/", follow=True),
            phone.post(f"/check/{attempt.pk}/3/", form, follow=True),
            phone.get(f"/check/{attempt.pk}/result/", follow=True),
            phone.get("/my/data/"),
            phone.post("/my/data/erase/", {"sure": "yes"}, follow=True),
        ):
            assert response.status_code == 200
            assert "<h1>" in response.content.decode()
        with pytest.raises(learners.Gone):
            taking.answer(item=items[2], given=right(items[2].revision), number=1, now=at(22))
        assert Response.objects.filter(item__attempt=attempt.pk).count() == 0

    def test_leaves_nothing_on_the_device_and_does_not_touch_cookies_of_other_sites(self) -> None:
        client = self.sign_in(self.ana)
        client.post("/settings/", {"text": "large", "colors": "dark", "listen": "hide", "helper": "yes"})
        response = client.post("/my/data/erase/", {"sure": "yes"})
        assert response["Clear-Site-Data"] == '"cache", "storage"'
        for cookie in ("sid", "csrf", "look", "messages"):
            assert response.cookies[cookie]["max-age"] == 0

    def test_of_staff_is_not_erased_here(self) -> None:
        noor = Client()
        noor.force_login(self.noor)
        assert "Your IT department ends it" in noor.get("/my/data/").content.decode()
        assert noor.post("/my/data/erase/", {"sure": "yes"}).status_code == 404
        assert User.objects.filter(username="noor", is_active=True).exists()


class TestAPatientWhoStopsSharing(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        TestMyData.setUpTestData.__func__(cls)  # type: ignore[attr-defined]

    record = classmethod(TestMyData.record.__func__)  # type: ignore[attr-defined]

    def setUp(self) -> None:
        questions.share(patient=self.ana, question=None, now=at(20))
        self.client.force_login(self.ana.user)
        self.page: Any = self.client.get("/my/data/stop/").content.decode()
        self.client.post("/my/data/stop/")

    def nurse_sees(self) -> str:
        noor = Client()
        noor.force_login(self.noor)
        return noor.get(f"/admin/people/patient/{self.ana.pk}/change/").content.decode()

    def test_sees_the_phone_numbers_first(self) -> None:
        assert "555-010-0199" in self.page
        assert "555-010-0199" not in self.client.get("/help/").content.decode()

    def test_keeps_what_they_did_and_can_continue_learning(self) -> None:
        assert Reading.objects.filter(learner=self.ana.user).count() == 1
        assert Response.objects.filter(item__attempt__learner=self.ana.user).count() == 2
        assert "What is immunotherapy?" in self.client.get("/my/").content.decode()

    def test_hides_new_and_past_work_from_the_nurse(self) -> None:
        patient = Patient.objects.get(pk=self.ana.pk)
        assert (patient.ended_why, patient.label) == ("stopped", self.ana.label)
        assert not Reading.objects.filter(learner=patient.user).exists()
        assert "Step 2" not in self.nurse_sees()
        noor = Client()
        noor.force_login(self.noor)
        assert CANARY not in noor.get("/admin/people/patient/").content.decode()

    def test_no_longer_shares_questions(self) -> None:
        assert [q.shared for q in MyQuestion.objects.of(self.ana.user)] == [None]

    def test_loses_the_address_for_reminders(self) -> None:
        assert not Reminder.objects.filter(patient=self.ana).exists()

    def test_cancels_the_code_of_the_nurse(self) -> None:
        assert AccessCode.objects.get(user=self.ana.user).cancelled is not None

    def test_is_noted_once_even_when_posted_several_times(self) -> None:
        self.client.post("/my/data/stop/")
        assert AuditEvent.objects.filter(patient=self.ana.pk, what="sharing.stopped", who=self.ana.user.pk).count() == 1

    def test_can_still_erase_everything(self) -> None:
        self.client.post("/my/data/erase/", {"sure": "yes"})
        assert not Reading.objects.filter(learner=self.ana.user).exists()
        assert not User.objects.filter(username=self.ana.user.username).exists()
        assert TeachBack.objects.filter(patient=self.ana).exists()


@pytest.fixture
def many_looks(db: None) -> User:
    """Return ana, who is in 12 of 5,000 audit rows; in two of them she is both the actor and the patient."""
    ana, start = cast.make_patient(cast.make_team()), AuditEvent.objects.count()
    AuditEvent.objects.bulk_create(
        AuditEvent(at=at(20), who=1_000_000 + n % 500, what="patient.seen", patient=2_000_000 + n % 500)
        for n in range(4_988)
    )
    for what, who, patient in (
        ("patient.seen", 1_000_000, ana.pk), ("erased", ana.user_id, ana.pk), ("audit.seen", ana.user_id, None),
    ) * 2 + (("patient.seen", 1_000_001, ana.pk),) * 6:  # fmt: skip
        AuditEvent.objects.create(at=at(21), who=who, what=what, patient=patient)
    assert AuditEvent.objects.count() - start == 5_000
    return ana.user


def test_who_looked_lists_each_row_once_and_the_oldest_first(many_looks: User) -> None:
    looks = [(row["who"], row["what"]) for row in data.read(many_looks)["Who looked at your record"]]
    three = [("staff", "saw a patient's page"), ("you", str(WORDS["erased"])), ("you", str(WORDS["audit.seen"]))]
    assert looks == three * 2 + [("staff", "saw a patient's page")] * 6


def test_who_looked_lists_a_guests_own_acts(many_looks: User) -> None:
    guest = User.objects.create_guest()
    AuditEvent.objects.create(at=at(21), who=guest.pk, what="erased")
    assert [row["who"] for row in data.read(guest)["Who looked at your record"]] == ["you"]


@pytest.mark.parametrize("patient", [True, False], ids=["a-patient", "a-guest"])
def test_who_looked_uses_indexes_among_5000_rows(many_looks: User, patient: bool) -> None:
    person = many_looks if patient else User.objects.create_guest()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE people_auditevent")
        with CaptureQueriesContext(connection) as queries:
            data.read(person)
        [read] = [q["sql"] for q in queries if "people_auditevent" in q["sql"]]
        cursor.execute(f"EXPLAIN {'QUERY PLAN' if connection.vendor == 'sqlite' else ''} {read}")
        plan = str(cursor.fetchall())
    assert ("audit_who_at" in plan, "audit_patient_at" in plan) == (True, patient)
    assert "Seq Scan" not in plan
    assert "SCAN people_auditevent" not in plan


@pytest.mark.race
class TestAnErasureDuringAnAnswer(TransactionTestCase):
    def test_gives_no_error_and_leaves_no_answer(self) -> None:
        for n in range(8):
            guest = User.objects.create_guest()
            quiz = make_quiz(make_question(slug=f"q{n}"), slug=f"quiz-{n}")
            item = taking.start(learner=guest, quiz=quiz, language="en", now=at(20)).items.get()

            def act(thread: int, item: Any = item, guest: User = guest) -> None:
                if thread == 0:
                    account.erase(user=guest, now=at(21))
                    return
                with suppress(learners.Gone):
                    taking.answer(item=item, given=[], number=1, now=at(21))

            assert cast.together(2, act) == [None, None]
            assert not Attempt.objects.filter(learner=guest).exists()
            assert Response.objects.count() == 0
