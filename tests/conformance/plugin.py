"""Holds the whole suite to Microsoft's documents: an answer that they do not allow fails the test that got it.

Each process of a suite that is spread over several watches its own tests; what they saw is added up at the end.
"""

from collections.abc import Generator
from typing import Any

import pytest

from tests.conformance.documents import Specification
from tests.conformance.exchanges import Judge
from tests.conformance.observer import Observer, Seen
from tests.conformance.report import long_report, short_report

_KEY = "conformance"


class Conformance:
    """The pytest plugin."""

    def __init__(self, specification: Specification) -> None:
        self._specification = specification
        self._observer = Observer(Judge(specification))
        self._patch = pytest.MonkeyPatch()
        self._of_others: Seen = Seen()

    def pytest_sessionstart(self) -> None:
        """Begin to watch."""
        self._observer.watch(self._patch)

    def pytest_unconfigure(self) -> None:
        """Watch no more."""
        self._patch.undo()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        """Fail a test whose answers were not as documented, with those of its fixtures so far."""
        result = yield
        self._fail_on_violations()
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        """The same for what was answered while the fixtures ended, or in a test that failed by itself."""
        result = yield
        self._fail_on_violations()
        return result

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A worker tells what it saw."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_KEY] = [[label, status, count] for (label, status), count in self._observer.seen.items()]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Hear what a worker saw; one that broke down tells nothing."""
        for label, status, count in getattr(node, "workeroutput", {}).get(_KEY, ()):
            self._of_others[label, status] += count

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what of the documents was seen, in full with `-v`."""
        seen = self._observer.seen + self._of_others
        if not seen:
            return
        terminalreporter.section("answers against Microsoft's OpenAPI documents")
        tell = long_report if terminalreporter.verbosity > 0 else short_report
        for line in tell(self._specification.operations, seen):
            terminalreporter.write_line(line)

    def _fail_on_violations(self) -> None:
        violations = self._observer.take_violations()
        if violations:
            pytest.fail("\n".join(("answers that Microsoft's documents do not allow:", *violations)), pytrace=False)
