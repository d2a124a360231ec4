"""A retired lesson: staff see that it is retired, it is never late, and who has begun it can finish it."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from learn.assignments.models import Assignment
from learn.people.models import Patient, User
from learn.progress import standing
from learn.progress.attention import needing
from learn.progress.models import Reading
from learn.progress.standing import Status
from tests.cast import RecordCase, at, make_nurse, make_patient, make_team, unguarded, words


class TestARetiredLesson(RecordCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        team = make_team()
        cls.ana, cls.noor = make_patient(team, name="ana"), make_nurse("noor", team)
        cls.asked = Assignment.objects.create(
            patient=cls.ana, lesson=cls.lesson, by=cls.noor, made=at(1), due=date(2026, 11, 16)
        )

    def setUp(self) -> None:
        self.learner = self.ana.user

    def retire(self) -> None:
        with unguarded():
            self.lesson.editions.update(state="retired")

    def why(self) -> list[str]:
        found = needing(Patient.objects.all(), at=at(24)).entries
        return [reason.code for entry in found for reason in entry.reasons]

    def test_is_not_late_for_ever(self) -> None:
        assert self.why() == ["late", "quiet"]
        self.retire()
        assert self.why() == []

    def test_that_was_begun_has_a_status_and_is_not_late_either(self) -> None:
        self.read(1)
        self.retire()
        [row] = standing.standings([self.ana.user_id])[self.ana.user_id]
        assert (row.code, row.words, row.taught.retired) == (Status.READING, "Step 2 of 3", True)
        assert not row.is_late(date(2026, 12, 24))
        assert self.why() == []

    def test_that_nobody_began_has_no_status_but_is_not_forgotten(self) -> None:
        self.retire()
        found = standing.whole([self.ana.user_id])[self.ana.user_id]
        assert (found.standings, found.retired) == ([], [self.asked])

    def test_is_named_on_the_patients_page_and_can_be_withdrawn(self) -> None:
        self.retire()
        self.client.force_login(self.noor)
        page = words(self.client.get(reverse("admin:people_patient_change", args=[self.ana.pk])))
        assert "Lesson 1 Retired Nobody can read it any more. Withdraw : Lesson 1" in page
        self.client.force_login(self.noor)
        address = reverse("admin:people_patient_assignment", args=[self.ana.pk, self.asked.pk])
        assert "Lesson 1" in words(self.client.get(address))

    def test_can_be_read_to_the_end_and_checked_by_who_began_it(self) -> None:
        self.client.force_login(self.ana.user)
        step = [reverse("step", args=["basics", "a-lesson", n]) for n in (1, 2, 3)]
        self.client.post(step[0])
        self.retire()
        assert "Lesson 1" in words(self.client.get(reverse("my")))
        assert self.client.get(reverse("lesson", args=["basics", "a-lesson"])).url == step[1]
        assert self.client.get(step[1]).status_code == 200
        assert self.client.post(step[1]).url == step[2]
        assert self.client.post(step[2]).url == reverse("check", args=["a-lesson"])
        assert Reading.objects.get().finished is not None
        assert "Lesson 1" in words(self.client.get(reverse("check", args=["a-lesson"])))
        assert self.client.post(reverse("check", args=["a-lesson"])).status_code == 303
        self.check(now=at(24))
        [row] = standing.standings([self.ana.user_id])[self.ana.user_id]
        assert row.is_done

    def test_is_not_found_by_anybody_else(self) -> None:
        self.read(1)
        self.retire()
        others: list[User | None] = [None, make_patient(self.ana.care_team, "Ben", name="ben").user, self.noor]
        for other in others:
            self.client.logout()
            if other:
                self.client.force_login(other)
            for address in (reverse("step", args=["basics", "a-lesson", 1]), reverse("check", args=["a-lesson"])):
                assert self.client.get(address).status_code == 404
                assert self.client.post(address).status_code == 404

    def test_is_found_only_in_its_own_therapy_type(self) -> None:
        self.read(1)
        self.retire()
        self.client.force_login(self.ana.user)
        assert self.client.get(reverse("step", args=["other", "a-lesson", 1])).status_code == 404


@pytest.mark.django_db
def test_without_retired_lessons_nothing_more_is_read(client: Client) -> None:
    """The literal counts of the pages hold this too; here it is said."""
    assert standing.whole([]) == {}
