"""Whether the scopes of roles exist, so that a plan does not promise what ARM will refuse half-way.

Only scopes of which nothing else has shown it are asked for, each once.
"""

from collections.abc import Iterable

from reconciler.arm.resources import Resources
from reconciler.errors import CallFailed
from reconciler.live.may_read import why_not
from reconciler.model import NotRead, identity_at, normalize_scope
from reconciler.plan import Action, AssignmentChange, Changes


def read_scopes(changes: Changes, resources: Resources) -> tuple[frozenset[str], tuple[NotRead, ...]]:
    """The scopes at which roles would be given and that do not exist, in their normal form; and what does not say.

    A scope that is an identity of the comparison, or lies below one, is not asked for.
    """
    identities = {change.resource_id for change in changes.identities()}
    given = (one for one in changes.access() if isinstance(one, AssignmentChange) and one.action is Action.CREATE)
    known = _known(changes)
    asked = [one.resource_id.scope for one in given if identity_at(one.resource_id.scope) not in identities]
    return find_missing((one for one in asked if normalize_scope(one) not in known), resources)


def _known(changes: Changes) -> set[str]:
    """The root, and the subscriptions and groups in which identities have been read."""
    groups = [group.group.group_id for group in changes.groups]
    # A group that does not exist is refused for the identities in it.
    return {
        "",
        *(normalize_scope(place) for one in groups for place in (str(one), f"/subscriptions/{one.subscription_id}")),
    }


def find_missing(scopes: Iterable[str], resources: Resources) -> tuple[frozenset[str], tuple[NotRead, ...]]:
    """Those of some scopes that do not exist, in their normal form; and what does not say."""
    by_key = {normalize_scope(scope): scope for scope in scopes}

    def look(key: str) -> bool | NotRead:
        try:
            return resources.assignments.has_scope(by_key[key])
        except CallFailed as error:
            return NotRead("Scopes of roles", by_key[key], why_not(error))

    found = dict(resources.pairs("Looking for scopes", look, by_key))
    missing = frozenset(key for key, exists in found.items() if exists is False)
    return missing, tuple(one for one in found.values() if isinstance(one, NotRead))
