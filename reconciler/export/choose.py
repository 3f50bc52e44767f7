"""What of a resource group is listed, and what is left to others: the first half of an export.

What Azure manages itself is never listed: groups that it keeps for a service, identities that AKS names, credentials
that it writes, tags that are hidden. Each becomes an `ignore`, so that no later change of a policy touches it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.manifest.rules.globs import matches_any
from reconciler.model import (
    MAX_TAGS,
    OWNER_TAG,
    FederatedCredential,
    Identity,
    LiveGroup,
    ResourceGroup,
    ResourceId,
    RoleAssignment,
)

AKS_IDENTITIES = "aks-*"
HIDDEN_TAGS = "hidden-*"

_GLOB_SIGNS = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Terms:
    """How the caller wants manifests to be.

    Attributes:
        owner: of the manifests; None for manifests that delete nothing.
        exclude: glob patterns of identities that are left out.
        audience: of federated credentials that goes without saying: the cloud's.
        role_assignments: whether roles are listed.
        only: identities to list; None for all. The others of their groups are neither listed nor ignored.
    """

    owner: str | None
    exclude: tuple[str, ...]
    audience: str
    role_assignments: bool = True
    only: frozenset[ResourceId] | None = None


@dataclass(frozen=True, slots=True)
class LiveRole:
    """A role that an identity has.

    Attributes:
        names: how a manifest can name it, the best first: its name where it is the only role of that name, its GUID.
        unlisted: why no manifest that this caller applies can list it; empty where one can.
    """

    assignment: RoleAssignment
    names: tuple[str, ...]
    unlisted: str = ""


@dataclass(frozen=True, slots=True)
class LiveIdentity:
    """An identity to list, with all that it has; `roles` is None where they were not asked for."""

    identity: Identity
    credentials: tuple[FederatedCredential, ...] = ()
    roles: tuple[LiveRole, ...] | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """A glob pattern of identities that are not listed, and why, as a sentence."""

    pattern: str
    why: str


@dataclass(frozen=True, slots=True)
class ChosenGroup:
    """A resource group with the identities to list and the patterns of those that are not.

    `is_worth_writing` is False where the group has no identities, or none but those that the caller excludes.
    """

    group: ResourceGroup
    listed: tuple[Identity, ...]
    ignored: tuple[Ignored, ...]
    is_worth_writing: bool


def choose_identities(live: LiveGroup, terms: Terms) -> ChosenGroup | None:
    """Which identities of a group are listed; None where there is no such group."""
    group = live.resource_group
    if group is None:
        return None
    identities = [one for one in live.identities if terms.only is None or one.resource_id in terms.only]
    ignored = list(dict.fromkeys(_ignored(identities, group, terms)))
    patterns = tuple(one.pattern for one in ignored)
    listed = tuple(one for one in identities if not matches_any(one.resource_id.name, patterns))
    excluded = all(matches_any(one.resource_id.name, terms.exclude) for one in identities)
    return ChosenGroup(group, listed, tuple(ignored), not excluded)


def _ignored(identities: Iterable[Identity], group: ResourceGroup, terms: Terms) -> Iterator[Ignored]:
    names = [one.resource_id.name for one in identities]
    if group.managed_by:
        yield Ignored("*", f"Azure manages this whole group, for {group.managed_by}.")
        return
    if any(matches_any(name, (AKS_IDENTITIES,)) for name in names):
        yield Ignored(AKS_IDENTITIES, "Managed by Azure: AKS names its identities like this.")
    for pattern in terms.exclude:
        if any(matches_any(name, (pattern,)) for name in names):
            yield Ignored(pattern, "Left out of the export by --exclude.")
    for one in identities:
        if terms.owner is not None and one.owner is None and len(one.tags) >= MAX_TAGS:
            why = f"{one.resource_id.name} has {MAX_TAGS} tags: there is no room for `{OWNER_TAG}`."
            yield Ignored(exactly(one.resource_id.name), why)


def exactly(name: str) -> str:
    """The glob pattern that matches a name and nothing else."""
    return _GLOB_SIGNS.sub(lambda sign: f"[{sign[0]}]", name)
