"""The request type of the admin pages, and how they find a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest

from quizzes.models import SOURCE, Question

if TYPE_CHECKING:
    from django.contrib.auth.models import _User

LANGUAGE = SOURCE  # the language of the Desk


class StaffRequest(HttpRequest):
    """A request by staff: `admin_view` of the site and `permission_required` refuse everyone else."""

    user: _User


def find(pk: int) -> Question:
    """Return the question with this primary key. Raises Http404."""
    found = Question.objects.filter(pk=pk).first()
    if found is None:
        raise Http404("No such question")
    return found
