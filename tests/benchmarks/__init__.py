"""Measurements of speed; `python -m tests.benchmarks` runs them all. Machines differ, so ratios say more than times."""
