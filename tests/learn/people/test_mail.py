"""What an email says: a template, whose first line is the subject."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from learn.people import mail
from tests.shipped import ROOT

CODE, LINK = {"code": "1234 5678"}, "https://learn.example/?a=1&b=<2>"
HOW = """Type this code on the page where you asked for it. It works for 15 minutes, and once.
Nobody from your care team will ask you for it.

    1234 5678

If it was not you, do nothing. Nobody gets in without the code.
"""
SAID = {
    "code_to_keep": (
        CODE,
        "The code that you asked for",
        f"""Hello,

Somebody, we hope you, wants to keep their progress on a learning page under this address.
{HOW}""",
    ),
    "code_to_sign_in": (
        CODE,
        "The code that you asked for",
        f"""Hello,

Somebody, we hope you, wants to open their learning page with this address.
{HOW}""",
    ),
    "address_taken": (
        {"page": LINK},
        "The code that you asked for",
        f"""Hello,

Somebody, we hope you, wants to keep their progress on a learning page under this address.
Another record is kept under it already, so nothing was changed. To open that one, sign in with this address:

{LINK}

If it was not you, do nothing.
""",
    ),
    "address_unknown": (
        {"page": LINK},
        "The code that you asked for",
        f"""Hello,

Somebody, we hope you, wants to open their learning page with this address.
It opens no learning page, so there is no code. Maybe you gave another address.
With a card or 12 letters, or with a sign-in name and a password, you can sign in here:

{LINK}

If it was not you, do nothing.
""",
    ),
    "address_removed": (
        {},
        "Your learning page",
        """Hello,

A learning page was kept under this address. It is not any more: somebody, we hope you, removed or changed the address.

If it was not you, somebody who uses the same phone or computer may have done it.
Sign in another way, if you can, and give your address again. If you have a nurse here, ask for a new card.
""",
    ),
    "reminder": (
        {"page": LINK, "stop": LINK + "stop"},
        "Your learning page",
        f"""Hello,

You asked for a short reminder. Your learning page has something for you. It takes a few minutes, and any time is fine.

{LINK}

Nobody reads email sent to this address. If you need your care team, call them.

To stop these emails, or to have none for a week:
{LINK}stop
""",
    ),
    "reminders_confirm": (
        {"on": LINK},
        "Please confirm your address",
        f"""Hello,

Somebody, we hope you, asked for short reminders from a learning page to be sent to this address.
Is that right? Open this page and press the button. The link works for 7 days:

{LINK}

If it was not you, do nothing. No more emails will come.
""",
    ),
}


@pytest.mark.parametrize(
    ("name", "context", "subject", "body"), [(name, *said) for name, said in SAID.items()], ids=SAID
)
def test_an_email_says_letter_by_letter(name: str, context: dict[str, str], subject: str, body: str) -> None:
    assert mail.written(f"mail/{name}.txt", context) == (subject, body)


def test_every_template_of_an_email_is_read_here() -> None:
    files = {path.stem for path in (ROOT / "templates" / "mail").iterdir()}
    assert files == {*SAID}


def override(folder: Path, settings: Any, text: str) -> None:
    """Let a hospital's own reminder stand in this folder."""
    (folder / "mail").mkdir()
    (folder / "mail" / "reminder.txt").write_text(text, encoding="utf-8")
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [folder, *engine["DIRS"]]}]


def test_a_hospitals_own_template_is_sent_instead(tmp_path: Path, settings: Any, mailoutbox: list[Any]) -> None:
    override(tmp_path, settings, "\n  Maple Clinic: a lesson \n\nOpen {{ page }}\n")
    mail.send("mail/reminder.txt", "ana@example.com", {"page": LINK, "stop": LINK})
    [sent] = mailoutbox
    assert (sent.subject, sent.body) == ("Maple Clinic: a lesson", f"Open {LINK}\n")


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["line-feed", "carriage-return"])
def test_a_subject_is_one_line_whatever_stands_in_it(
    end: str, tmp_path: Path, settings: Any, mailoutbox: list[Any]
) -> None:
    override(tmp_path, settings, "A lesson for {{ page }}\n\nHello.\n")
    mail.send("mail/reminder.txt", "ana@example.com", {"page": f"you{end}Bcc: eve@example.com"})
    [sent] = mailoutbox
    assert (sent.subject, sent.recipients()) == ("A lesson for you", ["ana@example.com"])
    assert "Bcc" not in str(sent.message()).partition("\n\n")[0]
