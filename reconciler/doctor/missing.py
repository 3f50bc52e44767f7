"""What a manifest writes in or on and that does not exist: Azure would refuse it, whatever rights are there."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.arm import resource_groups
from reconciler.arm.resources import Resources
from reconciler.doctor.checkup import Check, Standing
from reconciler.errors import CallFailed, LoginError, SourcePos
from reconciler.guards.words import create_group_command
from reconciler.live.scopes import find_missing
from reconciler.manifest.desired import Desired, DesiredIdentity
from reconciler.manifest.scope import is_looked_at
from reconciler.model import ResourceGroupId, Target, identity_at, is_within, normalize_scope

_SHOWN_PLACES = 3
"""So many lines of a manifest are named where all say the same."""


@dataclass(frozen=True, slots=True)
class MissingPlaces:
    """A line for each place that does not exist; `scopes` are their ARM ids, in normal form."""

    checks: tuple[Check, ...]
    scopes: frozenset[str]

    def holds(self, scope: str) -> bool:
        """Whether a scope is one of these places or lies below one, and so cannot exist either."""
        return any(is_within(scope, one) for one in self.scopes)


def find_missing_places(desired: Desired, targets: tuple[Target, ...], resources: Resources) -> MissingPlaces:
    """Resource groups in which identities are listed, and scopes of their roles that no line of the manifest makes.

    What is held is neither made nor given anything. What does not say whether it exists is not among them.

    Raises:
        LoginError: there is no token, or it is refused.
    """
    listed = [one for group in desired.groups for one in group.identities if one.hold is None]
    written = [one for one in listed if is_looked_at(one.resource_id, desired, targets)]
    groups, scopes = _groups(written), _scopes(written, listed)
    gone = _missing_groups((group for group, _ in groups.values()), resources)
    gone |= find_missing((scope for scope, _ in scopes.values()), resources)[0]
    return MissingPlaces((*_group_checks(groups, gone), *_scope_checks(scopes, groups, gone)), gone)


def _groups(written: Iterable[DesiredIdentity]) -> dict[str, tuple[ResourceGroupId, list[SourcePos]]]:
    """The groups of identities by their scope in normal form, each with the lines of these."""
    found: dict[str, tuple[ResourceGroupId, list[SourcePos]]] = {}
    for one in written:
        group = one.resource_id.group_id
        found.setdefault(normalize_scope(str(group)), (group, []))[1].append(one.source)
    return found


def _scopes(
    written: Iterable[DesiredIdentity], listed: Iterable[DesiredIdentity]
) -> dict[str, tuple[str, list[SourcePos]]]:
    """The same of the scopes of roles, each with the lines that give one there."""
    made = {one.resource_id for one in listed}
    found: dict[str, tuple[str, list[SourcePos]]] = {}
    for role in (role for one in written for role in one.role_assignments or ()):
        if identity_at(role.scope) not in made:
            found.setdefault(normalize_scope(role.scope), (role.scope, []))[1].append(role.line)
    return found


def _missing_groups(groups: Iterable[ResourceGroupId], resources: Resources) -> frozenset[str]:
    def look(group_id: ResourceGroupId) -> bool:
        try:
            return resource_groups.get(resources.client, group_id) is None
        except LoginError:
            raise
        except CallFailed:
            return False

    found = resources.pairs("Looking for resource groups", look, groups)
    return frozenset(normalize_scope(str(group_id)) for group_id, is_missing in found if is_missing)


def _group_checks(groups: dict[str, tuple[ResourceGroupId, list[SourcePos]]], gone: frozenset[str]) -> Iterator[Check]:
    for key, (group, places) in groups.items():
        if key in gone:
            detail = f"{_named(places)}: resource group {group.resource_group} does not exist"
            yield Check("group", Standing.FAILED, detail, f"Create it first: {create_group_command(group)}", str(group))


def _scope_checks(
    scopes: dict[str, tuple[str, list[SourcePos]]], listed: Iterable[str], gone: frozenset[str]
) -> Iterator[Check]:
    for key, (scope, places) in scopes.items():
        if key in gone and key not in listed:
            detail = f"{_named(places)}: {scope} does not exist"
            hint = "Correct the scope in the manifest, or create what it names first."
            yield Check("scope", Standing.FAILED, detail, hint, scope)


def _named(places: Sequence[SourcePos]) -> str:
    """The first places, as `FILE:LINE`, and how many more there are."""
    lines = list(dict.fromkeys(f"{place.file}:{place.line}" for place in places))
    more = len(lines) - _SHOWN_PLACES
    return ", ".join(lines[:_SHOWN_PLACES]) + (f" and {more} more" if more > 0 else "")
