"""Walks through every page of the site, for the accessibility tests and for the screenshots."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from secrets import token_hex

from django.utils import timezone
from playwright.sync_api import Page

from tests.conftest import Site
from tests.journeys.walk import (
    IRIS,
    answer,
    days_go_by,
    heading,
    mailed_code,
    press,
    questions,
    read_on,
    sign_in,
    start_check,
    tick,
)

LESSON = "what-is-immunotherapy"  # has safety questions and other questions
NARROW = 320


def patient_pages(page: Page) -> Iterator[str]:
    """Walk through the site as a guest; yield the name of each page while it is open."""
    page.goto("/")
    yield "start"
    page.goto("/my/")
    yield "my learning, empty"
    page.goto("/help/")
    yield "help"
    page.goto("/my/questions/")
    yield "my questions, empty"
    press(page, "Add my question")
    yield "my questions, nothing written"
    for n in range(4):
        page.get_by_label("Write your own question").fill(f"May I travel in month {n}?")
        press(page, "Add my question")
    page.get_by_label("Change: May I travel in month 3?").click()
    press(page, "Put first")
    yield "my questions, one moved"
    press(page, "Remove")
    yield "my questions, one removed"
    page.get_by_label("Write your own question").fill("I have a fever")
    press(page, "Add my question")
    yield "my questions, unwell"
    page.goto("/my/questions/?more=1&about=what-is-immunotherapy/not-the-same-as-chemo")
    yield "my questions, about a step"
    page.goto("/my/questions/")
    press(page, "Print my list")
    yield "my questions, to print"
    for address, name in (
        ("/find/", "find my medicine"),
        ("/find/?q=pembrolizomab", "find my medicine, found"),
        ("/find/?q=nivolumab+and+ipilimumab", "find my medicine, two found"),
        ("/find/?q=tecvali", "find my medicine, which one"),
        ("/find/?q=keyt", "find my medicine, a guess"),
        ("/find/?q=xyzzyqwert", "find my medicine, nothing found"),
        ("/find/?q=vaccine", "find, lessons and words"),
        ("/find/?q=tumour", "find, lessons, words and a guess"),
        ("/find/?q=keytruda+rash", "find my medicine, unwell"),
        ("/find/?q=chest+pain+and+i+want+to+die", "find my medicine, 911 and 988"),
        ("/lessons/antibodies-and-checkpoint-inhibitors/?medicine=pembrolizumab", "lessons for a medicine"),
        ("/words/", "words"),
        ("/helping/", "i help somebody"),
        ("/about/", "about"),
        ("/more/", "more help"),
        ("/privacy/", "privacy"),
        ("/accessibility/", "accessibility"),
        ("/my/data/", "my data, nothing kept"),
        ("/my/data/erased/", "erased"),
        ("/settings/", "text size and colors"),
        ("/lessons/non-specific-immunotherapies/bcg-for-the-bladder/5/", "step with a picture"),
        ("/lessons/t-cell-therapy/after-t-cell-therapy/5/", "last step, with sources"),
        ("/lessons/t-cell-therapy/after-t-cell-therapy/print/", "a lesson, to print"),
        ("/print/", "on paper"),
    ):
        page.goto(address)
        yield name
    page.goto("/lessons/nowhere/")
    yield "not found"
    page.goto("/language/")
    yield "only takes a form"
    page.goto("/lessons/")
    yield "lessons"
    press(page, "The basics")
    yield "therapy type"
    press(page, "What is immunotherapy?")
    yield "first step"
    while page.get_by_role("button", name="Continue").count():
        press(page, "Continue")
    yield "last step"
    press(page, "Keep this page for later")
    yield "last step, kept"
    read_on(page)
    yield "check"
    press(page, "Start")
    yield "question"
    press(page, "Check my answer")
    yield "question, nothing chosen"
    asked = questions(LESSON)
    safety = [q for q in asked if q.critical]
    for question in asked:
        if len(question.right) > 1:
            yield "question, a choice for each line" if question.rows else "question, several to choose"
        answer(page, question, "wrong" if question is safety[-1] else "right")
        if question in safety:
            yield f"feedback on safety, {'wrong' if question is safety[-1] else 'right'}"
        press(page, "Next question")
    yield "question, once more"
    press(page, "Look at the lesson again")
    yield "a step, while a question waits"
    press(page, "Back to the question")
    answer(page, safety[-1], "unsure")
    yield "feedback on safety, unsure"
    press(page, "Next question")
    answer(page, safety[-1], "wrong")
    press(page, "See how it went")
    yield "result"
    page.goto("/my/")
    yield "my learning, full"
    page.goto("/my/keep/")
    yield "keep my progress"
    press(page, "Continue")
    yield "keep my progress, nothing chosen"
    tick(page, "Give me a code, to go on with another phone")
    press(page, "Continue")
    yield "a new code"
    page.goto("/my/finish/")
    yield "finish"
    page.goto("/my/finished/")
    yield "finished"
    page.goto("/accounts/signup/")
    yield "create an account"
    press(page, "Create my account")
    yield "create an account, nothing typed"
    page.goto("/my/?print=1")
    yield "what I have learned, to print"
    page.goto("/my/data/")
    yield "my data"
    press(page, "Where I am signed in")
    yield "where I am signed in"
    page.goto("/my/data/")
    press(page, "Erase everything about me")
    yield "erase"
    press(page, "Erase everything")
    yield "erase, not ticked"
    page.goto("/")
    yield "start, carry on"
    page.goto("/code/?next=/my/")
    yield "type a code"
    page.get_by_label("Your code").fill("BCDF GHJK LMNP")
    press(page, "Open my lessons")
    yield "type a code, a wrong one"
    page.goto("/j/AAAAAAAAAAAAAAAAAAAAAA/")
    yield "open a card"
    page.goto("/accounts/login/")
    yield "sign-in"
    press(page, "Sign in")
    yield "sign-in, nothing typed"


def desk_pages(page: Page, password: str) -> Iterator[str]:
    """Walk through the Desk as noor, who assigns two lessons to ana; yield the name of each page."""
    page.goto("/admin/")
    sign_in(page, "noor", password)
    yield "my patients, nobody needs attention"
    press(page, "All patients")
    yield "all patients"
    page.get_by_label("Tick Ana").check()
    press(page, "New cards")
    yield "new cards?"
    press(page, "All patients")
    page.get_by_label("Tick Ana").check()
    press(page, "Assign lessons")
    yield "assign"
    page.get_by_label("By which day?").fill("2020-02-29")
    press(page, "Assign to 1 patient")
    yield "assign, a day that has passed and no lesson"
    page.get_by_label("By which day?").fill((timezone.localdate() + timedelta(days=3)).isoformat())
    page.get_by_label("A few words to the patient").fill("Read it before your first infusion.")
    page.get_by_text("Choose lessons one by one").click()
    yield "assign, lesson by lesson"
    tick(page, "What is immunotherapy?", "Side effects: when to call")
    press(page, "Assign to 1 patient")
    yield "my patients, just assigned"
    press(page, "All patients")
    press(page, "Ana")
    yield "a patient"
    patient = page.url
    for end, name in (
        ("card/", "a new card?"),
        ("card/lost/", "the card was lost"),
        ("label/", "change a label"),
        ("end/", "close a record"),
    ):
        page.goto(patient.replace("change/", end))
        yield name
    press(page, "Close this record")
    yield "close a record, nothing chosen"
    page.goto("/admin/people/patient/?closed=1")
    yield "closed records"
    page.goto("/admin/people/patient/?all=1&why=nothing")
    yield "all patients, filtered and all ticked"
    page.goto("/admin/people/patient/invite/many/")
    yield "many cards"
    page.goto("/admin/people/patient/invite/names/")
    yield "cards from a list"
    page.get_by_label("Names, one a line").fill("Iris Morgan\n\u200b")
    tick(page, "Virus therapy")
    press(page, "Check the list")
    yield "cards from a list, a row without a name"
    page.get_by_label("Names, one a line").fill("Iris Morgan\nAna")
    press(page, "Check the list")
    yield "cards from a list, somebody is here already"
    tick(page, "Invite anyway: this is somebody else")
    press(page, "Check the list")
    yield "cards from a list, checked"
    page.goto("/admin/digest/")
    yield "morning email"
    page.goto("/admin/people/patient/invite/")
    yield "invite"
    press(page, "Save and show the card")
    yield "invite, nothing typed"
    page.get_by_label("Name or initials").fill(
        f"Dee {token_hex(2)}"
    )  # nobody of this name is here: another walk may have invited one
    tick(page, "Virus therapy")
    press(page, "Save and show the card")
    yield "a card, to print"
    page.reload()
    yield "a card, shown already"
    page.goto(patient)
    press(page, "Mark as contacted")
    yield "mark as contacted"
    page.get_by_label("A few words").fill("x" * 201)
    press(page, "Mark as contacted")
    yield "mark as contacted, too many letters"
    page.goto(patient)
    press(page, "Note for the chart")
    yield "note for the chart"
    page.go_back()
    press(page, "Print for this patient")
    yield "print for this patient"
    page.goto(patient)
    press(page, "Change the day : Side effects: when to call")
    yield "an assignment"
    page.get_by_label("By which day?").fill("")
    press(page, "Save")
    yield "an assignment, without a day"
    page.get_by_label("By which day?").fill((timezone.localdate() + timedelta(days=4)).isoformat())
    press(page, "Save")
    yield "a patient, just changed"
    press(page, "Progress")
    yield "progress"
    page.goto("/admin/people/patient/progress/?status=done&due=soon")
    yield "progress, filtered, nobody fits, a filter that is none"
    page.goto("/admin/people/patient/find/?q=an")
    yield "find a patient"
    page.goto("/admin/people/patient/find/?q=xyz")
    yield "find a patient, nobody found"


def teach_back_pages(page: Page, site: Site, name: str) -> Iterator[str]:
    """Walk through the Desk as a nurse with one patient who missed safety questions."""
    site.manage("shell", "-c", IRIS.format(name=name, password=site.password, missed=(1, 2)))
    page.goto("/admin/")
    sign_in(page, name, site.password)
    yield "my patients, one needs attention"
    page.goto("/admin/?why=safety")
    yield "my patients, one reason"
    page.goto("/admin/?why=late")
    yield "my patients, nobody under this reason"
    page.goto("/admin/")
    press(page, "Teach back")
    yield "teach-back"
    page.get_by_text("Language, what was in the way").click()
    page.get_by_label("A note").first.fill("x" * 501)
    press(page, "Save")
    yield "teach-back, nothing chosen"
    page.get_by_label("A note").first.fill("Slowly.")
    page.locator("label").filter(has_text="Explained in own words").first.click()
    press(page, "Save")
    for name in ("Teach back", "Language, what was in the way"):
        page.locator(".teach summary").filter(has_text=name).first.click()
    yield "a patient with missed questions and a teach-back"
    press(page, "Add to this")
    yield "add to a teach-back"
    press(page, "Add")
    yield "add to a teach-back, nothing written"


def review_pages(page: Page, site: Site) -> Iterator[str]:
    """Walk through the site as a guest who comes back after some days."""
    start_check(page, LESSON)
    asked = questions(LESSON)[:2]
    for question in asked:
        answer(page, question, "unsure")
        press(page, "Next question")
    page.goto("/my/")
    yield "my learning, a review to come"
    page.goto("/review/")
    yield "review, nothing due"
    days_go_by(site, 3)
    page.goto("/")
    yield "start, a review to do"
    page.goto("/my/")
    yield "my learning, a review to do"
    press(page, "A two-minute review")
    yield "review"
    press(page, "Not this week")
    yield "review, put off"
    press(page, "Ask me again now")
    press(page, "Start")
    yield "review, question"
    page.goto("/review/")
    yield "review, begun"
    press(page, "Carry on")
    while page.get_by_role("button", name="Check my answer").count():
        answer(page, next(q for q in asked if q.stem == heading(page)), "wrong")
        press(page, "See how it went" if page.get_by_role("link", name="See how it went").count() else "Next question")
    yield "review, result"


# Makes two new patients with a card each; the second has no lessons. Prints the tokens of the cards.
CARDS = """
from datetime import timedelta
from django.utils import timezone
from learn.assignments.actions import assign
from learn.lessons.models import Lesson
from learn.people import codes
from learn.people.models import CareTeam, Patient, User
now, noor = timezone.now(), User.objects.get(username="noor")
team = CareTeam.objects.get(name="Maple team")
for slugs in (["who-to-call", "after-a-t-vec-shot", "how-virus-therapy-works"], []):
    patient = Patient.objects.create(user=User.objects.create_guest(), care_team=team, label="New")
    lessons, due = Lesson.objects.filter(slug__in=slugs), now.date() + timedelta(days=7)
    assign(patients=[patient], lessons=lessons, due=due, note="", by=noor, now=now)
    print(codes.make(user=patient.user, by=noor, now=now).token)
"""


def card_pages(page: Page, site: Site) -> Iterator[str]:
    """Walk through the site as two people who open their card for the first time."""
    with_lessons, without = site.manage("shell", "--no-imports", "-c", CARDS).split()
    page.goto(f"/j/{without}/")
    press(page, "Start my lessons")
    yield "arrived, no lesson asked for"
    page.goto(f"/j/{with_lessons}/")
    yield "open a card, somebody is signed in"
    press(page, "Start my lessons")
    yield "arrived"
    press(page, "Start")
    press(page, "Continue")
    page.goto("/my/")
    yield "my learning, carry on"
    page.goto("/lessons/virus-therapy/")
    yield "therapy type, carry on"


LEAD = """
from learn.people import teams
from learn.people.models import CareTeam, Membership, User
from django.utils import timezone
noor = User.objects.get(username="noor")
phones = {"day_phone": "555-010-0166", "night_phone": "555-011-0166"}
oak, _ = CareTeam.objects.get_or_create(name="Oak team", defaults=phones)
teams.add(team=oak, nurse=noor, by=noor, now=timezone.now())
for held in noor.memberships.filter(ended=None):
    teams.set_lead(membership=held, lead=True, by=noor, now=timezone.now())
"""

# Make noor a nurse of one team again, for the journeys that run later.
LEADS_NO_MORE = """
from learn.people.models import Membership
from django.utils import timezone
Membership.objects.filter(care_team__name="Oak team", ended=None).update(ended=timezone.now())
Membership.objects.filter(nurse__username="noor").update(lead=False)
"""


def lead_pages(page: Page, site: Site) -> Iterator[str]:
    """Walk through the Desk as noor, who leads two care teams now."""
    site.manage("shell", "-c", LEAD)
    page.goto("/admin/")
    press(page, "Care teams")
    yield "care teams"
    press(page, "Maple team")
    yield "a care team"
    page.get_by_label("Sign-in name of the nurse").fill("nobody")
    page.get_by_role("button", name="Add", exact=True).click()
    yield "a care team, no such nurse"
    page.get_by_role("button", name="Move", exact=True).click()
    yield "a care team, nobody ticked"
    press(page, "Who saw or did what")
    yield "who saw what"
    page.goto("/admin/people/patient/how-it-goes/")
    page.get_by_text("In numbers").click()
    yield "how it goes"
    page.goto("/admin/people/patient/")
    page.get_by_role("link", name="Ana", exact=True).first.click()
    press(page, "Merge another record into this one")
    yield "merge, nobody alike"
    page.get_by_label("Find the other record").fill("e")
    page.locator("main").get_by_role("button", name="Find", exact=True).click()
    page.locator("main").get_by_role("link").filter(has_text="Dee").first.click()
    yield "merge, both records"
    site.manage("shell", "-c", LEADS_NO_MORE)


LINKS = """
from django.core import signing
from learn.assignments import reminders
from learn.assignments.models import Reminder
mine = Reminder.objects.get()
token = signing.dumps((mine.pk, mine.pending), salt=reminders.ON)
print(f"/my/reminders/on/{token}/", reminders.stop_address(mine))
"""


def ana_pages(page: Page, site: Site) -> Iterator[str]:
    """Walk through the site as ana, who has assigned lessons."""
    page.goto("/accounts/login/")
    tick(page, "Other people use it too. Sign me out after 30 minutes without a press.")
    sign_in(page, "ana", site.password)
    yield "my learning, asked"
    page.evaluate("document.querySelector('.idle').hidden = false")
    yield "my learning, about to be signed out"
    page.goto("/my/reminders/")
    yield "reminders"
    press(page, "Send me an email to confirm")
    yield "reminders, no address typed"
    page.get_by_label("Your email address").fill("ana@example.com")
    press(page, "Send me an email to confirm")
    yield "reminders, to be confirmed"
    site_mail = site.manage("shell", "--no-imports", "-c", LINKS).split()
    for link, name in zip(site_mail, ("turn reminders on", "stop reminders"), strict=True):
        page.goto(link)
        yield name
        press(page, "Yes, send me reminders" if link == site_mail[0] else "Not this week")
        yield f"{name}, done"
    page.goto("/my/reminders/")
    yield "reminders, paused"
    page.goto("/my/reminders/stop/nothing/")
    yield "reminders, a bad link"
    page.goto("/my/keep/")
    yield "my progress is kept"
    press(page, "Give an email address")
    yield "keep it under an address"
    press(page, "Send me a code")
    yield "keep it under an address, none typed"
    page.get_by_label("Your email address").fill("ana@example.com")
    press(page, "Send me a code")
    yield "type the code from an email"
    press(page, "Keep my progress")
    yield "type the code from an email, nothing typed"
    page.get_by_label("The code from the email").fill(mailed_code(site))
    press(page, "Keep my progress")
    yield "kept under an address"
    page.goto("/my/keep/email/")
    yield "change the address"
    press(page, "Remove this address")
    yield "the address removed"
    page.goto("/email/")
    yield "sign in by email"
    page.get_by_label("Your email address").fill("nobody@example.com")
    press(page, "Send me a code")
    yield "type the code from an email to sign in"
    page.goto("/email/")
    yield "sign in by email, a code waits"
    page.goto("/my/data/stop/")
    yield "stop sharing"
    page.goto("/my/")
    press(page, "What is immunotherapy?")
    yield "step, signed in"
    page.goto("/my/questions/")
    page.get_by_label("Write your own question").fill(f"May I swim {page.viewport_size['width']} yards?")
    press(page, "Add my question")
    press(page, "Share it with my nurse")
    yield "my questions, shared"


def noor_pages(page: Page) -> Iterator[str]:
    """Walk through the Desk as noor, who sees that ana has shared a question."""
    page.goto("/admin/")
    yield "my patients, a question waiting"
    press(page, "Answer: Ana")
    yield "a patient with a question"
    press(page, "We talked about this")
    yield "a patient, talked about"


def eda_pages(page: Page, password: str) -> Iterator[str]:
    """Walk through the Desk as eda, an educator, who starts a draft and discards it."""
    page.goto("/admin/")
    sign_in(page, "eda", password)
    yield "questions"
    page.get_by_label("Lesson").select_option(label="BCG for the bladder")
    press(page, "Show")
    yield "questions of one lesson"
    press(page, "What may you feel after BCG?")
    yield "a question"
    press(page, "Change the words")
    yield "change the words"
    page.get_by_label("Said to whoever chose it").first.fill("")
    page.get_by_label("Why", exact=True).fill("Always contact the team.")
    press(page, "Save the draft")
    yield "change the words, a feedback missing"
    page.get_by_label("Said to whoever chose it").first.fill("That is it.")
    press(page, "Save the draft")
    yield "a draft"
    press(page, "Try it as a patient")
    yield "try it as a patient"
    press(page, "Check my answer")
    tick(page, "I’m not sure")
    press(page, "Check my answer")
    yield "try it as a patient, feedback"
    press(page, "Back to the question")
    page.locator("summary", has_text="Throw the draft away").click()
    press(page, "Throw this draft away")
    yield "a draft thrown away"
    page.goto("/admin/quizzes/question/add/")
    yield "a new question"
    page.get_by_label("What kind of question?").select_option(label="Match")
    press(page, "Go on")
    yield "a new question to match"
    press(page, "Save the draft")
    yield "a new question, nothing written"
    page.goto("/admin/quizzes/question/add/?quiz=bcg-for-the-bladder&kind=truth")
    press(page, "Save the draft")
    yield "a new statement, nothing written"
    page.goto("/admin/quizzes/question/give-out/?quiz=interferons")
    yield "give out as a file"
    page.goto("/admin/quizzes/question/take-in/?quiz=interferons")
    yield "take in from a file"
    press(page, "Read the file")
    yield "take in from a file, none chosen"
    text = b"First?{=A#Yes. ~B#No. ####Because.}\n\nUnfinished?{=A ~%-50%B}\n\nWrite about it. {}"
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "two.gift", "mimeType": "text/plain", "buffer": text}
    )
    press(page, "Read the file")
    yield "what a file would change"
