"""Benchmark the pages against a minimal Django site: `python -m tests.bench`. Needs Linux (/proc)."""
