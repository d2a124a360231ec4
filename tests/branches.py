"""Say how much of the code the tests ran: `python -m tests.branches`, after `make test` has written .coverage.json."""

from __future__ import annotations

import json
import sys
from pathlib import Path

MEASURED = Path(__file__).resolve().parent.parent / ".coverage.json"
LEAST = 95.5  # percent of all lines and branches; it may only rise


def main() -> int:
    """Print the percentage. Returns 1 if it is below LEAST, and 2 if nothing was measured."""
    try:
        summary = json.loads(MEASURED.read_text(encoding="utf-8"))["summary"]
    except FileNotFoundError:
        print(f"There is no {MEASURED.name}: the tests did not end.")
        return 2
    percent = summary["percent_covered"]
    print(f"{percent:.2f} % ({summary['missing_branches']} branches and {summary['missing_lines']} lines were not run)")
    return int(percent < LEAST)


if __name__ == "__main__":
    sys.exit(main())
