"""Generated sandbox states: subscriptions full of everything that can hang on or beside an identity.

Names come from small pools, so that locks, role assignments and attachments often meet what they are about; where ARM
compares without case, spellings differ.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from hypothesis import strategies as st

from reconciler.sandbox.rules.rights import DeniedPrincipal, DenyAssignment
from reconciler.sandbox.state.kinds import (
    Attachment,
    ClaimsExpression,
    FederatedCredential,
    Lock,
    Permission,
    Resource,
    RoleAssignment,
)
from reconciler.sandbox.state.shelf import Key
from reconciler.sandbox.state.state import Contents, Identity, ResourceGroup, Subscription

SUBSCRIPTIONS = ("00000000-0000-0000-0000-0000000000AA", "00000000-0000-0000-0000-0000000000bb")
TENANT = "22222222-2222-2222-2222-222222222222"
STRANGER = "55555555-5555-5555-5555-555555555555"
"""The principal of nothing in any state."""


class _Keyed(Protocol):
    @property
    def key(self) -> Key: ...


V = TypeVar("V", bound=_Keyed)

_GUIDS = st.uuids().map(str)
_TEXTS = st.sampled_from([None, "", "why", "ü\n\"'"])
_TAGS = st.sampled_from([(), (("b", "1"), ("a", "ü\n")), (("env", ""),)])
_LOCATIONS = st.sampled_from(["westeurope", "northeurope"])
_GROUP_NAMES = st.sampled_from(["rg-app", "RG-Data", "rg.(ü)"])
_FIELDS = st.sampled_from(
    [
        {},
        {"sku": {"name": "ü", "tier": None}, "properties": {"n": [1, 2.5]}},
        {"kind": "app", "etag": "x", "provisioningState": "Updating", "zones": ["1"]},
    ]
).map(lambda fields: json.dumps(fields, ensure_ascii=False))


@dataclass(frozen=True, slots=True)
class _Place:
    """A group with its identities and resources."""

    group: ResourceGroup
    identities: tuple[Identity, ...]
    resources: tuple[Resource, ...]


def states() -> st.SearchStrategy[Contents]:
    """A state of one tenant and two subscriptions, in no order."""
    return st.lists(_places(), max_size=3, unique_by=lambda place: place.group.key).flatmap(_with_what_hangs_on)


@st.composite
def _places(draw: st.DrawFn) -> _Place:
    group = ResourceGroup(
        draw(st.sampled_from(SUBSCRIPTIONS)),
        draw(_GROUP_NAMES),
        draw(_LOCATIONS),
        draw(st.none() | _TAGS),
        draw(st.sampled_from([None, "", "/subscriptions/s/aks"])),
    )
    identities = draw(_unique(_identities(group), 3))
    return _Place(group, identities, draw(_unique(_resources(group, identities), 3)))


@st.composite
def _identities(draw: st.DrawFn, group: ResourceGroup) -> Identity:
    return Identity(
        group.subscription_id,
        group.name.upper() if draw(st.booleans()) else group.name,
        draw(st.sampled_from(["id-api", "id-job", "id-job-2"])),
        draw(_LOCATIONS),
        draw(_TAGS),
        draw(_GUIDS),
        draw(_GUIDS),
        TENANT,
        draw(st.sampled_from([None, "None", "Regional"])),
        draw(st.sampled_from([None, (), ("Microsoft.Compute",)])),
    )


@st.composite
def _resources(draw: st.DrawFn, group: ResourceGroup, identities: Sequence[Identity]) -> Resource:
    typed_name = draw(st.sampled_from(["Microsoft.Compute/virtualMachines/vm", "Microsoft.X/a/b/c/d"]))
    namespace, *words = typed_name.split("/")
    known = [identity.resource_id for identity in identities]
    ids = st.sampled_from([*known, "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/x/gone"])
    attachments = draw(
        st.lists(
            st.builds(Attachment, ids, st.none() | _GUIDS, st.none() | _GUIDS),
            max_size=2,
            unique_by=lambda one: one.identity_id.casefold(),
        ).map(tuple)
    )
    system = draw(st.none() | _GUIDS)
    return Resource(
        f"{group.resource_id}/providers/{typed_name}",
        "/".join((namespace, *words[::2])),
        words[-1],
        draw(st.sampled_from(["westeurope", "global", None])),
        draw(st.none() | _TAGS),
        attachments,
        system,
        bool(attachments) or system is not None or draw(st.booleans()),
        draw(_FIELDS),
    )


def _with_what_hangs_on(places: Sequence[_Place]) -> st.SearchStrategy[Contents]:
    identities = tuple(one for place in places for one in place.identities)
    resources = tuple(one for place in places for one in place.resources)
    in_subscriptions = [
        *(f"/subscriptions/{one}" for one in SUBSCRIPTIONS),
        *(place.group.resource_id for place in places),
        *(one.resource_id for one in identities),
        *(one.resource_id for one in resources),
        *(f"{one.resource_id}/blobServices/default" for one in resources),
    ]
    anywhere = ["/", "/providers/Microsoft.Management/managementGroups/mg", *in_subscriptions]
    principals = [STRANGER, *(one.principal_id for one in identities)]
    credentials = [_unique(_credentials(identity), 3) for identity in identities]
    return st.builds(
        lambda granted, denied, locks, trusted: Contents(
            TENANT,
            (
                *(Subscription(one, f"Sub {one[-2:]}") for one in reversed(SUBSCRIPTIONS)),
                *(place.group for place in places),
                *identities,
                *(one for some in trusted for one in some),
                *granted,
                *denied,
                *locks,
                *resources,
            ),
        ),
        _unique(_role_assignments(anywhere, principals), 5),
        _unique(_deny_assignments(anywhere), 2),
        _unique(_locks(in_subscriptions), 3),
        st.tuples(*credentials),
    )


@st.composite
def _role_assignments(draw: st.DrawFn, scopes: Sequence[str], principals: Sequence[str]) -> RoleAssignment:
    return RoleAssignment(
        draw(st.sampled_from(scopes)),
        draw(_GUIDS),
        "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
        draw(st.sampled_from(principals)),
        draw(st.sampled_from(["ServicePrincipal", "User"])),
        draw(_TEXTS),
        draw(_TEXTS),
        draw(_TEXTS),
        draw(_TEXTS),
        created_on="2026-03-01T12:00:00.0000000Z",
        updated_by=draw(_TEXTS),
    )


def _deny_assignments(scopes: Sequence[str]) -> st.SearchStrategy[DenyAssignment]:
    """None of them denies anything to whoever looks."""
    stranger = DeniedPrincipal(STRANGER, "User")
    return st.builds(
        lambda scope, name, description, excluded, alone: DenyAssignment(
            f"{scope.rstrip('/')}/providers/Microsoft.Authorization/denyAssignments/{name}",
            "Keep",
            (Permission(("*",), ("*/read",)),),
            (stranger,),
            excluded,
            description,
            alone,
        ),
        st.sampled_from(scopes),
        _GUIDS,
        _TEXTS,
        st.sampled_from([(), (DeniedPrincipal(STRANGER),)]),
        st.booleans(),
    )


def _locks(scopes: Sequence[str]) -> st.SearchStrategy[Lock]:
    return st.builds(
        Lock,
        st.sampled_from(scopes),
        st.sampled_from(["keep", "Keep-2"]),
        st.sampled_from(["CanNotDelete", "ReadOnly"]),
        _TEXTS,
        st.sampled_from([None, (), ("app", "")]),
    )


def _credentials(identity: Identity) -> st.SearchStrategy[FederatedCredential]:
    trusts = st.sampled_from([("s", None), ("ü", None), (None, ClaimsExpression("claims['sub'] eq 'x'", 1))])
    return st.builds(
        lambda name, trust, audiences: FederatedCredential(
            identity.resource_id, name, "https://issuer", trust[0], audiences, trust[1]
        ),
        st.sampled_from(["fic-a", "Fic-B", "fic-c"]),
        trusts,
        st.sampled_from([("api://AzureADTokenExchange",), ("one", "two")]),
    )


def _unique(items: st.SearchStrategy[V], most: int) -> st.SearchStrategy[tuple[V, ...]]:
    return st.lists(items, max_size=most, unique_by=lambda item: item.key).map(tuple)
