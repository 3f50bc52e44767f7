"""How things are timed and shown."""

import time
from collections.abc import Callable, Mapping
from statistics import median

RUNS = 5


def time_ms(work: Callable[[], object], runs: int = RUNS) -> float:
    """The median of several runs, in processor time: how busy the machine is otherwise changes it little."""
    taken = []
    for _ in range(runs):
        started = time.process_time()
        work()
        taken.append((time.process_time() - started) * 1000)
    return median(taken)


def print_table(title: str, rows: Mapping[str, float], yardstick: float) -> None:
    """Each row's time in milliseconds and its ratio to the yardstick."""
    print(title)
    for name, taken in rows.items():
        print(f"  {name:44} {taken:9.1f} ms   {taken / yardstick:6.2f} x")
