"""A pseudo-language that puts ⟦brackets⟧ around every translated text. Text outside brackets is not translatable.

Values that are filled into a text are outside its brackets, so they are checked too. Only content may be without
brackets: complete texts from the database and from the shipped reference files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import timedelta
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.conf import settings
from django.core import mail, signing
from django.db import models
from django.template.loader import render_to_string
from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import trans_real

from learn.assignments import reminders
from learn.assignments.actions import assign
from learn.lessons import card, card_texts, reference, texts
from learn.lessons.models import Lesson, Step
from learn.people import codes, rate_limits
from learn.progress.models import Contact, KeptPage, TeachBack
from learn.visits.models import MyQuestion
from quizzes.kinds import KINDS
from quizzes.models import Attempt, AttemptItem, Memory, Revision
from quizzes.templatetags.richtext import richtext
from tests.cast import (
    PASSWORD,
    addresses,
    as_form,
    at,
    load_content,
    make_edition,
    make_nurse,
    make_patient,
    make_team,
    right,
    wrong,
)
from tests.shipped import READ_OUT, templates

pytestmark = pytest.mark.one_database

LANGUAGE = "xx"
# A placeholder in a text, but not inside a tag, where it is part of an address.
FILLED = re.compile(r"(%\(\w+\)s|(?<!\{)\{\w+\}(?!\}))(?![^<]*>)")
AROUND = ' ,;:–—-().“”"/0123456789’…·'  # punctuation and digits, the same in every language
NAMES = {"www.cancer.gov", "www.cancer.org", settings.PUBLIC_URL}  # host names, the same in every language


class Pseudo(trans_real.DjangoTranslation):
    """The pseudo-language. It translates "Step 2 of 5" to ⟦Step ⟧2⟦ of ⟧5."""

    def __init__(self) -> None:
        self._catalog = trans_real.TranslationCatalog()
        self.plural = lambda n: int(n != 1)
        self.domain = "django"
        self._DjangoTranslation__language = self._DjangoTranslation__to_language = LANGUAGE
        self._info: dict[str, str] = {}

    def gettext(self, message: str) -> str:
        """Return the text in brackets, without its context."""
        text = message.rpartition(trans_real.CONTEXT_SEPARATOR)[2]
        return "⟦" + FILLED.sub(r"⟧\1⟦", text) + "⟧" if text else text

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the singular or the plural in brackets."""
        return self.gettext(msgid1 if n == 1 else msgid2)


class Shown(HTMLParser):
    """Collects the text without brackets that a page shows or reads out, also in attributes and form fields."""

    INLINE = ("strong", "em", "a", "bdi", "mark")  # a text continues after these tags; any other tag ends it

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.text, self.depth = "", 0
        self.feed(page)
        self.close()
        self._end()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_endtag(tag)
        named = dict(attrs)
        wanted = READ_OUT | ({"value"} if named.get("type") in ("text", "search", "email") else set())
        self.texts += [bare for name in wanted for bare in outside(named.get(name) or "")[0]]

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.INLINE:
            self._end()

    def handle_data(self, data: str) -> None:
        self.text += data

    def _end(self) -> None:
        found, self.depth = outside(self.text, self.depth)  # brackets may stay open across a line break
        self.texts, self.text = self.texts + found, ""


def outside(text: str, depth: int = 0) -> tuple[list[str], int]:
    """Return the pieces of a text outside brackets that have letters, and the depth of brackets at its end."""
    found = [""]
    for sign in text:
        depth += (sign == "⟦") - (sign == "⟧")
        if depth or sign == "⟧":
            found += [""] if found[-1] else []
        else:
            found[-1] += sign
    return [" ".join(piece.split()) for piece in found if any(c.isalpha() for c in piece)], depth


def strings(value: Any) -> Iterator[str]:
    """Yield every string in nested lists, tuples and dictionaries."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from strings(inner)


def said(texts: Iterable[str]) -> set[str]:
    """Return each text as a page may show it: as it is, and in the pieces that Markdown makes of it."""
    return {piece for text in set(texts) for piece in _said(text)}


@cache
def _said(text: str) -> set[str]:
    pieces = {*outside(text)[0], *Shown(str(richtext(text))).texts}
    return {piece.casefold().strip(AROUND) for piece in pieces}


def kept() -> Iterator[str]:
    """Yield the texts in the database that people and authors wrote, without codes, slugs and choices."""
    for model in apps.get_models():
        if not model.__module__.startswith(("learn.", "quizzes.", "allauth.")):
            continue
        fields = [
            f.attname
            for f in model._meta.concrete_fields
            if isinstance(f, models.CharField | models.TextField | models.JSONField)
            and not isinstance(f, models.SlugField)
            and not f.choices
            and (f.max_length is None or f.max_length > 20)  # shorter fields hold codes
            and f.attname != "barriers"
        ]
        for row in model._default_manager.values_list(*fields) if fields else ():
            yield from strings(row)


def shipped() -> Iterator[str]:
    """Yield the texts of the call card, the word list, the medicines and the sources."""
    things = [card.whole(), *reference.terms(), *reference.medicines().values(), *reference.sources().values()]
    yield from strings([asdict(thing) for thing in things])
    yield from {term.term[0] for term in reference.terms()}


class TestThePseudoLanguage(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        load_content()
        cls.team = make_team()
        cls.noor = make_nurse("noor", cls.team)
        # Together these lessons have every kind of question, and safety questions.
        taught = Lesson.objects.taught().select_related("therapy", "quiz")
        cls.lessons = list(
            taught.filter(slug__in=["antibodies-and-the-brake", "side-effects-when-to-call", "how-virus-therapy-works"])
        )
        kinds = Revision.objects.filter(question__quizitem__quiz__in=[lesson.quiz for lesson in cls.lessons])
        assert set(kinds.values_list("kind", flat=True)) == set(KINDS)
        cls.shipped = said(shipped())

    def setUp(self) -> None:
        trans_real._translations[LANGUAGE] = Pseudo()  # type: ignore[attr-defined]
        self.addCleanup(trans_real._translations.pop, LANGUAGE)  # type: ignore[attr-defined]
        self.enterContext(translation.override(LANGUAGE))
        self.typed: set[str] = set()
        self.found: dict[str, str] = {}  # text without brackets: the page where it was found
        self.visited: set[str] = set()
        self.drawn: set[str] = set()
        self.content: set[str] = set()

    def is_content(self, text: str) -> bool:
        """Tell whether a text consists only of complete content texts; tries the longest match first."""
        text = " ".join(text.casefold().strip(AROUND).split())
        if not any(c.isalpha() for c in text):
            return True
        words = text.split()
        heads = (" ".join(words[:n]) for n in range(len(words), 0, -1))
        head = next((head for head in heads if head.rstrip(AROUND) in self.content), None)
        return head is not None and self.is_content(text[len(head) :])

    def look_at(self, page: str, where: str) -> None:
        """Record the texts of a page that are neither in brackets nor content."""
        shown = Shown(page)
        assert shown.depth == 0
        texts = [text for text in shown.texts if not text.startswith("http://testserver/")]  # an address to share
        bare = [text for text in texts if not self.is_content(text) and text not in NAMES]
        if bare:  # the database may have new texts
            self.content = self.shipped | said(kept()) | said(self.typed)
        self.found |= {text: where for text in bare if not self.is_content(text)}

    def see(self, response: Any) -> Any:
        """Check the page of a response, after following a redirect; return the response."""
        while response.status_code in (302, 303):
            response = response.client.get(response["Location"])
        if response.status_code != 404:
            self.visited.add(response.resolver_match.view_name)
        self.drawn |= {template.name for template in response.templates if template.name}
        self.look_at(response.content.decode(), response.request["PATH_INFO"])
        for form in self.forms(response):
            for name, field in form.fields.items():
                for text in field.error_messages.values():
                    if "⟦" not in str(text):
                        self.found[str(text)] = f"{type(form).__name__}.{name}"
        return response

    def forms(self, response: Any) -> list[forms.Form]:
        """Return the forms in the template context of a page."""
        values = [value for context in response.context or () for value in context.flatten().values()]
        return [value for n, value in enumerate(values) if isinstance(value, forms.Form) and value not in values[:n]]

    def get(self, name: str, *args: Any, **query: str) -> Any:
        self.typed.add(query.get("q", "")[:200])
        return self.see(self.client.get(reverse(name, args=args), query))

    def post(self, name: str, *args: Any, **data: Any) -> Any:
        self.typed |= {data[field] for field in ("text", "address", "letters", "login", "username") if field in data}
        return self.see(self.client.post(reverse(name, args=args), data))

    def test_has_brackets_around_every_text_of_the_site(self) -> None:
        self.look_around()
        self.learn_as_a_guest()
        self.learn_with_a_nurse()
        self.hold_a_card()
        self.meet_errors()
        self.come_back()
        assert self.found == {}
        files = {name for name, _ in templates(without="admin") if name.endswith(".html")}
        staff = {"quizzes/slots/where_taught.html"}  # shown only in an educator's preview
        # parts of a form that only staff's forms have
        staff |= {f"care/{name}.html" for name in ("_checkbox", "layout/details", "layout/div", "layout/fieldset")}
        # only where a second language is on: tests/learn/languages
        another = {"_translation.html", "study/_not_translated.html"}
        assert files - self.drawn - staff - another == set()
        silent = {
            "healthz",
            "readyz",
            "robots",
            "security_txt",
            "lesson",
            "last_result",
            "my_data_file",
            "account_logout",
            "email_remove",
            "kept_pages",
            "stay",
            "language",
            *(f"pdf_{name}" for name in ("overview", "wallet", "questions", "therapy", "lesson")),
        }  # without a page of their own
        of_staff = ("admin:", "again", "digest", "sso", "two_step")  # in English only
        assert {name for name in addresses() if not name.startswith(of_staff)} - silent - self.visited == set()

    def look_around(self) -> None:
        """Open every page as a new visitor."""
        for name in ("start", "therapies", "my", "questions", "keep", "finish", "finished", "my_data", "erased",
                     "stop_sharing", "code", "help", "settings", "find", "words", "helping", "more", "about", "privacy",
                     "accessibility", "reminders", "account_login", "account_signup", "review",
                     "on_paper"):  # fmt: skip
            self.get(name)
        self.get("questions", more="1", about="what-is-immunotherapy/not-the-same-as-chemo")
        self.get("questions", print="1")
        self.get("join", "AAAAAAAAAAAAAAAAAAAAAA")
        for q in ("", "ke", "pembrolizomab", "nivolumab and ipilimumab", "xyzzyqwert", "x" * 300, "shingrix", "kimtrak",
                  "keyt", "Kymriah", "odronextamab", "rash", "keytruda rash", "a little tired", "my chest hurts",
                  "I want to die", "vaccine", "tumour"):  # fmt: skip
            self.get("find", q=q)
        self.get("therapy", self.lessons[0].therapy.slug, medicine="pembrolizumab")
        self.get("therapy", "t-cell-therapy", medicine="car-t-cell-therapy")
        for lesson in self.lessons:
            self.get("therapy", lesson.therapy.slug)
            self.get("check", lesson.slug)
            self.get("lesson_print", lesson.therapy.slug, lesson.slug)
            for step in Step.objects.shown().filter(edition__lesson=lesson):
                self.get("step", lesson.therapy.slug, lesson.slug, step.position)

    def come_back(self) -> None:
        """Read a lesson and keep two of its pages; see what changed in it since then."""
        self.client = Client()
        lesson = next(lesson for lesson in self.lessons if lesson.read_first)
        place = (lesson.therapy.slug, lesson.slug)
        steps = list(Step.objects.shown().filter(edition__lesson=lesson).order_by("position"))
        self.post("step", *place, len(steps))  # leads to the first step that is not seen yet
        for step in steps:
            self.post("step", *place, step.position)
        for position in (1, 2, 2):
            self.post("step", *place, position, keep="1")
        texts = {steps[0].slug: "Other words altogether.", "new": "Nothing like that stood here."}
        newer = make_edition(lesson, " ".join(texts), number=2, safety=texts)
        for name, args in (("my", ()), ("my_data", ()), ("therapy", place[:1]), ("lesson", place), ("changes", place)):
            self.get(name, *args)
        for edition in ("", str(newer.pk)):
            self.post("changes", *place, edition=edition)
        self.get("changes", *place)
        self.change_the_card()
        self.post("kept_pages", remove=str(KeptPage.objects.get(slug=steps[0].slug).pk))

    def change_the_card(self) -> None:
        """Change the call card, and look at what changed."""
        data = texts.read(texts.FIXTURES / "call_card.yaml")
        data["tiers"][0]["top"], data["tiers"][2]["foot"] = "", "Nothing like that stood here."
        card_texts.keep(data, timezone.now() + timedelta(days=1))
        self.get("my")
        self.get("card_changes")
        for number in ("", "2"):
            self.post("card_changes", number=number)
        self.get("card_changes")

    def learn_as_a_guest(self) -> None:
        """Do the checks with right, wrong and unsure answers; keep the record, look at it, leave the device."""
        self.client = Client()
        for n, lesson in enumerate(self.lessons):
            place = (lesson.therapy.slug, lesson.slug)
            steps = Step.objects.shown().filter(edition__lesson=lesson).order_by("position")
            for step in steps:
                self.post("step", *place, step.position, step=step.pk)
                if n == 0 and step.position == 1:
                    self.get("start")
                    self.get("my")
            self.get("check", lesson.slug)
            self.check(lesson, n)
            self.get("check", lesson.slug)
            if not n:
                self.get("start")
        for name in ("start", "my", "my_data", "review", "keep", "finish", "erase", "therapies"):
            self.get(name)
        self.get("my", print="1")
        self.post("questions", text="Can my sister come with me?")
        self.post("questions", text="I have a fever")
        self.post("questions", add="why-this-one")
        self.post("questions", add="no-such-question")
        self.post("questions", item=str(AttemptItem.objects.latest("pk").pk))
        mine = MyQuestion.objects.get(text="Can my sister come with me?")
        for verb in ("up", "down", "first", "share", "stop", "remove", "remove"):
            self.post("questions", **{verb: str(mine.pk)})
        self.get("questions", print="1")
        self.review()
        self.keep_by_email()
        self.post("keep", how="account")
        self.post("keep", how="phone")
        self.ask_for_a_code()
        self.get("new_code")
        self.get("keep")
        self.get("my")
        self.post("account_signup", username="dora", password1="maple leaves in fall")
        self.get("keep")
        self.post("account_logout")
        self.get("account_logout")
        self.post("account_login", login="dora", password="maple leaves in fall")
        self.change_the_password()
        self.get("account_logout")
        self.get("finish")
        self.post("erase")
        self.post("erase", sure="yes")

    def change_the_password(self) -> None:
        old, new = "maple leaves in fall", "maple leaves in spring"
        self.get("password")
        for now, then in (("", ""), ("wrong", new), (old, old), (old, "short"), (old, "qwerty123456"), (old, new)):
            self.post("password", old=now, new=then)

    def ask_for_a_code(self) -> None:
        """Open the page with a new access code, whose letters are not translated."""
        shown = self.client.post(reverse("keep"), {"how": "code"})
        self.typed.add(self.client.session["new code"])
        self.see(shown)

    def keep_by_email(self) -> None:
        """Keep the record under an email address, open it in another browser, and remove the address."""
        self.post("keep", how="email")
        for address in ("", "no address", "dora@example.com"):
            self.post("email_keep", address=address)
        for code in ("", "12", "000 000", self.mailed()):
            self.post("email_keep_code", code=code)
        for name in ("keep", "email_keep", "finish"):
            self.get(name)
        mine, self.client = self.client, Client()
        self.get("email_in")
        for address in ("nobody@example.com", "dora@example.com"):
            self.post("email_in", address=address)
            code = self.mailed()
        self.get("email_in_code")
        for wrong_code in ["000 000"] * 6:
            self.post("email_in_code", code=wrong_code)
        self.post("email_in", address="dora@example.com")
        self.post("email_in_code", code=self.mailed() or code)
        self.post("email_remove")
        self.client = mine
        self.ask_for_a_code()
        self.post("email_remove")

    def check(self, lesson: Lesson, n: int) -> None:
        """Answer every question of a check: first without a choice, then right, wrong and unsure in turn."""
        self.post("check", lesson.slug)
        attempt = Attempt.objects.get(quiz=lesson.quiz, finished=None)
        place = (lesson.therapy.slug, lesson.slug)
        self.get("step", *place, 1, **{"from": f"{attempt.pk}-1"})
        self.answer(attempt, n)
        self.get("step", *place, 1, **{"from": f"{attempt.pk}-1-answer"})
        self.get("quizzes:result", attempt.pk)

    def answer(self, attempt: Attempt, n: int) -> None:
        ways = (right, wrong, lambda revision: [])
        for turn in range(40):
            items = list(attempt.items.with_answers())
            page = self.client.get(reverse("quizzes:result", args=[attempt.pk]))
            if page.status_code == 200:
                return
            at_n = int(page["Location"].rstrip("/").rpartition("/")[2])
            item = next(item for item in items if item.position == at_n)
            address = ("quizzes:question", attempt.pk, at_n)
            self.get(*address)
            number = item.answers + 1
            self.post(*address, number=number)  # without a choice
            self.post(*address, number=number, choice=["no such choice", "unsure"])
            self.post(*address, number=number, choice="no such choice")
            self.post(*address, number=99, choice="unsure")
            spec = item.revision.spec
            if item.revision.kind == "choice":
                self.post(*address, number=number, choice=[c["id"] for c in spec["choices"]])
            if item.revision.kind == "ordering":
                self.post(*address, **{"number": number} | {f"choice-{c['id']}": "1" for c in spec["cards"]})
                self.post(*address, **{"number": number} | {f"choice-{c['id']}": "9" for c in spec["cards"]})
            if item.revision.kind == "matching":
                self.post(*address, **{"number": number} | {f"choice-{r['id']}": "x" for r in spec["rows"]})
            self.post(*address, **as_form(item.revision, ways[(turn + n) % 3](item.revision), number))
        raise AssertionError("the check does not end")

    def review(self) -> None:
        """Do a review, pause reviews, resume them."""
        self.post("review", later="1")
        self.get("my")
        self.post("review", again="1")
        Memory.objects.update(due=at(1).date())
        self.get("review")
        self.get("start")
        self.get("my")
        self.post("review")
        self.get("review")
        self.answer(Attempt.objects.get(kind="review", finished=None), 0)
        self.get("review")

    def learn_with_a_nurse(self) -> None:
        """Merge a guest's work, do the assigned lessons, share questions, set reminders, stop sharing."""
        self.client = Client()
        ana, now = make_patient(self.team, "Ana", reference="A 17"), timezone.now()
        lessons = self.lessons[:2]
        assign(patients=[ana], lessons=lessons, due=at(1).date(), note="Before your first day", by=self.noor, now=now)
        assign(patients=[ana], lessons=lessons[:1], due=at(2).date(), note="", by=self.noor, now=now)
        TeachBack.objects.create(
            patient=ana, lesson=lessons[0], topic="When to call", outcome="prompt", to_whom="both", nurse=self.noor,
            language="English", barriers=["senses", "memory"], note="Slowly", at=now, number=1, place=1,
        )  # fmt: skip
        Contact.objects.create(patient=ana, nurse=self.noor, at=now, number=1, note="By phone")
        self.post("step", lessons[0].therapy.slug, lessons[0].slug, 1)
        self.post("questions", text="Can my sister come with me?")
        self.post("questions", text="I have a fever")
        made = codes.make(user=ana.user, by=self.noor, now=now)
        self.post("code", letters=made.groups)
        self.post("bring", bring="yes")
        Client().post(reverse("join", args=[made.token if made else ""]))  # signs in in another place
        for name in (
            "start",
            "my",
            "my_data",
            "places",
            "stop_sharing",
            "erase",
            "reminders",
            "questions",
            "keep",
            "finish",
            "help",
        ):
            self.get(name)
        self.get("join", "AAAAAAAAAAAAAAAAAAAAAA")
        self.post("questions", share="all")
        self.post("questions", text="What may I eat?")
        self.post("questions", text="What may I eat?")
        MyQuestion.objects.filter(text__contains="sister").update(talked=now, talked_by=self.noor)
        self.get("questions")
        self.post("questions", stop="all")
        MyQuestion.objects.bulk_create(
            MyQuestion(learner=ana.user, text=f"Why {n}?", position=n + 9, added=now) for n in range(60)
        )
        self.post("questions", text="One more?")
        for address in ("", "no address", "ana@example.com"):
            self.post("reminders", address=address)
        self.mailed()
        wish = ana.reminder
        signed = signing.dumps((wish.pk, "ana@example.com"), salt=reminders.ON)
        for token in (signed, "old"):
            self.get("reminders_on", token)
        self.post("reminders_on", signed)
        self.get("reminders")
        stop = signing.dumps(wish.pk, salt=reminders.STOP)
        for token in (stop, "old"):
            self.get("reminders_stop", token)
        wish.refresh_from_db()
        assert reminders.send(reminder=wish, now=now + timedelta(days=1))
        self.mailed()
        self.post("reminders_stop", stop, do="pause")
        self.get("reminders")
        self.post("reminders_stop", stop, do="stop")
        for form in ({"end": "gone"}, {"others": ""}):
            self.post("places", **form)
            self.get("places")
        self.post("stop_sharing")
        self.get("my_data")

    def hold_a_card(self) -> None:
        """Print an invitation at the Desk; only the printed part is for the patient."""
        desk, ben = Client(), make_patient(self.team, "Ben")
        desk.force_login(self.noor)
        page = desk.post(reverse("admin:people_patient_card", args=[ben.pk]), follow=True)
        self.typed |= {page.context["site"], *(card["letters"] for card in page.context["cards"])}
        for shown in re.findall(r'<section class="card".*?</section>', page.content.decode(), re.DOTALL):
            self.drawn.add("own_record/card.html")
            self.look_at(shown, "a card")
        self.client.force_login(ben.user)
        self.get("arrived")
        for lesson, day in zip(self.lessons, (1, 2), strict=False):
            due, now = at(day).date(), timezone.now()
            assign(patients=[ben], lessons=[lesson], due=due, note="", by=self.noor, now=now)
            self.get("arrived")

    def mailed(self) -> str:
        """Check the newest email; return the code in it."""
        sent = mail.outbox[-1]
        body = re.sub(r"https?://[^\s⟦]+", "", str(sent.body))
        self.found |= dict.fromkeys(outside(str(sent.subject))[0] + outside(body)[0], "a mail")
        code = re.search(r"\d{4} \d{4}", body)
        return code[0] if code else ""

    def meet_errors(self) -> None:
        """Open the error pages: wrong input, expired links and forms, rate limits."""
        self.client = Client()
        self.see(self.client.get("/nowhere/"))
        self.see(self.client.get(reverse("language")))
        self.get("code", next="/my/")
        for letters in ("", "x" * 200, "BCD", "BCDF GHJK LMNP"):
            self.post("code", letters=letters)
        self.post("code", letters="BCDF GHJK LMNP", shared="maybe")
        self.post("join", "AAAAAAAAAAAAAAAAAAAAAA")
        for letters in ["BCDF GHJK LMNP"] * 12:
            response = self.post("code", letters=letters)
        assert response.status_code == 429
        for wait in (60, 3600, 90000):
            self.look_at(rate_limits.refuse(response.wsgi_request, wait).content.decode(), "429.html")
        for name in ("account_login", "account_signup", "settings", "questions"):
            self.post(name)
        self.post("account_login", login="ana", password="wrong")
        for name, password in (("a b", "short"), ("x" * 200, "password1234"), ("noor", PASSWORD)):
            self.post("account_signup", username=name, password1=password)
        self.post("settings", text="x", colors="x", listen="x", helper="x")
        self.post("settings", text="large", colors="dark", listen="show", helper="yes")
        self.post("questions", text="x" * 500)
        page = rate_limits.refuse(response.wsgi_request, 60, "429_guests.html").content.decode()
        self.look_at(page, "429_guests.html")
        self.drawn.add("429_guests.html")
        refused = {"again": "/my/", "refused": True, "fields": [("text", "")]}
        for file in ("400.html", "403.html", "408.html", "413.html", "500.html", "503.html", "handouts/busy.html"):
            for context in ({"again": "/my/"}, refused):
                self.look_at(render_to_string(file, context), file)
            self.drawn |= {file, "_error_page.html"}  # the template that all error pages share
        strict = Client(enforce_csrf_checks=True)
        self.see(strict.post(reverse("settings")))
        strict.get(reverse("settings"))
        self.see(strict.post(reverse("settings")))
        self.see(Client().get(reverse("my"), headers={"referer": "http://testserver/settings/"}))
