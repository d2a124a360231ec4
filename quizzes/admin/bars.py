"""Bars that the server draws: how many were right at the first try, with the interval; how many chose an answer.

The number stands beside each bar in words, so a bar is hidden from screen readers. Geometry is in attributes, because
the Content-Security-Policy allows no inline style.
"""

from __future__ import annotations

from dataclasses import dataclass

from quizzes.analysis import ENOUGH, FEW, Health

KEY = (("", "Right answer"), ("soft", "Other answer"), ("wrong", "Misleads"))  # what the colors of answers mean
LEFT, WIDTH = 2, 200  # of the drawing, whose whole width is 204


@dataclass(frozen=True)
class Bar:
    """A bar. `width` and `whisker` are for SVG; `look` is a class: "few", "wrong" (misleads), "soft" (other)."""

    width: str
    look: str = ""
    whisker: str = ""


def share(times: int, n: int, look: str = "") -> Bar | None:
    """Return the bar of an answer, or None with too few answers."""
    return Bar(_long(times / n), look) if n >= FEW else None


def rate(health: Health) -> Bar | None:
    """Return the bar of the share that was right, with its 95 % interval; dashed below ENOUGH, None below FEW."""
    if health.n < FEW:
        return None
    low, high = (f"{LEFT + WIDTH * end:.1f}" for end in (health.low, health.high))
    whisker = f"M{low} 9H{high}M{low} 4.5v9M{high} 4.5v9"
    return Bar(_long(health.facility), "few" if health.n < ENOUGH else "", whisker)


def _long(part: float) -> str:
    return f"{WIDTH * part:.1f}"
