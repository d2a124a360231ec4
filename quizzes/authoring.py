"""Draft, publish, retire a Revision."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from quizzes.kinds import KINDS, Spec, said
from quizzes.models import Question, Revision, State

_CHOOSABLE = ("choices", "rows", "cards")


class Unfit(ValueError):
    """A question that cannot be asked. `problems` says why, a plain sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def with_ids(spec: Spec) -> Spec:
    """Return the spec with a random id for everything choosable that has none: an id must tell nothing (ruling 3)."""
    named = {key: [{"id": secrets.token_hex(4)} | one for one in spec[key]] for key in _CHOOSABLE if key in spec}
    return spec | named


def draft(*, question: Question, language: str, kind: str, spec: Spec, **text: Any) -> Revision:
    """Return a new draft, numbered after the newest.

    Takes the kind's name, its spec (choice ids may be missing) and the text fields of Revision (`stem`, `why`,
    `objective`, `critical`, `source`, `shipped`).

    Raises Unfit when the kind does not exist, the spec cannot be asked, or a text is missing or too long.
    """
    if kind not in KINDS:
        raise Unfit([f"There is no kind of question called {kind!r}."])
    spec = with_ids(spec)
    problems = list(KINDS[kind].problems(spec))
    problems += [f"The {name} is missing." for name in ("stem", "why", "objective") if not said(text.get(name))]
    if problems:
        raise Unfit(problems)
    newest = question.revisions.filter(language=language).aggregate(n=Max("number"))["n"] or 0
    revision = Revision(question=question, language=language, number=newest + 1, kind=kind, spec=spec, **text)
    try:
        revision.clean_fields()
    except ValidationError as error:
        raise Unfit([f"{name}: {' '.join(said)}" for name, said in error.message_dict.items()]) from error
    revision.save(force_insert=True)
    return revision


def publish(*, revision: Revision, same_meaning: bool) -> None:
    """Ask this draft from now on, in place of the wording that is published.

    A mended typo (`same_meaning`) keeps the line of statistics, a changed meaning starts the next. Open attempts go
    on with the wording that they pinned.

    Raises Unfit when the revision is not a draft.
    """
    with transaction.atomic():
        if revision.state != State.DRAFT:
            raise Unfit(["Only a draft can be published."])
        before = (
            Revision.objects.select_for_update()
            .filter(question=revision.question_id, language=revision.language)
            .exclude(state=State.DRAFT)
            .order_by("state", "-number")  # the published one, else the newest that was
            .first()
        )
        if before is not None:
            retire(revision=before)
            revision.line = before.line if same_meaning else before.line + 1
        revision.state = State.PUBLISHED
        revision.save(update_fields=["state", "line"])


def retire(*, revision: Revision) -> None:
    """Ask this wording no more. What was answered to it stays."""
    revision.state = State.RETIRED
    revision.save(update_fields=["state"])
