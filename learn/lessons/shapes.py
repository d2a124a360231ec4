"""What a content file must look like: every value is looked at before anything is made of it. Plain Python.

A shape is the name of a kind of value (a key of VALUES), a list with the shape of each of its items, or a dict of
shapes by key; a key that ends in "?" may be left out. Whoever loads a file that fits meets no other type than these: an
error that comes then is one of the program, and not of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

SLUG = re.compile(r"[\w-]{1,80}", re.ASCII).fullmatch

ONE = {"therapies": "therapy"}  # what one of these is called, where it is more than an "s" that is left out

Shape = str | list[Any] | dict[str, Any]

VALUES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "text": ("text", lambda value: isinstance(value, str) and "\0" not in value),
    "slug": ("letters, digits and hyphens, 80 at most", lambda value: isinstance(value, str) and bool(SLUG(value))),
    "number": ("a number, 1 to 32767", lambda value: type(value) is int and 0 < value < 2**15),
    "date": ("a date, like 2026-11-28", lambda value: type(value) is date),
    "yes or no": ("true or false", lambda value: isinstance(value, bool)),
    # Of these the engine's kinds of question say what is wrong, and how to mend it.
    "one value": ("one value", lambda value: not isinstance(value, (list, dict)) and "\0" not in str(value)),
    "names and values": ("names and values", lambda value: isinstance(value, dict)),
}


class Misshapen(ValueError):
    """A part of a file that has not the shape it must have: names the place, and what must stand there."""


def fit(data: Any, shape: Shape, where: str) -> None:
    """Raise Misshapen unless this part of a file, called `where`, has this shape."""
    if data is None and shape != "one value":
        raise Misshapen(f"{where} is missing")
    if isinstance(shape, str):
        words, holds = VALUES[shape]
        if not holds(data):
            raise Misshapen(f"{where} must be {words}")
    elif isinstance(shape, list):
        if not isinstance(data, list):
            raise Misshapen(f"{where} must be a list")
        for n, item in enumerate(data, 1):
            fit(item, shape[0], f"{ONE.get(where, where.removesuffix('s'))} {n}")
    else:
        if not isinstance(data, dict):
            raise Misshapen(f"{where} must have {', '.join(sorted(shape))}")
        shapes = {key.removesuffix("?"): inside for key, inside in shape.items()}
        if missing := shape.keys() & shapes.keys() - data.keys():
            raise Misshapen(f"{where}: missing {', '.join(sorted(missing))}")
        if unknown := data.keys() - shapes.keys():
            raise Misshapen(f"{where}: unknown {', '.join(sorted(map(str, unknown)))}")
        for key, inside in shapes.items():
            if key in data:
                fit(data[key], inside, f"{where}, {key}")
