"""The suite's own watch: an answer that is not documented fails its test, and what was seen is told at the end."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.conformance.documents import Specification
from tests.conformance.exchanges import Judge
from tests.conformance.observer import Observer, Seen
from tests.conformance.plugin import Conformance
from tests.conformance.report import long_report, short_report
from tests.conformance.tiny import operation, write_specification
from tests.sandbox.arm import IN_SUBSCRIPTION, SUBSCRIPTION, application, client

VERSION = {"api-version": "2022-12-01"}
LIST = "Microsoft.Resources 2022-12-01 List"
GET = "Microsoft.Resources 2022-12-01 Get"


@pytest.fixture
def specification(tmp_path: Path) -> Specification:
    """Of a subscription it knows no field but the id; a list may be anything."""
    subscription = {"properties": {"id": {"type": "string"}}}
    paths = {
        "/subscriptions": {"get": operation("List", {"200": {"type": "object"}})},
        "/subscriptions/{id}": {"get": operation("Get", {"200": subscription, "204": None})},
    }
    return write_specification(tmp_path, paths, version="2022-12-01")


def test_observer_sees_each_answer_once_and_what_is_wrong_with_it(
    specification: Specification, monkeypatch: pytest.MonkeyPatch
) -> None:
    observer = Observer(Judge(specification))
    observer.watch(monkeypatch)

    with client(application()) as arm:
        arm.get("/subscriptions", params=VERSION)
        arm.get(IN_SUBSCRIPTION, params=VERSION)
        arm.get(IN_SUBSCRIPTION, params={"api-version": "2020-01-01"})

    violations = observer.take_violations()
    assert observer.seen == {(LIST, 200): 1, (GET, 200): 1}
    assert len(violations) == 7
    assert violations[0] == (
        f"{GET} 200: authorizationSource: no schema has it (unknown)\n"
        f"    GET /subscriptions/{SUBSCRIPTION}?api-version=2022-12-01"
    )
    assert observer.take_violations() == []


@pytest.mark.parametrize("phase", ["pytest_runtest_call", "pytest_runtest_teardown"])
def test_undocumented_answer_fails_the_test_that_got_it(phase: str, specification: Specification) -> None:
    plugin = Conformance(specification)
    plugin.pytest_sessionstart()
    try:
        running = getattr(plugin, phase)()
        next(running)
        with client(application()) as arm:
            arm.get(IN_SUBSCRIPTION, params=VERSION)
    finally:
        plugin.pytest_unconfigure()

    with pytest.raises(pytest.fail.Exception, match=GET):
        running.send(None)


def test_test_with_documented_answers_passes(specification: Specification) -> None:
    plugin = Conformance(specification)
    plugin.pytest_sessionstart()
    try:
        running = plugin.pytest_runtest_call()
        next(running)
        with client(application()) as arm:
            arm.get("/subscriptions", params=VERSION)
    finally:
        plugin.pytest_unconfigure()

    with pytest.raises(StopIteration):
        running.send(None)


def test_what_workers_saw_is_added_up_and_told(specification: Specification) -> None:
    plugin = Conformance(specification)
    terminal = Terminal()

    for count in (2, 3):
        plugin.pytest_testnodedown(SimpleNamespace(workeroutput={"conformance": [[LIST, 200, count]]}))
    plugin.pytest_testnodedown(SimpleNamespace())
    plugin.pytest_terminal_summary(terminal)  # type: ignore[arg-type]  # as much of one as is needed

    assert terminal.lines == [
        "answers against Microsoft's OpenAPI documents",
        "5 answers judged, of 1 of the 2 documented operations",
    ]


class Terminal:
    """Keeps what is written to it."""

    verbosity = 0

    def __init__(self) -> None:
        self.lines: list[str] = []

    def section(self, title: str) -> None:
        """A heading."""
        self.lines.append(title)

    def write_line(self, line: str) -> None:
        """A line."""
        self.lines.append(line)


def test_reports_tell_what_was_seen_and_what_was_not(specification: Specification) -> None:
    seen = Seen({(LIST, 200): 3, (LIST, 401): 1, (GET, 204): 1})

    assert list(short_report(specification.operations, seen)) == [
        "5 answers judged, of 2 of the 2 documented operations",
        "not seen of Microsoft.Resources 2022-12-01: Get 200",
    ]
    assert list(long_report(specification.operations, seen)) == [
        "Microsoft.Resources 2022-12-01",
        "  Get   204 x1, 200 not seen",
        "  List  200 x3, 401 x1",
    ]
