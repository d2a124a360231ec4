"""How the published questions do: the record of first answers, read into `analysis`.

Of each quiz the newest people count, NEWEST of them: so many tell how a wording does now, and a page that read
everybody's answers would take minutes, and all memory, on a large site.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, CharField, Exists, ExpressionWrapper, OuterRef, Q, Subquery
from django.db.models.functions import Cast

from quizzes import analysis
from quizzes.kinds import KINDS
from quizzes.models import Attempt, Question, Quiz, Response, ResponseQuerySet, Revision

Key = tuple[int, str, int]  # a line of statistics: question, language, line

NEWEST = 500  # checks of each quiz, by when they began: their people count


@dataclass(frozen=True)
class QuestionHealth:
    """A published wording with the answers to its line."""

    revision: Revision
    health: analysis.Health
    findings: list[analysis.Finding]
    picks: list[tuple[str, int, bool]]  # the words, how many chose them, and whether they are right

    @property
    def least(self) -> int:
        """The lower end of the interval, as so many of `n`: it is about the share among all people, no forecast."""
        return round(self.health.low * self.health.n)

    @property
    def most(self) -> int:
        """The upper end."""
        return round(self.health.high * self.health.n)

    @property
    def worst(self) -> analysis.Finding:
        """What to look at first."""
        return self.findings[0]


def lines(
    *, language: str = "en", question: Question | None = None, leave_out: Mapping[str, Any] | None = None
) -> list[QuestionHealth]:
    """Return every published question of this language, or this one, with its health, worst first.

    `leave_out` are look-ups of learners who do not count ({"is_staff": True}). What a review asked does not count
    either: whoever is asked again has read the feedback. Five queries, however many answers.
    """
    published = Revision.objects.published(language=language).select_related("question")
    if question:
        published = published.filter(question=question)
    revisions = list(published.prefetch_related("question__quizitem_set__quiz"))
    answers = _first_answers({_key(r): r for r in revisions}, _of_the_newest(leave_out or {}))
    found = [_line(revision, answers[_key(revision)]) for revision in revisions]
    return sorted(found, key=lambda line: (*analysis.rank(line.health, line.worst), line.revision.question.slug))


def _of_the_newest(leave_out: Mapping[str, Any]) -> ResponseQuerySet:
    """Return the first tries of the newest people of each quiz, in all that they did of it, however long ago.

    One query finds since when their checks began, by the index `attempt_newest_checks`.
    """
    checks = Attempt.objects.filter(kind=Attempt.Kind.CHECK)
    checks = checks.exclude(**{f"learner__{key}": value for key, value in leave_out.items()})
    oldest = checks.filter(quiz=OuterRef("pk")).order_by("-started").values("started")[NEWEST - 1 : NEWEST]
    newest = Q(pk=None)
    for quiz, since in Quiz.objects.values_list("pk", Subquery(oldest)):
        newest |= Q(quiz=quiz, started__gte=since) if since else Q(quiz=quiz)
    whose = {"learner": OuterRef("item__attempt__learner"), "quiz": OuterRef("item__attempt__quiz")}
    return Response.objects.first_tries().filter(Exists(checks.filter(newest, **whose)))


def _key(revision: Revision) -> Key:
    return revision.question_id, revision.language, revision.line


def _first_answers(wanted: Mapping[Key, Revision], rows: ResponseQuerySet) -> dict[Key, list[analysis.First]]:
    """Return each learner's first answer to each line: one statement reads them all, the oldest first."""
    asked: Counter[str] = Counter()  # questions of a finished check, by attempt
    known: Counter[str] = Counter()
    firsts: dict[tuple[Any, Key], tuple[str, list[str], bool]] = {}
    # A retry asks only what was missed: no measure of the rest.
    whole = Q(item__attempt__kind=Attempt.Kind.CHECK, item__attempt__finished__isnull=False)
    for attempt, is_whole, learner, question, language, line, given, mark in rows.values_list(
        Cast("item__attempt", CharField()), ExpressionWrapper(whole, BooleanField()), "item__attempt__learner",
        "item__revision__question", "item__revision__language", "item__revision__line", "given", "mark",
    ).iterator():  # fmt: skip
        key, right = (question, language, line), mark == Response.Marked.RIGHT.value
        if is_whole:
            asked[attempt] += 1
            known[attempt] += right
        if key in wanted:
            firsts.setdefault((learner, key), (attempt, given, right))
    found: dict[Key, list[analysis.First]] = defaultdict(list)
    with_rows = {key for key, revision in wanted.items() if KINDS[revision.kind].ask(revision.spec).rows}
    for (_, key), (attempt, given, right) in firsts.items():
        others = asked[attempt] - 1
        rest = (known[attempt] - right) / others if others > 0 else None
        # With rows, what was chosen are the rows' own pairs ("Row 1" with its tile), hit or missed.
        picked = wanted[key].mark(given).chosen if key in with_rows else given
        found[key].append(analysis.First(right, picked, rest))
    return found


def _line(revision: Revision, answers: list[analysis.First]) -> QuestionHealth:
    ask, best = KINDS[revision.kind].ask(revision.spec), revision.mark([]).best
    # With rows only the pairs that belong together are listed: whoever missed one is not among those who chose it.
    choices = {text: text for text in best} if ask.rows else {choice.id: choice.text for choice in ask.choices}
    right = [id_ for id_, text in choices.items() if text in best]
    found = analysis.health(answers)
    return QuestionHealth(
        revision=revision,
        health=found,
        findings=analysis.findings(found, choices=choices, best=right, critical=revision.critical),
        picks=[(text, found.picked.get(id_, 0), id_ in right) for id_, text in choices.items()],
    )
