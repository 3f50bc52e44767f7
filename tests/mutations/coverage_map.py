"""Which tests run which lines: one run of the suite under pytest-cov, with a context for each test."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from coverage import CoverageData

TESTS = ("tests/unit", "tests/contract")
"""The tests that run in the process of pytest, and so are seen and quick to begin."""

READERS = "tests/unit/test_house.py"
"""Tests that read the code, rather than run it: of what is declared, they may notice what no run shows."""

_FIRST = (READERS, "tests/unit")


class CoverageMap:
    """Tests by the lines that they run, as they were measured; a test that is not there any more is left out."""

    def __init__(self, data: CoverageData, tests: frozenset[str]) -> None:
        self._data = data
        self._tests = tests

    def tests_of(self, module: str, lines: Iterable[int]) -> list[str]:
        """The tests that run one of these lines, unit tests first; of lines that run at import, all of the module.

        Those that read the code come before all others, where it is about what runs at import.
        """
        # It may have been measured in another copy of the repository.
        file = next((one for one in self._data.measured_files() if one.endswith(f"/{module}")), module)
        by_line = self._data.contexts_by_lineno(file)
        found = {test for line in lines for test in by_line.get(line, ())}
        if "" in found or not found:
            found |= {test for tests in by_line.values() for test in tests}
            found |= {test for test in self._tests if test.startswith(READERS)}
        names = {test.partition("|")[0] for test in found if test}
        return sorted(names & self._tests, key=lambda name: (*(not name.startswith(one) for one in _FIRST), name))


def measure(root: Path, data_file: Path) -> CoverageMap:
    """Run the tests once and keep in a file what they run; a file that is there already is used as it is.

    Raises:
        SystemExit: a test fails although nothing is broken.
    """
    if not data_file.exists():
        options = ["-q", "--cov=reconciler", "--cov-context=test", "--cov-report="]
        _pytest(options, root, {**os.environ, "COVERAGE_FILE": str(data_file)})
    data = CoverageData(str(data_file))
    data.read()
    listed = _pytest(["-q", "--collect-only", "-n", "0"], root, dict(os.environ))
    return CoverageMap(data, frozenset(line for line in listed.splitlines() if "::" in line))


def _pytest(options: list[str], root: Path, environment: dict[str, str]) -> str:
    """What pytest prints on those tests."""
    command = [sys.executable, "-m", "pytest", *options, *TESTS]
    ended = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise SystemExit(f"The tests fail before anything is broken:\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}")
    return ended.stdout
