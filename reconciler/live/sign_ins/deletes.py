"""What the sign-in log says of the identities and credentials that a run would delete."""

from collections.abc import Iterator
from dataclasses import replace

from reconciler.live.azure import Azure
from reconciler.live.sign_ins.read import SignInLog, find_sign_in_log
from reconciler.model import UNREAD, Access, Identity
from reconciler.plan import AccessChange, Action, Changes, CredentialChange, GroupChanges, IdentityChange


def with_sign_ins(changes: Changes, access: Access, azure: Azure) -> Changes:
    """The comparison with the last sign-ins of what would be deleted; as it is where no log is named, or nothing is."""
    going = list(_going(changes))
    if azure.sign_in_logs is None or not going:
        return changes
    log = find_sign_in_log(going, azure.sign_in_logs, changes.judged_on, azure.resources)
    return replace(changes, groups=tuple(_with_log(group, log, access) for group in changes.groups))


def _going(changes: Changes) -> Iterator[Identity]:
    for change in changes:
        if change.action is Action.DELETE and isinstance(change, IdentityChange | CredentialChange) and change.identity:
            yield change.identity


def _with_log(group: GroupChanges, log: SignInLog, access: Access) -> GroupChanges:
    changes = tuple(_identity_with_log(one, log) for one in group.changes)
    return replace(group, changes=changes, access=tuple(_child_with_log(one, log, access) for one in group.access))


def _identity_with_log(change: IdentityChange, log: SignInLog) -> IdentityChange:
    if change.action is not Action.DELETE or change.before is None:
        return change
    impact = change.impact or UNREAD
    # What is not known to be all of its credentials cannot be the only one.
    known = impact.credentials.found if impact.credentials.not_checked is None else ()
    return replace(change, impact=replace(impact, last_sign_in=log.of_identity(change.before, known)))


def _child_with_log(change: AccessChange, log: SignInLog, access: Access) -> AccessChange:
    match change:
        case CredentialChange(action=Action.DELETE, identity=Identity() as identity) if change.before is not None:
            others = len(access.credentials.get(identity.resource_id, ())) - 1
            return replace(change, last_sign_in=log.of_credential(change.before, identity, others))
    return change
