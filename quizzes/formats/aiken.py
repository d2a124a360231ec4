"""Aiken: a question, its choices as "A. text", and "ANSWER: A". https://docs.moodle.org/en/Aiken_format"""

from __future__ import annotations

import re
from dataclasses import replace

from quizzes.formats.document import Answer, Document, Format, Item, Refused, at_most, bounded, finish
from quizzes.formats.text import decode

CHOICE = re.compile(r"^\s*([A-Z])[.)]\s+(.*)$")
RIGHT = re.compile(r"^\s*ANSWER\s*:\s*(.*?)\s*$", re.IGNORECASE)


def read(data: bytes) -> Document:
    """Read an Aiken file. Raises BadFile."""
    lines = decode(data)[0].split("\n")
    document = Document()
    at_most(sum(bool(RIGHT.match(line)) for line in lines))
    stem, choices, first = list[str](), dict[str, str](), 0
    for number, text in enumerate([*lines, "ANSWER:"], 1):
        first = first or (number if text.strip() else 0)
        if right := RIGHT.match(text):
            if stem or choices:
                with document.question(f"line {first}") as found:
                    found.stem = bounded(" ".join(stem))
                    letters = {letter.strip().upper() for letter in re.split(r"[,;\s]+", right[1]) if letter}
                    if not letters or not letters <= set(choices):
                        raise Refused("right", "Its ANSWER names no choice of it.")
                    found.choose([Answer(words, letter in letters) for letter, words in choices.items()], "")
            stem, choices, first = [], {}, 0
        elif choice := CHOICE.match(text):
            choices[choice[1]] = choice[2]
        elif text.strip():
            stem.append(text.strip())
    return document


def write(document: Document) -> bytes:
    """Return an Aiken file of the questions that it can carry."""
    blocks = []
    for item in filter(None, map(kept, document.items)):
        texts, right = _choices(item)
        lines = [f"{letter}. {text}" for letter, text in zip("ABCDEF", texts, strict=False)]
        blocks.append("\n".join([item.stem, *lines, f"ANSWER: {'ABCDEF'[right]}"]))
    return ("\n\n".join(blocks) + "\n").encode()


def _choices(item: Item) -> tuple[list[str], int]:
    if item.kind == "truth":
        return ["True", "False"], 0 if item.spec["answer"] else 1
    choices = item.spec["choices"]
    return [c["text"] for c in choices], next(n for n, c in enumerate(choices) if c["right"])


def kept(item: Item) -> Item | None:
    """Return what of an item comes back: the question, its choices and which is right; None for all other kinds."""
    if item.kind not in ("choice", "truth") or item.spec.get("choose", 1) > 1:
        return None
    if CHOICE.match(item.stem) or RIGHT.match(item.stem):
        return None
    if item.kind == "truth":
        spec = item.spec | {"feedback": {"true": "", "false": ""}}
    else:
        spec = item.spec | {"choices": [{"text": c["text"], "right": c["right"], "feedback": ""}
                                        for c in item.spec["choices"]]}  # fmt: skip
    return finish(Item(item.kind, item.stem, spec, where=item.where))


def drops(item: Item) -> list[str]:
    """Return what Aiken cannot carry of this item."""
    if kept(item) is None:
        return ["Whole questions: Aiken has only questions with one right choice"]
    return ["All but the question, its choices and which is right"] if kept(item) != replace(item, where="") else []


AIKEN = Format("aiken", "Aiken", "txt", "text/plain; charset=utf-8", read, write, kept, drops)
