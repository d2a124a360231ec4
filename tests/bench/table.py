"""The table of results, compared with the targets below."""

from __future__ import annotations

from statistics import median
from typing import Any

# The maximum of R and of the number of queries. The feedback page is compared with the limit's lesson page.
TARGETS: dict[str, tuple[float | None, int | None]] = {
    "step": (1.25, 3),
    "question": (1.25, 4),
    "answer": (1.35, 7),
    "feedback": (1.35, 4),
    "start": (None, None),
    "my": (None, None),
    "therapy": (None, None),
    "lessons": (None, None),
    "worklist": (None, 15),
    "matrix": (None, 15),
    "patient": (None, 15),
    "questions": (None, 15),
}
AIMS = {"start": "aim 2.00", "my": "aim 2.00"}  # R that we want to reach; missing it fails nothing
TAIL, MEMORY_MB, FIRST_S = 3.0, 90, 1.0  # p99 / p50 with eight clients; one worker; from its start to a page
FOREIGN, STEAL = 0.1, 0.05  # maximum share of the server's core in a block; above it, there is no verdict
NAMES = {
    "step": "lesson step", "answer": "answer (POST)", "start": "start page", "my": "my learning",
    "therapy": "therapy page", "lessons": "all lessons", "patient": "a patient's page", "questions": "all questions",
}  # fmt: skip
HEAD = ("", "limit ms", "ours ms", "R (min-max)", "most", "queries", "most", "p50 limit", "p50 ours", "bytes", "")
WIDTHS = (28, 9, 8, 18, 6, 8, 5, 10, 9, 7, 9)


def summary(found: dict[str, Any], queries: dict[str, Any], crowds: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one row for each page on each database, and one for each figure of the whole site."""
    rows = []
    for database, pages in sorted(found.items(), reverse=True):  # SQLite first: it is the default
        for page, (most, most_queries) in TARGETS.items():
            both = list(zip(pages[page]["ours"], pages[page]["limit"] or pages["step"]["limit"], strict=True))
            rounds = [blocks for blocks in both if all(map(quiet, blocks))]
            ours, limit = zip(*(rounds or both), strict=True)
            ratios = [a["cpu_ms"] / b["cpu_ms"] for a, b in zip(ours, limit, strict=True)]
            asked = queries[database]["ours"][page]
            row: dict[str, Any] = {
                "database": database,
                "page": page,
                "R": [round(value, 2) for value in (median(ratios), min(ratios), max(ratios))],
                "most": most,
                "queries": asked,
                "limit_queries": queries[database]["limit"].get(page),
                "most_queries": most_queries,
                "rounds": len(rounds),
                "judged": most is None or len(rounds) == len(both),
                "met": (most is None or median(ratios) <= most) and (most_queries is None or asked[1] <= most_queries),
                "bytes": round(median(block["bytes"] for block in ours)),
                "foreign": round(max(block["foreign"] for blocks in both for block in blocks), 3),
                "steal": round(max(block["steal"] for blocks in both for block in blocks), 3),
            }
            for name, blocks in (("ours", ours), ("limit", limit)):
                for what in ("cpu_ms", "p50_ms", "p99_ms"):
                    row[f"{name}_{what}"] = round(median(block[what] for block in blocks), 3)
            rows.append(row)
        rows += whole(database, crowds[database])
    return rows


def whole(database: str, crowd: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows for the whole site: slowest responses with eight clients, memory, first response."""
    figures = [(f"p99 / p50 of 8 clients, {page}", value, TAIL) for page, value in crowd["tail"].items()]
    figures += [
        ("memory of a worker, MB", crowd["memory_mb"], MEMORY_MB),
        ("first reply, s", crowd["first_s"], FIRST_S),
    ]
    return [
        {"database": database, "figure": name, "value": value, "most": most, "met": value <= most, "judged": True}
        for name, value, most in figures
    ]


def quiet(block: dict[str, float]) -> bool:
    """Return whether other processes and the host used no more of the server's core than FOREIGN and STEAL allow."""
    return block["foreign"] <= FOREIGN and block["steal"] <= STEAL


def draw(results: dict[str, Any]) -> str:
    """Return the table as text, with a verdict for each row and the load by other processes."""
    rows, lines = results["summary"], [HEAD]
    for row in rows:
        verdict = ("met" if row["met"] else "NOT MET") if row["judged"] else "?"
        if "figure" in row:
            name = f"{row['database']}: {row['figure']}"
            lines.append((name, "", f"{row['value']:.2f}", "", f"{row['most']:.2f}", *[""] * 5, verdict))
            continue
        least, asked = row["queries"]
        lines.append((
            f"{row['database']}: {NAMES.get(row['page'], row['page'])}",
            f"{row['limit_cpu_ms']:.2f}", f"{row['ours_cpu_ms']:.2f}",
            "{:.2f} ({:.2f}-{:.2f})".format(*row["R"]), f"{row['most']:.2f}" if row["most"] else "-",
            f"{asked}" if least == asked else f"{least}-{asked}", f"{row['most_queries'] or '-'}",
            f"{row['limit_p50_ms']:.2f}", f"{row['ours_p50_ms']:.2f}", f"{row['bytes']}",
            verdict if row["most"] or row["most_queries"] else AIMS.get(row["page"], "-"),
        ))  # fmt: skip
    machine = results["machine"]
    text = ["".join(f"{cell:<{WIDTHS[0]}}" if n == 0 else f"{cell:>{WIDTHS[n]}}" for n, cell in enumerate(line))
            for line in lines]  # fmt: skip
    others, steal = (max(row.get(name, 0) for row in rows) for name in ("foreign", "steal"))
    text.append(
        f"Load average {machine['load_before'][0]:.1f} before, {machine['load_after'][0]:.1f} after; others took "
        f"up to {others:.0%} of the server's core in a block, the host {steal:.0%}. {machine['seconds']:.0f} seconds."
    )
    if not machine["pinned"]:
        text.append("Only one core: server and client share it, so milliseconds (p50) say little.")
    if loud := sum(not row["judged"] for row in rows):
        text.append(
            f"{loud} rows are not judged, because the machine was not quiet in every round (allowed: others "
            f"{FOREIGN:.0%}, the host {STEAL:.0%})."
        )
    return "\n".join(text) + "\n"
