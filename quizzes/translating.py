"""Translations of revisions. Ids, what is right and what is about safety come from the revision that is translated.

So an answer can be shown in both languages, and no translation can move a right answer.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max

from quizzes.authoring import Unfit, problems
from quizzes.kinds import Spec
from quizzes.models import SOURCE, Question, Revision, State


def translate(
    *, of: Revision, language: str, spec: Spec, objective: str, stem: str, why: str, shipped: str = ""
) -> Revision:
    """Publish a translation of a published revision, and retire the one before it; return it.

    `spec` has the same parts as that of the revision, in the same order; its ids do not count. It shares the number of
    the line: its statistics are apart by language, and go on when the revision had only a typo.

    Raises Unfit if something is missing or too long, if `spec` has other parts, or if the revision is not published.
    """
    named = _named_as(of.spec, spec)
    if found := problems(of.kind, named, stem=stem, why=why, objective=objective):
        raise Unfit(found)
    with transaction.atomic():
        Question.objects.select_for_update().get(pk=of.question_id)
        if not Revision.objects.filter(pk=of.pk, state=State.PUBLISHED, language=SOURCE).exists():
            raise Unfit(["Only a question that is asked can be translated."])
        there = Revision.objects.filter(question=of.question_id, language=language)
        newest = there.aggregate(n=Max("number"))["n"] or 0
        there.filter(state=State.PUBLISHED).update(state=State.RETIRED)
        revision = Revision(
            question_id=of.question_id, language=language, translates=of, number=newest + 1, line=of.line,
            state=State.PUBLISHED, kind=of.kind, critical=of.critical, source=of.source, shipped=shipped,
            objective=objective, stem=stem, why=why, spec=named,
        )  # fmt: skip
        revision.clean_fields()
        revision.save(force_insert=True)
    return revision


def _named_as(source: Spec, spec: Spec) -> Spec:
    """Return the spec with everything of the source but its texts. Raises Unfit if it has other parts."""
    try:
        return {key: _with_texts(value, spec[key]) if key in _SAID else value for key, value in source.items()}
    except (KeyError, ValueError) as error:
        raise Unfit(["The translation has other parts than the question."]) from error


_SAID = ("text", "feedback", "choices", "rows", "cards", "true", "false")


def _with_texts(source: object, spec: object) -> object:
    if isinstance(source, dict) and isinstance(spec, dict):
        return _named_as(source, spec)
    if isinstance(source, list) and isinstance(spec, list):
        return [_with_texts(one, other) for one, other in zip(source, spec, strict=True)]
    return spec
