"""Which texts of its own the hospital has published, for each request: the call card, medicines, words.

Pages read them with the shipped ones (`texts.laid_over`). The process keeps them until another one is published. How it
knows: a number that grows with each publication and each retirement. Statements that pages run anyway have it as a
column (`shown.py`), so that the next request of every worker shows what was published, and no page needs a query more.
A page without such a statement runs one, when it first needs a text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from learn.languages import SOURCE
from learn.lessons import bodies, texts
from learn.lessons.models import ClinicalReview, Reference, ReferenceText
from learn.lessons.texts import NONE, Own
from quizzes import statements
from quizzes.models import State

# Rows are never deleted once they are published, so each step of a row from draft to published to retired adds one.
STAMP = f"""
SELECT COALESCE(SUM(CASE o.state WHEN '{State.PUBLISHED.value}' THEN 1 WHEN '{State.RETIRED.value}' THEN 2
    ELSE 0 END), 0) FROM {ReferenceText._meta.db_table} o WHERE o.language = '{SOURCE}'
"""  # noqa: S608 - only names and constants of our own are put in

_kept: tuple[int, Own] = (0, NONE)


def forget() -> None:
    """Clear the cache, as in `shown`."""
    _keep(0, NONE)


def _keep(stamp: int, own: Own) -> None:
    global _kept
    _kept = stamp, own


def at(stamp: int) -> Own:
    """Return the texts that are published at this number. One query, unless the process has them."""
    known, own = _kept
    if not stamp or known == stamp:
        return own if stamp else NONE
    rows: dict[str, dict[str, object]] = {}
    published = ReferenceText.objects.filter(
        state=State.PUBLISHED, language=SOURCE, reference__kind__in=bodies.FILES
    ).select_related("reference")
    card = None
    for row in published.order_by("reference__slug"):
        rows.setdefault(row.reference.kind, {})[row.reference.slug] = row.body
        card = row.pk if row.reference.kind == Reference.Kind.CARD else card
    signed = (
        ClinicalReview.objects.filter(text=card).order_by("-pk").values_list("on", "until").first() if card else None
    )
    own = Own(rows, signed)
    transaction.on_commit(partial(_keep, stamp, own))  # as in `shown`: not before it is committed
    return own


class _Seen:
    """What one request knows: nothing, then the number, then the texts. They stay the same to its end.

    `translations` has the translated editions whose words it has read (`signatures.py`).
    """

    def __init__(self) -> None:
        self.stamp: int | None = None
        self.own: Own | None = None
        self.translations: set[int] = set()

    def __call__(self) -> Own:
        if self.own is None:
            if self.stamp is None:
                self.stamp = int(statements.run(STAMP, [])[0][0])
            self.own = at(self.stamp)
        return self.own


def note(stamp: int) -> None:
    """Tell this request the number that a statement of its has read."""
    if isinstance(seen := texts.finder(), _Seen) and seen.stamp is None:
        seen.stamp = stamp


def note_translations(editions: Iterable[int]) -> None:
    """Tell this request which translated editions (pks) it has words of."""
    if isinstance(seen := texts.finder(), _Seen):
        seen.translations.update(editions)


def translations() -> frozenset[int]:
    """Return the translated editions (pks) whose words this request has read until now."""
    return frozenset(seen.translations) if isinstance(seen := texts.finder(), _Seen) else frozenset()


def middleware(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Let each request see the texts that are published when it first needs one."""

    def inner(request: HttpRequest) -> HttpResponseBase:
        with texts.following(_Seen()):
            return get_response(request)

    return inner
