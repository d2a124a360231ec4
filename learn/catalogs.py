"""Read the .po files of the site's own words and compile them, in plain Python: GNU gettext is not on every machine.

A compiled file (.mo) stands beside its .po and is committed, so that a site needs no step and no tool. A test compiles
each again. Texts that are empty or marked "fuzzy" are left out, and are shown in the source language.
"""

from __future__ import annotations

import ast
import re
import struct
from collections.abc import Iterator
from pathlib import Path

_LINE = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?)\s+(".*")$')
_MAGIC, _HEADER = 0x950412DE, 7 * 4  # of the file format: docs of GNU gettext, "MO Files"
CONTEXT, PLURAL = "\x04", "\x00"


def catalogs(root: Path) -> list[Path]:
    """Return all .po files below this folder's packages."""
    return sorted(root.glob("*/locale/*/LC_MESSAGES/*.po"))


def entries(text: str) -> Iterator[dict[str, str]]:
    """Yield the entries of a .po file: its keywords with their texts; `places` and `flags` come from its comments."""
    for block in re.split(r"\n\s*\n", text):
        entry, key = {"places": "", "flags": ""}, ""
        for line in block.splitlines():
            if line.startswith(("#:", "#,")):
                entry["places" if line[1] == ":" else "flags"] += f"{line[2:]} "
            elif found := _LINE.match(line):
                key = found[1]
                entry[key] = ast.literal_eval(found[2])
            elif line.startswith('"'):
                entry[key] += ast.literal_eval(line)
        if "msgid" in entry:
            yield entry


def said(text: str) -> dict[str, str]:
    """Return the translations of a .po file as a .mo file has them: with context and plural in one text."""
    found = {}
    for entry in entries(text):
        words = [value for key, value in entry.items() if key.startswith("msgstr")]
        if all(words) and "fuzzy" not in entry["flags"]:
            context = entry["msgctxt"] + CONTEXT if "msgctxt" in entry else ""
            many = PLURAL + entry["msgid_plural"] if "msgid_plural" in entry else ""
            found[context + entry["msgid"] + many] = PLURAL.join(words)
    return found


def compiled(text: str) -> bytes:
    """Return the .mo file of a .po file: a sorted table of the texts, one of the translations, then all of them."""
    pairs = sorted((key.encode(), value.encode()) for key, value in said(text).items())
    start = _HEADER + 2 * 8 * len(pairs)
    tables, data = b"", b""
    for column in (0, 1):
        for pair in pairs:
            tables += struct.pack("<II", len(pair[column]), start + len(data))
            data += pair[column] + b"\0"
    header = struct.pack("<7I", _MAGIC, 0, len(pairs), _HEADER, _HEADER + 8 * len(pairs), 0, start)
    return header + tables + data
