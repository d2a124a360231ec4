"""What is next and how far one is, on the pages: start, My learning, a therapy type and the end of a check."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from learn.assignments.actions import assign
from learn.lessons.models import Lesson
from learn.people.models import Patient, User
from quizzes import reviewing, taking
from quizzes.models import Attempt
from quizzes.templatetags.days import weekday
from tests.cast import (
    as_form,
    at,
    keep_published,
    load_content,
    make_nurse,
    make_patient,
    make_team,
    right,
    words,
    wrong,
)

pytestmark = pytest.mark.django_db

CALL = ("antibodies-and-checkpoint-inhibitors", "side-effects-when-to-call")
WHO = ("your-care-team", "who-to-call")
HOW = ("basics", "how-your-immune-system-fights-cancer")
WHAT = ("basics", "what-is-immunotherapy")
DUE = date(2026, 12, 5)


@pytest.fixture(autouse=True)
def on_november_24() -> Any:
    load_content()
    with time_machine.travel(at(24), tick=False):
        yield


@pytest.fixture
def ana(client: Client) -> Patient:
    """A patient who is signed in."""
    ana = make_patient(make_team(), name="ana")
    client.force_login(ana.user)
    return ana


def ask(patient: Patient, *lessons: tuple[str, str], due: date = DUE, note: str = "") -> None:
    """Assign these lessons."""
    nurse = User.objects.filter(username="noor").first() or make_nurse("noor", patient.care_team)
    rows = Lesson.objects.filter(slug__in=[slug for _, slug in lessons])
    assign(patients=[patient], lessons=rows, due=due, note=note, by=nurse, now=at(23))


def read(client: Client, lesson: tuple[str, str], upto: int = 0) -> None:
    """Read this lesson up to a step; without a number, all of it."""
    steps = len(Lesson.objects.get(slug=lesson[1]).editions.get(state="published").steps.all())
    for n in range(1, (upto or steps) + 1):
        assert client.post(reverse("step", args=[*lesson, n])).status_code == 303


def do_check(client: Client, lesson: tuple[str, str], how: Any = right) -> str:
    """Answer every question of the check; return the address of its result."""
    client.post(reverse("check", args=[lesson[1]]))
    attempt = Attempt.objects.get(quiz__slug=lesson[1], finished=None)
    while (item := taking.owed(list(attempt.items.with_answers()))) is not None:
        address = reverse("quizzes:question", args=[attempt.pk, item.position])
        client.post(address, as_form(item.revision, how(item.revision), item.answers + 1))
    return reverse("quizzes:result", args=[attempt.pk])


def do(client: Client, lesson: tuple[str, str], how: Any = right) -> str:
    read(client, lesson)
    return do_check(client, lesson, how)


def get(client: Client, name: str, *args: str, **query: str) -> str:
    return words(client.get(reverse(name, args=args), query))


def html(client: Client, name: str, *args: str) -> str:
    return client.get(reverse(name, args=args)).content.decode()


def rows(page: str) -> list[str]:
    """Return the names of the lessons in the lists of a page, in order."""
    return [
        " ".join(name.split())
        for name in re.findall(r"<li[^>]*>\s*<a href=\"/(?:lessons|check)/[^\"]+\">([^<]+)<", page)
    ]


class TestMyLearning:
    def test_has_one_card_with_what_is_next(self, client: Client, ana: Patient) -> None:
        ask(ana, CALL, WHO, HOW)
        page = get(client, "my")
        card = "Next Side effects: when to call 4 minutes to read, then 8 questions."
        assert f"{card} You can stop at any time: your place is kept. Start" in page
        read(client, HOW, upto=2)
        page = get(client, "my")
        assert "Next How your immune system fights cancer You stopped at step 3 of " in page
        assert page.count("Carry on") == 1
        assert f'<a class="btn" href="{reverse("lesson", args=HOW)}">' in html(client, "my")

    def test_leads_a_learner_with_a_check_to_do_to_the_check(self, client: Client, ana: Patient) -> None:
        ask(ana, HOW)
        read(client, HOW)
        assert "You have read it. 3 questions are left." in get(client, "my")
        assert f'<a class="btn" href="{reverse("check", args=[HOW[1]])}">' in html(client, "my")

    def test_has_one_heading_for_what_was_asked_together(self, client: Client, ana: Patient) -> None:
        ask(ana, CALL, WHO, HOW, note="Before your first infusion")
        ask(ana, WHAT, due=date(2026, 12, 20))
        page = get(client, "my")
        head = f"Your nurse asked for these 3 By {weekday(DUE)}. “Before your first infusion” 0 of 3 done"
        assert f"{head} – about 11 minutes left" in page
        assert f"Your nurse asked for this lesson By {weekday(date(2026, 12, 20))}. 0 of 1 done" in page
        assert page.count("Your nurse asked") == 2
        assert "You can still do it" not in page

    def test_counts_the_minutes_that_are_left_by_steps(self, client: Client, ana: Patient) -> None:
        ask(ana, WHAT, HOW)  # five and three minutes
        assert "0 of 2 done – about 8 minutes left" in get(client, "my")
        read(client, WHAT, upto=3)  # four of seven steps are left
        assert "0 of 2 done – about 6 minutes left" in get(client, "my")
        do(client, HOW)
        assert "1 of 2 done – about 3 minutes left" in get(client, "my")
        read(client, WHAT)
        assert "1 of 2 done – 8 questions left" in get(client, "my")

    def test_shows_by_shape_what_it_says_in_words(self, client: Client, ana: Patient) -> None:
        ask(ana, CALL, WHO, HOW)
        do(client, HOW)
        read(client, CALL, upto=1)
        bar = re.search(r'<ul class="segs" aria-hidden="true">(.*?)</ul>', html(client, "my"), re.DOTALL)
        assert bar
        assert re.findall(r'class="(\w+)"', bar[1]) == ["full", "half", "empty"]

    def test_lists_what_is_left_first_and_what_is_done_with_its_day(self, client: Client, ana: Patient) -> None:
        ask(ana, CALL, WHO, HOW)
        do(client, CALL)
        page = html(client, "my")
        names = ["Who to call", "How your immune system fights cancer", "Side effects: when to call"]
        assert rows(page) == names
        assert f"Side effects: when to call (how it went) Done {weekday(at(24).date())}" in get(client, "my")
        address = re.search(r'<a href="([^"]+)">\s*Side effects: when to call', page)
        assert address
        assert "You have finished the questions" in words(client.get(address[1], follow=True))

    def test_lists_what_the_learner_chose_apart(self, client: Client, ana: Patient) -> None:
        ask(ana, CALL)
        read(client, WHAT, upto=1)
        do(client, HOW)
        page = get(client, "my")
        assert "Lessons that you have begun What is immunotherapy? Step 2 of 7" in page
        assert page.index("Lessons that you have begun") < page.index(
            "How your immune system fights cancer (how it went)"
        )

    def test_says_kindly_that_all_is_done_and_what_comes(self, client: Client, ana: Patient) -> None:
        ask(ana, HOW)
        do(client, HOW)
        page = get(client, "my")
        assert "Nothing is left to do You have done all that your nurse asked for. Thank you" in page
        coming = reviewing.outlook(learner=ana.user, language="en", now=at(24)).next
        assert coming
        assert f"Come back on {weekday(coming)} for a two-minute review" in page
        assert "Your nurse asked for this lesson" not in page
        with time_machine.travel(datetime.combine(coming, time(12), tzinfo=ana.user.zone), tick=False):
            assert "Next A two-minute review A few questions about what you have learned Start" in get(client, "my")

    def test_names_what_to_talk_about_and_goes_on_with_the_next_lesson(self, client: Client, ana: Patient) -> None:
        ask(ana, CALL, WHO)
        do(client, CALL, wrong)
        page = get(client, "my")
        assert "Next Who to call" in page
        assert "Talk with your nurse about What to do" in page
        assert "0 of 2 done – about 4 minutes left" in page
        assert "Side effects: when to call Talk about it" in page
        do(client, WHO)
        assert "Next Side effects: when to call Something that matters for your safety is still open." in get(
            client, "my"
        )

    def test_says_after_the_day_that_it_can_still_be_done(self, client: Client, ana: Patient) -> None:
        ask(ana, HOW)
        with time_machine.travel("2026-12-20T12:00:00Z", tick=False):
            page = get(client, "my")
        assert f"By {weekday(DUE)}. You can still do it." in page
        assert "Late" not in page

    def test_offers_a_guest_lessons_of_the_same_type_and_for_everyone(self, client: Client) -> None:
        do(client, ("non-specific-immunotherapies", "bcg-for-the-bladder"))
        assert "Next Who to call" in get(client, "my"), "and not a lesson on interferon"
        for lesson in (WHO, HOW, WHAT, ("your-care-team", "your-questions")):
            do(client, lesson)
        assert "Nothing is left to do You have done all your lessons." in get(client, "my")

    def test_of_a_patient_without_lessons_has_a_way_out(self, client: Client, ana: Patient) -> None:
        page = get(client, "my")
        assert "There is nothing here yet." in page
        assert "Finish and remove from this phone" in page


class TestTheStartPage:
    def test_has_the_card_in_place_of_the_introduction(self, client: Client, ana: Patient) -> None:
        assert "You need no account" in get(client, "start")
        ask(ana, CALL, WHO)
        page = get(client, "start")
        assert "You need no account" not in page
        assert f"Your nurse asked for this by {weekday(DUE)}. Start" in page
        assert "Next Side effects: when to call 4 minutes to read" in page
        assert "See all that your nurse asked for" in page

    def test_says_the_same_as_my_learning(self, client: Client, ana: Patient) -> None:
        ask(ana, CALL, WHO, WHAT)
        for do_more in (lambda: read(client, WHAT, upto=2), lambda: do(client, WHAT), lambda: do(client, CALL, wrong)):
            do_more()
            cards = [re.search(r'<h2 id="next">(.+?)</h2>', html(client, name)) for name in ("start", "my")]
            assert cards[0]
            assert cards[1]
            assert cards[0][1] == cards[1][1]


class TestATherapyType:
    def test_has_a_bar_and_a_button_for_those_who_have_begun(self, client: Client) -> None:
        page = get(client, "therapy", CALL[0])
        assert "Start: Side effects: when to call" in page
        assert "of 4 done" not in page
        read(client, CALL, upto=3)
        page = get(client, "therapy", CALL[0])
        assert "0 of 4 done – about " in page
        assert "Carry on: Side effects: when to call" in page
        do(client, CALL)
        page = get(client, "therapy", CALL[0])
        assert "1 of 4 done – about 13 minutes left" in page
        assert "Start: Before and during treatment" in page

    def test_says_how_many_of_its_lessons_the_nurse_asked_for(self, client: Client, ana: Patient) -> None:
        ask(ana, CALL, WHO)
        page = get(client, "therapy", CALL[0])
        assert f"Your nurse asked for 1 of these by {weekday(DUE)}." in page
        assert rows(html(client, "therapy", CALL[0]))[0] == "Side effects: when to call"

    def test_lists_the_lessons_for_everyone_that_are_not_done(self, client: Client) -> None:
        do(client, HOW)
        others = get(client, "therapy", CALL[0]).split("Also for everyone")[1]
        assert "Who to call Not started. Read this first 4 min, 8 questions" in others
        assert "What is immunotherapy? Not started 5 min, 8 questions" in others
        assert "How your immune system" not in others
        assert "I help somebody" not in others
        assert "Also for everyone" not in get(client, "therapy", "basics")

    def test_offers_no_lesson_about_one_of_several_medicines_unasked(self, client: Client) -> None:
        kind = "non-specific-immunotherapies"
        assert "Start:" not in get(client, "therapy", kind)
        assert "Start: IL-2" in get(client, "therapy", kind, medicine="aldesleukin")
        read(client, (kind, "interferons"), upto=1)
        page = get(client, "therapy", kind)
        assert "Carry on: Interferons" in page
        assert "of 1 done" not in page
        assert "Start:" not in get(client, "therapy", "t-cell-therapy")


class TestTheEndOfACheck:
    def test_leads_to_the_next_lesson_that_was_asked_for(self, client: Client, ana: Patient) -> None:
        ask(ana, CALL, WHO, HOW)
        page = client.get(do(client, CALL))
        assert "Next lesson, 2 of 3 Who to call 4 minutes to read, then 8 questions." in words(page)
        assert re.search(rf'class="btn" href="{reverse("lesson", args=WHO)}">\s*Next lesson', page.content.decode())
        assert "Finish for today" in words(page)
        assert words(page).index("Next lesson") < words(page).index("Right the first time")

    def test_carries_on_with_what_was_begun(self, client: Client, ana: Patient) -> None:
        ask(ana, CALL, WHO)
        read(client, WHAT, upto=3)
        page = words(client.get(do(client, CALL)))
        assert "Next lesson What is immunotherapy? You stopped at step 4 of 7." in page
        assert "Carry on Finish for today" in page

    def test_says_when_all_is_done(self, client: Client, ana: Patient) -> None:
        ask(ana, HOW)
        page = words(client.get(do(client, HOW)))
        assert "Nothing is left to do You have done all that your nurse asked for." in page
        assert "Finish for today" in page

    def test_shows_the_card_before_the_next_lesson_when_nothing_was_right(self, client: Client, ana: Patient) -> None:
        ask(ana, CALL, WHO)
        page = words(client.get(do(client, CALL, wrong)))
        assert page.index("Here is the one thing to know: when to call.") < page.index("Call 911")
        assert page.index("Call 911") < page.index("Next lesson")

    def test_offers_to_try_again_what_was_hard(self, client: Client) -> None:
        result = do(client, HOW, lambda revision: (right if revision.critical else wrong)(revision))
        page = client.get(result).content.decode()
        assert f'href="{reverse("check", args=[HOW[1]])}">Try again what was hard' in page


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize(("name", "queries"), [("my", 9), ("start", 8), ("therapy", 6), ("result", 10), ("arrived", 6)])
def test_the_pages_cost_a_fixed_number_of_queries(
    client: Client, ana: Patient, django_assert_num_queries: Any, name: str, queries: int, n: int
) -> None:
    ask(ana, *(HOW, WHAT, WHO)[:n])
    address = reverse(name, args=["basics"] if name == "therapy" else []) if name != "result" else do(client, HOW)
    if name not in ("result", "arrived"):
        for lesson in (HOW, WHAT, WHO)[:n]:
            read(client, lesson, upto=1)
    keep_published()
    client.get(address)
    with django_assert_num_queries(queries):
        assert client.get(address).status_code == 200
