"""Measures one database, as the driver asks: a line of JSON for each measure, on standard input and output."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402 - apps must be ready first

from tests.bench.queries import FRAMES  # noqa: E402
from tests.bench.scale.pages import commands, pages  # noqa: E402

LONGEST = 2.0  # seconds for a measure in one round


def memory(name: str) -> float:
    """Return a value of this process in MB: VmHWM is the most since `forget`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / 1024


def forget() -> None:
    """Let VmHWM begin anew."""
    Path("/proc/self/clear_refs").write_text("5")


def processor() -> float:
    """Return the milliseconds for which this process, and the database's process for its connection, have worked."""
    connection.ensure_connection()
    backend = connection.connection.info.backend_pid
    return 1000 * time.process_time() + int(Path(f"/proc/{backend}/schedstat").read_text().split()[0]) / 1e6


class Watch:
    """Counts the statements of a request, and keeps the slowest."""

    def __init__(self) -> None:
        self.number, self.slowest, self.sql = 0, 0.0, ""

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, *rest)
        finally:
            took = time.perf_counter() - began
            self.number += not sql.startswith(FRAMES)
            if took > self.slowest:
                self.slowest, self.sql = took, sql


def timed(call: Callable[[], Any]) -> dict[str, Any]:
    """Run this once; return milliseconds, queries, and the most MB that this process had meanwhile."""
    forget()
    watch, worked = Watch(), processor()
    began = time.perf_counter()
    with connection.execute_wrapper(watch):
        said = call()
    took = 1000 * (time.perf_counter() - began)
    return {
        "ms": took, "cpu": processor() - worked, "queries": watch.number, "mb": memory("VmHWM"),
        "slowest": 1000 * watch.slowest, "sql": watch.sql[:4000], "said": said if isinstance(said, str) else "",
    }  # fmt: skip


def main() -> None:
    """Answer until standard input ends."""
    known = {name: (times, ready) for name, times, ready in pages()}
    others = dict(commands())
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a command prints does not come between

    def answer(what: Any) -> None:
        out.write(json.dumps(what) + "\n")
        out.flush()

    answer({"pages": list(known), "commands": list(others)})
    for line in sys.stdin:
        name = line.strip()
        if name in others:
            answer([timed(others[name])])
            continue
        times, ready = known[name]
        found, end = [timed(ready())], time.monotonic() + LONGEST
        while len(found) < times and time.monotonic() < end:
            found.append(timed(ready()))
        answer(found)


if __name__ == "__main__":
    main()
