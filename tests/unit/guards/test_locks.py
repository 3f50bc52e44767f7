"""The guard over locks: which lock stops which change, as Azure would, and that no flag of ours lifts it."""

from collections.abc import Iterable

import pytest

from reconciler.errors import SourcePos, UsageError
from reconciler.guards import judge, parse_allowances
from reconciler.manifest.desired import CredentialsPolicy, DesiredCredential, Policy
from reconciler.model.access import Access, FederatedCredential, Trust
from reconciler.model.identity import OWNER_TAG
from reconciler.model.ids import AssignmentId, CredentialId
from reconciler.model.ids import CredentialId as Id
from reconciler.model.impact import Impact, Impacts, Lock
from reconciler.model.violation import Violation
from reconciler.plan.changes import Changes
from reconciler.plan.diff_access import diff_access
from tests.builders import (
    GROUP,
    SUBSCRIPTION,
    address,
    compare,
    desired_group,
    given_role,
    group_id,
    label,
    listed,
    live_group,
    live_identity,
    resource_id,
)
from tests.unit.guarding import powerless

IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
IN_GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/{GROUP}"
DATA = f"{IN_SUBSCRIPTION}/resourceGroups/rg-data"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
READER_OF_OLD = AssignmentId(resource_id("id-old"), "Reader", READER, DATA)
OWNER = "team-a"
TRUST = Trust("https://issuer.example", "s", "api://AzureADTokenExchange")


def every_kind(*locks: Lock) -> Changes:
    """A create, an update and a delete of identities; a delete of a credential; a role that goes with its identity."""
    ours = {OWNER_TAG: OWNER}
    entries = [
        listed("id-new"),
        listed("id-tag", tags={"env": "prod"}),
        listed("id-same"),
        listed("id-trust", federated_credentials=()),
    ]
    live = live_group(*(live_identity(name, tags=ours) for name in ("id-old", "id-same", "id-tag", "id-trust")))
    role = given_role(OWNER, DATA, "principal-of-id-old", READER)
    access = Access(
        {resource_id("id-trust"): (FederatedCredential(Id(resource_id("id-trust"), "main"), TRUST),)},
        {resource_id("id-old"): (role,)},
        names={READER: "Reader"},
    )
    changes = diff_access(compare(desired_group(*entries, owner=OWNER), live), access)
    return changes.with_impacts(Impacts({resource_id("id-old"): Impact()}, locks))


def verdict(changes: Changes) -> tuple[Violation, ...]:
    """What the guards say."""
    return judge(changes, parse_allowances((), ()))


def held_back(changes: Changes) -> list[str]:
    """What the guards hold back, without the group's name."""
    names = {change.resource_id: label(change) for change in changes}
    return sorted({names[one] for violation in verdict(changes) for one in violation.refused})


def at(name: str) -> str:
    """The ARM id of an identity, in another spelling than ours."""
    return str(resource_id(name)).replace("resourceGroups", "resourcegroups")


ROLE = f"id-old/roleAssignments/Reader@{DATA}"
CREDENTIAL = "id-trust/federatedCredentials/main"


@pytest.mark.parametrize(
    ("level", "scope", "expected"),
    [
        ("CanNotDelete", IN_SUBSCRIPTION, ["id-old", ROLE, CREDENTIAL]),
        ("CanNotDelete", IN_GROUP.upper(), ["id-old", ROLE, CREDENTIAL]),
        ("CanNotDelete", at("id-old"), ["id-old", ROLE]),
        ("CanNotDelete", f"{at('id-old')}/federatedIdentityCredentials/x", ["id-old", ROLE]),
        ("CanNotDelete", at("id-trust"), [CREDENTIAL]),
        ("CanNotDelete", DATA, ["id-old", ROLE]),
        ("CanNotDelete", at("id-tag"), []),
        ("CanNotDelete", at("id-ol"), []),
        ("CanNotDelete", f"{DATA}/providers/Microsoft.Storage/storageAccounts/s", []),
        ("ReadOnly", IN_GROUP, ["id-new", "id-old", ROLE, "id-tag", CREDENTIAL]),
        ("ReadOnly", at("id-tag"), ["id-tag"]),
        ("ReadOnly", at("id-new"), ["id-new"]),
        ("ReadOnly", at("id-same"), []),
    ],
)
def test_lock_holds_back_what_azure_would_refuse(level: str, scope: str, expected: Iterable[str]) -> None:
    assert held_back(every_kind(Lock(level, "keep", scope))) == list(expected)


def test_lock_of_a_group_is_told_once_with_all_that_it_stops() -> None:
    assert verdict(every_kind(Lock("CanNotDelete", "keep it", IN_GROUP))) == (
        Violation(
            code="locked",
            about=group_id(),
            message="the CanNotDelete lock 'keep it' on resource group rg-app stops 2 changes: delete rg-app/id-old,"
            " delete rg-app/id-trust/federatedCredentials/main",
            hint="Remove it in Azure first, if that is meant; this tool never removes a lock: az lock delete --ids"
            f" '{IN_GROUP}/providers/Microsoft.Authorization/locks/keep it'",
            refused=(
                resource_id("id-old"),
                CredentialId(resource_id("id-trust"), "main"),
                READER_OF_OLD,
            ),
        ),
    )


def test_locks_that_stop_one_change_are_told_with_it() -> None:
    own, above = Lock("ReadOnly", "keep", at("id-old")), Lock("CanNotDelete", "all", IN_SUBSCRIPTION)

    violation = verdict(every_kind(above, own))[0]

    assert (violation.address, violation.message) == (
        address("id-old"),
        f"the CanNotDelete lock 'all' on subscription {SUBSCRIPTION} and the ReadOnly lock 'keep' on"
        " userAssignedIdentities id-old (rg-app) stop 1 change: delete rg-app/id-old",
    )


def test_no_allowance_lifts_a_lock() -> None:
    with pytest.raises(UsageError, match="locked is not lifted by --allow"):
        parse_allowances(("locked=rg-app/id-old",), ())


def test_identity_stays_where_a_role_that_goes_first_is_locked() -> None:
    (violation,) = verdict(every_kind(Lock("CanNotDelete", "keep", DATA)))

    assert violation.refused == (READER_OF_OLD, resource_id("id-old"))


def exchanging(after: dict[str, str], *locks: Lock) -> Changes:
    """The credentials `a` (subject `s`) and `b` (subject `t`) of an identity, and what they are to become."""
    subjects = {"a": "s", "b": "t"}
    identity = resource_id("id-a")
    before, listed_ones = (
        [(name, Trust("https://issuer.example", subject, "x")) for name, subject in one.items()]
        for one in (subjects, after)
    )
    pos = SourcePos("identities.yaml", 7, 13)
    entry = listed("id-a", federated_credentials=[DesiredCredential(*one, pos) for one in listed_ones])
    live = tuple(FederatedCredential(Id(identity, name), trust) for name, trust in before)
    desired = desired_group(entry, policy=Policy(federated_credentials=CredentialsPolicy.EXACT))
    changes = diff_access(compare(desired, live_group("id-a")), Access({identity: live}))
    return powerless(changes.with_impacts(Impacts({}, locks)))


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param({"a": "t", "b": "s"}, ["a", "b"], id="exchanged, which begins with a delete"),
        pytest.param({"a": "v", "b": "s"}, [], id="handed on, which deletes nothing"),
        pytest.param({"a": "s", "new": "t"}, ["b", "new"], id="renamed"),
        pytest.param({"a": "s", "new": "v"}, ["b"], id="replaced by another trust"),
    ],
)
def test_lock_against_deletes_holds_back_what_begins_with_one_and_what_waits_for_it(
    after: dict[str, str], expected: list[str]
) -> None:
    changes = exchanging(after, Lock("CanNotDelete", "keep", IN_GROUP))

    assert held_back(changes) == [f"id-a/federatedCredentials/{name}" for name in expected]


def test_locked_exchange_is_told_as_what_it_comes_to() -> None:
    (violation,) = verdict(exchanging({"a": "t", "b": "s"}, Lock("CanNotDelete", "keep", IN_GROUP)))

    assert violation.message == (
        "the CanNotDelete lock 'keep' on resource group rg-app stops 1 change: delete and create again"
        " rg-app/id-a/federatedCredentials/a; held back with it: rg-app/id-a/federatedCredentials/b"
        " (needs the issuer and subject of a)"
    )
