"""Which rights a plan needs for its calls and a manifest for its plans: whole lists, each right once and in order."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest.desired import (
    AssignmentsPolicy,
    CredentialsPolicy,
    Desired,
    DesiredAssignment,
    DesiredCredential,
    DesiredGroup,
    IdentitiesPolicy,
    Policy,
)
from reconciler.model import (
    OWNER_TAG,
    Access,
    CredentialId,
    FederatedCredential,
    RoleDefinition,
    RoleLookup,
    Target,
    Trust,
    WorkspaceId,
    role_key,
)
from reconciler.plan import (
    WORDS,
    Need,
    make_plan,
    needs_of_manifest,
    needs_of_plan,
    optional_reads,
    reads_of_drift,
    reads_of_manifest,
    reads_of_sign_ins,
    required_of_manifest,
)
from reconciler.plan.diff_access import diff_access
from tests.builders import (
    MANIFEST,
    SUBSCRIPTION,
    TODAY,
    compare,
    desired_group,
    given_role,
    group_id,
    listed,
    live_group,
    live_identity,
    live_of,
    plan_of,
    removed,
    resource_id,
)

IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
CREDENTIALS = f"{IDENTITIES}/federatedIdentityCredentials"
ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
GROUP = str(group_id())
SUBSCRIPTION_SCOPE = f"/subscriptions/{SUBSCRIPTION}"
HERE = SourcePos(MANIFEST, 7, 7)
READER, WRITER = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "b24988ac-6180-42a0-ab88-20f7382dd24c"
READS_ALONE = ("group/read", "identities/read")

SHORT = {
    "identities": IDENTITIES,
    "credentials": CREDENTIALS,
    "assignments": ASSIGNMENTS,
    "definitions": "Microsoft.Authorization/roleDefinitions",
    "locks": "Microsoft.Authorization/locks",
    "group": "Microsoft.Resources/subscriptions/resourceGroups",
    "graph": "Microsoft.ResourceGraph/resources",
}


def needs(scope: str, *actions: str) -> set[Need]:
    """A need at a scope for each action: `identities/read`."""
    return {Need(f"{SHORT[kind]}/{verb}", scope) for kind, verb in (one.split("/") for one in actions)}


def at(name: str, *actions: str) -> set[Need]:
    """A need in the group for each action, that a role on the identity alone would meet."""
    return {replace(one, resource=str(resource_id(name))) for one in needs(GROUP, *actions)}


def sorted_needs(found: Iterable[Need]) -> list[tuple[str, str, str]]:
    return sorted((one.scope.casefold(), one.action, one.resource.casefold()) for one in found)


def credential(name: str, subject: str) -> DesiredCredential:
    return DesiredCredential(name, Trust("https://i", subject, "a"), HERE)


def test_plan_that_changes_nothing_needs_nothing() -> None:
    assert needs_of_plan(plan_of(desired_group("id-a"), live_group("id-a"))) == ()


def test_identities_need_what_their_calls_and_the_reads_before_them_need() -> None:
    desired = desired_group("id-new", listed("id-api", tags={"env": "prod"}))

    found = needs_of_plan(plan_of(desired, live_group("id-api", "id-old")))

    assert set(found) == (
        needs(GROUP, "identities/read", "identities/write")
        | at("id-api", "identities/read", "identities/write")
        | at("id-old", "identities/read", "identities/delete")
    )
    assert [(one.scope.casefold(), one.action, one.resource.casefold()) for one in found] == sorted_needs(found)


def test_right_that_two_changes_need_is_named_once() -> None:
    found = needs_of_plan(plan_of(desired_group("id-a", "id-b"), live_group()))

    assert [one.action for one in found] == [f"{IDENTITIES}/read", f"{IDENTITIES}/write"]


def test_what_a_guard_refuses_needs_nothing() -> None:
    desired = desired_group(listed("id-api", tags={"env": "prod"}), owner="team-a")

    assert needs_of_plan(plan_of(desired, live_group(live_identity("id-api", tags={OWNER_TAG: "team-b"})))) == ()


def test_children_need_their_own_rights_where_they_are() -> None:
    entries = [
        listed(
            name,
            federated_credentials=[credential("main", "s")],
            role_assignments=[DesiredAssignment("Reader", SUBSCRIPTION_SCOPE, HERE)],
        )
        for name in ("id-api", "id-new")
    ]
    desired, live = (
        desired_group(*entries, owner="team-a"),
        live_group(live_identity("id-api", tags={OWNER_TAG: "team-a"})),
    )
    principal = "principal-of-id-api"
    given = given_role("team-a", "/", principal, WRITER)
    access = Access(
        {
            resource_id("id-api"): (
                FederatedCredential(CredentialId(resource_id("id-api"), "old"), Trust("https://i", "o", "a")),
            )
        },
        {resource_id("id-api"): (given,)},
        {
            role_key("Reader", SUBSCRIPTION_SCOPE): RoleLookup(
                "Reader", SUBSCRIPTION_SCOPE, (RoleDefinition(READER, "Reader"),)
            )
        },
    )
    changes = diff_access(compare(desired, live), access)
    plan = make_plan(Desired((desired,)), live_of(live), changes, (), cloud="AzureCloud", targets=())

    assert set(needs_of_plan(plan)) == (
        needs(GROUP, "identities/read", "identities/write", "credentials/read", "credentials/write")
        | at("id-api", "credentials/read", "credentials/write", "credentials/delete")
        | needs(SUBSCRIPTION_SCOPE, "assignments/read", "assignments/write")
        | needs("/", "assignments/read", "assignments/delete")
    )


MERGE = Policy(IdentitiesPolicy.MERGE)
DELETES = ("identities/delete", "credentials/read", "assignments/read", "locks/read")
GRAPH = needs(SUBSCRIPTION_SCOPE, "graph/read")


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (desired_group(policy=MERGE), needs(GROUP, *READS_ALONE)),
        (desired_group("id-a", policy=MERGE), needs(GROUP, *READS_ALONE, "identities/write")),
        (desired_group(), needs(GROUP, *READS_ALONE, *DELETES) | GRAPH),
        (desired_group(policy=Policy(IdentitiesPolicy.OWNED)), needs(GROUP, *READS_ALONE, *DELETES) | GRAPH),
        (desired_group(policy=MERGE, remove=[removed("id-old")]), needs(GROUP, *READS_ALONE, *DELETES) | GRAPH),
    ],
)
def test_manifest_needs_to_delete_only_where_it_may(group: DesiredGroup, expected: set[Need]) -> None:
    assert set(needs_of_manifest(Desired((group,)))) == expected


@pytest.mark.parametrize(
    ("credentials", "policy", "actions"),
    [
        (None, CredentialsPolicy.EXACT, ()),
        ((), CredentialsPolicy.MERGE, ("credentials/read",)),
        ((), CredentialsPolicy.EXACT, ("credentials/read", "credentials/delete")),
        ((credential("a", "a"),), CredentialsPolicy.MERGE, ("credentials/read", "credentials/write")),
        (
            (credential("a", "a"), credential("b", "b")),
            CredentialsPolicy.MERGE,
            ("credentials/read", "credentials/write", "credentials/delete"),
        ),
        (
            (replace(credential("a", "a"), expires=TODAY),),
            CredentialsPolicy.MERGE,
            ("credentials/read", "credentials/write", "credentials/delete"),
        ),
    ],
)
def test_manifest_needs_what_its_credentials_can_come_to(
    credentials: tuple[DesiredCredential, ...] | None, policy: CredentialsPolicy, actions: tuple[str, ...]
) -> None:
    entry = listed("id-a", federated_credentials=credentials)
    group = desired_group(entry, policy=replace(MERGE, federated_credentials=policy))

    assert set(needs_of_manifest(Desired((group,)))) == needs(GROUP, *READS_ALONE, "identities/write", *actions)


@pytest.mark.parametrize(
    ("roles", "at_scope"),
    [
        (None, ()),
        ((), ()),
        (
            (DesiredAssignment("Reader", SUBSCRIPTION_SCOPE, HERE),),
            ("definitions/read", "assignments/read", "assignments/write", "assignments/delete"),
        ),
    ],
)
def test_manifest_needs_what_its_roles_can_come_to(
    roles: tuple[DesiredAssignment, ...] | None, at_scope: tuple[str, ...]
) -> None:
    group = desired_group(listed("id-a", role_assignments=roles), policy=MERGE)
    own = () if roles is None else ("assignments/read",)

    assert set(needs_of_manifest(Desired((group,)))) == (
        needs(GROUP, *READS_ALONE, "identities/write", *own) | needs(SUBSCRIPTION_SCOPE, *at_scope)
    )


@pytest.mark.parametrize("policy", list(AssignmentsPolicy))
@pytest.mark.parametrize("roles", [(), None])
def test_manifest_that_takes_away_all_at_some_scopes_needs_to_do_so_there(
    policy: AssignmentsPolicy, roles: tuple[DesiredAssignment, ...] | None
) -> None:
    rules = replace(MERGE, role_assignments=policy)
    group = desired_group(listed("id-a", role_assignments=roles), policy=rules, role_scopes=(SUBSCRIPTION_SCOPE,))
    own = () if roles is None else ("assignments/read",)
    there = ("assignments/read", "assignments/delete") if own and policy is AssignmentsPolicy.EXACT else ()

    assert set(needs_of_manifest(Desired((group,)))) == (
        needs(GROUP, *READS_ALONE, "identities/write", *own) | needs(SUBSCRIPTION_SCOPE, *there)
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (None, needs(GROUP, *READS_ALONE, "identities/write", *DELETES) | GRAPH),
        ("ID-B", needs(GROUP, *READS_ALONE, "identities/write")),
        ("id-x", needs(GROUP, *READS_ALONE)),
    ],
)
def test_target_leaves_out_what_it_does_not_cover(name: str | None, expected: set[Need]) -> None:
    group = desired_group(listed("id-a", federated_credentials=[credential("a", "a")]), "id-b")
    if name is None:
        expected = expected | needs(GROUP, "credentials/write", "credentials/delete")

    assert set(needs_of_manifest(Desired((group,)), (Target(group_id(), name, ""),))) == expected


def test_needs_are_the_same_whatever_the_case_of_their_scope() -> None:
    assert Need("a", "/Subscriptions/X/").key == Need("a", "/subscriptions/x").key


def test_every_need_has_its_words() -> None:
    role = DesiredAssignment("Reader", "/", HERE)
    entry = listed("id-a", federated_credentials=[credential("a", "a")], role_assignments=[role])

    of_sign_ins = reads_of_sign_ins(WorkspaceId(SUBSCRIPTION, "rg-logs", "logs"))
    needs = (*needs_of_manifest(Desired((desired_group(entry),))), *of_sign_ins)
    assert {one.action for one in needs} == set(WORDS)


def test_held_identity_needs_to_be_read_and_no_more() -> None:
    entry = listed(
        "id-a",
        federated_credentials=[credential("one", "1"), credential("two", "2")],
        role_assignments=[DesiredAssignment("Reader", SUBSCRIPTION_SCOPE, HERE)],
        hold="why",
    )
    desired = desired_group(entry, policy=Policy(IdentitiesPolicy.MERGE))

    assert set(needs_of_manifest(Desired((desired,)))) == (
        needs(GROUP, *READS_ALONE, "credentials/read", "assignments/read")
        | needs(SUBSCRIPTION_SCOPE, "definitions/read", "assignments/read")
    )
    assert needs_of_plan(plan_of(desired, live_group("id-a"))) == ()


def test_target_that_is_another_group_asks_for_no_deletes_in_this_one() -> None:
    groups = (desired_group("id-a"), desired_group("id-b", name="rg-other"))

    needs = needs_of_manifest(Desired(groups), (Target(group_id("rg-other"), None, "rg-other"),))

    deletes = {one.scope for one in needs if one.action == f"{IDENTITIES}/delete"}
    assert deletes == {str(group_id("rg-other"))}


def test_required_is_all_but_what_reports_show_of_a_delete() -> None:
    desired = Desired((desired_group("id-a"),))

    shown = set(needs_of_manifest(desired)) - set(required_of_manifest(desired))

    assert shown == needs(GROUP, "assignments/read", "locks/read")


@pytest.mark.parametrize(("hold", "trusted"), [(None, True), ("why", False)])
def test_plan_reads_permissions_where_lines_are_and_all_roles_where_trust_may_be_new(
    hold: str | None, trusted: bool
) -> None:
    role = DesiredAssignment("Reader", f"{SUBSCRIPTION_SCOPE}/resourceGroups/rg-data", HERE)
    entry = listed("id-a", federated_credentials=[credential("a", "a")], role_assignments=[role], hold=hold)

    found = {(one.scope, one.action) for one in reads_of_manifest(Desired((desired_group(entry),)))}

    permissions = "Microsoft.Authorization/permissions/read"
    of_trust = {
        (SUBSCRIPTION_SCOPE, permissions),
        (SUBSCRIPTION_SCOPE, f"{ASSIGNMENTS}/read"),
        (SUBSCRIPTION_SCOPE, "Microsoft.Authorization/roleDefinitions/read"),
    }
    assert found == {(GROUP, permissions), (role.scope, permissions)} | (of_trust if trusted else set())


def test_optional_reads_and_those_of_drift_are_asked_for_once_a_subscription() -> None:
    desired = Desired((desired_group("id-a"), desired_group("id-b", name="rg-other")))

    assert {one.scope for one in (*optional_reads(desired), *reads_of_drift(desired))} == {SUBSCRIPTION_SCOPE}
    assert [one.action for one in reads_of_drift(desired)] == ["Microsoft.Insights/eventtypes/values/read"]
    assert "Microsoft.Authorization/locks/read" in {one.action for one in optional_reads(desired)}
