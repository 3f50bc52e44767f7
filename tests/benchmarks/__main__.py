"""Measures parts of the tool at scale, each beside a yardstick measured in the same run.

    python -m tests.benchmarks [plan|export|html|sandbox|cpu [SIZE]]
    python -m tests.benchmarks speed [--runs N] [--json FILE] [SCENARIO...]

Without an argument it measures everything but `cpu`, whose runs take minutes of work, and `speed`, whose runs take an
hour of waiting. What `html` measures in a browser needs a Chromium.
Times are medians, and machines differ: a ratio says more than a time.
"""

import sys

from tests.benchmarks import cpu, export, html, plan, sandbox, speed

BENCHMARKS = {
    "plan": plan.main,
    "export": export.main,
    "html": html.main,
    "sandbox": sandbox.main,
    "cpu": cpu.main,
}
ONLY_WHEN_NAMED = {"cpu"}


def main(arguments: list[str]) -> int:
    """Measure what is asked for; 64 where that is nothing that there is."""
    if arguments[:1] == ["speed"]:
        return speed.main(arguments[1:])
    chosen, *size = arguments or [""]
    if (chosen and chosen not in BENCHMARKS) or len(size) > 1 or not all(one.isdecimal() for one in size):
        print(__doc__, file=sys.stderr)
        return 64
    for name, measure in BENCHMARKS.items():
        if chosen == name or (not chosen and name not in ONLY_WHEN_NAMED):
            measure(*(int(one) for one in size))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
