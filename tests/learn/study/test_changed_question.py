"""A safety question with a new meaning: My learning says so, and the review shows both questions (ruling 21)."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from quizzes import authoring, taking
from tests.cast import at, make_patient, make_question, make_quiz, make_team, right, words
from tests.quizzes.cast import give

pytestmark = pytest.mark.django_db


def test_in_two_taps_without_its_answers(client: Client) -> None:
    first = make_question("fever", critical=True)
    ana = make_patient(make_team(), name="ana").user
    give(taking.start(learner=ana, quiz=make_quiz(first), language="en", now=at(20)), right, now=at(20))
    client.force_login(ana)
    with time_machine.travel(at(20), tick=False):
        assert "Changed since you read it" not in words(client.get(reverse("my")))
    fields = {name: getattr(first, name) for name in ("kind", "spec", "critical", "objective")}
    newer = authoring.draft(question=first.question, language="en", stem="Another fever?", why="New why.", **fields)
    authoring.publish(revision=newer, same_meaning=False)
    with time_machine.travel(at(21), tick=False):
        page = client.get(reverse("my"))
        assert "Questions about safety See what changed, and answer again" in words(page)
        assert f'href="{reverse("review")}"' in page.text
        review = client.get(reverse("review"))
    said = words(review)
    assert f"Before: {first.stem} Now: Another fever?" in said
    assert "please answer it again" in said
    assert not [text for text in ("New why.", "Right 1", "Why of fever") if text in review.text]
