"""ARM's own recorded answers against the documents: ARM must not do what the watch takes for wrong, and must do what is
called recorded."""

from pathlib import Path

import pytest

from tests.conformance.documents import FOLDER_VARIABLE, Specification, specification_folder
from tests.conformance.exchanges import Exchange, Judge, Violation
from tests.conformance.known import KNOWN, is_known
from tests.contract.recordings import FOLDER_VARIABLE as RECORDINGS_VARIABLE
from tests.contract.recordings import read_recording, recording_names, recordings_folder


@pytest.fixture(scope="module")
def violations() -> list[Violation]:
    """What documents do not allow of recorded answers, but for headers, which recorders leave out."""
    documents, recordings = specification_folder(), recordings_folder()
    if documents is None or recordings is None:
        pytest.skip(
            f"no OpenAPI documents or no recordings here; {FOLDER_VARIABLE} and {RECORDINGS_VARIABLE} name them"
        )
    judge = Judge(Specification(documents))
    found = [one for exchange in _exchanges(recordings) for one in _violations(judge, exchange)]
    return [one for one in found if one.kind != "header"]


def _exchanges(folder: Path) -> list[Exchange]:
    return [
        Exchange(one.method, f"{one.path}?{one.query}", one.status, one.headers, one.body)
        for name in recording_names(folder)
        for one in read_recording(folder, name)
    ]


def _violations(judge: Judge, exchange: Exchange) -> list[Violation]:
    return [one for operation in judge.operations(exchange) for one in judge.violations(exchange, operation)]


def test_arm_answers_as_documented_but_for_known_differences(violations: list[Violation]) -> None:
    assert [str(one) for one in violations if not is_known(one)] == []


def test_differences_that_are_called_recorded_are(violations: list[Violation]) -> None:
    recorded = [known for known in KNOWN if any(known.explains(one) for one in violations)]

    assert recorded == [known for known in KNOWN if known.recorded]
