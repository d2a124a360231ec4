"""The pages with 1,000, 100,000 and 1,000,000 learners: `python -m tests.bench.scale` (`make bench SCALE=1`)."""
