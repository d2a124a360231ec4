"""Tables of marks: hashes by which the site knows again what it does not store. Which keys it has, and who was erased.

`models.py` imports them, so that Django finds them.
"""

from django.db import models


class KeyMark(models.Model):
    """The keyed hash of one fixed word by a key of this site (`known_keys.py`). It tells nothing about the key."""

    name = models.CharField(max_length=20, primary_key=True)  # SECRET_KEY or CODE_KEY
    mark = models.CharField(max_length=64)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class ErasedMark(models.Model):
    """Somebody who asked to be erased, as a hash (`erased.py`). A restore erases them again."""

    mark = models.CharField(max_length=64, primary_key=True)

    def __str__(self) -> str:
        return f"{self.mark[:8]}…"
