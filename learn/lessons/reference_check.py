"""Check that the reference files are complete and agree: call card, symptoms, facts, holds, sources. Plain Python.

These files are not saved in the database, so nothing else would notice that a card line, a tier, a hold or a fact is
missing. Loading content checks them first. The error names the first rule that a file breaks, with file and line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from learn.lessons import texts

TIERS = {  # in this order on every page: the most urgent first
    "call-911": "Call 911",
    "call-now": "Call your team now, day or night",
    "office-hours": "Call your team in office hours",
}
FEVER = "fever-chills"  # must be the first line of "call now"; the fever sentences are shown with it
GENERAL = "GENERAL"  # the key in symptoms.yaml for card lines that belong to no single fact

# The keys and types that each part of a file must or may have.
CARD = {"claims": list, "above_button": list, "above": str, "fever": list, "hidden_fever": str, "tiers": list}
TIER = {"slug": str, "name": str, "groups": list}
GROUP = {"heading": str, "lines": list}
LINE = {"id": str, "text": str}
SENTENCE = {"id": str, "text": str, "limit": str}
OWN = {"treatment": str, "lessons": list}
CLAIM = {"id": str, "text": str, "status": str, "safety": bool, "sources": list}
HOLD = {"claims": list, "note": str}
SOURCE = {"key": str, "title": str, "publisher": str, "address": str, "note": str}
MAY_BE_EMPTY = {"safety", "confirm", "sources", "publisher", "address", "note"}
OF_WORDS = {"claims", "lessons", "sources", "corrections"}  # lists of names

Keys = Mapping[str, type[Any]]
Place = tuple[str | int, ...]  # the path to a part of a file: ("tiers", 0, "groups", 1)


class Faulty(ValueError):
    """A file breaks a rule. The message names the file, the line and the rule."""


class File:
    """One YAML file: its data, and the line number of each part."""

    def __init__(self, folder: Path, name: str) -> None:
        """Read the file. Raises Faulty if it cannot be read or has a key twice (YAML would silently drop one)."""
        self.name = name
        try:
            self.data: Any = texts.read(folder / name)
            self._root: Any = yaml.compose((folder / name).read_text(encoding="utf-8"), Loader=texts.LOADER)
            twice = list(_twice(self._root))
        except yaml.MarkedYAMLError as error:
            at = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
            raise Faulty(f"{name}{at}: cannot be read: {error.problem}") from error
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise Faulty(f"{name}: cannot be read: {error}") from error
        except RecursionError as error:
            raise Faulty(f"{name}: cannot be read: a part of it stands inside itself") from error
        for key in twice:
            raise Faulty(f"{name}, line {key.start_mark.line + 1}: {key.value} stands here twice")

    def faulty(self, place: Place, rule: str) -> Faulty:
        """Return the error for this part of the file. For a missing part, the line is that of its parent."""
        node, line = self._root, 1
        for step in place:
            if isinstance(node, yaml.MappingNode):
                pair = next((pair for pair in node.value if pair[0].value == step), None)
            else:
                pair = [node.value[step]] * 2 if isinstance(node, yaml.SequenceNode) else None
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        return Faulty(f"{self.name}, line {line}: {rule}")

    def fit(self, place: Place, part: Any, must: Keys, may: Keys | None = None) -> None:
        """Raise Faulty unless this part is a mapping with these keys only, each of the right type and not empty."""
        if not isinstance(part, dict):
            raise self.faulty(place, f"must have {', '.join(must)}")
        known = {**must, **(may or {})}
        for key, value in part.items():
            if key not in known:
                raise self.faulty((*place, key), f"unknown {key}")
            if not isinstance(value, known[key]):
                raise self.faulty((*place, key), f"{key} must be a {known[key].__name__}")
            if key not in MAY_BE_EMPTY and not (value.strip() if isinstance(value, str) else value):
                raise self.faulty((*place, key), f"{key} is empty")
            if key in OF_WORDS and not all(isinstance(word, str) for word in value):
                raise self.faulty((*place, key), f"{key} must be a list of names")
        for key in must:
            if key not in part:
                raise self.faulty(place, f"missing {key}")

    def pairs(self, place: Place, part: Any) -> dict[str, str]:
        """Return this part as a mapping of texts to texts. Raises Faulty if it is anything else."""
        if not isinstance(part, dict) or not part:
            raise self.faulty(place, "must be a list of names and texts")
        for key, value in part.items():
            if not (isinstance(key, str) and isinstance(value, str) and value.strip()):
                raise self.faulty((*place, key), f"{key} must have a text")
        return part

    def rows(self, key: str, must: Keys, may: Keys | None = None) -> dict[str, tuple[int, Any]]:
        """Return the rows of a file that is a list: {row[key]: (index, row)}.

        Raises Faulty if it is no list, if a row does not have these keys and types, or if two rows have the same key.
        """
        if not isinstance(self.data, list):
            raise self.faulty((), "must be a list")
        found: dict[str, tuple[int, Any]] = {}
        for n, row in enumerate(self.data):
            self.fit((n,), row, must, may)
            if not row[key].strip():
                raise self.faulty((n, key), f"{key} is empty")
            if row[key] in found:
                raise self.faulty((n, key), f"{row[key]} is there twice")
            found[row[key]] = n, row
        return found


def check(folder: Path, lessons: Mapping[str, tuple[Any, Any]]) -> None:
    """Check that the files of this folder agree with each other.

    `lessons` are the lessons and quizzes of the folder, by file name: (lesson, quiz). Their structure has been checked.

    Raises Faulty if a tier, a line, a hold, a fact or a source is missing, occurs twice or is empty, or if a file names
    one that does not exist.
    """
    claims = File(folder, "claims.yaml")
    facts = claims.rows("id", CLAIM, {"confirm": bool, "also": str, "corrections": list})
    sources = File(folder, "sources.yaml").rows("key", SOURCE, {"seen": date})
    for id_, (n, row) in facts.items():
        for m, key in enumerate(row["sources"]):
            if key not in sources:
                raise claims.faulty((n, "sources", m), f"{id_}: there is no source {key}")
    _holds(folder, claims, facts)
    _symptoms(folder, _card(folder, facts), facts)
    _taught(folder, claims, facts, lessons)


def _card(folder: Path, facts: Mapping[str, Any]) -> dict[str, Place]:
    """Check the call card; return the place of each of its lines, by line id."""
    file = File(folder, "call_card.yaml")
    file.fit((), file.data, CARD, {"same_meaning": bool})
    for n, claim in enumerate(file.data["claims"]):
        if claim not in facts:
            raise file.faulty(("claims", n), f"there is no claim {claim}")
    _sentences(file)
    found: dict[str, Place] = {}
    for t, tier in enumerate(file.data["tiers"]):
        file.fit(("tiers", t), tier, TIER, {"top": str, "foot": str})
        if list(TIERS.items())[t : t + 1] != [(tier["slug"], tier["name"])]:
            raise file.faulty(("tiers", t, "name"), f"the tiers must be {', '.join(TIERS.values())}, in this order")
        for g, group in enumerate(tier["groups"]):
            file.fit(("tiers", t, "groups", g), group, GROUP)
            for n, line in enumerate(group["lines"]):
                place = "tiers", t, "groups", g, "lines", n
                file.fit(place, line, LINE, OWN)
                if line["id"] in found:
                    raise file.faulty((*place, "id"), f"another line has the id {line['id']}")
                if ("lessons" in line) != ("treatment" in line):
                    raise file.faulty(place, "a line of one treatment must name it, and the lessons it belongs to")
                found[line["id"]] = place
    if len(file.data["tiers"]) != len(TIERS):
        raise file.faulty(("tiers",), f"the tiers must be {', '.join(TIERS.values())}")
    if found.get(FEVER) != ("tiers", 1, "groups", 0, "lines", 0):
        raise file.faulty(("tiers", 1), f"{FEVER} must be the first line")
    return found


def _sentences(file: File) -> None:
    """Raise Faulty unless every lesson has exactly one fever sentence: its own, or the one for any lesson."""
    seen: set[str] = set()
    for n, row in enumerate(file.data["fever"]):
        file.fit(("fever", n), row, SENTENCE, {"at": str, **OWN})
        if row["limit"] not in ("lower", "any"):
            raise file.faulty(("fever", n, "limit"), "limit must be lower or any")
        if ("lessons" in row) != ("treatment" in row):
            raise file.faulty(("fever", n), "a sentence of some treatments must name them, and their lessons")
        for name in (row["id"], *row.get("lessons", ["any lesson"])):
            if name in seen:
                raise file.faulty(("fever", n), f"another sentence has {name}")
            seen.add(name)
    if "any lesson" not in seen:
        raise file.faulty(("fever",), "there is no sentence for any lesson (one without lessons)")


def _symptoms(folder: Path, lines: Mapping[str, Place], facts: Mapping[str, Any]) -> None:
    """Raise Faulty unless every symptom names a line of the card, and every line has a symptom."""
    file = File(folder, "symptoms.yaml")
    if not isinstance(file.data, dict):
        raise file.faulty((), "must name claims and their symptoms")
    reached = set()
    for claim, symptoms in file.data.items():
        if claim not in facts and claim != GENERAL:
            raise file.faulty((claim,), f"there is no claim {claim}")
        for symptom, line in file.pairs((claim,), symptoms).items():
            if line not in lines:
                raise file.faulty((claim, symptom), f"the call card has no line {line}")
            reached.add(line)
    for line, place in lines.items():
        if line not in reached:
            raise File(folder, "call_card.yaml").faulty(place, f"no symptom of symptoms.yaml leads to {line}")


def _holds(folder: Path, claims: File, facts: Mapping[str, tuple[int, Any]]) -> None:
    """Raise Faulty unless every fact that must still be confirmed has a hold."""
    file = File(folder, "holds.yaml")
    held = set()
    for n, row in file.rows("note", HOLD).values():
        for m, claim in enumerate(row["claims"]):
            if claim not in facts:
                raise file.faulty((n, "claims", m), f"there is no claim {claim}")
            held.add(claim)
    for id_, (n, row) in facts.items():
        if ("?" in row["status"] or row.get("confirm")) and id_ not in held:
            raise claims.faulty((n,), f"{id_} must still be confirmed, and has no hold in holds.yaml")


def _taught(
    folder: Path, claims: File, facts: Mapping[str, tuple[int, Any]], lessons: Mapping[str, tuple[Any, Any]]
) -> None:
    """Raise Faulty unless lessons and questions name existing facts, and each fact is taught or left out on purpose."""
    taught = set()
    for name, pair in lessons.items():
        for kind, data, parts in (("lessons", pair[0], "steps"), ("quizzes", pair[1], "questions")):
            for n, part in enumerate(data[parts]):
                if strange := [claim for claim in _names(part["claims"]) if claim not in facts]:
                    file = File(folder, f"{kind}/{name}")
                    raise file.faulty((parts, n, "claims"), f"there is no claim {', '.join(strange)}")
                if kind == "lessons":
                    taught.update(part["claims"])
    file = File(folder, "not_taught.yaml")
    left_out = file.pairs((), file.data)
    for claim in left_out:
        if claim not in facts or claim in taught:
            raise file.faulty((claim,), f"{claim} is taught" if claim in taught else f"there is no claim {claim}")
    for id_, (n, _) in facts.items():
        if id_ not in taught and id_ not in left_out:
            raise claims.faulty((n,), f"no lesson teaches {id_}, and not_taught.yaml does not say why")


def _names(value: Any) -> list[str]:
    """Return a list with each name as text. Anything else becomes a list with one text."""
    return [str(name) for name in value] if isinstance(value, list) else [str(value)]


def _twice(node: Any) -> Iterator[Any]:
    """Yield each key that occurs a second time in its mapping."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key
            seen.add(key.value)
            yield from _twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _twice(value)
