"""A third language needs content and a .po file, and no line of code; an unknown one is refused at start."""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils.translation import trans_real

from learn.catalogs import compiled
from learn.lessons import overlays
from tests import overlays as made
from tests.cast import load_content
from tests.overlays import accented

pytestmark = pytest.mark.one_database

PO = """
msgid ""
msgstr ""
"Language: pt\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

#: templates/base.html
msgid "My learning"
msgstr "Minhas lições"

#, fuzzy
msgid "Get help"
msgstr "not checked"
"""


@pytest.mark.django_db
def test_a_third_language_is_content_and_a_po_file(tmp_path: Path, settings: Any) -> None:
    words = tmp_path / "locale" / "pt" / "LC_MESSAGES"
    words.mkdir(parents=True)
    (words / "django.mo").write_bytes(compiled(PO))
    settings.LOCALE_PATHS = [tmp_path / "locale"]  # before the languages: what was changed last is put back first
    with made.translated(tmp_path, "pt") as folder:
        trans_real._translations.clear()  # type: ignore[attr-defined]
        load_content(folder)
        visitor = Client(headers={"accept-language": "pt-BR"})
        told = visitor.get(reverse("step", args=["basics", "what-is-immunotherapy", 1])).content.decode()
        help_ = visitor.get(reverse("help")).content.decode()
    trans_real._translations.clear()  # type: ignore[attr-defined]
    assert '<html lang="pt"' in told
    assert "Minhas lições" in told
    assert "not checked" not in told
    assert accented("Call 911") in help_


def start(languages: str) -> subprocess.CompletedProcess[str]:
    env = {"LANGUAGES": languages, "SECRET_KEY": "x" * 50, "LEARN_ENV_FILE": os.devnull, "PATH": os.environ["PATH"]}
    code = "from learn import settings; print(settings.LANGUAGES)"
    return subprocess.run([sys.executable, "-c", code], env=env, cwd=site.BASE_DIR, capture_output=True, text=True)


@pytest.mark.parametrize("languages", ["xx", "en,xx", "es", "en;es", "en,fr"])
def test_an_unknown_language_is_refused_at_start(languages: str) -> None:
    """English is always there: it is what all other languages are translated from."""
    found = start(languages)
    assert found.returncode == 1
    assert "Write en, or it and others of: en, es" in found.stderr


def test_a_server_is_in_english_until_it_is_turned_on() -> None:
    assert start("").stdout.strip() == "[('en', 'English')]"
    assert start("en, es").stdout.strip() == "[('en', 'English'), ('es', 'Español')]"


def test_the_command_lists_and_stamps(tmp_path: Path) -> None:
    with made.translated(tmp_path) as folder:
        told = StringIO()
        call_command("translations", folder=folder, stdout=told)
        assert told.getvalue() == f"Spanish: {(n := len(overlays.names(folder)))} of {n} files are up to date.\n"
        source = folder / "lessons" / "il-2.yaml"
        source.write_text(source.read_text(encoding="utf-8").replace("IL-2", "IL 2", 1), encoding="utf-8")
        (folder / "es" / "lessons" / "interferons.yaml").unlink()
        told = StringIO()
        call_command("translations", folder=folder, stdout=told)
        assert "lessons/il-2.yaml is of an older text" in told.getvalue()
        assert "lessons/interferons.yaml is not there" in told.getvalue()
        call_command("translations", folder=folder, stamp=["lessons/il-2.yaml"], stdout=StringIO())
        assert overlays.state(folder, "lessons/il-2.yaml", "es") is overlays.State.FRESH
