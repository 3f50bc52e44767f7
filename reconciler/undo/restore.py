"""What returns of an identity that stays, field by field: only what still is as the run has left it."""

from collections.abc import Iterable, Iterator

from reconciler.errors import SourcePos
from reconciler.journal import NetEffect
from reconciler.manifest.desired import DesiredAssignment, DesiredCredential, DesiredIdentity
from reconciler.model import (
    OWNER_TAG,
    AssignmentId,
    CredentialId,
    FederatedCredential,
    Identity,
    IsolationScope,
    PlannedIdentity,
    RoleAssignment,
    Tags,
    Trust,
    same_name,
)
from reconciler.plan import value_text
from reconciler.undo.git import in_git
from reconciler.undo.notes import left_alone
from reconciler.undo.reversal import LiveNow, Reversal

CONDITION_UNKNOWN = "its condition was not recorded; without one, it could be wider than it was"
GIVE_BY_HAND = "give it again by hand, with the condition that it had"
_CHANGED = "it is no longer as the run has left it"


def restore(way: Reversal, own: NetEffect | None, children: list[NetEffect], now: Identity, live: LiveNow) -> None:
    """Fields, credentials and roles of an identity that stays return to what they were."""
    tags: dict[str, str | None] = {}
    scope: IsolationScope | None = None
    if own is not None and isinstance(own.before, Identity) and isinstance(own.after, PlannedIdentity):
        tags = dict(_tags_to_return(way, own.before.tags, own.after.tags, now.tags))
        scope = _isolation_scope_back(way, own.before, own.after, now)
        _note_fields(way, own, tags, scope)
    trusts = [one for effect in children for one in _credential_back(way, effect, live)]
    roles = [one for effect in children for one in _role_back(way, effect, now, live)]
    way.is_target = bool(tags or scope or way.limited_to)
    way.desired = DesiredIdentity(
        way.identity,
        None,
        scope,
        tags_back(now.tags, tags),
        way.source,
        tuple(trusts) if any(isinstance(one, CredentialId) for one in way.limited_to) else None,
        tuple(roles) if any(isinstance(one, AssignmentId) for one in way.limited_to) else None,
    )


def _isolation_scope_back(
    way: Reversal, before: Identity, after: PlannedIdentity, now: Identity
) -> IsolationScope | None:
    old, made, found = (str(one.isolation_scope) for one in (before, after, now))
    if old == made or found == old:
        return None
    if found == made:
        return known_scope(before.isolation_scope) or IsolationScope.NONE
    way.leave(way.identity, f"it is now {found}", part="isolationScope")
    return None


def _note_fields(way: Reversal, own: NetEffect, tags: Iterable[str], scope: IsolationScope | None) -> None:
    fields = [*(f"tags.{name}" for name in tags), *(["isolationScope"] if scope else [])]
    if fields:
        way.notes.append(in_git(own, way.name, fields))


def _tags_to_return(way: Reversal, before: Tags, after: Tags, now: Tags) -> Iterator[tuple[str, str | None]]:
    for name in (*before, *(one for one in after if one not in before)):
        old, made, found = before.get(name), after.get(name), now.get(name)
        if old == made or found == old:
            continue
        if found == made:
            yield name, old
        else:
            way.leave(way.identity, f"it is now {value_text(found)}", part=f"tags.{name}")


def _credential_back(way: Reversal, effect: NetEffect, live: LiveNow) -> Iterator[DesiredCredential]:
    credential_id, before = effect.resource_id, effect.before
    if not isinstance(credential_id, CredentialId):
        return
    now = live.credentials.get(credential_id)
    found = None if now is None else now.trust
    old = before.trust if isinstance(before, FederatedCredential) else None
    made = effect.after if isinstance(effect.after, Trust) else None
    if (now is None) == (before is None) and found == old:
        return
    if _stays_expired(way, effect):
        return
    if (now is None) != (effect.after is None) or found != made:
        way.leave(credential_id, _CHANGED)
        return
    if before is not None and old is None:
        way.leave(credential_id, "it was flexible or had several audiences", "create it by hand")
        return
    way.limited_to.append(credential_id)
    way.notes.append(in_git(effect, way.names.describe(credential_id)))
    if old is not None:
        yield DesiredCredential(credential_id.name, old, effect.source)


def _stays_expired(way: Reversal, effect: NetEffect) -> bool:
    """Whether what was there before the run must not be there any more: then it is not given back, which is said."""
    if effect.before is None or effect.expires is None or way.judged_on < effect.expires:
        return False
    way.leave(effect.resource_id, f"it has expired on {effect.expires}", "list it with a later day, and apply")
    return True


def _role_back(way: Reversal, effect: NetEffect, now: Identity, live: LiveNow) -> Iterator[DesiredAssignment]:
    assignment_id, known = effect.resource_id, effect.before or effect.after
    if not isinstance(assignment_id, AssignmentId) or not isinstance(known, RoleAssignment):
        return
    if not same_name(known.principal_id, now.principal_id):
        _leave_old_principals(way, assignment_id, effect)
        return
    before, after = (one if isinstance(one, RoleAssignment) else None for one in (effect.before, effect.after))
    found = live.assignments.get(assignment_id)
    if found is not None and before is not None and found.details == before.details:
        return
    if _stays_expired(way, effect):
        return
    if before is not None and before.details is None:
        way.leave(assignment_id, CONDITION_UNKNOWN, GIVE_BY_HAND)
        return
    if _moved(found, before, after):
        way.leave(assignment_id, _CHANGED)
        return
    way.limited_to.append(assignment_id)
    way.notes.append(in_git(effect, way.names.describe(assignment_id)))
    if before is not None:
        yield assignment_back(before, effect.source)


def _leave_old_principals(way: Reversal, assignment_id: AssignmentId, effect: NetEffect) -> None:
    """A role of a principal that is gone: what the run gave went with it, what it took is nobody's to give back."""
    because = "its identity has been created again since"
    if effect.before is None:
        way.notes.append(left_alone(way.names.describe(assignment_id), because))
    else:
        way.leave(assignment_id, because)


def _moved(found: RoleAssignment | None, before: RoleAssignment | None, after: RoleAssignment | None) -> bool:
    """Whether somebody has changed an assignment since; one that a run has made and that is gone needs no undoing."""
    if found is None:
        return before is not None and after is not None
    return after is None or (after.details is not None and found.details != after.details)


def assignment_back(recorded: RoleAssignment, source: SourcePos) -> DesiredAssignment:
    """A role as it was: every detail named, so that it does not return wider than it was."""
    details = () if recorded.details is None else recorded.details.named()
    return DesiredAssignment(recorded.role_guid, recorded.scope, source, details)


def credentials_back(live: Iterable[FederatedCredential], source: SourcePos) -> Iterator[DesiredCredential]:
    """The credentials of a deleted identity as they were, but for those that no manifest can express."""
    for one in sorted(live, key=lambda one: one.credential_id.key):
        if one.trust is not None:
            yield DesiredCredential(one.credential_id.name, one.trust, source)


def known_scope(scope: IsolationScope | str) -> IsolationScope | None:
    """A scope as a manifest has it; what it does not know is ARM's to choose."""
    return scope if isinstance(scope, IsolationScope) and scope is not IsolationScope.NONE else None


def tags_back(now: Tags, back: dict[str, str | None]) -> tuple[tuple[str, str | None], ...]:
    """Tags to be set; the owner's always among them, so that nothing is adopted on the way back."""
    owner = {OWNER_TAG: now.get(OWNER_TAG)}
    tags = {**owner, **{OWNER_TAG if same_name(name, OWNER_TAG) else name: value for name, value in back.items()}}
    return tuple(sorted(tags.items(), key=lambda pair: pair[0].casefold()))
