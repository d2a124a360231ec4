"""Kill the site under load and count what was lost: `python -m tests.faults` (about 90 seconds).

A real server with several workers on a database of its own. Guests answer question after question; meanwhile workers
are killed and PostgreSQL is restarted. Afterwards every answer that the server acknowledged must stand in the database,
once and as it was given. Then the same with a fault planted (tests/faults/planted.py), which the run must find: a run
that cannot see a loss proves nothing. Exit code: 0 when nothing was lost and the plant was found.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tests.faults.databases import Cluster, postgresql
from tests.faults.server import SITE, Hospital, environment, free_port, prepare, run
from tests.faults.verdict import Verdict, compare
from tests.faults.writers import Ledger, Writer

PLANTED = "tests.faults.planted:application"
WRITERS = 10
RESTARTS = 6  # of PostgreSQL in one run, "fast" and "immediate" in turn
PLANT = 6.0  # seconds
ANSWERS = 5  # acknowledged for each kill, at least: a slow machine takes longer, thrice as long at most
COLUMNS = "database kills restarts starts acked retried doubles 5xx broken lost doubled unsent other"


@dataclass
class Outcome:
    """One run, told."""

    name: str
    kills: int
    restarts: int
    starts: int
    ledger: Ledger
    verdict: Verdict

    def row(self) -> list[object]:
        """Return the cells of the table."""
        ledger, verdict = self.ledger, self.verdict
        other = len(verdict.misjudged) + len(verdict.unfinished) + len(verdict.unsound) + len(ledger.strange)
        return [
            self.name, self.kills, self.restarts, self.starts, len(ledger.acknowledged), ledger.retried,
            ledger.doubles, ledger.server_errors, ledger.broken,
            len(verdict.lost), len(verdict.doubled), len(verdict.unsent), other,
        ]  # fmt: skip


def restart(cluster: Cluster, seconds: float, over: threading.Event, done: list[str]) -> None:
    """Restart PostgreSQL through the run, evenly; note what failed."""
    for turn in range(RESTARTS):
        if over.wait(seconds / (RESTARTS + 1)):
            return
        cluster.restart("immediate" if turn % 2 else "fast")
        done.append("immediate" if turn % 2 else "fast")


def disturb(
    name: str, url: str, folder: Path, *, seconds: float, kills: int, app: str = SITE, cluster: Cluster | None = None
) -> Outcome:
    """Let guests answer while workers are killed; return what came of it."""
    port, end, over, restarts = free_port(), threading.Event(), threading.Event(), list[str]()
    env = environment(url, port, folder)
    prepare(env)
    writers = [Writer(port, end) for _ in range(WRITERS)]
    helpers: list[threading.Thread] = []
    log = folder / f"{name}.log"
    try:
        with Hospital(env, port, log, app=app) as hospital:
            if cluster:
                helpers.append(threading.Thread(target=restart, args=(cluster, seconds, over, restarts)))
                helpers[0].start()
            for writer in writers:
                writer.start()
            began = time.monotonic()
            while (spent := time.monotonic() - began) < 3 * seconds:
                answers = sum(len(writer.ledger.acknowledged) for writer in writers)
                done = hospital.kills >= kills and answers >= ANSWERS * kills
                if spent >= seconds and done and (not cluster or len(restarts) == RESTARTS):
                    break
                slow = 1 if spent < seconds else 3  # past the time, answers are what is missing
                time.sleep(slow * random.uniform(0.2, 0.6))
                hospital.kill()
            end.set()
            over.set()
            for thread in (*helpers, *writers):
                thread.join()
            time.sleep(0.5)  # whoever wrote later than it said has had the time to
            outcome = (hospital.kills, len(restarts), hospital.starts)
    finally:
        end.set()
        over.set()
        for thread in helpers:
            thread.join()
    ledger = Ledger()
    for writer in writers:
        ledger.add(writer.ledger)
    return Outcome(name, *outcome, ledger, compare(ledger, json.loads(run(env, "-m", "tests.faults.record"))))


def on_sqlite(folder: Path, options: argparse.Namespace) -> list[Outcome]:
    """Run on SQLite: the site, then the plant."""
    done = [disturb("sqlite", f"sqlite:///{folder / 'db'}", folder, seconds=options.seconds, kills=options.kills)]
    if options.plant:
        url = f"sqlite:///{folder / 'planted'}"
        done.append(disturb("sqlite, planted", url, folder, seconds=PLANT, kills=5, app=PLANTED))
    return done


def on_postgresql(folder: Path, options: argparse.Namespace) -> list[Outcome]:
    """Run on PostgreSQL: the site, then the plant."""
    with postgresql() as cluster:
        if cluster is None:
            raise SystemExit("There is no PostgreSQL here. Install one: apt install postgresql")
        url = cluster.new("site")
        done = [disturb("postgresql", url, folder, seconds=options.seconds, kills=options.kills, cluster=cluster)]
        if options.plant:
            url = cluster.new("planted")
            done.append(disturb("postgresql, planted", url, folder, seconds=PLANT, kills=5, app=PLANTED))
        return done


def judge(outcome: Outcome, kills: int) -> list[str]:
    """Return why this run is not good, a sentence each."""
    if "planted" in outcome.name:
        return [] if outcome.verdict.lost else [f"{outcome.name}: the planted fault was not found."]
    found = [f"{outcome.name}: {fault}" for fault in (*outcome.verdict.faults, *outcome.ledger.strange)]
    if outcome.kills < kills or (outcome.name == "postgresql" and outcome.restarts < RESTARTS):
        found.append(f"{outcome.name}: only {outcome.kills} kills and {outcome.restarts} restarts.")
    if len(outcome.ledger.acknowledged) < ANSWERS * kills:
        found.append(f"{outcome.name}: too few answers to prove anything.")
    return found


def main() -> int:
    """Run, print the table, return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seconds", type=float, default=26, help="of load on each database (default: 26)")
    parser.add_argument("--kills", type=int, default=60, help="of workers on each database, at least (default: 60)")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--no-plant", dest="plant", action="store_false", help="do not try the planted fault")
    options = parser.parse_args()
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, _: sys.exit(128 + number))  # so that everything is cleared away
    began, outcomes = time.monotonic(), list[Outcome]()
    folder = Path(tempfile.mkdtemp(prefix="quiz-faults-"))
    try:
        if options.database != "postgresql":
            outcomes += on_sqlite(folder, options)
        if options.database != "sqlite":
            outcomes += on_postgresql(folder, options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    problems = [problem for outcome in outcomes for problem in judge(outcome, options.kills)]
    rows: list[list[object]] = [list(COLUMNS.split()), *(outcome.row() for outcome in outcomes)]
    table = [f"{name!s:<20}" + "".join(f"{cell!s:>9}" for cell in cells) for name, *cells in rows]
    end = f"{len(problems)} problems." if problems else "Nothing lost."
    sys.stdout.write("\n".join([*table, *problems[:20], f"{time.monotonic() - began:.0f} seconds. {end}\n"]))
    return 1 if problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
