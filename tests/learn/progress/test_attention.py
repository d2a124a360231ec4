"""Who needs attention, why and in which order: the decision table, and the same with real rows."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.test import SimpleTestCase

from learn.assignments.models import Assignment
from learn.people.models import CareTeam, Patient
from learn.progress import actions, standing
from learn.progress.attention import ORDER, Known, OpenAssignment, Why, needing, reasons
from learn.progress.models import Reading
from quizzes import reviewing, taking
from quizzes.models import Attempt
from tests.cast import RecordCase, at, make_nurse, make_patient, make_team, right, wrong

HOME = "/admin/"


def on(day: int) -> date:
    return date(2026, 11, day)


TODAY = on(24)


def asked(made: int, due: int) -> tuple[OpenAssignment, ...]:
    return (OpenAssignment(on(due), on(made)),)


# what is known | the reasons for attention today, November 24, each with its first day
TABLE: list[tuple[str, Known, list[tuple[str, int]]]] = [
    ("nothing is known", Known(), []),
    ("read much without an assignment", Known(seen=on(1)), []),
    ("assigned today, due today", Known(asks=asked(24, 24)), []),
    ("due today, started", Known(asks=asked(17, 24), seen=on(23)), []),
    ("due yesterday, started", Known(asks=asked(17, 23), seen=on(23)), [(Why.LATE, 23)]),
    ("two are late: the first day counts", Known(asks=asked(9, 20) + asked(9, 15), seen=on(23)), [(Why.LATE, 15)]),
    ("one late, one not", Known(asks=asked(9, 20) + asked(9, 30), seen=on(23)), [(Why.LATE, 20)]),
    ("assigned 3 days ago, nothing started", Known(asks=asked(21, 30)), []),
    ("assigned 4 days ago, nothing started", Known(asks=asked(20, 30)), [(Why.QUIET, 20)]),
    ("assigned 4 days ago, active before that", Known(asks=asked(20, 30), seen=on(19)), []),
    ("assigned twice, the first counts", Known(asks=asked(20, 30) + asked(23, 30)), [(Why.QUIET, 20)]),
    ("late and nothing started", Known(asks=asked(9, 16)), [(Why.LATE, 16), (Why.QUIET, 9)]),
    ("card made 3 days ago", Known(card=on(21)), []),
    ("card made 4 days ago, never used", Known(card=on(20)), [(Why.CARD, 20)]),
    ("card never used, lessons assigned", Known(asks=asked(20, 30), card=on(20)), [(Why.CARD, 20)]),
    ("card never used, late", Known(asks=asked(9, 16), card=on(9)), [(Why.CARD, 9), (Why.LATE, 16)]),
    ("card made 3 days ago, asked before that", Known(asks=asked(9, 30), card=on(21)), [(Why.QUIET, 9)]),
    ("card printed ahead", Known(ahead=True), []),
    ("card printed ahead, lessons assigned", Known(asks=asked(9, 30), ahead=True), []),
    ("card printed ahead, late", Known(asks=asked(9, 16), ahead=True), [(Why.LATE, 16)]),
    ("card printed ahead, but they learned", Known(asks=asked(1, 30), seen=on(9), ahead=True), [(Why.QUIET, 9)]),
    ("card never used, but they learn", Known(seen=on(23), card=on(9)), []),
    ("card never used, contacted", Known(card=on(9), contacted=on(23)), []),
    ("card never used, question waiting", Known(question=on(21), card=on(9)), [(Why.QUESTION, 21), (Why.CARD, 9)]),
    ("last active 14 days ago", Known(asks=asked(1, 30), seen=on(10)), []),
    ("last active 15 days ago", Known(asks=asked(1, 30), seen=on(9)), [(Why.QUIET, 9)]),
    ("last active 15 days ago, everything done", Known(seen=on(9)), []),
    ("last active 15 days ago, assigned since", Known(asks=asked(20, 30), seen=on(9)), []),
    ("assigned again since: not quiet", Known(asks=asked(1, 30) + asked(12, 30), seen=on(9)), []),
    ("late and quiet", Known(asks=asked(1, 20), seen=on(9)), [(Why.LATE, 20), (Why.QUIET, 9)]),
    ("late, contacted today", Known(asks=asked(1, 20), seen=on(9), contacted=on(24)), []),
    ("late, contacted 6 days ago", Known(asks=asked(1, 17), seen=on(16), contacted=on(18)), []),
    ("late, contacted 7 days ago", Known(asks=asked(1, 17), seen=on(16), contacted=on(17)), [(Why.LATE, 17)]),
    ("not started, contacted", Known(asks=asked(9, 30), contacted=on(23)), []),
    ("missed safety question", Known(needs_help=on(20)), [(Why.SAFETY, 20)]),
    ("missed safety question, contacted", Known(needs_help=on(20), contacted=on(24)), [(Why.SAFETY, 20)]),
    ("missed safety question, everything done", Known(needs_help=on(20), seen=on(20)), [(Why.SAFETY, 20)]),
    ("question waiting", Known(question=on(21)), [(Why.QUESTION, 21)]),
    ("question waiting, contacted", Known(question=on(21), contacted=on(24)), [(Why.QUESTION, 21)]),
    (
        "everything at once", Known(on(20), 2, on(21), asked(1, 17), on(9)),
        [(Why.SAFETY, 20), (Why.QUESTION, 21), (Why.LATE, 17), (Why.QUIET, 9)],
    ),
    (
        "everything at once, contacted", Known(on(20), 2, on(21), asked(1, 17), on(9), on(24)),
        [(Why.SAFETY, 20), (Why.QUESTION, 21)],
    ),
]  # fmt: skip


class TestTheTable(SimpleTestCase):
    def test_holds_in_every_row(self) -> None:
        assert len({name for name, *_ in TABLE}) == len(TABLE)
        for name, known, wanted in TABLE:
            with self.subTest(name):
                assert [(r.code, r.since) for r in reasons(known, TODAY)] == [(code, on(day)) for code, day in wanted]

    def test_has_every_reason_and_the_strongest_comes_first(self) -> None:
        found = [[r.code for r in reasons(known, TODAY)] for _, known, _ in TABLE]
        assert {code for codes in found for code in codes} == set(ORDER)
        for codes in found:
            assert codes == sorted(codes, key=ORDER.index)

    def test_says_why_in_words(self) -> None:
        said = {r.words(TODAY) for _, known, _ in TABLE for r in reasons(known, TODAY)}
        assert {"Safety 1", "Safety 2", "Question 3 days", "Card never used", "Late 1 day", "Late 7 days"} < said
        assert {"Quiet 15 days", "Not begun 4 days"} < said


class TestTheRecord(RecordCase):
    """The same rules with real rows: assignments, readings, checks, contacts, in the clinic's time zone."""

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

    def test_gives_no_reason_before_the_first_assignment(self) -> None:
        assert self.why(at(24)) == []
        self.read(1)
        assert self.why(at(24) + timedelta(days=300)) == []

    def test_says_late_exactly_when_the_status_does(self) -> None:
        """ "Done" in the database query and "Done" in the status must never differ."""
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

    def test_a_lesson_without_a_check_is_done_with_the_last_step(self) -> None:
        self.lesson.quiz = None
        self.lesson.save()
        self.ask()
        assert self.why(at(25)) == [Why.LATE, Why.QUIET]
        self.read(1, 2, 3)
        assert self.why(at(25)) == []

    def test_stays_late_after_a_teach_back_while_the_check_is_to_do(self) -> None:
        self.ask()
        self.read(1, 2, 3)
        self.check(safety=wrong)
        self.ana.teach_backs.create(
            question=self.safety.question, topic="x", outcome="own-words", to_whom="patient", nurse=self.noor,
            at=at(21), number=1, place=1,
        )  # fmt: skip
        assert self.why(at(25)) == [Why.LATE]

    def test_counts_a_missed_safety_question_without_an_assignment(self) -> None:
        self.read(1, 2, 3)
        self.check()
        self.check(safety=wrong, now=at(21))
        assert self.why(at(22)) == [Why.SAFETY]
        actions.contacted(patient=self.ana, by=self.noor, note="", number=1, now=at(22))
        assert self.why(at(22)) == [Why.SAFETY]
        self.check(now=at(23))
        assert self.why(at(23, 13)) == []

    def test_counts_an_answer_in_an_old_check_as_activity(self) -> None:
        self.ask(made=at(1), due=date(2026, 12, 24))
        attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(1))
        assert self.why(at(20)) == [Why.QUIET]
        item = attempt.items.with_answers()[0]
        taking.answer(item=item, given=right(item.revision), number=1, now=at(19))
        assert self.why(at(20)) == []

    def test_knows_the_day_of_the_last_answer_of_whatever_is_finished_open_or_closed(self) -> None:
        def seen() -> list[date | None]:
            found = needing(Patient.objects.visible_to(self.noor).current(), at=at(28), everyone=True)
            return [entry.seen for entry in (*found.entries, *found.others)]

        assert seen() == [None]
        self.check(now=at(2))
        assert seen() == [on(2)]
        attempt = taking.start(learner=self.learner, quiz=self.quiz, language="en", now=at(3))
        assert seen() == [on(3)]
        for n, day in enumerate((5, 8)):
            item = attempt.items.with_answers()[n]
            taking.answer(item=item, given=right(item.revision), number=1, now=at(day))
            assert seen() == [on(day)]
        assert Attempt.objects.filter(finished=None).count() == 0
        for day in (20, 22):  # the second closes the first, which is a day old
            begun = reviewing.start(learner=self.learner, language="en", now=at(day))
            assert begun is not None
            assert seen() == [on(day)]
        assert Attempt.objects.filter(kind="review", finished=at(22)).exists()
        self.read(1)  # on the 20th
        assert seen() == [on(22)]

    def test_counts_the_start_of_a_reading_without_a_later_date_as_activity(self) -> None:
        self.ask(made=at(1), due=date(2026, 12, 24))
        self.read(1)
        Reading.objects.update(moved=None, started=at(4))
        assert (self.why(at(18)), self.why(at(19))) == ([], [Why.QUIET])

    def test_uses_the_dates_of_the_clinics_time_zone(self) -> None:
        self.ask(due=on(24))
        self.read(1)
        for zone, late in (("America/New_York", []), ("Pacific/Auckland", [Why.LATE])):
            CareTeam.objects.update(zone=zone)
            assert self.why(at(24)) == late, zone  # noon of the 24th in New York is the 25th in Auckland

    def test_is_right_in_the_night_when_clocks_go_back(self) -> None:
        self.ask(made=datetime(2026, 10, 28, 23, tzinfo=at(1).tzinfo), due=date(2026, 12, 24))
        assert self.why(at(1, 0, 30)) == [Why.QUIET]  # November 1 has 25 hours; October 28 was four days ago
        assert self.why(at(1, 0, 30) - timedelta(hours=1)) == []

    def test_leaves_out_patients_that_the_nurse_may_not_see(self) -> None:
        omar = make_nurse("omar", make_team("Cedar team"))
        self.ask()
        self.check(safety=wrong)
        for nurse in (omar, make_nurse("newcomer")):
            assert needing(Patient.objects.visible_to(nurse).current(), at=at(25)).entries == []

    def test_gives_the_status_the_same_answers_that_the_status_reads_itself(self) -> None:
        self.ask()
        self.read(1, 2, 3)
        self.check(safety=wrong)
        self.check(safety=right, now=at(21))
        found = needing(Patient.objects.visible_to(self.noor).current(), at=at(25))
        pk = self.learner.pk
        assert standing.whole([pk], found.histories) == standing.whole([pk])
