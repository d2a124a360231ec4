"""Two records of one patient: merged by a lead, put apart within a day, and what is left behind is erased."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db.models import Model
from django.test import Client, TransactionTestCase
from django.urls import reverse

from learn.account import actions, data, merging
from learn.account.guests import OWN
from learn.assignments.models import Assignment
from learn.people import codes, roles
from learn.people.models import AuditEvent, Membership, Patient, User
from learn.people.names import ERASED
from learn.progress import actions as progress
from learn.progress import record
from learn.progress.models import Contact, KeptPage, Merge, Reading, TeachBack
from learn.visits import actions as visits
from learn.visits.models import MyQuestion
from quizzes import learners, taking
from quizzes.models import Attempt, Memory, Response
from tests.cast import (
    PatientCase,
    at,
    make_nurse,
    make_patient,
    make_question,
    make_quiz,
    make_team,
    right,
    together,
    words,
    wrong,
)

ROWS: tuple[type[Model], ...] = (
    Assignment, Attempt, Response, Contact, KeptPage, Memory, MyQuestion, Reading, TeachBack, Patient,
)  # fmt: skip


def state() -> dict[str, Any]:
    """Return all rows about patients, as they are now; the positions of questions may differ after an undo."""
    found: dict[str, Any] = {}
    for model in ROWS:
        names = [f.attname for f in model._meta.concrete_fields if (model, f.name) != (MyQuestion, "position")]
        names = [name for name in names if (model, name) != (Memory, "id")]  # memories are computed anew
        found[model.__name__] = sorted(map(str, model._default_manager.values_list(*names)))
    return found


class TwoRecords(PatientCase):
    """ana has two records: A-12, and "ana m." which was made later. lena leads the team. Today is November 24."""

    def setUp(self) -> None:
        super().setUp()
        self.lena = make_nurse("lena")
        Membership.objects.create(care_team=self.team, nurse=self.lena, started=at(1), lead=True)
        self.lena.groups.set(Group.objects.filter(name=roles.LEAD))
        self.other = make_patient(self.team, "ana m.")
        due = date(2026, 12, 4)
        for patient, note in ((self.ana, "First"), (self.other, "Second")):
            Assignment.objects.create(
                patient=patient, lesson=self.lesson, due=due, by=self.noor, made=at(10), note=note
            )
            progress.contacted(patient=patient, by=self.noor, note=note, number=1, now=at(15))
            visits.add(learner=patient.user, text="The same question", now=at(16))
        visits.add(learner=self.other.user, text="Another question", now=at(16))
        self.learner = self.ana.user
        self.read(1)
        self.learner = self.other.user
        self.read(2, 3)
        self.check(safety=wrong, now=at(20))
        self.said_back("prompt", patient=self.other, number=1, at=at(21))
        first = self.said_back("again", patient=self.other, number=2, at=at(22))
        self.said_back("own-words", patient=self.other, number=3, at=at(23), adds_to=first, to_whom="")
        codes.make(user=self.other.user, by=self.noor, now=at(10))

    def merge(self) -> Merge:
        return merging.merge(keep=self.ana, gone=self.other, by=self.lena, now=at(24))

    def undo(self, row: Merge) -> None:
        merging.undo(
            row=Merge.objects.select_related("keep__user", "gone__user").get(pk=row.pk), by=self.lena, now=at(24)
        )


class TestAMerge(TwoRecords):
    def test_brings_all_that_was_done_and_said_into_one_record(self) -> None:
        answers = Response.objects.count()
        self.merge()
        found = record.of_patient(self.ana)
        assert Response.objects.filter(item__attempt__learner=self.ana.user_id).count() == answers
        assert Reading.objects.get(learner=self.ana.user).finished == at(24)  # step 1 here, 2 and 3 there
        assert [talk.outcome for talk in found.talks] == ["Explained in own words", "Needed a prompt"]
        assert [miss.is_open for miss in found.misses] == [False]
        assert [c.note for c in self.ana.contacts.order_by("number")] == ["First", "Second"]
        assert [q.text for q in MyQuestion.objects.of(self.ana.user)] == ["The same question", "Another question"]
        assert [a.note for a in self.ana.assignments.all()] == ["First"]
        assert Memory.objects.filter(learner=self.ana.user).exists()
        assert not Memory.objects.filter(learner=self.other.user).exists()

    def test_ends_the_keys_and_the_other_record(self) -> None:
        phone = Client()
        phone.force_login(self.other.user)
        self.merge()
        self.other.refresh_from_db()
        assert self.other.ended_why == "merged"
        assert not User.objects.get(pk=self.other.user_id).is_active
        assert not self.other.user.codes.filter(cancelled=None).exists()
        assert "_auth_user_id" not in phone.session
        acts = AuditEvent.objects.filter(what="merged").order_by("patient").values_list("patient", "who")
        assert list(acts) == [(self.ana.pk, self.lena.pk), (self.other.pk, self.lena.pk)]

    def test_undone_puts_back_every_row(self) -> None:
        before = state()
        row = self.merge()
        assert state() != before
        self.undo(row)
        self.undo(row)
        after = state()
        for name, rows in before.items():
            assert after[name] == rows, name
        assert AuditEvent.objects.filter(what="merged.undone").count() == 2

    def test_undone_keeps_what_was_done_since(self) -> None:
        row = self.merge()
        self.learner = self.ana.user
        self.check(now=at(24, 13))
        copied = TeachBack.objects.filter(patient=self.ana, adds_to=None).order_by("pk")[0]
        self.said_back("again", number=9, adds_to=copied, to_whom="", at=at(24, 13))
        self.undo(row)
        assert [t.number for t in TeachBack.objects.filter(patient=self.ana).order_by("pk")] == [1, 9]
        assert TeachBack.objects.filter(patient=self.other).count() == 3
        assert Attempt.objects.filter(learner=self.ana.user).count() == 1
        assert Attempt.objects.filter(learner=self.other.user).count() == 1

    def test_can_be_undone_for_a_day_only(self) -> None:
        row = self.merge()
        late = Merge.objects.select_related("keep__user", "gone__user").get(pk=row.pk)
        with pytest.raises(merging.NotNow):
            merging.undo(row=late, by=self.lena, now=at(24) + merging.UNDO + timedelta(seconds=1))

    def test_is_refused_for_a_record_that_is_closed_or_merged_or_gone(self) -> None:
        self.merge()
        with pytest.raises(merging.NotNow):
            self.merge()
        third = make_patient(self.team, "Third", ended_on=date(2026, 11, 20), ended_why="moved")
        with pytest.raises(merging.NotNow):
            merging.merge(keep=self.ana, gone=third, by=self.lena, now=at(24))
        actions.erase(user=self.ana.user, now=at(24))
        with pytest.raises(merging.NotNow):
            merging.merge(keep=self.ana, gone=make_patient(self.team, "Fourth"), by=self.lena, now=at(24))


class TestWhatIsLeftBehind(TwoRecords):
    def left(self) -> list[int]:
        user = self.other.user_id
        mine = [model._default_manager.filter(learner=user).count() for model in OWN]
        return [
            *mine,
            *(model._default_manager.filter(patient=self.other).count() for model in (Assignment, Contact, TeachBack)),
        ]

    def test_is_erased_by_tidy_after_a_day(self) -> None:
        row = self.merge()
        call_command("tidy", verbosity=0)
        assert any(self.left())
        with time_machine.travel(at(24) + merging.UNDO * 1.1, tick=False):
            call_command("tidy", verbosity=0)
        assert not any(self.left())
        self.other.refresh_from_db()
        row.refresh_from_db()
        assert (self.other.label, self.other.reference, row.moved) == (ERASED, "", {})
        assert self.ana.contacts.count() == 2
        assert self.ana.teach_backs.count() == 3
        with pytest.raises(merging.NotNow):
            self.undo(row)

    def test_is_erased_with_the_record(self) -> None:
        self.merge()
        actions.erase(user=User.objects.get(pk=self.ana.user_id), now=at(24))
        assert not any(self.left())
        assert "ana m." not in str(list(Patient.objects.values_list("label", "reference")))

    def test_a_merge_stands_in_my_data(self) -> None:
        self.merge()
        assert data.read(self.ana.user)["When two records of yours were merged"] == [{"at": at(24)}]


class TestThePages(TwoRecords):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.lena)
        self.page = reverse("admin:people_patient_merge", args=[self.ana.pk])
        self.there = reverse("admin:people_patient_merge_preview", args=[self.ana.pk, self.other.pk])

    def test_lead_from_the_record_over_a_preview_to_an_undo(self) -> None:
        assert self.page in self.client.get(self.address()).content.decode()
        assert "Nobody of your teams has the same." in words(self.client.get(self.page))
        assert self.there in self.client.get(self.page, {"q": "ÁNA m"}).content.decode()
        Patient.objects.filter(pk=self.other.pk).update(reference="A-12")
        assert self.there in self.client.get(self.page).content.decode()
        seen = words(self.client.get(self.there))
        assert "This stays: Ana This is merged into it: ana m." in seen
        assert "Teach-backs 0 2" in seen
        assert "What opens the other record stops working: a card." in seen
        assert not Merge.objects.exists()
        done = words(self.client.post(self.there, follow=True))
        assert "The two records are one. You can undo this here until" in done
        assert self.client.post(self.there).status_code == 404  # a double press: the other record is closed
        row = Merge.objects.get()
        address = reverse("admin:people_patient_merge_undo", args=[self.ana.pk, row.pk])
        assert address in self.client.get(self.page).content.decode()
        assert "Undone: both records are there again." in words(self.client.post(address, follow=True))
        self.other.refresh_from_db()
        assert self.other.ended_on is None

    def test_are_for_the_lead_of_both_teams(self) -> None:
        cedar = make_team("Cedar team")
        elsewhere = make_patient(cedar, "Ana", reference="A-12")
        assert "Cedar" not in words(self.client.get(self.page))
        for pair in ((self.ana.pk, elsewhere.pk), (elsewhere.pk, self.ana.pk), (self.ana.pk, self.ana.pk)):
            address = reverse("admin:people_patient_merge_preview", args=pair)
            assert self.client.post(address).status_code == 404, pair
        self.client.force_login(self.noor)
        for address in (self.page, self.there):
            assert self.client.get(address).status_code == 404
        assert self.client.post(self.there).status_code == 404
        assert not Merge.objects.exists()


@pytest.mark.race
class TestAMergeWhileThePatientAnswers(TransactionTestCase):
    def test_loses_no_answer_and_never_deadlocks(self) -> None:
        revision = make_question("one", critical=True)
        quiz, team = make_quiz(revision), make_team()
        lena = make_nurse("lena", team)
        for turn in range(4):
            keep, gone = (make_patient(team, f"{name} {turn}") for name in ("Keep", "Gone"))
            if turn % 2:
                keep, gone = gone, keep
            attempts = [taking.start(learner=p.user, quiz=quiz, language="en", now=at(20)) for p in (keep, gone)]

            def act(n: int, turn: tuple[Any, ...] = (keep, gone, attempts)) -> Any:
                keep, gone, attempts = turn
                if n == 2:
                    return merging.merge(keep=keep, gone=gone, by=lena, now=at(22))
                item = attempts[n].items.with_answers()[0]
                return taking.answer(item=item, given=right(revision), number=1, now=at(21))

            results = together(3, act)
            assert isinstance(results[2], Merge), results
            assert results[0] is None, results
            assert results[1] is None or isinstance(results[1], learners.Gone), results  # it was open in both
            assert Response.objects.filter(item__attempt=attempts[0]).count() == 1


@pytest.mark.django_db
def test_a_check_with_answers_that_is_open_in_both_waits_until_it_can_move() -> None:
    revisions, team = [make_question("one"), make_question("two")], make_team()
    quiz, keep, gone = make_quiz(*revisions), make_patient(team, "Keep"), make_patient(team, "Gone")
    mine, theirs = (taking.start(learner=p.user, quiz=quiz, language="en", now=at(20)) for p in (keep, gone))
    for attempt in (mine, theirs):
        taking.answer(item=attempt.items.with_answers()[0], given=right(revisions[0]), number=1, now=at(20))
    merging.merge(keep=keep, gone=gone, by=make_nurse("lena", team), now=at(21))
    assert merging.finish_all(now=at(23)) == 0
    assert Response.objects.count() == 2
    taking.answer(item=mine.items.with_answers()[1], given=right(revisions[1]), number=1, now=at(23))
    assert merging.finish_all(now=at(24)) == 1
    theirs.refresh_from_db()
    assert theirs.learner == keep.user
    assert Response.objects.count() == 3
