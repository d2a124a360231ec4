"""Made-up questions for the tests of formats: all punctuation, lists, bold, links; each as a reader would give it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from quizzes.formats import Item, Refused, finish

SIGNS = st.sampled_from(list("ab é1.5%$-+=*_~#{}[]()<>&:;,!?\"'\\/|`^@ \u00a0’→💥\u200b"))
WORDS = st.sampled_from(
    [
        "call", "911", "**now**", "*soon*", "->", "=>", "a.", "1. one", "- two", "T", "F", "A. x", "ANSWER: A", "%5%",
        "&amp;", "&lt;b>", "<b>x</b>", "<img src=x>", "[a](https://a.org/?b=1&copy=2)", "[tel](tel:+1-555)", "$$x$$",
        "\\(x\\)", "\\", "####", "#", "```", "___", "=1+1", "@a", "'x", "====", "---", "{", "}", "~%50%", "[html]",
        "// c", "::t::", "a\\nb", "]]>", "<!-- c -->", "x_y_z", "**a**b", "***c***", "!", "1)", "_x0041_", "True",
    ]
)  # fmt: skip
PIECES = st.one_of(WORDS, st.text(SIGNS, min_size=1, max_size=8), st.text(min_size=1, max_size=4))
LINE = st.lists(PIECES, min_size=1, max_size=5).map(" ".join)
TOLD = st.lists(st.tuples(LINE, st.sampled_from(["\n\n", "\n", "\n- ", "\n1. ", "\\\n", "\n\n- ", "\n  - ", ""])),
                max_size=3).map(lambda parts: "".join(a + b for a, b in parts))  # fmt: skip
KEY = st.from_regex(r"[a-z0-9][a-z0-9-]{0,12}", fullmatch=True)


def _choice(texts: list[str], right: int, told: list[str], ids: bool) -> dict[str, Any]:
    choices = [
        {"text": text, "right": n < right, "feedback": told[n % len(told)]} | ({"id": f"{n:08x}"} if ids else {})
        for n, text in enumerate(texts)
    ]
    return {"version": 1, "choose": right, "choices": choices}


def _match(texts: list[str], cards: list[str], told: list[str]) -> dict[str, Any]:
    rows = [{"text": t, "card": n % len(cards), "feedback": told[n % len(told)]} for n, t in enumerate(texts)]
    return {"version": 1, "cards": [{"text": card} for card in cards], "rows": rows}


SPECS = st.one_of(
    st.builds(_choice, st.lists(LINE, min_size=2, max_size=6), st.integers(1, 4), st.lists(TOLD, min_size=1),
              st.booleans()).map(lambda spec: ("choice", spec)),
    st.builds(_match, st.lists(LINE, min_size=2, max_size=4), st.lists(LINE, min_size=2, max_size=4),
              st.lists(TOLD, min_size=1)).map(lambda spec: ("matching", spec)),
    st.builds(lambda t, told: {"version": 1, "cards": [{"text": x} for x in t], "feedback": told},
              st.lists(LINE, min_size=3, max_size=5), TOLD).map(lambda spec: ("ordering", spec)),
    st.builds(lambda a, yes, no: {"version": 1, "answer": a, "feedback": {"true": yes, "false": no}},
              st.booleans(), TOLD, TOLD).map(lambda spec: ("truth", spec)),
)  # fmt: skip


def _item(spec: tuple[str, dict[str, Any]], **words: Any) -> Item | None:
    try:
        return finish(Item(spec[0], words.pop("stem"), spec[1], **words))
    except Refused:
        return None


ITEMS = st.builds(
    _item, SPECS, stem=LINE, why=TOLD, objective=LINE, critical=st.booleans(), key=KEY | st.just(""),
    source=st.sampled_from(["", "interferons/first"]),
).filter(bool)  # fmt: skip
