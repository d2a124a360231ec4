"""Breaks on purpose what can break in a hospital: `python -m tests.faults`. Needs Linux (/proc)."""
