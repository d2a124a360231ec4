"""The real site, which at /echo says whom and what it believes: `application` behind its door, `undefended` without.

`undefended` is served by granian's own WSGI. The run must see forgeries there, or it would prove nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from learn import rsgi, wsgi

from django.core.handlers.wsgi import WSGIRequest  # isort: skip - settings must be loaded first

from learn.people import rate_limits  # isort: skip


def site(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Answer /echo; all other addresses are the site's."""
    if environ["PATH_INFO"] != "/echo":
        return wsgi.application(environ, start)
    request = WSGIRequest(environ)
    believed = {
        "address": rate_limits.address(request),
        "secure": request.is_secure(),
        "host": request.META.get("HTTP_HOST"),
    }
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(believed).encode()]


undefended = site
rsgi.site = site
application = rsgi.application
