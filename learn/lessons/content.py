"""Load the shipped lessons and questions. New text gets a new number; text that the hospital changed is kept.

Reads the YAML files in fixtures/ and saves them with the same functions as the Desk. Each loaded row stores a hash of
the text it was made from. With it, loading the same text again changes nothing, and shipped text can be told apart
from text that the hospital wrote.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import yaml
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Model, QuerySet
from django.utils import timezone

from learn.languages import SOURCE
from learn.lessons import bodies, card_texts, draft, governance, overlays, reference_check, rewording, shapes, texts
from learn.lessons.left_alone import Report, Theirs
from learn.lessons.models import Edition, Lesson, Reference, ReferenceText, Step, Therapy
from learn.lessons.parts import THERAPY as WORDS
from learn.lessons.texts import digest
from quizzes import authoring
from quizzes.models import Question, Quiz, QuizItem, Revision, State

Data = dict[str, Any]
M = TypeVar("M", bound=Model)

STEP = {"slug": "slug", "heading": "text", "claims": ["text"], "body": "text", "key_point": "text"}
LESSON = {
    "therapy": "slug", "slug": "slug", "position": "number", "language": "text", "title": "text",
    "main_message": "text", "remember": ["text"], "minutes": "number", "checked": "date", "next_check": "date",
    "steps": [STEP], "read_first?": "yes or no", "same_meaning?": "yes or no", "short?": "text",
}  # fmt: skip
QUIZ = {"slug": "slug", "title": "text", "questions": ["names and values"]}
QUESTION = {
    "slug": "slug", "item": "text", "kind": "text", "critical": "yes or no", "objective": "text", "claims": ["text"],
    "step": "slug", "stem": "text", "why": "text", "misconceptions?": ["text"],
}  # fmt: skip
CHOICE = {"text": "one value", "feedback": "one value", "right?": "one value", "misconception?": "text"}
KIND: dict[str, dict[str, shapes.Shape]] = {  # the additional keys of each kind of question
    "choice": {"choose": "one value", "choices": [CHOICE]},
    "truth": {"answer": "one value", "if_true": "one value", "if_false": "one value"},
    "matching": {"rows": [{"text": "one value", "match": "one value", "feedback": "one value"}]},
    "ordering": {"cards": ["one value"], "if_wrong": "one value"},
}
THERAPY = {"slug": "slug", "position": "number", "kind": "text", "title": "text", "summary": "text"}
PICTURE = {"file": "text", "lesson": "slug", "step": "slug", "claims": ["text"], "alt": "text", "key": ["text"]}


class ContentError(ValueError):
    """A content file breaks a rule. The message names the file, the place in it and the rule."""


WRONG = (ContentError, overlays.Unlike, shapes.Misshapen, authoring.Unfit, governance.UnfitEdition, ValidationError)


def load(folder: Path) -> Report:
    """Load therapy types, lessons and quizzes from this folder of YAML.

    All or nothing: all files are checked first, including those that are only read while the site runs (the call card,
    the facts). Then everything is saved in one transaction. Raises ContentError at the first rule that a file breaks.
    """
    report = Report()
    seen: set[str] = set()
    lessons: dict[str, tuple[Data, Data]] = {}
    for path in sorted((folder / "lessons").glob("*.yaml")):
        with named(path.name):
            lesson, quiz = read(path), read(folder / "quizzes" / path.name)
            check(lesson, quiz, path.stem, seen)
            lessons[path.name] = lesson, quiz
    try:
        reference_check.check(folder, lessons)
    except reference_check.Faulty as error:
        raise ContentError(str(error)) from error
    with transaction.atomic():
        governance.hold_still()
        with named("therapies.yaml"):
            therapies = read(folder / "therapies.yaml")
            shapes.fit(therapies, [THERAPY], "therapies")
            theirs = Theirs(WORDS, bodies.of(WORDS, therapies))
            for therapy in therapies:
                _load_therapy(therapy, theirs, report)
        with named("pictures.yaml"):
            drawn = read(folder / "pictures.yaml")
            shapes.fit(drawn, [PICTURE], "pictures")
            pictures = {(row["lesson"], row["step"]): row for row in drawn}
        orders: dict[str, list[tuple[int, str]]] = {}
        known = set(Lesson.objects.values_list("slug", flat=True))
        for name, (lesson, quiz) in lessons.items():
            with named(name):
                for step in lesson["steps"]:
                    step["drawn"] = pictures.pop((lesson["slug"], step["slug"]), None)
                _load_lesson(lesson, _load_quiz(quiz, report), report)
                orders.setdefault(lesson["therapy"], []).append((lesson["position"], lesson["slug"]))
        for therapy, places in orders.items():
            _order_lessons(Therapy.objects.get(slug=therapy), [slug for _, slug in sorted(places)], known, report)
        _load_references(folder, report)
        if pictures:
            raise ContentError(f"pictures.yaml: there is no step {' / '.join(next(iter(pictures)))}")
    return report


def _load_references(folder: Path, report: Report) -> None:
    """Compare the hospital's own card, medicines and words with these; keep the shipped card if it is the one shown."""
    shipped = {}
    for kind, name in bodies.FILES.items():
        with named(name):
            shipped[kind] = bodies.of(kind, read(folder / name))
    report.left_alone += rewording.tell_newer(shipped, timezone.now())
    own = ReferenceText.objects.filter(reference__kind=bodies.CARD, state=State.PUBLISHED)
    with named("call_card.yaml"):
        if not own.exists() and card_texts.keep(read(folder / "call_card.yaml"), timezone.now()):
            report.added.append("a wording of the call card")


@contextmanager
def named(name: str) -> Iterator[None]:
    """Turn an error that is caused by a file's content into a ContentError that names the file.

    An error of the program itself is not changed.
    """
    try:
        yield
    except WRONG as error:
        raise ContentError(f"{name}: {error}") from error


def read(path: Path) -> Any:
    """Return the data in a YAML file. Raises ContentError if it cannot be read."""
    try:
        return texts.read(path)
    except (OSError, yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: not UTF-8, or 31 November
        raise ContentError(f"cannot be read: {error}") from error


def check(
    lesson: Data,
    quiz: Data,
    stem: str,
    seen: set[str],
    of_lesson: dict[str, shapes.Shape] = LESSON,  # type: ignore[assignment]
    of_question: dict[str, shapes.Shape] = QUESTION,  # type: ignore[assignment]
) -> None:
    """Raise ContentError for a missing or unknown key, a question slug that is already used, or an unknown step.

    `stem` is the file name without its extension. `seen` collects the question slugs of all files. Raises
    shapes.Misshapen for a value of a wrong type.
    """
    shapes.fit(lesson, of_lesson, "lesson")
    shapes.fit(quiz, QUIZ, "quiz")
    for n, question in enumerate(quiz["questions"], 1):
        kind = question.get("kind")
        if not isinstance(kind, str) or kind not in KIND:
            raise ContentError(f"question {n}: there is no kind {kind!r}")
        shapes.fit(question, of_question | KIND[kind], f"question {n}")
    if not lesson["slug"] == quiz["slug"] == stem:
        raise ContentError(f"the slug of the lesson and of its quiz must be {stem}")
    steps = {step["slug"] for step in lesson["steps"]}
    for question in quiz["questions"]:
        if question["step"] not in steps:
            raise ContentError(f"question {question['slug']}: there is no step {question['step']}")
        if question["slug"] in seen:
            raise ContentError(f"question {question['slug']}: another question has that slug")
        seen.add(question["slug"])


def find(model: type[M], slug: str) -> M:
    """Return the row that a file names by its slug. Raises ContentError."""
    row = model._default_manager.filter(slug=slug).first()
    if row is None:
        raise ContentError(f"there is no {model._meta.verbose_name} {slug}")
    return row


def mark_of(data: Data) -> str:
    """Return the hash of a lesson's file, with the picture of each step in its `drawn`; without its short title."""
    return digest({key: value for key, value in data.items() if key != "short"})


def _is_wanted(rows: list[Edition] | list[Revision], shipped: str, name: str, report: Report) -> bool:
    """Return whether this shipped text is saved under the next number.

    Takes all rows of one language, newest first, and the hash of the shipped text. The answer is no if this is the text
    that was loaded last (even if it was retired since), or if the newest row was written or retired by the hospital. In
    the second case the report says that newer text is available.
    """
    if next((row.shipped for row in rows if row.shipped), None) == shipped:
        return False
    if rows and not (rows[0].shipped and rows[0].state == State.PUBLISHED):
        report.left_alone.append(f"{name}: newer text is available; yours was left as it is.")
        return False
    return True


def _load_therapy(data: Data, theirs: Theirs, report: Report) -> None:
    words = {name: data[name] for name in ("title", "summary", "kind")}
    place = _free(data["position"], Therapy.objects.exclude(slug=data["slug"]))
    Therapy(slug=data["slug"], position=place, **words).clean_fields()
    therapy, new = Therapy.objects.get_or_create(
        slug=data["slug"], defaults=words | {"position": place, "shipped": digest(words)}
    )
    now = {name: getattr(therapy, name) for name in words}
    if new or now == words:
        return theirs.same(therapy.slug)
    if theirs.has(therapy.slug, now, changed=digest(now) != therapy.shipped):
        if theirs.unheard(therapy.slug):
            report.left_alone.append(f"{therapy.slug}: newer words are available; yours were left as they are.")
        return None
    Therapy.objects.filter(pk=therapy.pk).update(**words, shipped=digest(words))
    return report.added.append(f"therapy type {therapy.slug}, its words")


def _free(wanted: int, others: QuerySet[Any]) -> int:
    """Return the wanted position, or the next free one if the hospital already uses it for something else."""
    taken = set(others.values_list("position", flat=True))
    return next(place for place in count(wanted) if place not in taken)


def _load_quiz(data: Data, report: Report) -> Quiz:
    Quiz(slug=data["slug"], title=data["title"]).clean_fields()
    # Its title is that of the lesson: `governance.publish` keeps it so.
    quiz, _ = Quiz.objects.get_or_create(slug=data["slug"], defaults={"title": data["title"]})
    questions, dealt_with = [], rewording.dealt_with(Reference.Kind.QUESTION)
    for n, row in enumerate(data["questions"], 1):
        question, _ = Question.objects.get_or_create(slug=row["slug"])
        questions.append(question)
        if dealt_with.get(row["slug"]) != digest(row):
            with named(f"question {n}"):
                _load_question(question, row, data["slug"], report)
    _order(quiz, questions, report)
    return quiz


def _load_question(question: Question, row: Data, lesson: str, report: Report) -> None:
    shipped = digest(row)
    rows = list(question.revisions.filter(language=SOURCE).order_by("-number"))
    before = len(report.left_alone)
    wanted = _is_wanted(rows, shipped, row["slug"], report)
    rewording.tell(Reference.Kind.QUESTION, row["slug"], shipped if len(report.left_alone) > before else "")
    if not wanted:
        return
    revision = authoring.draft(question=question, language=SOURCE, shipped=shipped, **words_of(row, lesson))
    authoring.publish(revision=revision, same_meaning=False)
    report.added.append(f"question {row['slug']}, number {revision.number}")


def words_of(row: Data, lesson: str) -> Data:
    """Return what the engine stores of a question of a content file: the values of `authoring.draft`."""
    same = {key: row[key] for key in ("kind", "critical", "objective", "stem", "why")}
    return same | {"spec": spec_of(row), "source": f"{lesson}/{row['step']}"}


def shipped_question(folder: Path, slug: str) -> tuple[Data, str]:
    """Return the shipped words of one question (its slug), and their hash. Raises ContentError if there are none."""
    for path in sorted((folder / "quizzes").glob("*.yaml")):
        for row in read(path)["questions"]:
            if row["slug"] == slug:
                return words_of(row, path.stem), digest(row)
    raise ContentError(f"there is no question {slug}")


def spec_of(row: Data) -> Data:
    """Return the spec that the engine stores for a question of a content file."""
    if row["kind"] == "truth":
        return {"version": 1, "answer": row["answer"], "feedback": {"true": row["if_true"], "false": row["if_false"]}}
    if row["kind"] == "matching":
        cards = {match: secrets.token_hex(4) for match in dict.fromkeys(r["match"] for r in row["rows"])}
        return {
            "version": 1,
            "cards": [{"id": id_, "text": text} for text, id_ in cards.items()],
            "rows": [{"text": r["text"], "card": cards[r["match"]], "feedback": r["feedback"]} for r in row["rows"]],
        }
    if row["kind"] == "ordering":
        return {"version": 1, "cards": [{"text": text} for text in row["cards"]], "feedback": row["if_wrong"]}
    choices = [
        {"text": c["text"], "right": c.get("right", False), "feedback": c["feedback"]} for c in row.get("choices", ())
    ]
    return {"version": 1, "choose": row.get("choose"), "choices": choices}


def _order(quiz: Quiz, questions: list[Question], report: Report) -> None:
    """Put the questions in the shipped order, unless the hospital has changed the order since the last load."""
    now = list(quiz.items.values_list("question_id", flat=True))
    wanted = [question.pk for question in questions]
    if now == wanted:
        return
    if now and digest(now) != quiz.shipped_order:
        report.left_alone.append(f"{quiz.slug}: another set or order of questions is available; yours was left.")
        return
    quiz.items.all().delete()
    QuizItem.objects.bulk_create(QuizItem(quiz=quiz, question=q, position=n) for n, q in enumerate(questions, 1))
    Quiz.objects.filter(pk=quiz.pk).update(shipped_order=digest(wanted))


def _order_lessons(therapy: Therapy, wanted: list[str], known: set[str], report: Report) -> None:
    """Put the lessons of a therapy type in the shipped order, unless the hospital has changed the order since.

    `wanted` has the slugs in the shipped order. `known` has the slugs that existed before this load.
    """
    lessons = list(therapy.lessons.order_by("position"))
    now = [lesson.slug for lesson in lessons if lesson.slug in wanted]
    if now != wanted:
        if therapy.shipped_order and digest([slug for slug in now if slug in known]) != therapy.shipped_order:
            report.left_alone.append(f"{therapy.slug}: another order of lessons is available; yours was left.")
            return
        ordered = sorted(lessons, key=lambda x: (x.slug not in wanted, wanted.index(x.slug) if x.slug in wanted else 0))
        # Two passes, because positions are unique at every moment: first move all to free positions, then to their own.
        for start in (max(lesson.position for lesson in lessons) + 1, 1):
            for place, lesson in enumerate(ordered, start):
                Lesson.objects.filter(pk=lesson.pk).update(position=place)
        report.added.append(f"therapy type {therapy.slug}, the order of its lessons")
    if therapy.shipped_order != digest(wanted):
        Therapy.objects.filter(pk=therapy.pk).update(shipped_order=digest(wanted))


def _load_lesson(data: Data, quiz: Quiz, report: Report) -> None:
    therapy = find(Therapy, data["therapy"])
    place = _free(data["position"], Lesson.objects.filter(therapy=therapy).exclude(slug=data["slug"]))
    lesson, _ = Lesson.objects.get_or_create(
        slug=data["slug"], defaults={"therapy": therapy, "position": place, "quiz": quiz}
    )
    if lesson.read_first != data.get("read_first", False):
        lesson.read_first = not lesson.read_first
        lesson.save(update_fields=["read_first"])
    short = data.get("short", "")
    Edition(short_title=short).clean_fields(exclude={f.name for f in Edition._meta.fields} - {"short_title"})
    shipped, language = mark_of(data), data["language"]
    # Not a part of the text: a shipped edition takes another short title without a new number.
    lesson.editions.filter(language=language, shipped=shipped).exclude(short_title=short).update(short_title=short)
    before = len(report.left_alone)
    rows = list(lesson.editions.filter(language=language).order_by("-number"))
    if lesson.dealt_with == shipped or not _is_wanted(rows, shipped, lesson.slug, report):
        _tell_of(lesson, shipped if len(report.left_alone) > before else "")
        return
    _tell_of(lesson, "")
    newest = lesson.editions.filter(language=language).aggregate(n=Max("number"))["n"] or 0
    edition = Edition(
        lesson=lesson,
        number=newest + 1,
        shipped=shipped,
        short_title=short,
        checked_on=data["checked"],
        next_check=data["next_check"],
        same_meaning=data.get("same_meaning", False),
        **{k: data[k] for k in ("language", "title", "main_message", "remember", "minutes")},
    )
    edition.full_clean()
    edition.save()
    for n, row in enumerate(data["steps"], 1):
        drawn = row["drawn"] or {"file": "", "alt": "", "key": []}
        step = Step(
            edition=edition,
            position=n,
            picture=drawn["file"],
            alt=drawn["alt"],
            key=drawn["key"],
            **{name: row[name] for name in STEP},
        )
        step.full_clean()
        step.save()
    governance.publish(edition=edition)
    report.added.append(f"lesson {lesson.slug}, number {edition.number}")


def _tell_of(lesson: Lesson, newer: str) -> None:
    """Keep that a newer shipped text was left alone (its hash), or that there is none."""
    if lesson.newer != newer:
        Lesson.objects.filter(pk=lesson.pk).update(newer=newer)


def shipped_text(folder: Path, lesson: str) -> tuple[draft.Text, str]:
    """Return the shipped text of one lesson (its slug), and its hash. Raises ContentError if there is none."""
    data, drawn = read(folder / "lessons" / f"{lesson}.yaml"), read(folder / "pictures.yaml")
    shapes.fit(data, LESSON, "lesson")
    shapes.fit(drawn, [PICTURE], "pictures")
    for step in data["steps"]:
        step["drawn"] = next((row for row in drawn if (row["lesson"], row["step"]) == (lesson, step["slug"])), None)
    return text_of(data), digest(data)


def text_of(data: Data) -> draft.Text:
    """Return the text of a lesson's file, with the picture of each step in its `drawn`."""
    steps = []
    for step in data["steps"]:
        drawn = step.get("drawn") or {"file": "", "alt": "", "key": []}
        picture = {"picture": drawn["file"], "alt": drawn["alt"], "key": tuple(drawn["key"])}
        words = {name: step[name] for name in ("slug", "heading", "body", "key_point")}
        steps.append(draft.StepText(**words, **picture, claims=tuple(step["claims"])))
    return draft.Text(data["title"], data["main_message"], tuple(data["remember"]), data["minutes"], tuple(steps))
