"""The published lessons: one small SQL statement finds the published editions; the process caches their pages.

A published edition and its steps never change (database triggers guard them). Everything else that can change is in the
row of that statement: dates, titles and order of therapy types, the check, the URLs, a valid clinical review. The whole
row is the cache key, so that the next request shows what any process has published, retired or loaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from itertools import groupby
from typing import Any, NamedTuple

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from learn.languages import SOURCE, reader
from learn.lessons import card, draft, overlays, owned, reference, texts
from learn.lessons.models import ClinicalReview, Edition, Lesson, Step, Therapy
from quizzes import statements
from quizzes.models import QuizItem, Revision, State

HELPER = "i-help-somebody"  # the lesson for people who help a patient
MOST = 200  # size of the cache, in lessons; about 20 KB each

# Written as SQL: the ORM would compile it again for every page, which takes ten times as long as the query itself.
_NOW = f"""
SELECT e.id, {{short}}, e.checked_on, e.next_check, l.id, l.slug, l.quiz_id, l.read_first,
    t.slug, t.title, t.summary, t.kind, v."on", {{wording}}, ({owned.STAMP}), {{compared_on}}{{more}}
FROM {Lesson._meta.db_table} l
JOIN {Therapy._meta.db_table} t ON t.id = l.therapy_id
JOIN {Edition._meta.db_table} e ON e.lesson_id = l.id AND e.state = '{{state}}' AND e.language = '{SOURCE}'
{{translated}}
LEFT JOIN {ClinicalReview._meta.db_table} v ON v.id = (
    SELECT MAX(w.id) FROM {ClinicalReview._meta.db_table} w
    WHERE w.edition_id = {{shown}} AND w.kind = '{ClinicalReview.Kind.CLINICIAN.value}' AND w.until >= %s
)
{{compared}}
"""  # noqa: S608 - only names and constants of our own are put in
# For a reader of another language: the edition that translates this one; whether there is only one of an older text.
_TRANSLATED = f"""LEFT JOIN {Edition._meta.db_table} x ON x.id = (
    SELECT MAX(y.id) FROM {Edition._meta.db_table} y
    WHERE y.translates_id = e.id AND y.language = '{{language}}' AND y.state = '{{state}}'
)"""  # noqa: S608 - as above
_COMPARED = f"""LEFT JOIN {ClinicalReview._meta.db_table} u ON u.id = (
    SELECT MAX(w.id) FROM {ClinicalReview._meta.db_table} w
    WHERE w.edition_id = x.id AND w.kind = '{ClinicalReview.Kind.TRANSLATOR.value}' AND w.until >= %s
)"""  # noqa: S608 - as above
_OUTDATED = f"""x.id IS NULL AND EXISTS (
    SELECT 1 FROM {Edition._meta.db_table} o WHERE o.lesson_id = l.id AND o.language = '{{language}}'
)"""  # noqa: S608 - as above
_COUNTED = f"""
LEFT JOIN (
    SELECT i.quiz_id, COUNT(*) AS n
    FROM {QuizItem._meta.db_table} i
    JOIN {Revision._meta.db_table} r
        ON r.question_id = i.question_id AND r.state = '{State.PUBLISHED.value}' AND r.language = '{SOURCE}'
    GROUP BY i.quiz_id
) c ON c.quiz_id = l.quiz_id
ORDER BY t.position, l.position
"""  # noqa: S608 - as above


@cache
def _sql(language: str, end: str, state: State = State.PUBLISHED, more: str = "") -> str:
    """Return the statement for readers of one language (a code of the settings)."""
    if language == SOURCE:
        own = {"short": "e.short_title", "wording": f"e.id, '{SOURCE}', 1 = 0", "translated": "", "shown": "e.id"}
        own |= {"compared": "", "compared_on": "NULL"}
    else:
        own = {
            "short": "COALESCE(x.short_title, e.short_title)",
            "wording": f"COALESCE(x.id, e.id), COALESCE(x.language, '{SOURCE}'), {_OUTDATED.format(language=language)}",
            "translated": _TRANSLATED.format(language=language, state=state.value),
            "shown": "COALESCE(x.id, e.id)",
            "compared": _COMPARED,
            "compared_on": 'u."on"',
        }
    return _NOW.format(more=more, state=state.value, **own) + end


class Row(NamedTuple):
    """The published edition of a lesson, and all data of the lesson that can change."""

    edition: int
    short_title: str  # for a head without room, or ""
    checked_on: date | None
    next_check: date | None
    lesson: int
    slug: str
    quiz: int | None
    read_first: bool
    therapy: str  # slug of the therapy type
    therapy_title: str
    therapy_summary: str
    therapy_kind: str
    # When a clinician reviewed this text, if the review is still valid. The only thing that decides whether a page, on
    # the screen or on paper, says "Not yet reviewed by a clinician" (templates/lessons/_checked.html).
    reviewed_on: date | None
    wording: int  # the edition with the words: this one, or its translation into the reader's language
    language: str  # of these words
    outdated: bool  # there is a translation into the reader's language, but of an older text
    # Which words, medicines and call card of its own the hospital had published (`owned.STAMP`).
    texts: int = 0
    # When a qualified translator compared these words with the source, if that signature is still valid.
    compared_on: date | None = None


def _row(values: Iterable[Any]) -> Row:
    row = Row(*values)
    title, summary = (overlays.said("therapies.yaml", text) for text in (row.therapy_title, row.therapy_summary))
    return row._replace(outdated=bool(row.outdated), therapy_title=title, therapy_summary=summary)


@dataclass(frozen=True, eq=False)
class Shown:
    """A published edition of a lesson. All readers share it, so it is never changed. It is compared by identity."""

    row: Row
    title: str
    main_message: str
    minutes: int
    remember: tuple[str, ...]
    steps: tuple[str, ...]  # the slugs of its steps, in order


@dataclass(frozen=True, eq=False)
class Page:
    """One step of a published edition, the same for all readers. It can be the cache key for the rendered page."""

    pk: int
    position: int
    slug: str
    heading: str
    body: str
    key_point: str
    picture: str  # path of the static file, or ""
    alt: str
    key: tuple[str, ...]
    claims: tuple[str, ...]
    lesson: Shown
    words: tuple[reference.Term, ...]
    sources: tuple[reference.Source, ...]  # the sources of the whole lesson, only on its last page
    last: bool
    teaches_card: bool  # the step shows the call card, as each last step does
    card_first: bool  # it shows the card above its button

    @property
    def edition_id(self) -> int:
        """The primary key of the edition."""
        return self.lesson.row.edition

    @property
    def numbers(self) -> range:
        """The numbers of all steps of the lesson."""
        return range(1, len(self.lesson.steps) + 1)

    @cached_property
    def address(self) -> str:
        """The URL of the page."""
        return reverse("step", args=[self.lesson.row.therapy, self.lesson.row.slug, self.position])


_kept: dict[Row, tuple[Page, ...]] = {}


def _today() -> list[str]:
    """Return this day once for each signature that the statement looks for."""
    return [str(timezone.localdate())] * (1 if reader() == SOURCE else 2)


def forget() -> None:
    """Clear the cache. Needed when primary keys belong to other rows, as in a new test database."""
    _kept.clear()


def pages(lessons: Iterable[str]) -> dict[str, tuple[Page, ...]]:
    """Return the pages of these lessons by slug, in order, without the lessons that are not published.

    All readers share the pages, so callers must not change them. One query, and one more for lessons that are not in
    the cache.
    """
    slugs = sorted(lessons)
    if not slugs:
        return {}
    some = _sql(reader(), "WHERE l.slug IN ") + f"({', '.join(['%s'] * len(slugs))})"
    rows = [_row(row) for row in statements.run(some, [*_today(), *slugs])]
    return {row.slug: pages for row, pages in _pages(rows).items()}


def retired(editions: Iterable[int]) -> dict[int, tuple[Page, ...]]:
    """Return the pages of these editions by primary key, without those that are not retired.

    They are for people who have begun a lesson that has no published edition any more. One query, and one more for what
    is not in the cache.
    """
    pks = sorted(editions)
    if not pks:
        return {}
    some = _sql(reader(), "WHERE e.id IN ", State.RETIRED) + f"({', '.join(['%s'] * len(pks))})"
    rows = [_row(row) for row in statements.run(some, [*_today(), *pks])]
    return {row.edition: pages for row, pages in _pages(rows).items()}


def lessons() -> list[tuple[Shown, int]]:
    """Return all published lessons in the order of the site, each with the number of questions in its check.

    One query, and one more for lessons that are not in the cache.
    """
    all_ = statements.run(_sql(reader(), _COUNTED, more=", c.n"), _today())
    questions = {_row(row[:-1]): row[-1] or 0 for row in all_}
    found = _pages(questions)
    return [(found[row][0].lesson, n) for row, n in questions.items() if row in found]


def every_page() -> list[tuple[Page, ...]]:
    """Return the pages of each published lesson, in the order of the site. It costs the queries of `lessons`."""
    rows = [_row(row[:-1]) for row in statements.run(_sql(reader(), _COUNTED, more=", c.n"), _today())]
    found = _pages(rows)
    return [found[row] for row in rows if row in found]


def taught_in() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the steps that a question can name as its source ("lesson/step"), by lesson. For QUIZZES_TAUGHT_IN."""
    return [
        (pages[0].lesson.title, [(f"{page.lesson.row.slug}/{page.slug}", page.heading) for page in pages])
        for pages in every_page()
        if pages
    ]


def _pages(rows: Iterable[Row]) -> dict[Row, tuple[Page, ...]]:
    rows = list(rows)
    if not rows:
        return {}
    owned.note(rows[0].texts)  # of one statement, so the same in all rows
    owned.note_translations(row.wording for row in rows if row.language != SOURCE)
    here = {row: pages for row in rows if (pages := _kept.get(row))}  # another thread may clear the cache
    if missing := {row.edition: row for row in rows if row not in here}:
        wanted = {pk for row in missing.values() for pk in (row.edition, row.wording)}
        asked = Step.objects.filter(edition__in=wanted).select_related("edition").order_by("edition", "position")
        steps = {edition: list(each) for edition, each in groupby(asked, key=lambda step: step.edition_id)}
        own = owned.at(rows[0].texts)
        with texts.following(lambda: own):
            found = {row: _made(row, steps[pk], steps[row.wording]) for pk, row in missing.items() if pk in steps}
        # Without a transaction this runs at once, otherwise after the commit: changes may still be rolled back.
        transaction.on_commit(partial(_keep, found))
        here |= found
    return here


def _keep(found: dict[Row, tuple[Page, ...]]) -> None:
    if len(_kept) + len(found) > MOST:
        _kept.clear()
    _kept.update(found)


def _made(row: Row, steps: list[Step], words: list[Step]) -> tuple[Page, ...]:
    """Return the pages of these steps, with the words of these: the same, or their translation in the same order."""
    edition = words[0].edition
    lesson = Shown(
        row=row,
        title=edition.title,
        main_message=edition.main_message,
        minutes=edition.minutes,
        remember=tuple(edition.remember),
        steps=tuple(step.slug for step in steps),
    )
    return tuple(
        Page(
            pk=step.pk,
            position=step.position,
            slug=step.slug,
            heading=said.heading,
            body=said.body,
            key_point=said.key_point,
            picture=f"learn/pictures/{step.picture}" if step.picture else "",
            alt=said.alt,
            key=tuple(said.key),
            claims=tuple(step.claims),
            lesson=lesson,
            words=tuple(reference.words_on(f"{said.heading} {said.body}", row.language)),
            sources=tuple(reference.sources_of(c for s in steps for c in s.claims)) if step is steps[-1] else (),
            last=step is steps[-1],
            teaches_card=(teaches := not card.whole().claims.isdisjoint(step.claims)),
            card_first=teaches and step.slug in card.whole().above_button,
        )
        for step, said in zip(steps, words, strict=True)
    )


def drafted(edition: Edition, text: draft.Text) -> tuple[Page, ...]:
    """Return the pages of a text that is not published, as readers would see them, for those who write and review.

    `edition` gives the lesson (with its therapy type) and the dates. Nothing is cached.
    """
    lesson = edition.lesson
    row = Row(
        edition.pk, edition.short_title, edition.checked_on, edition.next_check,
        lesson.pk, lesson.slug, lesson.quiz_id, lesson.read_first,
        lesson.therapy.slug, lesson.therapy.title, lesson.therapy.summary, lesson.therapy.kind, None,
        edition.pk, edition.language, False,
    )  # fmt: skip
    whole = Edition(title=text.title, minutes=text.minutes, remember=list(text.remember))
    steps = [
        Step(
            edition=whole, position=n, slug=step.slug, heading=step.heading, body=step.body, key_point=step.key_point,
            picture=step.picture, alt=step.alt, key=list(step.key), claims=list(step.claims),
        )
        for n, step in enumerate(text.steps, 1)
    ]  # fmt: skip
    return _made(row, steps, steps) if steps else ()
