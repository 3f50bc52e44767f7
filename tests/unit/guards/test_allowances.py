"""What `--allow` and `--max-deletes` may say, and what each lifts."""

import pytest

from reconciler.errors import UsageError
from reconciler.guards import Allowances, parse_allowances
from reconciler.guards.allowances import Allowance


def test_flags_are_read_into_allowances() -> None:
    assert parse_allowances(("foreign-owner=rg-app/id-a", "foreign-owner=a=b"), ("12", "40%")) == Allowances(
        (Allowance("foreign-owner", "rg-app/id-a"), Allowance("foreign-owner", "a=b")), 12, 40
    )


@pytest.mark.parametrize("text", ["", "many", "-1", "1.5", "101%", "%", "10 %", "²", "1e3"])
def test_malformed_limit_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError) as refusal:
        parse_allowances((), (text,))

    assert refusal.value.message == f"--max-deletes {text}: not a limit"
    assert refusal.value.hint == "Write a count such as 12, or a share such as 40%."


@pytest.mark.parametrize("text", ["", "=", "foreign-owner", "foreign-owner=", "=rg-app/id-a"])
def test_malformed_allowance_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError) as refusal:
        parse_allowances((text,), ())

    assert refusal.value.message == f"--allow {text}: not an allowance"
    assert refusal.value.hint == "Write CODE=ADDRESS, such as foreign-owner=rg-app/id-api."


@pytest.mark.parametrize(
    ("code", "way"),
    [
        ("delete-limit", "--max-deletes raises it"),
        ("location", "a location cannot change; list the identity under a new name"),
        ("group-missing", "create the resource group"),
        ("locked", "remove the lock in Azure"),
        ("tag-limit", "list fewer tags, or remove some from the identity"),
        ("protected", "apply protect: false first"),
        ("principal-changed", "correct the principalId that the manifest names"),
    ],
)
def test_guard_that_allow_does_not_lift_names_its_own_way(code: str, way: str) -> None:
    with pytest.raises(UsageError) as refusal:
        parse_allowances((f"{code}=rg-app",), ())

    assert refusal.value.message == f"--allow {code}=rg-app: {code} is not lifted by --allow"
    assert refusal.value.hint == f"Instead, {way}."


def test_unknown_guard_is_wrong_usage() -> None:
    with pytest.raises(UsageError) as refusal:
        parse_allowances(("foreign=rg-app",), ())

    assert refusal.value.message == "--allow foreign=rg-app: no guard is called foreign"
    assert refusal.value.hint == "Guards: foreign-owner, in-use, managed-group, self, use-unknown."
