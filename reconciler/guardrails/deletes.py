"""What guardrails say of what a run takes away: identities, their credentials and roles, and their protection."""

from collections.abc import Iterator

from reconciler.guardrails.model import Guardrails
from reconciler.guardrails.rules import removal_breaches
from reconciler.guardrails.words import Breach
from reconciler.guards.words import count, ids_of, named
from reconciler.model import PROTECT_TAG, Violation
from reconciler.plan import Action, Changes, GroupChanges, IdentityChange


def check_deletes(rails: Guardrails, changes: Changes) -> Iterator[Violation]:
    """Identities that may not be deleted: not named, not pinned, past a guard that is not to be lifted, too many."""
    for group in changes.groups:
        yield from _check_named(rails, changes, group)
        yield from _check_entries(rails, group)
    deletes = [one for group in changes.groups for one in group.deletes()]
    most = rails.deletes.most
    if most is not None and len(deletes) > most.most:
        what = f"{count(len(deletes), 'identity')} would be deleted in this run, and at most {most.most} may be"
        yield Breach("deletes.maxPerRun", most.source, what).violation(rails, None, ids_of(deletes))


def _check_named(rails: Guardrails, changes: Changes, group: GroupChanges) -> Iterator[Violation]:
    unnamed = [one for one in group.deletes() if one.removal is None]
    if rails.deletes.only_named is None or not unnamed:
        return
    book = changes.addresses
    names = named([book.short(one.resource_id) for one in unnamed])
    what = f"{count(len(unnamed), 'identity')} would be deleted that no entry of `remove` names: {names}"
    about = unnamed[0].resource_id if len(unnamed) == 1 else group.group.group_id
    yield Breach("deletes.onlyNamed", rails.deletes.only_named, what).violation(rails, about, ids_of(unnamed))


def _check_entries(rails: Guardrails, group: GroupChanges) -> Iterator[Violation]:
    for change in group.deletes():
        for breach in () if change.removal is None else removal_breaches(rails, change.removal):
            yield breach.violation(rails, change.resource_id, ids_of([change]))


def check_revokes(rails: Guardrails, changes: Changes) -> Iterator[Violation]:
    """Too many credentials and role assignments that would be deleted and do not go with their identity."""
    revoked = [one for group in changes.groups for one in group.revokes()]
    most = rails.revokes
    if most is not None and len(revoked) > most.most:
        what = (
            f"{len(revoked)} credentials and role assignments would be deleted that do not go with their identity, and"
            f" at most {most.most} may be"
        )
        yield Breach("revokes.maxPerRun", most.source, what).violation(rails, None, ids_of(revoked))


def check_protection(rails: Guardrails, changes: Changes) -> Iterator[Violation]:
    """Identities whose protection would be taken away."""
    if rails.keeps_protection is None:
        return
    for change in changes.identities():
        if _loses_protection(change):
            breach = Breach("protect.lift", rails.keeps_protection, f"would take the tag {PROTECT_TAG} away")
            yield breach.violation(rails, change.resource_id, ids_of([change]))


def _loses_protection(change: IdentityChange) -> bool:
    if change.action is not Action.UPDATE or change.before is None or change.after is None:
        return False
    return change.before.is_protected and PROTECT_TAG not in change.after.tags
