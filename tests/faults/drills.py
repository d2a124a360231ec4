"""Break one part of a cluster after the other while guests answer: `make faults CLUSTER=1` (short; ALL=1: every drill).

Each drill: load, the event, load until answers are accepted again, the part comes back, the verdict of tests/faults. It
holds when no acknowledged answer is lost or doubled, every reply was 200, 302, 303 or 503 with Retry-After, no reply
took longer than it may, and the longest time without an accepted answer is within the drill's limit. The last one is a
planted fault: a cluster that does not wait for its standbys must lose something, else the run could not find a loss.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path

from tests.faults import writers
from tests.faults.browser import Browser, Fields, Reply
from tests.faults.cluster import PORT, Machines, cluster, end_cleanly, missing
from tests.faults.network import network
from tests.faults.released import tree
from tests.faults.server import ROOT, run
from tests.faults.verdict import Verdict, compare
from tests.faults.writers import Answer, Ledger, Writer

WRITERS = 4
BEFORE, AFTER = 4.0, 8.0  # seconds of load before the event, and after the part is back
MOST = 90.0  # seconds until answers must be accepted again
WAIT = 6.0  # seconds that a page may take; a POST may wait longer for a standby's disk (SYNCHRONOUS)
SYNCHRONOUS = 12.0
ALLOWED = (200, 302, 303, 503)


@dataclass
class Log:
    """What all writers of a drill saw."""

    accepted: list[float] = field(default_factory=list)
    replies: list[tuple[float, float, str, int]] = field(default_factory=list)  # begin, end, method, status (0: none)
    bare: int = 0  # 503 without Retry-After


class Patient(Browser):
    """A browser that takes time to read, and notes how long each reply took."""

    log: Log

    def ask(self, path: str, fields: Fields | None = None) -> Reply:
        """As Browser.ask."""
        if fields is not None or "/feedback/" in path:
            time.sleep(random.uniform(0.15, 0.45))
        self._connection = self._connection or HTTPConnection("127.0.0.1", self.port, timeout=30)
        began, status = time.monotonic(), 0
        try:
            reply = super().ask(path, fields)
            status = reply.status
            self.log.bare += status == 503 and not reply.wait
            return reply
        finally:
            self.log.replies.append((began, time.monotonic(), "GET" if fields is None else "POST", status))


class Answerer(Writer):
    """A writer that notes when its answers were accepted."""

    log: Log

    def note(self, answer: Answer, reply: Reply) -> None:
        """As Writer.note."""
        super().note(answer, reply)
        if answer in self.ledger.acknowledged:
            self.log.accepted.append(time.monotonic())


Event = Callable[[Machines], Callable[[], None] | None]


def killed(part: str) -> Event:
    """Return an event: this part loses power; it is started again afterwards."""

    def event(machines: Machines) -> Callable[[], None]:
        name = part.format(leader=machines.leader(), standby=(machines.synchronous_now() or [0])[0])
        machines.send(signal.SIGKILL, name)
        n = int(name[-1])
        start = {"database": machines.database, "etcd": machines.etcd, "site": machines.site}[name[:-1]]
        return lambda: start(n)

    return event


def frozen(part: str) -> Event:
    """Return an event: every process of this part stops, and goes on afterwards."""

    def event(machines: Machines) -> Callable[[], None]:
        name = part.format(leader=machines.leader(), standby=(machines.synchronous_now() or [0])[0])
        machines.send(signal.SIGSTOP, name)
        return lambda: machines.send(signal.SIGCONT, name)

    return event


def postgres_killed(machines: Machines) -> None:
    """PostgreSQL alone dies on the leader; Patroni starts it again."""
    os.kill(machines.postgres(machines.leader())[0], signal.SIGKILL)


def both_standbys_killed(machines: Machines) -> Callable[[], None]:
    """Both standbys lose power."""
    lost = [n for n in (1, 2, 3) if n != machines.leader()]
    machines.send(signal.SIGKILL, *(f"database{n}" for n in lost))

    def back() -> None:
        for n in lost:
            machines.database(n)

    return back


def two_etcd_killed(machines: Machines) -> Callable[[], None]:
    """Two of three etcd lose power: the leader goes on by `failsafe_mode`."""
    machines.send(signal.SIGKILL, "etcd1", "etcd2")

    def back() -> None:
        machines.etcd(1)
        machines.etcd(2)

    return back


def switchover(machines: Machines) -> None:
    """IT hands the leadership over, as before an upgrade of the machine."""
    lead, to = machines.leader(), machines.synchronous_now()[0]
    machines.ctl("switchover", "--leader", f"n{lead}", "--candidate", f"n{to}", "--force")


def power(machines: Machines) -> Callable[[], None]:
    """All databases and etcd lose power, and come back together."""
    machines.send(signal.SIGKILL, *(f"{part}{n}" for part in ("database", "etcd") for n in (1, 2, 3)))

    def back() -> None:
        for n in (1, 2, 3):
            machines.etcd(n)
            machines.database(n)

    return back


def stalled_and_killed(machines: Machines) -> Callable[[], None]:
    """The leader can send nothing to its standbys for three seconds, and then it loses power."""
    lead = machines.leader()
    senders = [pid for pid in machines.postgres(lead) if b"walsender" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    for pid in senders:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(3)
    machines.send(signal.SIGKILL, f"database{lead}")
    return lambda: machines.database(lead)


def unplugged(machines: Machines) -> Callable[[], None]:
    """Nobody reaches the leader, and it reaches nobody; all its programs go on."""
    assert machines.net
    machines.net.unplug(machines.leader())
    return machines.net.heal


def parted(machines: Machines) -> Callable[[], None]:
    """The leader and the other two do not reach each other; the app machines reach all."""
    assert machines.net
    machines.net.part(machines.leader())
    return machines.net.heal


def rolling_upgrade(machines: Machines) -> None:
    """IT upgrades one app machine after the other, from the last release to this one."""
    for n in machines.trees:
        machines.upgrade(n, ROOT)
        machines.restart(n)
        machines.until(machines.answers, 60, "site of the new release")


@dataclass
class Drill:
    """An event, for how long it holds, and the longest time without an accepted answer (both in seconds)."""

    name: str
    event: Event
    hold: float
    limit: float
    short: bool = False
    post: float = SYNCHRONOUS  # the longest POST


DRILLS = (
    Drill("leader killed", killed("database{leader}"), 30, 25, short=True),
    Drill("leader frozen, wakes", frozen("database{leader}"), 40, 30, short=True),
    Drill("PostgreSQL alone killed", postgres_killed, 0, 12),
    Drill("standby killed", killed("database{standby}"), 15, 2),
    Drill("standby frozen", frozen("database{standby}"), 15, 2),
    Drill("both standbys killed", both_standbys_killed, 15, 5),
    Drill("two of three etcd killed", two_etcd_killed, 20, 2),
    Drill("switchover", switchover, 0, 7),
    Drill("app machine killed", killed("site1"), 10, 2),
    Drill("power lost for 5 s", power, 5, 25),
)
# On a network of their own. A leader that is parted is still asked: answers wait there until it gives up (`ttl`).
NETWORK = (
    Drill("leader unplugged", unplugged, 40, 30),
    Drill("leader parted", parted, 40, 30, post=20),
)
# PgBouncer between the sites and HAProxy: it does not look whether a server may write.
POOLED = (
    Drill("pooled leader killed", killed("database{leader}"), 30, 25),
    Drill("pooled leader parted", parted, 40, 30, post=20),
)
ROLLING = Drill("rolling upgrade", rolling_upgrade, 0, 5)
PLANT = Drill("planted: asynchronous", stalled_and_killed, 30, 60, short=True)


@dataclass
class Outcome:
    """The result of one drill."""

    drill: Drill
    ledger: Ledger
    log: Log
    verdict: Verdict
    gap: float

    def problems(self) -> list[str]:
        """Return what does not hold, one sentence each."""
        if self.drill is PLANT:
            return [] if self.verdict.lost else ["planted: nothing was lost, so this run proves nothing."]
        found = [*self.verdict.faults, *self.ledger.strange]
        if self.gap > self.drill.limit:
            found.append(f"no answer was accepted for {self.gap:.1f} s, not {self.drill.limit:.0f}")
        odd = sorted({status for *_, status in self.log.replies if status not in ALLOWED and status})
        if odd:
            found.append(f"replies with status {odd}")
        if self.log.bare:
            found.append(f"{self.log.bare} x 503 without Retry-After")
        for method, most in (("GET", WAIT), ("POST", self.drill.post)):
            if (slow := self.slowest(method)) > most:
                found.append(f"a {method} took {slow:.1f} s, not {most:.0f}")
        return [f"{self.drill.name}: {what}" for what in found]

    def slowest(self, method: str) -> float:
        """Return the longest reply of this method, in seconds."""
        return max((end - began for began, end, what, _ in self.log.replies if what == method), default=0)

    def row(self) -> list[object]:
        """Return the cells of the table."""
        busy = sum(status == 503 for *_, status in self.log.replies)
        broken = sum(status == 0 for *_, status in self.log.replies)
        return [
            self.drill.name, len(self.ledger.acknowledged), f"{self.gap:.1f}", f"{self.drill.limit:.0f}", busy, broken,
            f"{self.slowest('GET'):.1f}", f"{self.slowest('POST'):.1f}", len(self.verdict.lost),
            len(self.verdict.doubled), len(self.problems()),
        ]  # fmt: skip


def perform(machines: Machines, drill: Drill) -> Outcome:
    """Run one drill; return its outcome."""
    machines.until(machines.well, 90, "well cluster")
    machines.until(machines.answers, 60, "site that is ready")
    log, end = Log(), threading.Event()
    Patient.log = Answerer.log = log
    writers.Browser = Patient  # type: ignore[attr-defined,misc]
    crowd = [Answerer(PORT, end, patience=MOST) for _ in range(WRITERS)]
    for writer in crowd:
        writer.start()
    time.sleep(BEFORE)
    began = time.monotonic()
    back = drill.event(machines)
    while time.monotonic() - began < MOST:
        time.sleep(0.2)
        now = time.monotonic()
        if now - began > drill.hold and sum(at > now - 2 for at in log.accepted) >= 2:
            break
        if back and drill.event is power and now - began > drill.hold:
            break  # nothing can be accepted before it is back
    if back:
        back()
    until = time.monotonic() + MOST
    while time.monotonic() < until and sum(at > time.monotonic() - 2 for at in log.accepted) < 2:
        time.sleep(0.2)
    time.sleep(AFTER)
    end.set()
    for writer in crowd:
        writer.join(MOST)
    ledger = Ledger()
    for writer in crowd:
        ledger.add(writer.ledger)
    machines.until(machines.leader, 60, "leader")
    record = json.loads(run(machines.env, "-m", "tests.faults.record"))
    ours = {answer.attempt for answer in ledger.sent}
    record["answers"] = [row for row in record["answers"] if row["attempt"] in ours]
    at = sorted(log.accepted)
    gap = max((after - before for before, after in pairwise(at)), default=MOST)
    return Outcome(drill, ledger, log, compare(ledger, record), gap)


def groups(options: argparse.Namespace) -> Iterator[tuple[tuple[Drill, ...], AbstractContextManager[Machines]]]:
    """Yield the chosen drills and the machines that they need; drills that need the same machines come together."""

    def chosen(*drills: Drill) -> tuple[Drill, ...]:
        if options.only:
            return tuple(drill for drill in drills if options.only in drill.name)
        return tuple(drill for drill in drills if options.all or drill.short)

    if on_loopback := chosen(*DRILLS):
        yield on_loopback, cluster()
    if on_network := chosen(*NETWORK):
        with network() as net:
            yield on_network, cluster(net=net)
    if pooled := chosen(*POOLED):
        with network() as net:
            yield pooled, cluster(net=net, pooler=True)
    if upgraded := chosen(ROLLING):
        with tree() as old:
            if old:
                yield upgraded, cluster(tree=old)
    if planted := chosen(PLANT):
        yield planted, cluster(synchronous=False)


def say(name: object, *cells: object) -> None:
    """Print one row of the table at once: a later drill may end the run."""
    sys.stdout.write(f"{name!s:<26}" + "".join(f"{cell!s:>9}" for cell in cells) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run the drills, print the table, return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.drills", description=__doc__)
    parser.add_argument("--all", action="store_true", help="every drill, not only the three short ones")
    parser.add_argument("--only", help="the drills whose name contains this")
    options = parser.parse_args()
    if lacks := missing(pooler=options.all or "pooled" in (options.only or "")):
        sys.stderr.write(f"A cluster needs: {', '.join(lacks)}.\n")
        return 77
    began, outcomes = time.monotonic(), list[Outcome]()
    say("drill", "acked", "gap", "limit", "503", "broken", "GET", "POST", "lost", "doubled", "problems")
    for drills, place in groups(options):
        with place as machines:
            for drill in drills:
                outcomes.append(perform(machines, drill))
                say(*outcomes[-1].row())
    problems = [problem for outcome in outcomes for problem in outcome.problems()]
    sys.stdout.write("".join(f"{problem}\n" for problem in problems[:30]))
    sys.stdout.write(f"{time.monotonic() - began:.0f} seconds. {len(problems)} problems.\n")
    return 1 if problems else 0


if __name__ == "__main__":
    end_cleanly()
    sys.exit(main())
