"""The guard over what a sign-in log shows in use: an identity, or a federated credential, that somebody signs in with.

Where no log was named, or it could not be read, or shows nothing, this guard is silent, and every other one judges as
before: silence lifts nothing.
"""

from collections.abc import Iterator

from reconciler.guards.allowances import Allowances, is_lifted, ways_to_lift
from reconciler.guards.words import ids_of
from reconciler.model import Violation
from reconciler.model.sign_in.last import LastSignIn
from reconciler.plan import Action, Change, Changes, CredentialChange, IdentityChange

CODE = "recently-used"

RECENT_DAYS = 30
"""A sign-in of so many last days refuses a delete: what runs once a month has used it within them, or nearly so."""

_TOKENS = "an app may hold a token for up to 24 hours, and fails only then"
"""Source: Microsoft Entra documentation (tokens of managed identities are cached for up to 24 hours)."""


def check_recently_used(changes: Changes, allowances: Allowances) -> Iterator[Violation]:
    """Refuse deleting an identity, or a credential of one that stays, with a sign-in of the last 30 days."""
    for change in changes:
        known = _last_sign_in(change)
        if known is None or not known.is_within(RECENT_DAYS) or is_lifted(CODE, change, changes, allowances):
            continue
        yield Violation(
            code=CODE,
            about=change.resource_id,
            message=f"recently used; last sign-in {known.text}; {_TOKENS}",
            hint=f"Move who signs in with it elsewhere first. If they may break: {_ways(change, changes)}.",
            refused=ids_of([change]),
        )


def _last_sign_in(change: Change) -> LastSignIn | None:
    match change:
        case IdentityChange(action=Action.DELETE):
            return None if change.impact is None else change.impact.last_sign_in
        case CredentialChange(action=Action.DELETE):
            return change.last_sign_in
    return None


def _ways(change: Change, changes: Changes) -> str:
    if isinstance(change, IdentityChange):
        return ways_to_lift(CODE, change, changes)
    return f"--allow {CODE}={changes.addresses.short(change.resource_id)}"
