"""Put tiles in order: the learner chooses a different place for each tile."""

from __future__ import annotations

from collections import Counter

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
            found.append(Problem("Give three to five lines.", "cards", min(len(tiles), MOST - 1), "text"))
        if len({tile.get("id") for tile in tiles}) != len(tiles) or not all(tile.get("id") for tile in tiles):
            found.append(Problem("Every line needs an id of its own.", "cards"))
        texts = [alike(tile.get("text")) for tile in tiles]
        if len(set(texts)) != len(texts) or not all(texts):
            at = first_without(tiles, "text")
            found.append(Problem("Every line needs words of its own.", "cards", at, "text"))
        if not said(spec.get("feedback")):
            found.append(Problem("Give feedback for an order that is not right.", "feedback"))
        return found

    def ask(self, spec: Spec) -> Ask:
        """Return the tiles as rows, to be shown in any order but this one, and the places as choices."""
        tiles = tuple(Choice(tile["id"], tile["text"]) for tile in spec["cards"])
        places = tuple(Choice(str(n), str(PLACES[n - 1])) for n in range(1, len(tiles) + 1))
        return Ask(_("Choose a place for each line."), places, rows=tiles, shuffle_rows=True, of_site=True)

    def read(self, spec: Spec, post: Post) -> Given:
        """Return the ids of the tiles in the order that the learner gave them. Raises Unreadable."""
        tiles = spec["cards"]
        posted = {tile["id"]: [place for place in post.getlist(f"{FIELD}-{tile['id']}") if place] for tile in tiles}
        taken = Counter(place for places in posted.values() for place in places)
        wrong = []
        for tile in tiles:
            places = posted[tile["id"]]
            if len(places) != 1:
                wrong.append(Unreadable(_("Choose a place for “%(text)s”") % tile, tile["id"]))
            elif places[0] not in {str(n) for n in range(1, len(tiles) + 1)}:
                wrong.append(Unreadable(_("Choose a place from the list"), tile["id"]))
            elif taken[places[0]] > 1:
                # Each of them is named: only the later one would tell which of them comes first.
                shared = _("“%(text)s” has the same place as another line: “%(place)s”. Give each its own")
                wrong.append(Unreadable(shared % (tile | {"place": PLACES[int(places[0]) - 1]}), tile["id"]))
        if wrong:
            raise Unreadable.together(wrong)
        return sorted(posted, key=lambda tile: int(posted[tile][0]))

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
