"""What `--allow`, `--max-deletes` and `--max-revokes` may say, what each lifts, and what lifted nothing."""

import pytest

from reconciler.errors import UsageError
from reconciler.guards import Allowances, Runner, check_allowances, parse_allowances, unused_allowances
from reconciler.guards.allowances import LIFTED_BY_ALLOW, Allowance, is_lifted, ways_to_lift
from reconciler.manifest.desired import DesiredRemoval, IdentitiesPolicy, Policy, RemovalAllowance
from reconciler.model import (
    OWNER_TAG,
    Access,
    AddressBook,
    AttachedResource,
    CredentialId,
    FederatedCredential,
    Impact,
    Impacts,
    Part,
    ResourceGroupId,
    Trust,
)
from reconciler.plan.changes import Changes
from reconciler.plan.diff_access import diff_access
from tests.builders import (
    OTHER_SUBSCRIPTION,
    TODAY,
    compare,
    desired_group,
    group_id,
    listed,
    live_group,
    live_identity,
    removed,
    resource_id,
)


def test_flags_are_read_into_allowances() -> None:
    allow = ("foreign-owner=rg-app/id-a", "foreign-owner=a=b", "foreign-owner=rg-app/id-a")

    assert parse_allowances(allow, ("12", "40%"), 30) == Allowances(
        (Allowance("foreign-owner", "rg-app/id-a"), Allowance("foreign-owner", "a=b")), 12, 40, 30
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
        ("revoke-limit", "--max-revokes raises it"),
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
    assert refusal.value.hint == (
        "Guards: foreign-owner, grant, in-use, managed-credential, managed-group, recently-used, self, trusted,"
        " use-unknown."
    )


BOTH_WAYS = "allow: [in-use] at identities.yaml:9:9, or --allow in-use=rg-app/id-a"
GROUP_ID, OTHER_GROUP = group_id("rg-app"), group_id("rg-other")
BOOK = AddressBook([GROUP_ID, OTHER_GROUP])
IDENTITY = resource_id("id-a")
CREDENTIAL = CredentialId(IDENTITY, "main")


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
def test_refusal_of_a_group_is_lifted_by_its_own_guard_and_name_alone(code: str, value: str, lifts: bool) -> None:
    allowances = Allowances((Allowance(code, value),))

    assert allowances.lift("managed-group", GROUP_ID, BOOK) is lifts


@pytest.mark.parametrize(
    ("code", "value", "lifts"),
    [
        ("in-use", "RG-APP/id-a", True),
        ("in-use", IDENTITY.address, True),
        ("in-use", "rg-app", True),
        ("in-use", GROUP_ID.address, True),
        ("in-use", "rg-app/id-b", False),
        ("in-use", "rg-app/", False),
        ("in-use", "rg-other", False),
        ("in-use", "rg-ap", False),
        ("self", "rg-app/id-a", False),
        ("trusted", "rg-app", False),
    ],
)
def test_resource_is_lifted_by_its_own_guard_at_its_address_or_group(code: str, value: str, lifts: bool) -> None:
    allowances = Allowances((Allowance(code, value),))

    assert allowances.lift("in-use", IDENTITY, BOOK) is lifts


@pytest.mark.parametrize("code", sorted({*LIFTED_BY_ALLOW, "grant"}))
def test_group_lifts_every_guard_but_those_over_power_and_sign_in(code: str) -> None:
    allowances = Allowances((Allowance(code, "rg-app"),))

    assert allowances.lift(code, CREDENTIAL, BOOK) is (code not in {"grant", "managed-credential", "self"})
    assert Allowances((Allowance(code, "rg-app/id-a/federatedCredentials/main"),)).lift(code, CREDENTIAL, BOOK)


def check(*allow: str, listed: tuple[ResourceGroupId, ...] = (GROUP_ID, OTHER_GROUP), in_run: int = 2) -> None:
    """Check `--allow` as given, in a run that looks at the first of the groups."""
    check_allowances(Allowances(tuple(Allowance(*one.split("=", 1)) for one in allow)), listed, listed[:in_run])


@pytest.mark.parametrize(
    "allow",
    [
        "in-use=rg-app",
        "in-use=RG-APP/id-typo",
        f"use-unknown={GROUP_ID.address}/id-a",
        "managed-group=rg-other",
        f"managed-group={GROUP_ID.address}",
        "self=rg-app/id-a/roleAssignments/Reader@/subscriptions/x/resourceGroups/y",
        "managed-credential=rg-app/id-a/federatedCredentials/main",
        # What is not of this run may still be of its manifest.
        "trusted=rg-other/id-a",
        # An owner may be anything, and one that is an address, too.
        "foreign-owner=rg-none/id-a",
        "foreign-owner=team-a",
    ],
)
def test_address_in_a_group_of_the_manifest_is_right(allow: str) -> None:
    check(allow, in_run=1)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("rg-none", "in-use"),
        ("rg-none/id-a", "trusted"),
        ("rg-ap/id-a", "use-unknown"),
        ("id-a", "in-use"),
        ("*", "use-unknown"),
        (f"{OTHER_SUBSCRIPTION}/rg-app/id-a", "in-use"),
        (f"{OTHER_SUBSCRIPTION}/rg-app", "managed-group"),
        ("rg-none/id-a", "self"),
    ],
)
def test_group_that_the_manifest_does_not_list_is_wrong_usage(value: str, code: str) -> None:
    with pytest.raises(UsageError) as refusal:
        check("in-use=rg-app", f"{code}={value}")

    assert refusal.value.message == f"--allow {code}={value}: it names no resource group of this run"
    assert refusal.value.hint == "Groups: rg-app, rg-other."


def test_short_name_of_several_groups_of_the_run_is_wrong_usage() -> None:
    both = (GROUP_ID, group_id("RG-App", OTHER_SUBSCRIPTION))

    check("in-use=rg-app/id-a", listed=both, in_run=1)
    check(f"in-use={GROUP_ID.address}/id-a", listed=both)
    with pytest.raises(UsageError) as refusal:
        check("in-use=rg-app/id-a", listed=both)

    assert refusal.value.message == "--allow in-use=rg-app/id-a is ambiguous"
    assert refusal.value.hint == f"Write the subscription in front: {both[0].address}, {both[1].address}."


@pytest.mark.parametrize("code", ["managed-credential", "self"])
def test_group_where_one_address_is_needed_is_wrong_usage(code: str) -> None:
    with pytest.raises(UsageError) as refusal:
        check(f"{code}=rg-app")

    assert refusal.value.message == (
        f"--allow {code}=rg-app: {code} is lifted at one address, and this is a resource group"
    )


def test_address_where_a_group_is_needed_is_wrong_usage() -> None:
    with pytest.raises(UsageError) as refusal:
        check("managed-group=rg-app/id-a")

    assert refusal.value.hint == "Write managed-group=rg-app."


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
        (
            (removed("id-a", RemovalAllowance.IN_USE, expires={RemovalAllowance.IN_USE: TODAY}, line=9),),
            (),
            False,
            BOTH_WAYS.replace(",", f" (what allows it there has ended on {TODAY}),"),
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


# those that lifted nothing


def in_use(*names: str, remove: tuple[DesiredRemoval, ...] = ()) -> Changes:
    """Deletes of identities that are attached to something, beside one that stays, and one of another owner."""
    theirs = live_identity("id-theirs", tags={OWNER_TAG: "team-b"})
    desired = desired_group("id-api", "id-theirs", owner="team-a", remove=remove, policy=Policy(IdentitiesPolicy.OWNED))
    ours = [live_identity(name, tags={OWNER_TAG: "team-a"}) for name in names]
    changes = compare(desired, live_group("id-api", theirs, *ours))
    used = Impact(attachments=Part((AttachedResource("/a/vm"),)))
    return changes.with_impacts(Impacts({resource_id(name): used for name in names}))


@pytest.mark.parametrize(
    ("allow", "unused"),
    [
        ((), ()),
        (("in-use=rg-app/id-old",), ()),
        (("in-use=rg-app",), ()),
        # Each of them does it alone.
        (("in-use=rg-app", "in-use=RG-APP/id-old"), ()),
        (("in-use=rg-app/typo", "in-use=rg-app/id-old"), ("in-use=rg-app/typo",)),
        (("trusted=rg-app/id-old",), ("trusted=rg-app/id-old",)),
        (("managed-group=rg-app",), ("managed-group=rg-app",)),
        (("foreign-owner=team-b",), ()),
        (("foreign-owner=rg-app/id-theirs",), ()),
        (("foreign-owner=team-c", "foreign-owner=team-a"), ("foreign-owner=team-c", "foreign-owner=team-a")),
    ],
)
def test_allowance_that_lifts_nothing_is_found(allow: tuple[str, ...], unused: tuple[str, ...]) -> None:
    assert unused_allowances(in_use("id-old"), parse_allowances(allow, ())) == unused


def test_allowance_of_what_the_manifest_allows_already_lifts_nothing() -> None:
    changes = in_use("id-old", remove=(removed("id-old", RemovalAllowance.IN_USE),))

    assert unused_allowances(changes, parse_allowances(("in-use=rg-app/id-old",), ())) == ("in-use=rg-app/id-old",)


def test_allowance_for_the_run_s_own_access_is_used_only_by_that_run() -> None:
    entry = listed("id-a", federated_credentials=[])
    access = Access({IDENTITY: (FederatedCredential(CREDENTIAL, Trust("https://i", "s", "a")),)})
    changes = diff_access(compare(desired_group(entry), live_group("id-a")), access)
    text = "self=rg-app/id-a/federatedCredentials/main"
    allowances = parse_allowances((text,), ())

    assert unused_allowances(changes, allowances, runner=Runner("principal-of-id-a")) == ()
    assert unused_allowances(changes, allowances, runner=Runner("another")) == (text,)


def test_each_allowance_lifts_its_own_guard_alone() -> None:
    theirs = (Allowance("in-use", "team-b"), Allowance("foreign-owner", "team-c"))

    assert Allowance("in-use", "rg-app").lifts("trusted", IDENTITY, BOOK) is False
    assert Allowances(theirs).lift_owner("team-b") is False
    assert Allowances(theirs).lift_owner("team-c") is True
    assert unused_allowances(in_use("id-old"), Allowances(theirs)) == ("in-use=team-b", "foreign-owner=team-c")


def test_allowance_for_an_owner_is_used_only_where_that_owner_is_refused() -> None:
    ours = live_identity("id-kept", tags={OWNER_TAG: "team-c"})
    changes = compare(
        [desired_group("id-theirs", owner="team-a"), desired_group("id-kept", name="rg-other", owner="team-c")],
        [
            live_group(live_identity("id-theirs", tags={OWNER_TAG: "team-b"})),
            live_group(live_identity("id-kept", group="rg-other", tags=dict(ours.tags)), name="rg-other"),
        ],
    )
    owners = tuple(Allowance("foreign-owner", owner) for owner in ("team-b", "team-c"))

    assert unused_allowances(changes, Allowances(owners)) == ("foreign-owner=team-c",)


def test_child_is_lifted_by_no_entry_of_remove() -> None:
    changes = diff_access(
        compare(desired_group(listed("id-a", federated_credentials=[])), live_group("id-a")),
        Access({IDENTITY: (FederatedCredential(CREDENTIAL, Trust("https://i", "s", "a")),)}),
    )
    (change,) = changes.access()

    assert is_lifted("in-use", change, changes, Allowances()) is False
