"""Who may do what with questions, and how the screens find one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from quizzes.models import Question

LANGUAGE = "en"  # the language of the Desk
View = Callable[..., HttpResponse]


def needs(right: str) -> Callable[[View], View]:
    """Wrap a screen: whoever lacks this right of the engine ("change_question") is refused as the site refuses."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not request.user.has_perm(f"quizzes.{right}"):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return wrap


def find(pk: int) -> Question:
    """Return the question. Raises Http404."""
    found = Question.objects.filter(pk=pk).first()
    if found is None:
        raise Http404("No such question")
    return found
