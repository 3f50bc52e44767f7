"""Guards over who an identity is and what it is to stay for: protection, pinned principals, and the run's own identity.

None of them judges how much is deleted. What they refuse is refused under every policy, a deletion that the manifest
names under `remove` included.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.guards.allowances import Allowances
from reconciler.guards.words import ids_of
from reconciler.model import PROTECT_TAG, Identity, Violation, same_name
from reconciler.plan import Action, AssignmentChange, Changes, CredentialChange, IdentityChange


@dataclass(frozen=True, slots=True)
class Runner:
    """Who a run is signed in as, by its token's claims; None for what the token does not say.

    Both are None for who is known to be no identity, as the user of the embedded sandbox is.
    """

    object_id: str | None = None
    client_id: str | None = None

    def is_identity(self, identity: Identity) -> bool:
        """Whether a live identity is the one that the run is signed in as."""
        ours = ((self.object_id, identity.principal_id), (self.client_id, identity.client_id))
        return any(claim is not None and same_name(claim, live) for claim, live in ours)


_UNKNOWN_RUNNER = "The guard `self` was not checked: the token does not say which principal this run uses."


def unknown_runner(changes: Changes, runner: Runner | None) -> tuple[str, ...]:
    """What there is to say where the guard `self` cannot know; nothing where nothing is deleted."""
    if runner is not None or all(change.action is not Action.DELETE for change in changes):
        return ()
    return (_UNKNOWN_RUNNER,)


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


def check_self(changes: Changes, allowances: Allowances, runner: Runner | None) -> Iterator[Violation]:
    """Refuse what would lock this run out: deleting the identity that it is signed in as, or that one's own access.

    `runner` is None where nobody knows; then nothing is refused, and the run says so.
    """
    if runner is None:
        return
    going = {change.resource_id for change in changes.identities() if change.action is Action.DELETE}
    for change in changes:
        if change.action is not Action.DELETE or change.identity is None or not runner.is_identity(change.identity):
            continue
        if isinstance(change, IdentityChange):
            yield Violation(
                code="self",
                about=change.resource_id,
                message="would delete the identity that this run is signed in as",
                hint="Nothing lifts this. Keep it on the list; or, to delete it, run as another principal.",
                refused=ids_of([change]),
            )
        elif change.resource_id.identity not in going and not allowances.lift(
            "self", change.resource_id, changes.addresses
        ):
            yield _own_access(change, changes)


def _own_access(change: CredentialChange | AssignmentChange, changes: Changes) -> Violation:
    what = "federated credential" if isinstance(change, CredentialChange) else "role assignment"
    return Violation(
        code="self",
        about=change.resource_id,
        message=f"would delete a {what} of the identity that this run is signed in as",
        hint=f"If it is meant: --allow self={changes.addresses.short(change.resource_id)}. Afterwards this pipeline may"
        " no longer be able to sign in, or to do its work.",
        refused=ids_of([change]),
    )
