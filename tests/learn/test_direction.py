"""What people typed keeps its own direction: Hebrew or Arabic never moves the words around it, on any page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from learn.assignments.models import Assignment, Reminder
from learn.lessons import reviewing, writing
from learn.people import audit, names, roles, teams
from learn.people.models import Membership, User
from learn.progress.models import Contact
from learn.visits.models import MyQuestion
from tests.cast import PatientCase, RecordCase, at, make_nurse, make_patient, make_team, wrong

# Each is typed by somebody. The letters of the first part run from right to left.
TEAM, NURSE, LABEL, REFERENCE, NAME = "צוות 1-team", "נועה-nurse", "שרה 2-label", "מס 3-reference", "אנה-name"
ASKED, CONTACT, TALK, LANGUAGE, QUESTION = "הערה-asked", "שיחה-contact", "חזרה-talk", "עברית-language", "שאלה-question"
TYPED = (TEAM, NURSE, LABEL, REFERENCE, NAME, ASKED, CONTACT, TALK, LANGUAGE, QUESTION)
# Elements that hold one text, and can hold no other element.
ALONE = {"title", "option", "textarea", "pre"}
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "path", "rect", "circle"}


class Walk(HTMLParser):
    """Collects each text with something typed, and whether it is kept apart from the words around it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.within: list[tuple[str, bool]] = []
        self.seen: set[str] = set()
        self.loose: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.within.append((tag, tag in ALONE or tag == "bdi" or dict(attrs).get("dir") == "auto"))

    def handle_endtag(self, tag: str) -> None:
        while self.within and self.within.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        found = [typed for typed in TYPED if typed in data]
        self.seen.update(found)
        # In a sentence that Python makes, the typed words stand between two marks.
        if not any(apart for _, apart in self.within):
            self.loose += [data.strip() for typed in found if names.isolated(typed) not in data]


class TestWhatIsTyped(PatientCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.team = make_team(TEAM)
        cls.noor = make_nurse(NURSE, cls.team)
        cls.noor.groups.add(Group.objects.get(name=roles.LEAD))
        Membership.objects.filter(nurse=cls.noor).update(lead=True)
        cls.ana = make_patient(cls.team, LABEL, name=NAME, reference=REFERENCE)
        made = {"patient": cls.ana, "by": cls.noor, "made": at(18)}
        cls.assignment = Assignment.objects.create(lesson=cls.lesson, due=date(2026, 11, 25), note=ASKED, **made)
        Contact.objects.create(patient=cls.ana, nurse=cls.noor, at=at(19), note=CONTACT, number=1)
        for n, talked in enumerate((None, at(22))):
            MyQuestion.objects.create(
                learner=cls.ana.user, text=f"{QUESTION} {n}", position=n, added=at(20), shared=at(20), talked=talked,
                talked_by=cls.noor if talked else None,
            )  # fmt: skip
        Reminder.objects.create(patient=cls.ana, address="ana@example.com", confirmed=at(20))
        audit.note(by=cls.noor, what="patient.seen", patient=cls.ana, now=at(20))

    def walk(self, client: Client, *addresses: str) -> set[str]:
        """Open these pages; fail if something typed stands loose in one. Return what of it they showed."""
        seen: set[str] = set()
        loose = {}
        for address in addresses:
            response = client.get(address)
            assert response.status_code == 200, address
            walk = Walk(response.content.decode())
            seen |= walk.seen
            loose[address] = walk.loose
        assert {address: texts for address, texts in loose.items() if texts} == {}
        return seen

    def test_is_kept_apart_on_each_page_of_the_desk(self) -> None:
        self.check(safety=wrong)
        talk = self.said_back(note=TALK, language=LANGUAGE)
        patient = [
            self.address(name) for name in ("change", "contact", "label", "end", "card", "chart", "teach_back", "print")
        ]
        lead = [reverse(f"admin:people_careteam_{name}", args=[self.team.pk]) for name in ("change", "audit")]
        one = [self.ana.pk, self.assignment.pk]
        seen = self.walk(
            self.client,
            reverse("admin:index"),
            reverse("admin:people_patient_changelist"),
            reverse("admin:people_patient_matrix"),
            reverse("admin:people_patient_find") + "?q=label",
            reverse("admin:people_patient_assign") + f"?patient={self.ana.pk}",
            reverse("admin:people_patient_assignment", args=one),
            reverse("admin:people_patient_teach_back_add", args=[self.ana.pk, talk.pk]),
            reverse("admin:people_careteam_changelist"),
            *patient,
            *lead,
        )
        assert seen == {*TYPED} - {NAME}

    def test_is_kept_apart_in_what_the_desk_says_after_a_press(self) -> None:
        omar = make_nurse("עומר-nurse", make_team("אחר"))
        add = reverse("admin:people_careteam_add", args=[self.team.pk])
        for address, form in (
            (self.address("contact"), {"note": "", "number": 2}),
            (self.address("end"), {"why": "moved"}),
            (self.address("take_back"), {}),
            (self.address("card"), {}),
            (add, {"name": omar.username}),
        ):
            walk = Walk(self.client.post(address, form, follow=True).content.decode())
            assert walk.loose == [], address

    def test_is_kept_apart_on_each_page_of_it(self) -> None:
        ivy = make_nurse("ivy")
        ivy.groups.set([Group.objects.get(name=roles.IT)])
        self.client.force_login(ivy)
        drawn = teams.fingerprint(self.team)
        teams.change(
            team=self.team, by=self.noor, now=at(20), called=True, drawn_from=drawn, night_phone="555-014-0199"
        )
        of_it = [reverse(f"admin:people_user_{name}") for name in ("changelist", "add", "changes")]
        person, password, two_step, disable = (
            reverse(f"admin:people_user_{name}", args=[self.noor.pk])
            for name in ("change", "password", "two_step", "disable")
        )
        team, close = (reverse(f"admin:people_careteam_{name}", args=[self.team.pk]) for name in ("settings", "close"))
        everywhere = (*of_it, reverse("admin:people_careteam_all"), person, password, two_step, team)
        assert self.walk(self.client, *everywhere) == {TEAM, NURSE}
        for address, form in ((password, {}), (two_step, {}), (disable, {"do": "disable"}), (close, {"do": "close"})):
            walk = Walk(self.client.post(address, form, follow=True).content.decode())
            assert walk.loose == [], address
            assert walk.seen & {TEAM, NURSE}, address

    def test_is_kept_apart_on_the_patients_own_pages(self) -> None:
        self.said_back(note=TALK, language=LANGUAGE)
        phone = Client()
        phone.force_login(self.ana.user)
        pages = ("my", "start", "questions", "my_data", "keep", "stop_sharing", "reminders", "help", "account_logout")
        seen = self.walk(
            phone,
            *map(reverse, pages),
            reverse("questions") + "?print=1",
            reverse("therapy", args=[self.therapy.slug]),
        )
        assert seen == {*TYPED} - {NURSE}

    def test_is_kept_apart_when_a_question_was_removed(self) -> None:
        phone = Client()
        phone.force_login(self.ana.user)
        question = MyQuestion.objects.of(self.ana.user).first()
        assert question is not None
        page = phone.post(reverse("questions"), {"remove": question.pk}, follow=True).content.decode()
        assert Walk(page).loose == []
        assert f"Removed: “<bdi>{question.text}</bdi>”" in page


@pytest.mark.parametrize(
    ("page", "loose"),
    [
        (f"<p>For {LABEL}</p>", 1),
        (f"<p>For <bdi>{LABEL}</bdi></p><td dir='auto'>{TEAM}</td><title>{LABEL}</title>", 0),
        (f"<p>For \u2068{LABEL}\u2069 only</p>", 0),
        (f"<p>For <bdi>one</bdi><br>{LABEL}</p>", 1),
    ],
)
def test_the_search_finds_what_stands_loose(page: str, loose: int) -> None:
    assert len(Walk(page).loose) == loose


@pytest.mark.parametrize(("typed", "changed"), [("Ana", False), ("José 2", False), ("שרה", True), ("سارة", True)])
def test_only_letters_from_right_to_left_get_marks(typed: str, changed: bool) -> None:
    assert (names.isolated(typed) != typed) is changed
    assert typed in names.isolated(typed)


class TestWhatEducatorsType(RecordCase):
    """Titles, steps and remarks on the Desk."""

    def test_is_kept_apart_on_the_pages_of_lessons(self) -> None:
        eda, rex = (User.objects.create_user(name, is_staff=True) for name in ("eda", "rex"))
        eda.groups.add(Group.objects.get(name=roles.EDUCATOR))
        rex.groups.add(Group.objects.get(name=roles.REVIEWER))
        first = writing.text_of(self.edition)
        step = replace(first.steps[0], heading=TYPED[1], body=TYPED[2])
        text = replace(first, title=TYPED[0], remember=(TYPED[3], "b", "c"), steps=(step, *first.steps[1:]))
        made = writing.write(lesson=self.lesson, seen=writing.fingerprint(self.edition), text=text, by=eda, now=at(20))
        writing.send(lesson=self.lesson, seen=writing.fingerprint(made), asked=TYPED[4], now=at(20))
        reviewing.remark(edition=made, about="", text=TYPED[5], by=rex, now=at(20))
        seen = set()
        for who, name, args in (
            (eda, "changelist", []), (eda, "order", []), (eda, "change", [self.lesson.pk]), (rex, "review", []),
        ):  # fmt: skip
            client = Client()
            client.force_login(who)
            walk = Walk(client.get(reverse(f"admin:lessons_lesson_{name}", args=args)).content.decode())
            assert walk.loose == [], name
            seen |= walk.seen
        assert seen == {*TYPED[:4], TYPED[5]}
