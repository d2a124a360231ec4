"""E-b: an educator publishes a typo in a lesson, writes a lesson of a new treatment, and carries one to a new site.

Each is walked with the keyboard alone and without JavaScript. Presses are counted: 5, 60 and 6 at most.
"""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from learn.lessons import texts
from tests.conftest import Site, Visit, serving
from tests.journeys.hands import Keyboard
from tests.journeys.walk import QUIZZES, heading, press, sign_in

pytestmark = pytest.mark.browser

TYPO, NEW, CARRY = 5, 60, 6  # presses at most
LESSON, STEP = "antibodies-and-the-brake", 2  # a step that is not about safety; no other journey reads it
TITLE, TREATMENT = "Before your knee operation", "Knee operation"


def staff(page: Page, name: str, site: Site) -> Keyboard:
    page.goto("/admin/")
    sign_in(page, name, site.password)
    return Keyboard(page)


def test_a_typo_in_a_lesson_is_published_in_five_presses(visit: Visit, site: Site) -> None:
    lesson = texts.read(QUIZZES.parent / "lessons" / f"{LESSON}.yaml")
    point = lesson["steps"][STEP - 1]["key_point"].removesuffix(".") + ", so to say."
    eda = staff(visit(), "eda", site)
    eda.press("Lessons")
    eda.press(lesson["title"])
    for _ in range(STEP):
        eda.reach("Key point")
    eda.page.keyboard.type(point)  # Tab has selected what stood there
    eda.press("Save and check")
    expect(eda.page.get_by_role("status")).to_contain_text("Saved.")
    assert "so to say" in eda.page.locator(".diff ins").first.inner_text()
    eda.press("Publish as a mended typo")
    expect(eda.page.get_by_role("status")).to_contain_text("Published.")
    assert eda.taps + 1 <= TYPO  # plus the click into the field
    patient = visit()
    patient.goto(f"/lessons/antibodies-and-checkpoint-inhibitors/{LESSON}/{STEP}/")
    assert point in patient.inner_text("main")


def write_lesson(eda: Keyboard) -> None:
    """Begin a therapy type and a lesson, and write its three steps."""
    eda.press("Lessons")
    eda.press("New lesson")
    eda.press("New therapy type")
    eda.write("Name of the treatment", TREATMENT)
    eda.write("What it is, in one sentence", "An operation that gives you a new knee.")
    eda.press("Make it")
    eda.write("Title", TITLE)
    eda.press("Write it")
    for n, name in enumerate(("The day before", "The morning", "Coming home"), 1):
        eda.write("Heading", name)
        eda.write("Text", f"This is **part {n}** of what you do. It is short.")
        eda.write("Key point", f"{name} has its own list.")
    eda.write("Main message", "Know what to do before your knee operation.")
    for n in (1, 2, 3):
        eda.write(f"Remember, point {n}", f"Read list {n} again.")
    eda.press("Save and check")
    expect(eda.page.get_by_role("status")).to_contain_text("Saved.")
    assert eda.page.get_by_text("There is a problem").count() == 0


def write_question(eda: Keyboard, n: int) -> None:
    """Write a question from the lesson's page, and go back there."""
    eda.press("Write a question")
    eda.write("Question", f"What is part {n} about?")
    for k, (text, right) in enumerate((("Your knee", True), ("Your elbow", False), ("Your car", False))):
        eda.write("The choice", text)
        if right:
            eda.reach("This choice is right")
            eda.page.keyboard.press("Space")
            eda.taps += 1
        eda.write("Said to whoever chose it", f"It is about your knee, in list {k}.")
    eda.write("Why", "The lesson is about your knee operation.")
    eda.write("Topic in a few words", f"Part {n}")
    eda.press("Save the draft")
    assert "Nobody is asked it yet" in eda.page.inner_text("main")
    eda.press("Lessons")
    eda.press(TITLE)


def test_a_lesson_of_a_new_treatment_is_written_reviewed_and_published(visit: Visit, site: Site) -> None:
    eda = staff(visit(), "eda", site)
    write_lesson(eda)
    for n in range(1, 5):
        write_question(eda, n)
    eda.press("Send for review")
    expect(eda.page.get_by_role("status")).to_contain_text("Sent for review.")
    rex = staff(visit(), "rex", site)
    assert heading(rex.page) == "To review"
    rex.press(TITLE)
    assert "Its 4 questions" in rex.page.inner_text("main")
    rex.reach("As a clinician", exact=False)
    rex.page.keyboard.press("Space")
    rex.taps += 1
    rex.write("Your role, as you sign", "knee nurse")
    rex.press("Sign and send")
    expect(rex.page.get_by_role("status")).to_contain_text("Signed.")
    assert eda.taps + rex.taps <= NEW, (eda.taps, rex.taps)
    patient = visit(width=320)
    patient.goto("/lessons/")
    press(patient, TREATMENT)
    press(patient, TITLE)
    press(patient, "Continue")
    press(patient, "Continue")
    assert "Reviewed by a clinician" in patient.inner_text("main")
    press(patient, "Check what you know")
    press(patient, "Start")
    assert heading(patient) == "What is part 1 about?"


def test_a_therapy_type_is_carried_to_an_empty_site(visit: Visit, site: Site, tmp_path: Path) -> None:
    eda = staff(visit(), "eda", site)
    eda.press("Lessons")
    eda.reach("Cancer vaccines", exact=False)
    with eda.page.expect_download() as told:
        eda.page.keyboard.press("Enter")
    eda.taps += 1
    file = tmp_path / told.value.suggested_filename
    told.value.save_as(file)
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    env = site.env | {"PUBLIC_URL": url, "DATABASE_URL": f"sqlite:///{tmp_path / 'second.sqlite3'}"}
    second = replace(site, url=url, log=tmp_path / "log", env=env)
    second.manage("migrate")
    second.manage("shell", "-c", EDA.format(password=site.password))
    with serving(second):
        page = visit(base=url)
        there = staff(page, "eda", second)
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
