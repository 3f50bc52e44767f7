"""How a checkup counts, and what exit code it comes to."""

import pytest

from reconciler.doctor.checkup import Check, Checkup, RightCheck, Standing
from reconciler.errors import ExitCode


def checkup(*checks: Standing, rights: tuple[Standing, ...] = ()) -> Checkup:
    return Checkup(
        "AzureCloud",
        "https://management.azure.com",
        "cli",
        tuple(Check("clock", one, "detail") for one in checks),
        tuple(RightCheck("/", "read", "a/read", one, None) for one in rights),
    )


def test_checks_and_rights_count_alike() -> None:
    found = checkup(Standing.OK, Standing.FAILED, rights=(Standing.OK, Standing.MISSING))

    assert {one: found.count(one) for one in Standing if found.count(one)} == {
        Standing.OK: 2,
        Standing.FAILED: 1,
        Standing.MISSING: 1,
    }


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (checkup(), ExitCode.DONE),
        (checkup(Standing.OK, Standing.WARNING, rights=(Standing.NOT_CHECKED,)), ExitCode.DONE),
        (checkup(Standing.FAILED), ExitCode.ERROR),
        (checkup(rights=(Standing.MISSING,)), ExitCode.NOT_ALLOWED),
        (checkup(Standing.FAILED, rights=(Standing.MISSING,)), ExitCode.NOT_ALLOWED),
    ],
)
def test_exit_code_says_what_somebody_must_give_before_what_failed(found: Checkup, code: ExitCode) -> None:
    assert found.exit_code is code
