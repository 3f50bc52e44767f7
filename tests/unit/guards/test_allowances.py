"""What `--allow` and `--max-deletes` may say, and what each lifts."""

import pytest

from reconciler.errors import UsageError
from reconciler.guards import Allowances, parse_allowances
from reconciler.guards.allowances import Allowance, is_lifted, ways_to_lift
from reconciler.manifest.desired import DesiredRemoval, RemovalAllowance
from reconciler.model import AddressBook
from tests.builders import compare, desired_group, group_id, live_group, removed, resource_id


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
    assert (
        refusal.value.hint
        == "Guards: foreign-owner, grant, in-use, managed-credential, managed-group, self, trusted, use-unknown."
    )


BOTH_WAYS = "allow: [in-use] at identities.yaml:9:9, or --allow in-use=rg-app/id-a"
GROUP_ID, OTHER_GROUP = group_id("rg-app"), group_id("rg-other")
BOOK = AddressBook([GROUP_ID, OTHER_GROUP])


@pytest.mark.parametrize(
    ("code", "value", "lifts"),
    [
        ("managed-group", "rg-app", True),
        ("managed-group", GROUP_ID.address.upper(), True),
        ("managed-group", "rg-other", False),
        ("managed-group", "rg-app/id-a", False),
        ("in-use", "rg-app", False),
    ],
)
def test_group_is_lifted_by_its_own_guard_and_name_alone(code: str, value: str, lifts: bool) -> None:
    allowances = Allowances((Allowance(code, value),))

    assert allowances.lift_in_group("managed-group", GROUP_ID, BOOK) is lifts


@pytest.mark.parametrize(
    ("code", "value", "lifts"),
    [
        ("in-use", "RG-APP/id-a", True),
        ("in-use", resource_id("id-a").address, True),
        ("in-use", "rg-app/id-b", False),
        ("in-use", "rg-app", False),
        ("self", "rg-app/id-a", False),
    ],
)
def test_resource_is_lifted_by_its_own_guard_and_address_alone(code: str, value: str, lifts: bool) -> None:
    allowances = Allowances((Allowance(code, value),))

    assert allowances.lift("in-use", resource_id("id-a"), BOOK) is lifts


@pytest.mark.parametrize(
    ("removals", "allow", "lifted", "ways"),
    [
        ((), (), False, "--allow in-use=rg-app/id-a"),
        ((), ("in-use=rg-app/id-a",), True, "--allow in-use=rg-app/id-a"),
        (
            (removed("id-a", line=9),),
            (),
            False,
            BOTH_WAYS,
        ),
        (
            (removed("id-a", RemovalAllowance.IN_USE, line=9),),
            (),
            True,
            BOTH_WAYS,
        ),
        (
            (removed("id-a", RemovalAllowance.FOREIGN_OWNER, line=9),),
            (),
            False,
            BOTH_WAYS,
        ),
    ],
)
def test_delete_is_lifted_by_its_entry_or_by_the_flag(
    removals: tuple[DesiredRemoval, ...], allow: tuple[str, ...], lifted: bool, ways: str
) -> None:
    changes = compare(desired_group(remove=removals), live_group("id-a"))
    (change,) = changes.identities()

    assert is_lifted("in-use", change, changes, parse_allowances(allow, ())) is lifted
    assert ways_to_lift("in-use", change, changes) == ways
