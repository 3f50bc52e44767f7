"""Breaks the code in small ways and tells which breakages no test notices.

    python -m tests.mutations [--seed N] [--count N] [--workers N] [--coverage FILE] [PATH...]

PATH are modules or folders of `reconciler`; without one, those on which the safety of a run rests. The changes are
drawn by the seed. What the tests run is measured first, which takes minutes; FILE keeps that for the next time, and
tests that are new since then are not asked. A change that no test can tell from the original counts as a survivor like
any other. Exit 1 where fewer than 95 % are noticed.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from tests.mutations.coverage_map import CoverageMap, measure
from tests.mutations.operators import Mutation, mutations_of

SAFETY = (
    "reconciler/plan",
    "reconciler/guards",
    "reconciler/live",
    "reconciler/apply",
    "reconciler/saved_plan",
    "reconciler/manifest/merge.py",
)
LEAST_NOTICED = 0.95
SLOWEST_S, SLOWEST_TEST_S = 120.0, 2.0
"""A change that makes its tests run longer than this, and this for each of them, has been noticed."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A change to one module, by its path from the root of the repository."""

    module: str
    mutation: Mutation

    def __str__(self) -> str:
        line, _ = self.mutation.start
        return f"{self.module}:{line} {self.mutation.operator}: {self.mutation.text}"


def candidates(root: Path, places: list[str]) -> list[Candidate]:
    """Every change to the modules at these places, in order."""
    files = sorted(
        file
        for place in places
        for file in ((root / place).rglob("*.py") if (root / place).is_dir() else [root / place])
    )
    return [
        Candidate(str(file.relative_to(root)), mutation)
        for file in files
        for mutation in mutations_of(file.read_text(encoding="utf-8"))
    ]


def copy_of(root: Path, target: Path) -> Path:
    """A copy of what the tests need, in which code may be broken."""
    for name in ("reconciler", "schemas", "examples", "tests"):
        shutil.copytree(root / name, target / name, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis"))
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md"):
        shutil.copy(root / name, target / name)
    return target


def is_noticed(candidate: Candidate, copy: Path, tests: list[str]) -> bool:
    """Whether one of the tests fails once the change is made; the copy is as before when this returns."""
    file = copy / candidate.module
    whole = file.read_text(encoding="utf-8")
    listed = copy / "selected-tests.txt"
    listed.write_text("\n".join(tests), encoding="utf-8")
    timeout_s = SLOWEST_S + SLOWEST_TEST_S * len(tests)
    options = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--no-cov", "--hypothesis-seed=0"]
    try:
        file.write_text(candidate.mutation.apply(whole), encoding="utf-8")
        command = [sys.executable, "-P", "-m", "pytest", *options, f"@{listed.name}"]
        return subprocess.run(command, cwd=copy, capture_output=True, timeout=timeout_s, check=False).returncode != 0
    except subprocess.TimeoutExpired:
        return True
    finally:
        file.write_text(whole, encoding="utf-8")


def survivors(chosen: list[Candidate], root: Path, covered: CoverageMap, workers: int) -> list[Candidate]:
    """The changes that no test notices, in order; several are tried at once, each in a copy of its own."""
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        copies: Queue[Path] = Queue()
        for number in range(workers):
            copies.put(copy_of(root, Path(folder) / str(number)))

        def survives(candidate: Candidate) -> bool:
            tests = covered.tests_of(candidate.module, candidate.mutation.lines)
            copy = copies.get()
            try:
                noticed = bool(tests) and is_noticed(candidate, copy, tests)
            finally:
                copies.put(copy)
            print("." if noticed else f"\nsurvives: {candidate}", end="" if noticed else "\n", flush=True)
            return not noticed

        with ThreadPoolExecutor(workers) as pool:
            return [one for one, alive in zip(chosen, pool.map(survives, chosen), strict=True) if alive]


def main(arguments: list[str]) -> int:
    """Draw, break, look."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="by which the changes are drawn")
    parser.add_argument("--count", type=int, default=200, help="how many are drawn")
    parser.add_argument("--workers", type=int, default=2, help="how many are tried at once")
    parser.add_argument("--coverage", type=Path, metavar="FILE", help="keeps what the tests run, to be used again")
    parser.add_argument("places", nargs="*", metavar="PATH", default=list(SAFETY))
    flags = parser.parse_args(arguments)
    root = Path(__file__).resolve().parents[2]
    found = candidates(root, flags.places)
    chosen = random.Random(flags.seed).sample(found, min(flags.count, len(found)))
    chosen.sort(key=str)
    print(f"{len(chosen)} of {len(found)} changes, drawn by seed {flags.seed}; first the tests as they are")
    with tempfile.TemporaryDirectory(prefix="coverage-") as folder:
        covered = measure(root, flags.coverage or Path(folder) / "coverage")
        alive = survivors(chosen, root, covered, flags.workers)
    noticed = 1 - len(alive) / len(chosen) if chosen else 1.0
    print(f"\n{len(chosen) - len(alive)} of {len(chosen)} noticed ({noticed:.1%}); survivors:")
    for one in alive:
        print(f"  {one}")
    return 0 if noticed >= LEAST_NOTICED else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
