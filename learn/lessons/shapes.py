"""Check the structure of content files: every value is checked before it is used. Plain Python, no Django.

A shape is the name of a kind of value (a key of VALUES), a list with the shape of each of its items, or a dict of
shapes by key. A key that ends in "?" is optional. A file that passes the check contains only these types, so a later
TypeError is a bug in the program and not a fault of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

SLUG = re.compile(r"[\w-]{1,80}", re.ASCII).fullmatch

ONE = {"therapies": "therapy"}  # singular forms that are not the plural without its "s"

Shape = str | list[Any] | dict[str, Any]

VALUES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "text": ("text", lambda value: isinstance(value, str) and "\0" not in value),
    "slug": ("letters, digits and hyphens, 80 at most", lambda value: isinstance(value, str) and bool(SLUG(value))),
    "number": ("a number, 1 to 32767", lambda value: type(value) is int and 0 < value < 2**15),
    "date": ("a date, like 2026-11-28", lambda value: type(value) is date),
    "yes or no": ("true or false", lambda value: isinstance(value, bool)),
    # The kinds of question in the engine validate these further; their messages say how to correct them.
    "one value": ("one value", lambda value: not isinstance(value, (list, dict)) and "\0" not in str(value)),
    "names and values": ("names and values", lambda value: isinstance(value, dict)),
}


class Misshapen(ValueError):
    """A part of a file has the wrong shape. The message names the place and what is expected there."""


def fit(data: Any, shape: Shape, where: str) -> None:
    """Check that this part of a file has this shape. `where` names the part in the message. Raises Misshapen."""
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
