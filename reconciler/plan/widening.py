"""Which changes give an identity, or somebody else through it, more than there was, and which take something away."""

from typing import TypeGuard

from reconciler.plan.changes import Action, AssignmentChange, Change, CredentialChange
from reconciler.plan.fields import Field
from reconciler.plan.plan import Plan


def is_new_trust(change: Change) -> TypeGuard[CredentialChange]:
    """Whether a change lets somebody sign in as an identity who could not before."""
    return isinstance(change, CredentialChange) and change.action in (Action.CREATE, Action.UPDATE)


def is_wider_role(change: Change) -> TypeGuard[AssignmentChange]:
    """Whether a change gives a role, or gives one without the condition that narrowed it.

    Of two conditions nobody can say which is the narrower one, so that another condition counts as a wider role.
    """
    if not isinstance(change, AssignmentChange):
        return False
    if change.action is not Action.UPDATE:
        return change.action is Action.CREATE
    conditions = (one for one in change.differences if one.kind in (Field.CONDITION, Field.CONDITION_VERSION))
    return any(one.before is not None for one in conditions)


def changes_rights(change: Change) -> TypeGuard[AssignmentChange]:
    """Whether a change gives a role, takes one away, or narrows one otherwise than before."""
    if not isinstance(change, AssignmentChange) or change.action is Action.NO_OP:
        return False
    if change.action is not Action.UPDATE:
        return True
    return any(one.kind in (Field.CONDITION, Field.CONDITION_VERSION) for one in change.differences)


def changes_trust(change: Change) -> TypeGuard[CredentialChange]:
    """Whether a change lets somebody sign in as an identity, or nobody any more who could."""
    return isinstance(change, CredentialChange) and change.action is not Action.NO_OP


def marks_only(change: Change) -> bool:
    """Whether a change of a role assignment says whose it is, and leaves everything that it gives as it lives."""
    is_update = isinstance(change, AssignmentChange) and change.action is Action.UPDATE
    return is_update and all(one.kind is Field.OWNER for one in change.differences)


def revocation_note(plan: Plan) -> tuple[str, ...]:
    """What a delete of a credential or a role does not end; nothing where the plan has none.

    Source: Azure documentation (tokens of managed identities are cached for up to 24 hours and cannot be revoked).
    """
    if not any(is_revocation(change) for change in plan.applicable):
        return ()
    return ("What is revoked ends no token: those that are already issued stay valid for up to 24 hours.",)


def is_revocation(change: Change) -> bool:
    """Whether a change takes trust or a role away."""
    return isinstance(change, CredentialChange | AssignmentChange) and change.action is Action.DELETE
