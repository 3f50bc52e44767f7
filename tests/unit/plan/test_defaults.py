"""Whatever a manifest gives to all of its identities, and whatever lives: a default alone deletes nothing.

An identity goes because a policy that the manifest says covers it, or `remove` names it; a credential or a role goes
because its identity lists its own, or goes itself.
"""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifest.desired import Desired, DesiredGroup, IdentitiesPolicy
from reconciler.manifest.rules.schema import MANIFEST_SCHEMA
from reconciler.model.access import Access, FederatedCredential, Trust
from reconciler.model.identity import OWNER_TAG, Live
from reconciler.model.ids import AnyId, CredentialId
from reconciler.plan.changes import Action, AssignmentChange, Changes, CredentialChange, IdentityChange
from reconciler.plan.diff_access import diff_access
from reconciler.plan.diff_identities import diff_states
from reconciler.schemas import schema_text
from tests.builders import SUBSCRIPTION, TODAY, live_group, live_of, resource_id
from tests.strategies import FEW_EXAMPLES, GROUPS, OWNERS, World, accesses, live_states, worlds_with_access
from tests.unit.manifest.manifests import load_text

Document = dict[str, Any]

CREDENTIAL = {"issuer": "https://issuer.example", "subject": "subject-fic-a", "audience": "audience", "name": "fic-a"}
ROLE = {"role": "Reader", "scope": "/subscriptions/00000000-0000-0000-0000-000000000009"}
OWN_CREDENTIAL = {**CREDENTIAL, "name": "fic-${identity.name}", "subject": "${identity.name}"}

DEFAULTS: dict[str, st.SearchStrategy[object]] = {
    "protect": st.booleans(),
    "federatedCredentials": st.sampled_from([[], [CREDENTIAL], [OWN_CREDENTIAL], [CREDENTIAL, OWN_CREDENTIAL]]),
    "roleAssignments": st.sampled_from([[], [ROLE], [{**ROLE, "role": "Owner"}]]),
    "location": st.sampled_from(["westeurope", "northeurope"]),
    "tags": st.dictionaries(st.sampled_from(["env", "team", "cost"]), st.none() | st.just("prod"), max_size=3),
}
"""What there is to give to all, key by key."""

IDENTITY: st.SearchStrategy[Document] = st.fixed_dictionaries(
    {"name": st.sampled_from(["id-api", "ID-Api", "id-job"])},
    optional={
        "location": st.just("westeurope"),
        "tags": st.just({"env": None}),
        "protect": st.booleans(),
        "federatedCredentials": st.sampled_from([None, [], [CREDENTIAL]]),
        "roleAssignments": st.sampled_from([None, [], [ROLE]]),
    },
)
SOME_DEFAULTS: st.SearchStrategy[Document] = st.fixed_dictionaries({}, optional=DEFAULTS)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Manifests with defaults of the document, of its groups, or of both."""
    owner = draw(st.none() | st.sampled_from(OWNERS))
    identities = draw(st.sampled_from(["exact", "merge"] if owner is None else ["exact", "owned", "merge"]))
    roles: Document = {"roleAssignments": "merge"} if owner is None or draw(st.booleans()) else {}
    exact: Document = {"roleScopes": [ROLE["scope"]]} if draw(st.booleans()) else {}
    roles = {"roleAssignments": "exact"} if exact else roles
    tags = draw(st.sampled_from(["exact", "merge"]))
    groups = draw(st.lists(st.sampled_from(GROUPS), min_size=1, unique=True))
    return {
        "version": 1,
        "subscription": SUBSCRIPTION,
        **({} if owner is None else {"owner": owner}),
        "policy": {"identities": identities, "tags": tags, **roles},
        **exact,
        "defaults": draw(SOME_DEFAULTS),
        "ignore": draw(st.sampled_from([{}, {"identities": ["aks-*"]}])),
        "resourceGroups": {
            group: {
                "defaults": draw(SOME_DEFAULTS),
                "identities": draw(st.lists(IDENTITY, max_size=2, unique_by=lambda one: one["name"].casefold())),
                "remove": draw(st.sampled_from([[], [{"name": "id-old"}]])),
            }
            for group in groups
        },
    }


def without_defaults(document: Document) -> Document:
    """The same manifest without anything that it gives to all."""
    groups = {
        name: {key: value for key, value in group.items() if key != "defaults"}
        for name, group in document["resourceGroups"].items()
    }
    return {**{key: value for key, value in document.items() if key != "defaults"}, "resourceGroups": groups}


def compared(desired: Desired, live: Live, access: Access) -> Changes:
    return diff_access(diff_states(desired, live, judged_on=TODAY), access)


def deletes(document: Document, live: Live, access: Access) -> set[AnyId]:
    """Everything that a manifest would delete, before any guard."""
    changes = compared(load_text(json.dumps(document)), live, access)
    return {change.resource_id for change in changes if change.action is Action.DELETE}


def test_every_default_that_there_is_is_tried() -> None:
    schema = json.loads(schema_text(MANIFEST_SCHEMA))

    assert schema["$defs"]["defaults"]["properties"].keys() == DEFAULTS.keys()


LIVE = live_states().flatmap(lambda live: st.tuples(st.just(live), accesses(live)))


@FEW_EXAMPLES
@given(documents(), LIVE)
def test_what_a_default_gives_is_created_and_kept_up_to_date(document: Document, found: tuple[Live, Access]) -> None:
    changes = compared(load_text(json.dumps(document)), *found)

    compared_ids = {one.resource_id for one in changes.access() if one.action is not Action.DELETE}
    given_ids = {
        CredentialId(entry.resource_id, one.name)
        for change in changes.identities()
        if (entry := change.desired) is not None
        for one in entry.given_credentials
    }
    assert given_ids <= compared_ids


@FEW_EXAMPLES
@given(documents(), LIVE)
def test_default_alone_deletes_nothing(document: Document, found: tuple[Live, Access]) -> None:
    assert deletes(document, *found) <= deletes(without_defaults(document), *found)


def test_key_on_an_identity_deletes_what_it_does_not_list_and_the_same_identity_without_it_does_not() -> None:
    trusted = FederatedCredential(CredentialId(resource_id("id-api"), "live"), Trust("https://i", "s", "a"))
    found = (live_of(live_group("id-api")), Access({resource_id("id-api"): (trusted,)}))
    entry = {"name": "id-api"}
    document = {
        "version": 1,
        "subscription": SUBSCRIPTION,
        "owner": "team-a",
        "defaults": {"location": "northeurope", "tags": {"env": None}},
        "resourceGroups": {"rg-app": {"identities": [entry]}},
    }

    by_default = deletes(document, *found)
    entry["federatedCredentials"] = []  # type: ignore[assignment]
    by_key = deletes(document, *found)

    assert (by_default, by_key) == (set(), {trusted.credential_id})


@FEW_EXAMPLES
@given(worlds_with_access())
def test_every_delete_has_a_key_that_asks_for_it(world: World) -> None:
    changes = compared(world.desired, world.live, world.access)
    going = {one.resource_id for one in changes.identities() if one.action is Action.DELETE}

    for group in changes.groups:
        identities = [one for one in group.changes if one.action is Action.DELETE]
        access = [one for one in group.access if one.action is Action.DELETE and one.resource_id.identity not in going]
        assert [one.resource_id.address for one in identities if not _identity_may_go(group.group, one)] == []
        assert [one.resource_id.address for one in access if not _access_may_go(group.group, one)] == []


def _identity_may_go(group: DesiredGroup, change: IdentityChange) -> bool:
    if change.resource_id in {one.resource_id for one in group.remove}:
        return True
    live = change.before
    assert live is not None
    if change.resource_id in {one.resource_id for one in group.identities}:
        return False
    if group.policy.identities is IdentitiesPolicy.OWNED:
        return live.tags.get(OWNER_TAG) == group.owner
    return group.policy.identities is IdentitiesPolicy.EXACT


def _access_may_go(group: DesiredGroup, change: CredentialChange | AssignmentChange) -> bool:
    """By the key on its own identity, which does not list it."""
    (entry,) = [one for one in group.identities if one.resource_id == change.resource_id.identity]
    if isinstance(change, CredentialChange):
        listed = entry.federated_credentials
        name = change.resource_id.name.casefold()
        return (
            listed is not None and entry.lists_all_credentials and name not in {one.name.casefold() for one in listed}
        )
    roles = entry.role_assignments
    return (
        roles is not None and entry.lists_all_assignments and change.resource_id.role not in {one.role for one in roles}
    )
