"""Match rows with tiles: the learner chooses the tile that belongs to each row. Two rows may have the same tile."""

from __future__ import annotations

from django.utils.translation import gettext as _

from quizzes.kinds.base import FIELD, Ask, Choice, Given, Mark, Post, Problem, Spec, Unreadable, first_without, said

MOST = 4  # maximum number of rows, and of tiles: more would test patience, not knowledge


class MatchingKind:
    """spec: {"version": 1, "cards": [{"id", "text"}], "rows": [{"id", "text", "card", "feedback"}]}."""

    def problems(self, spec: Spec) -> list[Problem]:
        """Return what is wrong with the spec."""
        found = []
        rows, tiles = spec.get("rows") or [], spec.get("cards") or []
        if spec.get("version") != 1:
            found.append(Problem("The version of the spec must be 1.", "version"))
        if not 2 <= len(rows) <= MOST:
            found.append(Problem("Give two to four lines.", "rows", min(len(rows), MOST - 1), "text"))
        if not 2 <= len(tiles) <= MOST:
            found.append(
                Problem(
                    "Give two to four words or phrases that go with the lines.",
                    "cards",
                    min(len(tiles), MOST - 1),
                    "text",
                )
            )
        for things, key, name in ((rows, "rows", "line"), (tiles, "cards", "card")):
            if len({t.get("id") for t in things}) != len(things) or not all(t.get("id") for t in things):
                found.append(Problem(f"Every {name} needs an id of its own.", key))
            texts = [said(t.get("text")).lower() for t in things]
            if len(set(texts)) != len(texts) or not all(texts):
                at = first_without(things, "text")
                found.append(Problem(f"Every {name} needs words of its own.", key, at, "text"))
        if {row.get("card") for row in rows} != {tile.get("id") for tile in tiles}:
            at = first_without(rows, "card")
            found.append(Problem("Say for every line what goes with it.", "rows", at, "card"))
        if not all(said(row.get("feedback")) for row in rows):
            at = first_without(rows, "feedback")
            found.append(Problem("Every line needs its feedback.", "rows", at, "feedback"))
        return found

    def ask(self, spec: Spec) -> Ask:
        """Return the rows, with the tiles as choices to be shuffled."""
        return Ask(
            _("Choose one for each line."),
            tuple(Choice(tile["id"], tile["text"]) for tile in spec["cards"]),
            rows=tuple(Choice(row["id"], row["text"]) for row in spec["rows"]),
            shuffle_choices=True,
        )

    def read(self, spec: Spec, post: Post) -> Given:
        """Return the id of the chosen tile for each row, in the author's order of rows. Raises Unreadable."""
        tiles = {tile["id"] for tile in spec["cards"]}
        given: Given = []
        wrong = []
        for row in spec["rows"]:
            posted = [tile for tile in post.getlist(f"{FIELD}-{row['id']}") if tile]
            if len(posted) != 1:
                wrong.append(Unreadable(_("Choose what goes with “%(text)s”") % row, row["id"]))
            elif posted[0] not in tiles:
                wrong.append(Unreadable(_("Choose from the words on this page"), row["id"]))
            given += posted
        if wrong:
            raise Unreadable.together(wrong)
        return given

    def mark(self, spec: Spec, given: Given) -> Mark:
        """Return the result: right if every row has the tile that belongs to it."""
        texts = {tile["id"]: tile["text"] for tile in spec["cards"]}
        rows = spec["rows"]
        missed = [row for row, tile in zip(rows, given, strict=bool(given)) if tile != row["card"]]
        return Mark(
            right=bool(given) and not missed,
            hits=len(given) - len(missed),
            of=len(rows),
            best=tuple(f"{row['text']} – {texts[row['card']]}" for row in rows),
            chosen=tuple(f"{row['text']} – {texts[tile]}" for row, tile in zip(rows, given, strict=bool(given))),
            remarks=tuple(row["feedback"] for row in missed),
        )
