"""Load the translations of the shipped lessons and questions (overlays.py) for the languages that are on.

A translation becomes an edition, or a revision, of its own, that names the one it translates. It is only made if the
published text is the shipped one, and the translation is of exactly that: so a reader never gets a text that is older
than the source. When the source is replaced or retired later, its translations are retired with it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from learn.languages import SOURCE, name_in_english
from learn.lessons import card, card_texts, content, governance, overlays
from learn.lessons.content import Data, named, read
from learn.lessons.left_alone import Report
from learn.lessons.models import Edition, Step
from learn.lessons.overlays import State as Standing
from learn.lessons.texts import digest
from quizzes import translating
from quizzes.models import Revision, State


def load(folder: Path) -> Report:
    """Load the translations in this folder, all or nothing. The lessons must have been loaded before.

    What is missing or stale is left out: it is shown in the source language. Raises ContentError if a file has other
    parts than its source.
    """
    report = Report()
    for language in dict(settings.LANGUAGES):
        if language != SOURCE:
            with transaction.atomic():
                _load(folder, language, report)
    return report


def _load(folder: Path, language: str, report: Report) -> None:
    standings = {}
    for name in overlays.names(folder):
        with named(f"{language}/{name}"):
            standings[name] = overlays.state(folder, name, language)
    with named("pictures.yaml"):
        here = {(row["lesson"], row["step"]): row for row in read(folder / "pictures.yaml")}
        drawn = {row["file"]: row for row in overlays.file("pictures.yaml", language, folder)}
    for name, standing in standings.items():
        if standing is Standing.FRESH and "/" in name:
            data, given = read(folder / name), read(folder / language / name)
            with named(f"{language}/{name}"):
                if name.startswith("quizzes/"):
                    _load_questions(data, overlays.merged(name, data, given), language, report)
                elif _has_pictures(data, here, standings["pictures.yaml"]):
                    _load_lesson(data, overlays.merged(name, data, given), here, drawn, language, report)
    if standings[card.FILE] is Standing.FRESH:
        card_texts.keep_words(read(folder / card.FILE), overlays.pairs(card.FILE, language, folder), language)
    stale = sum(standing is Standing.STALE for standing in standings.values())
    if stale:
        say = f"{name_in_english(language)}: {stale} files are of an older text and are shown in English"
        report.left_alone.append(f"{say}. `manage.py translations` lists them.")


def _has_pictures(data: Data, here: dict[tuple[str, str], Data], pictures: Standing) -> bool:
    """Return whether the pictures of a lesson, if it has any, can be told in the other language too."""
    return pictures is Standing.FRESH or not any((data["slug"], step["slug"]) in here for step in data["steps"])


def _load_lesson(
    data: Data,
    said: Data,
    here: dict[tuple[str, str], Data],
    drawn: dict[str, Data],
    language: str,
    report: Report,
) -> None:
    for step in data["steps"]:
        step["drawn"] = here.get((data["slug"], step["slug"]))
    source = Edition.objects.filter(
        lesson__slug=data["slug"], language=SOURCE, state=State.PUBLISHED, shipped=content.mark_of(data)
    ).first()
    if source is None:
        return
    told = [step | {"drawn": was["drawn"] and drawn[was["drawn"]["file"]]} for step, was in zip(
        said["steps"], data["steps"], strict=True
    )]  # fmt: skip
    mark = digest([said | {"steps": told}, source.pk])
    there = Edition.objects.filter(lesson=source.lesson_id, language=language)
    if there.filter(state=State.PUBLISHED, shipped=mark).exists():
        return
    edition = Edition(
        lesson_id=source.lesson_id, language=language, translates=source, shipped=mark,
        number=(there.aggregate(n=Max("number"))["n"] or 0) + 1,
        title=said["title"], short_title=said.get("short", ""), main_message=said["main_message"],
        remember=said["remember"], minutes=source.minutes,
        checked_on=source.checked_on, next_check=source.next_check,
    )  # fmt: skip
    edition.full_clean()
    edition.save()
    for step, was in zip(told, source.steps.order_by("position"), strict=True):
        words = {name: step[name] for name in ("heading", "body", "key_point")}
        picture: Data = step["drawn"] or {"alt": "", "key": []}
        row = Step(
            edition=edition, position=was.position, slug=was.slug, picture=was.picture, claims=was.claims,
            alt=picture["alt"], key=picture["key"], **words,
        )  # fmt: skip
        row.full_clean()
        row.save()
    governance.publish(edition=edition)
    report.added.append(f"lesson {data['slug']} in {name_in_english(language)}")


def _load_questions(data: Data, said: Data, language: str, report: Report) -> None:
    asked = Revision.objects.published(language=SOURCE).select_related("question")
    slugs = [row["slug"] for row in data["questions"]]
    sources = {revision.question.slug: revision for revision in asked.filter(question__slug__in=slugs)}
    made = Revision.objects.published(language=language).filter(translates__in=[r.pk for r in sources.values()])
    marks = dict(made.values_list("translates", "shipped"))
    for row, words in zip(data["questions"], said["questions"], strict=True):
        source = sources.get(row["slug"])
        if source is None or source.shipped != digest(row):
            continue
        mark = digest([words, source.pk])
        if marks.get(source.pk) != mark:
            texts: Any = {name: words[name] for name in ("objective", "stem", "why")}
            translating.translate(of=source, language=language, spec=content.spec_of(words), shipped=mark, **texts)
            report.added.append(f"question {row['slug']} in {name_in_english(language)}")
