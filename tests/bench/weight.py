"""Measure page size and paint time on a simulated slow phone: `python -m tests.bench.weight` (half a minute).

Chromium counts the transferred bytes, including headers. The phone has the settings of Lighthouse: slow 4G (1.6 Mbit/s
down, 0.75 up, 150 ms) and a CPU four times slower than this one. Times depend on the machine; bytes do not.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.faults.server import environment, free_port, prepare, serve, stop, wait_for

SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
SLOWER = 4  # factor by which the CPU is slowed down
LESSON = "/lessons/antibodies-and-checkpoint-inhibitors/antibodies-and-the-brake"
# The pages that a reader visits one after another on the same phone. Only the first has an empty browser cache.
WAY = {
    "first lesson step, cold": f"{LESSON}/1/",
    "next step": f"{LESSON}/2/",
    "last step, with the card": f"{LESSON}/5/",
    "start": "/",
    "lessons": "/lessons/",
    "check, its first page": "/check/antibodies-and-the-brake/",
    "my learning": "/my/",
    "find my medicine": "/find/?q=pembrolizumab",
    "words, A to Z": "/words/",
    "get help": "/help/",
}
WATCH = """() => new Promise(done => {
    let painted = 0, moved = 0;
    new PerformanceObserver(list => list.getEntries().forEach(e => painted = e.startTime))
        .observe({type: "largest-contentful-paint", buffered: true});
    new PerformanceObserver(list => list.getEntries().forEach(e => moved += e.value))
        .observe({type: "layout-shift", buffered: true});
    setTimeout(() => done([painted, moved]), 300);
})"""


@dataclass
class Weight:
    """The measured values of one page: requests and bytes without scripts, and those of the scripts separately."""

    page: str
    requests: int = 0
    bytes: int = 0
    script: int = 0
    painted: float = 0  # largest contentful paint, milliseconds
    moved: float = 0  # cumulative layout shift, no unit


def walk(browser: Browser, url: str, way: dict[str, str], slow: bool = True) -> Iterator[Weight]:
    """Visit these pages one after another on one new phone; yield the Weight of each."""
    phone = browser.new_context(viewport={"width": 360, "height": 640})
    page = phone.new_page()
    wire = phone.new_cdp_session(page)
    wire.send("Network.enable")
    if slow:
        wire.send("Network.emulateNetworkConditions", SLOW_4G)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    kinds: dict[str, str] = {}
    cached: set[str] = set()
    sizes: dict[str, int] = {}

    def answered(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = event["type"]
        if event["response"].get("fromDiskCache"):
            cached.add(event["requestId"])

    wire.on("Network.responseReceived", answered)
    wire.on("Network.requestServedFromCache", lambda event: cached.add(event["requestId"]))
    wire.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    for name, address in way.items():
        for seen in (kinds, cached, sizes):
            seen.clear()
        page.goto(url + address, wait_until="networkidle")
        found = Weight(name)
        found.painted, found.moved = page.evaluate(WATCH)
        for request, size in sizes.items():
            if request in cached:
                continue
            if kinds.get(request) == "Script":
                found.script += int(size)
            else:
                found.requests += 1
                found.bytes += int(size)
        yield found
    phone.close()


def main() -> int:
    """Start the site, visit the pages, print the table."""
    argparse.ArgumentParser(prog="python -m tests.bench.weight", description=__doc__).parse_args()
    folder = Path(tempfile.mkdtemp(prefix="quiz-weight-"))
    port = free_port()
    env = environment(f"sqlite:///{folder / 'db.sqlite3'}", port, folder)
    names = (os.environ.get("CHROMIUM"), "chromium-headless-shell", "chromium")
    chromium = next(filter(None, (shutil.which(name) for name in names if name)), None)
    safe = ["--no-sandbox"] if os.geteuid() == 0 else []
    try:
        prepare(env)
        server = serve(env, port, folder / "log", "--workers", "1")
        try:
            wait_for(port, server, folder / "log")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=safe)
                print(f"{'':28}{'requests':>9}{'bytes':>9}{'script':>8}{'painted ms':>12}{'moved':>8}")
                for found in walk(browser, f"http://127.0.0.1:{port}", WAY):
                    print(
                        f"{found.page:28}{found.requests:>9}{found.bytes:>9}{found.script:>8}"
                        f"{found.painted:>12.0f}{found.moved:>8.3f}"
                    )
                browser.close()
        finally:
            stop(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
