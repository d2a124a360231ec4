"""Measure CPU time and memory of a server with all its processes, and the CPU time of other processes on its core."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.server import children

TICK = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
PINNED = len(CORES) > 1


@contextmanager
def on_server_core() -> Iterator[None]:
    """Pin the processes that start in this block to the first core; the client runs on the second."""
    if PINNED:
        os.sched_setaffinity(0, CORES[:1])
    try:
        yield
    finally:
        if PINNED:
            os.sched_setaffinity(0, CORES[1:2])


def on_all_cores() -> None:
    """Let this thread, and the processes that it starts, use every core."""
    os.sched_setaffinity(0, CORES)


def cpu(*roots: int) -> float:
    """Return the CPU time in seconds that these processes and all their descendants have used so far."""
    seconds, waiting = 0.0, list(roots)
    while waiting:
        pid = waiting.pop()
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            seconds += time.clock_gettime(~pid << 3 | 2)  # its own time to the nanosecond: clock_getcpuclockid(3)
        except OSError:  # it has just ended; its time now counts for its parent
            continue
        seconds += sum(map(int, fields[13:15])) / TICK  # of its children that have ended
        waiting += children(pid)
    return seconds


def memory(root: int) -> float:
    """Return the memory in MB of the largest process under this one, which is the worker."""
    kilobytes = [0]
    for pid in children(root):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                kilobytes.append(int(line.split()[1]))
    return max(kilobytes) / 1024


def core() -> tuple[float, float]:
    """Return the busy time and the steal time (taken by the host) of the server's core so far, in seconds."""
    name = f"cpu{CORES[0]}" if PINNED else "cpu"
    for line in Path("/proc/stat").read_text().splitlines():
        if line.split()[0] == name:
            user, nice, system, _idle, _wait, irq, soft, steal = map(int, line.split()[1:9])
            return (user + nice + system + irq + soft) / TICK, steal / TICK
    raise LookupError(name)
