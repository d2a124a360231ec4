"""What breaks under a hospital, broken on purpose: `python -m tests.faults`. Needs Linux (/proc)."""
