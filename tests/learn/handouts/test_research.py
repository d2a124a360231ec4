"""The file for research has no name, no date and no group of fewer than five."""

from __future__ import annotations

import json
import random
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.urls import reverse

from learn.handouts import research
from learn.people import roles
from learn.people.models import AuditEvent, CareTeam, Membership, Patient
from quizzes import taking
from tests.cast import RecordCase, at, make_nurse, make_patient, make_question, make_quiz, make_team, right, wrong


class TestTheFileForResearch(RecordCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.team, cls.cedar = make_team(), make_team("Cedar team")
        cls.patients = [make_patient(cls.team, f"Label {n}", reference=f"REF-{n}") for n in range(6)]
        cls.rare = make_question("rare")
        cls.rare_quiz = make_quiz(cls.rare, slug="rare-lesson")
        cls.lead = make_nurse("lena", cls.team)
        cls.lead.groups.set(Group.objects.filter(name=roles.LEAD))
        Membership.objects.filter(nurse=cls.lead).update(lead=True)

    def setUp(self) -> None:
        clock = time_machine.travel(at(24), tick=False)
        clock.start()
        self.addCleanup(clock.stop)
        self.client.force_login(self.lead)

    def answer(self, patients: list[Patient], day: int = 10, **how: Any) -> None:
        for n, patient in enumerate(patients):
            self.learner = patient.user
            self.check(now=at(day + n), **how)

    def rows(self, seed: int = 1) -> list[dict[str, Any]]:
        return [json.loads(line) for line in research.lines(self.team, random.Random(seed))]

    def address(self, team: CareTeam | None = None) -> str:
        return reverse("admin:people_careteam_research", args=[(team or self.team).pk])

    def test_has_one_statement_for_each_answer_and_nothing_of_the_person(self) -> None:
        self.answer(self.patients[:5], safety=wrong, times=2)
        self.check(now=at(20))
        rows = self.rows()
        assert len(rows) == 5 * 3 + 1  # the last patient tries the safety question again
        assert len({row["actor"]["account"]["name"] for row in rows}) == 5
        assert {row["verb"]["id"].rpartition("/")[2] for row in rows} == {"answered"}
        names = {row["object"]["definition"]["name"]["en-US"] for row in rows}
        assert names == {"Topic of plain", "Topic of safety"}
        days = [row["context"]["extensions"]["http://testserver/x/day"] for row in rows]
        assert sorted(days) == [0] * 15 + [6]  # each counts from their own first day
        text = "\n".join(research.lines(self.team, random.Random(1)))
        assert not re.search(r"Label|REF|Maple|20\d\d-\d\d", text)
        assert set(rows[0]) == {"actor", "verb", "object", "result", "context"}
        assert {key for row in rows for key in row["context"]["extensions"]} == {
            f"http://testserver/x/{name}" for name in ("day", "kind", "try", "safety", "not-sure")
        }

    def test_two_files_cannot_be_joined_by_their_numbers(self) -> None:
        self.answer(self.patients)
        once, again = ({row["actor"]["account"]["name"] for row in self.rows(seed)} for seed in (1, 2))
        assert once.isdisjoint(again)

    def test_leaves_out_what_fewer_than_five_answered(self) -> None:
        self.answer(self.patients[:5])
        for patient in self.patients[:4]:
            attempt = taking.start(learner=patient.user, quiz=self.rare_quiz, language="en", now=at(20))
            item = taking.owed(list(attempt.items.with_answers()))
            assert item is not None
            taking.answer(item=item, given=right(item.revision), number=1, now=at(20))
        assert "rare" not in json.dumps(self.rows())
        Patient.objects.filter(pk=self.patients[0].pk).update(care_team=self.cedar)
        with pytest.raises(research.TooFew):
            self.rows()

    def test_has_nobody_who_left_or_stopped_sharing_or_is_of_another_team(self) -> None:
        self.answer(self.patients)
        Patient.objects.filter(pk=self.patients[5].pk).update(ended_on=at(20).date(), ended_why="stopped")
        assert len({row["actor"]["account"]["name"] for row in self.rows()}) == 5
        self.answer([make_patient(self.cedar, "Cai")])
        assert len({row["actor"]["account"]["name"] for row in self.rows()}) == 5

    def test_costs_one_query(self) -> None:
        self.answer(self.patients)
        with self.assertNumQueries(1):
            self.rows()

    def test_a_lead_takes_it_and_the_audit_log_says_so(self) -> None:
        response = self.client.get(self.address(), follow=True)
        assert "fewer than 5 patients have answered the same question" in response.content.decode()
        assert not AuditEvent.objects.filter(what="research.exported").exists()
        self.answer(self.patients)
        response = self.client.get(self.address())
        assert response["Content-Disposition"] == 'attachment; filename="answers-without-names-2026-11-24.jsonl"'
        assert [json.loads(line)["verb"]["display"]["en-US"] for line in response.content.splitlines()][:1] == [
            "answered"
        ]
        assert AuditEvent.objects.filter(what="research.exported", team=self.team.pk, who=self.lead.pk).count() == 1
        assert self.client.get(self.address(self.cedar)).status_code == 404
        assert self.address() in self.client.get(
            reverse("admin:people_careteam_change", args=[self.team.pk])
        ).content.decode()  # fmt: skip
        with time_machine.travel(at(24) + timedelta(minutes=6), tick=False):
            assert self.client.get(self.address())["Location"].startswith(reverse("again"))
        self.client.force_login(make_nurse("noor", self.team))
        assert self.client.get(self.address()).status_code == 404
