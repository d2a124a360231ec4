"""Steps that several journeys share, and the questions of the shipped checks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

from learn.lessons import texts
from quizzes.kinds.ordering import PLACES
from tests.conftest import Site

Answer = Literal["right", "wrong", "unsure"]
SAYS: dict[Answer, str] = {
    "right": "Yes, that is right",
    "wrong": "Not quite",
    "unsure": "That is fine. Here is the answer",
}
QUIZZES = Path(__file__).resolve().parents[2] / "fixtures" / "quizzes"


@dataclass(frozen=True)
class Question:
    """A shipped question: its right choices, its wrong choices, and the feedback to each."""

    stem: str
    rows: list[str]  # matching and ordering: one choice for each row; empty: tick the choices
    right: list[str]
    wrong: list[str]
    why: str
    critical: bool
    objective: str


def questions(lesson: str) -> list[Question]:
    """Return the questions of a lesson's check in the order in which they are asked."""
    found = []
    for item in texts.read(QUIZZES / f"{lesson}.yaml")["questions"]:
        rows = [row["text"] for row in item.get("rows", [])] or item.get("cards", [])
        if item["kind"] == "ordering":
            right = [str(place) for place in PLACES[: len(rows)]]
            wrong = right[::-1]
        elif rows:
            right = [row["match"] for row in item["rows"]]
            wrong = [*right[1:], right[0]]
        elif item["kind"] == "truth":
            right, wrong = (["True"], ["False"]) if item["answer"] else (["False"], ["True"])
        else:
            right = [choice["text"] for choice in item["choices"] if choice.get("right")]
            others = [choice["text"] for choice in item["choices"] if not choice.get("right")]
            wrong = [*right[1:], others[0]]
        found.append(Question(item["stem"], rows, right, wrong, item["why"], item["critical"], item["objective"]))
    return found


def heading(page: Page) -> str:
    """Return the text of the page's only h1."""
    return page.locator("h1").inner_text()


def press(page: Page, name: str) -> None:
    """Press the button or follow the link with this name, and wait for the next page."""
    with page.expect_event("load"):
        page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)).first.click()


def mailed_code(site: Site) -> str:
    """Return the code in the newest email; without a mail server the site prints what it would send."""
    return re.findall(r"^ {4}(\d{4} \d{4})$", site.log.read_text(), re.M)[-1]


def tick(page: Page, *choices: str) -> None:
    """Choose by pressing the label around the choice, as a finger does."""
    for choice in choices:
        page.locator("label").filter(has_text=re.compile(f"^{re.escape(choice)}$")).click()


def answer(page: Page, question: Question, how: Answer) -> None:
    """Answer the question that the page shows."""
    assert heading(page) == question.stem
    choices = {"right": question.right, "wrong": question.wrong, "unsure": ["I’m not sure"]}[how]
    if question.rows and how == "unsure":
        press(page, *choices)
        return
    if question.rows:
        for row, choice in zip(question.rows, choices, strict=True):
            page.get_by_label(row, exact=True).select_option(label=choice)
    else:
        tick(page, *choices)
    press(page, "Check my answer")


def start_check(page: Page, lesson: str) -> None:
    """Start the check of a lesson without reading the lesson."""
    page.goto(f"/check/{lesson}/")
    press(page, "Start")


def read_on(page: Page) -> None:
    """Read from this step to the last, and go to the check."""
    while page.get_by_role("button", name="Continue").count():
        press(page, "Continue")
    press(page, "Check what you know")


def sign_in(page: Page, name: str, password: str) -> None:
    """Fill in and send the sign-in form of the page."""
    page.get_by_label("Your sign-in name").fill(name)
    page.get_by_label("Password").fill(password)
    press(page, "Sign in")


PHONES = {"day_phone": "555-010-0199", "night_phone": "555-011-0199", "fever": "100.4 °F (38 °C)"}


def give_team(site: Site, **fields: str) -> None:
    """Change the phones or the fever limit of ana's team."""
    site.manage(
        "shell",
        "-c",
        f"from learn.people.models import CareTeam; CareTeam.objects.filter(name='Maple team').update(**{fields})",
    )


def days_go_by(site: Site, days: int) -> None:
    """Move the memories of the last learner who answered into the past, so that the test need not wait."""
    site.manage(
        "shell",
        "-c",
        f"""
from datetime import timedelta
from quizzes.models import Memory
gone = timedelta(days={days})
for memory in Memory.objects.filter(learner=Memory.objects.latest("pk").learner_id):
    memory.last, memory.due = memory.last - gone, memory.due - gone
    memory.save()
""",
    )


# Makes a nurse with two patients, of whom one has missed questions: {name}, {password}, {missed}.
IRIS = """
from datetime import timedelta
from django.contrib.auth.models import Group
from django.utils import timezone
from learn.lessons.models import Lesson
from learn.people.models import CareTeam, Membership, Patient, User
from quizzes import taking
from tests.quizzes.cast import right, wrong
now = timezone.now() - timedelta(hours=2)
team = CareTeam.objects.create(name="{name}", day_phone="555-010-0177", night_phone="555-011-0177")
nurse = User.objects.create_user("{name}", password="{password}", is_staff=True)
nurse.groups.add(Group.objects.get(name="Nurse"))
Membership.objects.create(care_team=team, nurse=nurse, started=now)
iris = Patient.objects.create(user=User.objects.create_guest(), care_team=team, label="Morgan, Iris")
Patient.objects.create(user=User.objects.create_guest(), care_team=team, label="Brown, Alan")
quiz = Lesson.objects.get(slug="side-effects-when-to-call").quiz
attempt = taking.start(learner=iris.user, quiz=quiz, language="en", now=now)
while (item := taking.owed(list(attempt.items.with_answers()))) is not None:
    how = wrong if item.position in {missed} else right
    taking.answer(item=item, given=how(item.revision), number=item.answers + 1, now=now)
"""
