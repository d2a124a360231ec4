"""The way from a question to the lesson and back, and from a result to the questions that are still open."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from learn.people.models import User
from learn.progress import standing
from quizzes import taking
from quizzes.models import Attempt, QuizItem
from tests.cast import as_form, at, keep_published, load_content, right, words, wrong

CALL = ("antibodies-and-checkpoint-inhibitors", "side-effects-when-to-call")
WAITS, SAVED = "Your question waits for you: ", "Your answer is saved: "

pytestmark = pytest.mark.django_db


@pytest.fixture
def learner(client: Client) -> User:
    """A learner who is signed in, on a site with its content."""
    load_content()
    learner = User.objects.create_guest()
    client.force_login(learner)
    return learner


@pytest.fixture
def attempt(client: Client, learner: User) -> Attempt:
    """An open check of that learner."""
    client.post(reverse("check", args=[CALL[1]]))
    return Attempt.objects.get(learner=learner)


def question(attempt: Attempt, n: int, page: str = "question") -> str:
    return reverse(f"quizzes:{page}", args=[attempt.pk, n])


def step(n: int, came_from: str | None = None) -> str:
    address = reverse("step", args=[*CALL, n])
    return f"{address}?from={came_from}" if came_from is not None else address


def answer(client: Client, attempt: Attempt, n: int, how: Any, number: int = 1) -> None:
    item = attempt.items.select_related("revision").get(position=n)
    assert client.post(question(attempt, n), as_form(item.revision, how(item.revision), number)).status_code == 303


def answer_all(client: Client, attempt: Attempt, how: Any) -> None:
    while (item := taking.owed(list(attempt.items.with_answers()))) is not None:
        answer(client, attempt, item.position, how, item.answers + 1)


def links(html: str) -> list[str]:
    return re.findall(r'<a [^>]*href="([^"]+)"', html.split("<main")[1].split("</main>")[0])


def test_a_question_leads_to_its_step_and_the_step_back_to_the_question(client: Client, attempt: Attempt) -> None:
    page = client.get(question(attempt, 2)).content.decode()
    there = next(link for link in links(page) if "?from=" in link)
    html = client.get(there).content.decode()
    assert "You are looking something up" in html
    assert f"{WAITS}question 2 of {attempt.items.count()}." in html
    assert set(re.findall(r'<a class="btn" href="([^"]+)">\s*Back to the question', html)) == {question(attempt, 2)}
    assert client.get(question(attempt, 2)).status_code == 200


def test_a_feedback_leads_to_its_step_and_the_step_back_to_the_feedback(client: Client, attempt: Attempt) -> None:
    answer(client, attempt, 1, wrong)
    page = client.get(question(attempt, 1, "feedback")).content.decode()
    there = next(link for link in links(page) if "?from=" in link)
    html = client.get(there).content.decode()
    assert f"{SAVED}question 1 of {attempt.items.count()}." in html
    assert question(attempt, 1, "feedback") in links(html)
    assert "Back to the answer" in html


def test_the_way_back_stands_in_place_of_continue_and_of_back(client: Client, attempt: Attempt) -> None:
    html = client.get(step(2, f"{attempt.pk}-1")).content.decode()
    assert "Continue" not in html
    assert '<form method="post">' not in html
    assert 'class="back"' not in html
    top, rest = html.split("<h1>")
    assert "Back to the question" in top
    assert "Back to the question" in rest


def test_links_between_steps_keep_the_question(client: Client, attempt: Attempt) -> None:
    came_from = f"{attempt.pk}-1"
    for n, beside in ((1, [2]), (2, [1, 3]), (6, [5])):
        found = links(client.get(step(n, came_from)).content.decode())
        assert [link for link in found if "from=" in link] == [step(other, came_from) for other in beside]


def test_a_question_that_comes_back_is_named_so(client: Client, attempt: Attempt) -> None:
    for n in range(1, attempt.items.count() + 1):
        answer(client, attempt, n, wrong)
    back = [item.position for item in attempt.items.with_answers() if taking.comes_back(item)]
    html = client.get(step(1, f"{attempt.pk}-{back[0]}")).content.decode()
    assert f"{WAITS}once more, 1 of {len(back)}." in html
    html = client.get(step(1, f"{attempt.pk}-{back[0]}-answer")).content.decode()
    assert f"{SAVED}question {back[0]} of" in html, "its newest answer was the first one"


def test_a_question_that_was_answered_in_another_tab_leads_to_its_feedback(client: Client, attempt: Attempt) -> None:
    answer(client, attempt, 1, right)
    html = client.get(step(1, f"{attempt.pk}-1")).content.decode()
    assert question(attempt, 1, "feedback") in links(html)


def test_two_questions_in_two_tabs_keep_apart(client: Client, attempt: Attempt) -> None:
    for n in (1, 2, 1):
        assert f"{WAITS}question {n} of" in client.get(step(3, f"{attempt.pk}-{n}")).content.decode()


@pytest.mark.parametrize(
    "came_from",
    [
        "",
        "{pk}",
        "{pk}-",
        "{pk}-0",
        "{pk}-99",
        "{pk}-9999999999999999999999",
        "{pk}-1-",
        "{pk}-1-answer",  # nothing is answered yet: the question waits
        "{pk}-1-answers",
        "{pk}-٣",
        "{pk}-1%00",
        "%00",
        "{other}-1",
        "x" * 5000,
        "<script>alert(1)</script>",
    ],
)
def test_an_address_without_an_own_question_gives_the_step_as_it_is(
    client: Client, attempt: Attempt, came_from: str
) -> None:
    html = client.get(step(2, came_from.format(pk=attempt.pk, other=uuid4()))).content.decode()
    if came_from == "{pk}-1-answer":
        assert f"{WAITS}question 1 of" in html
        assert question(attempt, 1) in links(html)
    else:
        assert "You are looking something up" not in html
        assert "Continue" in html


def test_the_question_of_somebody_else_is_never_named(client: Client, attempt: Attempt) -> None:
    for other in (Client(), Client()):
        other.post(reverse("check", args=[CALL[1]]))
        html = other.get(step(2, f"{attempt.pk}-1")).content.decode()
        assert str(attempt.pk) not in html
        assert "Continue" in html
    assert "You are looking something up" not in Client().get(step(2, f"{attempt.pk}-1")).content.decode()


def test_a_review_that_was_closed_has_no_question_that_waits(client: Client, attempt: Attempt) -> None:
    Attempt.objects.update(finished=at(20))
    assert "Continue" in client.get(step(2, f"{attempt.pk}-1")).content.decode()


def test_only_a_step_with_a_question_costs_one_query_more(
    client: Client, attempt: Attempt, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get(step(2))
    keep_published()
    for address, queries in ((step(2), 2), (step(2, "x"), 2), (step(2, f"{attempt.pk}-1"), 3)):
        with django_assert_num_queries(queries):
            client.get(address)


def test_a_result_names_what_to_talk_about_and_asks_exactly_that_again(client: Client, attempt: Attempt) -> None:
    answer_all(client, attempt, lambda revision: wrong(revision) if revision.critical else right(revision))
    html = client.get(reverse("quizzes:result", args=[attempt.pk])).content.decode()
    talk = html.split("Talk with your nurse about")[1].split("</div>")[0]
    missed = [item.revision for item in attempt.items.with_answers() if item.last_mark != "right"]
    assert all(revision.objective in talk for revision in missed)
    assert "Try these questions again" in talk
    again = reverse("check", args=[CALL[1]])
    assert f'href="{again}"' in talk
    client.post(again)
    retry = Attempt.objects.get(finished=None)
    assert [item.revision for item in retry.items.order_by("position")] == missed


def test_a_status_names_what_to_talk_about_newest_first(client: Client, learner: User, attempt: Attempt) -> None:
    answer_all(client, attempt, lambda revision: wrong(revision) if revision.critical else right(revision))

    def topics() -> tuple[str, ...]:
        found = standing.standings([learner.pk])[learner.pk]
        return next(one.topics for one in found if one.taught.slug == CALL[1])

    missed = [item.revision.objective for item in attempt.items.with_answers() if item.last_mark != "right"]
    assert topics() == tuple(reversed(missed))
    client.post(reverse("check", args=[CALL[1]]))
    answer(client, Attempt.objects.get(finished=None), 1, right)
    assert topics() == tuple(reversed(missed[1:]))


def test_a_finished_check_is_linked_from_its_page(client: Client, attempt: Attempt) -> None:
    check, last = reverse("check", args=[CALL[1]]), reverse("last_result", args=[CALL[1]])
    assert "See how it went" not in words(client.get(check))
    assert client.get(last).url == check
    answer_all(client, attempt, right)
    assert f'href="{last}">See how it went' in client.get(check).content.decode()
    assert client.get(last).url == reverse("quizzes:result", args=[attempt.pk])
    client.post(check)  # an open check is not a result
    assert client.get(last).url == reverse("quizzes:result", args=[attempt.pk])
    second = Attempt.objects.get(finished=None)
    answer_all(client, second, right)
    assert client.get(last).url == reverse("quizzes:result", args=[second.pk])


def test_the_last_result_of_a_visitor_or_of_an_unknown_lesson_is_its_check(client: Client, learner: User) -> None:
    assert Client().get(reverse("last_result", args=[CALL[1]])).url == reverse("check", args=[CALL[1]])
    assert client.get(reverse("last_result", args=["no-such-lesson"]), follow=True).status_code == 404


def test_a_safety_question_that_left_the_quiz_can_still_be_put_right(client: Client, attempt: Attempt) -> None:
    """The lesson says "Talk about it" until it is right, so its link must ask it."""
    answer_all(client, attempt, lambda revision: wrong(revision) if revision.critical else right(revision))
    missed = {item.revision for item in attempt.items.with_answers() if item.last_mark != "right"}
    QuizItem.objects.filter(question__in=[revision.question_id for revision in missed]).delete()
    client.post(reverse("check", args=[CALL[1]]))
    assert {item.revision for item in Attempt.objects.get(finished=None).items.all()} == missed
