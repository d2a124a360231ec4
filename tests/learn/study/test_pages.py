"""The patient's pages: start, lessons, steps, check, my learning, help."""

import re
from datetime import date

import time_machine
from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone

from learn.assignments.actions import assign
from learn.lessons import governance
from learn.lessons.models import Edition, Lesson, Step
from learn.people.models import CareTeam, User
from learn.progress.models import Reading
from quizzes.models import Attempt, Quiz, Response, Revision
from quizzes.templatetags.days import weekday
from tests.cast import (
    WHAT,
    SiteCase,
    as_form,
    at,
    keep_published,
    make_nurse,
    make_patient,
    make_team,
    right,
    words,
    wrong,
)

CALL = ("antibodies-and-checkpoint-inhibitors", "side-effects-when-to-call")


class TestAVisitor(SiteCase):
    def test_can_read_everything_without_an_account(self) -> None:
        assert "You need no account" in words(self.get("start"))
        assert "The basics" in words(self.get("therapies"))
        assert "What is immunotherapy?" in words(self.get("therapy", "basics"))
        assert self.get("lesson", *WHAT).url == reverse("step", args=[*WHAT, 1])
        assert "Immunotherapy is one kind of cancer treatment" in words(self.get("step", *WHAT, 1))
        assert "There is nothing here yet" in words(self.get("my"))
        assert "8 short questions" in words(self.get("check", WHAT[1]))

    def test_adds_no_row_by_reading(self) -> None:
        for name, args in (
            ("start", ()),
            ("therapies", ()),
            ("therapy", ("basics",)),
            ("lesson", WHAT),
            ("step", (*WHAT, 1)),
            ("check", (WHAT[1],)),
            ("my", ()),
            ("help", ()),
        ):
            self.get(name, *args)
            self.client.head(reverse(name, args=args))
        assert not User.objects.exists()
        assert "sid" not in self.client.cookies

    def test_sees_only_therapy_types_and_lessons_that_are_published(self) -> None:
        assert "Virus therapy" in words(self.get("therapies"))
        for edition in Edition.objects.filter(lesson__therapy__slug="virus-therapy"):
            governance.retire(edition=edition)
        assert "Virus therapy" not in words(self.get("therapies"))
        assert self.get("therapy", "virus-therapy").status_code == 404
        governance.retire(edition=Edition.objects.filter(state="published").get(lesson__slug=WHAT[1]))
        assert "What is immunotherapy?" not in words(self.get("therapy", "basics"))
        for name, args in (("step", (*WHAT, 1)), ("lesson", WHAT), ("check", (WHAT[1],))):
            assert self.get(name, *args).status_code == 404

    def test_sees_the_reading_time_and_the_number_of_questions_of_a_lesson(self) -> None:
        assert "What is immunotherapy? Not started 5 min, 8 questions" in words(self.get("therapy", "basics"))
        Lesson.objects.filter(slug=WHAT[1]).update(quiz=None)
        assert "then 8 questions" not in words(self.get("therapy", "basics"))

    def test_becomes_a_guest_at_the_first_continue(self) -> None:
        response = self.client.post(reverse("step", args=[*WHAT, 1]))
        assert (response.status_code, response.url) == (303, reverse("step", args=[*WHAT, 2]))
        guest = User.objects.get()
        assert guest.is_guest
        assert Reading.objects.get().learner == guest

    def test_becomes_a_guest_by_starting_a_check(self) -> None:
        response = self.client.post(reverse("check", args=[WHAT[1]]))
        attempt = Attempt.objects.get()
        assert response.url == reverse("quizzes:question", args=[attempt.pk, 1])
        assert attempt.learner == User.objects.get()


class TestAStep(SiteCase):
    def test_shows_its_text_its_number_and_the_continue_button(self) -> None:
        page = words(self.get("step", *WHAT, 2))
        for text in ("Step 2 of 7", "It is not the same as chemo", "acts through your immune cells", "Continue"):
            assert text in page
        assert "Remember" not in page

    def test_has_a_back_link_named_back(self) -> None:
        page = self.get("step", *WHAT, 2).content.decode()
        assert re.search(r'<a class="back" href="[^"]+/1/"><span aria-hidden="true">‹&nbsp;</span>Back</a>', page)

    def test_with_an_unconfirmed_fact_says_so_to_staff_only(self) -> None:
        address = reverse("step", args=["non-specific-immunotherapies", "bcg-for-the-bladder", 6])
        assert "Staff:" not in words(self.client.get(address))
        self.client.force_login(make_nurse("noor"))
        page = words(self.client.get(address))
        assert "Staff: to be confirmed before launch. Hold the toilet steps against the present TICE label" in page

    def test_says_what_the_site_is_for_when_it_is_the_first(self) -> None:
        assert "It cannot tell you which treatment is right for you" in words(self.get("step", *WHAT, 1))
        assert "It cannot tell you" not in words(self.get("step", *WHAT, 2))

    def test_shows_what_to_remember_the_card_and_the_check_when_it_is_the_last(self) -> None:
        page = words(self.get("step", *WHAT, 7))
        for text in ("Remember", "Check what you know", "Call 911", "Call your team now, day or night"):
            assert text in page
        self.read(*WHAT, upto=6)
        assert self.client.post(reverse("step", args=[*WHAT, 7])).url == reverse("check", args=[WHAT[1]])

    def test_that_teaches_the_card_shows_it(self) -> None:
        assert "Cough, or more short of breath than usual." in words(self.get("step", *CALL, 4))
        assert "Call your team in office hours" not in words(self.get("step", *CALL, 3))

    def test_shows_no_card_line_of_another_treatment(self) -> None:
        assert "BCG" not in words(self.get("step", *CALL, 6))
        assert "BCG: Red urine, or blood clots in the urine." in words(self.get("help"))

    def test_says_that_no_clinician_has_reviewed_it(self) -> None:
        assert "Not yet reviewed by a clinician" in words(self.get("step", *WHAT, 3))

    def test_that_does_not_exist_is_not_found(self) -> None:
        for args in ((*WHAT, 0), (*WHAT, 8), (*WHAT, 10**40), ("basics", "nope", 1), ("nope", WHAT[1], 1)):
            address = "/lessons/{}/{}/{}/".format(*args)
            assert self.client.get(address).status_code == 404
            assert self.client.post(address).status_code == 404
        assert not User.objects.exists()

    def test_ignores_invalid_form_data_and_continues(self) -> None:
        for value in ("", "\x00", "-1", "9" * 30, "²", "x", "💥"):
            response = self.client.post(reverse("step", args=[*WHAT, 1]), {"step": value})
            assert response.url == reverse("step", args=[*WHAT, 2]), value

    def test_of_another_lesson_in_the_form_is_ignored(self) -> None:
        other = Step.objects.filter(edition__lesson__slug=CALL[1]).first()
        self.client.post(reverse("step", args=[*WHAT, 1]), {"step": other.pk})
        assert Reading.objects.get().edition.lesson.slug == WHAT[1]

    def test_read_in_a_replaced_edition_counts_and_leads_to_the_same_place(self) -> None:
        old = Step.objects.get(edition__lesson__slug=WHAT[1], position=1)
        newer = Edition.objects.create(
            lesson=Lesson.objects.get(slug=WHAT[1]), number=2, title="T", main_message="M", remember=[1], minutes=1
        )
        for n, slug in enumerate(["a", "b", "not-the-same-as-chemo"], 1):
            Step.objects.create(edition=newer, position=n, slug=slug, heading=slug, body=slug)
        governance.publish(edition=newer)
        response = self.client.post(reverse("step", args=[*WHAT, 1]), {"step": old.pk})
        assert response.url == reverse("step", args=[*WHAT, 3])
        assert Reading.objects.get().edition == old.edition

    def test_counts_when_it_was_the_last_of_a_longer_edition(self) -> None:
        old = Step.objects.get(edition__lesson__slug=WHAT[1], position=7)
        self.read(*WHAT, upto=6)
        newer = Edition.objects.create(
            lesson=Lesson.objects.get(slug=WHAT[1]), number=2, title="T", main_message="M", remember=[1], minutes=1
        )
        Step.objects.create(edition=newer, position=1, slug="a", heading="a", body="a")
        governance.publish(edition=newer)
        response = self.client.post(reverse("step", args=[*WHAT, 7]), {"step": old.pk})
        assert response.url == reverse("check", args=[WHAT[1]])
        assert Reading.objects.get().finished is not None

    def test_costs_two_queries(self) -> None:
        self.read(*WHAT, upto=1)
        keep_published()
        with self.assertNumQueries(2):  # session with user, what is published
            self.get("step", *WHAT, 2)


class TestAReturningGuest(SiteCase):
    def test_continues_where_they_stopped(self) -> None:
        self.read(*WHAT, upto=3)
        assert "You stopped at step 4 of 7." in words(self.get("start"))
        assert self.get("lesson", *WHAT).url == reverse("step", args=[*WHAT, 4])
        assert "Step 4 of 7" in words(self.get("my"))
        assert "Step 4 of 7" in words(self.get("therapy", "basics"))

    def test_continues_an_open_check_with_the_saved_answers(self) -> None:
        self.read(*WHAT, upto=7)
        assert "You have read it. 8 questions are left." in words(self.get("start"))
        self.client.post(reverse("check", args=[WHAT[1]]))
        attempt = Attempt.objects.get()
        self.client.post(reverse("quizzes:question", args=[attempt.pk, 1]), {"choice": "unsure", "number": 1})
        assert "Your answers are saved" in words(self.get("check", WHAT[1]))
        again = self.client.post(reverse("check", args=[WHAT[1]]))
        assert again.url == reverse("quizzes:question", args=[attempt.pk, 2])
        assert Response.objects.count() == 1

    def test_sees_finished_lessons_with_their_day(self) -> None:
        self.read(*WHAT, upto=7)
        self.do_check(WHAT[1])
        page = words(self.get("my"))
        assert "Done" in page.split("What is immunotherapy?")[1]
        assert "Next Who to call" in page

    def test_is_offered_only_the_missed_questions_after_a_check(self) -> None:
        self.do_check(WHAT[1], wrong)
        assert "try again what was hard: 8 questions" in words(self.get("check", WHAT[1]))
        self.do_check(WHAT[1])
        assert "You can do them once more" in words(self.get("check", WHAT[1]))

    def test_sees_nothing_of_another_persons_check(self) -> None:
        other = Client()
        other.post(reverse("check", args=[WHAT[1]]))
        assert "8 short questions" in words(self.get("check", WHAT[1]))

    def test_continues_an_open_retry_of_a_lesson_to_talk_about(self) -> None:
        self.read(*CALL, upto=6)
        self.do_check(CALL[1], wrong)
        assert "Look again" in words(self.get("start"))
        self.client.post(reverse("check", args=[CALL[1]]))
        page = self.get("start").content.decode()
        assert re.search(rf'href="{reverse("check", args=[CALL[1]])}\?on=1">\s*Carry on', page)

    def test_goes_on_with_a_check_in_one_press(self) -> None:
        """From each place that says "Carry on", and not twice: the same words stood on a page between."""
        address = reverse("check", args=[WHAT[1]])
        assert "8 short questions" in words(self.client.get(address, {"on": "1"})), "nothing is begun"
        self.client.post(address)
        attempt = Attempt.objects.get()
        for place in ("start", "my", "therapy"):
            page = self.get(place, *WHAT[:1] if place == "therapy" else ()).content.decode()
            assert f'href="{address}?on=1"' in page, place
        question = reverse("quizzes:question", args=[attempt.pk, 1])
        self.assertRedirects(self.client.get(address, {"on": "1"}), question)
        assert "You have begun these questions" in words(self.client.get(address)), "Back from a question leads here"
        Attempt.objects.update(finished=timezone.now())
        assert self.client.get(address, {"on": "1"}).status_code == 200, "a page from before"
        other = Client()
        assert other.get(address, {"on": "1"}).status_code == 200

    def test_sees_a_check_that_was_started_before_any_step(self) -> None:
        self.client.post(reverse("check", args=[WHAT[1]]))
        assert "What is immunotherapy?" in words(self.get("my"))

    def test_gets_404_when_a_check_has_no_questions_now(self) -> None:
        Revision.objects.filter(question__quizitem__quiz__slug=WHAT[1]).update(state="retired")
        assert self.client.post(reverse("check", args=[WHAT[1]])).status_code == 404
        assert not Attempt.objects.exists()

    def test_sees_the_number_of_published_questions(self) -> None:
        Revision.objects.filter(question__slug="what-immunotherapy-does").update(state="retired")
        assert "7 short questions" in words(self.get("check", WHAT[1]))

    def test_with_a_safety_answer_still_wrong_sees_talk_about_it(self) -> None:
        self.read(*CALL, upto=6)
        self.do_check(CALL[1], wrong)
        assert "Talk about it" in words(self.get("my"))
        assert "Talk about it" in words(self.get("therapy", CALL[0]))


class TestTheShippedQuestions(SiteCase):
    def test_lead_back_to_the_step_that_teaches_them(self) -> None:
        for quiz in Quiz.objects.all():
            lesson = quiz.lesson
            self.client.post(reverse("check", args=[quiz.slug]))
            attempt = Attempt.objects.get(quiz=quiz)
            for item in attempt.items.all():
                page = self.get("quizzes:question", attempt.pk, item.position).content.decode()
                address = re.search(r'href="([^"?]+)\?from=([^"]+)">\s*Look at the lesson again', page)
                assert address, item
                assert address[2] == f"{attempt.pk}-{item.position}"
                slug = item.revision.source.split("/")[1]
                step = Step.objects.get(edition__lesson=lesson, slug=slug)
                assert address[1] == reverse("step", args=[lesson.therapy.slug, lesson.slug, step.position])

    def test_never_show_a_reason_or_feedback_before_the_answer(self) -> None:
        for quiz in Quiz.objects.all():
            self.client.post(reverse("check", args=[quiz.slug]))
            attempt = Attempt.objects.get(quiz=quiz)
            for item in attempt.items.select_related("revision"):
                spec = item.revision.spec
                secrets = [item.revision.why, *(spec["feedback"].values() if item.revision.kind == "truth" else [])]
                secrets += [c["feedback"] for c in spec.get("choices", []) + spec.get("rows", [])]
                page = self.get("quizzes:question", attempt.pk, item.position).content.decode()
                for secret in secrets:
                    assert secret[:40] not in page, secret

    def test_have_the_right_answer_in_every_position(self) -> None:
        places = set()
        single = Revision.objects.get(question__slug="what-immunotherapy-does")
        for _ in range(30):
            client = Client()
            client.post(reverse("check", args=[WHAT[1]]))
            item = Attempt.objects.latest("started").items.get(revision=single)
            places.add([c.id for c in item.ask().choices].index(right(single)[0]))
        assert places == {0, 1, 2}


class TestAQuestionInTheSite(SiteCase):
    """What the site adds to the engine's pages, and the number of queries with it."""

    def setUp(self) -> None:
        self.client.post(reverse("check", args=[CALL[1]]))
        self.attempt = Attempt.objects.get()
        self.first = self.attempt.items.select_related("revision")[0]

    def question(self, name: str = "quizzes:question") -> str:
        return reverse(name, args=[self.attempt.pk, 1])

    def test_costs_three_queries_to_show_six_to_answer_and_three_to_explain(self) -> None:
        self.client.get(self.question())
        keep_published()
        with self.assertNumQueries(3):  # session with user, the attempt's items, where it is taught
            self.client.get(self.question())
        # Session, items; learner's lock, items with the memory, memory, response: six; savepoint and release.
        with self.assertNumQueries(8):
            self.client.post(self.question(), as_form(self.first.revision, wrong(self.first.revision)))
        with self.assertNumQueries(3):  # session with user, items with what was answered, where it is taught
            self.client.get(self.question("quizzes:feedback"))

    def test_on_safety_is_followed_by_the_card_after_any_answer(self) -> None:
        for how in (right, wrong):
            self.client.post(self.question(), as_form(self.first.revision, how(self.first.revision)))
            assert "Cough, or more short of breath than usual." in words(
                self.client.get(self.question("quizzes:feedback"))
            )
            self.client = Client()
            self.client.post(reverse("check", args=[CALL[1]]))
            self.attempt = Attempt.objects.latest("started")

    def test_that_is_not_on_safety_is_not_followed_by_the_card(self) -> None:
        self.client.post(reverse("check", args=[WHAT[1]]))
        attempt = Attempt.objects.get(quiz__slug=WHAT[1])
        item = attempt.items.get(revision__question__slug="what-immunotherapy-does")
        address = reverse("quizzes:question", args=[attempt.pk, item.position])
        self.client.post(address, as_form(item.revision, wrong(item.revision)))
        page = words(self.client.get(address + "feedback/"))
        assert "Cough, or more short of breath than usual." not in page
        assert "Look at this step again: Help for your own defenses" in page

    def test_leads_back_to_the_check_it_belongs_to(self) -> None:
        page = self.client.get(self.question()).content.decode()
        assert f'class="back" href="{reverse("check", args=[CALL[1]])}"' in page

    def test_is_followed_by_a_result_with_the_card_and_a_link_to_missed_topics(self) -> None:
        self.do_check(CALL[1], wrong)
        page = self.client.get(reverse("quizzes:result", args=[self.attempt.pk])).content.decode()
        assert "Cough, or more short of breath than usual." in page
        assert f'<a href="{reverse("step", args=[*CALL, 5])}">What to do about diarrhea</a>' in page

    def test_is_followed_by_a_result_that_shows_the_card_only_once(self) -> None:
        first = self.first.revision_id
        for how in (right, lambda revision: (wrong if revision.pk == first else right)(revision)):
            with self.subTest(how=how):
                self.client = Client()
                attempt = self.do_check(CALL[1], how)
                page = words(self.client.get(reverse("quizzes:result", args=[attempt.pk])))
                assert "Right the first time" in page
                assert page.count("Cough, or more short of breath than usual.") == 1
                assert ("Talk with your nurse about" in page) is (how is not right)


class TestAStart(SiteCase):
    """What new visitors see."""

    def test_without_cookies_says_on_the_next_page_that_nothing_is_saved(self) -> None:
        told = "This phone cannot keep your place. You can still read every lesson."
        step = "http://testserver" + reverse("step", args=[*WHAT, 1])
        for address in (reverse("step", args=[*WHAT, 2]), "/", "/my/"):
            page = words(Client().get(address, headers={"referer": step}))
            assert told in page, address
        assert "your place is kept" not in words(Client().get("/my/", headers={"referer": step}))

    def test_does_not_say_so_when_cookies_may_work(self) -> None:
        step = "http://testserver" + reverse("step", args=[*WHAT, 1])
        for referer in (
            "",
            "http://testserver/",
            "http://elsewhere.example/check/x/",
            "http://[",
            "http://testserver/\x00",
        ):
            assert "cannot keep" not in words(Client().get("/", headers={"referer": referer})), referer
        client = Client()
        client.get(step)  # sets the cookie
        assert "cannot keep" not in words(client.get("/", headers={"referer": step}))

    def test_of_a_therapy_type_marks_the_lesson_to_read_first_until_it_is_started(self) -> None:
        page = words(self.get("therapy", "virus-therapy"))
        assert "Start with a lesson that says “Read this first”." in page
        assert "After a T-VEC shot Not started. Read this first 5 min, " in page
        assert "How virus therapy works Not started 4 min, " in page
        assert "Read this first" not in words(self.get("therapy", "basics"))
        self.read("virus-therapy", "after-a-t-vec-shot", upto=1)
        page = words(self.get("therapy", "virus-therapy")).split("Also for everyone")[0]
        assert "Not started. Read this first" not in page

    def test_of_my_learning_links_to_find_my_medicine(self) -> None:
        page = self.get("my").content.decode()
        assert f'<a class="btn" href="{reverse("find")}">Find my medicine' in page


class TestWhatIHaveLearned(SiteCase):
    def printed(self) -> str:
        return words(self.client.get(reverse("my"), {"print": 1}))

    def test_is_printed_with_day_and_points_to_remember(self) -> None:
        assert "Nothing is done yet" in self.printed()
        with time_machine.travel(at(23), tick=False):
            self.read(*WHAT, upto=7)
            self.read(*CALL, upto=2)
            assert "Print what I have learned" not in words(self.get("my"))
            self.do_check(WHAT[1])
        assert "Print what I have learned" in words(self.get("my"))
        page = self.printed()
        assert "What is immunotherapy? Done on Monday, November 23, 2026" in page
        for point in Edition.objects.get(lesson__slug=WHAT[1]).remember:
            assert point in page
        assert "Side effects: when to call" not in page

    def test_costs_one_query_more_than_the_list(self) -> None:
        self.read(*WHAT, upto=7)
        self.do_check(WHAT[1])
        self.get("my")
        keep_published()
        with self.assertNumQueries(7):
            self.printed()


class TestAnAssignedLesson(SiteCase):
    def setUp(self) -> None:
        team = make_team()
        self.ana, noor = make_patient(team, name="ana"), make_nurse("noor", team)
        lesson = Lesson.objects.get(slug=CALL[1])
        assign(patients=[self.ana], lessons=[lesson], due=date(2026, 12, 4), note="Before Monday", by=noor, now=at(23))
        self.client.force_login(self.ana.user)

    def test_is_in_my_learning_with_its_day_and_the_nurses_note(self) -> None:
        with time_machine.travel(at(23), tick=False):
            page = words(self.get("my"))
        assert f"Your nurse asked for this lesson By {weekday(date(2026, 12, 4))}. “Before Monday”" in page
        assert "You can still do it" not in page

    def test_is_linked_from_the_start_page_before_anything_is_started(self) -> None:
        page = self.get("start")
        assert "Next Side effects: when to call 4 minutes to read, then 8 questions." in words(page)
        assert f"Your nurse asked for this by {weekday(date(2026, 12, 4))}. Start" in words(page)
        assert f'<a class="btn" href="{reverse("lesson", args=CALL)}">' in page.content.decode()
        self.read(*WHAT, upto=1)
        assert "You stopped at step 2 of 7." in words(self.get("start"))

    def test_is_first_on_the_page_of_its_therapy_type(self) -> None:
        page = words(self.get("therapy", CALL[0]))
        assert f"Your nurse asked for 1 of these by {weekday(date(2026, 12, 4))}." in page

    def test_is_never_called_late_to_the_patient(self) -> None:
        with time_machine.travel("2026-12-20T12:00:00Z", tick=False):
            page = words(self.get("my"))
        assert "You can still do it." in page
        assert "Late" not in page

    def test_is_past_its_day_in_the_clinics_time_zone_only(self) -> None:
        for zone, past in (("Pacific/Honolulu", False), ("America/New_York", False), ("Asia/Tokyo", True)):
            CareTeam.objects.update(zone=zone)
            with time_machine.travel("2026-12-05T04:30:00Z", tick=False):  # 11:30 p.m. in New York
                assert ("You can still do it" in words(self.get("my"))) is past, zone

    def test_is_done_on_the_date_in_the_clinics_time_zone(self) -> None:
        with time_machine.travel("2026-11-23T20:00:00Z", tick=False):  # Tuesday morning in Auckland
            self.read(*CALL, upto=6)
            self.do_check(CALL[1])
            for zone, day in (("America/New_York", 23), ("Pacific/Auckland", 24)):
                CareTeam.objects.update(zone=zone)
                assert f"Done {weekday(date(2026, 11, day))}" in words(self.get("my")), zone

    def test_moves_to_done_and_is_no_longer_asked_for(self) -> None:
        self.read(*CALL, upto=6)
        self.do_check(CALL[1])
        page = words(self.get("my"))
        assert "Your nurse asked for this" not in page
        assert "Done Side effects: when to call" in page

    def test_of_one_patient_is_not_shown_to_another(self) -> None:
        other = make_patient(self.ana.care_team, "Ben", name="ben")
        self.client.force_login(other.user)
        assert "Your nurse asked" not in words(self.get("my"))


class TestTheQueries(SiteCase):
    """Session with user, the five of `standing.standings`, the two of a review; a visitor costs one query."""

    def setUp(self) -> None:
        keep_published()

    def test_of_the_lists_are_a_fixed_number(self) -> None:
        self.read(*WHAT, upto=2)
        for name, args, n in (("my", (), 9), ("start", (), 8), ("therapy", ("basics",), 6), ("therapies", (), 2)):
            with self.assertNumQueries(n):
                self.get(name, *args)
        self.do_check(CALL[1], wrong)
        with self.assertNumQueries(11):  # a missed safety question costs two more
            self.get("my")

    def test_of_a_visitor_are_few(self) -> None:
        for name, args, n in (("start", (), 1), ("step", (*WHAT, 1), 1), ("help", (), 1), ("my", (), 1)):
            with self.assertNumQueries(n):
                self.get(name, *args)


class TestALessonOnPaper(SiteCase):
    def test_has_each_step_what_to_remember_the_whole_card_and_where_it_comes_from(self) -> None:
        page = words(self.get("lesson_print", *WHAT))
        edition = Edition.objects.get(lesson__slug=WHAT[1], state="published")
        for step in edition.steps.all():
            assert step.heading in page
            assert step.key_point in page
        for text in (*edition.remember, "Call your team in office hours", "Not yet reviewed by a clinician.", "(ASCO)"):
            assert text in page, text
        assert "Use the Print or Share button of your browser." in page

    def test_has_the_numbers_of_the_patients_team(self) -> None:
        self.client.force_login(make_patient(make_team(), name="ana").user)
        assert '<p class="paper">' in self.get("lesson_print", *WHAT).content.decode()
        assert "555-011-0199" in words(self.get("lesson_print", *WHAT))

    def test_reads_no_step_and_costs_two_queries(self) -> None:
        self.client.force_login(make_patient(make_team(), name="ana").user)
        self.get("lesson_print", *WHAT)
        keep_published()
        with self.assertNumQueries(2):  # session with user; what is published
            self.get("lesson_print", *WHAT)
        assert not Reading.objects.exists()

    def test_is_linked_from_each_step(self) -> None:
        address = reverse("lesson_print", args=WHAT)
        assert f'<a href="{address}">' in self.get("step", *WHAT, 2).content.decode()

    def test_is_not_found_under_another_therapy_type_or_when_it_is_not_published(self) -> None:
        for lesson in (("virus-therapy", WHAT[1]), ("basics", "nothing")):
            assert self.get("lesson_print", *lesson).status_code == 404


class TestHelp(SiteCase):
    def test_shows_every_line_of_the_card_under_its_tier(self) -> None:
        from learn.lessons import card

        page = words(self.get("help"))
        for tier in card.whole().tiers:
            assert tier.name in page
            for group in tier.groups:
                for line in group.lines:
                    assert " ".join(line.text.split()) in page.replace("&#x27;", "'"), line.text

    def test_shows_a_patient_the_phone_numbers_of_their_team(self) -> None:
        ana = make_patient(make_team(), name="ana")
        self.client.force_login(ana.user)
        page = self.get("help").content.decode()
        assert 'href="tel:5550110199"' in page
        assert "100.4 °F (38 °C)" in page
        assert "hospital operator" not in page

    def test_tells_a_guest_where_to_find_the_phone_number(self) -> None:
        page = words(self.get("help"))
        where = "on your appointment card or in the patient portal. Or ask the hospital operator for"
        assert page.count(where) == 1, "in the tier of the card: on top it pushes 911 off the first screen"

    def test_starts_with_the_phone_numbers_and_says_that_nurses_do_not_watch_the_site(self) -> None:
        self.client.force_login(make_patient(make_team(), name="ana").user)
        page = words(self.get("help"))
        assert "Day: 555-010-0199 Night and weekend: 555-011-0199" in page.split("When to call")[0]
        assert "This site is not watched by nurses." in page

    def test_is_linked_in_the_same_place_on_every_page(self) -> None:
        nav = '<a href="/my/">My learning</a>\n<a href="/help/">Get help</a>\n</nav>'
        for address in ("/", "/lessons/", reverse("step", args=[*WHAT, 1]), "/find/", "/my/questions/", "/nope/"):
            assert nav in self.client.get(address).content.decode(), address


class TestASiteWithoutContent(TestCase):
    """Pages work without any content, because somebody may open them before load_content has run."""

    def test_has_pages_that_say_so(self) -> None:
        assert "There are no lessons here yet" in words(self.client.get(reverse("therapies")))
        assert "Start with the basics" not in words(self.client.get(reverse("find")))
        assert self.client.get(reverse("start")).status_code == 200
        assert self.client.get(reverse("my")).status_code == 200


class TestFindMyMedicine(SiteCase):
    def find(self, query: str) -> str:
        return words(self.client.get(reverse("find"), {"q": query}))

    def test_asks_whether_it_is_the_medicine_and_links_to_its_therapy_type(self) -> None:
        page = self.find("pembrolizomab")
        found = page.split("Is this your medicine?")[1].split("I do not know the name")[0]
        assert "pembrolizumab (Keytruda, Keytruda Qlex)" in found
        assert "Checkpoint inhibitor (PD-1)" in found
        assert "Say it: pem-broh-LIH-zoo-mab" in found
        address = reverse("therapy", args=["antibodies-and-checkpoint-inhibitors"])
        assert (
            f'href="{address}?medicine=pembrolizumab">\nYes. Show me the lessons'
            in self.client.get(reverse("find"), {"q": "keytruda"}).content.decode()
        )

    def test_links_to_the_basics_for_people_who_do_not_know_the_name(self) -> None:
        for query in ({}, {"q": "xyzzyqwert"}, {"q": "keytruda"}):
            page = self.client.get(reverse("find"), query).content.decode()
            assert f'href="{reverse("therapy", args=["basics"])}">Start with the basics' in page, query

    def test_never_redirects(self) -> None:
        assert self.client.get(reverse("find"), {"q": "pembrolizumab"}).status_code == 200

    def test_says_when_a_medicine_is_of_another_kind(self) -> None:
        page = self.find("adalimumab")
        assert "A different kind of medicine" in page
        assert "ipilimumab" not in page.split("A to Z")[0]
        assert "Show me the lessons" not in page

    def test_finds_two_medicines_at_once(self) -> None:
        found = self.find("nivolumab and ipilimumab").split("I do not know the name")[0]
        assert "nivolumab (Opdivo" in found
        assert "ipilimumab (Yervoy)" in found

    def test_says_kindly_what_to_do_when_it_finds_nothing(self) -> None:
        for query, text in (
            ("", "Type a word or a name, or choose from the A to Z"),
            ("a", "choose from the A to Z"),
            ("x" * 10_000, "That is too long"),
            ("my medicine please", "Type a word or a name"),
            ("💥", "Type a word or a name"),
            ("\x00", "Type a word or a name"),
        ):
            page = self.client.get(reverse("find"), {"q": query})
            assert text in words(page), query[:20]
            assert "There is a problem" in words(page), query[:20]
        for query in ("xyzzyqwert", "'; DROP TABLE people_user; --", "<script>alert(1)</script>"):
            page = self.client.get(reverse("find"), {"q": query})
            assert "We do not know that name Ask your pharmacist how to spell it" in words(page), query
            assert "<script" not in page.content.decode()

    def test_shows_an_a_to_z_of_the_immunotherapies_under_the_box(self) -> None:
        page = words(self.get("find"))
        assert "There is a problem" not in page
        letters = page.split("A to Z")[-1]
        assert letters.index(" aldesleukin") < letters.index(" nivolumab (") < letters.index(" tremelimumab (")
        assert "metformin" not in letters

    def test_costs_one_query(self) -> None:
        keep_published()
        with self.assertNumQueries(1):
            self.find("keytruda")


class TestWordListAndSources(SiteCase):
    def test_words_are_in_one_list_from_a_to_z(self) -> None:
        response = self.get("words")
        page = words(response)
        assert page.index("antibody") < page.index("cytokine") < page.index("white blood cell")
        assert "(say: AN-tee-bah-dee)" in page
        source = response.content.decode()
        assert source.count("(say: ") == source.count('class="say" aria-hidden="true"') > 50, "not for a screen reader"

    def test_words_of_a_step_are_explained_at_its_end(self) -> None:
        page = words(self.get("step", *WHAT, 4)).split("Words on this page")[1]
        assert "infusion" in page
        assert "Medicine dripped slowly into a vein" in page

    def test_a_lesson_ends_with_its_sources_and_the_day_they_were_checked(self) -> None:
        page = words(self.get("step", *WHAT, 7))
        assert "Where this comes from" in page
        assert "Immunotherapy to Treat Cancer" in page
        assert "Facts last checked: November 28, 2026. Next check due: November 2027." in page
        assert "Where this comes from" not in words(self.get("step", *WHAT, 1))

    def test_the_about_page_credits_the_article_and_lists_every_source(self) -> None:
        page = words(self.get("about"))
        assert "ASCO did not review or endorse this site" in page
        assert "No clinician has reviewed the lessons yet" in page
        assert page.count("National Cancer Institute") > 3

    def test_the_more_help_page_lists_the_free_phone_lines(self) -> None:
        page = self.get("more").content.decode()
        assert 'href="tel:18002272345"' in page
        assert "1-800-4-CANCER" in page
        assert "cancer.net" not in words(self.get("more")).lower()
