"""The site's door with nothing behind it: it answers with the WSGI environment of the request, as JSON."""

import json
from collections.abc import Callable
from typing import Any

from learn import rsgi


def site(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    """Answer with all that is text."""
    start("200 OK", [("Content-Type", "application/json")])
    if environ["PATH_INFO"] == "/long/":
        return [b"x" * 10_000 for _ in range(100)]
    told = {name: value for name, value in environ.items() if isinstance(value, str)}
    return [json.dumps(told | {"body": environ["wsgi.input"].read().decode("latin-1")}).encode()]


rsgi.site = site
application = rsgi.application
