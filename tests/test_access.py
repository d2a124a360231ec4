"""The permission matrix: every address x every role x every method, from one table driven by the URLconf.

An address that is not in the table fails. Whatever is refused leaves the database as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

from django.contrib.auth.models import Group
from django.core import signing
from django.db import connection, transaction
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from learn.assignments import reminders
from learn.assignments.actions import assign
from learn.assignments.models import Reminder
from learn.headers import HEADERS
from learn.lessons.models import Lesson
from learn.people import roles
from learn.people.models import Membership, User
from learn.progress.models import TeachBack
from quizzes import authoring, taking
from quizzes.admin.forms import FORMS
from quizzes.models import Revision
from tests.cast import PASSWORD, addresses, as_form, at, load_content, make_nurse, make_patient, make_team, right

VISITORS = ("anonymous", "disabled")  # a disabled person's session is worth nothing at the next request
LEARNERS = ("guest", "ana", "ben")  # ben: another patient of the same team
NURSES = ("noor", "omar", "newcomer", "lead")  # ana's; of another team; of no team; ana's team's lead
STAFF = ("eda", "rex", "ivy")  # educator, clinical reviewer, IT
ROLES = VISITORS + LEARNERS + NURSES + STAFF

# Whoever is led on by what was asked for, and whoever is asked to sign in first: a redirect.
ON, ASKED = "led on", "asked to sign in"
REDIRECT = {"get": 302, "head": 302, "post": 303}
Cell = dict[str, int | str]


def cells(default: int | str, *exceptions: tuple[tuple[str, ...], int | str]) -> Cell:
    """Return a status, ON or ASKED, for every role: the default, then each exception over it."""
    found = dict.fromkeys(ROLES, default)
    for who, status in exceptions:
        found |= dict.fromkeys(who, status)
    return found


SIGN_IN = (VISITORS, ASKED)
SIGN_OFF = (VISITORS, ON)  # nothing is kept about them: the page says so
ALL, NOT_ALLOWED = cells(200), cells(405)
DESK = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (NURSES, 200))
DESK_POST = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (NURSES + STAFF, 405))
OWN_NURSES = ("noor", "lead")
OTHERS_WITH_PATIENTS = ("omar",)  # sees his own team's patient
ANAS_PAGE = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (OWN_NURSES, 200))

ANAS_POST = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (OWN_NURSES, ON))

EDITORS = ("eda", "rex")  # see questions; only eda writes
SEE_QUESTIONS = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (EDITORS, 200))
WRITE_QUESTIONS = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (("eda",), 200))

# address: (GET and HEAD, POST)
TABLE: dict[str, tuple[Cell, Cell]] = {
    "start": (ALL, NOT_ALLOWED),
    "therapies": (ALL, NOT_ALLOWED),
    "therapy": (ALL, NOT_ALLOWED),
    "lesson": (cells(ON), NOT_ALLOWED),
    "step": (ALL, cells(ON)),
    "check": (ALL, cells(ON)),
    "review": (ALL, cells(ON)),
    "my": (ALL, NOT_ALLOWED),
    "questions": (ALL, cells(ON)),
    "keep": (ALL, cells(200, (("guest",), ON))),
    "stay": (cells(405, SIGN_IN), cells(204, SIGN_IN)),
    "new_code": (cells(200, SIGN_IN), cells(405, SIGN_IN)),
    "finish": (ALL, cells(ON)),
    "finished": (ALL, NOT_ALLOWED),
    "my_data": (ALL, NOT_ALLOWED),
    "my_data_file": (cells(200, SIGN_OFF), NOT_ALLOWED),
    "stop_sharing": (cells(ON, (("ana", "ben"), 200)), cells(ON)),
    "erase": (cells(404, SIGN_OFF, (LEARNERS, 200)), cells(404, SIGN_OFF, (LEARNERS, ON))),
    "erased": (ALL, NOT_ALLOWED),
    "code": (ALL, ALL),  # a wrong code: the same page, with a word
    "join": (ALL, ALL),
    "bring": (cells(ON, SIGN_IN), cells(ON, SIGN_IN)),
    "help": (ALL, NOT_ALLOWED),
    "settings": (ALL, cells(ON)),
    "find": (ALL, NOT_ALLOWED),
    "words": (ALL, NOT_ALLOWED),
    "more": (ALL, NOT_ALLOWED),
    "about": (ALL, NOT_ALLOWED),
    "privacy": (ALL, NOT_ALLOWED),
    "accessibility": (ALL, NOT_ALLOWED),
    "healthz": (ALL, NOT_ALLOWED),
    "readyz": (ALL, NOT_ALLOWED),
    "account_login": (ALL, ALL),
    "account_signup": (cells(ON, ((*VISITORS, "guest"), 200)), cells(ON)),
    "account_logout": (cells(200, (VISITORS, ON)), cells(ON)),  # nobody to sign out
    "quizzes:question": (cells(404, SIGN_IN, (("ana",), 200)), cells(404, SIGN_IN, (("ana",), ON))),
    "quizzes:feedback": (cells(404, SIGN_IN, (("ana",), ON)), cells(405, SIGN_IN)),
    "quizzes:result": (cells(404, SIGN_IN, (("ana",), ON)), cells(405, SIGN_IN)),
    "admin:index": (DESK | dict.fromkeys(EDITORS, ON), DESK_POST),
    "admin:login": (cells(ON), cells(ON)),
    "admin:people_patient_changelist": (DESK, DESK_POST),
    "admin:people_patient_matrix": (DESK, DESK_POST),
    "admin:people_patient_change": (ANAS_PAGE, DESK_POST),
    "admin:people_patient_contact": (ANAS_PAGE, ANAS_POST),
    "admin:people_patient_assign": (ANAS_PAGE, ANAS_POST),
    "admin:people_patient_questions": (DESK_POST, ANAS_POST),
    "admin:quizzes_question_changelist": (SEE_QUESTIONS, DESK_POST),
    "admin:quizzes_question_change": (SEE_QUESTIONS, DESK_POST),
    "admin:quizzes_question_preview": (SEE_QUESTIONS, SEE_QUESTIONS),
    "admin:quizzes_question_add": (WRITE_QUESTIONS, WRITE_QUESTIONS | {"eda": ON}),
    "admin:quizzes_question_write": (WRITE_QUESTIONS, WRITE_QUESTIONS | {"eda": ON}),
    "admin:quizzes_question_publish": (DESK_POST, SEE_QUESTIONS | dict.fromkeys(EDITORS, ON)),
    "admin:quizzes_question_discard": (DESK_POST, WRITE_QUESTIONS | {"eda": ON}),
    "admin:quizzes_question_retire": (DESK_POST, WRITE_QUESTIONS | {"eda": ON}),
}
# Whoever is shown a patient is noted: these pages, and no other, write an audit row at a GET.
AUDITED = {
    "admin:index", "admin:people_patient_changelist", "admin:people_patient_change", "admin:people_patient_contact",
    "admin:people_patient_matrix", "admin:people_patient_assign",
}  # fmt: skip
MAY_WRITE = {
    "questions", "step", "check", "review", "quizzes:question", "admin:people_patient_assign",
    "admin:people_patient_contact", "admin:people_patient_questions",
    "account_login", "code",
    *(f"admin:quizzes_question_{what}" for what in ("add", "write", "publish", "discard", "retire")),
}  # fmt: skip
MAY_WRITE |= {"stop_sharing", "erase", "keep", "finish", "account_signup"}

# Invitations, access codes, a record closed.
INVITES = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (NURSES, ON), (("newcomer",), 200))
DESK_GET = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (NURSES, 200))
TABLE |= {
    "admin:people_patient_invite": (DESK_GET, INVITES),
    "admin:people_patient_invite_many": (DESK_GET, INVITES),
    "admin:people_patient_cards": (ANAS_PAGE, DESK_POST),
    "admin:people_patient_card": (ANAS_PAGE, ANAS_POST),
    "admin:people_patient_label": (ANAS_PAGE, ANAS_POST),
    "admin:people_patient_end": (ANAS_PAGE, ANAS_POST),
}
_LOOKED_AT = {f"admin:people_patient_{name}" for name in ("cards", "card", "label", "end")}
_PRESSED = {f"admin:people_patient_{name}" for name in ("invite", "invite_many", "card", "label", "end")}
AUDITED |= _LOOKED_AT
MAY_WRITE |= _PRESSED

# Assignments.
INITIALS = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (NURSES + STAFF, ON))
DESK_POST_ONLY = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (NURSES + STAFF, 405))
TABLE |= {
    "admin:people_patient_undo": (DESK_POST_ONLY, cells(404, (VISITORS, ASKED), (("guest",), ASKED), (("noor",), ON))),
    "admin:people_patient_assignment": (ANAS_PAGE, ANAS_POST),
    "admin:people_patient_withdraw": (DESK_POST_ONLY, ANAS_POST),
    "admin:people_patient_cancel_card": (DESK_POST_ONLY, ANAS_POST),
    "admin:people_patient_take_back": (DESK_POST_ONLY, ANAS_POST),
}
AUDITED |= {"admin:people_patient_assignment"}
MAY_WRITE |= {"admin:people_patient_cancel_card", "admin:people_patient_take_back"}
MAY_WRITE |= {"admin:people_patient_undo", "admin:people_patient_assignment", "admin:people_patient_withdraw"}

# Teach-back, and the note for the chart.
TABLE |= {
    "admin:people_patient_chart": (ANAS_PAGE, DESK_POST),
    "admin:people_patient_teach_back": (ANAS_PAGE, ANAS_POST),
    "admin:people_patient_teach_back_add": (ANAS_PAGE, ANAS_POST),
}
AUDITED |= {"admin:people_patient_chart", "admin:people_patient_teach_back", "admin:people_patient_teach_back_add"}
MAY_WRITE |= {"admin:people_patient_teach_back", "admin:people_patient_teach_back_add"}

# Reminders: the links in a mail need no sign-in, they are their own proof.
TABLE |= {
    "reminders": (ALL, cells(200, (("ana", "ben"), ON))),
    "reminders_on": (ALL, ALL),
    "reminders_stop": (ALL, ALL),
    "admin:people_patient_remind": (DESK_POST_ONLY, ANAS_POST),
}
MAY_WRITE |= {"reminders", "reminders_on", "reminders_stop", "admin:people_patient_remind"}
# A code by email: no code waits here, so that the page for it leads to the one that sends it.
TO_ASK = cells(ON, (NURSES + STAFF, 404))
TABLE |= {
    "email_in_code": (cells(ON), cells(ON)),
    "email_in": (ALL, cells(ON)),
    "email_keep_code": (TO_ASK, TO_ASK),
    "email_keep": (cells(404, SIGN_OFF, (LEARNERS, 200)), TO_ASK),
    "email_remove": (TO_ASK, TO_ASK),
}
MAY_WRITE |= {"email_in", "email_keep", "email_remove"}

# Progress as a file, one patient found, and what the Desk does for a screen that others see or that nobody sits at.
TABLE |= {
    "admin:people_patient_export": (DESK, DESK_POST),
    "admin:people_patient_find": (DESK, DESK_POST),
    "admin:initials": (DESK_POST_ONLY, INITIALS),
}
AUDITED |= {"admin:people_patient_export", "admin:people_patient_find"}

# Care teams: Maple has a lead.
LEADS = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (("lead",), 200))
LEADS_POST = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (("lead",), ON))
TABLE |= {
    "admin:people_careteam_changelist": (LEADS, DESK_POST_ONLY),
    "admin:people_careteam_change": (LEADS, DESK_POST_ONLY),
    "admin:people_careteam_add": (DESK_POST_ONLY, LEADS_POST),
    "admin:people_careteam_member": (DESK_POST_ONLY, LEADS_POST),
    "admin:people_careteam_move": (DESK_POST_ONLY, LEADS_POST),
    "admin:people_careteam_audit": (LEADS, DESK_POST_ONLY),
}
AUDITED |= {"admin:people_careteam_change", "admin:people_careteam_audit"}
MAY_WRITE |= {"admin:people_careteam_add", "admin:people_careteam_member", "admin:people_careteam_move"}


# What a browser, a robot or a slip may send in any field. The last two are no text at all.
EDGES: list[str | bytes] = [
    "", " ", "\x00", "a\x00b", "-1", "0", "2147483648", "9223372036854775808", "9" * 400, "NaN", "1e309", "²", "%",
    "x" * 100_000, "[" * 50_000, "💥", "'; DROP TABLE people_user; --", "<script>alert(1)</script>", "../../etc/passwd",
    "a\r\nSet-Cookie: x=1", "00000000-0000-0000-0000-000000000000", "\x00aaaaaaaaaaaa", "true",
    "None", b"\xed\xa0\x80", b"\xff\xfe",
]  # fmt: skip


class TestEveryAddress(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        load_content()
        maple, cedar = make_team(), make_team("Cedar team")
        cls.ana = make_patient(maple, "Ana", name="ana")
        ben = make_patient(maple, "Ben", name="ben")
        cai = make_patient(cedar, "Cai", name="cai")
        people = {"guest": User.objects.create_guest(), "ana": cls.ana.user, "ben": ben.user}
        people |= {
            "noor": make_nurse("noor", maple),
            "omar": make_nurse("omar", cedar),
            "newcomer": make_nurse("newcomer"),
        }
        people["disabled"] = make_nurse("disabled", maple)
        people["lead"] = User.objects.create_user("lead", is_staff=True)
        people["lead"].groups.add(Group.objects.get(name=roles.LEAD))
        Membership.objects.create(care_team=maple, nurse=people["lead"], lead=True, started=at(1))
        for name, role in (("eda", roles.EDUCATOR), ("rex", roles.REVIEWER), ("ivy", roles.IT)):
            people[name] = User.objects.create_user(name, is_staff=True)
            people[name].groups.add(Group.objects.get(name=role))
        cls.people = people
        lesson = Lesson.objects.select_related("therapy", "quiz").get(slug="side-effects-when-to-call")
        for patient, nurse in ((cls.ana, "noor"), (cai, "omar")):  # both are late, so that each stands on a worklist
            assign(patients=[patient], lessons=[lesson], due=at(1).date(), note="", by=people[nurse], now=at(1))
        cls.attempt = taking.start(learner=cls.ana.user, quiz=lesson.quiz, language="en", now=at(20))
        revision = cls.attempt.items.select_related("revision")[0].revision
        due, other = at(30).date(), Lesson.objects.get(slug="what-is-immunotherapy")
        act = assign(patients=[cls.ana], lessons=[other], due=due, note="", by=people["noor"], now=timezone.now())
        asked = {"pk": cls.ana.pk, "assignment": cls.ana.assignments.get(lesson=other).pk}
        oak = make_team("Oak team")
        Membership.objects.create(care_team=oak, nurse=people["lead"], lead=True, started=at(1))
        member = {"pk": maple.pk, "membership": people["noor"].memberships.get().pk}
        mended = Revision.objects.get(question__slug="how-bcg-can-feel")
        words = {name: getattr(mended, name) for name in ("kind", "spec", "why", "objective", "critical", "source")}
        draft = authoring.write(
            question=mended.question, language="en", seen=authoring.fingerprint(mended), by=people["eda"], now=at(20),
            stem="How do you get BCG?", **words,
        )  # fmt: skip
        typed = {f.name: f.value() for f in FORMS["choice"](draft, authoring.fingerprint(draft))}
        wish = Reminder.objects.create(patient=cls.ana, address="ana@example.com", confirmed=at(20))
        n = {"attempt": cls.attempt.pk, "n": 1}
        cls.lesson = lesson
        said = TeachBack.objects.create(
            patient=cls.ana, lesson=lesson, topic="When to call", outcome="prompt", to_whom="patient",
            nurse=people["disabled"], at=at(20), number=1, place=1,
        )  # fmt: skip
        step = {"therapy": lesson.therapy.slug, "lesson": lesson.slug}
        cls.kwargs: dict[str, dict[str, Any]] = {
            "therapy": {"therapy": lesson.therapy.slug},
            "lesson": step,
            "step": step | {"n": 1},
            "check": {"lesson": lesson.slug},
            "quizzes:question": n,
            "quizzes:feedback": n,
            "quizzes:result": {"attempt": cls.attempt.pk},
            **{
                f"admin:people_patient_{name}": {"pk": cls.ana.pk}
                for name in ("card", "cancel_card", "label", "end", "take_back")
            },
            "join": {"token": "AAAAAAAAAAAAAAAAAAAAAA"},
            "admin:people_patient_change": {"pk": cls.ana.pk},
            **{
                f"admin:quizzes_question_{what}": {"pk": mended.question_id}
                for what in ("change", "write", "publish", "discard", "retire")
            },
            "admin:quizzes_question_preview": {"pk": mended.question_id, "number": 2},
            "admin:people_patient_contact": {"pk": cls.ana.pk},
            "admin:people_patient_chart": {"pk": cls.ana.pk},
            "admin:people_patient_teach_back": {"pk": cls.ana.pk},
            "admin:people_patient_teach_back_add": {"pk": cls.ana.pk, "first": said.pk},
            "admin:people_patient_questions": {"pk": cls.ana.pk},
            "admin:people_patient_undo": {"act": act.pk if act else 0},
            "admin:people_patient_assignment": asked,
            "admin:people_patient_withdraw": asked,
            "reminders_on": {"token": signing.dumps((wish.pk, "ana@example.com"), salt=reminders.ON)},
            "reminders_stop": {"token": signing.dumps(wish.pk, salt=reminders.STOP)},
            "admin:people_patient_remind": {"pk": cls.ana.pk},
            "admin:people_careteam_member": member,
        }
        cls.kwargs |= {f"admin:people_careteam_{name}": {"pk": maple.pk} for name in ("change", "add", "move", "audit")}
        cls.query = {
            "admin:people_patient_assign": f"?patient={cls.ana.pk}",
            "admin:people_patient_cards": f"?patient={cls.ana.pk}",
            "admin:people_patient_find": "?q=a",
            "admin:quizzes_question_add": f"?quiz={lesson.slug}&kind=truth",
        }
        cls.form: dict[str, dict[str, Any]] = {
            "quizzes:question": as_form(revision, right(revision)),
            "admin:people_patient_assign": {"lessons": [lesson.slug], "due": "2026-12-04", "note": ""},
            "admin:people_patient_contact": {"note": "Spoke by phone.", "number": 1},
            "admin:people_patient_teach_back": {
                f"l{lesson.pk}": "again",
                "topic": f"l{lesson.pk}",
                "to_whom": "both",
                "language": "English",
                "number": 1,
            },
            "admin:people_patient_teach_back_add": {"note": "Once more.", "number": 1},
            "admin:people_patient_questions": {"talked": 1},
            "questions": {"text": "Can my sister come with me?"},
            "admin:people_patient_assignment": {"due": "2026-12-05", "note": "Soon"},
            "reminders": {"address": "new@example.com"},
            "reminders_stop": {"do": "pause"},
            "admin:people_careteam_add": {"name": "newcomer"},
            "admin:people_careteam_member": {"do": "lead"},
            "admin:people_careteam_move": {"patient": [cls.ana.pk], "to": oak.pk},
            "account_login": {"login": "ana", "password": "wrong"},
            "keep": {"how": "code"},
            "account_signup": {"username": "dora", "password1": "maple leaves in fall"},
            "admin:quizzes_question_preview": as_form(mended, right(mended)),
            "admin:quizzes_question_write": {k: v for k, v in typed.items() if v not in (None, False, "")},
            "admin:quizzes_question_publish": {"as": "meaning", "seen": authoring.fingerprint(draft)},
            "admin:quizzes_question_discard": {"seen": authoring.fingerprint(draft)},
            "admin:quizzes_question_retire": {"seen": authoring.fingerprint(mended)},
            "admin:quizzes_question_add": {
                "stem": "It helps.",
                "answer": "true",
                "feedback_true": "Y.",
                "feedback_false": "N.",
                "why": "W.",
                "objective": "Help",
            },
            "erase": {"sure": "yes"},
            "email_in": {"address": "ana@example.com"},
            "email_keep": {"address": "ana@example.com"},
            "email_in_code": {"code": "123 456"},
            "email_keep_code": {"code": "123 456"},
            "admin:people_patient_invite": {
                "label": "Dee",
                "pathway": "later",
                "when": "7",
                "team": maple.pk,
            },
            "admin:people_patient_invite_many": {
                "name": "Monday",
                "many": "2",
                "first": "1",
                "pathway": "later",
                "when": "7",
                "team": maple.pk,
            },
            "admin:people_patient_label": {"label": "Anna", "reference": ""},
            "admin:people_patient_end": {"why": "moved"},
            "code": {"letters": "BCDF GHJK LMNP"},
            "settings": {"text": "large", "colors": "dark", "listen": "hide", "helper": "yes"},
        }

    def clients(self) -> dict[str, Client]:
        found = {role: Client(raise_request_exception=False) for role in ROLES}
        for role, client in found.items():
            if role != "anonymous":
                client.force_login(self.people[role])
                client.get(reverse("accessibility"))  # from here on the session has its clock
        User.objects.filter(pk=self.people["disabled"].pk).update(is_active=False)
        return found

    @contextmanager
    def unchanged(self, but: bool = False, noted: bool = False) -> Iterator[None]:
        """Fail when a statement writes anything but a session; `but` lets it pass, `noted` wants one audit row."""
        connection.queries_log.clear()  # Django keeps 9,000 of a test, and warns when one is lost
        with CaptureQueriesContext(connection) as queries:
            yield
        writes = [q["sql"][:80] for q in queries if re.match(r"(INSERT|UPDATE|DELETE)", q["sql"])]
        audits = [sql for sql in writes if "people_auditevent" in sql]
        assert but or len(audits) == noted, (audits, noted)
        assert but or [sql for sql in writes if "people_session" not in sql and sql not in audits] == []

    def address(self, name: str) -> str:
        return reverse(name, kwargs=self.kwargs.get(name)) + self.query.get(name, "")

    def test_is_in_the_table_and_the_table_names_no_other(self) -> None:
        assert set(addresses()) == set(TABLE)

    def test_answers_each_role_as_the_table_says(self) -> None:
        clients, tried = self.clients(), 0
        sign_in = (reverse("code"), reverse("account_login"))
        for name, (get, post) in TABLE.items():
            for role, client in clients.items():
                for method, wanted in (("get", get[role]), ("head", get[role]), ("post", post[role])):
                    with self.subTest(address=name, role=role, method=method), transaction.atomic():
                        cookies = client.cookies.output()
                        data = self.form.get(name, {}) if method == "post" else {}
                        allowed = method == "post" and wanted in (200, ON) and name in MAY_WRITE
                        noted = name in AUDITED and wanted == 200 and role in OWN_NURSES + OTHERS_WITH_PATIENTS
                        with self.unchanged(but=allowed, noted=noted):
                            response = getattr(client, method)(self.address(name), data)
                        status = REDIRECT[method] if wanted in (ON, ASKED) else wanted
                        assert response.status_code == status, (response.status_code, wanted)
                        assert wanted != ASKED or response.url.startswith(sign_in), response.url
                        assert set(HEADERS) <= set(response.headers)
                        assert "no-store" in response.headers["Cache-Control"]
                        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
                        tried += 1
                        transaction.set_rollback(True)
                        client.cookies.load(cookies.replace("Set-Cookie: ", ""))
                    if name == "account_logout" and method == "post":
                        clients |= {role: self.clients()[role]}
                        client = clients[role]
        assert tried == len(TABLE) * len(ROLES) * 3

    def test_answers_any_other_method_without_an_error_and_without_a_change(self) -> None:
        clients = self.clients()
        for name in TABLE:
            for role in ("anonymous", "ana", "noor", "omar"):
                for method in ("put", "patch", "delete", "options", "trace"):
                    with self.subTest(address=name, role=role, method=method):
                        with self.unchanged():
                            response = getattr(clients[role], method)(self.address(name))
                        assert response.status_code in (200, 302, 404, 405), response.status_code

    def test_of_the_desk_shows_the_same_bytes_whatever_happens_in_another_team(self) -> None:
        clients = self.clients()
        # The audit page shows the looks of this very test; what it keeps from whom: tests/learn/desk/test_teams.py.
        desk = [name for name in TABLE if name.startswith("admin:") and name != "admin:people_careteam_audit"]
        pages = [self.address(name) for name in desk]

        def seen() -> list[bytes]:
            texts = [clients[who].get(page).content for page in pages for who in OWN_NURSES]
            return [
                re.sub(rb'name="(csrfmiddlewaretoken|form)" value="[\w-]+"|data-left="\d+"', b"", text)
                for text in texts
            ]

        before = seen()
        cedar = self.people["omar"].memberships.get().care_team
        for n in range(3):
            patient = make_patient(cedar, f"Dee {n}", name=f"dee{n}")
            self.client.login(username=f"dee{n}", password=PASSWORD)
            self.client.post(self.address("step"))
            assert patient.user.readings.exists()
        assert seen() == before

    def test_takes_any_input_in_any_field_without_an_error_of_its_own(self) -> None:
        clients, tried = self.clients(), 0
        fields = {
            "step": ("ana", ["step"], []),
            "check": ("ana", ["lesson"], []),
            "review": ("ana", ["later", "again"], []),
            "quizzes:question": ("ana", ["choice", "number", "choice-x"], []),
            "account_login": ("anonymous", ["login", "password", "next"], ["next"]),
            "account_logout": ("ana", ["next"], ["next"]),
            "admin:people_patient_invite": (
                "noor",
                ["label", "reference", "team", "pathway", "when", "due", "form"],
                [],
            ),
            "admin:people_patient_invite_many": ("noor", ["name", "many", "first", "pathway", "when", "due"], []),
            "admin:people_patient_cards": ("noor", [], ["patient"]),
            "admin:people_patient_label": ("noor", ["label", "reference"], []),
            "admin:people_patient_end": ("noor", ["why"], []),
            "code": ("anonymous", ["letters", "shared", "next"], ["next"]),
            "join": ("anonymous", ["shared", "next"], ["next"]),
            "bring": ("guest", ["bring"], ["next"]),
            "admin:login": ("noor", [], ["next"]),
            "admin:index": ("noor", [], ["after"]),
            "erase": ("ana", ["sure"], []),
            "email_in": ("anonymous", ["address", "next"], ["next"]),
            "email_in_code": ("anonymous", ["code", "shared", "next"], ["next"]),
            "email_keep": ("ana", ["address"], ["next"]),
            "email_keep_code": ("ana", ["code"], ["next"]),
            "keep": ("guest", ["how"], []),
            "account_signup": ("guest", ["username", "password1", "next"], ["next", "email"]),
            "admin:people_patient_export": ("noor", [], ["team", "due", "status", "sort"]),
            "admin:people_patient_find": ("noor", [], ["q"]),
            "admin:initials": ("noor", ["next"], []),
            "admin:people_patient_matrix": ("noor", [], ["team", "due", "status", "sort", "after"]),
            "find": ("anonymous", [], ["q"]),
            "questions": (
                "ana",
                ["text", "about", "add", "after", "item", "up", "down", "first", "remove", "share", "stop"],
                ["about", "added", "at", "more", "print"],
            ),
            "admin:quizzes_question_changelist": ("eda", [], ["quiz"]),
            "admin:quizzes_question_preview": ("eda", ["choice", "number"], []),
            "admin:quizzes_question_add": ("eda", ["stem", "answer", "feedback_true", "why"], ["quiz", "kind"]),
            "admin:quizzes_question_write": (
                "eda",
                ["stem", "why", "objective", "source", "critical", "choose", "text_0", "right_0", "feedback_1", "seen"],
                [],
            ),
            "admin:quizzes_question_publish": ("rex", ["as", "seen"], []),
            "admin:quizzes_question_discard": ("eda", ["seen"], []),
            "admin:quizzes_question_retire": ("eda", ["seen"], []),
            "settings": ("anonymous", ["text", "colors", "listen", "helper", "next"], ["next"]),
            "admin:people_patient_changelist": ("noor", [], ["after"]),
            "admin:people_patient_contact": ("noor", ["note", "number"], []),
            "admin:people_patient_teach_back": (
                "noor",
                [f"l{self.lesson.pk}", "topic", "to_whom", "language", "barriers", "note", "number"],
                ["question"],
            ),
            "admin:people_patient_teach_back_add": ("noor", ["outcome", "note", "number"], []),
            "admin:people_patient_questions": ("noor", ["talked", "undo"], []),
            "admin:people_patient_assign": ("noor", ["pathways", "lessons", "due", "note"], ["patient"]),
            "admin:people_patient_assignment": ("noor", ["due", "note"], []),
            "reminders": ("ana", ["address"], []),
            "reminders_stop": ("anonymous", ["do"], []),
            "admin:people_careteam_add": ("lead", ["name"], []),
            "admin:people_careteam_member": ("lead", ["do"], []),
            "admin:people_careteam_move": ("lead", ["patient", "to"], []),
            "admin:people_careteam_audit": ("lead", [], ["patient", "who", "after"]),
        }
        for name, (role, posted, asked) in fields.items():
            for edge in EDGES:
                raw = quote_from_bytes(edge if isinstance(edge, bytes) else edge.encode())
                for field, method in [(f, "post") for f in posted] + [(f, "get") for f in asked]:
                    with self.subTest(address=name, field=field, edge=edge[:20], method=method):
                        client = clients[role]
                        if method == "get":
                            query = {"QUERY_STRING": f"{field}={raw}"} if len(raw) < 50_000 else {}
                            response = client.get(reverse(name, kwargs=self.kwargs.get(name)), **query)
                        else:
                            whole = {k: v for k, v in self.form.get(name, {}).items() if k != field}
                            body = f"{urlencode(whole, doseq=True)}&{field}={raw}"
                            kind = "application/x-www-form-urlencoded"
                            with transaction.atomic():
                                response = client.post(self.address(name), body, content_type=kind)
                                transaction.set_rollback(True)
                        assert response.status_code < 500, response.status_code
                        assert "Set-Cookie: x" not in str(response.headers)
                        tried += 1
                if name == "account_logout":
                    clients = self.clients()
        assert tried == len(EDGES) * sum(len(posted) + len(asked) for _, posted, asked in fields.values())

    def test_takes_any_path_and_any_cookie_without_an_error_of_its_own(self) -> None:
        client = Client(raise_request_exception=False)
        for edge in EDGES:
            raw = quote_from_bytes(edge if isinstance(edge, bytes) else edge.encode(), safe="")[:5000]
            for before, after in (
                ("/", "/"), ("/lessons/", "/"), ("/lessons/basics/", "/"),
                ("/lessons/basics/what-is-immunotherapy/", "/"),
                ("/admin/quizzes/question/", "/change/"),
                ("/check/", "/"), ("/check/", "/1/"), ("/j/", "/"),
                (f"/check/{self.attempt.pk}/", "/"), ("/admin/", "/"),
                ("/my/reminders/on/", "/"), ("/my/reminders/stop/", "/"),
                ("/admin/people/patient/", "/change/"), ("/admin/people/patient/undo/", "/"),
                (f"/admin/people/patient/{self.ana.pk}/assignments/", "/"), ("/static/", ""),
            ):  # fmt: skip
                with self.subTest(path=before, edge=edge[:20]):
                    assert client.get(before + raw + after).status_code < 500
            for cookie in ("sid", "csrf", "messages", "look", "emailed"):
                with self.subTest(cookie=cookie, edge=edge[:20]):
                    client.cookies[cookie] = raw[:3000]
                    assert client.get("/my/").status_code == 200
                    client.cookies.clear()
