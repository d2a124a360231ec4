"""What a page costs, beside the least that Django can cost: `python -m tests.bench`. Needs Linux (/proc)."""
