"""Who needs attention, why and in which order: the decision table, the record, the Desk's home, a contact."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

import time_machine
from django.contrib.auth.models import Group
from django.test import SimpleTestCase
from django.urls import reverse

from learn.assignments.models import Assignment
from learn.people import roles
from learn.people.models import AuditEvent, CareTeam, Membership, Patient, User
from learn.progress import actions, standing
from learn.progress.attention import ORDER, Known, OpenAssignment, Why, needing, reasons
from learn.progress.models import Contact, Reading
from quizzes import taking
from tests.cast import at, make_nurse, make_patient, make_team, right, wrong
from tests.learn.test_pages import words
from tests.learn.test_progress import RecordCase

HOME = "/admin/"


def on(day: int) -> date:
    return date(2026, 11, day)


TODAY = on(24)


def asked(made: int, due: int) -> tuple[OpenAssignment, ...]:
    return (OpenAssignment(on(due), on(made)),)


# what is known | why they need attention today, November 24, and since which day
TABLE: list[tuple[str, Known, list[tuple[str, int]]]] = [
    ("nothing is known", Known(), []),
    ("nothing was asked, much was read", Known(seen=on(1)), []),
    ("asked today, due today", Known(asks=asked(24, 24)), []),
    ("due today, begun", Known(asks=asked(17, 24), seen=on(23)), []),
    ("due yesterday, begun", Known(asks=asked(17, 23), seen=on(23)), [(Why.LATE, 23)]),
    ("two are late: the first day counts", Known(asks=asked(9, 20) + asked(9, 15), seen=on(23)), [(Why.LATE, 15)]),
    ("one late, one not", Known(asks=asked(9, 20) + asked(9, 30), seen=on(23)), [(Why.LATE, 20)]),
    ("asked 3 days ago, nothing begun", Known(asks=asked(21, 30)), []),
    ("asked 4 days ago, nothing begun", Known(asks=asked(20, 30)), [(Why.NOT_STARTED, 20)]),
    ("asked 4 days ago, begun before that", Known(asks=asked(20, 30), seen=on(19)), []),
    ("asked twice, the first counts", Known(asks=asked(20, 30) + asked(23, 30)), [(Why.NOT_STARTED, 20)]),
    ("late and nothing begun", Known(asks=asked(9, 16)), [(Why.LATE, 16), (Why.NOT_STARTED, 9)]),
    ("last seen 14 days ago", Known(asks=asked(1, 30), seen=on(10)), []),
    ("last seen 15 days ago", Known(asks=asked(1, 30), seen=on(9)), [(Why.QUIET, 9)]),
    ("last seen 15 days ago, all of it done", Known(seen=on(9)), []),
    ("last seen 15 days ago, asked since", Known(asks=asked(20, 30), seen=on(9)), []),
    ("asked again lately: not quiet", Known(asks=asked(1, 30) + asked(12, 30), seen=on(9)), []),
    ("late and quiet", Known(asks=asked(1, 20), seen=on(9)), [(Why.LATE, 20), (Why.QUIET, 9)]),
    ("late, contacted today", Known(asks=asked(1, 20), seen=on(9), contacted=on(24)), []),
    ("late, contacted 6 days ago", Known(asks=asked(1, 17), seen=on(16), contacted=on(18)), []),
    ("late, contacted 7 days ago", Known(asks=asked(1, 17), seen=on(16), contacted=on(17)), [(Why.LATE, 17)]),
    ("not started, contacted", Known(asks=asked(9, 30), contacted=on(23)), []),
    ("missed safety question", Known(needs_help=on(20)), [(Why.SAFETY, 20)]),
    ("missed safety question, contacted", Known(needs_help=on(20), contacted=on(24)), [(Why.SAFETY, 20)]),
    ("missed it, and all is done", Known(needs_help=on(20), seen=on(20)), [(Why.SAFETY, 20)]),
    ("question waiting", Known(question=on(21)), [(Why.QUESTION, 21)]),
    ("question waiting, contacted", Known(question=on(21), contacted=on(24)), [(Why.QUESTION, 21)]),
    (
        "everything at once", Known(on(20), on(21), asked(1, 17), on(9)),
        [(Why.SAFETY, 20), (Why.QUESTION, 21), (Why.LATE, 17), (Why.QUIET, 9)],
    ),
    (
        "everything at once, contacted", Known(on(20), on(21), asked(1, 17), on(9), on(24)),
        [(Why.SAFETY, 20), (Why.QUESTION, 21)],
    ),
]  # fmt: skip


class TestTheTable(SimpleTestCase):
    def test_holds_in_every_row(self) -> None:
        assert len({name for name, *_ in TABLE}) == len(TABLE)
        for name, known, wanted in TABLE:
            with self.subTest(name):
                assert [(r.code, r.since) for r in reasons(known, TODAY)] == [(code, on(day)) for code, day in wanted]

    def test_names_every_reason_and_always_the_strongest_first(self) -> None:
        found = [[r.code for r in reasons(known, TODAY)] for _, known, _ in TABLE]
        assert {code for codes in found for code in codes} == set(ORDER)
        for codes in found:
            assert codes == sorted(codes, key=ORDER.index)

    def test_says_why_in_words(self) -> None:
        said = {r.words(TODAY) for _, known, _ in TABLE for r in reasons(known, TODAY)}
        assert {"Missed safety question", "Question waiting", "Late 1 day", "Late 7 days", "Not started"} < said
        assert "Quiet 15 days" in said


class TestTheRecord(RecordCase):
    """The same over real rows: assignments, readings, checks, contacts, on the clinic's calendar."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.team = make_team()
        cls.ana, cls.noor = make_patient(cls.team), make_nurse("noor", cls.team)

    def setUp(self) -> None:
        self.learner = self.ana.user

    def ask(self, **over: Any) -> Assignment:
        fields = {"patient": self.ana, "lesson": self.lesson, "by": self.noor, "made": at(18), "due": TODAY}
        return Assignment.objects.create(**(fields | over))

    def why(self, when: datetime) -> list[str]:
        found = needing(Patient.objects.visible_to(self.noor).current(), at=when).entries
        assert len(found) < 2
        return [reason.code for entry in found for reason in entry.reasons]

    def test_raises_nothing_before_anything_was_asked(self) -> None:
        assert self.why(at(24)) == []
        self.read(1)
        assert self.why(at(24) + timedelta(days=300)) == []

    def test_says_late_exactly_where_the_status_does(self) -> None:
        """Done by the database's words and Done by the status must never differ."""
        steps = (
            lambda: self.ask(),
            lambda: self.read(1),
            lambda: self.read(2, 3),
            lambda: self.check(safety=wrong),
            lambda: self.check(now=at(20, 15)),
            lambda: self.check(safety=wrong, now=at(21)),
            lambda: self.check(now=at(22)),
            lambda: Assignment.objects.update(withdrawn=at(23)),
        )
        seen = []
        for step in steps:
            step()
            standing = self.standing()
            late = Why.LATE in self.why(at(25))
            assert late == standing.is_late(on(25)), standing.words
            seen.append((late, standing.words))
        assert len(set(seen)) > 4

    def test_of_a_lesson_without_a_check_is_done_with_the_last_step(self) -> None:
        self.lesson.quiz = None
        self.lesson.save()
        self.ask()
        assert self.why(at(25)) == [Why.LATE, Why.NOT_STARTED]
        self.read(1, 2, 3)
        assert self.why(at(25)) == []

    def test_stays_late_when_it_was_said_back_and_the_check_is_still_to_do(self) -> None:
        self.ask()
        self.read(1, 2, 3)
        self.check(safety=wrong)
        self.ana.teach_backs.create(
            question=self.safety.question, topic="x", outcome="own-words", to_whom="patient", nurse=self.noor,
            at=at(21), number=1, place=1,
        )  # fmt: skip
        assert self.why(at(25)) == [Why.LATE]

    def test_counts_a_missed_safety_question_though_nothing_was_asked_and_all_was_done(self) -> None:
        self.read(1, 2, 3)
        self.check()
        self.check(safety=wrong, now=at(21))
        assert self.why(at(22)) == [Why.SAFETY]
        actions.contacted(patient=self.ana, by=self.noor, note="", number=1, now=at(22))
        assert self.why(at(22)) == [Why.SAFETY]
        self.check(now=at(23))
        assert self.why(at(23, 13)) == []

    def test_takes_an_answer_for_a_sign_of_life_in_a_check_that_was_begun_long_ago(self) -> None:
        self.ask(made=at(1), due=date(2026, 12, 24))
        attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(1))
        assert self.why(at(20)) == [Why.QUIET]
        item = attempt.items.with_answers()[0]
        taking.answer(item=item, given=right(item.revision), number=1, now=at(19))
        assert self.why(at(20)) == []

    def test_takes_a_reading_of_before_for_one(self) -> None:
        self.ask(made=at(1), due=date(2026, 12, 24))
        self.read(1)
        Reading.objects.update(moved=None, started=at(4))
        assert (self.why(at(18)), self.why(at(19))) == ([], [Why.QUIET])

    def test_goes_by_the_clinics_calendar(self) -> None:
        self.ask(due=on(24))
        self.read(1)
        for zone, late in (("America/New_York", []), ("Pacific/Auckland", [Why.LATE])):
            CareTeam.objects.update(zone=zone)
            assert self.why(at(24)) == late, zone  # noon of the 24th in New York is the 25th in Auckland

    def test_holds_over_the_night_in_which_the_clocks_go_back(self) -> None:
        self.ask(made=datetime(2026, 10, 28, 23, tzinfo=at(1).tzinfo), due=date(2026, 12, 24))
        assert self.why(at(1, 0, 30)) == [Why.NOT_STARTED]  # November 1 has 25 hours; October 28 was four days ago
        assert self.why(at(1, 0, 30) - timedelta(hours=1)) == []

    def test_keeps_whom_the_nurse_may_not_see_out_of_it(self) -> None:
        omar = make_nurse("omar", make_team("Cedar team"))
        self.ask()
        self.check(safety=wrong)
        for nurse in (omar, make_nurse("newcomer")):
            assert needing(Patient.objects.visible_to(nurse).current(), at=at(25)).entries == []

    def test_gives_the_status_no_other_answers_than_the_status_would_read_itself(self) -> None:
        self.ask()
        self.read(1, 2, 3)
        self.check(safety=wrong)
        self.check(safety=right, now=at(21))
        found = needing(Patient.objects.visible_to(self.noor).current(), at=at(25))
        pk = self.learner.pk
        assert standing.whole([pk], found.histories) == standing.whole([pk])


class TestMyPatients(RecordCase):
    """The Desk's home."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.team = make_team()
        cls.noor = make_nurse("noor", cls.team)
        cls.ana = make_patient(cls.team)

    def setUp(self) -> None:
        clock = time_machine.travel(at(24), tick=False)
        clock.start()
        self.addCleanup(clock.stop)
        self.client.force_login(self.noor)

    def someone(self, label: str, why: str, day: int = 9) -> Patient:
        """Return a new patient who needs attention for this reason."""
        patient = make_patient(self.team, label)
        self.learner = patient.user
        fields = {"patient": patient, "lesson": self.lesson, "by": self.noor, "made": at(day), "due": date(2026, 12, 9)}
        if why != Why.SAFETY:
            Assignment.objects.create(**(fields | ({"due": on(day)} if why == Why.LATE else {})))
        if why == Why.QUIET:
            Reading.objects.create(
                learner=patient.user, edition=self.edition, furthest=self.edition.steps.all()[1], started=at(day)
            )
        elif why == Why.LATE:
            self.read(1)
        elif why == Why.SAFETY:
            self.check(safety=wrong, now=at(day))
        return patient

    def home(self, **query: Any) -> str:
        return words(self.client.get(HOME, query))

    def test_say_that_nobody_needs_attention_and_how_many_learn(self) -> None:
        assert "My patients" in self.home()
        assert "No one needs attention. 1 patient is learning." in self.home()
        make_patient(self.team, "Ben")
        make_patient(self.team, "Cai", ended_on=on(1), ended_why="moved")
        assert "No one needs attention. 2 patients are learning." in self.home()

    def test_are_none_for_a_nurse_of_another_team_or_of_no_team(self) -> None:
        self.someone("Iris", Why.SAFETY)
        for nurse in (make_nurse("omar", make_team("Cedar team")), make_nurse("newcomer")):
            self.client.force_login(nurse)
            assert "Iris" not in self.home()
            assert "You have no patients here yet" in self.home()

    def test_come_one_row_each_in_the_order_of_the_reasons_and_whoever_waits_longest_first(self) -> None:
        for label, why, day in (
            ("A", Why.QUIET, 8), ("B", Why.NOT_STARTED, 18), ("C", Why.LATE, 16), ("D", Why.LATE, 15),
            ("E", Why.SAFETY, 20), ("F", Why.SAFETY, 19), ("G", Why.NOT_STARTED, 17),
        ):  # fmt: skip
            self.someone(label, why, day)
        page = self.client.get(HOME).content.decode()
        assert "Needs attention (7)" in page
        assert re.findall(r'scope="row"><a href="[^"]+">(\w)<', page) == list("FEDCGBA")

    def test_say_why_in_words_with_the_detail_and_one_next_step(self) -> None:
        for why, row in (
            (Why.SAFETY, "Missed safety question “Topic of safety”: still not right at the end, "
                "Monday 9 November at 12:04 p.m. Record a teach-back"),
            (Why.LATE, "Late 15 days Lesson 1: Step 2 of 3 Change the day"),
            (Why.NOT_STARTED, "Not started Asked for 1 lesson, first on Monday 9 November Mark as contacted"),
            (Why.QUIET, "Quiet 15 days Nothing new since Monday 9 November. Lesson 1: Step 2 of 3 Mark as contacted"),
        ):  # fmt: skip
            patient = self.someone("Iris", why)
            assert f"Iris {row}" in self.home()
            Patient.objects.filter(pk=patient.pk).update(ended_on=on(9), ended_why="moved")

    def test_name_every_reason_in_the_detail_and_two_topics_at_most(self) -> None:
        self.someone("Iris", Why.SAFETY, 22)
        patient = Patient.objects.get(label="Iris")
        Assignment.objects.create(patient=patient, lesson=self.lesson, by=self.noor, made=at(9), due=on(20))
        row = self.home().split("Next step")[1]
        assert "Sunday 22 November at 12:04 p.m. Late 4 days: Lesson 1: Talk about it Record a teach-back" in row

    def test_are_not_hidden_by_a_good_total(self) -> None:
        self.learner = self.ana.user
        self.read(1, 2, 3)
        for n in range(3):
            self.check(now=at(10 + n))
        self.check(safety=wrong, now=at(20))
        assert "Ana Missed safety question" in self.home()

    def test_leave_with_the_end_of_their_care_and_with_the_nurses_membership(self) -> None:
        patient = self.someone("Iris", Why.SAFETY)
        assert "Iris" in self.home()
        Patient.objects.filter(pk=patient.pk).update(ended_on=on(9), ended_why="finished")
        assert "Iris" not in self.home()
        Patient.objects.filter(pk=patient.pk).update(ended_on=None, ended_why="")
        Membership.objects.filter(nurse=self.noor).update(ended=at(23))
        assert "Iris" not in self.home()

    def test_leave_one_audit_row_a_view_with_the_number_shown(self) -> None:
        self.someone("Iris", Why.SAFETY)
        self.someone("Jo", Why.LATE)
        self.home()
        rows = AuditEvent.objects.values_list("who", "what", "team", "patient", "count")
        assert list(rows) == [(self.noor.pk, "list.seen", self.team.pk, None, 2)]

    def test_cost_the_same_at_1_3_and_50_rows(self) -> None:
        self.someone("P0", Why.SAFETY)
        self.someone("Q0", Why.LATE)
        self.client.get(HOME)
        for n in (1, 3, 50):
            for more in range(Patient.objects.count() - 2, n):
                self.someone(f"P{more}", (Why.SAFETY, Why.LATE, Why.QUIET, Why.NOT_STARTED)[more % 4])
            # session, user, roles; misses, right answers, teach-backs; asks, questions, patients; status (4); audit
            with self.assertNumQueries(14):
                self.client.get(HOME)

    def test_cost_less_when_nobody_needs_attention(self) -> None:
        self.client.get(HOME)
        with self.assertNumQueries(8):
            self.client.get(HOME)

    def test_come_fifty_a_page_and_none_is_lost_or_shown_twice(self) -> None:
        for n in range(120):
            self.someone(f"P{n % 7}", Why.LATE if n % 2 else Why.NOT_STARTED)
        seen, address = [], HOME
        for _ in range(4):
            page = self.client.get(address).content.decode()
            assert "Needs attention (120)" in page
            seen += re.findall(r'scope="row"><a href="/admin/people/patient/(\d+)/', page)
            more = re.search(r'href="(\?after=\d+)"', page)
            if not more:
                break
            address = HOME + more[1]
        assert len(seen) == len(set(seen)) == 120

    def test_take_any_garbage_as_a_page(self) -> None:
        self.someone("Iris", Why.LATE)
        for value in ("x", "-1", "9" * 40, "\x00", "²", str(self.ana.pk)):
            assert "Iris" in self.home(after=value)


class TestAContact(RecordCase):
    """The act, and its form."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.team = make_team()
        cls.ana, cls.noor = make_patient(cls.team), make_nurse("noor", cls.team)
        Assignment.objects.create(patient=cls.ana, lesson=cls.lesson, by=cls.noor, made=at(9), due=on(20))
        cls.address = reverse("admin:people_patient_contact", args=[cls.ana.pk])

    def setUp(self) -> None:
        clock = time_machine.travel(at(24), tick=False)
        clock.start()
        self.addCleanup(clock.stop)
        self.client.force_login(self.noor)

    def post(self, **form: Any) -> Any:
        return self.client.post(self.address, {"note": "", "number": 1} | form)

    def test_is_noted_with_a_few_words_and_quiets_the_list_for_a_week(self) -> None:
        response = self.post(note=" Left a message. ")
        assert (response.status_code, response.url) == (303, HOME)
        contact = Contact.objects.get()
        assert (contact.patient, contact.nurse, contact.at) == (self.ana, self.noor, at(24))
        assert contact.note == "Left a message."
        page = words(self.client.get(HOME))
        assert "Noted: you were in contact with Ana." in page
        assert "No one needs attention" in page
        with time_machine.travel(at(24) + timedelta(days=7), tick=False):
            self.client.force_login(self.noor)
            assert "Ana Late 11 days" in words(self.client.get(HOME))

    def test_is_one_however_often_the_button_is_pressed(self) -> None:
        for _ in range(3):
            assert self.post(note="Spoke.").status_code == 303
        assert Contact.objects.count() == 1
        assert AuditEvent.objects.filter(what="contacted", patient=self.ana.pk, team=self.team.pk).count() == 1

    def test_of_another_window_is_not_lost_but_asked_about(self) -> None:
        self.post(note="Spoke.")
        response = self.post(note="Spoke again.")
        assert "You saved another one in the meantime" in words(response)
        assert 'value="Spoke again."' in response.content.decode()
        assert 'name="number" value="2"' in response.content.decode()
        assert Contact.objects.count() == 1
        assert self.post(note="Spoke again.", number=2).status_code == 303
        assert Contact.objects.count() == 2

    def test_with_a_number_that_no_form_has_is_asked_about_and_changes_nothing(self) -> None:
        for number in ("", "0", "2", "-1", "9" * 12, "x", "\x00", "²"):
            assert "You saved another one in the meantime" in words(self.post(number=number)), number
        assert not Contact.objects.exists()

    def test_that_cannot_be_taken_says_how_to_mend_it_and_changes_nothing(self) -> None:
        for note, problem in (("x" * 201, "Use 200 letters at most"), ("a\x00b", "Null characters are not allowed")):
            page = words(self.post(note=note))
            assert problem in page
            assert "There is a problem" in page
        assert not Contact.objects.exists()

    def test_of_each_nurse_counts_by_itself(self) -> None:
        nora = make_nurse("nora", self.team)
        self.post()
        self.client.force_login(nora)
        assert self.post().status_code == 303
        assert Contact.objects.count() == 2

    def test_needs_the_right_to_it(self) -> None:
        eda = User.objects.create_user("eda", is_staff=True)
        eda.groups.add(Group.objects.get(name=roles.EDUCATOR))
        Membership.objects.create(care_team=self.team, nurse=eda, started=at(1))
        self.client.force_login(eda)
        assert self.post().status_code == 404
        assert not Contact.objects.exists()
