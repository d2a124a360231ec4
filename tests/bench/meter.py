"""What the machine spent: CPU of a server with all its processes, and of everybody else on the same core."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.server import children

TICK = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
PINNED = len(CORES) > 1


@contextmanager
def on_server_core() -> Iterator[None]:
    """Start processes inside this block: they stay on the first core, and the client on the second."""
    if PINNED:
        os.sched_setaffinity(0, CORES[:1])
    try:
        yield
    finally:
        if PINNED:
            os.sched_setaffinity(0, CORES[1:2])


def cpu(*roots: int) -> float:
    """Return the CPU seconds that these processes and all that they started have spent so far."""
    ticks, waiting = 0, list(roots)
    while waiting:
        pid = waiting.pop()
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):  # one that has just ended: its parent has its time now
            continue
        ticks += sum(map(int, fields[11:15]))  # own user and system time, and that of children that have ended
        waiting += children(pid)
    return ticks / TICK


def memory(root: int) -> float:
    """Return the megabytes that the largest process under this one holds in memory: the worker's."""
    kilobytes = [0]
    for pid in children(root):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                kilobytes.append(int(line.split()[1]))
    return max(kilobytes) / 1024


def core() -> tuple[float, float]:
    """Return the busy seconds of the server's core so far, and those that the host took away (steal)."""
    name = f"cpu{CORES[0]}" if PINNED else "cpu"
    for line in Path("/proc/stat").read_text().splitlines():
        if line.split()[0] == name:
            user, nice, system, _idle, _wait, irq, soft, steal = map(int, line.split()[1:9])
            return (user + nice + system + irq + soft) / TICK, steal / TICK
    raise LookupError(name)
