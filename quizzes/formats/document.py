"""What a file of questions holds: items, what was refused and why, what was changed. Every reader ends in `finish`.

An item is a question as a file can carry it: without ids, without a history. Its texts are plain words (stem, choices,
lines, cards) or canonical Markdown (why, feedback). Rows of a matching question name their card by its number.
Feedback, why and topic may be empty: such a question becomes an unfinished draft.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

from quizzes.formats.rich import Rich, canonical, from_plain, to_markdown, words
from quizzes.formats.text import UNFIT, BadFile, clean
from quizzes.kinds import KINDS, Spec, said
from quizzes.kinds.base import alike
from quizzes.kinds.choice import MOST as MOST_CHOICES
from quizzes.kinds.matching import MOST as MOST_ROWS
from quizzes.kinds.ordering import MOST as MOST_TILES

MOST_BYTES, MOST_ITEMS = 2_000_000, 500
STEM, TOPIC, CHOICE, LONG, SOURCE, KEY = 300, 120, 200, 2000, 200, 80  # letters
RAW = 10_000  # letters of one text before it is read: more would only cost time
RIGHT = 4  # choices that can be right
ANY_ONE = "Any one of several answers would be right. Here all right ones have to be chosen."


class Refused(Exception):
    """This question is not taken in. `says` is one sentence, `code` groups it with others of its sort."""

    def __init__(self, code: str, says: str) -> None:
        super().__init__(says)
        self.code, self.says = code, says


@dataclass(frozen=True)
class Item:
    """One question. `key` is its slug, `source` where it is taught, `where` its place in the file."""

    kind: str
    stem: str
    spec: Spec
    why: str = ""
    objective: str = ""
    critical: bool = False
    key: str = ""
    source: str = ""
    where: str = field(default="", compare=False)


class Note(NamedTuple):
    """A sentence about one question of a file. `code` groups it."""

    where: str
    title: str
    says: str
    code: str


@dataclass
class Document:
    """What a file holds. `title` and `language` are empty if it does not say."""

    title: str = ""
    language: str = ""
    items: list[Item] = field(default_factory=list)
    refused: list[Note] = field(default_factory=list)
    changed: list[Note] = field(default_factory=list)

    @contextmanager
    def question(self, where: str, title: str = "") -> Iterator[Found]:
        """Collect what is found about one question; note it if it is refused, or changed."""
        found = Found(self, where, title)
        try:
            yield found
        except Refused as refused:
            self.refused.append(Note(where, found.name, refused.says, refused.code))
        else:
            self.changed += [Note(where, found.name, says, code) for code, says in found.lost.items()]


@dataclass(frozen=True)
class Format:
    """A file format. `write` is None if it is only read; `kept` returns what of an item comes back, or None."""

    name: str
    label: str
    ending: str
    content_type: str
    read: Callable[[bytes], Document]
    write: Callable[[Document], bytes] | None
    kept: Callable[[Item], Item | None]
    drops: Callable[[Item], list[str]]


@dataclass
class Found:
    """A question while it is read."""

    document: Document
    where: str
    title: str = ""
    key: str = ""
    critical: bool = False
    source: str = ""
    stem: str = ""
    lost: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """A name for a list of questions."""
        return (self.stem or self.title)[:TOPIC]

    def lose(self, code: str, says: str) -> None:
        """Note that something is left out. Said once a question."""
        self.lost.setdefault(code, says)

    def asked(self, text: Rich, what: str = "the question") -> str:
        """Return the plain words of what is asked. Raises Refused if it has more than words."""
        if text.lost:
            thing = sorted(text.lost)[0]
            raise Refused(thing, f"It has a {thing} in {what}. Only words can be asked.")
        return words(text.blocks)

    def told(self, text: Rich) -> str:
        """Return the Markdown of what is said after the answer."""
        for thing in sorted(text.lost):
            self.lose(f"feedback {thing}", f"A {thing} in its feedback is left out.")
        return to_markdown(text.blocks)

    def add(self, kind: str, spec: Spec, why: str = "") -> None:
        """Add the finished question to the document. Raises Refused."""
        if len(said(self.title)) > TOPIC:
            self.lose("topic", f"Its topic has more than {TOPIC} letters; the rest is left out.")
        item = Item(
            kind, self.stem, spec, why, self.title, self.critical, said(self.key), said(self.source), self.where
        )
        self.document.items.append(finish(item))

    def choose(self, answers: Sequence[Answer], why: str) -> None:
        """Add a question with choices, or one that is true or false. Raises Refused."""
        choices = [
            {"text": a.text, "right": a.right, "feedback": a.feedback} | ({"id": a.id} if a.id else {}) for a in answers
        ]
        self.add("choice", {"version": 1, "choose": sum(a.right for a in answers), "choices": choices}, why)


class Answer(NamedTuple):
    """A choice while it is read."""

    text: str
    right: bool
    feedback: str = ""
    id: str = ""


def by_weight(found: Found, answers: Sequence[tuple[str, float, str]], *, single: bool) -> list[Answer]:
    """Return choices from Moodle's points: text, percent, feedback. Raises Refused.

    With `single`, one is chosen, so only 100 is right. Otherwise all with points are right.
    """
    points = [percent for _, percent, _ in answers]
    if not single:
        if abs(sum(p for p in points if p > 0) - 100) > 1:
            found.lose("points", "Its points do not add up to 100. All choices with points are right.")
        return [Answer(text, percent > 0, feedback) for text, percent, feedback in answers]
    if sum(p >= 100 for p in points) > 1:
        raise Refused("any", ANY_ONE)
    if any(0 < p < 100 for p in points):
        found.lose("part points", "Points for an answer that is partly right are not kept: it counts as not right.")
    if any(p < 0 for p in points):
        found.lose("points off", "Points off for a wrong answer are not kept.")
    return [Answer(text, percent >= 100, feedback) for text, percent, feedback in answers]


def finish(item: Item) -> Item:
    """Return the item as it can be saved, each text in its one spelling. Raises Refused with the reason.

    Takes an item of any reader, also one that came back from a form. Exactly the choices True and False make a
    true-or-false question.
    """
    stem = line(item.stem)
    if not said(stem):
        raise Refused("empty", "It has no question.")
    if len(stem) > STEM:
        raise Refused("long", f"Its question has {len(stem)} letters; at most {STEM} can be asked.")
    kind, spec = _FINISH[item.kind](item.spec) if item.kind in _FINISH else _unknown(item.kind)
    whole = replace(
        item, kind=kind, stem=stem, spec=spec, why=told(item.why), critical=bool(item.critical),
        objective=line(item.objective)[:TOPIC].strip() or stem[:TOPIC].strip(),
        key=line(item.key)[:KEY].strip(), source=line(item.source)[:SOURCE].strip(),
    )  # fmt: skip
    for problem in KINDS[kind].problems(numbered(spec)):
        if "feedback" not in problem.at:
            raise Refused("other", str(problem))
    return whole


def line(text: str) -> str:
    """Return plain words in one line."""
    return " ".join(clean(text).split())


def told(text: str) -> str:
    """Return a reason or feedback as canonical Markdown. Raises Refused if it is too long."""
    if len(text) > 2 * LONG or len(found := canonical(clean(text))) > LONG:
        raise Refused("long", f"A reason or feedback has more than {LONG} letters.")
    return found if said(found) else ""


def numbered(spec: Spec) -> Spec:
    """Return the spec with its ids: the random ones of an author's question are not known yet."""
    found = dict(spec)
    for key in ("choices", "rows", "cards"):
        if key in spec:
            found[key] = [{"id": f"{key}{n}"} | thing for n, thing in enumerate(spec[key])]
    if "rows" in spec:
        cards = [card["id"] for card in found["cards"]]
        found["rows"] = [row | {"card": cards[row["card"]]} for row in found["rows"]]
    return found


def _unknown(kind: str) -> tuple[str, Spec]:
    raise Refused("kind", f"Questions of the kind “{kind[:40]}” cannot be asked here.")


def _texts(things: Sequence[dict[str, Any]], what: str, least: int, most: int, wanted: str) -> list[str]:
    texts = [line(thing["text"]) for thing in things]
    if not least <= len(texts) <= most:
        raise Refused("number", f"It has {len(texts)} {what}{'' if len(texts) == 1 else 's'}; {wanted}.")
    if long := next((text for text in texts if len(text) > CHOICE), None):
        raise Refused("long", f"A {what} has {len(long)} letters; it may have {CHOICE} at most.")
    plain = [alike(text) for text in texts]
    if not all(plain):
        raise Refused("empty", f"A {what} has no words.")
    if len(set(plain)) < len(plain):
        raise Refused("same", f"Two of its {what}s have the same words.")
    return texts


def _choice(spec: Spec) -> tuple[str, Spec]:
    choices = spec["choices"]
    texts = _texts(choices, "choice", 2, MOST_CHOICES, "two to six can be asked")
    right = sum(bool(one["right"]) for one in choices)
    if not right:
        raise Refused("right", "None of its choices is right.")
    if right == len(choices):
        raise Refused("right", "All of its choices are right; at least one has to be wrong.")
    if right > RIGHT:
        raise Refused("right", f"{right} of its choices are right; at most four can be.")
    told_ = [told(one["feedback"]) for one in choices]
    names = [text.casefold() for text in texts]
    if sorted(names) == ["false", "true"] and right == 1:
        answer = bool(choices[names.index("true")]["right"])
        feedback = {word: told_[names.index(word)] for word in ("true", "false")}
        return "truth", {"version": 1, "answer": answer, "feedback": feedback}
    found = [
        _id(one) | {"text": text, "right": bool(one["right"]), "feedback": feedback}
        for one, text, feedback in zip(choices, texts, told_, strict=True)
    ]
    return "choice", {"version": 1, "choose": right, "choices": found}


def _truth(spec: Spec) -> tuple[str, Spec]:
    feedback = {word: told(spec["feedback"][word]) for word in ("true", "false")}
    return "truth", {"version": 1, "answer": bool(spec["answer"]), "feedback": feedback}


def _matching(spec: Spec) -> tuple[str, Spec]:
    rows = _texts(spec["rows"], "line", 2, MOST_ROWS, "two to four can be asked")
    cards = _texts(spec["cards"], "partner", 2, MOST_ROWS, "two to four can be asked")
    numbers = [row["card"] for row in spec["rows"]]
    if set(numbers) != set(range(len(cards))):
        raise Refused("partner", "A line of it has no partner, or a word to match has no line.")
    order = list(dict.fromkeys(numbers))  # cards are shuffled when they are asked; files name them in the lines' order
    return "matching", {
        "version": 1,
        "cards": [_id(spec["cards"][number]) | {"text": cards[number]} for number in order],
        "rows": [
            _id(row) | {"text": text, "card": order.index(number), "feedback": told(row["feedback"])}
            for row, text, number in zip(spec["rows"], rows, numbers, strict=True)
        ],
    }


def _ordering(spec: Spec) -> tuple[str, Spec]:
    texts = _texts(spec["cards"], "line", 3, MOST_TILES, "three to five can be put in order")
    cards = [_id(card) | {"text": text} for card, text in zip(spec["cards"], texts, strict=True)]
    return "ordering", {"version": 1, "cards": cards, "feedback": told(spec["feedback"])}


def _id(thing: dict[str, Any]) -> dict[str, str]:
    id_ = thing.get("id")
    return {"id": id_} if isinstance(id_, str) and re.fullmatch("[A-Za-z0-9]{1,32}", id_) else {}


_FINISH: dict[str, Callable[[Spec], tuple[str, Spec]]] = {
    "choice": _choice, "truth": _truth, "matching": _matching, "ordering": _ordering,
}  # fmt: skip


def match(rows: Sequence[tuple[str, str, str]]) -> Spec:
    """Return the spec of a matching question from its lines: text, what goes with it, feedback."""
    cards = list(dict.fromkeys(line(card) for _, card, _ in rows))
    return {
        "version": 1,
        "cards": [{"text": card} for card in cards],
        "rows": [{"text": text, "card": cards.index(line(card)), "feedback": told} for text, card, told in rows],
    }


def without_ids(item: Item) -> Item:
    """Return the item as formats keep it that have no place for the ids of choices."""
    spec = dict(item.spec)
    for key in ("choices", "rows", "cards"):
        if key in spec:
            spec[key] = [{name: value for name, value in one.items() if name != "id"} for one in spec[key]]
    return replace(item, spec=spec)


def dumps(document: Document) -> str:
    """Return the items as JSON, to travel through a form."""
    items = [asdict(item) for item in document.items]
    return json.dumps({"title": document.title, "items": items}, ensure_ascii=False, separators=(",", ":"))


def loads(text: str) -> Document:
    """Read what `dumps` wrote and check everything again. Raises BadFile if it was changed on its way."""
    broken = BadFile("This page was changed on its way. Choose the file again.")
    if len(text) > MOST_BYTES or UNFIT.search(text):
        raise broken
    try:
        data = json.loads(text)
        found = Document(title=line(data["title"])[:TOPIC], items=[finish(Item(**one)) for one in data["items"]])
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, Refused) as error:
        raise broken from error
    if len(found.items) > MOST_ITEMS:
        raise broken
    return found


def at_most(count: int) -> None:
    """Raise BadFile if a file has too many questions. Called before they are read."""
    if count > MOST_ITEMS:
        raise BadFile(f"It has {count} questions; at most {MOST_ITEMS} are taken in at once. Make two files of it.")


def plain(text: str) -> Rich:
    """Return a plain text as rich text. Raises Refused if it is far too long."""
    return from_plain(bounded(text))


def bounded(text: str) -> str:
    """Return the text if it has a length that is worth reading. Raises Refused."""
    if len(text) > RAW:
        raise Refused("long", f"A text of it has {len(text)} letters.")
    return text


# What formats lose, as sentences.
ROW_FEEDBACK = "What is said to whoever missed a line of a matching question"
ORDER_FEEDBACK = "What is said to whoever had another order"
TAUGHT_IN = "Where it is taught"


def feedback_lost(item: Item) -> tuple[Item, list[str]]:
    """Return the item without the feedback of matches and orders, and the sentences about it."""
    spec = item.spec
    if item.kind == "matching" and any(row["feedback"] for row in spec["rows"]):
        return replace(item, spec=spec | {"rows": [r | {"feedback": ""} for r in spec["rows"]]}), [ROW_FEEDBACK]
    if item.kind == "ordering" and spec["feedback"]:
        return replace(item, spec=spec | {"feedback": ""}), [ORDER_FEEDBACK]
    return item, []


def source_lost(item: Item) -> tuple[Item, list[str]]:
    """Return the item without where it is taught, and the sentence about it."""
    return (replace(item, source=""), [TAUGHT_IN]) if item.source else (item, [])
