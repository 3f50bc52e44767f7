"""A snapshot of a sandbox: everything that it promises is in it, and what was loaded from it gives it again."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.arm.resources import Resources
from reconciler.cli.commands.sandbox_snapshot import state_text
from reconciler.errors import ReconcilerError
from reconciler.parallel import Pool
from reconciler.sandbox.rules.rights import DenyAssignment
from reconciler.sandbox.state.kinds import FederatedCredential, Lock, Resource, RoleAssignment
from reconciler.sandbox.state.paths import path_key
from reconciler.sandbox.state.state import Contents, Identity, ResourceGroup, Subscription
from reconciler.sandbox.state_file.document import parse_state
from reconciler.snapshot.read import SnapshotScope, read_snapshot
from tests.builders import SUBSCRIPTION
from tests.contract.arm import contents, in_process
from tests.contract.faults import Fault
from tests.sandbox.states import SUBSCRIPTIONS, V, states
from tests.strategies import FEW_EXAMPLES

RELEASED, PREVIEW = "2024-11-30", "2025-05-31-preview"
BOTH = tuple(SnapshotScope(one) for one in SUBSCRIPTIONS)
NOT_LISTED = {"properties", "etag", "provisioningState"}


def take(
    start: Contents,
    *faults: Fault,
    scopes: Sequence[SnapshotScope] = BOTH,
    api_version: str = PREVIEW,
    page_size: int = 1000,
) -> str:
    """The text of a snapshot of a sandbox over these contents."""
    with in_process(start, *faults, page_size=page_size) as arm:
        return state_text(read_snapshot(scopes, Resources(arm.client, api_version, pool=Pool(2))))


def promised(start: Contents) -> Contents:
    """What the newest api-version's snapshot of both subscriptions holds."""
    principals = {one.principal_id for one in start.of(Identity)}
    assignments = [
        one
        for one in start.of(RoleAssignment)
        if one.scope.startswith("/subscriptions/") or one.principal_id in principals
    ]
    denied = start.of(DenyAssignment)
    scopes = [path_key(one.scope) for one in assignments] + [path_key(one.scope) for one in start.of(Lock)]
    scopes += [path_key(one.scope) for one in denied]
    resources = [listed(one) for one in start.of(Resource) if one.location is not None and concerns(one, scopes)]
    return (
        start.having(Subscription, in_order(start.of(Subscription)))
        .having(ResourceGroup, in_order(start.of(ResourceGroup)))
        .having(Identity, in_order(as_shown(one) for one in start.of(Identity)))
        .having(FederatedCredential, in_order(start.of(FederatedCredential)))
        .having(RoleAssignment, in_order(assignments))
        .having(DenyAssignment, in_order(denied))
        .having(Lock, in_order(start.of(Lock)))
        .having(Resource, in_order(resources))
    )


def as_shown(identity: Identity) -> Identity:
    """An identity as ARM shows it: with an isolation scope, whether or not it was ever set."""
    return replace(identity, isolation_scope=identity.isolation_scope or "None")


def concerns(resource: Resource, scopes: Iterable[tuple[str, ...]]) -> bool:
    """Whether a resource has an identity, or one of the scopes lies at or below it."""
    key = path_key(resource.resource_id)
    attached = resource.attachments or resource.system_principal_id is not None
    return bool(attached) or any(scope[: len(key)] == key for scope in scopes)


def listed(resource: Resource) -> Resource:
    """A resource as ARM's list shows it, without what comes and goes by itself."""
    fields = {name: value for name, value in json.loads(resource.fields).items() if name not in NOT_LISTED}
    attachments = tuple(sorted(resource.attachments, key=lambda one: path_key(one.identity_id)))
    return replace(resource, attachments=attachments, fields=json.dumps(fields, ensure_ascii=False))


def in_order(items: Iterable[V]) -> tuple[V, ...]:
    """Items in order of their keys."""
    return tuple(sorted(items, key=lambda item: item.key))


def as_released(start: Contents) -> Contents:
    """What the default api-version shows of a state: nothing that only a preview has."""
    return start.having(Identity, tuple(replace(one, assigned_to_providers=None) for one in start.of(Identity))).having(
        FederatedCredential, tuple(replace(one, expression=None) for one in start.of(FederatedCredential))
    )


@FEW_EXAMPLES
@given(states(), st.sampled_from([RELEASED, PREVIEW]), st.sampled_from([1, 2, 1000]))
def test_snapshot_holds_everything_that_it_promises(start: Contents, api_version: str, page_size: int) -> None:
    taken = parse_state(take(start, api_version=api_version, page_size=page_size))

    assert taken == (promised(start) if api_version == PREVIEW else as_released(promised(start)))


@FEW_EXAMPLES
@given(states(), st.sampled_from([RELEASED, PREVIEW]))
def test_snapshot_that_is_loaded_and_taken_again_is_the_same(start: Contents, api_version: str) -> None:
    first = take(start, api_version=api_version)

    again = take(parse_state(first), api_version=api_version)

    assert again == first


@FEW_EXAMPLES
@given(states())
def test_snapshot_of_a_group_is_the_same_when_it_is_taken_again_by_group_or_by_subscription(start: Contents) -> None:
    assume(start.of(ResourceGroup))
    group = start.of(ResourceGroup)[0]
    one_group = [SnapshotScope(group.subscription_id, group.name.upper())]
    whole = [SnapshotScope(group.subscription_id)]

    first = take(start, scopes=one_group)
    again = [take(parse_state(first), scopes=scopes) for scopes in (one_group, whole)]

    assert again == [first, first]
    assert [one.key for one in parse_state(first).of(ResourceGroup)] == [group.key]


def test_answer_that_no_sandbox_could_load_is_an_error_that_names_the_place() -> None:
    with pytest.raises(ReconcilerError) as caught:
        take(contents("id-one"), scopes=[SnapshotScope(SUBSCRIPTION)])

    assert caught.value.message == (
        "What was read does not make a sandbox state: identities[0].properties.principalId must be a GUID, "
        "not 'principal-of-id-one'"
    )
