"""The permission matrix as data: the roles, the expected response of every URL for each role, and unusual input.

tests/test_access.py tests the site against it. A URL that has no row here makes that test fail.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

from django.contrib.auth.models import Group
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from learn.assignments import actions as assignments
from learn.assignments import reminders
from learn.assignments.actions import assign
from learn.assignments.models import Assignment, Reminder
from learn.desk import digests
from learn.desk.actions import fingerprint
from learn.desk.lesson_forms import LessonForm
from learn.lessons import reference, reviewing, rewording, writing
from learn.lessons.models import Edition, Lesson, Reference, Remark
from learn.people import roles, staff, teams
from learn.people.models import Membership, User
from learn.progress.models import TeachBack
from quizzes import authoring, formats, interchange, taking
from quizzes.admin.forms import FORMS
from quizzes.formats import known
from quizzes.models import Revision
from tests.cast import as_form, at, load_content, make_nurse, make_patient, make_team, right, send_text

VISITORS = ("anonymous", "disabled")  # the session of a disabled account is invalid from the next request
LEARNERS = ("guest", "ana", "ben")  # ben is another patient of the same team
NURSES = ("noor", "omar", "newcomer", "lead")  # ana's nurse; of another team; without a team; the lead of ana's team
STAFF = ("eda", "rex", "ivy")  # educator, clinical reviewer, IT
IT = ("ivy",)
ROLES = VISITORS + LEARNERS + NURSES + STAFF

# Both are redirects: ON to another page, ASKED to the sign-in page.
ON, ASKED = "led on", "asked to sign in"
REDIRECT = {"get": 302, "head": 302, "post": 303}
Cell = dict[str, int | str]


def cells(default: int | str, *exceptions: tuple[tuple[str, ...], int | str]) -> Cell:
    """Return a status, ON or ASKED, for every role: the default, overridden by the exceptions in order."""
    found = dict.fromkeys(ROLES, default)
    for who, status in exceptions:
        found |= dict.fromkeys(who, status)
    return found


SIGN_IN = (VISITORS, ASKED)
SIGN_OFF = (VISITORS, ON)  # no data is stored about them, and the page says so
ALL, NOT_ALLOWED = cells(200), cells(405)
DESK = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (NURSES, 200))
DESK_POST = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (NURSES + STAFF, 405))
OWN_NURSES = ("noor", "lead")
OTHERS_WITH_PATIENTS = ("omar",)  # sees the patient of his own team
ANAS_PAGE = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (OWN_NURSES, 200))

ANAS_POST = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (OWN_NURSES, ON))

EDITORS = ("eda", "rex")  # both see questions; only eda writes
SEE_QUESTIONS = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (EDITORS, 200))
WRITE_QUESTIONS = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (("eda",), 200))

# URL name: (response to GET and HEAD, response to POST)
TABLE: dict[str, tuple[Cell, Cell]] = {
    "start": (ALL, NOT_ALLOWED),
    "therapies": (ALL, NOT_ALLOWED),
    "therapy": (ALL, NOT_ALLOWED),
    "lesson": (cells(ON), NOT_ALLOWED),
    "step": (ALL, cells(ON)),
    "lesson_print": (ALL, NOT_ALLOWED),
    "check": (ALL, cells(ON)),
    "last_result": (cells(ON), NOT_ALLOWED),
    "review": (ALL, cells(ON)),
    "changes": (ALL, cells(ON)),
    "card_changes": (ALL, cells(ON)),
    "my": (ALL, NOT_ALLOWED),
    "kept_pages": (NOT_ALLOWED, cells(ON)),
    "questions": (ALL, cells(ON)),
    "keep": (ALL, cells(200, (("guest",), ON))),
    "stay": (cells(405, SIGN_IN), cells(204, SIGN_IN)),
    "new_code": (cells(200, SIGN_IN), cells(405, SIGN_IN)),
    "finish": (ALL, cells(ON)),
    "finished": (ALL, NOT_ALLOWED),
    "my_data": (ALL, NOT_ALLOWED),
    "my_data_file": (cells(200, SIGN_OFF), NOT_ALLOWED),
    "places": (cells(200, SIGN_IN), cells(ON, SIGN_IN)),
    "stop_sharing": (cells(ON, (("ana", "ben"), 200)), cells(ON)),
    "erase": (cells(404, SIGN_OFF, (LEARNERS, 200)), cells(404, SIGN_OFF, (LEARNERS, ON))),
    "erased": (ALL, NOT_ALLOWED),
    "code": (ALL, ALL),  # a wrong code shows the same page with a message
    "join": (cells(ON), ALL),  # to the page without the token; a press there, or here, shows the same message
    "card": (cells(ON), cells(ON)),  # without the cookie of a link, to the page for the letters
    "bring": (cells(ON, SIGN_IN), cells(ON, SIGN_IN)),
    "arrived": (cells(ON, SIGN_IN, (("ben",), 200)), cells(405, SIGN_IN)),  # ana has begun a check
    "help": (ALL, NOT_ALLOWED),
    "settings": (ALL, cells(ON)),
    "language": (NOT_ALLOWED, cells(ON)),
    "find": (ALL, NOT_ALLOWED),
    "words": (ALL, NOT_ALLOWED),
    "helping": (ALL, NOT_ALLOWED),
    "robots": (ALL, NOT_ALLOWED),
    "security_txt": (cells(404), NOT_ALLOWED),  # there is a page only with SECURITY_CONTACT
    "more": (ALL, NOT_ALLOWED),
    "about": (ALL, NOT_ALLOWED),
    "privacy": (ALL, NOT_ALLOWED),
    "accessibility": (ALL, NOT_ALLOWED),
    "healthz": (ALL, NOT_ALLOWED),
    "readyz": (ALL, NOT_ALLOWED),
    "account_login": (ALL, ALL),
    "account_signup": (cells(ON, ((*VISITORS, "guest"), 200)), cells(ON)),
    "account_logout": (cells(200, (VISITORS, ON)), cells(ON)),  # nobody is signed in
    "quizzes:question": (cells(404, SIGN_IN, (("ana",), 200)), cells(404, SIGN_IN, (("ana",), ON))),
    "quizzes:feedback": (cells(404, SIGN_IN, (("ana",), ON)), cells(405, SIGN_IN)),
    "quizzes:result": (cells(404, SIGN_IN, (("ana",), ON)), cells(405, SIGN_IN)),
    "admin:index": (DESK | dict.fromkeys((*EDITORS, "ivy"), ON), DESK_POST),
    "admin:login": (cells(ON), cells(ON)),
    "admin:people_patient_changelist": (DESK, DESK_POST),
    "admin:people_patient_matrix": (DESK, DESK_POST),
    "admin:people_patient_changed": (DESK, DESK_POST),
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
    "admin:quizzes_question_move": (DESK_POST, WRITE_QUESTIONS | {"eda": ON}),
    "admin:quizzes_question_take_in": (WRITE_QUESTIONS, WRITE_QUESTIONS | {"eda": ON}),
    "admin:quizzes_question_give_out": (SEE_QUESTIONS, DESK_POST),
    "admin:quizzes_question_file": (SEE_QUESTIONS, DESK_POST),
}
# Pages that show a patient record who looked: these pages, and no others, write an audit row on GET.
AUDITED = {
    "admin:index", "admin:people_patient_changelist", "admin:people_patient_change", "admin:people_patient_contact",
    "admin:people_patient_matrix", "admin:people_patient_assign", "admin:quizzes_question_file",
}  # fmt: skip
MAY_WRITE = {
    "questions", "step", "check", "review", "quizzes:question", "admin:people_patient_assign",
    "admin:people_patient_contact", "admin:people_patient_questions",
    "account_login", "code",
    *(f"admin:quizzes_question_{what}" for what in ("add", "write", "publish", "discard", "retire", "move")),
    "admin:quizzes_question_take_in",
}  # fmt: skip
MAY_WRITE |= {"places", "stop_sharing", "erase", "keep", "finish", "account_signup", "language"}

# Invitations, access codes, closing a record.
INVITES = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (NURSES, ON), (("newcomer",), 200))
DESK_GET = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (NURSES, 200))
TABLE |= {
    "admin:people_patient_invite": (DESK_GET, INVITES),
    "admin:people_patient_invite_many": (DESK_GET, INVITES),
    "admin:people_patient_invite_names": (DESK_GET, DESK_GET),  # the first time it only says what it would do
    "admin:people_patient_cards": (ANAS_PAGE, DESK_POST),
    "admin:people_patient_card": (ANAS_PAGE, ANAS_POST),
    "admin:people_patient_new_cards": (ANAS_PAGE, ANAS_POST),
    "admin:people_patient_lost": (ANAS_PAGE, ANAS_POST),
    "admin:people_patient_label": (ANAS_PAGE, ANAS_POST),
    "admin:people_patient_end": (ANAS_PAGE, ANAS_POST),
}
_LOOKED_AT = {f"admin:people_patient_{name}" for name in ("cards", "card", "new_cards", "lost", "label", "end")}
_PRESSED = {
    f"admin:people_patient_{name}"
    for name in ("invite", "invite_many", "invite_names", "card", "new_cards", "lost", "label", "end")
}
AUDITED |= _LOOKED_AT
MAY_WRITE |= _PRESSED

# Assignments.
INITIALS = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (NURSES + STAFF, ON))
DESK_POST_ONLY = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (NURSES + STAFF, 405))
TABLE |= {
    "admin:people_patient_undo": (DESK_POST_ONLY, cells(404, (VISITORS, ASKED), (("guest",), ASKED), (("noor",), ON))),
    "admin:people_patient_assignment": (ANAS_PAGE, ANAS_POST),
    "admin:people_patient_withdraw": (DESK_POST_ONLY, ANAS_POST),
    "admin:people_patient_in_person": (DESK_POST_ONLY, ANAS_POST),
    "admin:people_patient_cancel_card": (DESK_POST_ONLY, ANAS_POST),
    "admin:people_patient_take_back": (DESK_POST_ONLY, ANAS_POST),
}
AUDITED |= {"admin:people_patient_assignment"}
MAY_WRITE |= {"admin:people_patient_cancel_card", "admin:people_patient_take_back"}
MAY_WRITE |= {"admin:people_patient_undo", "admin:people_patient_assignment", "admin:people_patient_withdraw"}

# Teach-back and the note for the chart.
TABLE |= {
    "admin:people_patient_chart": (ANAS_PAGE, DESK_POST),
    "admin:people_patient_teach_back": (ANAS_PAGE, ANAS_POST),
    "admin:people_patient_teach_back_add": (ANAS_PAGE, ANAS_POST),
}
AUDITED |= {"admin:people_patient_chart", "admin:people_patient_teach_back", "admin:people_patient_teach_back_add"}
MAY_WRITE |= {"admin:people_patient_teach_back", "admin:people_patient_teach_back_add"}

# Reminders: the links in an email need no sign-in, because they are signed.
TABLE |= {
    "reminders": (ALL, cells(200, (("ana", "ben"), ON))),
    "reminders_on": (ALL, ALL),
    "reminders_stop": (ALL, ALL),
    "admin:people_patient_remind": (DESK_POST_ONLY, ANAS_POST),
}
MAY_WRITE |= {"reminders", "reminders_on", "reminders_stop", "admin:people_patient_remind"}
# The morning email of nurses: the link to stop it needs no sign-in.
OF_NURSES = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (NURSES, 200))
NURSES_POST = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (NURSES, ON))
TABLE |= {
    "admin:digest": (OF_NURSES, NURSES_POST),
    "admin:digest_on": (OF_NURSES, NURSES_POST),
    "digest_stop": (ALL, ALL),
}
MAY_WRITE |= {"admin:digest", "admin:digest_on", "digest_stop"}
# Codes by email: no code is pending here, so the page for the code redirects to the page that sends one.
TO_ASK = cells(ON, (NURSES + STAFF, 404))
TABLE |= {
    "email_in_code": (cells(ON), cells(ON)),
    "email_in": (ALL, cells(ON)),
    "email_keep_code": (TO_ASK, TO_ASK),
    "email_keep": (cells(404, SIGN_OFF, (LEARNERS, 200)), TO_ASK),
    "email_remove": (TO_ASK, TO_ASK),
}
MAY_WRITE |= {"email_in", "email_keep", "email_remove"}

# Export of progress, search for a patient, and the Desk's protection of shared or unattended screens.
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
    "admin:people_patient_lead": (LEADS, DESK_POST_ONLY),
    "admin:people_patient_lead_file": (LEADS, DESK_POST_ONLY),
    "admin:people_patient_merge": (LEADS, DESK_POST_ONLY),
    "admin:people_patient_merge_preview": (LEADS, LEADS_POST),
    "admin:people_patient_merge_undo": (DESK_POST_ONLY, cells(404, (VISITORS, ASKED), (("guest",), ASKED))),
    "admin:people_careteam_changelist": (LEADS, DESK_POST_ONLY),
    "admin:people_careteam_change": (LEADS, DESK_POST_ONLY),
    "admin:people_careteam_add": (DESK_POST_ONLY, LEADS_POST),
    "admin:people_careteam_member": (DESK_POST_ONLY, LEADS_POST),
    "admin:people_careteam_move": (DESK_POST_ONLY, LEADS_POST),
    "admin:people_careteam_audit": (LEADS, DESK_POST_ONLY),
    "admin:people_careteam_audit_file": (LEADS, DESK_POST_ONLY),
    "admin:people_auditevent_file": (LEADS | {"lead": 404, "ivy": 200}, DESK_POST_ONLY),
}
AUDITED |= {f"admin:people_careteam_{name}" for name in ("change", "audit", "audit_file")}
AUDITED |= {"admin:people_patient_merge", "admin:people_patient_merge_preview"}
MAY_WRITE |= {"admin:people_patient_merge_preview", "admin:people_patient_merge_undo", "admin:people_patient_in_person"}
OF_TWO = {"admin:people_patient_merge_preview"}  # pages that show two patients: one audit row each
AUDITED |= {"admin:people_auditevent_file"}
MAY_WRITE |= {"admin:people_careteam_add", "admin:people_careteam_member", "admin:people_careteam_move"}

# IT: staff, and the settings of all care teams; a lead changes the numbers of her own. IT sees no patient: every page
# about one says 404 to ivy above, and none of hers says anything about a patient (tests/test_access.py).
FOR_IT = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (("ivy",), 200))
FOR_IT_POST = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (("ivy",), ON))
OWN_PASSWORD = cells(404, (VISITORS, ASKED), (("guest",), ASKED), (NURSES + STAFF, 200))
TABLE |= {
    "admin:people_user_changelist": (FOR_IT, DESK_POST_ONLY),
    "admin:people_user_changes": (FOR_IT, DESK_POST_ONLY),
    "admin:people_user_add": (FOR_IT, FOR_IT_POST),
    "admin:people_user_change": (FOR_IT, FOR_IT_POST),
    "admin:people_user_disable": (DESK_POST_ONLY, FOR_IT_POST),
    "admin:people_user_password": (FOR_IT, FOR_IT_POST),
    "admin:people_user_slip": (FOR_IT, DESK_POST_ONLY),
    "admin:people_careteam_all": (FOR_IT, DESK_POST_ONLY),
    "admin:people_careteam_new": (FOR_IT, FOR_IT_POST),
    "admin:people_careteam_settings": (FOR_IT | {"lead": 200}, FOR_IT_POST | {"lead": ON}),
    "admin:people_careteam_close": (DESK_POST_ONLY, FOR_IT_POST),
    "admin:password": (OWN_PASSWORD, OWN_PASSWORD),  # the old password is wrong here
    "password": (cells(ON, SIGN_IN, (("ana", "ben"), 200)), cells(ON, SIGN_IN, (("ana", "ben"), 200))),
}
MAY_WRITE |= {f"admin:people_user_{name}" for name in ("add", "change", "disable", "password")}
MAY_WRITE |= {f"admin:people_careteam_{name}" for name in ("new", "settings", "close")}
MAY_WRITE |= {"admin:password", "password"}  # the try is counted

# The second step of staff, and single sign-on, which is not set up here. Nobody's sign-in waits for a second step.
OF_STAFF = cells(404, SIGN_IN, (NURSES + STAFF, 200))
OF_STAFF_ON = cells(404, SIGN_IN, (NURSES + STAFF, ON))
TABLE |= {
    "sso": (cells(404), NOT_ALLOWED),
    "sso_back": (cells(404), NOT_ALLOWED),
    "again": (OF_STAFF, OF_STAFF),
    "two_step": (OF_STAFF, cells(405, SIGN_IN)),
    "two_step_code": (cells(ON, SIGN_IN), cells(ON, SIGN_IN)),
    "two_step_app": (OF_STAFF, OF_STAFF),
    "two_step_passkey": (OF_STAFF, OF_STAFF),
    "two_step_codes": (OF_STAFF, OF_STAFF_ON),
    "two_step_remove": (cells(405, SIGN_IN), OF_STAFF_ON),
    "admin:people_user_two_step": (
        cells(404, (VISITORS, ASKED), (("guest",), ASKED), (("ivy",), 200)),
        cells(404, (VISITORS, ASKED), (("guest",), ASKED), (("ivy",), ON)),
    ),
}
MAY_WRITE |= {"again", "two_step_app"}  # a wrong code is counted

# Lessons: both write and review; only an educator changes a draft, only a clinical reviewer signs or settles a hold.
WRITES_LESSONS = WRITE_QUESTIONS | {"eda": ON}
EDITORS_ON = SEE_QUESTIONS | dict.fromkeys(EDITORS, ON)
TABLE |= {
    "admin:lessons_lesson_changelist": (SEE_QUESTIONS, DESK_POST_ONLY),
    "admin:lessons_lesson_new": (WRITE_QUESTIONS, WRITES_LESSONS),
    "admin:lessons_lesson_new_therapy": (WRITE_QUESTIONS, WRITES_LESSONS),
    "admin:lessons_lesson_order": (WRITE_QUESTIONS, WRITES_LESSONS),
    "admin:lessons_lesson_review": (SEE_QUESTIONS, DESK_POST_ONLY),
    "admin:lessons_lesson_holds": (SEE_QUESTIONS, EDITORS_ON | {"eda": 404}),
    "admin:lessons_lesson_take_in": (WRITE_QUESTIONS, WRITE_QUESTIONS),  # no file is sent here
    "admin:lessons_lesson_pack": (SEE_QUESTIONS, DESK_POST_ONLY),
    "admin:lessons_lesson_change": (SEE_QUESTIONS, WRITES_LESSONS),
    "admin:lessons_lesson_send": (DESK_POST_ONLY, WRITES_LESSONS),
    "admin:lessons_lesson_publish_typo": (DESK_POST_ONLY, EDITORS_ON),
    "admin:lessons_lesson_discard": (DESK_POST_ONLY, WRITES_LESSONS),
    "admin:lessons_lesson_retire": (DESK_POST_ONLY, EDITORS_ON),
    "admin:lessons_lesson_newer": (WRITE_QUESTIONS, WRITES_LESSONS),
    "admin:lessons_lesson_preview": (SEE_QUESTIONS, EDITORS_ON),
    "admin:lessons_lesson_frames": (SEE_QUESTIONS, DESK_POST_ONLY),
    "admin:lessons_lesson_read": (SEE_QUESTIONS, EDITORS_ON | {"eda": 200}),  # eda wrote the draft
    "admin:lessons_lesson_remark": (DESK_POST_ONLY, EDITORS_ON),
    "admin:lessons_lesson_remark_done": (DESK_POST_ONLY, WRITES_LESSONS),
}
# Translations: no other language is on here, so there is none. With one: tests/learn/languages/test_signatures.py.
NOT_THERE = cells(404, (VISITORS, ASKED), (("guest",), ASKED))
TABLE |= dict.fromkeys(
    ("admin:lessons_lesson_translation", "admin:lessons_lesson_shared_words"), (NOT_THERE, NOT_THERE)
)
TABLE |= {
    "admin:lessons_text_changelist": (SEE_QUESTIONS, DESK_POST_ONLY),
    "admin:lessons_text_new": (WRITE_QUESTIONS, WRITES_LESSONS),
    "admin:lessons_text_change": (SEE_QUESTIONS, WRITES_LESSONS),
    "admin:lessons_text_send": (DESK_POST_ONLY, WRITES_LESSONS),
    "admin:lessons_text_discard": (DESK_POST_ONLY, WRITES_LESSONS),
    "admin:lessons_text_retire": (DESK_POST_ONLY, EDITORS_ON),
    "admin:lessons_text_read": (SEE_QUESTIONS, EDITORS_ON | {"eda": 200}),  # eda wrote the draft
    "admin:lessons_text_newer": (WRITE_QUESTIONS, WRITES_LESSONS),
}
MAY_WRITE |= {f"admin:lessons_text_{name}" for name in ("new", "change", "send", "discard", "retire", "read", "newer")}
# Each kind of text (its draft was written by the lead): (response to GET, response to POST). Of the form for a new one,
# there is none for two kinds; of the decision, only a clinical reviewer has the one that publishes the call card.
_NEW, _NO_NEW = (WRITE_QUESTIONS, WRITE_QUESTIONS), (NOT_THERE, NOT_THERE)  # nothing is typed into the forms here
OF_TEXTS: dict[str, dict[str, tuple[Cell, Cell]]] = {
    kind: {
        "new": _NO_NEW if kind in ("card", "therapy") else _NEW,
        "change": (SEE_QUESTIONS, WRITE_QUESTIONS),
        "newer": (WRITE_QUESTIONS, WRITES_LESSONS),
        "read": (SEE_QUESTIONS, EDITORS_ON | ({"eda": 200} if kind == "card" else {})),
    }
    for kind in ("card", "medicine", "term", "visit", "pathway", "therapy")
}
_OF_LESSONS = ("new", "new_therapy", "order", "holds", "change", "send", "publish_typo", "discard", "retire", "newer")
MAY_WRITE |= {f"admin:lessons_lesson_{name}" for name in (*_OF_LESSONS, "read", "remark", "remark_done")}
# Sheets to print. An invitation as a PDF is a POST to the page that shows it.
TABLE |= dict.fromkeys(("on_paper", "pdf_overview", "pdf_wallet", "pdf_questions"), (ALL, NOT_ALLOWED))
TABLE |= dict.fromkeys(("pdf_therapy", "pdf_lesson"), (ALL, NOT_ALLOWED))
TABLE |= {
    "admin:people_patient_print": (ANAS_PAGE, DESK_POST),
    "admin:people_patient_cards": (ANAS_PAGE, ANAS_POST | dict.fromkeys(OWN_NURSES, 200)),
}
TABLE |= {f"admin:people_patient_chart_{kind}": (ANAS_PAGE, DESK_POST) for kind in ("fhir", "hl7")}
AUDITED |= {f"admin:people_patient_{name}" for name in ("print", "chart_fhir", "chart_hl7")}
TABLE |= {"admin:people_careteam_research": (LEADS | {"lead": ON}, DESK_POST_ONLY)}  # too few patients for a file
MAY_WRITE |= {"admin:people_patient_cards"}

# Input that a browser, a robot or a typing error may send in any field. The last two are not valid text.
EDGES: list[str | bytes] = [
    "", " ", "\x00", "a\x00b", "-1", "0", "2147483648", "9223372036854775808", "9" * 400, "NaN", "1e309", "²", "%",
    "x" * 100_000, "[" * 50_000, "💥", "'; DROP TABLE people_user; --", "<script>alert(1)</script>", "../../etc/passwd",
    "a\r\nSet-Cookie: x=1", "00000000-0000-0000-0000-000000000000", "\x00aaaaaaaaaaaa", "true",
    "None", b"\xed\xa0\x80", b"\xff\xfe",
]  # fmt: skip

# The role, the form fields and the query parameters for each URL. `{lesson}` is replaced by a lesson's primary key.
FIELDS: dict[str, tuple[str, list[str], list[str]]] = {
    "step": ("ana", ["step", "keep"], ["changed", "from"]),
    "changes": ("ana", ["edition"], []),
    "card_changes": ("ana", ["number"], []),
    "kept_pages": ("ana", ["remove"], []),
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
    "admin:people_patient_cards": ("noor", ["held"], ["patient"]),
    "admin:people_patient_new_cards": ("noor", [], ["patient"]),
    "admin:people_patient_print": ("noor", [], ["print", "lesson", "missed", "paper", "size"]),
    "on_paper": ("anonymous", [], ["paper", "size"]),
    "pdf_wallet": ("anonymous", [], ["paper", "size"]),
    "admin:people_patient_label": ("noor", ["label", "reference", "treatment", "drawn_from"], []),
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
    "admin:quizzes_question_changelist": ("eda", [], ["q", "quiz", "kind", "show", "sort", "after"]),
    "admin:quizzes_question_move": ("eda", ["quiz", "do", "at"], []),
    "admin:quizzes_question_take_in": ("eda", ["quiz", "document", "seen"], ["quiz"]),
    "admin:quizzes_question_give_out": ("eda", [], ["quiz"]),
    "admin:quizzes_question_file": ("eda", [], ["quiz", "format"]),
    "admin:quizzes_question_preview": ("eda", ["choice", "number"], []),
    "admin:quizzes_question_add": ("eda", ["stem", "answer", "feedback_true", "why"], ["quiz", "kind", "instead"]),
    "admin:quizzes_question_write": (
        "eda",
        ["stem", "why", "objective", "source", "critical", "choose", "text_0", "right_0", "feedback_1", "seen"],
        [],
    ),
    "admin:quizzes_question_publish": ("rex", ["as", "seen"], []),
    "admin:quizzes_question_discard": ("eda", ["seen"], []),
    "admin:quizzes_question_retire": ("eda", ["seen"], []),
    "settings": ("anonymous", ["text", "colors", "listen", "helper", "next"], ["next"]),
    "language": ("anonymous", ["language", "next"], []),
    "admin:people_patient_changelist": ("noor", [], ["after"]),
    "admin:people_patient_changed": ("noor", [], ["after"]),
    "admin:people_patient_contact": ("noor", ["note", "staff_only", "number"], []),
    "admin:people_patient_teach_back": (
        "noor",
        ["l{lesson}", "topic", "to_whom", "language", "barriers", "note", "number"],
        ["question"],
    ),
    "admin:people_patient_teach_back_add": ("noor", ["outcome", "note", "number"], []),
    "admin:people_patient_questions": ("noor", ["talked", "undo"], []),
    "admin:people_patient_assign": ("noor", ["pathways", "lessons", "due", "note", "again"], ["patient"]),
    "admin:people_patient_assignment": ("noor", ["due", "note", "again", "drawn_from"], []),
    "admin:people_patient_in_person": ("noor", ["on"], []),
    "admin:people_patient_invite_names": ("noor", ["names", "file", "checked", "another", "drawn"], []),
    "admin:people_patient_lead": ("lead", [], ["time", "team", "therapy"]),
    "admin:people_patient_lead_file": ("lead", [], ["time", "team", "therapy"]),
    "admin:people_patient_merge": ("lead", [], ["q"]),
    "admin:digest": ("noor", ["address", "do"], []),
    "reminders": ("ana", ["address"], []),
    "reminders_stop": ("anonymous", ["do"], []),
    "again": ("noor", ["secret", "credential"], ["next"]),
    "two_step_app": ("noor", ["code"], []),
    "two_step_passkey": ("noor", ["name", "credential"], []),
    "two_step_remove": ("noor", ["which"], []),
    "admin:people_careteam_add": ("lead", ["name"], []),
    "admin:people_careteam_member": ("lead", ["do"], []),
    "admin:people_careteam_move": ("lead", ["patient", "to"], []),
    "admin:people_careteam_audit": ("lead", [], ["patient", "who", "after"]),
    "admin:people_user_changelist": ("ivy", [], ["show", "sort", "q", "after"]),
    "admin:people_careteam_all": ("ivy", [], ["q", "after"]),
    "admin:people_user_changes": ("ivy", [], ["after"]),
    "admin:people_user_add": ("ivy", ["name", "username", "role", "care_teams"], []),
    "admin:people_user_change": ("ivy", ["role", "care_teams", "seen"], []),
    "admin:people_user_disable": ("ivy", ["do"], []),
    "admin:people_careteam_new": ("ivy", ["name", "day_phone", "night_phone", "fever", "zone", "lead", "called"], []),
    "admin:people_careteam_settings": ("ivy", ["name", "day_phone", "fever", "zone", "lead", "called", "seen"], []),
    "admin:people_careteam_close": ("ivy", ["do"], []),
    "admin:password": ("noor", ["old", "new"], []),
    "password": ("ana", ["old", "new"], []),
    "admin:people_careteam_audit_file": ("lead", [], ["patient", "who"]),
    "places": ("ana", ["end", "others"], []),
    "admin:lessons_lesson_changelist": ("eda", [], ["show"]),
    "admin:lessons_lesson_new": ("eda", ["title", "therapy"], ["therapy"]),
    "admin:lessons_lesson_new_therapy": ("eda", ["summary"], []),
    "admin:lessons_lesson_order": ("eda", ["up"], []),
    "admin:lessons_lesson_holds": ("rex", ["note", "why"], []),
    "admin:lessons_lesson_change": ("eda", ["minutes", "body_0", "slug_0", "picture_0", "claims_0", "count", "do"], []),
    "admin:lessons_lesson_send": ("eda", ["asked", "seen"], []),
    "admin:lessons_lesson_read": ("rex", ["verdict", "role", "next_check", "seen"], []),
    "admin:lessons_lesson_remark": ("rex", ["about", "text"], []),
    "admin:lessons_lesson_preview": ("eda", ["count"], ["colors"]),
    "admin:lessons_text_changelist": ("eda", [], ["kind", "q", "show"]),
    "admin:lessons_text_new": ("eda", ["term", "say", "meaning"], []),
    "admin:lessons_text_change": ("eda", ["term", "say", "meaning", "seen"], []),
    "admin:lessons_text_send": ("eda", ["asked", "seen"], []),
    "admin:lessons_text_read": ("rex", ["verdict", "why", "seen"], []),
}


NUMBERS = {"day_phone": "555-010-0111", "night_phone": "555-011-0111 ext. 3", "fever": "101 °F"}


def lesson_form(edition: Edition) -> dict[str, Any]:
    """Return what a browser would send if the form of this lesson is not changed."""
    text = writing.text_of(edition)
    form = LessonForm(text, writing.fingerprint(edition))
    return {name: form.initial.get(name, "") for name in form.fields} | {"count": len(text.steps)}


def draft_in_review(lesson: Lesson, by: User) -> Edition:
    """Return a draft of this lesson that was sent for review; newer shipped text is available too."""
    there = writing.newest(lesson)
    assert there is not None
    text = writing.text_of(there)
    text = replace(text, title=f"{text.title}, told anew")
    made = writing.write(lesson=lesson, seen=writing.fingerprint(there), text=text, by=by, now=at(20))
    writing.send(lesson=lesson, seen=writing.fingerprint(made), asked="", now=at(20))
    Lesson.objects.filter(pk=lesson.pk).update(newer="0" * 64)
    return Edition.objects.select_related("lesson").get(pk=made.pk)


def in_review(kind: str, slug: str, by: User, **over: str) -> rewording.Standing:
    """Return how a text stands of which this person sent a draft for review; a newer shipped text is available too."""
    send_text(kind, slug, by, **over)
    Reference.objects.update(newer="0" * 64)
    found = rewording.standing(kind, slug)
    assert found is not None
    return found


class World:
    """A person with a session for every role, and the data that the URLs and forms need."""

    def __init__(self) -> None:
        load_content()
        maple, cedar = make_team(), make_team("Cedar team")
        self.ana = make_patient(maple, "Ana", name="ana")
        ben = make_patient(maple, "Ben", name="ben")
        cai = make_patient(cedar, "Cai", name="cai")
        people = {"guest": User.objects.create_guest(), "ana": self.ana.user, "ben": ben.user}
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
        self.people = people
        lesson = Lesson.objects.select_related("therapy", "quiz").get(slug="side-effects-when-to-call")
        for patient, nurse in ((self.ana, "noor"), (cai, "omar")):  # both are overdue, so that each is on a worklist
            assign(patients=[patient], lessons=[lesson], due=at(1).date(), note="", by=people[nurse], now=at(1))
        self.attempt = taking.start(learner=self.ana.user, quiz=lesson.quiz, language="en", now=at(20))
        revision = self.attempt.items.select_related("revision")[0].revision
        due, other = at(30).date(), Lesson.objects.get(slug="what-is-immunotherapy")
        act = assign(patients=[self.ana], lessons=[other], due=due, note="", by=people["noor"], now=timezone.now())
        asked = {"pk": self.ana.pk, "assignment": self.ana.assignments.get(lesson=other).pk}
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
        wish = Reminder.objects.create(patient=self.ana, address="ana@example.com", confirmed=at(20))
        n = {"attempt": self.attempt.pk, "n": 1}
        self.lesson = lesson
        said = TeachBack.objects.create(
            patient=self.ana, lesson=lesson, topic="When to call", outcome="prompt", to_whom="patient",
            nurse=people["disabled"], at=at(20), number=1, place=1,
        )  # fmt: skip
        step = {"therapy": lesson.therapy.slug, "lesson": lesson.slug}
        written = draft_in_review(Lesson.objects.get(slug="interferons"), by=people["eda"])
        remark = Remark.objects.create(edition=written, about="", by=people["rex"], at=at(20), text="Look again.")
        incoming = interchange.plan(known.read(b"Which?{=A#Y. ~B#N. ####W.}"), lesson.quiz)
        self.kwargs: dict[str, dict[str, Any]] = {
            "therapy": {"therapy": lesson.therapy.slug},
            "lesson": step,
            "step": step | {"n": 1},
            "lesson_print": step,
            "pdf_lesson": {"lesson": lesson.slug},
            "pdf_therapy": {"therapy": lesson.therapy.slug},
            "changes": step,
            "check": {"lesson": lesson.slug},
            "last_result": {"lesson": lesson.slug},
            "quizzes:question": n,
            "quizzes:feedback": n,
            "quizzes:result": {"attempt": self.attempt.pk},
            **{
                f"admin:people_patient_{name}": {"pk": self.ana.pk}
                for name in (
                    "card",
                    "cancel_card",
                    "lost",
                    "label",
                    "end",
                    "take_back",
                    "print",
                    "chart_fhir",
                    "chart_hl7",
                )
            },
            **{f"admin:people_patient_{name}": {"pk": self.ana.pk} for name in ("print", "chart_fhir", "chart_hl7")},
            "join": {"token": "AAAAAAAAAAAAAAAAAAAAAA"},
            "admin:people_patient_change": {"pk": self.ana.pk},
            **{
                f"admin:quizzes_question_{what}": {"pk": mended.question_id}
                for what in ("change", "write", "publish", "discard", "retire", "move")
            },
            "admin:quizzes_question_preview": {"pk": mended.question_id, "number": 2},
            "admin:people_patient_contact": {"pk": self.ana.pk},
            "admin:people_patient_chart": {"pk": self.ana.pk},
            "admin:people_patient_teach_back": {"pk": self.ana.pk},
            "admin:people_patient_teach_back_add": {"pk": self.ana.pk, "first": said.pk},
            "admin:people_patient_questions": {"pk": self.ana.pk},
            "admin:people_patient_undo": {"act": act.pk if act else 0},
            "admin:people_patient_assignment": asked,
            "admin:people_patient_withdraw": asked,
            "admin:people_patient_in_person": asked,
            "admin:people_patient_merge": {"pk": self.ana.pk},
            "admin:people_patient_merge_preview": {"pk": self.ana.pk, "other": people["ben"].patient.pk},
            "admin:people_patient_merge_undo": {"pk": self.ana.pk, "merge": 1},
            "digest_stop": {"token": signing.dumps(0, salt=digests.STOP)},
            "admin:digest_on": {"token": signing.dumps((0, "noor@example.com"), salt=digests.ON)},
            "reminders_on": {"token": signing.dumps((wish.pk, "ana@example.com"), salt=reminders.ON)},
            "reminders_stop": {"token": signing.dumps(wish.pk, salt=reminders.STOP)},
            "admin:people_patient_remind": {"pk": self.ana.pk},
            "admin:people_careteam_member": member,
            "admin:people_user_two_step": {"pk": people["noor"].pk},
        }
        self.kwargs |= {
            f"admin:people_careteam_{name}": {"pk": maple.pk}
            for name in ("change", "add", "move", "audit", "audit_file", "research")
        }
        self.kwargs |= {
            f"admin:people_user_{name}": {"pk": people["noor"].pk} for name in ("change", "disable", "password", "slip")
        }
        self.kwargs |= {f"admin:people_careteam_{name}": {"pk": maple.pk} for name in ("settings", "close")}
        for_lesson = [name.removeprefix("admin:lessons_lesson_") for name in TABLE if "lessons_lesson_" in name]
        without = {"changelist", "new", "new_therapy", "order", "review", "holds", "take_in", "shared_words"}
        self.kwargs |= {
            f"admin:lessons_lesson_{name}": {"pk": written.lesson_id}
            | ({"n": 1} if name in ("preview", "frames") else {})
            | ({"remark": remark.pk} if name == "remark_done" else {})
            | ({"language": "es"} if name == "translation" else {})
            for name in for_lesson
            if name not in without
        }
        word = in_review("term", "antigen", people["eda"], meaning="A mark on a germ.")
        drafted = {"card": ("call-card", "above"), "medicine": ("cemiplimab", "say"), "term": ("antibody", "meaning"),
                   "visit": ("cost", "text"), "pathway": ("bcg", "name"), "therapy": ("basics", "title")}  # fmt: skip
        self.texts = {
            kind: in_review(kind, slug, people["lead"], **{field: "Ours it is"})
            for kind, (slug, field) in drafted.items()
        }
        self.kwargs |= {
            f"admin:lessons_text_{name}": {"kind": "term", "slug": "antigen"}
            for name in ("change", "send", "discard", "retire", "read", "newer")
        }
        self.kwargs["admin:lessons_text_new"] = {"kind": "term"}
        self.kwargs["admin:lessons_lesson_shared_words"] = {"language": "es", "name": "site"}
        self.kwargs["admin:lessons_lesson_pack"] = {"pk": written.lesson.therapy_id}
        self.query = {
            "admin:people_patient_assign": f"?patient={self.ana.pk}",
            "admin:people_patient_cards": f"?patient={self.ana.pk}",
            "admin:people_patient_new_cards": f"?patient={self.ana.pk}",
            "admin:people_patient_find": "?q=a",
            "admin:quizzes_question_add": f"?quiz={lesson.slug}&kind=truth",
            "admin:quizzes_question_file": f"?quiz={lesson.slug}&format=gift",
        }
        self.form: dict[str, dict[str, Any]] = {
            "admin:lessons_lesson_new": {"title": "A new one", "therapy": lesson.therapy.slug},
            "admin:lessons_lesson_new_therapy": {"title": "Heart surgery", "summary": "S.", "kind": "therapy"},
            "admin:lessons_lesson_order": {"up": "lesson:nobody:nowhere"},
            "admin:lessons_lesson_holds": {
                "note": next(iter(reference.all_holds())),
                "settled": "1",
                "role": "pharmacist",
                "why": "Read it.",
            },
            "admin:lessons_lesson_change": lesson_form(written) | {"do": "save", "title": "Interferons, again"},
            "admin:lessons_lesson_send": {"seen": writing.fingerprint(written), "asked": "Look."},
            "admin:lessons_lesson_read": {
                "verdict": "publish",
                "next_check": (timezone.localdate() + timedelta(days=90)).isoformat(),
                "seen": reviewing.fingerprint(written, reviewing.questions(written.lesson)),
            },
            "admin:lessons_text_new": {"term": "Zebra", "say": "", "meaning": "An animal."},
            "admin:lessons_text_change": {
                "term": "antigen",
                "say": "",
                "meaning": "Another mark.",
                "seen": word.fingerprint,
            },
            "admin:lessons_text_send": {"seen": word.fingerprint, "asked": "Look."},
            "admin:lessons_text_discard": {"seen": word.fingerprint},
            "admin:lessons_text_read": {"verdict": "publish", "seen": word.fingerprint},
            "admin:lessons_lesson_remark": {"about": "", "text": "Look once more."},
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
            "admin:people_patient_assignment": {
                "due": "2026-12-05",
                "note": "Soon",
                "drawn_from": assignments.fingerprint(Assignment.objects.get(pk=asked["assignment"])),
            },
            "admin:people_patient_in_person": {"on": "2026-11-20"},
            "admin:digest": {"address": "noor@example.com"},
            "admin:people_patient_invite_names": {
                "names": "Dee",
                "pathway": "later",
                "when": "7",
                "team": maple.pk,
            },
            "reminders": {"address": "new@example.com"},
            "reminders_stop": {"do": "pause"},
            "admin:people_careteam_add": {"name": "newcomer"},
            "admin:people_careteam_member": {"do": "lead"},
            "admin:people_careteam_move": {"patient": [self.ana.pk], "to": oak.pk},
            "admin:people_user_add": {"name": "Nell", "username": "nell", "role": roles.NURSE},
            "admin:people_user_change": {
                "role": roles.NURSE,
                "care_teams": [maple.pk],
                "seen": staff.fingerprint(people["noor"]),
            },
            "admin:people_user_disable": {"do": "disable"},
            "admin:people_careteam_new": NUMBERS | {"name": "Pine team", "zone": "America/Denver"},
            "admin:people_careteam_settings": NUMBERS
            | {"name": "Maple team", "zone": "America/New_York", "seen": teams.fingerprint(maple)},
            "admin:people_careteam_close": {"do": "close"},
            "admin:password": {"old": "wrong", "new": "maple leaves in fall"},
            "password": {"old": "wrong", "new": "maple leaves in fall"},
            "again": {"secret": "wrong"},
            "two_step_app": {"code": "000000"},
            "two_step_passkey": {"name": "Key", "credential": "{}"},
            "two_step_remove": {"which": 1},
            "account_login": {"login": "ana", "password": "wrong"},
            "keep": {"how": "code"},
            "account_signup": {"username": "dora", "password1": "maple leaves in fall"},
            "admin:quizzes_question_preview": as_form(mended, right(mended)),
            "admin:quizzes_question_write": {k: v for k, v in typed.items() if v not in (None, False, "")},
            "admin:quizzes_question_publish": {"as": "meaning", "seen": authoring.fingerprint(draft)},
            "admin:quizzes_question_discard": {"seen": authoring.fingerprint(draft)},
            "admin:quizzes_question_retire": {"seen": authoring.fingerprint(mended)},
            "admin:quizzes_question_move": {"quiz": lesson.quiz_id, "do": "down", "at": 1},
            "admin:quizzes_question_take_in": {
                "quiz": lesson.slug,
                "seen": incoming.seen,
                "document": formats.dumps(incoming.document),
            },
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
            "email_in_code": {"code": "1234 5678"},
            "email_keep_code": {"code": "1234 5678"},
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
            "admin:people_patient_label": {"label": "Anna", "reference": "", "drawn_from": fingerprint(self.ana)},
            "admin:people_patient_end": {"why": "moved"},
            "code": {"letters": "BCDF GHJK LMNP"},
            "settings": {"text": "large", "colors": "dark", "listen": "hide", "helper": "yes"},
            "language": {"language": "en", "next": "/help/"},
        }
        self.cookies = {role: self._sign_in(role) for role in ROLES}
        User.objects.filter(pk=people["disabled"].pk).update(is_active=False)

    def _sign_in(self, role: str) -> SimpleCookie:
        client = Client()
        if role != "anonymous":
            client.force_login(self.people[role])
            client.get(reverse("accessibility"))  # this request stores the start time in the session
            session = client.session
            session["again"] = (
                session["since"] + 24 * 3600
            )  # asked again long after these tests (learn/people/again.py)
            session.save()
        return client.cookies

    def client(self, role: str) -> Client:
        """Return a test client with the session of this role."""
        client = Client(raise_request_exception=False)
        client.cookies = SimpleCookie(self.cookies[role].output(header=""))
        return client

    def address(self, name: str, *, plain: bool = False) -> str:
        """Return the URL path for this name with its query string; without the query string if `plain` is true."""
        return reverse(name, kwargs=self.kwargs.get(name)) + ("" if plain else self.query.get(name, ""))
