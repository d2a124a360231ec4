"""E-b: an educator publishes a typo in a lesson, writes a lesson of a new treatment, and carries one to a new site.

Each is walked with the keyboard alone and with a pointer, without JavaScript. Presses are counted: 5, 60 and 6 at most.
"""

from __future__ import annotations

import socket
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect

from learn.lessons import texts
from tests.conftest import Site, Visit, serving, shared
from tests.journeys.hands import Keyboard, Pointer
from tests.journeys.walk import QUIZZES, heading, press, sign_in

pytestmark = pytest.mark.browser

TYPO, NEW, CARRY = 5, 60, 6  # presses at most
LESSON, STEP = "antibodies-and-the-brake", 2  # a step that is not about safety; no other journey reads it


class ByKeyboard(Keyboard):
    """It goes down a page, so the next field of a name is the one below."""

    part, end = "knee", "so to say."

    def over(self, field: str, nth: int, text: str) -> None:
        for _ in range(nth):
            self.reach(field)
        self.page.keyboard.type(text)  # Tab has selected what stood there

    def tick(self, name: str) -> None:
        self.reach(name, exact=False)
        self.page.keyboard.press("Space")
        self.taps += 1

    def load(self, name: str) -> Download:
        self.reach(name, exact=False)
        with self.page.expect_download() as told:
            self.page.keyboard.press("Enter")
        self.taps += 1
        return told.value


class ByPointer(Pointer):
    """It goes down a page too: what it writes in a field of the same name goes into the one below."""

    part, end = "hip", "as one says."

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.written: Counter[str] = Counter()

    def press(self, name: str) -> None:
        super().press(name)
        self.written.clear()

    def write(self, field: str, text: str) -> None:
        self.page.get_by_label(field, exact=True).nth(self.written[field]).fill(text)
        self.written[field] += 1

    def over(self, field: str, nth: int, text: str) -> None:
        self.page.get_by_label(field, exact=True).nth(nth - 1).fill(text)

    def tick(self, name: str) -> None:
        self.page.locator("main label").filter(has_text=name).first.click()
        self.taps += 1

    def load(self, name: str) -> Download:
        with self.page.expect_download() as told:
            self.page.get_by_role("link", name=name).click()
        self.taps += 1
        return told.value


Hand = ByKeyboard | ByPointer
both = pytest.mark.parametrize("hand", [ByKeyboard, ByPointer])


def staff(page: Page, name: str, site: Site, hand: type[Hand]) -> Hand:
    page.goto("/admin/")
    sign_in(page, name, site.password)
    return hand(page)


@both
def test_a_typo_in_a_lesson_is_published_in_five_presses(visit: Visit, site: Site, hand: type[Hand]) -> None:
    lesson = texts.read(QUIZZES.parent / "lessons" / f"{LESSON}.yaml")
    point = lesson["steps"][STEP - 1]["key_point"].removesuffix(".") + f", {hand.end}"
    eda = staff(visit(), "eda", site, hand)
    eda.press("Lessons")
    eda.press(lesson["title"])
    eda.over("Key point", STEP, point)
    eda.press("Save and check")
    expect(eda.page.get_by_role("status")).to_contain_text("Saved.")
    assert hand.end.removesuffix(".") in eda.page.locator(".diff ins").first.inner_text()
    eda.press("Publish as a mended typo")
    expect(eda.page.get_by_role("status")).to_contain_text("Published.")
    assert eda.taps + 1 <= TYPO  # plus the click into the field
    patient = visit()
    patient.goto(f"/lessons/antibodies-and-checkpoint-inhibitors/{LESSON}/{STEP}/")
    assert point in patient.inner_text("main")


def write_lesson(eda: Hand) -> None:
    """Begin a therapy type and a lesson, and write its three steps."""
    eda.press("Lessons")
    eda.press("New lesson")
    eda.press("New therapy type")
    eda.write("Name of the treatment", f"Operation of the {eda.part}")
    eda.write("What it is, in one sentence", f"An operation that gives you a new {eda.part}.")
    eda.press("Make it")
    eda.write("Title", f"Before your {eda.part} operation")
    eda.press("Write it")
    for n, name in enumerate(("The day before", "The morning", "Coming home"), 1):
        eda.write("Heading", name)
        eda.write("Text", f"This is **part {n}** of what you do. It is short.")
        eda.write("Key point", f"{name} has its own list.")
    eda.write("Main message", f"Know what to do before your {eda.part} operation.")
    for n in (1, 2, 3):
        eda.write(f"Remember, point {n}", f"Read list {n} again.")
    eda.press("Save and check")
    expect(eda.page.get_by_role("status")).to_contain_text("Saved.")
    assert eda.page.get_by_text("There is a problem").count() == 0


def write_question(eda: Hand, n: int) -> None:
    """Write a question from the lesson's page, and go back there."""
    eda.press("Write a question")
    eda.write("Question", f"What is part {n} about?")
    for k, (text, right) in enumerate(((f"Your {eda.part}", True), ("Your elbow", False), ("Your car", False))):
        eda.write("The choice", text)
        if right:
            eda.tick("This choice is right")
        eda.write("Said to whoever chose it", f"It is about your {eda.part}, in list {k}.")
    eda.write("Why", f"The lesson is about your {eda.part} operation.")
    eda.write("Topic in a few words", f"Part {n}")
    eda.press("Save the draft")
    assert "Nobody is asked it yet" in eda.page.inner_text("main")
    eda.press("Lessons")
    eda.press(f"Before your {eda.part} operation")


@both
def test_a_lesson_of_a_new_treatment_is_written_reviewed_and_published(
    visit: Visit, site: Site, hand: type[Hand]
) -> None:
    eda, title = staff(visit(), "eda", site, hand), f"Before your {hand.part} operation"
    write_lesson(eda)
    for n in range(1, 5):
        write_question(eda, n)
    eda.press("Send for review")
    expect(eda.page.get_by_role("status")).to_contain_text("Sent for review.")
    rex = staff(visit(), "rex", site, hand)
    assert heading(rex.page) == "To review"
    rex.press(title)
    assert "Its 4 questions" in rex.page.inner_text("main")
    rex.tick("As a clinician")
    rex.write("Your role, as you sign", f"{hand.part} nurse")
    rex.press("Sign and send")
    expect(rex.page.get_by_role("status")).to_contain_text("Signed.")
    assert eda.taps + rex.taps <= NEW, (eda.taps, rex.taps)
    patient = visit(width=320)
    patient.goto("/lessons/")
    press(patient, f"Operation of the {hand.part}")
    press(patient, title)
    press(patient, "Continue")
    press(patient, "Continue")
    assert "Reviewed by a clinician" in patient.inner_text("main")
    press(patient, "Check what you know")
    press(patient, "Start")
    assert heading(patient) == "What is part 1 about?"


@both
def test_a_therapy_type_is_carried_to_an_empty_site(
    visit: Visit, site: Site, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, hand: type[Hand]
) -> None:
    eda = staff(visit(), "eda", site, hand)
    eda.press("Lessons")
    told = eda.load("Cancer vaccines")
    file = tmp_path / told.suggested_filename
    told.save_as(file)
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    env = site.env | {"PUBLIC_URL": url, "DATABASE_URL": f"sqlite:///{tmp_path / 'second.sqlite3'}"}
    second = replace(site, url=url, log=tmp_path / "log", env=env)
    second.prepare(shared(tmp_path_factory), "migrate")
    second.manage("shell", "-c", EDA.format(password=site.password))
    with serving(second):
        page = visit(base=url)
        there = staff(page, "eda", second, hand)
        there.press("Lessons")
        there.press("Take in a lesson pack")
        page.get_by_label("The file of the lesson pack").set_input_files(file)
        there.taps += 1
        there.press("Check it and take it in")
        expect(page.get_by_role("status")).to_contain_text("2 lessons and 9 questions came in as drafts.")
        assert page.get_by_role("link", name="A vaccine that treats").count() == 1
    assert eda.taps + there.taps <= CARRY, (eda.taps, there.taps)


EDA = """
from django.contrib.auth.models import Group
from learn.people.models import User
User.objects.create_user("eda", password="{password}", is_staff=True).groups.add(Group.objects.get(name="Educator"))
"""
