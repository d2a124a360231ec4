"""What is wrong with an open page, for people who see, hear or move otherwise: axe-core, targets, focus, width."""

from __future__ import annotations

from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.journeys.pages import NARROW
from tests.journeys.seen import SIDEWAYS, SMALL_TARGETS, UNSEEN_FOCUS, WIDE_TEXT, WIDEST

# All rules are tried in the light theme, in a narrow and in a wide window. The dark theme changes only colors, and a
# larger text only the layout, so for them the rules about these are tried again: the others read the same document and
# would say the same.
RULES = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ABOUT_COLORS = ["color-contrast-enhanced", "link-in-text-block"]
ABOUT_LAYOUT = ["target-size", "scrollable-region-focusable", "color-contrast-enhanced"]

# axe-core looks at all colors twice, for 7:1 and for 4.5:1, which takes half of its time. The rule about 7:1 leaves
# what is under 4.5:1 to the other one: without that threshold it finds both.
CONTRAST = """() => {
    const id = "color-contrast-enhanced", contrastRatio = {normal: {expected: 7}, large: {expected: 4.5}};
    axe.configure({checks: [{id, options: {...axe._audit.checks[id].options, contrastRatio}}]});
}"""
IMPLIED = {"color-contrast": {"enabled": False}}

# axe-core reads the same few colors of a page some thousand times, and each time with a whole library for colors, which
# took half of the time of the rules about contrast. A text stands for one color, so each is read once for a page.
COLORS = """() => {
    const {Color} = axe.commons.color, read = Color.prototype.parseString, known = new Map();
    Color.prototype.parseString = function (text) {
        if (!known.has(text)) known.set(text, read.call(new Color(), text));
        const {r, g, b, alpha} = known.get(text);
        return Object.assign(this, {r, g, b, alpha});
    };
}"""

RUN = "options => self.axe ? axe.run(options) : null"


def against_rules(page: Page, name: str, kind: Literal["tag", "rule"], values: list[str]) -> list[str]:
    """Return what axe-core finds against the rules with these tags or names."""
    options = {
        "runOnly": {"type": kind, "values": values},
        "resultTypes": ["violations"],
        "rules": IMPLIED,
        "selectors": False,  # nobody reads them: a line of ours shows the element itself
    }
    if not (found := page.evaluate(RUN, options)):
        for script in (AXE_SCRIPT, CONTRAST, COLORS):
            page.evaluate(script)
        found = page.evaluate(RUN, options)
    return [
        f"{name}: {rule['id']}: {node['failureSummary']} {node['html']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def problems(page: Page, name: str) -> list[str]:
    """Return the problems of the open page, one line for each: in a wide window, then in a narrow one, which stays."""
    page.set_viewport_size({"width": 1280, "height": 800})
    found = in_both_themes(page, f"{name}, wide")
    page.set_viewport_size({"width": NARROW, "height": 640})
    found += in_both_themes(page, name)
    found += [f"{name}: {target}" for target in page.evaluate(SMALL_TARGETS)]
    found += [f"{name}: {stop}" for stop in page.evaluate(UNSEEN_FOCUS)]
    if (over := page.evaluate(SIDEWAYS)) > 0:
        found.append(f"{name}: {over} px too wide")
    page.evaluate("document.documentElement.dataset.text = 'very-large'")
    found += against_rules(page, f"{name}, very large", "rule", ABOUT_LAYOUT)
    page.evaluate(WIDE_TEXT)
    if (over := page.evaluate(SIDEWAYS)) > 0:
        found.append(f"{name}, at 200 % with wide spacing: {over} px too wide ({page.evaluate(WIDEST)})")
    return found


def in_both_themes(page: Page, name: str) -> list[str]:
    """Return what is against the rules in the light theme, and against those about colors in the dark one."""
    page.emulate_media(color_scheme="light")
    found = against_rules(page, name, "tag", RULES)
    page.emulate_media(color_scheme="dark")
    return found + against_rules(page, f"{name}, dark", "rule", ABOUT_COLORS)
