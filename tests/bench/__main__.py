"""Benchmark the pages against a minimal Django site: `python -m tests.bench` (under five minutes).

The site and the minimal site, called the limit (tests/bench/floor), use the same kind of database and the same server,
granian with one worker and one thread. The servers run on the first core, the client on the second. In every round each
page is measured on both sites, in random order. R is the CPU time of a request on our server and its database, divided
by that of the limit; the result is the median of the rounds. A round in which other processes or the host use the
server's core is measured again; if it is never quiet, the row gets no verdict. Only R is compared with a target,
because milliseconds depend on the machine. The limit has no list pages: a list page is divided by the limit's lesson
page.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench import meter
from tests.bench.ask import BATCH, LEARNERS, LISTS, PAGES, Ask
from tests.bench.client import Client, Unexpected
from tests.bench.crowd import crowd
from tests.bench.table import draw, quiet, summary
from tests.faults.databases import Cluster, postgresql
from tests.faults.server import SITE, environment, free_port, prepare, run, serve, stop, wait_for

ONE = ("--workers", "1", "--runtime-threads", "1")
QUESTIONS = 8  # number of questions in the check
SPARE = 4  # how often a block is measured again at most, because the machine was not quiet
LAST = Path(__file__).resolve().parent / "last.json"


@dataclass
class Side:
    """One server: the site, or the limit."""

    app: str
    settings: str
    planner: str
    table: str  # the table of the answers
    port: int = 0
    env: dict[str, str] = field(default_factory=dict)
    plan: dict[str, list[Ask]] = field(default_factory=dict)
    queries: dict[str, list[int]] = field(default_factory=dict)
    server: subprocess.Popen[bytes] | None = None
    answered: int = 0  # answers posted so far
    stored: Callable[[], int] = lambda: 0

    def make(self, url: str, folder: Path, answers: int) -> None:
        """Create the database and the learners, and count the queries (this uses the last batch of answers)."""
        folder.mkdir()
        self.port = free_port()
        self.env = environment(url, self.port, folder, threads=1, DJANGO_SETTINGS_MODULE=self.settings)
        if self.app == SITE:
            prepare(self.env)
        size = answers // (BATCH * QUESTIONS) if self.app == SITE else answers
        made = json.loads(run(self.env, "-m", self.planner, str(size)))
        self.plan = {name: [Ask(**ask) for ask in asks] for name, asks in made.items()}
        spare = {name: asks[: LEARNERS // 5] for name, asks in made.items()}
        spare["answer"] = made["answer"][-BATCH * QUESTIONS :]
        self.queries = json.loads(run(self.env, "-m", "tests.bench.queries", given=json.dumps(spare)))

    def take(self, measure: str, count: int) -> list[Ask]:
        """Return the next requests of a measure. No answer is sent twice."""
        if measure != "answer":
            return [self.plan[measure][turn % len(self.plan[measure])] for turn in range(count)]
        self.answered += BATCH * QUESTIONS
        return self.plan[measure][self.answered - BATCH * QUESTIONS : self.answered]


@dataclass
class Pair:
    """The site and the limit on one database."""

    database: str
    sides: dict[str, Side]
    cluster: Cluster | None = None

    def roots(self, side: Side) -> list[int]:
        """Return the ids of the processes whose CPU time counts for this side."""
        assert side.server is not None
        postmaster = [self.cluster.server.pid] if self.cluster and self.cluster.server else []
        return [side.server.pid, *postmaster]


def sides() -> dict[str, Side]:
    """Return both sides by name, not yet started."""
    floor = "tests.bench.floor"
    return {
        "ours": Side(SITE, "tests.served", "tests.bench.plan", "quizzes_response"),
        "limit": Side(f"{floor}.wsgi:application", f"{floor}.settings", f"{floor}.plan", "floor_answer"),
    }


@contextmanager
def started(databases: Iterable[str], folder: Path, answers: int) -> Iterator[list[Pair]]:
    """Start both sides on each of these databases. Every side has a database of its own; all are made at once."""
    with ExitStack() as stack:
        clusters: dict[str, Cluster | None] = dict.fromkeys(databases)
        if "postgresql" in clusters:
            with meter.on_server_core():
                clusters["postgresql"] = stack.enter_context(postgresql())
            if clusters["postgresql"] is None:
                raise SystemExit("There is no PostgreSQL here. Install one: apt install postgresql")
        pairs = [Pair(database, sides(), cluster) for database, cluster in clusters.items()]
        with ThreadPoolExecutor(initializer=meter.on_all_cores) as makers:
            waiting = []
            for here in pairs:
                for name, side in here.sides.items():
                    url = here.cluster.new(name) if here.cluster else f"sqlite:///{folder / name}.sqlite3"
                    waiting.append(makers.submit(side.make, url, folder / f"{here.database}-{name}", answers))
            for made in waiting:
                made.result()
        for here in pairs:
            for name, side in here.sides.items():
                side.stored = counter(side.table, here.cluster, name, folder / f"{name}.sqlite3")
                log = folder / f"{here.database}-{name}.log"
                with meter.on_server_core():
                    side.server = serve(side.env, side.port, log, *ONE, app=side.app)
                stack.callback(stop, side.server)
                wait_for(side.port, side.server, log)
        yield pairs


def counter(table: str, cluster: Cluster | None, name: str, file: Path) -> Callable[[], int]:
    """Return a function that counts the answers directly in the database, without Django."""

    def count() -> int:
        query = f"SELECT count(*) FROM {table}"  # noqa: S608 - one of our two table names
        if cluster:
            with cluster.connect(name) as db:
                row = db.execute(query).fetchone()
        else:
            with sqlite3.connect(file) as db:
                row = db.execute(query).fetchone()
        return int(row[0]) if row else 0

    return count


def measure(here: Pair, side: Side, name: str, count: int) -> dict[str, float]:
    """Send one block of `count` requests; return its measured values by name."""
    client = Client(side.port)
    client.all(side.take("question", 10))  # warm up the server and its connection
    asks, roots = side.take(name, count), here.roots(side)
    core, spent, began = meter.core(), meter.cpu(*roots), time.monotonic()
    replies = client.all(asks)
    wall, spent, after = time.monotonic() - began, meter.cpu(*roots) - spent, meter.core()
    client.connection.close()
    times = sorted(seconds for seconds, _ in replies)
    found = {
        "cpu_ms": 1000 * spent / len(asks),
        "p50_ms": 1000 * times[len(times) // 2],
        "p99_ms": 1000 * times[len(times) * 99 // 100],
        "bytes": sum(size for _, size in replies) / len(replies),
        "foreign": max(0.0, after[0] - core[0] - spent) / wall,
        "steal": (after[1] - core[1]) / wall,
    }
    return {name: round(value, 3) for name, value in found.items()}


def quietly(here: Pair, name: str, count: int) -> dict[str, dict[str, float]]:
    """Measure a page on both sides (a list page on ours), one right after the other; return the values by side.

    If something else used the server's core meanwhile, measure both once more, SPARE times at most.
    """
    for _ in range(1 + SPARE):
        which = random.sample(("ours", "limit"), 2) if name in PAGES else ["ours"]
        found = {side: measure(here, here.sides[side], name, count) for side in which}
        if all(map(quiet, found.values())):
            break
    return found


def rounds(pairs: list[Pair], number: int, pages: int) -> dict[str, Any]:
    """Measure everything in random order, `number` times. An extra first round warms up and does not count."""
    found: dict[str, Any] = {}
    for turn in range(number + 1):
        cells = [(here, name) for here in pairs for name in (*PAGES, *LISTS)]
        random.shuffle(cells)
        for here, name in cells:
            count = pages if name in PAGES else pages // 16  # a list takes ten times as long; its R has no limit
            if not turn:
                for side in here.sides if name in PAGES else ("ours",):
                    measure(here, here.sides[side], name, max(3, count // 4))
                continue
            cell = found.setdefault(here.database, {}).setdefault(name, {"ours": [], "limit": []})
            for side, block in quietly(here, name, count).items():
                cell[side].append(block)
    return found


def check(pairs: list[Pair], before: dict[int, int]) -> None:
    """Stop with an error if a posted answer is not in the database."""
    for here in pairs:
        for name, side in here.sides.items():
            if (stored := side.stored() - before[id(side)]) != side.answered:
                raise Unexpected(f"{here.database}, {name}: {side.answered} answers posted, {stored} stored")


def run_all(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Start the servers, measure, check the answers; return the results."""
    # One round to warm up, one batch to count queries, and every round may be measured again.
    answers = ((1 + SPARE) * options.rounds + 2) * BATCH * QUESTIONS
    chosen = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    # As after the first start of a site. If the environment forbids Python to keep what it compiles, each start
    # compiles everything again, which takes half a second and 4 MB.
    run(dict(os.environ), "-m", "compileall", "-q", "learn", "quizzes", "tests/bench/floor")
    with started(chosen, folder, answers) as pairs:
        before = {id(side): side.stored() for here in pairs for side in here.sides.values()}
        load, began = os.getloadavg(), time.monotonic()
        found = rounds(pairs, options.rounds, options.pages)
        check(pairs, before)
        crowds = {here.database: crowd(here.sides["ours"], folder) for here in pairs}
        seconds = time.monotonic() - began
        queries = {here.database: {which: side.queries for which, side in here.sides.items()} for here in pairs}
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": len(meter.CORES), "pinned": meter.PINNED, "python": platform.python_version(),
            "load_before": load, "load_after": os.getloadavg(), "seconds": round(seconds, 1),
        },
        "summary": summary(found, queries, crowds),
        "rounds": found,
    }  # fmt: skip


def main() -> int:
    """Measure, print the table, save the results.

    Returns 0 if all targets are met, 1 if one is not, 2 if the machine was too busy for a verdict.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="that count (default: 7)")
    parser.add_argument("--pages", type=int, default=200, help="requests of a page in one round (default: 200)")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--no-file", action="store_true", help="keep no file of the results")
    options = parser.parse_args()
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, _: sys.exit(128 + number))  # so that the clean-up runs
    folder = Path(tempfile.mkdtemp(prefix="quiz-bench-"))
    try:
        results = run_all(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(draw(results))
    if not options.no_file:
        LAST.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        sys.stdout.write(f"Kept in {LAST}\n")
    if not all(row["judged"] for row in results["summary"]):
        return 2
    return 0 if all(row["met"] for row in results["summary"]) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
