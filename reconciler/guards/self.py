"""The guard over the identity that a run is signed in as: it neither locks itself out nor gives itself more.

A run that deletes its own identity, or takes away its own trust or roles, may not be able to finish. One that gives
itself more obeys whoever wrote the line, with all that it may do.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.guards.allowances import Allowances
from reconciler.guards.words import ids_of
from reconciler.model import Identity, Violation, same_name, shell_command
from reconciler.plan import (
    AccessChange,
    Action,
    AssignmentChange,
    Changes,
    CredentialChange,
    IdentityChange,
    marks_only,
)


@dataclass(frozen=True, slots=True)
class Runner:
    """Who carries a plan out, by a token's claims; None for what is not known.

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
    """What there is to say where the guard `self` cannot know; nothing where there is nothing to judge."""
    return () if runner is not None or not any(_judged(changes)) else (_UNKNOWN_RUNNER,)


def _judged(changes: Changes) -> Iterator[tuple[IdentityChange | AccessChange, Identity]]:
    """Deletes of live identities, and all changes of their credentials and roles, each with the identity."""
    for change in changes:
        match change:
            case IdentityChange(action=Action.DELETE, before=Identity() as identity):
                yield change, identity
            case CredentialChange() | AssignmentChange() if change.action is not Action.NO_OP and change.identity:
                yield change, change.identity


def check_self(changes: Changes, allowances: Allowances, runner: Runner | None) -> Iterator[Violation]:
    """Refuse deleting the identity that this run is signed in as, and any change of its credentials and roles.

    `runner` is None where nobody knows; then nothing is refused, and the run says so.
    """
    if runner is None:
        return
    going = {change.resource_id for change in changes.identities() if change.action is Action.DELETE}
    for change, identity in _judged(changes):
        if not runner.is_identity(identity):
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


def _own_access(change: AccessChange, changes: Changes) -> Violation:
    what = "federated credential" if isinstance(change, CredentialChange) else "role assignment"
    flag = shell_command("--allow", f"self={changes.addresses.short(change.resource_id)}")
    return Violation(
        code="self",
        about=change.resource_id,
        message=f"would {change.action} a {what} of the identity that this run is signed in as",
        hint=f"If it is meant: {flag}. {_ADOPTED if marks_only(change) else _AFTERWARDS[change.action]}",
        refused=ids_of([change]),
    )


_LOCKED_OUT = "Afterwards this pipeline may no longer be able to sign in, or to do its work."

_ADOPTED = "It changes no right; afterwards, the role goes when its line does."

_AFTERWARDS = {
    Action.CREATE: "Afterwards this pipeline, or whoever the manifest trusts, can do more than now.",
    Action.UPDATE: _LOCKED_OUT,
    Action.DELETE: _LOCKED_OUT,
}
