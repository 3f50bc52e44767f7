"""With just the printed rights apply passes; each one taken away is refused before the first write; more is a 403."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from reconciler.doctor.least_privilege import LeastAssignment, Task
from reconciler.guards import NO_ALLOWANCES, Allowances
from reconciler.manifest.desired import DesiredGroup
from reconciler.model.identity import OWNER_TAG
from reconciler.sandbox.state.kinds import FederatedCredential, RoleAssignment
from reconciler.sandbox.state.state import Contents, Identity, ResourceGroup, Subscription
from reconciler.sandbox.state_file.file import load_state
from reconciler.workflow.declare import Declaration, Request, load_declaration
from reconciler.workflow.least_privilege import find_least_privilege
from tests.builders import SUBSCRIPTION, TODAY
from tests.contract.arm import in_process
from tests.contract.least_privilege import (
    DONE,
    REFUSED,
    Right,
    apply_as_planned,
    bounded,
    least_of,
    of_task,
    rights_of,
)
from tests.sandbox.arm import token_of

EXAMPLES = Path(__file__).parents[2] / "examples"
OWNER = "contoso/least"
IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
DATA = f"{IN_SUBSCRIPTION}/resourceGroups/rg-data"
TAG_CONTRIBUTOR = "4a9ae827-6dc8-4573-8ac7-8239d42aa03f"
OWNER_ROLE = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
SUBJECT = "repo:contoso@1/payments@2:environment:prod"
CREDENTIAL = {"name": "main", "issuer": "https://token.actions.githubusercontent.com", "subject": SUBJECT}
GRAPH = "Microsoft.ResourceGraph/resources/read"
IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
AUTHORIZATION = "Microsoft.Authorization"
FOR_DELETES = {
    *(GRAPH, f"{IDENTITIES}/delete", f"{IDENTITIES}/federatedIdentityCredentials/read"),
    *(f"{IDENTITIES}/federatedIdentityCredentials/delete", f"{AUTHORIZATION}/roleAssignments/delete"),
}
FOR_TRUST = {f"{AUTHORIZATION}/{kind}/read" for kind in ("roleAssignments", "roleDefinitions", "permissions")}
"""Needed where an identity that lives and has roles gets new trust."""

RAISED = Allowances(max_deletes=1000, max_delete_percent=100, max_revokes=1000)


def declare(*paths: str, text: str = "", targets: tuple[str, ...] = (), raised: bool = True) -> Declaration:
    """What the manifests at some paths declare, or a text."""
    allowances = RAISED if raised else NO_ALLOWANCES
    request = Request(paths or ("-",), {}, {}, text.encode, (), targets, allowances, judged_on=TODAY)
    return load_declaration(request)


def example(name: str, manifest: str = "", targets: tuple[str, ...] = ()) -> tuple[Declaration, Contents]:
    """An example's declaration and the state that comes with it."""
    folder = EXAMPLES / name
    return declare(str(folder / manifest), targets=targets), load_state(folder / "sandbox.json")


def scopes_and_actions(assignments: list[LeastAssignment]) -> set[tuple[str, str]]:
    """Each right as what it is and where."""
    return {(one.scope, action) for one, action in rights_of(assignments)}


def kept_without(declaration: Declaration, *worlds: Contents) -> set[tuple[str, str]]:
    """The rights without which apply passes in each of some worlds; where it does not, it is refused before any write.

    Azure shows nobody the conditions of their own roles: where a scope above gives the same action for other roles, a
    run finds out at the change itself, and says so.
    """
    kept = set()
    for right in rights_of(of_task(least_of(declaration, worlds[0]), Task.APPLY)):
        for start in worlds:
            assignments = of_task(least_of(declaration, start), Task.APPLY)
            same = next(one for one in assignments if one.scope == right[0].scope)
            with bounded(start, assignments, without=(same, right[1])) as arm:
                ending, wrote = apply_as_planned(arm, declaration)
            if ending != DONE:
                assert (ending, wrote) == (REFUSED, False) or is_bounded_above(right, assignments), (right, ending)
                assert ending == REFUSED or "A condition of your own role" in ending
                break
        else:
            # A stray role may be one that a scope above lets through as well.
            if not (right[1].endswith("/delete") and is_bounded_above(right, assignments)):
                kept.add((right[0].scope, right[1]))
    return kept


def is_bounded_above(right: Right, assignments: list[LeastAssignment]) -> bool:
    """Whether a scope above gives the same action, for other roles."""
    above = (one for one in assignments if one.condition and right[0].scope.startswith(f"{one.scope}/"))
    return any(right[1] in one.role.actions for one in above)


def assert_passes(declaration: Declaration, start: Contents) -> None:
    """Apply with just the printed rights."""
    with bounded(start, of_task(least_of(declaration, start), Task.APPLY)) as arm:
        assert apply_as_planned(arm, declaration)[0] == DONE


def nothing_made(start: Contents) -> Contents:
    """The same without anything that a manifest declares."""
    return start.having(Identity, ()).having(FederatedCredential, ()).having(RoleAssignment, ())


def strayed(declaration: Declaration, start: Contents) -> Contents:
    """What the manifest makes of a state, and then an unlisted identity, credential and role wherever one may be."""
    with in_process(start) as arm:
        assert apply_as_planned(arm, declaration)[0] == DONE
        live = arm.application.state.contents()
    groups = {group.group_id.resource_group.casefold(): group for group in declaration.desired.groups}
    identities = list(live.of(Identity))
    extras = [_extra(group, number) for number, group in enumerate(groups.values())]
    credentials: list[FederatedCredential] = []
    roles: list[RoleAssignment] = []
    for one in identities:
        listed = {entry.resource_id.name: entry for entry in groups[one.resource_group.casefold()].identities}
        entry = listed.get(one.name)
        if entry is not None and entry.federated_credentials:
            credentials.append(
                FederatedCredential(one.resource_id, "other", "https://issuer.example", "other", ("api://other",))
            )
        places = [role.scope for role in entry.role_assignments or ()] if entry is not None else []
        for number, scope in enumerate([*places, *groups[one.resource_group.casefold()].role_scopes] if places else []):
            name = f"eeeeeeee-0000-4000-8000-{len(roles):08}{number:04}"
            definition = f"/providers/Microsoft.Authorization/roleDefinitions/{TAG_CONTRIBUTOR}"
            mark = f"by hand [uami-owner {OWNER}]"
            roles.append(
                RoleAssignment(scope, name, definition, one.principal_id, "ServicePrincipal", description=mark)
            )
    once = {(one.scope, one.principal_id): one for one in roles}
    return (
        live.having(Identity, (*identities, *extras))
        .having(FederatedCredential, (*live.of(FederatedCredential), *credentials))
        .having(RoleAssignment, (*live.of(RoleAssignment), *once.values()))
    )


def _extra(group: DesiredGroup, number: int) -> Identity:
    return Identity(
        group.group_id.subscription_id,
        group.group_id.resource_group,
        "id-extra",
        "westeurope",
        ((OWNER_TAG, OWNER),),
        f"ffffffff-0000-4000-8000-{number:012}",
        f"ffffffff-0000-4000-9000-{number:012}",
        "5e1f2a3b-0000-4000-8000-00000000c0de",
    )


@pytest.mark.parametrize("name", ["quickstart", "workload-identity"])
def test_example_is_applied_with_the_printed_rights_and_refused_without_any_that_it_needs(name: str) -> None:
    declaration, start = example(name, "identities.yaml")
    assert_passes(declaration, start)

    kept = kept_without(declaration, start, nothing_made(start))

    # A group in which nothing lives that is not listed has nothing to delete; another run may find something there.
    assert {action for _, action in kept} <= FOR_DELETES


def test_landing_zone_is_applied_with_the_printed_rights() -> None:
    assert_passes(*example("landing-zone"))


def test_group_of_the_landing_zone_is_refused_without_any_right_that_it_needs() -> None:
    declaration, start = example("landing-zone", targets=("rg-payments-dev",))
    assert_passes(declaration, start)

    kept = kept_without(declaration, start)

    assert {action for _, action in kept} <= FOR_DELETES | FOR_TRUST


ROLES = st.lists(
    st.tuples(
        st.sampled_from(["Reader", "Storage Blob Data Reader", "Managed Identity Operator"]),
        st.sampled_from(["rg-data", "subscription", "rg-app", "rg-app/id-a"]),
    ),
    unique=True,
    min_size=1,
    max_size=3,
)


@st.composite
def manifests(draw: st.DrawFn) -> str:
    """A manifest of one owner: some identities in one or two groups, with credentials and roles or without."""

    def identity(name: str) -> dict[str, object]:
        entry: dict[str, object] = {"name": name}
        if draw(st.booleans()):
            entry["federatedCredentials"] = [{**CREDENTIAL, "accept": [{"code": "trust-shared", "reason": "test"}]}]
        if draw(st.booleans()):
            entry["roleAssignments"] = [{"role": role, "scope": scope} for role, scope in draw(ROLES)]
        return entry

    policy = {
        "identities": draw(st.sampled_from(["owned", "exact", "merge"])),
        "federatedCredentials": draw(st.sampled_from(["exact", "merge"])),
        "roleAssignments": draw(st.sampled_from(["owned", "exact", "merge"])),
    }
    document: dict[str, object] = {
        "version": 1,
        "subscription": SUBSCRIPTION,
        "owner": OWNER,
        "policy": policy,
        "defaults": {"location": "westeurope"},
        "resourceGroups": {"rg-app": {"identities": [identity("id-a")]}},
    }
    if policy["roleAssignments"] == "exact":
        document["roleScopes"] = ["rg-data"]
    if draw(st.booleans()):
        document["resourceGroups"] = {
            "rg-app": {"identities": [identity("id-a")]},
            "rg-other": {"identities": [identity("id-b"), identity("id-c")]},
        }
    return json.dumps(document)


def empty() -> Contents:
    groups = tuple(ResourceGroup(SUBSCRIPTION, name, "westeurope") for name in ("rg-app", "rg-other", "rg-data"))
    return Contents().having(Subscription, (Subscription(SUBSCRIPTION, "Least"),)).having(ResourceGroup, groups)


def untrusted(live: Contents) -> Contents:
    """The same identities without credentials, each with a role that somebody gave it."""
    roles = tuple(
        RoleAssignment(
            IN_SUBSCRIPTION,
            f"dddddddd-0000-4000-8000-{number:012}",
            f"/providers/Microsoft.Authorization/roleDefinitions/{TAG_CONTRIBUTOR}",
            one.principal_id,
            "ServicePrincipal",
        )
        for number, one in enumerate(live.of(Identity))
    )
    return live.having(FederatedCredential, ()).having(RoleAssignment, roles)


@settings(max_examples=4, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(manifests())
def test_every_printed_right_of_any_manifest_is_needed_where_nothing_lives_or_something_strayed(manifest: str) -> None:
    declaration = declare(text=manifest)
    start = empty()
    stray = strayed(declaration, start)
    worlds = (stray, start, untrusted(stray))
    for world in worlds:
        assert_passes(declaration, world)

    assert kept_without(declaration, *worlds) == set()


def test_plan_passes_with_the_reads_of_its_task_alone() -> None:
    declaration, start = example("workload-identity", "identities.yaml")

    with bounded(start, of_task(least_of(declaration, start), Task.PLAN)) as arm:
        ending = apply_as_planned(arm, declaration)

    assert ending == (REFUSED, False)
    assert {
        action.rpartition("/")[2] for _, action in scopes_and_actions(of_task(least_of(declaration, start), Task.PLAN))
    } == {"read"}


def beyond(group: str) -> Iterator[tuple[str, str, object]]:
    """Calls that no manifest of the example needs."""
    authorization = f"{group}/providers/Microsoft.Authorization"
    role = {
        "roleDefinitionId": f"{group}/x/{OWNER_ROLE}",
        "principalId": OWNER_ROLE,
        "principalType": "ServicePrincipal",
    }
    guid = "99999999-0000-4000-8000-000000000009"
    yield "DELETE", f"{group}?api-version=2021-04-01", None
    yield "PUT", f"{authorization}/locks/mine?api-version=2020-05-01", {"properties": {"level": "ReadOnly"}}
    yield "PUT", f"{authorization}/roleAssignments/{guid}?api-version=2022-04-01", {"properties": role}
    yield "PUT", f"{authorization}/roleDefinitions/{guid}?api-version=2022-04-01", {"properties": {}}
    yield "GET", f"{group}/providers/Microsoft.Compute/virtualMachines?api-version=2024-07-01", None


def test_one_action_or_one_role_more_is_a_403() -> None:
    declaration, start = example("workload-identity", "identities.yaml")
    assignments = of_task(least_of(declaration, start), Task.APPLY)
    groups = [one.scope for one in assignments if one.condition is not None]
    headers = {"Authorization": f"Bearer {token_of('pipeline')}"}

    with bounded(start, assignments) as arm:
        answers: list[httpx.Response] = [
            arm.others.request(method, path, json=body, headers=headers)
            for group in groups
            for method, path, body in beyond(group)
        ]

    assert groups
    assert {one.status_code for one in answers} == {403}


def test_role_that_was_listed_after_the_rights_were_given_meets_the_condition_and_is_explained() -> None:
    text = json.dumps(
        {
            "version": 1,
            "subscription": SUBSCRIPTION,
            "owner": OWNER,
            "resourceGroups": {
                "rg-app": {
                    "identities": [{"name": "id-a", "roleAssignments": [{"role": "Reader", "scope": "rg-data"}]}]
                }
            },
        }
    )
    assignments = of_task(least_of(declare(text=text), empty()), Task.APPLY)
    changed = declare(text=text.replace("Reader", "Tag Contributor"))

    with bounded(empty(), assignments) as arm:
        ending, _ = apply_as_planned(arm, changed)

    assert "A condition of your own role allows this action, but not for this role or principal" in ending


def test_what_may_not_be_read_is_said() -> None:
    declaration, start = example("workload-identity", "identities.yaml")

    with bounded(start, []) as arm:
        least = find_least_privilege(declaration, arm.azure)

    assert [one.condition for one in least.assignments if one.condition] == []
    assert any(one.startswith("What lives could not be read") for one in least.notes)
    assert any(one.startswith("No condition lets the role Contributor at ") for one in least.notes)
