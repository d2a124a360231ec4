"""Who has signed a translation: each of its texts needs a qualified translator and a clinician, two people (ruling 57).

A text is a lesson in a language with the questions of its check, or a file that many pages share: the call card, the
word list, the site's own words. A signature is a ClinicalReview of the row that has exactly these words. So it ends
with its day, when the translation changes, and when its source does: then there is another row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from learn import catalogs
from learn.languages import SOURCE, reader
from learn.lessons import card, overlays, owned, texts
from learn.lessons.models import ClinicalReview, Edition, Lesson, SharedWords
from learn.lessons.writing import Unfit
from learn.people.models import User
from quizzes.models import AttemptItem, QuizItem, Revision, State

Kind = ClinicalReview.Kind
SITE = "site"  # stands for the files of the site's own words
SHARED = {
    card.SLUG: ("The call card", card.FILE),
    SITE: ("The words of the site", ""),
    "therapies": ("Therapy types", "therapies.yaml"),
    "questions": ("Suggested questions", "questions.yaml"),
    "medicines": ("Medicines", "medicines.yaml"),
    "terms": ("Words, A to Z", "terms.yaml"),
    "pathways": ("Pathways", "pathways.yaml"),
}


class Row(NamedTuple):
    """One signature, without what it is of."""

    kind: str
    who: int
    on: date
    until: date


Rows = list[Row]  # the newest first


@dataclass(frozen=True)
class Text:
    """One text in a language. `parts` are the keys of the rows with its words, `pairs` the words if it is shared."""

    name: str  # of SHARED, or ""
    title: str
    parts: tuple[tuple[str, Any], ...]
    pairs: tuple[tuple[str, str], ...] = ()
    edition: Edition | None = None
    revisions: tuple[Revision, ...] = ()
    rows: dict[tuple[str, Any], Rows] = field(default_factory=dict)

    @property
    def seen(self) -> str:
        """A hash of the words, as somebody saw them."""
        return texts.digest(self.parts)[:16]

    def until(self, kind: str) -> date | None:
        """Return until when it is signed in this way; None if a part of it never was."""
        last = [
            max((row.until for row in self.rows.get(part, ()) if row.kind == kind), default=None) for part in self.parts
        ]
        return min((day for day in last if day), default=None) if all(last) else None


@texts.kept
def shared(language: str) -> tuple[Text, ...]:
    """Return the texts of this language that many pages share, without those that are older than the English."""
    found = []
    for name, (title, file) in SHARED.items():
        if name == SITE:
            pairs = tuple(_site(language))
        elif overlays.is_fresh(file, language) and not (name == card.SLUG and card.is_own()):
            pairs = tuple(overlays.pairs(file, language))
        else:
            continue
        found.append(Text(name, title, ((name, texts.digest(pairs)),), pairs))
    return tuple(found)


def _site(language: str) -> Iterator[tuple[str, str]]:
    """Yield the site's own words with their translations. What only staff read is not translated."""
    for path in catalogs.catalogs(Path(settings.BASE_DIR)):
        if path.parts[-3] == language:
            for source, said in catalogs.said(path.read_text(encoding="utf-8")).items():
                if source:
                    many = source.rpartition(catalogs.CONTEXT)[2].split(catalogs.PLURAL)
                    yield from zip(many, said.split(catalogs.PLURAL), strict=False)


def _rows(language: str, asked: Q, today: date | None = None) -> dict[tuple[str, Any], Rows]:
    """Return the signatures of these texts, the newest first: those that count on this day, or all."""
    found: dict[tuple[str, Any], Rows] = {}
    reviews = ClinicalReview.objects.valid(today) if today else ClinicalReview.objects.all()
    names = ("edition", "revision", "words__name", "words__mark", "kind", "who", "on", "until")
    for edition, revision, name, mark, *row in reviews.filter(asked).order_by("-pk").values_list(*names):
        part = ("edition", edition) if edition else ("revision", revision) if revision else (name, mark)
        found.setdefault(part, []).append(Row(*row))
    return found


def _is_signed(rows: Rows) -> bool:
    """Return whether a translator and a clinician have signed, who are two people."""
    return any(
        one.kind == Kind.TRANSLATOR and other.kind == Kind.CLINICIAN and one.who != other.who
        for one in rows
        for other in rows
    )


def _of_shared(language: str) -> Q:
    marks = [mark for text in shared(language) for _, mark in text.parts]
    return Q(words__language=language, words__mark__in=marks)


def is_draft(language: str, today: date, editions: Collection[int] = (), revisions: Collection[int] = ()) -> bool:
    """Return whether a page in this language, with these editions and questions (pks), has words that nobody signed.

    The shared texts stand on nearly every page, so all pages need them. One query; three if these are signed.
    """
    rows = _rows(language, _of_shared(language), today)
    if not all(_is_signed(rows.get(part, [])) for text in shared(language) for part in text.parts):
        return True
    asked = Revision.objects.published(language=language).filter(
        question__quizitem__quiz__lesson__editions__in=editions
    )
    of_check = asked.values_list("pk", flat=True) if editions else ()
    parts = {*(("edition", pk) for pk in editions), *(("revision", pk) for pk in (*revisions, *of_check))}
    if not parts:
        return False
    named = {name: [pk for kind, pk in parts if kind == name] for name in ("edition", "revision")}
    rows = _rows(language, Q(edition__in=named["edition"]) | Q(revision__in=named["revision"]), today)
    return not all(_is_signed(rows.get(part, [])) for part in parts)


def draws_draft(step: Any = None, item: Any = None, attempt: Any = None) -> bool:
    """Return whether what this request draws for its reader is a draft translation.

    `step`, `item` or `attempt` says what the page shows. Without them, all lessons whose words it has read count.
    """
    language = reader()
    if language == SOURCE:
        return False
    asked = AttemptItem.objects.filter(attempt=attempt.pk).select_related("revision") if attempt else ()
    found = [one.revision for one in [*([item] if item else ()), *asked]]
    revisions = {revision.pk for revision in found if revision.language == language}
    of_step = {step.lesson.row.wording} if step and step.lesson.row.language == language else set()
    editions = of_step if step or found else owned.translations()
    return is_draft(language, timezone.localdate(), editions, revisions)


def card_reviewed(today: date) -> date | None:
    """Return when a clinician signed the call card as this reader sees it, if that counts on this day."""
    if card.language() == SOURCE:
        return card.reviewed(today) if reader() == SOURCE or card.is_own() else None
    mine = [text for text in shared(reader()) if text.name == card.SLUG]
    rows = _rows(reader(), Q(words__language=reader(), words__mark__in=[p[1] for t in mine for p in t.parts]), today)
    signed = [row.on for each in rows.values() for row in each if row.kind == Kind.CLINICIAN]
    return signed[0] if signed else None


def all_texts(language: str, *, lesson: int | None = None) -> list[Text]:
    """Return all texts of a language with every signature: shared ones, then lessons in order; or one lesson.

    Four queries.
    """
    editions = Edition.objects.filter(language=language, state=State.PUBLISHED)
    editions = editions.filter(lesson=lesson) if lesson is not None else editions
    editions = editions.select_related("lesson__therapy", "translates")
    editions = editions.order_by("lesson__therapy__position", "lesson__position")
    items = QuizItem.objects.filter(quiz__lesson__in=[edition.lesson_id for edition in editions]).order_by("position")
    asked = Revision.objects.published(language=language).select_related("question", "translates")
    by_question = {revision.question_id: revision for revision in asked}
    checks: dict[int | None, list[Revision]] = {}
    for quiz, question in items.values_list("quiz", "question"):
        checks.setdefault(quiz, []).extend(filter(None, [by_question.get(question)]))
    found = list(shared(language)) if lesson is None else []
    for edition in editions:
        revisions = tuple(checks.get(edition.lesson.quiz_id, ()))
        parts = (("edition", edition.pk), *(("revision", revision.pk) for revision in revisions))
        found.append(Text("", edition.title, parts, (), edition, revisions))
    return _with_rows(language, found)


def shared_text(language: str, name: str) -> Text | None:
    """Return one shared text with its signatures, or None. One query."""
    return next(iter(_with_rows(language, [text for text in shared(language) if text.name == name])), None)


def _with_rows(language: str, found: Iterable[Text]) -> list[Text]:
    named: dict[str, list[Any]] = {}
    here = list(found)
    for kind, key in (part for text in here for part in text.parts):
        named.setdefault("mark" if kind in SHARED else kind, []).append(key)
    asked = Q(edition__in=named.get("edition", [])) | Q(revision__in=named.get("revision", []))
    rows = _rows(language, asked | Q(words__language=language, words__mark__in=named.get("mark", [])))
    return [
        Text(text.name, text.title, text.parts, text.pairs, text.edition, text.revisions,
             {part: rows[part] for part in text.parts if part in rows})
        for text in here
    ]  # fmt: skip


@transaction.atomic
def sign(
    *, language: str, name: str = "", lesson: int | None = None, seen: str, kind: str, by: User, role: str,
    now: Any, until: date,
) -> None:  # fmt: skip
    """Keep that this person signed a text, as a translator or as a clinician, until a day; the same row once.

    Raises Unfit if the words are others than those that were seen (`Text.seen`), or if this person signed the same
    text in the other way: two people must have compared it.
    """
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # two presses at once keep one row
    if lesson is not None:
        Lesson.objects.select_for_update(no_key=True).get(pk=lesson)
        text = next(iter(all_texts(language, lesson=lesson)), None)
    else:
        text = shared_text(language, name)
    if text is None or text.seen != seen:
        raise Unfit("This text changed while you had it open. Read it as it stands now, then sign.")
    on = timezone.localdate(now)
    for part in text.parts:
        if any(row.who == by.pk and row.kind != kind and row.until >= on for row in text.rows.get(part, ())):
            raise Unfit("You signed this text in the other way. Another person has to sign here.")
    for of, key in text.parts:
        row: dict[str, Any] = {f"{of}_id": key}
        if text.name:
            words, _ = SharedWords.objects.get_or_create(
                language=language, name=of, mark=key, defaults={"pairs": list(text.pairs)}
            )
            row = {"words": words}
        ClinicalReview.objects.get_or_create(**row, kind=kind, who=by, role=role, on=on, until=until)
