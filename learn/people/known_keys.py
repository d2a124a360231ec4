"""Whether this site has the keys that its database was used with before.

With another SECRET_KEY, every guest would lose what they did, because only their session leads to it. With another
CODE_KEY, every card would be void. So the database knows a mark of each key, and the server refuses to start if neither
the key nor one of its fallbacks has this mark. The first server that starts with a new key notes its mark.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from learn.people import keys
from learn.people.marks import KeyMark

SALT, WORD = "learn.people.known_keys", "mark"
ENDS = {
    "SECRET_KEY": "Everybody is signed out, and guests who kept no card, name or email lose what they did.",
    "CODE_KEY": "All cards, second steps of staff, and links in emails stop working.",
}
HINT = {
    "SECRET_KEY": "Set the one that this database was used with, or add that one to SECRET_KEY_FALLBACKS.",
    "CODE_KEY": "Set the one that this database was used with, or add that one to CODE_KEY_FALLBACKS; "
    "if there was none before, that is the SECRET_KEY of then.",
}


def mark(key: str) -> str:
    """Return the mark of a key."""
    return keys.hashed(SALT, WORD, key)


def unknown() -> list[str]:
    """Return the names of the keys that this database does not know. It knows all keys before the first start."""
    known = dict(KeyMark.objects.values_list("name", "mark"))
    return [name for name, ours in _ours().items() if known.get(name, mark(ours[0])) not in [mark(key) for key in ours]]


def problems() -> list[str]:
    """Return one sentence for each key that this database does not know; empty if the site may start."""
    names = unknown()
    if not settings.CODE_KEY:
        names = names[:1]  # one key for both is told once
    return [
        f"The database was used with another {name}. {HINT[name]} If it is lost: `manage.py keys --lost`."
        for name in names
    ]


def note(*, now: datetime) -> list[str]:
    """Store the marks of the keys that are in use. Return the names of those that are new here."""
    known = dict(KeyMark.objects.values_list("name", "mark"))
    new = [name for name, ours in _ours().items() if known.get(name) != mark(ours[0])]
    for name in new:
        KeyMark.objects.update_or_create(name=name, defaults={"mark": mark(_ours()[name][0]), "since": now})
    return new


def _ours() -> dict[str, list[str]]:
    return {"SECRET_KEY": [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS], "CODE_KEY": keys.of_codes()}
