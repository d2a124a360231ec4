"""Kill the site under load and count what is lost: `python -m tests.faults` (90 seconds; --full: about six minutes).

A real server runs with several workers on its own database. Guests answer checks, retry and do reviews (a day takes
one second: tests/faults/calendar.py). Meanwhile workers are killed and PostgreSQL is restarted. Afterwards every
answer that the server acknowledged must be in the database, once and as it was given, and every memory must be the
one that follows from the answers. A second run has a planted fault (tests/faults/planted.py) that it must find: a
run that cannot detect a loss proves nothing. Exit code: 0 when nothing was lost and the planted fault was found.
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
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.databases import Cluster, postgresql
from tests.faults.server import Hospital, environment, free_port, prepare, run
from tests.faults.verdict import Verdict, compare
from tests.faults.writers import Ledger, Writer

SITE = "tests.faults.calendar:application"
PLANTED = "tests.faults.planted:application"
WRITERS = 10
PLANT = 6.0  # seconds
ANSWERS = 5  # acknowledged answers for each kill, at least; a slow machine may take three times as long
COLUMNS = (
    "database kills restarts starts acked checks retries reviews left again doubles 5xx broken lost doubled unsent"
)


@dataclass
class Outcome:
    """The result of one run."""

    name: str
    kills: int
    restarts: int
    starts: int
    ledger: Ledger
    kinds: dict[str, int]  # attempts with an answer, by kind; "left": reviews that were left and closed
    verdict: Verdict

    def row(self) -> list[object]:
        """Return the cells of the table."""
        ledger, verdict = self.ledger, self.verdict
        other = sum(
            map(len, (verdict.misjudged, verdict.unfinished, verdict.misremembered, verdict.unsound, ledger.strange))
        )
        return [
            self.name, self.kills, self.restarts, self.starts, len(ledger.acknowledged),
            *(self.kinds.get(kind, 0) for kind in ("check", "retry", "review", "left")), ledger.retried,
            ledger.doubles, ledger.server_errors, ledger.broken,
            len(verdict.lost), len(verdict.doubled), len(verdict.unsent), other,
        ]  # fmt: skip


def restart(cluster: Cluster, times: int, seconds: float, over: threading.Event, done: list[str]) -> None:
    """Restart PostgreSQL evenly through the run, "fast" and "immediate" in turn; note each restart in `done`."""
    for turn in range(times):
        if over.wait(seconds / (times + 1)):
            return
        cluster.restart("immediate" if turn % 2 else "fast")
        done.append("immediate" if turn % 2 else "fast")


def disturb(
    name: str,
    url: str,
    folder: Path,
    *,
    seconds: float,
    kills: int,
    app: str = SITE,
    cluster: Cluster | None = None,
    times: int = 0,
) -> Outcome:
    """Let guests answer while workers are killed and the cluster restarts `times` times; return the outcome."""
    port, end, over, restarts = free_port(), threading.Event(), threading.Event(), list[str]()
    env = environment(url, port, folder, RUN_BEGAN=datetime.now(UTC).isoformat())
    prepare(env)
    writers = [Writer(port, end) for _ in range(WRITERS)]
    helpers: list[threading.Thread] = []
    log = folder / f"{name}.log"
    try:
        with Hospital(env, port, log, app=app) as hospital:
            if cluster:
                helpers.append(threading.Thread(target=restart, args=(cluster, times, seconds, over, restarts)))
                helpers[0].start()
            for writer in writers:
                writer.start()
            began = time.monotonic()
            while (spent := time.monotonic() - began) < 3 * seconds:
                answers = sum(len(writer.ledger.acknowledged) for writer in writers)
                done = hospital.kills >= kills and answers >= ANSWERS * kills
                if spent >= seconds and done and len(restarts) == times:
                    break
                time.sleep(random.uniform(0.2, 0.6))
                if answers >= ANSWERS * (hospital.kills + 1):  # otherwise no worker lives long enough to answer
                    hospital.kill()
            end.set()
            over.set()
            for thread in (*helpers, *writers):
                thread.join()
            time.sleep(0.5)  # time for a late write, as the planted fault does
            outcome = (hospital.kills, len(restarts), hospital.starts)
    finally:
        end.set()
        over.set()
        for thread in helpers:
            thread.join()
    ledger = Ledger()
    for writer in writers:
        ledger.add(writer.ledger)
    record = json.loads(run(env, "-m", "tests.faults.record"))
    return Outcome(name, *outcome, ledger, record["kinds"], compare(ledger, record))


def on_sqlite(folder: Path, options: argparse.Namespace) -> list[Outcome]:
    """Run on SQLite: the site, then the site with the planted fault."""
    done = [disturb("sqlite", f"sqlite:///{folder / 'db'}", folder, seconds=options.seconds, kills=options.kills)]
    if options.plant:
        url = f"sqlite:///{folder / 'planted'}"
        done.append(disturb("sqlite, planted", url, folder, seconds=PLANT, kills=5, app=PLANTED))
    return done


def on_postgresql(folder: Path, options: argparse.Namespace) -> list[Outcome]:
    """Run on PostgreSQL: the site, then the site with the planted fault."""
    with postgresql() as cluster:
        if cluster is None:
            raise SystemExit("There is no PostgreSQL here. Install one: apt install postgresql")
        url = cluster.new("site")
        much = {"seconds": options.seconds, "kills": options.kills, "times": options.restarts}
        done = [disturb("postgresql", url, folder, cluster=cluster, **much)]
        if options.plant:
            url = cluster.new("planted")
            done.append(disturb("postgresql, planted", url, folder, seconds=PLANT, kills=5, app=PLANTED))
        return done


def judge(outcome: Outcome, kills: int, restarts: int) -> list[str]:
    """Return the problems of this run, one sentence for each."""
    if "planted" in outcome.name:
        return [] if outcome.verdict.lost else [f"{outcome.name}: the planted fault was not found."]
    found = [f"{outcome.name}: {fault}" for fault in (*outcome.verdict.faults, *outcome.ledger.strange)]
    if outcome.kills < kills or (outcome.name == "postgresql" and outcome.restarts < restarts):
        found.append(f"{outcome.name}: only {outcome.kills} kills and {outcome.restarts} restarts.")
    if len(outcome.ledger.acknowledged) < ANSWERS * kills:
        found.append(f"{outcome.name}: too few answers to prove anything.")
    if missing := [kind for kind in ("check", "retry", "review", "left") if not outcome.kinds.get(kind)]:
        found.append(f"{outcome.name}: the mix had no {' and no '.join(missing)}.")
    return found


def main() -> int:
    """Run, print the table, return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--full", action="store_true", help="300 kills on each database, and 20 restarts of PostgreSQL")
    parser.add_argument("--seconds", type=float, help="of load on each database (26; full: 130)")
    parser.add_argument("--kills", type=int, help="of workers on each database, at least (60; full: 300)")
    parser.add_argument("--restarts", type=int, help="of PostgreSQL (6; full: 20)")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--no-plant", dest="plant", action="store_false", help="do not try the planted fault")
    options = parser.parse_args()
    for name, short, full in (("seconds", 26.0, 130.0), ("kills", 60, 300), ("restarts", 6, 20)):
        if getattr(options, name) is None:
            setattr(options, name, full if options.full else short)
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, _: sys.exit(128 + number))  # so that the cleanup runs
    began, outcomes = time.monotonic(), list[Outcome]()
    folder = Path(tempfile.mkdtemp(prefix="quiz-faults-"))
    try:
        if options.database != "postgresql":
            outcomes += on_sqlite(folder, options)
        if options.database != "sqlite":
            outcomes += on_postgresql(folder, options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    problems = [problem for outcome in outcomes for problem in judge(outcome, options.kills, options.restarts)]
    rows: list[list[object]] = [[*COLUMNS.split(), "other"], *(outcome.row() for outcome in outcomes)]
    table = [f"{name!s:<20}" + "".join(f"{cell!s:>9}" for cell in cells) for name, *cells in rows]
    end = f"{len(problems)} problems." if problems else "Nothing lost."
    sys.stdout.write("\n".join([*table, *problems[:20], f"{time.monotonic() - began:.0f} seconds. {end}\n"]))
    return 1 if problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
