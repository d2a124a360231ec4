"""The way back for a learner who looks something up in a lesson while a question waits: `?from=<attempt>-<position>`.

The state is in the address, so it needs no session: it works in two tabs at once, and Back forgets it. "-answer" at the
end means that the learner came from the feedback. The attempt is read as the learner's own, so an address that somebody
else sent, or that was made up, gives the step as it always is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.urls import reverse

from quizzes import taking
from quizzes.asked import items_of
from quizzes.places import Place, place_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

_FROM = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-([1-9][0-9]{0,3})(-answer)?")


@dataclass(frozen=True)
class Waiting:
    """The question that a learner has left to look something up."""

    token: str  # the value of `from`, for the links between the steps
    address: str  # where the learner goes back to: the question, or its feedback
    place: Place
    answered: bool  # the learner goes back to the feedback


def waiting(learner: AbstractBaseUser | AnonymousUser, token: str) -> Waiting | None:
    """Return the question to go back to; None if `token` names none of this learner's. One query if it has the form.

    If the question was answered meanwhile, in another tab, this leads to its feedback, as its own address does.
    """
    match = _FROM.fullmatch(token)
    if match is None or not learner.is_authenticated:
        return None
    attempt, position, from_answer = UUID(match[1]), int(match[2]), match[3]
    items = items_of(learner.pk, attempt)
    item = next((item for item in items if item.position == position), None)
    if item is None:
        return None
    answered = item.answers > 0 and (bool(from_answer) or not taking.is_owed(item, items))
    if not answered and not taking.is_owed(item, items):
        return None  # a review that was closed meanwhile: nothing waits there
    page = "quizzes:feedback" if answered else "quizzes:question"
    return Waiting(
        token=token,
        address=reverse(page, args=[attempt, position]),
        place=place_of(item, items, answered=answered),
        answered=answered,
    )
