"""A made-up translation of everything: each text with accents on its vowels, so what is not translated has none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import override_settings

from learn.lessons import overlays, symptoms, texts
from quizzes.templatetags import kept as drawn
from tests.cast import as_yaml

ACCENTS = str.maketrans("aeiou", "áéíóú")
LANGUAGES = [("en", "English"), ("es", "Español")]


def accented(text: str) -> str:
    """Return the text in the made-up language: as long as before."""
    return text.translate(ACCENTS)


def _told(shape: Any, data: Any) -> Any:
    if isinstance(shape, dict):
        return {key: _told(shape[key], value) for key, value in data.items()}
    if isinstance(shape, list):
        return [_told(shape[0], one) for one in data]
    return accented(data) if shape == overlays.TEXT else data


def write(folder: Path, name: str, language: str, *, of: str | None = None) -> dict[str, Any]:
    """Write the made-up translation of one file of this folder, and return it. `of`: its mark, if not the right one."""
    data = texts.read(folder / name)
    shape = overlays._shape(name)
    told: dict[str, Any] = {"of": overlays.digest(name, data) if of is None else of}
    told |= _told(shape, overlays.words(shape, overlays._wrapped(name, data)))
    save(folder, name, language, told)
    return told


def save(folder: Path, name: str, language: str, told: dict[str, Any]) -> None:
    """Write a translation."""
    path = folder / language / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_yaml(told), encoding="utf-8")


def forget() -> None:
    """Clear what is kept of the files, as after a restart."""
    texts.forget()
    for kept in (overlays.is_fresh, overlays._phrases, symptoms._said_in):
        kept.cache_clear()
    drawn._drawn.clear()
    drawn._size = 0


@contextmanager
def translated(tmp: Path, language: str = "es") -> Iterator[Path]:
    """Let the site have a made-up translation of all its content, and read it in two languages; yield the folder."""
    folder, before = tmp / "fixtures", texts.FIXTURES
    shutil.copytree(before, folder, ignore=shutil.ignore_patterns(*dict(LANGUAGES)))
    for name in overlays.names(folder):
        write(folder, name, language)
    on = [("en", "English"), (language, dict(LANGUAGES).get(language, language))]
    try:
        texts.FIXTURES = folder
        forget()
        with override_settings(LANGUAGES=on, LANGUAGE_COOKIE_NAME=settings.LANGUAGE_COOKIE_NAME):
            yield folder
    finally:
        texts.FIXTURES = before
        forget()
