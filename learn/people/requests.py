"""Types of requests: Django's HttpRequest with our User and the attributes that our middleware adds.

The signature of a view says who may call it. A decorator or middleware enforces that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from learn.people.models import User


class SiteRequest(HttpRequest):
    """A request from anyone, signed in or not."""

    user: User | AnonymousUser
    idle: dict[str, float] | None  # if the session ends soon (`sessions.lengths`): "left" and "all", in seconds


class LearnerRequest(SiteRequest):
    """A request from a signed-in user, who may be a guest. `LoginRequiredMiddleware` refuses everyone else."""

    user: User


class StaffRequest(LearnerRequest):
    """A request from staff. The Desk refuses everyone else; `permission_required` checks the permission."""
