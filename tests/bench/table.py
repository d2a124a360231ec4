"""The results in a table, held against the targets below."""

from __future__ import annotations

from statistics import median
from typing import Any

# The most that R may be, and the most queries. The limit of the feedback page is the limit of a lesson's.
TARGETS = {"step": (1.25, 4), "question": (1.25, 4), "answer": (1.35, 8), "feedback": (1.35, None)}
NAMES = {"step": "lesson step", "question": "question", "answer": "answer (POST)", "feedback": "feedback"}
HEAD = ("", "limit ms", "ours ms", "R (min-max)", "most", "queries", "most", "p50 limit", "p50 ours", "bytes", "")
WIDTHS = (27, 9, 8, 18, 6, 8, 5, 10, 9, 7, 9)


def summary(found: dict[str, Any], queries: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one row for each page on each database."""
    rows = []
    for database, pages in sorted(found.items(), reverse=True):  # SQLite first: it is the default
        for page, (most, most_queries) in TARGETS.items():
            ours, limit = pages[page]["ours"], pages[page]["limit"]
            ratios = [a["cpu_ms"] / b["cpu_ms"] for a, b in zip(ours, limit, strict=True)]
            asked = queries[database]["ours"][page]
            row: dict[str, Any] = {
                "database": database,
                "page": page,
                "R": [round(value, 2) for value in (median(ratios), min(ratios), max(ratios))],
                "most": most,
                "queries": asked,
                "limit_queries": queries[database]["limit"][page],
                "most_queries": most_queries,
                "met": median(ratios) <= most and (most_queries is None or asked[1] <= most_queries),
                "bytes": round(median(block["bytes"] for block in ours)),
                "foreign": round(max(block["foreign"] for block in (*ours, *limit)), 3),
                "steal": round(max(block["steal"] for block in (*ours, *limit)), 3),
            }
            for name, blocks in (("ours", ours), ("limit", limit)):
                for what in ("cpu_ms", "p50_ms", "p99_ms"):
                    row[f"{name}_{what}"] = round(median(block[what] for block in blocks), 3)
            rows.append(row)
    return rows


def draw(results: dict[str, Any]) -> str:
    """Return the table, and how quiet the machine was."""
    lines = [HEAD]
    for row in results["summary"]:
        least, asked = row["queries"]
        lines.append((
            f"{row['database']}: {NAMES[row['page']]}",
            f"{row['limit_cpu_ms']:.2f}", f"{row['ours_cpu_ms']:.2f}",
            "{:.2f} ({:.2f}-{:.2f})".format(*row["R"]), f"{row['most']:.2f}",
            f"{asked}" if least == asked else f"{least}-{asked}", f"{row['most_queries'] or '-'}",
            f"{row['limit_p50_ms']:.2f}", f"{row['ours_p50_ms']:.2f}", f"{row['bytes']}",
            "met" if row["met"] else "NOT MET",
        ))  # fmt: skip
    machine = results["machine"]
    text = ["".join(f"{cell:<{WIDTHS[0]}}" if n == 0 else f"{cell:>{WIDTHS[n]}}" for n, cell in enumerate(line))
            for line in lines]  # fmt: skip
    others, steal = (max(row[name] for row in results["summary"]) for name in ("foreign", "steal"))
    text.append(
        f"Load average {machine['load_before'][0]:.1f} before, {machine['load_after'][0]:.1f} after; others took "
        f"up to {others:.0%} of the server's core in a block, the host {steal:.0%}. {machine['seconds']:.0f} seconds."
    )
    if not machine["pinned"]:
        text.append("Only one core: server and client share it, so milliseconds (p50) say little.")
    if others > 0.1 or steal > 0.05:
        text.append("The machine was not quiet: take these numbers with care.")
    return "\n".join(text) + "\n"
