"""The site's password hash with few rounds, for served sites on which people sign in again and again."""

from __future__ import annotations

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class FewRounds(PBKDF2PasswordHasher):
    """A third of a second less at each sign-in."""

    iterations = 1000
