"""What a screen gets, and how the screens find a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest

from quizzes.models import Question

if TYPE_CHECKING:
    from django.contrib.auth.models import _User

LANGUAGE = "en"  # the language of the Desk


class StaffRequest(HttpRequest):
    """Of staff: the site's `admin_view` lets nobody else in, and `permission_required` only who has the right."""

    user: _User


def find(pk: int) -> Question:
    """Return the question. Raises Http404."""
    found = Question.objects.filter(pk=pk).first()
    if found is None:
        raise Http404("No such question")
    return found
