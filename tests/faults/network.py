"""Database machines with a network of their own, so that it can be broken: namespaces, joined by a bridge.

Each machine is a network namespace with one address. Needs root and the program `ip` (Debian: iproute2). Two ways to
break it: `unplug` (the machine reaches nobody) and `part` (the databases and their etcd do not reach it any more, but
the app machines still do, which is worse: the old leader goes on being asked). Nothing is refused: packets vanish.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

SUBNET = "10.213.77"  # of no other machine, as this one is the only way to it
LETTERS = iter("abcdefgh")
NOBODY = "02:00:00:00:00:99"  # no card has this address, so what is sent to it is lost


def ip(*words: str, check: bool = True) -> None:
    """Run `ip`."""
    subprocess.run(["ip", *words], check=check, capture_output=not check)


class Network:
    """The namespaces of three machines and the bridge between them, which is also this machine's way to them."""

    def __init__(self) -> None:
        self.name = f"l{os.getpid()}{next(LETTERS)}"  # cables of a network that was removed may still be there
        self.addresses = {n: f"{SUBNET}.1{n}" for n in (1, 2, 3)}
        self.subnet = f"{SUBNET}.0/24"

    def make(self) -> None:
        """Make them."""
        ip("link", "add", self.name, "type", "bridge")
        ip("address", "add", f"{SUBNET}.1/24", "dev", self.name)
        ip("link", "set", self.name, "up")
        for n, address in self.addresses.items():
            space, cable = f"{self.name}-{n}", f"{self.name}-{n}"
            ip("netns", "add", space)
            ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", space)
            ip("link", "set", cable, "master", self.name, "up")
            ip("-n", space, "address", "add", f"{address}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                ip("-n", space, "link", "set", device, "up")

    def at(self, n: int, command: list[str]) -> list[str]:
        """Return the command that runs this one on a machine."""
        return ["ip", "netns", "exec", f"{self.name}-{n}", *command]

    def unplug(self, n: int) -> None:
        """Cut a machine off from everybody."""
        ip("link", "set", f"{self.name}-{n}", "down")

    def part(self, n: int) -> None:
        """Cut a machine off from the other two; the app machines still reach it."""
        for other in self.addresses.keys() - {n}:
            for here, there in ((n, other), (other, n)):
                how = ["lladdr", NOBODY, "nud", "permanent", "dev", "eth0"]
                ip("-n", f"{self.name}-{here}", "neigh", "replace", self.addresses[there], *how)

    def heal(self) -> None:
        """Undo what was broken."""
        for n in self.addresses:
            ip("link", "set", f"{self.name}-{n}", "up")
            for other in self.addresses.keys() - {n}:
                ip("-n", f"{self.name}-{n}", "neigh", "del", self.addresses[other], "dev", "eth0", check=False)

    def remove(self) -> None:
        """Remove them; what runs there must have ended."""
        for n in self.addresses:
            ip("netns", "del", f"{self.name}-{n}", check=False)
        ip("link", "del", self.name, check=False)


@contextmanager
def network() -> Iterator[Network]:
    """Yield a network; remove it afterwards."""
    made = Network()
    try:
        made.make()
        yield made
    finally:
        made.remove()
