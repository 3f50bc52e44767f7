"""Which tests run which lines: one run of the suite under pytest-cov, with a context for each test."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from coverage import CoverageData

TESTS = ("tests/unit", "tests/contract")
"""The tests that run in the process of pytest, and so are seen and quick to begin."""


class CoverageMap:
    """Tests by the lines that they run."""

    def __init__(self, data: CoverageData, root: Path) -> None:
        self._data = data
        self._root = root

    def tests_of(self, module: str, lines: Iterable[int]) -> list[str]:
        """The tests that run one of these lines, unit tests first; of lines that run at import, all of the module."""
        by_line = self._data.contexts_by_lineno(str(self._root / module))
        found = {test for line in lines for test in by_line.get(line, ())}
        if "" in found or not found:
            found |= {test for tests in by_line.values() for test in tests}
        names = {test.partition("|")[0] for test in found if test}
        return sorted(names, key=lambda name: (not name.startswith("tests/unit"), name))


def measure(root: Path, data_file: Path) -> CoverageMap:
    """Run the tests once.

    Raises:
        SystemExit: a test fails although nothing is broken.
    """
    command = [sys.executable, "-m", "pytest", "-q", "--cov=reconciler", "--cov-context=test", "--cov-report=", *TESTS]
    environment = {**os.environ, "COVERAGE_FILE": str(data_file)}
    ended = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise SystemExit(f"The tests fail before anything is broken:\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}")
    data = CoverageData(str(data_file))
    data.read()
    return CoverageMap(data, root)
