"""Where educators see how questions do, and change them; all addresses stand here.

Registered plainly: any AdminSite takes it. Rights: `quizzes.view_question` sees, `quizzes.change_question` writes
drafts and takes out, `quizzes.publish_revision` publishes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpResponse
from django.urls import path

from quizzes.admin import health, question, writing
from quizzes.models import Question

# address below /admin/quizzes/question/, view, name after "admin:quizzes_question_"
SCREENS: list[tuple[str, Callable[..., HttpResponse], str]] = [
    ("", health.questions, "changelist"),
    ("add/", writing.add, "add"),
    ("<number:pk>/change/", question.overview, "change"),
    ("<number:pk>/write/", writing.write, "write"),
    ("<number:pk>/publish/", writing.publish, "publish"),
    ("<number:pk>/discard/", writing.discard, "discard"),
    ("<number:pk>/retire/", writing.retire, "retire"),
    ("<number:pk>/preview/<number:number>/", question.preview, "preview"),
]


@admin.register(Question)
class QuestionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # takes one for the type checker only
    """Nothing of the stock pages: what was published is never edited, only followed by a new wording."""

    def get_urls(self) -> list[Any]:
        """Return the screens, each behind the site's own check of who is signed in."""
        wrap = self.admin_site.admin_view
        return [path(route, wrap(view), name=f"quizzes_question_{name}") for route, view, name in SCREENS]
