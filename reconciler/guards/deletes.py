"""Guards over who an identity is and what it is to stay for: protection, and pinned principals.

None of them judges how much is deleted. What they refuse is refused under every policy, a deletion that the manifest
names under `remove` included.
"""

from collections.abc import Iterator

from reconciler.guards.allowances import Allowances
from reconciler.guards.words import ids_of
from reconciler.model import PROTECT_TAG, Violation, same_name
from reconciler.plan import Action, Changes


def check_protected(changes: Changes, _: Allowances) -> Iterator[Violation]:
    """Refuse deleting an identity that has the tag of protection, as it was before this run."""
    for change in changes.identities():
        if change.action is Action.DELETE and change.before is not None and change.before.is_protected:
            yield Violation(
                code="protected",
                about=change.resource_id,
                message=f"would delete an identity that has the tag {PROTECT_TAG}",
                hint="Nothing lifts this in the same run. To delete it: list it with protect: false, apply that, and"
                " have it deleted by a later run.",
                refused=ids_of([change]),
            )


def check_principal(changes: Changes, _: Allowances) -> Iterator[Violation]:
    """Refuse touching an identity whose name the manifest pins to another principal.

    A pinned removal of a name that nothing has is done, not refused.
    """
    for change in changes.identities():
        if change.desired is not None:
            pinned, key = change.desired.expected_principal_id, "expect"
        elif change.removal is not None and change.before is not None:
            pinned, key = change.removal.principal_id, "remove"
        else:
            continue
        live = None if change.before is None else change.before.principal_id
        if pinned is None or (live is not None and same_name(pinned, live)):
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
