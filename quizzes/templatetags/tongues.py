"""Template tags for a part of a page in another language than the page: texts that are not translated yet."""

from __future__ import annotations

from django import template

from quizzes import tongues

register = template.Library()
register.simple_tag(tongues.lang)
register.simple_tag(tongues.said)
