"""Statistics of the published questions: reads the first answers and passes them to `analysis`.

For each quiz, only the learners with the NEWEST latest checks count. They are enough to judge a question. On a large
site, a page that reads the answers of everyone would take minutes and use all memory.

Where a check has NEWEST learners or more, pages show the figures until the end of the last full EVERY (`lines` with
`now`), every worker the same (ruling 64): those that a timer counted for all (`store`), else those that the worker
counted once. While the timer has not yet counted, they are those of the EVERY before. What is published, and who
counts, is always that of now.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber

from quizzes import analysis
from quizzes.kinds import KINDS
from quizzes.models import (
    Attempt,
    AttemptItem,
    AttemptItemQuerySet,
    AttemptQuerySet,
    ItemAnalysis,
    Question,
    Quiz,
    Response,
    ResponseQuerySet,
    Revision,
    RevisionQuerySet,
)

Key = tuple[int, str, int]  # the revisions that share statistics: question, language, line

EARLIER = 1000  # of each earlier wording, those who were asked it last
NEWEST = 500  # checks of each quiz, the latest started first: the learners who took them count
EVERY = timedelta(minutes=10)  # how often a large site counts
WAY = 1  # how the answers are counted; raise it when a figure means something else than in the last release
STAFF = {"is_staff": True}  # for `leave_out`: staff who try a check do not count as learners
SAMPLES = 8  # whose figures a process keeps: the newest


@dataclass(frozen=True)
class QuestionHealth:
    """A published revision with the statistics of its line."""

    revision: Revision
    health: analysis.Health
    findings: list[analysis.Finding]
    picks: list[tuple[str, int, bool]]  # text of the choice, how many learners chose it, whether it is right

    @property
    def least(self) -> int:
        """The lower end of the interval, as a number of learners out of `n`.

        The interval is about the proportion among all people; it is not a forecast.
        """
        return round(self.health.low * self.health.n)

    @property
    def most(self) -> int:
        """The upper end of the interval, as a number of learners out of `n`."""
        return round(self.health.high * self.health.n)

    @property
    def worst(self) -> analysis.Finding:
        """The most important finding."""
        return self.findings[0]


@dataclass(frozen=True)
class Sample:
    """Whose answers count, up to when.

    `since` has the start of the oldest check that counts of each quiz, and None where all count; `few` has the number
    of these. Both change with each learner who is erased or does not count any more. So kept figures hold nothing of
    whoever is gone.
    """

    since: tuple[tuple[int, datetime | None], ...]
    few: tuple[tuple[int, int], ...] = ()
    until: datetime | None = None  # None: up to now


_kept: dict[tuple[Hashable, Sample], dict[int, analysis.Health]] = {}


def lines(
    *,
    language: str = "en",
    question: Question | None = None,
    leave_out: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> list[QuestionHealth]:
    """Return the statistics of every published question in this language, or of one question, worst first.

    `leave_out` has field lookups of the learners who do not count (STAFF). Answers in reviews do not count either,
    because the learner has already read the feedback. Three queries, independent of the number of answers.

    With `now`, a large site counts once in EVERY. Four queries, or three where the figures are known; on a large site
    with a small quiz one more.
    """
    published = Revision.objects.published(language=language).select_related("question")
    revisions = list(published.filter(question=question) if question else published)
    checks, of = _checks(leave_out or {}), _of(language, leave_out or {})
    stored = _stored(of, now) if now else None
    until = _last_full(now) if now else None
    sample = _sample(checks, stored.until if stored else until)
    found = _figures(revisions, checks, sample, question, of, _read(stored, sample))
    every = [_line(revision, found[revision.pk]) for revision in revisions]
    return sorted(every, key=lambda line: (*analysis.rank(line.health, line.worst), line.revision.question.slug))


def store(*, language: str, leave_out: Mapping[str, Any], now: datetime) -> bool:
    """Count for every worker what `lines` shows of a large site until the last full EVERY. Return whether it is large.

    Counts nothing where another machine has done so, and nothing was published since. The arguments are those of
    `lines`.
    """
    revisions = list(Revision.objects.published(language=language))
    checks, of = _checks(leave_out), _of(language, leave_out)
    sample = _sample(checks, _last_full(now))
    if not sample.until:
        return False
    known = _read(_stored(of, now), sample)
    if any(revision.pk not in known for revision in revisions):
        found = _figures(revisions, checks, sample, None, of, {})
        figures = {revision.pk: asdict(found[revision.pk]) for revision in revisions}
        what = {"until": sample.until, "sample": _hash(sample), "figures": figures}
        ItemAnalysis.objects.update_or_create(of=_hash(of), defaults=what)
    return True


def _last_full(now: datetime) -> datetime:
    """Return the end of the last full EVERY in UTC, as the database tells it: so that its hash is the same."""
    now = now.astimezone(UTC)
    return now - (now - datetime.min.replace(tzinfo=UTC)) % EVERY


def _of(language: str, leave_out: Mapping[str, Any]) -> tuple[Hashable, ...]:
    """Return what figures depend on, beside the sample. What the last release counted otherwise has another WAY."""
    return (language, WAY, NEWEST, *(field.name for field in fields(analysis.Health)), *sorted(leave_out.items()))


def _hash(what: object) -> str:
    """Return the same 64 letters in every process for the same values: texts, numbers, times in UTC."""
    plain = asdict(what) if isinstance(what, Sample) else what
    return hashlib.sha256(json.dumps(plain, default=str).encode()).hexdigest()


def _stored(of: tuple[Hashable, ...], now: datetime) -> ItemAnalysis | None:
    """Return what was counted until the last full EVERY or, while the timer has not yet counted, until that before."""
    return ItemAnalysis.objects.filter(of=_hash(of), until__gt=now - 2 * EVERY, until__lte=now).first()


def _read(stored: ItemAnalysis | None, sample: Sample) -> dict[int, analysis.Health]:
    """Return the stored figures by the revision's pk; none if other people were counted."""
    if not stored or stored.sample != _hash(sample):
        return {}
    return {int(pk): analysis.Health(**figures) for pk, figures in stored.figures.items()}


def earlier(revisions: Iterable[Revision], *, leave_out: Mapping[str, Any] | None = None) -> list[QuestionHealth]:
    """Return the statistics of wordings that are asked no more, one of each line, all of one question and language.

    What they say of other questions is not read, so no discrimination is known. Two queries, none without revisions.
    """
    wanted = {_key(revision): revision for revision in revisions}
    if not wanted:
        return []
    (question, language, _), *_ = wanted
    lines = [line for _, _, line in wanted]
    wordings = Revision.objects.filter(question=question, language=language, line__in=lines)
    rows = Response.objects.first_tries().filter(item__in=_asked_last(wordings), item__attempt__quiz__isnull=False)
    rows = rows.exclude(**{f"item__attempt__learner__{key}": value for key, value in (leave_out or {}).items()})
    found = _counts(wanted, rows)
    return [_line(revision, found[key]) for key, revision in wanted.items()]


def _asked_last(wordings: RevisionQuerySet) -> AttemptItemQuerySet:
    """Return the EARLIER items that asked each wording last. One query, by the index of these."""
    asked = AttemptItem.objects.filter(revision=OuterRef("pk")).order_by("-pk").values("pk")[EARLIER - 1 : EARLIER]
    found = Q(pk=None)
    for wording, since in wordings.values_list("pk", Subquery(asked)):
        found |= Q(revision=wording, pk__gte=since) if since else Q(revision=wording)
    return AttemptItem.objects.filter(found)


def _checks(leave_out: Mapping[str, Any]) -> AttemptQuerySet:
    users = get_user_model().objects
    left_out = users.filter(**leave_out) if leave_out else users.none()
    return Attempt.objects.filter(kind=Attempt.Kind.CHECK).exclude(learner__in=left_out)


def _sample(checks: AttemptQuerySet, until: datetime | None) -> Sample:
    """Return the learners who count: those of the NEWEST latest checks of each quiz. By the index of these checks.

    With `until`, they are those of that time if any quiz has as many.
    """
    before = checks.filter(started__lte=until) if until else checks
    oldest = before.filter(quiz=OuterRef("pk")).order_by("-started").values("started")[NEWEST - 1 : NEWEST]
    since = tuple(Quiz.objects.order_by("pk").values_list("pk", Subquery(oldest)))
    if not until or not any(start for _, start in since):
        return Sample(since)
    small = before.filter(quiz__in=[quiz for quiz, start in since if not start])
    few = small.order_by("quiz").values_list("quiz").annotate(Count("pk")) if small else ()
    return Sample(since, tuple(few), until)


def _of_the_sample(checks: AttemptQuerySet, sample: Sample, question: Question | None) -> ResponseQuerySet:
    """Return all first tries of the learners who count, also the older ones, of the quizzes for which they count.

    With a question, only those in the attempts that asked it.
    """
    newest = Q(pk=None)
    for quiz, since in sample.since:
        newest |= Q(quiz=quiz, started__gte=since) if since else Q(quiz=quiz)
    if sample.until:
        newest &= Q(started__lte=sample.until)
    counted = checks.filter(newest)
    rows = Response.objects.first_tries()
    if question:
        theirs = counted.filter(learner=OuterRef("learner"), quiz=OuterRef("quiz"))
        # Not Exists: PostgreSQL would begin with this, and read everybody who was ever asked.
        asked = AttemptItem.objects.filter(attempt=OuterRef("pk"), revision__question=question).values("pk")[:1]
        attempts = Attempt.objects.filter(Exists(theirs)).alias(asked=Subquery(asked)).exclude(asked=None)
        rows = rows.filter(item__attempt__in=attempts)
    else:  # by the attempt that is joined anyway: with IN, PostgreSQL would join all attempts once more
        theirs = counted.filter(learner=OuterRef("item__attempt__learner"), quiz=OuterRef("item__attempt__quiz"))
        rows = rows.filter(Exists(theirs))
    return rows.filter(at__lte=sample.until) if sample.until else rows


def _figures(
    revisions: list[Revision],
    checks: AttemptQuerySet,
    sample: Sample,
    question: Question | None,
    of: Hashable,
    stored: dict[int, analysis.Health],
) -> dict[int, analysis.Health]:
    """Return the figures by the revision's pk. They are counted anew unless the same sample was counted before.

    A revision and its line never change. So what was kept for it holds for as long as the sample is the same.
    """
    known = _kept.get((of, sample), {}) | stored if sample.until else {}
    if any(revision.pk not in known for revision in revisions):
        wanted = {_key(revision): revision for revision in revisions}
        found = _counts(wanted, _of_the_sample(checks, sample, question), sample.until)
        known = known | {revision.pk: found[key] for key, revision in wanted.items()}
        if sample.until:
            _kept[of, sample] = known
            for old in list(_kept)[:-SAMPLES]:
                _kept.pop(old, None)  # another thread may have done so
    return known


def _key(revision: Revision) -> Key:
    return revision.question_id, revision.language, revision.line


def _counts(
    wanted: Mapping[Key, Revision], rows: ResponseQuerySet, until: datetime | None = None
) -> dict[Key, analysis.Health]:
    """Return the figures of the learners' first answers to each line. The database counts those that are alike."""
    # Retries do not count: a retry asks only the missed questions, so it says nothing about the others.
    ended = Q(item__attempt__finished__lte=until) if until else Q(item__attempt__finished__isnull=False)
    whole = Q(item__attempt__kind=Attempt.Kind.CHECK) & ended
    of = {name: F(f"item__revision__{name}") for name in ("question", "language", "line")}
    # An attempt has one learner. Both windows begin with it, so that the rows are sorted by learner only once.
    learner, attempt = F("item__attempt__learner"), F("item__attempt")
    answers = rows.order_by().values(
        "given", "mark", **of,
        nth=Window(RowNumber(), [learner, *of.values()], ["at", "pk"]),
        asked=Window(Count("pk", filter=whole), [learner, attempt]),  # in a finished check, else 0
        known=Window(Count("pk", filter=whole & Q(mark=Response.Marked.RIGHT)), [learner, attempt]),
    )  # fmt: skip
    found: dict[Key, list[analysis.First]] = defaultdict(list)
    with_rows = {key for key, revision in wanted.items() if KINDS[revision.kind].ask(revision.spec).rows}
    for question, language, line, text, mark, asked, known, times in _counted(answers):
        if times and (key := (question, language, line)) in wanted:
            right, given = mark == Response.Marked.RIGHT.value, json.loads(text)
            rest = (known - right) / (asked - 1) if asked > 1 else None
            # In a question with rows, a choice is a pair of a row and its tile ("Row 1" with its tile), right or wrong.
            picked = wanted[key].mark(given).chosen if key in with_rows else given
            found[key].append(analysis.First(right, picked, rest, times))
    return {key: analysis.health(found[key]) for key in wanted}


def _counted(answers: QuerySet[Any]) -> list[tuple[Any, ...]]:
    """Return the answers that differ, and how often each was a first one (with `nth` 1).

    Written by hand, because Django does not group by what a window function found. `WHERE nth = 1` would say the same;
    PostgreSQL then expects few rows, and sorts all of them instead of hashing them.
    """
    columns = "question, language, line, given, mark, asked, known"
    inner, values = answers.query.sql_with_params()
    times = "COUNT(*) FILTER (WHERE nth = 1)"
    statement = f"SELECT {columns}, {times} FROM ({inner}) answers GROUP BY {columns}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _line(revision: Revision, found: analysis.Health) -> QuestionHealth:
    ask, best = KINDS[revision.kind].ask(revision.spec), revision.mark([]).best
    # In a question with rows, only the right pairs are listed: a learner who missed a pair is not counted for it.
    choices = {text: text for text in best} if ask.rows else {choice.id: choice.text for choice in ask.choices}
    right = [id_ for id_, text in choices.items() if text in best]
    return QuestionHealth(
        revision=revision,
        health=found,
        findings=analysis.findings(found, choices=choices, best=right, critical=revision.critical),
        picks=[(text, found.picked.get(id_, 0), id_ in right) for id_, text in choices.items()],
    )
