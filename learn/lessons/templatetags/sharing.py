"""Template tag to share the address of a page of lessons."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.urls import reverse

register = template.Library()


@register.inclusion_tag("lessons/_share.html")
def share(name: str, *args: str) -> dict[str, str]:
    """Render the public address of a page that is open to everybody, to copy or to send.

    It is made from the name of the URL and never from the request, so nothing of the reader can be in it.
    """
    return {"address": settings.PUBLIC_URL + reverse(name, args=args)}
