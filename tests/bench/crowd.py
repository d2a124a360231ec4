"""Measure the site as `make run` serves it with eight concurrent clients: slowest responses, memory, start time."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.bench import meter
from tests.bench.ask import LISTS
from tests.bench.client import Client
from tests.faults.server import free_port, serve, stop

CLIENTS, EACH = 8, 120
AS_SERVED = ("--workers", "1", "--workers-kill-timeout", "3")


def crowd(side: Any, folder: Path) -> dict[str, Any]:
    """Restart the site on this side's database; return the values that eight clients measured.

    first_s: seconds from the start of the process to its first page. tail: the 99th percentile of a page's response
    times divided by the median. memory_mb: the memory of the worker in MB after all pages, including the lists.
    """
    env = {name: value for name, value in side.env.items() if name != "THREADS"}  # as many as by default
    port, began = free_port(), time.monotonic()
    with meter.on_server_core():
        server = serve(env, port, folder / "crowd.log", *AS_SERVED)
    try:
        first = first_reply(port, side, began)
        names = ("step", "question", "feedback")
        for name in names:
            tail(port, side, name, EACH // 10)  # every thread opens its connection and loads its templates
        tails = {name: tail(port, side, name, EACH) for name in names}
        for name in LISTS:
            Client(port).all(side.plan[name][:10])
        return {"first_s": round(first, 2), "tail": tails, "memory_mb": round(meter.memory(server.pid), 1)}
    finally:
        stop(server)


def first_reply(port: int, side: Any, began: float) -> float:
    """Return the seconds from `began` until the first lesson step is received; waits at most 30 seconds."""
    while time.monotonic() < began + 30:
        try:
            Client(port).ask(side.plan["step"][0])
            return time.monotonic() - began
        except ConnectionError:
            time.sleep(0.005)
    raise TimeoutError("The site did not answer in half a minute")


def tail(port: int, side: Any, name: str, each: int) -> float:
    """Return p99 / p50 of the response times of this page; every client sends `each` requests one after another."""

    def ask(client: int) -> list[float]:
        asks = [side.plan[name][(client * each + turn) % len(side.plan[name])] for turn in range(each)]
        return [seconds for seconds, _ in Client(port).all(asks)]

    with ThreadPoolExecutor(CLIENTS) as clients:
        times = sorted(seconds for part in clients.map(ask, range(CLIENTS)) for seconds in part)
    return round(times[len(times) * 99 // 100] / times[len(times) // 2], 2)
