"""What a request is to our views: Django's, with a person of our own and what our middlewares add to it.

A view says in its first line whose requests it takes; what lets nobody else in stands beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from learn.people.models import User


class SiteRequest(HttpRequest):
    """Anybody's, signed in or not."""

    user: User | AnonymousUser
    idle: dict[str, float] | None  # where a sign-in ends soon (`sessions.lengths`): seconds that are "left", and "all"


class LearnerRequest(SiteRequest):
    """Of somebody who is signed in, a guest too: `LoginRequiredMiddleware` lets nobody else in."""

    user: User


class StaffRequest(LearnerRequest):
    """Of staff: the Desk lets nobody else in, and `permission_required` only who has the right."""
