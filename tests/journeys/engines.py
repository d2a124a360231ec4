"""The guest's journey and the nurse's sign-in in Firefox and WebKitGTK: `make browsers` runs them.

`make test` does not collect this file: Chromium walks the same journeys there. The result of the last run stands in
docs/accessibility.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.conftest import Site
from tests.journeys.everywhere import a_guest_learns, a_mistake_is_focused, a_nurse_signs_in
from tests.journeys.webdriver import Device, missing

PHONE, COMPUTER = 320, 1280
Opens = Callable[[int], Device]


@pytest.fixture(params=["Firefox", "WebKitGTK"])
def device(request: pytest.FixtureRequest, site: Site) -> Iterator[Opens]:
    """Return a function that opens the site in this engine in a window of this width."""
    engine = request.param
    if engine in (lacking := missing()):
        pytest.fail(f"{engine} is not installed: apt install {lacking[engine]}", pytrace=False)
    with ExitStack() as devices:

        def opens(width: int) -> Device:
            made = Device(engine, site.url, width)
            devices.callback(made.close)
            print(f"{engine} {made.version}")  # noqa: T201
            return made

        yield opens


@pytest.mark.parametrize("width", [PHONE, COMPUTER])
def test_a_guest_does_a_lesson_and_its_check_and_continues_later(device: Opens, width: int) -> None:
    a_guest_learns(device(width))


def test_a_mistake_is_said_where_the_focus_is(device: Opens) -> None:
    a_mistake_is_focused(device(PHONE))


def test_a_nurse_signs_in(device: Opens, site: Site) -> None:
    a_nurse_signs_in(device(COMPUTER), "noor", site.password)
