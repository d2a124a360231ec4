"""Compares the ledger with the record: which answers are lost, duplicated, or were never sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.faults.browser import Fields
from tests.faults.writers import Answer, Ledger


def given(posted: Fields, kind: str, order: list[str]) -> list[str]:
    """Return what the record must hold for these fields. This repeats the site's rule without its code."""
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
    """The faults that were found, by kind."""

    lost: list[str]  # acknowledged, but not in the record as given
    doubled: list[str]  # in the record more than once
    unsent: list[str]  # in the record, but never sent
    misjudged: list[str]  # with a mark that is wrong for the answer
    unfinished: list[str]  # attempts that are open but owe nothing, or are finished but owe something
    misremembered: list[str]  # memories that do not follow from the answers
    unsound: list[str]

    @property
    def faults(self) -> list[str]:
        """Return all faults, each with its kind."""
        return [f"{name}: {what}" for name, entries in vars(self).items() for what in entries]


def compare(ledger: Ledger, record: dict[str, Any]) -> Verdict:
    """Compare every acknowledged answer with the record, and every row of the record with what was sent."""
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
                before = rows.get((attempt, n, number - 1), [])  # the same answer under the next number?
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
