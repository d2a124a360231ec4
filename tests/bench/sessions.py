"""Create sessions directly, with the same rows as a sign-in creates."""

from __future__ import annotations

import time
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser


def session(user: AbstractBaseUser) -> str:
    """Create a session for this person; return the value of the session cookie."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store["since"] = store["seen"] = int(time.time())  # as learn/people/sessions.py stores it
    store.create()
    return str(store.session_key)
