"""Which changes give an identity, or somebody else through it, more than there was: new trust, and wider roles."""

from typing import TypeGuard

from reconciler.plan.changes import Action, AssignmentChange, Change, CredentialChange, Field


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
