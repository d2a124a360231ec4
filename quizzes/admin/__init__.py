"""Admin pages where educators see statistics of questions and edit them. All their URLs are defined here.

It works with any AdminSite. Permissions: `quizzes.view_question` to view, `quizzes.change_question` to write drafts and
to retire, `quizzes.publish_revision` to publish.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpResponse
from django.urls import path

from quizzes.admin import health, interchange, question, writing
from quizzes.models import Question

# path below /admin/quizzes/question/, view, URL name after "admin:quizzes_question_"
SCREENS: list[tuple[str, Callable[..., HttpResponse], str]] = [
    ("", health.questions, "changelist"),
    ("add/", writing.add, "add"),
    ("take-in/", interchange.take_in, "take_in"),
    ("give-out/", interchange.give_out, "give_out"),
    ("give-out/file/", interchange.file, "file"),
    ("<number:pk>/change/", question.overview, "change"),
    ("<number:pk>/write/", writing.write, "write"),
    ("<number:pk>/publish/", writing.publish, "publish"),
    ("<number:pk>/move/", writing.move, "move"),
    ("<number:pk>/discard/", writing.discard, "discard"),
    ("<number:pk>/retire/", writing.retire, "retire"),
    ("<number:pk>/preview/<number:number>/", question.preview, "preview"),
]


@admin.register(Question)
class QuestionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # it takes a type argument only for the type checker
    """Replaces Django's admin pages: a published revision is never edited, only followed by a new revision."""

    def get_urls(self) -> list[Any]:
        """Return the URLs of the pages, each wrapped in the permission check of the admin site."""
        wrap = self.admin_site.admin_view
        return [path(route, wrap(view), name=f"quizzes_question_{name}") for route, view, name in SCREENS]
