"""Text size, colors and reading aloud: saved in one cookie, applied by the server."""

from typing import Any

from django.test import Client, TestCase

from learn.looks import CHOICES
from quizzes import taking
from quizzes.models import Attempt, Quiz
from tests.cast import PASSWORD, at, load_content, make_nurse, make_patient, make_team, right, words

CHOSEN = {"text": "very-large", "colors": "dark", "listen": "hide", "helper": "yes"}
STEP = "/lessons/basics/what-is-immunotherapy/1/"


class TestDisplaySettings(TestCase):
    def choose(self, back: str = "/help/", **over: Any) -> Any:
        return self.client.post(f"/settings/?next={back}", CHOSEN | over)

    def html(self, address: str = "/help/") -> str:
        return self.client.get(address).content.decode()

    def test_have_no_effect_until_something_is_chosen(self) -> None:
        assert '<html lang="en" data-text="standard" data-colors="phone">' in self.html()

    def test_are_applied_by_the_server_on_every_page(self) -> None:
        response = self.choose()
        assert (response.status_code, response.url) == (303, "/help/")
        page = self.html()
        assert '<html lang="en" data-text="very-large" data-colors="dark">' in page
        assert "Your settings are saved." in page
        assert 'value="very-large" checked' in self.html("/settings/")

    def test_last_a_year_in_a_cookie_that_no_script_can_read(self) -> None:
        cookie = self.choose().cookies["look"]
        assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == (365 * 24 * 3600, True, "Lax")

    def test_stay_through_a_sign_in_and_a_sign_out(self) -> None:
        make_patient(make_team(), name="ana")
        self.choose()
        self.client.post("/accounts/login/", {"login": "ana", "password": PASSWORD})
        assert 'data-text="very-large"' in self.html("/my/")
        self.client.post("/accounts/logout/")
        assert 'data-text="very-large"' in self.html()

    def test_lead_back_only_to_pages_of_this_site(self) -> None:
        for back in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "", "\x00"):
            assert self.choose(back).url == "/"

    def test_that_do_not_exist_are_refused_with_a_message_and_change_nothing(self) -> None:
        for name in CHOICES:
            response = self.choose(**{name: "sparkling"})
            assert "Choose one of these" in words(response)
            assert "look" not in response.cookies

    def test_from_an_invalid_cookie_are_ignored(self) -> None:
        for cookie in ("text=huge&colors=<b>", "&" * 150, "text", "=", "text=%00"):
            self.client.cookies["look"] = cookie
            assert '<html lang="en" data-text="standard" data-colors="phone">' in self.html()

    def test_cannot_be_saved_without_cookies_and_the_page_says_so(self) -> None:
        response = Client(enforce_csrf_checks=True).post("/settings/", CHOSEN)
        assert response.status_code == 403
        assert "Your phone’s own text size works here too." in response.content.decode()

    def test_say_whether_someone_helps_and_a_check_keeps_the_value_from_its_start(self) -> None:
        load_content()
        check = "/check/what-is-immunotherapy/"
        self.client.post(check)
        self.choose()
        self.client.post(check)
        assert [a.helped for a in Attempt.objects.all()] == [False]
        self.client.post("/check/who-to-call/")
        assert sorted(a.helped for a in Attempt.objects.all()) == [False, True]

    def test_show_the_nurse_which_checks_were_done_with_help(self) -> None:
        load_content()
        maple = make_team()
        ana, noor = make_patient(maple, "Ana", name="ana"), make_nurse("noor", maple)
        for helped in (False, True):
            quiz = Quiz.objects.get(slug="who-to-call" if helped else "what-is-immunotherapy")
            attempt = taking.start(learner=ana.user, quiz=quiz, language="en", now=at(20), helped=helped)
            for item in attempt.items.select_related("revision"):
                taking.answer(item=item, given=right(item.revision), number=1, now=at(20))
        self.client.force_login(noor)
        assert self.html(f"/admin/people/patient/{ana.pk}/change/").count("; with help") == 1

    def test_can_turn_off_reading_aloud(self) -> None:
        load_content()
        assert "site.js" in self.html(STEP)
        assert "Listen" in self.html(STEP)
        self.choose()
        assert "site.js" not in self.html(STEP)
        assert "Listen" not in self.html(STEP)
