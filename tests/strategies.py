"""Generated manifests and live states, for properties that must hold whatever the two say.

Names, tags and owners come from small pools with spellings that differ only in case, because a wide range of names
would hardly ever put the same one on both sides.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st

from reconciler.errors import SourcePos
from reconciler.manifest.desired import (
    AssignmentsPolicy,
    CredentialsPolicy,
    Desired,
    DesiredAssignment,
    DesiredCredential,
    DesiredGroup,
    DesiredHold,
    DesiredIdentity,
    DesiredRemoval,
    IdentitiesPolicy,
    Ignore,
    Limits,
    Policy,
    RemovalAllowance,
    TagsPolicy,
)
from reconciler.model.access import (
    Access,
    FederatedCredential,
    RoleAssignment,
    RoleDefinition,
    RoleLookup,
    Trust,
    role_key,
)
from reconciler.model.identity import OWNER_TAG, PROTECT_TAG, Identity, IsolationScope, Live, LiveGroup, same_name
from reconciler.model.ids import CredentialId, ResourceId
from tests.builders import (
    MANIFEST,
    SUBSCRIPTION,
    TODAY,
    desired_group,
    given_role,
    listed,
    live_group,
    live_identity,
    live_of,
    removed,
)

Value = TypeVar("Value")
Line = TypeVar("Line", DesiredCredential, DesiredAssignment)

FEW_EXAMPLES = settings(max_examples=settings().max_examples // 2)
"""For properties over whole states, which take long to make; a busy machine must not fail them."""

GROUPS = ("rg-app", "rg-data")
OWNERS = ("team-a", "team-b")

_NAMES = st.sampled_from(["id-api", "ID-Api", "id-job", "id-old", "aks-pool", "AKS-Pool"])
_LOCATIONS = st.sampled_from(["westeurope", "northeurope"])
_SCOPES = st.sampled_from(IsolationScope)
_TAG_NAMES = st.sampled_from(["env", "Env", "team", "cost", "hidden-link"])
_TAG_VALUES = st.sampled_from(["", "prod", "Prod", "4711"])
_SOURCE = SourcePos(MANIFEST, 7, 13)
_TRUSTS = {name: Trust("https://issuer.example", f"subject-{name}", "audience") for name in ("fic-a", "fic-b")}
_SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000009"
_ROLES = {"Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7", "Owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}


@dataclass(frozen=True, slots=True)
class World:
    """A manifest and the live state of the groups that it names, with what its identities are trusted and allowed."""

    desired: Desired
    live: Live
    access: Access = field(default_factory=Access)


def resource_ids() -> st.SearchStrategy[ResourceId]:
    """Ids with every kind of character that Azure admits.

    Source: Azure documentation on resource names (groups also take letters of any script, dots and parentheses).
    """
    groups = st.text(st.characters(categories=["L", "Nd"], include_characters="_-.()"), min_size=1, max_size=90)
    names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}", fullmatch=True)
    return st.builds(ResourceId, st.uuids().map(str), groups, names)


def tag_maps() -> st.SearchStrategy[dict[str, str]]:
    """Tags of a live identity, an owner of ours or of others and protection at times among them."""
    protection = st.sampled_from([None, None, None, "true", "false"])
    return st.builds(_with_own_tags, _one_spelling(_TAG_VALUES), st.none() | st.sampled_from(OWNERS), protection)


def live_states() -> st.SearchStrategy[Live]:
    """The live state of all groups, each of which exists."""
    return st.tuples(*(_live_groups(name) for name in GROUPS)).map(lambda groups: live_of(*groups))


def worlds(*, groups_exist: bool = False) -> st.SearchStrategy[World]:
    """A manifest of one or two groups and their live state; with `groups_exist`, none of the groups is missing."""
    names = st.lists(st.sampled_from(GROUPS), min_size=1, max_size=2, unique=True).map(sorted)
    return names.flatmap(
        lambda chosen: st.builds(
            lambda desired, live: World(Desired(desired), live_of(*live)),
            st.tuples(*(_desired_groups(name) for name in chosen)),
            st.tuples(*(_live_groups(name, always=groups_exist) for name in chosen)),
        )
    )


def worlds_with_access() -> st.SearchStrategy[World]:
    """The same, with live credentials and role assignments, some of which this tool made for one owner or another."""
    return worlds().flatmap(
        lambda world: accesses(world.live).map(lambda access: World(world.desired, world.live, access))
    )


def worlds_with_holds() -> st.SearchStrategy[World]:
    """The same, where some identities are held, and some removals wait for a day or allow what has an end."""
    return st.builds(
        lambda world, random: World(
            Desired(tuple(_with_holds(group, random) for group in world.desired.groups)), world.live, world.access
        ),
        worlds_with_access(),
        st.randoms(use_true_random=False),
    )


def _with_holds(group: DesiredGroup, random: Random) -> DesiredGroup:
    days = [TODAY + timedelta(days=number) for number in (-1, 0, 1)]
    return replace(
        group,
        identities=tuple(
            replace(one, hold=random.choice([None, DesiredHold("incident ${1}", _SOURCE)])) for one in group.identities
        ),
        remove=tuple(
            replace(
                one,
                after=random.choice([None, *days]),
                expires=tuple((code, random.choice(days)) for code in one.allow if random.choice([True, False])),
            )
            for one in group.remove
        ),
    )


def accesses(live: Live) -> st.SearchStrategy[Access]:
    """Credentials and role assignments of live identities."""
    identities = [one for group in live.groups for one in group.identities]
    lookups = {role_key(name, _SCOPE): role_lookup(name, _SCOPE) for name in _ROLES}
    names = st.lists(st.sampled_from(sorted(_TRUSTS)), unique=True)
    owned_roles = st.dictionaries(st.sampled_from(sorted(_ROLES)), st.none() | st.sampled_from(OWNERS))
    each = st.lists(st.tuples(names, owned_roles), min_size=len(identities), max_size=len(identities))
    return each.map(
        lambda drawn: Access(
            {
                one.resource_id: tuple(
                    FederatedCredential(CredentialId(one.resource_id, name), _TRUSTS[name]) for name in credentials
                )
                for one, (credentials, _) in zip(identities, drawn, strict=True)
            },
            {
                one.resource_id: tuple(_given(one, _ROLES[name], owner) for name, owner in roles.items())
                for one, (_, roles) in zip(identities, drawn, strict=True)
            },
            lookups,
        )
    )


def role_lookup(role: str, scope: str) -> RoleLookup:
    """A role of these worlds, known at a scope."""
    return RoleLookup(role, scope, (RoleDefinition(_ROLES[role], role),))


def _given(identity: Identity, role_guid: str, owner: str | None) -> RoleAssignment:
    role = given_role(owner, _SCOPE, identity.principal_id, role_guid)
    return role if owner is not None else replace(role, name=f"by-hand-{role_guid}")


def _one_spelling(values: st.SearchStrategy[Value]) -> st.SearchStrategy[dict[str, Value]]:
    pairs = st.lists(st.tuples(_TAG_NAMES, values), max_size=3, unique_by=lambda pair: pair[0].casefold())
    return pairs.map(dict)


def _with_own_tags(tags: dict[str, str], owner: str | None, protection: str | None) -> dict[str, str]:
    own = {OWNER_TAG: owner, PROTECT_TAG: protection}
    return tags | {name: value for name, value in own.items() if value is not None}


def _live_groups(name: str, *, always: bool = True) -> st.SearchStrategy[LiveGroup]:
    there = st.lists(_live_identities(name), max_size=4, unique_by=lambda one: one.resource_id).map(
        lambda identities: live_group(*identities, name=name)
    )
    return there if always else there | st.just(live_group(name=name, location=None))


def _live_identities(group: str) -> st.SearchStrategy[Identity]:
    return st.builds(
        lambda name, location, tags, scope: live_identity(
            name, group=group, location=location, tags=tags, isolation_scope=scope
        ),
        _NAMES,
        _LOCATIONS,
        tag_maps(),
        _SCOPES,
    )


def _listed_identities(group: str) -> st.SearchStrategy[DesiredIdentity]:
    credentials = st.lists(st.sampled_from(sorted(_TRUSTS)), unique=True).map(
        lambda names: [DesiredCredential(name, _TRUSTS[name], _SOURCE) for name in sorted(names)]
    )
    roles = st.lists(st.sampled_from(sorted(_ROLES)), unique=True).map(
        lambda names: [
            DesiredAssignment(name, _SCOPE, _SOURCE, _NAMED_DETAILS[index % len(_NAMED_DETAILS)])
            for index, name in enumerate(sorted(names))
        ]
    )
    identities = _NAMES.flatmap(
        lambda name: st.builds(
            listed,
            st.just(name),
            group=st.just(group),
            location=st.none() | _LOCATIONS,
            isolation_scope=st.none() | _SCOPES,
            tags=_one_spelling(st.none() | _TAG_VALUES),
            federated_credentials=st.none() | credentials,
            role_assignments=st.none() | roles,
            protect=st.sampled_from([None, None, True, False]),
            expect=_pins(name),
        )
    )
    return st.builds(_with_given, identities, st.randoms(use_true_random=False))


def _with_given(identity: DesiredIdentity, random: Random) -> DesiredIdentity:
    """The same, where defaults give some of its credentials and roles, at times all that it has."""

    def taken(one: Line) -> Line:
        return replace(one, source=identity.source, given_by=_SOURCE) if random.choice([True, False]) else one

    credentials = None if identity.federated_credentials is None else tuple(map(taken, identity.federated_credentials))
    roles = None if identity.role_assignments is None else tuple(map(taken, identity.role_assignments))
    return replace(
        identity,
        federated_credentials=credentials,
        role_assignments=roles,
        lists_all_credentials=not credentials or any(one.given_by is None for one in credentials),
        lists_all_assignments=not roles or any(one.given_by is None for one in roles),
    )


_NAMED_DETAILS: tuple[tuple[tuple[str, str | None], ...], ...] = (
    (("condition", "x == ${1}"), ("condition_version", "2.0"), ("description", None)),
    (),
    (("condition", None), ("condition_version", None)),
)


def _removals(group: str) -> st.SearchStrategy[DesiredRemoval]:
    allow = st.sets(st.sampled_from(RemovalAllowance)).map(sorted)
    return _NAMES.flatmap(
        lambda name: st.builds(
            lambda pin, allowed: removed(name, *allowed, principal_id=pin, group=group), _pins(name), allow
        )
    )


def _pins(name: str) -> st.SearchStrategy[str | None]:
    """No pin mostly, at times the principal of a live identity of this name, or another."""
    return st.sampled_from([None, None, None, f"principal-of-{name}", "principal-of-another"])


@st.composite
def _desired_groups(draw: st.DrawFn, name: str) -> DesiredGroup:
    owner = draw(st.none() | st.sampled_from(OWNERS))
    policies = [one for one in IdentitiesPolicy if owner is not None or one is not IdentitiesPolicy.OWNED]
    # Without an owner, roles to revoke later are not known again.
    assignments = draw(
        st.sampled_from([one for one in AssignmentsPolicy if owner is not None or one is not AssignmentsPolicy.OWNED])
    )
    exact = assignments is AssignmentsPolicy.EXACT
    ignore = Ignore(
        draw(st.sampled_from([(), ("aks-*",)])),
        draw(st.sampled_from([(), ("hidden-*",)])),
        draw(st.sampled_from([(), ("azwi-*",)])),
    )
    identities = draw(st.lists(_listed_identities(name), max_size=4, unique_by=lambda one: one.resource_id))
    removals = draw(st.lists(_removals(name), max_size=3, unique_by=lambda one: one.resource_id))
    taken = {one.resource_id for one in identities}

    def is_ignored(resource_id: ResourceId) -> bool:
        return bool(ignore.identities) and same_name(resource_id.name[:4], "aks-")

    return desired_group(
        # A manifest that lists or removes what it ignores, or removes what it lists, is refused when it is loaded.
        *(one for one in identities if not is_ignored(one.resource_id)),
        remove=[one for one in removals if one.resource_id not in taken and not is_ignored(one.resource_id)],
        name=name,
        owner=owner,
        default_location=draw(st.none() | _LOCATIONS),
        policy=Policy(
            draw(st.sampled_from(policies)),
            draw(st.sampled_from(TagsPolicy)),
            draw(st.sampled_from(CredentialsPolicy)),
            assignments,
        ),
        role_scopes=draw(st.sampled_from([("/subscriptions/" + SUBSCRIPTION,), (_SCOPE,)])) if exact else (),
        limits=Limits(draw(st.integers(0, 12)), draw(st.integers(0, 100)), draw(st.integers(0, 3))),
        ignore=ignore,
    )
