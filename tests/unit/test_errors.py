"""Errors: their exit codes, their counts, and what they carry."""

import pytest

from reconciler.errors import (
    NO_PLACE,
    ArmAuthError,
    ArmError,
    AuthError,
    CallFailed,
    Conflict,
    Diagnostic,
    ExitCode,
    InputFileError,
    Interrupted,
    JournalError,
    ManifestError,
    NotFound,
    PlanStale,
    ReconcilerError,
    SourcePos,
    StaleDetail,
    Throttled,
    UsageError,
)

HERE = SourcePos("a.yaml", 3, 5)


@pytest.mark.parametrize(
    ("error", "code", "exit_code"),
    [
        (ReconcilerError, "error", 1),
        (UsageError, "usage", 64),
        (InputFileError, "file-invalid", 65),
        (JournalError, "journal-unwritable", 1),
        (CallFailed, "error", 1),
        (AuthError, "not-allowed", 77),
        (Interrupted, "interrupted", 130),
        (ArmError, "arm-error", 1),
        (NotFound, "arm-error", 1),
        (Conflict, "arm-error", 1),
        (Throttled, "arm-error", 1),
        (ArmAuthError, "not-allowed", 77),
    ],
)
def test_error_has_its_code_and_exit_code(error: type[ReconcilerError], code: str, exit_code: int) -> None:
    raised = error("message", "hint")

    assert (raised.code, raised.exit_code, raised.message, raised.hint) == (code, exit_code, "message", "hint")
    assert str(raised) == "message"


def test_source_is_written_as_editors_read_it_and_ordered_by_place() -> None:
    assert str(HERE) == "a.yaml:3:5"
    assert sorted([SourcePos("b", 1, 1), SourcePos("a", 10, 1), SourcePos("a", 9, 2), SourcePos("a", 9, 1)]) == [
        SourcePos("a", 9, 1),
        SourcePos("a", 9, 2),
        SourcePos("a", 10, 1),
        SourcePos("b", 1, 1),
    ]


@pytest.mark.parametrize(("number", "message"), [(1, "1 problem in the manifest"), (2, "2 problems in the manifest")])
def test_manifest_error_counts_its_diagnostics(number: int, message: str) -> None:
    diagnostics = (Diagnostic("code", HERE, "message", "hint"),) * number

    error = ManifestError(diagnostics)

    assert (error.message, error.diagnostics, error.exit_code) == (message, diagnostics, ExitCode.INVALID_INPUT)


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (1, "The saved plan is stale: 1 thing has changed since it was made; nothing was applied."),
        (2, "The saved plan is stale: 2 things have changed since it was made; nothing was applied."),
    ],
)
def test_stale_plan_counts_its_differences(number: int, message: str) -> None:
    details = (StaleDetail("address", "label", "message"),) * number

    error = PlanStale(details, "again")

    assert (error.message, error.hint, error.details) == (message, "again", details)
    assert (error.code, error.exit_code) == ("plan-stale", ExitCode.PLAN_STALE)


def test_error_of_arm_keeps_what_arm_said() -> None:
    error = Throttled(
        "m", status=429, arm_code="Busy", correlation_id="c", transient=True, in_doubt=True, retry_after_s=1.5
    )
    bare = ArmError("m")

    known = (error.status, error.arm_code, error.correlation_id, error.transient, error.in_doubt, error.retry_after_s)
    assert known == (429, "Busy", "c", True, True, 1.5)
    known = (bare.status, bare.arm_code, bare.correlation_id, bare.transient, bare.in_doubt, bare.retry_after_s)
    assert known == (None, "", "", False, False, None)


def test_place_of_a_line_is_file_and_line_and_of_none_nothing() -> None:
    assert (HERE.file_and_line, NO_PLACE.file_and_line) == ("a.yaml:3", "")
