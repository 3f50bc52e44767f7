"""Generated manifests and live states, for properties that must hold whatever the two say.

Names, tags and owners come from small pools with spellings that differ only in case, because a wide range of names
would hardly ever put the same one on both sides.
"""

from dataclasses import dataclass
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from reconciler.manifest.desired import (
    Desired,
    DesiredGroup,
    DesiredIdentity,
    IdentitiesPolicy,
    Ignore,
    Limits,
    Policy,
    TagsPolicy,
)
from reconciler.model import OWNER_TAG, Identity, IsolationScope, Live, LiveGroup, ResourceId
from tests.builders import desired_group, listed, live_group, live_identity, live_of

Value = TypeVar("Value")

FEW_EXAMPLES = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For properties over whole states, which take long to make; a busy machine must not fail them."""

GROUPS = ("rg-app", "rg-data")
OWNERS = ("team-a", "team-b")

_NAMES = st.sampled_from(["id-api", "ID-Api", "id-job", "id-old", "aks-pool", "AKS-Pool"])
_LOCATIONS = st.sampled_from(["westeurope", "northeurope"])
_SCOPES = st.sampled_from(IsolationScope)
_TAG_NAMES = st.sampled_from(["env", "Env", "team", "cost", "hidden-link"])
_TAG_VALUES = st.sampled_from(["", "prod", "Prod", "4711"])


@dataclass(frozen=True, slots=True)
class World:
    """A manifest and the live state of the groups that it names."""

    desired: Desired
    live: Live


def resource_ids() -> st.SearchStrategy[ResourceId]:
    """Ids with every kind of character that Azure admits.

    Source: Azure documentation on resource names (groups also take letters of any script, dots and parentheses).
    """
    groups = st.text(st.characters(categories=["L", "Nd"], include_characters="_-.()"), min_size=1, max_size=90)
    names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}", fullmatch=True)
    return st.builds(ResourceId, st.uuids().map(str), groups, names)


def tag_maps() -> st.SearchStrategy[dict[str, str]]:
    """Tags of a live identity, an owner of ours or of others at times among them."""
    return st.builds(_with_owner, _one_spelling(_TAG_VALUES), st.none() | st.sampled_from(OWNERS))


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


def _one_spelling(values: st.SearchStrategy[Value]) -> st.SearchStrategy[dict[str, Value]]:
    pairs = st.lists(st.tuples(_TAG_NAMES, values), max_size=3, unique_by=lambda pair: pair[0].casefold())
    return pairs.map(dict)


def _with_owner(tags: dict[str, str], owner: str | None) -> dict[str, str]:
    return tags if owner is None else {**tags, OWNER_TAG: owner}


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
    return st.builds(
        lambda name, location, scope, tags: listed(
            name, group=group, location=location, isolation_scope=scope, tags=tags
        ),
        _NAMES,
        st.none() | _LOCATIONS,
        st.none() | _SCOPES,
        _one_spelling(st.none() | _TAG_VALUES),
    )


@st.composite
def _desired_groups(draw: st.DrawFn, name: str) -> DesiredGroup:
    owner = draw(st.none() | st.sampled_from(OWNERS))
    policies = [one for one in IdentitiesPolicy if owner is not None or one is not IdentitiesPolicy.OWNED]
    ignore = Ignore(draw(st.sampled_from([(), ("aks-*",)])), draw(st.sampled_from([(), ("hidden-*",)])))
    identities = draw(st.lists(_listed_identities(name), max_size=4, unique_by=lambda one: one.resource_id))
    return desired_group(
        # A manifest that lists what it ignores is refused when it is loaded.
        *(one for one in identities if not (ignore.identities and one.resource_id.name.casefold().startswith("aks-"))),
        name=name,
        owner=owner,
        default_location=draw(st.none() | _LOCATIONS),
        policy=Policy(draw(st.sampled_from(policies)), draw(st.sampled_from(TagsPolicy))),
        limits=Limits(draw(st.integers(0, 12)), draw(st.integers(0, 100))),
        ignore=ignore,
    )
