"""A change of keys: each step of the procedure in docs/hospital-it.md, and what a wrong key is told."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as the_settings
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import RequestFactory

from learn.assignments import reminders
from learn.assignments.models import Reminder
from learn.people import codes, known_keys, sealing, tries
from learn.people.marks import KeyMark
from learn.people.models import User
from tests.cast import at, make_nurse, make_patient, make_team

NOW, LATER = at(20), at(21)
ROOT = Path(__file__).resolve().parent.parent.parent.parent
OLD, NEW, OTHER = "old-" + "0" * 50, "new-" + "1" * 50, "other-" + "2" * 50
pytestmark = pytest.mark.django_db

Settings = Any  # pytest-django's fixture


@pytest.fixture
def made(settings: Settings) -> dict[str, Any]:
    """What a site without a CODE_KEY has made with its SECRET_KEY: a card, a second step, a link, a known device."""
    settings.SECRET_KEY, settings.CODE_KEY = OLD, ""
    known_keys.note(now=NOW)
    noor, ana = make_nurse("noor"), make_patient(make_team())
    Authenticator.objects.create(user=noor, type="totp", data={"secret": sealing.seal("maple"), "last": 3})
    reminder = Reminder.objects.create(patient=ana, address="ana@example.com")
    response = HttpResponse()
    tries.know(RequestFactory().get("/"), response, str(noor.username))
    return {
        "card": codes.make(user=ana.user, by=noor, now=NOW),
        "stop": reminders.stop_address(reminder).split("/")[-2],
        "device": response.cookies["known"].value,
        "noor": noor,
    }


def works(made: dict[str, Any]) -> set[str]:
    """Return what still works."""
    card, found = made["card"], set()
    found |= {"letters"} if codes.by_letters(card.letters, at=LATER) else set()
    found |= {"link"} if codes.by_token(card.token, at=LATER) else set()
    found |= {"stop"} if reminders.behind(made["stop"], reminders.STOP) else set()
    with suppress(sealing.Unreadable):
        found |= {"second step"} if sealing.unseal(Authenticator.objects.get().data["secret"]) == "maple" else set()
    request = RequestFactory().get("/")
    request.COOKIES["known"] = made["device"]
    return found | ({"device"} if tries._counts(request, "noor")[0][0] == tries.KNOWN else set())


ALL = {"letters", "link", "stop", "second step", "device"}


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("keys", *arguments, stdout=out)
    return out.getvalue()


def test_a_site_without_a_code_key_goes_on_as_before(made: dict[str, Any], settings: Settings) -> None:
    assert works(made) == ALL
    settings.SECRET_KEY = NEW
    assert works(made) == set(), "this test would see a key that is gone"


@pytest.mark.parametrize(
    ("step", "now"),
    {
        "a new SECRET_KEY with its fallback": {"SECRET_KEY": NEW, "SECRET_KEY_FALLBACKS": [OLD]},
        "the CODE_KEY that make run writes": {"CODE_KEY": OLD},
        "that, then a new SECRET_KEY": {"CODE_KEY": OLD, "SECRET_KEY": NEW},
        "a new CODE_KEY with its fallback": {"CODE_KEY": NEW, "CODE_KEY_FALLBACKS": [OLD]},
        "both new": {"CODE_KEY": NEW, "CODE_KEY_FALLBACKS": [OLD], "SECRET_KEY": OTHER},
    }.items(),
)
def test_a_new_key_ends_no_card_no_second_step_and_no_link(
    made: dict[str, Any], settings: Settings, step: str, now: dict[str, Any]
) -> None:
    for name, value in now.items():
        setattr(settings, name, value)
    assert works(made) == ALL
    assert "CODE_KEY" not in known_keys.unknown()


def test_what_was_used_or_sealed_again_needs_no_fallback_any_more(made: dict[str, Any], settings: Settings) -> None:
    settings.CODE_KEY, settings.CODE_KEY_FALLBACKS = NEW, [OLD]
    assert "Cards and codes that were made before: 1." in run()
    code = codes.by_letters(made["card"].letters, at=LATER)
    assert codes.use(code=code, now=LATER)
    assert works(made) == ALL
    settings.CODE_KEY_FALLBACKS = []
    assert works(made) == {"letters", "second step"}, "the link was not used, and nobody has signed in since"


def test_a_new_card_is_made_with_the_new_key_alone(made: dict[str, Any], settings: Settings) -> None:
    settings.CODE_KEY, settings.CODE_KEY_FALLBACKS = NEW, [OLD]
    guest = User.objects.create_guest()
    card = codes.make(user=guest, by=guest, now=LATER)
    settings.CODE_KEY_FALLBACKS = []
    assert codes.by_letters(card.letters, at=LATER) == codes.by_token(card.token, at=LATER) == card.code


@pytest.mark.parametrize(("name", "said"), [("SECRET_KEY", "SECRET_KEY"), ("CODE_KEY", "CODE_KEY")])
def test_another_key_is_told_in_one_sentence_and_goes_on_only_when_it_is_said_to_be_lost(
    made: dict[str, Any], settings: Settings, name: str, said: str, client: Any
) -> None:
    settings.CODE_KEY = OLD
    assert client.get("/readyz").content == b"ready\n"
    setattr(settings, name, OTHER)
    (told,) = known_keys.problems()
    assert told.startswith(f"The database was used with another {said}. Set the one that this database was used with")
    assert (client.get("/readyz").status_code, client.get("/readyz").content.decode()) == (503, f"not ready: {told}\n")
    for command in ("keys", "remind"):
        with pytest.raises(CommandError, match=f"another {said}"):
            call_command(command)
    assert f"The earlier {said} is given up." in run("--lost")
    assert known_keys.problems() == []
    if name == "CODE_KEY":
        assert "1 cannot be read with any key" in run()


def test_the_first_start_knows_all_keys_and_a_second_note_changes_nothing(settings: Settings) -> None:
    assert known_keys.unknown() == []
    assert known_keys.note(now=NOW) == ["SECRET_KEY", "CODE_KEY"]
    assert known_keys.note(now=LATER) == []
    assert {known.since for known in KeyMark.objects.all()} == {NOW}
    assert settings.SECRET_KEY not in str(list(KeyMark.objects.values()))


def start(folder: Path, **keys: str) -> subprocess.CompletedProcess[str]:
    """Start a server's worker on a database in this folder, as granian does."""
    env = {
        "PATH": os.environ["PATH"],
        "LEARN_ENV_FILE": os.devnull,
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "learn.settings",
    }
    code = "import sys; sys.argv = ['manage.py', 'migrate', '--verbosity', '0']; from django.core.management import "
    code += "execute_from_command_line as run; run(sys.argv)"
    if not (folder / "db.sqlite3").exists():
        subprocess.run([sys.executable, "-c", code], env=env | keys, cwd=ROOT, check=True)
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "import learn.wsgi"],
        env=env | keys,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


@pytest.mark.one_database
def test_a_server_with_another_key_does_not_start(tmp_path: Path) -> None:
    assert start(tmp_path, SECRET_KEY=OLD).returncode == 0
    for secret, code, name in ((NEW, OLD, "SECRET"), (OLD, NEW, "CODE")):
        refused = start(tmp_path, SECRET_KEY=secret, CODE_KEY=code)
        said = f"The site does not start. The database was used with another {name}_KEY."
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
        assert refused.stderr.startswith(said)
    turned = {"SECRET_KEY": NEW, "SECRET_KEY_FALLBACKS": OLD, "CODE_KEY": OTHER, "CODE_KEY_FALLBACKS": f"x, {OLD}"}
    assert start(tmp_path, **turned).returncode == 0
    assert start(tmp_path, SECRET_KEY=NEW, CODE_KEY=OTHER).returncode == 0, "the new ones are known from now on"
    refused = start(tmp_path, SECRET_KEY=OLD)
    assert (refused.returncode, refused.stderr.count("another ")) == (1, 1), "one key for both is told once"


@pytest.mark.one_database
def test_make_run_keeps_the_key_that_has_made_the_cards(tmp_path: Path) -> None:
    text = (ROOT / "Makefile").read_text().split("define KEYS\n")[1].split("\nendef")[0]

    def lines(env: str, **environment: str) -> dict[str, str]:
        (tmp_path / ".env").write_text(env)
        plain = {"PATH": os.environ["PATH"]} | environment
        done = subprocess.run([sys.executable, "-c", text], cwd=tmp_path, env=plain, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return dict(shlex.split(line)[0].split("=", 1) for line in done.stdout.splitlines())

    fresh = lines("")
    assert fresh.keys() == {"SECRET_KEY", "CODE_KEY"}
    assert len(fresh["CODE_KEY"]) > 60 < len(fresh["SECRET_KEY"])
    assert fresh["CODE_KEY"] != fresh["SECRET_KEY"]
    assert lines(f"SECRET_KEY={OLD}\n") == {"CODE_KEY": OLD}
    assert lines(f"SECRET_KEY={OLD}\n", SECRET_KEY=NEW) == {"CODE_KEY": NEW}, "the environment is what was used"
    assert lines(f"SECRET_KEY={OLD}\nCODE_KEY={NEW}\n") == {}
    assert the_settings.CODE_KEY == ""
