"""Statistics of the published questions: reads the first answers and passes them to `analysis`.

For each quiz, only the learners with the NEWEST latest checks count. They are enough to judge a question. On a large
site, a page that reads the answers of everyone would take minutes and use all memory.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber

from quizzes import analysis
from quizzes.kinds import KINDS
from quizzes.models import Attempt, AttemptItem, Question, Quiz, Response, ResponseQuerySet, Revision

Key = tuple[int, str, int]  # the revisions that share statistics: question, language, line

EARLIER = 5000  # answers to all earlier wordings of a question, the newest: enough for several of them
NEWEST = 500  # checks of each quiz, the latest started first: the learners who took them count


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


def lines(
    *, language: str = "en", question: Question | None = None, leave_out: Mapping[str, Any] | None = None
) -> list[QuestionHealth]:
    """Return the statistics of every published question in this language, or of one question, worst first.

    `leave_out` has field lookups of the learners who do not count ({"is_staff": True}). Answers in reviews do not count
    either, because the learner has already read the feedback. Three queries, independent of the number of answers.
    """
    published = Revision.objects.published(language=language).select_related("question")
    if question:
        published = published.filter(question=question)
    revisions = list(published)
    answers = _first_answers({_key(r): r for r in revisions}, _of_the_newest(leave_out or {}, question))
    found = [_line(revision, answers[_key(revision)]) for revision in revisions]
    return sorted(found, key=lambda line: (*analysis.rank(line.health, line.worst), line.revision.question.slug))


def earlier(revisions: Iterable[Revision], *, leave_out: Mapping[str, Any] | None = None) -> list[QuestionHealth]:
    """Return the statistics of wordings that are asked no more, one of each line, all of one question and language.

    What they say of other questions is not read, so no discrimination is known. One query, none without revisions.
    """
    wanted = {_key(revision): revision for revision in revisions}
    if not wanted:
        return []
    (question, language, _), *_ = wanted
    rows = Response.objects.first_tries().filter(
        item__revision__question=question,
        item__revision__language=language,
        item__revision__line__in=[line for _, _, line in wanted],
        item__attempt__quiz__isnull=False,  # not of a review
    )
    rows = rows.exclude(**{f"item__attempt__learner__{key}": value for key, value in (leave_out or {}).items()})
    newest = rows.order_by("-at", "-pk").values("pk")[:EARLIER]
    answers = _first_answers(wanted, Response.objects.first_tries().filter(pk__in=newest))
    return [_line(revision, answers[key]) for key, revision in wanted.items()]


def _of_the_newest(leave_out: Mapping[str, Any], question: Question | None) -> ResponseQuerySet:
    """Return all first tries of the learners who took the NEWEST latest checks of each quiz, also their older ones.

    With a question, only those in the attempts that asked it. One query finds the start time of the oldest of these
    checks. It uses the index `attempt_newest_checks`.
    """
    users = get_user_model().objects
    left_out = users.filter(**leave_out) if leave_out else users.none()
    checks = Attempt.objects.filter(kind=Attempt.Kind.CHECK).exclude(learner__in=left_out)
    oldest = checks.filter(quiz=OuterRef("pk")).order_by("-started").values("started")[NEWEST - 1 : NEWEST]
    newest = Q(pk=None)
    for quiz, since in Quiz.objects.values_list("pk", Subquery(oldest)):
        newest |= Q(quiz=quiz, started__gte=since) if since else Q(quiz=quiz)
    theirs = Exists(checks.filter(newest, learner=OuterRef("learner"), quiz=OuterRef("quiz")))
    attempts = Attempt.objects.filter(theirs)
    if question:
        # Not Exists: PostgreSQL would begin with this, and read everybody who was ever asked.
        asked = AttemptItem.objects.filter(attempt=OuterRef("pk"), revision__question=question).values("pk")[:1]
        attempts = attempts.alias(asked=Subquery(asked)).exclude(asked=None)
    return Response.objects.first_tries().filter(item__attempt__in=attempts)


def _key(revision: Revision) -> Key:
    return revision.question_id, revision.language, revision.line


def _first_answers(wanted: Mapping[Key, Revision], rows: ResponseQuerySet) -> dict[Key, list[analysis.First]]:
    """Return the learners' first answers to each line, those that are alike as one. The database counts them."""
    # Retries do not count: a retry asks only the missed questions, so it says nothing about the others.
    whole = Q(item__attempt__kind=Attempt.Kind.CHECK, item__attempt__finished__isnull=False)
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
    return found


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


def _line(revision: Revision, answers: list[analysis.First]) -> QuestionHealth:
    ask, best = KINDS[revision.kind].ask(revision.spec), revision.mark([]).best
    # In a question with rows, only the right pairs are listed: a learner who missed a pair is not counted for it.
    choices = {text: text for text in best} if ask.rows else {choice.id: choice.text for choice in ask.choices}
    right = [id_ for id_, text in choices.items() if text in best]
    found = analysis.health(answers)
    return QuestionHealth(
        revision=revision,
        health=found,
        findings=analysis.findings(found, choices=choices, best=right, critical=revision.critical),
        picks=[(text, found.picked.get(id_, 0), id_ in right) for id_, text in choices.items()],
    )
