"""A lesson pack: lessons with their questions as one file, to be taken in by another site as drafts.

It is a zip of YAML files in the shape of fixtures/: therapies.yaml, pictures.yaml (pictures by name), lessons/*.yaml,
quizzes/*.yaml. It comes from elsewhere, so nothing in it is believed: sizes and names are limited, the whole is
checked, and then everything is saved in one transaction, or nothing.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import yaml
from django.db import transaction

from learn.languages import SOURCE
from learn.lessons import content, draft, governance, shapes, texts, writing
from learn.lessons.content import Data, named
from learn.lessons.models import Edition, Lesson, Step, Therapy
from learn.people.models import User
from quizzes import authoring
from quizzes.models import Question, Quiz, QuizItem, Revision, State

MOST_BYTES, MOST_FILES, MOST_OF_ONE = 2_000_000, 120, 300_000  # of the zip; in it; of one file, unpacked
NAME = re.compile(r"(?:therapies|pictures|(?:lessons|quizzes)/[a-z0-9_-]{1,80})\.yaml")
LESSON: Data = {k: v for k, v in content.LESSON.items() if k not in ("checked", "next_check", "same_meaning?")}
LESSON |= {"checked?": "date", "next_check?": "date"}
QUESTION: Data = {k: v for k, v in content.QUESTION.items() if k != "item"} | {"item?": "text"}
SAME = ("kind", "critical", "objective", "stem", "why")


class BadPack(ValueError):
    """The file is no lesson pack that can be taken in. The message is one sentence that says why."""


class _Plain(yaml.SafeDumper):
    """Writes each part out, and none as a reference to another: `read` refuses those."""

    def ignore_aliases(self, data: Any) -> bool:
        """Return true for everything."""
        return True


@dataclass
class Taken:
    """What was taken in: titles of lessons with a new draft, and of those that are here already, word for word."""

    drafts: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    questions: int = 0


def write(lessons: Iterable[Lesson]) -> bytes:
    """Return a lesson pack with the published editions of these lessons, and the questions that are asked now."""
    found = list(lessons)
    editions = Edition.objects.filter(lesson__in=found, state=State.PUBLISHED, language=SOURCE)
    files: dict[str, Any] = {"therapies.yaml": {}, "pictures.yaml": []}
    for edition in editions.select_related("lesson__therapy", "lesson__quiz").order_by(
        "lesson__therapy__position", "lesson__position"
    ):
        lesson, steps = edition.lesson, list(edition.steps.order_by("position"))
        therapy = lesson.therapy
        files["therapies.yaml"][therapy.slug] = {
            k: getattr(therapy, k) for k in ("slug", "position", "kind", "title", "summary")
        }
        files["pictures.yaml"] += [_picture(lesson, step) for step in steps if step.picture]
        files[f"lessons/{lesson.slug}.yaml"] = _lesson(edition, steps)
        files[f"quizzes/{lesson.slug}.yaml"] = _quiz(lesson, edition.title, steps)
    files["therapies.yaml"] = list(files["therapies.yaml"].values())
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in files.items():
            text = yaml.dump(data, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=1000)
            zipped.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def _picture(lesson: Lesson, step: Step) -> Data:
    return {
        "file": step.picture, "lesson": lesson.slug, "step": step.slug, "claims": list(step.claims), "alt": step.alt,
        "key": list(step.key),
    }  # fmt: skip


def _lesson(edition: Edition, steps: list[Step]) -> Data:
    lesson = edition.lesson
    data: Data = {"therapy": lesson.therapy.slug, "slug": lesson.slug, "position": lesson.position}
    data |= {"read_first": True} if lesson.read_first else {}
    data |= {k: getattr(edition, k) for k in ("language", "title", "main_message", "remember", "minutes")}
    dates = {"checked": edition.checked_on, "next_check": edition.next_check}
    data |= {name: day for name, day in dates.items() if day}
    return data | {"steps": [{k: getattr(step, k) for k in content.STEP} for step in steps]}


def _quiz(lesson: Lesson, title: str, steps: list[Step]) -> Data:
    asked = Revision.objects.published(language=SOURCE).filter(question__quizitem__quiz=lesson.quiz_id)
    rows = asked.select_related("question").order_by("question__quizitem__position")
    taught = {step.slug: list(step.claims) for step in steps}
    return {"slug": lesson.slug, "title": title, "questions": [row_of(row, taught) for row in rows]}


def row_of(revision: Revision, taught: dict[str, list[str]]) -> Data:
    """Return a question as a file has it. `taught` has the facts of each step; a question has those of its step."""
    step = revision.source.partition("/")[2]
    step = step if step in taught else next(iter(taught), "")
    data = {"slug": revision.question.slug} | {name: getattr(revision, name) for name in SAME}
    data |= {"claims": taught.get(step, []), "step": step}
    return data | parts_of(revision)


def parts_of(revision: Revision) -> Data:
    """Return what can be chosen in a question, as a file has it: the reverse of `content.spec_of`."""
    spec = revision.spec
    if revision.kind == "truth":
        feedback = spec["feedback"]
        return {"answer": spec["answer"], "if_true": feedback["true"], "if_false": feedback["false"]}
    if revision.kind == "matching":
        tiles = {tile["id"]: tile["text"] for tile in spec["cards"]}
        rows = [{"text": r["text"], "match": tiles[r["card"]], "feedback": r["feedback"]} for r in spec["rows"]]
        return {"rows": rows}
    if revision.kind == "ordering":
        return {"cards": [tile["text"] for tile in spec["cards"]], "if_wrong": spec["feedback"]}
    choices = [
        {"text": c["text"], "feedback": c["feedback"]} | ({"right": True} if c["right"] else {})
        for c in spec["choices"]
    ]
    return {"choose": spec["choose"], "choices": choices}


def read(packed: bytes) -> dict[str, Any]:
    """Return the data of each file in a lesson pack, by its name. Raises BadPack."""
    if len(packed) > MOST_BYTES:
        raise BadPack(f"The file is too large: {MOST_BYTES // 1_000_000} MB at most.")
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as zipped:
            names = [info.filename for info in zipped.infolist()]
            if len(names) > MOST_FILES or len(names) != len(set(names)):
                raise BadPack(f"The file has too many parts, or one twice: {MOST_FILES} parts at most.")
            if strange := next((name for name in names if not NAME.fullmatch(name)), None):
                raise BadPack(f"“{strange[:80]}” does not belong into a lesson pack.")
            return {name: _data(zipped, name) for name in names}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise BadPack("This is no lesson pack: the file cannot be unpacked.") from error


def _data(zipped: zipfile.ZipFile, name: str) -> Any:
    """Return the data of one file in the zip. Its real size is counted while it is unpacked."""
    with zipped.open(name) as part:
        try:
            held = part.read(MOST_OF_ONE + 1)
        except Exception as error:  # zlib, lzma and bz2 have errors of their own
            raise BadPack("This is no lesson pack: the file cannot be unpacked.") from error
    if len(held) > MOST_OF_ONE:
        raise BadPack(f"“{name}” is too large: {MOST_OF_ONE // 1000} KB at most.")
    try:
        text = held.decode("utf-8")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=texts.LOADER)):
            raise BadPack(f"“{name}” refers to parts of itself. Write each part out.")
        return yaml.load(text, Loader=texts.LOADER)  # noqa: S506 - a safe loader
    except (UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, BadPack):
            raise
        raise BadPack(f"“{name}” cannot be read: it is no valid YAML.") from error


def take_in(packed: bytes, *, by: User, now: datetime) -> Taken:
    """Take in a lesson pack: everything as drafts by this person, or nothing. Raises BadPack.

    A therapy type that is here already stays as it is. A lesson that is here gets a draft, if its text differs.
    """
    files = read(packed)
    try:
        with transaction.atomic():
            lessons = _checked(files)
            governance.hold_still()
            rows = sorted(files["therapies.yaml"], key=lambda row: row["position"])
            therapies = {row["slug"]: _therapy(row) for row in rows}
            taken = Taken()
            for name, (lesson, quiz) in sorted(lessons.items(), key=lambda one: one[1][0]["position"]):
                with named(name):
                    _take(lesson, quiz, therapies, taken, by=by, now=now)
            return taken
    except (content.ContentError, writing.Unfit) as error:
        raise BadPack(f"Nothing was taken in. {error}") from error


def _checked(files: dict[str, Any]) -> dict[str, tuple[Data, Data]]:
    """Return the lessons of a pack with their quizzes, by file name. Raises ContentError for the first broken rule."""
    for name, shape in (("therapies.yaml", content.THERAPY), ("pictures.yaml", content.PICTURE)):
        if name not in files:
            raise content.ContentError(f"{name} is missing")
        with named(name):
            shapes.fit(files[name], [shape], name.removesuffix(".yaml"))
    pictures = {(row["lesson"], row["step"]): row for row in files["pictures.yaml"]}
    found, seen = {}, set[str]()
    for name in sorted(name for name in files if name.startswith("lessons/")):
        stem = name.removeprefix("lessons/").removesuffix(".yaml")
        lesson, quiz = files[name], files.pop(f"quizzes/{stem}.yaml", None)
        with named(name):
            content.check(lesson, quiz, stem, seen, LESSON, QUESTION)
            for step in lesson["steps"]:
                step["drawn"] = pictures.get((stem, step["slug"]))
            if lesson["language"] != SOURCE:
                raise content.ContentError(f"the language must be {SOURCE}")
            _whole(content.text_of(lesson))
        found[name] = lesson, quiz
    if not found or any(name.startswith("quizzes/") for name in files):
        raise content.ContentError("A pack needs lessons, and each quiz needs its lesson")
    return found


def _whole(text: draft.Text) -> None:
    """Raise ContentError unless this text could be published, and fits into our columns."""
    if problem := next(draft.problems(text), None):
        raise content.ContentError(problem.says)
    slugs = [step.slug for step in text.steps]
    if len(slugs) > draft.MOST_STEPS or len(slugs) != len(set(slugs)):
        raise content.ContentError(f"a lesson has {draft.MOST_STEPS} steps at most, each with its own slug")
    if len(text.remember) != draft.POINTS:
        raise content.ContentError("give exactly three points to remember")
    longest = draft.LONGEST
    parts = [(text.title, "title"), (text.main_message, "main_message"), *((p, "point") for p in text.remember)]
    for step in text.steps:
        parts += [(getattr(step, name), name) for name in ("heading", "body", "key_point", "alt")]
        parts += [(word, "key") for word in step.key]
    for words, name in parts:
        if len(words) > longest[name]:
            raise content.ContentError(f"“{words[:40]}…” is too long: {longest[name]} letters at most")


def _therapy(row: Data) -> Therapy:
    with named("therapies.yaml"):
        if found := Therapy.objects.filter(slug=row["slug"]).first():
            return found
        place = max(Therapy.objects.values_list("position", flat=True), default=0) + 1
        therapy = Therapy(
            slug=row["slug"], position=place, kind=row["kind"], title=row["title"], summary=row["summary"]
        )
        therapy.clean_fields()
        therapy.save()
        return therapy


def _take(data: Data, quiz: Data, therapies: dict[str, Therapy], taken: Taken, *, by: User, now: datetime) -> None:
    """Take in one lesson with its questions."""
    text = content.text_of(data)
    lesson = Lesson.objects.select_related("quiz").filter(slug=data["slug"]).first()
    if lesson is None:
        if data["therapy"] not in therapies:
            raise content.ContentError(f"there is no therapy type {data['therapy']} in the pack")
        therapy = therapies[data["therapy"]]
        place = max(therapy.lessons.values_list("position", flat=True), default=0) + 1
        asking, _ = Quiz.objects.get_or_create(slug=data["slug"], defaults={"title": text.title})
        lesson = Lesson(
            therapy=therapy, slug=data["slug"], position=place, quiz=asking, read_first=data.get("read_first", False)
        )
        lesson.clean_fields()
        lesson.save()
    there = writing.newest(lesson)
    if there and writing.text_of(there) == text:
        taken.same.append(text.title)
    else:
        writing.save_draft(lesson=lesson, text=text, by=by, now=now)
        taken.drafts.append(text.title)
    if lesson.quiz is None:
        lesson.quiz, _ = Quiz.objects.get_or_create(slug=lesson.slug, defaults={"title": text.title})
        lesson.save(update_fields=["quiz"])
    for row in quiz["questions"]:
        taken.questions += _question(row, lesson, lesson.quiz, by=by, now=now)


def _question(row: Data, lesson: Lesson, quiz: Quiz, *, by: User, now: datetime) -> bool:
    """Save one question as a draft at the end of the check; return False if it is here already, word for word."""
    question, new = Question.objects.get_or_create(slug=row["slug"])
    if new:
        last = quiz.items.order_by("-position").values_list("position", flat=True).first() or 0
        QuizItem.objects.create(quiz=quiz, question=question, position=last + 1)
    elif not quiz.items.filter(question=question).exists():
        raise content.ContentError(f"the question {row['slug']} belongs to another check here")
    newest = question.newest(SOURCE)
    words = {name: row[name] for name in SAME}
    if newest and {name: getattr(newest, name) for name in SAME} == words and _alike(parts_of(newest), row):
        return False
    if newest and newest.state == State.DRAFT:
        raise content.ContentError(f"the question {row['slug']} has a draft here: publish it or throw it away first")
    authoring.write(
        question=question, language=SOURCE, seen=authoring.fingerprint(newest), by=by, now=now,
        spec=content.spec_of(row), source=f"{lesson.slug}/{row['step']}", **words,
    )  # fmt: skip
    return True


def _alike(parts: Data, row: Data) -> bool:
    """Return whether a file's question offers the same to choose from."""
    kept = {name: row.get(name) for name in parts}
    if "choices" in kept:
        kept["choices"] = [
            {"text": c["text"], "feedback": c["feedback"]} | ({"right": True} if c.get("right") else {})
            for c in row["choices"]
        ]
    return parts == kept
