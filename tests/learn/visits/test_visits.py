"""My questions for my team: the list, suggested questions, sharing; nobody sees a question that is not shared."""

import re
from typing import Any

import pytest
from django.test import Client, TransactionTestCase
from django.urls import reverse

from learn.account import guests
from learn.lessons import card, symptoms
from learn.lessons.content import ContentError
from learn.lessons.models import Lesson, Step
from learn.people.models import User
from learn.visits import actions, content
from learn.visits.models import MyQuestion, SuggestedQuestion
from quizzes.models import Attempt
from tests.cast import (
    WHAT,
    FolderCase,
    SiteCase,
    as_form,
    at,
    load_content,
    make_patient,
    make_team,
    together,
    words,
    wrong,
)

PAGE = "/my/questions/"
SAFETY = [
    "call-right-away",
    "who-do-i-tell",
    "how-soon",
    "night-number",
    "how-high-a-fever",
    "fever-pill",
    "which-emergency-room",
]


class QuestionsCase(SiteCase):
    def page(self, **query: Any) -> str:
        return words(self.client.get(PAGE, query))

    def post(self, **data: Any) -> Any:
        response = self.client.post(PAGE, data)
        assert response.status_code == 303, response.status_code
        return response

    def mine(self) -> list[str]:
        return [q.text for q in MyQuestion.objects.order_by("position", "pk")]

    def one(self, text: str) -> MyQuestion:
        return MyQuestion.objects.get(text=text)

    def write(self, *texts: str) -> None:
        for text in texts:
            self.post(text=text)

    def sign_in(self, label: str = "Ana") -> Any:
        patient = make_patient(make_team(f"{label}'s team"), label, name=label.lower())
        self.client.force_login(patient.user)
        return patient


class TestAnEmptyList(QuestionsCase):
    def test_offers_three_suggested_questions_with_safety_first(self) -> None:
        page = self.client.get(PAGE).content.decode()
        assert "You have no questions yet. Other people often ask these:" in words(self.client.get(PAGE))
        before, rest = page.split("<details")
        assert re.findall(r'name="add" value="([\w-]+)"', before) == SAFETY[:3]
        assert SAFETY[3] in re.findall(r'name="add" value="([\w-]+)"', rest)
        assert "Questions other people ask" not in page, "a folded list has no heading"

    def test_warns_above_the_box_not_to_report_symptoms_there(self) -> None:
        page = self.page()
        assert page.index("Do not write about new symptoms here. Call your team.") < page.index("Write your own")

    def test_costs_a_visitor_two_queries_and_adds_no_row(self) -> None:
        with self.assertNumQueries(2):  # the suggestions, their lessons
            self.client.get(PAGE)
        assert not User.objects.exists()
        assert "sid" not in self.client.cookies


class TestTheList(QuestionsCase):
    def test_makes_a_visitor_a_guest_with_the_first_question(self) -> None:
        self.write("May I travel?")
        assert User.objects.get().is_guest
        assert "May I travel?" in self.page()
        assert "May I travel?" not in words(Client().get(PAGE))

    def test_copies_the_current_wording_of_a_suggested_question(self) -> None:
        assert self.post(add="work").url == f"{PAGE}?added=work#others"
        SuggestedQuestion.objects.filter(slug="work").update(text="Something else?")
        assert self.mine() == ["Can I work during treatment?"]
        assert 'value="work"' not in self.client.get(PAGE).content.decode()

    def test_contains_a_question_once_when_it_is_added_twice(self) -> None:
        for _ in range(2):
            self.write("May I travel?", "  May \n I  travel? ")
            self.post(add="work")
            self.post(text="Can I work during treatment?")
        assert self.mine() == ["May I travel?", "Can I work during treatment?"]

    def test_can_be_ordered_with_buttons(self) -> None:
        self.write("a", "b", "c", "d")
        for verb, text, wanted in (
            ("up", "c", "a c b d"),
            ("up", "a", "a c b d"),
            ("down", "a", "c a b d"),
            ("down", "d", "c a b d"),
            ("first", "d", "d c a b"),
        ):
            response = self.post(**{verb: self.one(text).pk})
            assert response.url == f"{PAGE}?at={self.one(text).pk}#q{self.one(text).pk}"
            assert " ".join(self.mine()) == wanted, (verb, text)

    def test_marks_its_top_three_when_there_are_more(self) -> None:
        self.write("a", "b", "c")
        assert "Top three" not in self.page()
        self.write("d")
        assert self.page().count("Top three.") == 3

    def test_can_put_back_a_removed_question(self) -> None:
        self.write("May I travel?", "b")
        self.post(remove=self.one("May I travel?").pk)
        assert self.mine() == ["b"]
        page = self.client.get(PAGE).content.decode()
        assert "Removed: “<bdi>May I travel?</bdi>”" in page
        assert '<input type="hidden" name="text" value="May I travel?">' in page
        self.write("May I travel?")
        assert self.mine() == ["b", "May I travel?"]
        assert "Removed:" not in self.page()

    def test_has_at_most_fifty_questions_and_loses_no_typed_text(self) -> None:
        self.write("first")
        learner = User.objects.get()
        MyQuestion.objects.bulk_create(
            MyQuestion(learner=learner, text=f"Q{n}", position=n + 2, added=at(20)) for n in range(49)
        )
        response = self.client.post(PAGE, {"text": "one too many"})
        assert "Your list has 50 questions, and holds no more. Remove one first" in words(response)
        assert "one too many</textarea>" in response.content.decode()
        self.client.post(PAGE, {"add": "work"})
        assert "Remove one first" in self.page()
        assert MyQuestion.objects.count() == 50

    def test_explains_why_a_text_does_not_fit(self) -> None:
        for text, told in (
            ("", "Write a question first"),
            ("\x00 ", "Write a question first"),
            ("x" * 301, "Yours has 301"),
        ):
            response = self.client.post(PAGE, {"text": text})
            assert told in words(response)
            assert "Error: My questions" in response.content.decode()
        assert not User.objects.exists()
        self.write("x" * 300)
        assert self.mine() == ["x" * 300]

    def test_redirects_a_stale_page_to_the_list(self) -> None:
        self.write("a")
        gone = self.one("a").pk
        self.post(remove=gone)
        for verb in ("up", "down", "first", "remove", "share", "stop"):
            assert self.post(**{verb: gone}).url.startswith(PAGE)
        assert self.post(add="no-such-question").url == PAGE
        assert "not offered any more" in self.page()

    def test_is_not_shown_to_anybody_else(self) -> None:
        self.write("a", "b")
        other = Client()
        other.post(PAGE, {"text": "theirs"})
        for verb in ("up", "first", "remove", "stop"):
            assert other.post(PAGE, {verb: self.one("b").pk}).status_code == 303
        assert "not on your list any more" in words(other.get(PAGE))
        assert set(self.mine()) == {"a", "b", "theirs"}
        assert self.mine().index("a") < self.mine().index("b")

    def test_costs_the_same_queries_for_1_and_3_questions(self) -> None:
        for texts in (("a",), ("b", "c")):
            self.write(*texts)
            self.client.get(PAGE)
            with self.assertNumQueries(5):  # session with user, the list, the suggestions, their lessons, lessons read
                self.client.get(PAGE)


class TestSuggestedQuestions(QuestionsCase):
    def offered(self) -> list[str]:
        return re.findall(r'name="add" value="([\w-]+)"', self.client.get(PAGE).content.decode())

    def test_are_all_shipped_questions_except_the_extras(self) -> None:
        assert len(self.offered()) == 37
        assert "carry-a-card" not in self.offered()

    def test_include_an_extra_after_its_lesson_was_read(self) -> None:
        lesson = ("your-care-team", "who-to-call")
        self.write("a")
        self.read(*lesson, upto=Step.objects.shown().filter(edition__lesson__slug=lesson[1]).count())
        assert self.offered()[:9] == [*SAFETY, "carry-a-card", "ask-first"]
        assert "drive-home" not in self.offered()

    def test_are_at_most_ten_and_the_others_are_folded(self) -> None:
        for lesson in Lesson.objects.select_related("therapy"):
            n = Step.objects.shown().filter(edition__lesson=lesson).count()
            self.read(lesson.therapy.slug, lesson.slug, upto=n)
        self.write("a")
        page = self.client.get(PAGE).content.decode()
        shown = page.split('id="others"')[1].split("<details")[0]
        assert len(re.findall('name="add"', shown)) == 10
        assert len(self.offered()) == 43

    def test_stay_unfolded_while_somebody_adds_from_them(self) -> None:
        address = self.post(add="work", more="1").url
        assert address == f"{PAGE}?added=work&more=1#others"
        page = self.client.get(address.partition("#")[0]).content.decode()
        assert "<details open>\n<summary>More questions" in page
        assert "Added to your list: “Can I work during treatment?”" in page


class TestAStepWithAQuestion(QuestionsCase):
    def test_links_to_the_list_with_its_heading_and_back_to_the_step(self) -> None:
        step = reverse("step", args=[*WHAT, 2])
        page = self.client.get(step).content.decode()
        address = re.search(r'href="([^"]+)">\s*I have a question about this', page)
        assert address
        assert address[1] == f"{PAGE}?about={WHAT[1]}/not-the-same-as-chemo"
        page = self.client.get(address[1]).content.decode()
        assert "About “It is not the same as chemo”: </textarea>" in page
        assert f'class="back" href="{step}"' in page
        about = {"about": f"{WHAT[1]}/not-the-same-as-chemo"}
        assert self.post(text="About “It is not the same as chemo”: why?", **about).url == step
        assert "Added to your questions." in words(self.client.get(step))

    def test_that_does_not_exist_is_ignored(self) -> None:
        for about in ("nope/nope", "x", "/", "a/b/c", "\x00/a"):
            assert "</textarea>" in self.client.get(PAGE, {"about": about}).content.decode()
            assert self.post(text=f"q {about!r}", about=about).url == PAGE


class TestACheck(QuestionsCase):
    def test_can_add_a_hard_question_to_the_list(self) -> None:
        self.client.post(reverse("check", args=[WHAT[1]]))
        item = Attempt.objects.get().items.select_related("revision")[0]
        question = reverse("quizzes:question", args=[item.attempt_id, 1])
        self.client.post(question, as_form(item.revision, wrong(item.revision)))
        page = self.client.get(f"{question}feedback/").content.decode()
        assert re.search(rf'name="item" value="{item.pk}">\s*Add to my questions', page)
        for told in ("Added to your questions.", "That is on your list already."):
            assert self.post(item=item.pk).url == f"{question}feedback/"
            assert told in words(self.client.get(f"{question}feedback/"))
        assert self.mine() == [f"Please go over this with me: {item.revision.stem}"]
        other = Client()
        other.post(PAGE, {"text": "a"})
        other.post(PAGE, {"item": item.pk})
        assert "out of date" in words(other.get(PAGE))

    def test_ends_with_suggested_questions_and_stays_there_when_one_is_added(self) -> None:
        self.do_check("who-to-call")
        result = reverse("quizzes:result", args=[Attempt.objects.get().pk])
        slugs = ["who-do-i-tell", "night-number", "carry-a-card", "ask-first"]
        page = self.client.get(result).content.decode()
        assert "Questions to ask your nurse" in page
        assert re.findall(r'name="add" value="([\w-]+)"', page) == slugs
        assert self.post(add="carry-a-card", after=result).url == result
        page = self.client.get(result)
        assert "Added to your questions." in words(page)
        slugs.remove("carry-a-card")
        assert re.findall(r'name="add" value="([\w-]+)"', page.content.decode()) == slugs

    def test_redirects_back_to_a_result_and_to_no_other_address(self) -> None:
        for after in ("https://evil.example/", "//evil.example", "/help/", "/check/x/result/", "\x00", "a\r\nb"):
            assert self.post(add="work", after=after).url.startswith(PAGE), after


class TestSharing(QuestionsCase):
    def shared(self) -> set[str]:
        return set(MyQuestion.objects.shared().values_list("text", flat=True))

    def test_is_off_until_it_is_chosen_and_says_who_will_see_the_questions(self) -> None:
        self.sign_in()
        self.write("a", "b", "c")
        assert self.shared() == set()
        page = self.page()
        assert "Only the nurses of Ana&#x27;s team can see what you share." in page
        assert "Nothing is shared now." in page
        self.post(share=self.one("b").pk)
        assert self.shared() == {"b"}
        assert "Your nurse can see 1 of your 3 questions" in self.page()
        self.post(share="all")
        assert "Your nurse can see all 3 questions" in self.page()
        self.write("d")
        assert self.shared() == {"a", "b", "c"}

    def test_can_be_stopped_for_one_or_all(self) -> None:
        self.sign_in()
        self.write("a", "b")
        self.post(share="all")
        self.post(stop=self.one("a").pk)
        assert self.shared() == {"b"}
        self.post(stop="all")
        assert self.shared() == set()

    def test_is_not_possible_for_a_guest_who_sees_why(self) -> None:
        self.write("a")
        assert "No nurse is linked with you here, so nobody else can see this list." in self.page()
        for value in ("all", self.one("a").pk):
            self.post(share=value)
            assert "there is nobody to share with" in self.page()
        assert self.shared() == set()

    def test_cannot_be_started_for_a_closed_record_but_can_be_stopped(self) -> None:
        patient = self.sign_in()
        self.write("a", "b")
        self.post(share=self.one("a").pk)
        patient.ended_on, patient.ended_why = at(20).date(), "moved"
        patient.save()
        self.post(share="all")
        assert self.shared() == {"a"}
        self.post(stop="all")
        assert self.shared() == set()


class TestAGuestsList(QuestionsCase):
    def test_is_merged_behind_their_own_and_stays_private(self) -> None:
        guest = User.objects.create_guest()
        for text in ("both", "c", "d"):
            actions.add(learner=guest, text=text, now=at(20))
        patient = self.sign_in()
        self.write("a", "both")
        self.post(share="all")
        guests.merge(guest=guest, into=patient.user, now=at(21))
        mine = MyQuestion.objects.of(patient.user)
        assert [(q.text, q.shared is not None) for q in mine] == [
            ("a", True), ("both", True), ("c", False), ("d", False),
        ]  # fmt: skip

    def test_links_to_the_page_for_the_nurses_code_but_a_patients_list_does_not(self) -> None:
        self.write("a")
        assert "I have a code from my nurse" in self.page()
        self.sign_in()
        self.write("a")
        assert "I have a code from my nurse" not in self.page()


class TestPrinted(QuestionsCase):
    def test_the_page_is_a_list_with_space_to_write_and_nothing_else(self) -> None:
        self.write("a", "b")
        page = self.client.get(PAGE, {"print": 1}).content.decode()
        assert page.count("<li>\n<p>") == 2
        assert "<textarea" not in page
        assert 'name="add"' not in page

    def test_the_page_has_the_teams_phone_numbers_on_top_or_space_for_them(self) -> None:
        top = self.client.get(PAGE).content.decode().split("<main")[0]
        assert top.count("<span></span>") == 2
        self.sign_in()
        top = self.client.get(PAGE).content.decode().split("<main")[0]
        numbers = "Day: <strong>555-010-0199</strong> Night and weekend: <strong>555-011-0199</strong>"
        assert numbers in " ".join(top.split())


class TestTheShippedQuestions(FolderCase):
    def test_are_loaded_once(self) -> None:
        assert len(content.load(self.folder).added) == SuggestedQuestion.objects.count() == 43
        again = content.load(self.folder)
        assert (again.added, again.left_alone) == ([], [])

    def test_are_two_to_four_for_every_lesson_with_safety_first(self) -> None:
        content.load(self.folder)
        for lesson in Lesson.objects.all():
            safety = [q.safety for q in SuggestedQuestion.objects.after(lesson.slug)]
            assert 2 <= len(safety) <= 4, lesson
            assert safety == sorted(safety, reverse=True)

    def test_are_updated_unless_the_hospital_changed_them(self) -> None:
        content.load(self.folder)
        SuggestedQuestion.objects.filter(slug="cost").update(text="Who helps with the bill?")

        self.edit("questions.yaml", lambda d: d[5]["questions"][1].update(text="Who helps with money?"))
        self.edit("questions.yaml", lambda d: d[4]["questions"][1].update(text="Can I work?"))
        report = content.load(self.folder)
        assert report.added == ["suggested question work"]
        assert report.left_alone == ["suggested question cost: a newer one is available; yours was left."]

    def test_removed_from_the_file_are_no_longer_offered_but_stay_on_lists(self) -> None:
        content.load(self.folder)
        learner = User.objects.create_guest()
        work = SuggestedQuestion.objects.get(slug="work")
        actions.add(learner=learner, text=work.text, suggested=work, now=at(20))
        self.edit("questions.yaml", lambda d: d[4]["questions"].pop(1))
        assert "suggested question work: withdrawn" in content.load(self.folder).added
        assert "work" not in SuggestedQuestion.objects.offered().values_list("slug", flat=True)
        assert MyQuestion.objects.get().text == "Can I work during treatment?"

    def test_with_an_error_in_the_file_change_nothing(self) -> None:
        for slip in (
            lambda d: d[0]["questions"][0].update(lesson="x"),
            lambda d: d[0]["questions"][0].pop("text"),
            lambda d: d[0]["questions"][0].update(lessons=["nowhere"]),
            lambda d: d[0].pop("group"),
        ):
            whole = (self.folder / "questions.yaml").read_text()
            self.edit("questions.yaml", slip)
            with pytest.raises(ContentError, match=r"questions\.yaml"):
                content.load(self.folder)
            (self.folder / "questions.yaml").write_text(whole)
        assert not SuggestedQuestion.objects.exists()


@pytest.mark.race
class TestManyAtOnce(TransactionTestCase):
    def test_presses_of_add_make_one_question_and_keep_the_limit(self) -> None:
        learner = User.objects.create_guest()
        MyQuestion.objects.bulk_create(
            MyQuestion(learner=learner, text=f"Q{n}", position=n, added=at(20)) for n in range(actions.MOST - 2)
        )

        outcomes = together(8, lambda n: actions.add(learner=learner, text=f"new {n // 2}", now=at(20)))
        assert outcomes.count(True) == 2
        texts = list(MyQuestion.objects.filter(text__startswith="new").values_list("text", flat=True))
        assert len(texts) == len(set(texts)) == 2


# A question that contains a symptom is saved, and the page first says who to call.

TOLD = {
    "I have a fever of 39 and a cough": ("Call your team now, day or night", "alert"),
    "my chest hurts when I breathe": ("Call 911 now.", "alert"),
    "some days I want to die": ("Call or text 988, or call 911 , now.", "alert"),
    "a little tired these days": ("Call your team in office hours", "status"),
    "What can I do about a rash later?": ("Call your team now, day or night", "alert"),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("text", "told", "role"), [(text, *said) for text, said in TOLD.items()], ids=TOLD)
def test_a_question_with_a_symptom_is_saved_and_shows_whom_to_call_once(
    client: Client, text: str, told: str, role: str
) -> None:
    assert client.post(PAGE, {"text": text}).status_code == 303
    assert [q.text for q in MyQuestion.objects.all()] == [text]
    page = client.get(PAGE)
    main = words(page)
    first = main.split("Added to your questions.")[0]
    assert told in first, "first on the page"
    assert "Do not wait for the next visit." in first
    tier = next((tier for tier in card.whole().tiers if tier.slug == symptoms.tiers(text)[0]), None)
    assert {line.text in first for group in (tier.groups if tier else ()) for line in group.lines} <= {True}
    assert f'role="{role}"' in page.content.decode().split("Added to your questions.")[0]
    assert 'href="/help/"' in page.content.decode().split("<main")[1].split("Added to your questions.")[0]
    assert told not in words(client.get(PAGE)).split("My questions for my team")[0], "shown only once"


@pytest.mark.django_db
def test_a_question_without_a_symptom_does_not_show_whom_to_call(client: Client) -> None:
    client.post(PAGE, {"text": "May I travel in May?"})
    assert words(client.get(PAGE)).split("> ", 1)[1].startswith("Added to your questions.")


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["rash " + "x" * 300, "fever"], ids=["too long", "list is full"])
def test_a_symptom_that_cannot_be_saved_still_shows_whom_to_call(client: Client, text: str) -> None:
    client.post(PAGE, {"text": "first"})
    learner = User.objects.get()
    MyQuestion.objects.bulk_create(
        MyQuestion(learner=learner, text=f"Q{n}", position=n + 2, added=at(20)) for n in range(49)
    )
    client.get(PAGE)
    response = client.post(PAGE, {"text": text})
    assert response.status_code == 200
    assert "Call your team now, day or night" in words(response).split("My questions for my team")[0]
    assert text in response.content.decode()


@pytest.mark.django_db
def test_a_symptom_that_is_put_back_or_written_twice_shows_whom_to_call_again(client: Client) -> None:
    client.post(PAGE, {"text": "I have a fever"})
    client.post(PAGE, {"remove": MyQuestion.objects.get().pk})
    assert 'value="I have a fever"' in client.get(PAGE).content.decode()
    for told in ("Added to your questions.", "That is on your list already."):
        client.post(PAGE, {"text": "I have a fever"})
        assert "Call your team now, day or night" in words(client.get(PAGE)).split(told)[0]
    assert MyQuestion.objects.count() == 1


@pytest.mark.django_db
def test_a_symptom_written_about_a_step_shows_whom_to_call_on_the_step(client: Client) -> None:
    load_content()
    about = "what-is-immunotherapy/not-the-same-as-chemo"
    response = client.post(PAGE, {"text": "I have a fever", "about": about}, follow=True)
    assert response.redirect_chain[-1][0].startswith("/lessons/")
    assert "Call your team now, day or night" in words(response).split("Added to your questions.")[0]


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["\x00fever\x00", "<b>rash</b>", "cough\ud800"[:5] + "é" * 200], ids=range(3))
def test_a_symptom_with_unusual_characters_gives_no_error(client: Client, text: str) -> None:
    assert client.post(PAGE, {"text": text}).status_code == 303
    page = client.get(PAGE).content.decode()
    assert "<b>rash" not in page
