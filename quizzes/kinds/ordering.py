"""Put tiles in order: the learner chooses a different place for each tile."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from quizzes.kinds.base import (
    FIELD,
    Ask,
    Choice,
    Given,
    Mark,
    Post,
    Problem,
    Spec,
    Unreadable,
    alike,
    first_without,
    said,
)

MOST = 5  # maximum number of tiles
PLACES = (
    pgettext_lazy("place in an order", "First"),
    pgettext_lazy("place in an order", "Second"),
    pgettext_lazy("place in an order", "Third"),
    pgettext_lazy("place in an order", "Fourth"),
    pgettext_lazy("place in an order", "Fifth"),
)


class OrderingKind:
    """spec: {"version": 1, "cards": [{"id", "text"}], "feedback"}; the tiles ("cards") are in the right order."""

    def problems(self, spec: Spec) -> list[Problem]:
        """Return what is wrong with the spec."""
        found = []
        tiles = spec.get("cards") or []
        if spec.get("version") != 1:
            found.append(Problem("The version of the spec must be 1.", "version"))
        if not 3 <= len(tiles) <= MOST:
            found.append(Problem("Give three to five cards.", "cards", min(len(tiles), MOST - 1), "text"))
        if len({tile.get("id") for tile in tiles}) != len(tiles) or not all(tile.get("id") for tile in tiles):
            found.append(Problem("Every card needs an id of its own.", "cards"))
        texts = [alike(tile.get("text")) for tile in tiles]
        if len(set(texts)) != len(texts) or not all(texts):
            at = first_without(tiles, "text")
            found.append(Problem("Every card needs words of its own.", "cards", at, "text"))
        if not said(spec.get("feedback")):
            found.append(Problem("Give feedback for an order that is not right.", "feedback"))
        return found

    def ask(self, spec: Spec) -> Ask:
        """Return the tiles as rows, to be shown in any order but this one, and the places as choices."""
        tiles = tuple(Choice(tile["id"], tile["text"]) for tile in spec["cards"])
        places = tuple(Choice(str(n), str(PLACES[n - 1])) for n in range(1, len(tiles) + 1))
        return Ask(_("Give each card its place."), places, rows=tiles, shuffle_rows=True)

    def read(self, spec: Spec, post: Post) -> Given:
        """Return the ids of the tiles in the order that the learner gave them. Raises Unreadable."""
        tiles = spec["cards"]
        at: dict[str, str] = {}
        for tile in tiles:
            posted = [place for place in post.getlist(f"{FIELD}-{tile['id']}") if place]
            if len(posted) != 1:
                raise Unreadable(_("Choose a place for “%(text)s”") % tile, tile["id"])
            place = posted[0]
            if place not in {str(n) for n in range(1, len(tiles) + 1)}:
                raise Unreadable(_("Choose a place from the list"), tile["id"])
            if place in at:
                shared = _("Two cards share a place: “%(place)s”. Give each its own")
                raise Unreadable(shared % {"place": PLACES[int(place) - 1]}, tile["id"])
            at[place] = tile["id"]
        return [at[place] for place in sorted(at, key=int)]

    def mark(self, spec: Spec, given: Given) -> Mark:
        """Return the result: right if every tile is in its place."""
        texts = {tile["id"]: tile["text"] for tile in spec["cards"]}
        best = list(texts)
        right = given == best
        return Mark(
            right=right,
            hits=sum(a == b for a, b in zip(given, best, strict=False)),
            of=len(best),
            best=tuple(f"{n}. {texts[id_]}" for n, id_ in enumerate(best, 1)),
            chosen=tuple(f"{n}. {texts[id_]}" for n, id_ in enumerate(given, 1)),
            remarks=(spec["feedback"],) if given and not right else (),
        )
