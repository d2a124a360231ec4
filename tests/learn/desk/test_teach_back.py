"""A teach-back: what to read out, the outcome, saved once, extended by addenda but never changed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import SimpleTestCase, TransactionTestCase
from django.urls import reverse

from learn.desk.forms import read_out
from learn.people.models import AuditEvent
from learn.progress import actions, record, standing
from learn.progress.models import Contact, TeachBack
from tests.cast import PatientCase, at, make_nurse, make_patient, make_question, make_team, together, words, wrong


class TestWhatIsReadOut(SimpleTestCase):
    def test_asks_how_well_the_nurse_explained_the_topic(self) -> None:
        begin = "“I want to be sure I explained this well. Can you tell me"
        assert read_out("What to do about diarrhea") == f"{begin}, in your own words, what to do about diarrhea?”"
        assert read_out("IL-2") == f"{begin} in your own words about “IL-2”?”"


class TeachBackCase(PatientCase):
    def setUp(self) -> None:
        super().setUp()
        self.check(plain=wrong, safety=wrong, now=at(20))
        self.key = f"q{self.safety.question_id}"

    def form(self, **over: Any) -> dict[str, Any]:
        return {
            "topic": self.key, self.key: "own-words", "to_whom": "patient", "language": "English", "number": 1,
        } | {f"note-{self.key}" if name == "note" else name: value for name, value in over.items()}  # fmt: skip

    def post(self, **over: Any) -> Any:
        return self.client.post(self.address("teach_back"), self.form(**over))

    def needs(self) -> int:
        return len(standing.whole([self.ana.user_id])[self.ana.user_id].needs)


class TestATeachBack(TeachBackCase):
    def test_offers_the_open_topics_with_safety_first(self) -> None:
        page = words(self.client.get(self.address("teach_back")))
        assert "about “Topic of safety”?” Explained in own words Needed a prompt Explain again next time" in page
        assert page.index("Topic of safety") < page.index("Topic of plain")

    def test_starts_with_the_requested_question_and_shows_at_most_three(self) -> None:
        for n in range(3):
            self.quiz.items.create(question=make_question(f"more-{n}").question, position=3 + n)
        self.check(plain=wrong, safety=wrong, now=at(21), times=9)
        self.check(plain=wrong, safety=wrong, now=at(22), times=9)
        plain = self.client.get(self.address("teach_back"), {"question": self.plain.question_id}).content.decode()
        assert plain.count("I want to be sure") <= 3
        assert plain.index("Topic of plain") < plain.index("Topic of safety")

    def test_shows_what_was_chosen_and_the_best_answer_above_the_sentence(self) -> None:
        page = words(self.client.get(self.address("teach_back")))
        asked = page.split("Topic of safety")[1]
        assert "Stem of safety? They chose Wrong 1 Best answer Right 0 Friday, November 20" in asked
        assert asked.index("Best answer") < asked.index("I want to be sure")

    def inline(self, key: str) -> tuple[str, dict[str, Any]]:
        """Return the address of the form that stands at a topic on the patient's page, and what it sends untouched."""
        page = self.client.get(self.address()).content.decode()
        [form] = [form for form in page.split("<form ")[1:] if f'name="topic" value="{key}"' in form]
        sent: dict[str, Any] = dict(
            re.findall(r'<input type="(?:hidden|text)"[^>]*name="([^"]+)"\s+value="([^"]*)"', form)
        )
        sent |= {f"note-{key}": "", "to_whom": "patient"}
        sent |= dict(re.findall(r'name="(language)" maxlength="40"\s+value="(\w+)"', form))
        assert {"number", "topic", "language"} <= set(sent), sent
        return form.split('action="')[1].split('"')[0], sent

    def test_stands_at_each_missed_question_on_the_patients_page(self) -> None:
        address, sent = self.inline(self.key)
        page = self.client.get(self.address()).content.decode()
        for said in (
            "Read out: “I want to be sure I explained this well. Can you tell me in your own words about “Topic of",
            "Listen for: Right 0",
        ):
            assert said in words(self.client.get(self.address())), said
        ids = re.findall(r' id="([^"]+)"', page)
        assert len(ids) == len(set(ids))
        note = {self.key: "own-words", f"note-{self.key}": "Knows the number.", "barriers": "memory"}
        assert self.client.post(address, sent | note).status_code == 303
        saved = TeachBack.objects.get()
        assert (saved.outcome, saved.note, saved.language, saved.barriers, saved.topic) == (
            "own-words", "Knows the number.", "English", ["memory"], "Topic of safety",
        )  # fmt: skip
        assert self.needs() == 0
        page = words(self.client.get(self.address()))
        assert "Closed by teach-back, noor" in page
        assert f'name="topic" value="q{self.plain.question_id}"' in self.client.get(self.address()).content.decode()

    def test_at_a_topic_that_misses_something_is_shown_with_all_that_was_typed(self) -> None:
        address, sent = self.inline(self.key)
        page = self.client.post(address, sent | {f"note-{self.key}": "Slowly."})
        assert "Choose how it went, for one topic at least" in words(page)
        assert "Slowly." in page.content.decode()
        assert "Topic of plain" not in words(page)
        assert not TeachBack.objects.exists()

    def test_at_a_topic_is_not_saved_over_that_of_another_window(self) -> None:
        address, sent = self.inline(self.key)
        self.client.post(address, sent | {self.key: "prompt"})
        page = self.client.post(address, sent | {self.key: "own-words"})
        assert page.status_code == 200
        assert TeachBack.objects.get().outcome == "prompt"

    def test_has_a_note_for_each_topic(self) -> None:
        plain = f"q{self.plain.question_id}"
        notes = {f"note-{self.key}": "Slowly.", f"note-{plain}": "Knows it."}
        self.post(topic=[self.key, plain], **{plain: "prompt"}, **notes)
        assert set(TeachBack.objects.values_list("topic", "note")) == {
            ("Topic of safety", "Slowly."),
            ("Topic of plain", "Knows it."),
        }

    def test_clears_the_flag_only_when_it_was_in_own_words(self) -> None:
        for number, outcome, left in ((1, "prompt", 1), (2, "again", 1), (3, "own-words", 0)):
            response = self.post(number=number, **{self.key: outcome})
            assert (response.status_code, response.url) == (303, self.address())
            assert self.needs() == left, outcome

    def test_is_saved_with_person_language_barriers_note_nurse_and_time(self) -> None:
        self.post(to_whom="both", language=" Spanish ", barriers=["senses", "body"], note=" Slowly. ")
        row = TeachBack.objects.get()
        assert (row.patient, row.nurse, row.at, row.question) == (self.ana, self.noor, at(24), self.safety.question)
        assert (row.topic, row.outcome, row.to_whom) == ("Topic of safety", "own-words", "both")
        assert (row.language, row.barriers, row.note) == ("Spanish", ["senses", "body"], "Slowly.")
        assert AuditEvent.objects.filter(what="taught.back", patient=self.ana.pk, who=self.noor.pk).count() == 1

    def test_of_two_topics_makes_two_rows_and_an_empty_topic_makes_none(self) -> None:
        plain = f"q{self.plain.question_id}"
        self.post(topic=[self.key, plain], **{plain: "again"})
        assert set(TeachBack.objects.values_list("topic", "outcome", "place")) == {
            ("Topic of safety", "own-words", 1),
            ("Topic of plain", "again", 2),
        }
        self.post(topic=[self.key, plain], number=2)
        assert TeachBack.objects.filter(number=2).count() == 1

    def test_is_saved_once_even_when_sent_several_times(self) -> None:
        for _ in range(3):
            assert self.post(note="Once.").status_code == 303
        assert TeachBack.objects.count() == 1
        assert AuditEvent.objects.filter(what="taught.back").count() == 1

    def test_from_another_window_is_kept_in_the_form_and_asked_about(self) -> None:
        self.post(note="One.")
        response = self.post(note="Two.")
        assert "You saved another one in the meantime" in words(response)
        page = response.content.decode()
        assert "Two." in page
        assert 'name="number" value="2"' in page
        assert TeachBack.objects.count() == 1

    def test_that_is_invalid_explains_the_error_and_changes_nothing(self) -> None:
        for over, problem in (
            ({self.key: ""}, "Choose how it went, for one topic at least"),
            ({self.key: "fine"}, "Choose one of the three"),
            ({"to_whom": ""}, "Choose who explained it"),
            ({"to_whom": "\x00"}, "Choose who explained it"),
            ({"language": ""}, "Write the language"),
            ({"language": "x" * 41}, "Use 40 letters at most"),
            ({"barriers": ["x"]}, "Choose from this list"),
            ({"note": "x" * 501}, "Use 500 letters at most"),
            ({"note": "a\x00b"}, "Null characters are not allowed"),
            ({"number": "2"}, "You saved another one in the meantime"),
            ({"number": "9" * 30}, "You saved another one in the meantime"),
        ):
            page = words(self.post(**over))
            assert problem in page, over
            assert "There is a problem" in page
        assert not TeachBack.objects.exists()

    def test_refuses_a_topic_that_this_patient_never_missed(self) -> None:
        other = make_question("other").question_id
        self.post(topic=f"q{other}", **{f"q{other}": "own-words", self.key: ""})
        assert not TeachBack.objects.exists()

    def test_is_about_the_started_lessons_when_nothing_is_open(self) -> None:
        self.post()
        ben = make_patient(self.team, "Ben")
        address = reverse("admin:people_patient_teach_back", args=[ben.pk])
        assert "has not read or answered anything yet" in words(self.client.get(address, follow=True))
        self.learner = ben.user
        self.read(1)
        assert "about “Lesson 1”" in words(self.client.get(address))
        lesson = f"l{self.lesson.pk}"
        self.client.post(
            address, {"topic": lesson, lesson: "own-words", "to_whom": "patient", "language": "English", "number": 1}
        )
        assert TeachBack.objects.get(patient=ben).lesson == self.lesson


class TestAnAddendum(TeachBackCase):
    def add(self, pk: int, **form: Any) -> Any:
        address = reverse("admin:people_patient_teach_back_add", args=[self.ana.pk, pk])
        return self.client.post(address, {"outcome": "", "note": "", "number": 2} | form)

    def test_is_shown_with_the_teach_back_and_can_correct_the_outcome(self) -> None:
        self.post(note="First.")
        first = TeachBack.objects.get()
        assert self.add(first.pk, outcome="again", note="Wrong button.").status_code == 303
        first.refresh_from_db()
        assert (first.outcome, first.note) == ("own-words", "First.")
        assert self.needs() == 1
        (talk,) = record.of_patient(self.ana).talks
        assert (talk.outcome, [row.note for row in talk.added]) == ("Explain again next time", ["Wrong button."])
        assert self.add(first.pk, outcome="again", note="Wrong button.").status_code == 303
        assert TeachBack.objects.count() == 2

    def test_needs_a_note_or_an_outcome(self) -> None:
        self.post()
        assert "Write a note, or choose how it went" in words(self.add(TeachBack.objects.get().pk))
        assert TeachBack.objects.count() == 1

    def test_to_another_patients_or_to_an_addendum_is_not_found(self) -> None:
        self.post()
        first = TeachBack.objects.get()
        self.add(first.pk, note="More.")
        other = self.said_back(patient=make_patient(self.team, "Ben"))
        for pk in (other.pk, TeachBack.objects.get(adds_to=first).pk, 10**15):
            assert self.add(pk, note="x", number=3).status_code == 404
        self.client.force_login(make_nurse("omar", make_team("Cedar team")))
        assert self.add(first.pk, note="x", number=3).status_code == 404
        assert TeachBack.objects.filter(patient=self.ana).count() == 2


@pytest.mark.race
class TestManyPressesAtOnce(TransactionTestCase):
    def test_make_one_teach_back_and_one_contact(self) -> None:
        team = make_team()
        patient, noor, question = (
            make_patient(team),
            make_nurse("noor", team),
            make_question("q", critical=True).question,
        )
        row = {"question_id": question.pk, "topic": "x", "outcome": "prompt", "to_whom": "patient", "place": 1}
        for act, model in (
            (lambda n: actions.taught_back(patient=patient, by=noor, rows=[row], number=1, now=at(24)), TeachBack),
            (lambda n: actions.contacted(patient=patient, by=noor, note="", number=1, now=at(24)), Contact),
        ):
            assert together(8, act) == [None] * 8
            assert model.objects.count() == 1
        assert AuditEvent.objects.count() == 2
