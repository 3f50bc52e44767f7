"""Guards over who an identity is and what it is to stay for: protection, and pinned principals.

None of them judges how much is deleted. What they refuse is refused under every policy, a deletion that the manifest
names under `remove` included.
"""

from collections.abc import Iterator

from reconciler.guards.allowances import Allowances
from reconciler.guards.words import ids_of
from reconciler.manifest.desired import DesiredIdentity, DesiredRemoval
from reconciler.model import PROTECT_TAG, Identity, Violation, same_name
from reconciler.plan import Action, Changes, IdentityChange


def check_protected(changes: Changes, _: Allowances) -> Iterator[Violation]:
    """Refuse deleting an identity that has the tag of protection, as it was before this run."""
    for change in changes.identities():
        match change:
            case IdentityChange(action=Action.DELETE, before=Identity(is_protected=True)):
                yield Violation(
                    code="protected",
                    about=change.resource_id,
                    message=f"would delete an identity that has the tag {PROTECT_TAG}",
                    hint="Nothing lifts this in the same run. To delete it: list it with protect: false, apply that,"
                    " and have it deleted by a later run.",
                    refused=ids_of([change]),
                )


def check_principal(changes: Changes, _: Allowances) -> Iterator[Violation]:
    """Refuse touching an identity whose name the manifest pins to another principal.

    A pinned removal of a name that nothing has is done, not refused.
    """
    for change in changes.identities():
        match change:
            case IdentityChange(desired=DesiredIdentity(expected_principal_id=str(pinned))):
                key = "expect"
            case IdentityChange(removal=DesiredRemoval(principal_id=str(pinned)), before=Identity()):
                key = "remove"
            case _:
                continue
        live = None if change.before is None else change.before.principal_id
        if live is not None and same_name(pinned, live):
            continue
        found = "no identity of this name is live" if live is None else f"the live identity of this name is {live}"
        yield Violation(
            code="principal-changed",
            about=change.resource_id,
            message=f"the manifest pins it to the principal {pinned}, but {found}",
            hint=_HINTS[key, live is None].format(place=change.source, live=live),
            refused=ids_of([change]),
        )


_HINTS = {
    ("expect", False): "Another identity now has this name. If it is the right one, set expect.principalId: {live} at"
    " {place}, and move the roles and trust of the old one.",
    ("expect", True): "Find out who deleted it. To create it again, as a new principal: remove expect at {place}.",
    ("remove", False): "Another identity now has this name. To delete it too, set principalId: {live} at {place};"
    " otherwise take the entry off.",
}
