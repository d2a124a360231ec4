"""The advice on wording, applied to every shipped question: the only advice that is left was decided by a person."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from django.test import SimpleTestCase

from learn.lessons import texts
from learn.lessons.content import spec_of
from quizzes.authoring import with_ids
from quizzes.wording import RULES, advise

pytestmark = pytest.mark.one_database

QUIZZES = Path(__file__).resolve().parents[3] / "fixtures" / "quizzes"

# Advice that a person read and decided not to follow, by rule. There is none now.
KEPT: dict[str, set[str]] = {}


class TestTheShippedQuestions(SimpleTestCase):
    def test_break_no_rule_except_where_a_person_decided_so(self) -> None:
        found, read = defaultdict(set), 0
        for path in QUIZZES.glob("*.yaml"):
            for row in texts.read(path)["questions"]:
                spec = with_ids(spec_of(row))
                for advice in advise(kind=row["kind"], stem=row["stem"], why=row["why"], spec=spec):
                    found[advice.rule].add(row["slug"])
                read += 1
        assert found == KEPT
        assert read == 111
        assert set(KEPT) < set(RULES)
