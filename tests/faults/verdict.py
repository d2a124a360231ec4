"""The ledger against the record: what was lost, what is there twice, what nobody sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.faults.browser import Fields
from tests.faults.writers import Answer, Ledger


def given(posted: Fields, kind: str, order: list[str]) -> list[str]:
    """Return what the record must hold for these fields: the site's rule, written once more and on its own."""
    if ("choice", "unsure") in posted:
        return []
    fields = dict(posted)
    if kind == "matching":
        return [fields[f"choice-{row}"] for row in order]
    if kind == "ordering":
        return sorted(order, key=lambda tile: int(fields[f"choice-{tile}"]))
    return [choice for choice in order if ("choice", choice) in posted]


@dataclass(frozen=True)
class Verdict:
    """What is wrong, an entry each."""

    lost: list[str]  # acknowledged, and not in the record as it was given
    doubled: list[str]  # one answer, in the record more than once
    unsent: list[str]  # in the record, and nobody gave it
    misjudged: list[str]  # marked otherwise than its answer is worth
    unfinished: list[str]  # attempts that owe nothing and are open, or owe something and are finished
    misremembered: list[str]  # memories that a rebuild from the answers would not make
    unsound: list[str]

    @property
    def faults(self) -> list[str]:
        """Return all of them, each with what it is."""
        return [f"{name}: {what}" for name, entries in vars(self).items() for what in entries]


def compare(ledger: Ledger, record: dict[str, Any]) -> Verdict:
    """Hold every acknowledged answer against the record, and every row of the record against what was sent."""
    rows: dict[tuple[str, int, int], list[dict[str, Any]]] = {}
    for row in record["answers"]:
        rows.setdefault((row["attempt"], row["n"], row["number"]), []).append(row)

    def same(answer: Answer, row: dict[str, Any]) -> bool:
        return bool(given(answer.posted, row["kind"], row["order"]) == row["given"])

    sent: dict[tuple[str, int, int], list[Answer]] = {}
    for answer in ledger.sent:
        sent.setdefault((answer.attempt, answer.n, answer.number), []).append(answer)
    lost = [
        str(answer)
        for answer in ledger.acknowledged
        if not any(same(answer, row) for row in rows.get((answer.attempt, answer.n, answer.number), []))
    ]
    doubled = [f"{key} stands there {len(found)} times" for key, found in rows.items() if len(found) > 1]
    unsent: list[str] = []
    for (attempt, n, number), found in rows.items():
        for row in found:
            if not any(same(answer, row) for answer in sent.get((attempt, n, number), [])):
                before = rows.get((attempt, n, number - 1), [])  # the same again, under the next number?
                (doubled if any(row["given"] == other["given"] for other in before) else unsent).append(str(row))
    return Verdict(
        lost=lost,
        doubled=doubled,
        unsent=unsent,
        misjudged=[str(row) for row in record["answers"] if not row["marked_well"]],
        unfinished=[str(attempt) for attempt in record["attempts"] if attempt["finished"] == attempt["owes"]],
        misremembered=record["misremembered"],
        unsound=[record["sound"]] if record["sound"] != "ok" else [],
    )
