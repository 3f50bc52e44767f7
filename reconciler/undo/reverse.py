"""The way back from a run: what its journal and the live side together say should be there instead.

An undo is an ordinary run whose manifest nobody wrote. It lists what the run touched and nothing else, so that plan,
guards, apply and a journal of its own work on it as on any other. Nothing is taken back over somebody else's work: only
what still is as the run has left it returns to what it was, and the rest is said.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from reconciler.errors import ReconcilerError, SourcePos
from reconciler.journal import Before, NetEffect, Outcome, RunGroup, RunRecord, net_effects
from reconciler.manifest.desired import (
    Desired,
    DesiredAssignment,
    DesiredCredential,
    DesiredGroup,
    DesiredIdentity,
    DesiredTenant,
    Ignore,
    Limits,
    Policy,
)
from reconciler.model import (
    OWNER_TAG,
    AddressBook,
    AnyId,
    AssignmentId,
    CredentialId,
    FederatedCredential,
    Identity,
    IsolationScope,
    PlannedIdentity,
    ResourceId,
    RoleAssignment,
    Tags,
    Target,
    Trust,
    identity_of,
    same_name,
)
from reconciler.plan import Changes, value_text
from reconciler.undo.notes import gone_for_good, in_git, left_alone, named_role, not_given_back, title


@dataclass(frozen=True, slots=True)
class LiveNow:
    """The live state of what a run touched; None for an identity that does not exist."""

    identities: dict[ResourceId, Identity | None]
    credentials: dict[CredentialId, FederatedCredential]
    assignments: dict[AssignmentId, RoleAssignment] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Undo:
    """What should be there instead, and what may be changed for it.

    Attributes:
        limited_to: the children of identities that may be changed; all others are left alone.
        seen: the live identities from which this was worked out.
        notes: what cannot return, what was left alone and why, and what must change in Git, in sentences.
    """

    desired: Desired
    targets: tuple[Target, ...]
    limited_to: frozenset[AnyId]
    seen: dict[ResourceId, Identity | None]
    notes: tuple[str, ...]

    def check_unmoved(self, changes: Changes) -> None:
        """Raises ReconcilerError where an identity is no longer as it was when the way back was worked out."""
        for change in changes.identities():
            if change.resource_id in self.seen and change.before != self.seen[change.resource_id]:
                raise ReconcilerError(
                    f"{change.resource_id.address} changed while the way back was worked out; nothing was changed.",
                    "Run the same command again.",
                )


def touched_identities(record: RunRecord) -> tuple[ResourceId, ...]:
    """The identities that a run may have changed, or whose credentials or roles it may have changed."""
    return tuple(dict.fromkeys(identity_of(one.resource_id) for one in net_effects(record)))


def make_undo(record: RunRecord, live: LiveNow, journal: str) -> Undo:
    """Work out the way back; `journal` is the file's name."""
    by_identity: dict[ResourceId, list[NetEffect]] = {}
    for effect in net_effects(record):
        by_identity.setdefault(identity_of(effect.resource_id), []).append(effect)
    book = AddressBook(group.group_id for group in record.header.groups)
    ways = [_reverse(identity, effects, live, book) for identity, effects in by_identity.items()]
    notes = [title(record), *_not_made(record, book), *(note for way in ways for note in way.notes)]
    groups = [_group(group, ways, record, journal) for group in record.header.groups]
    targets = (way.identity for way in ways if way.is_target)
    return Undo(
        Desired(tuple(sorted((one for one in groups if one is not None), key=lambda one: one.group_id.key))),
        tuple(Target(one.group_id, one.name, book.short(one)) for one in targets),
        frozenset(one for way in ways for one in way.limited_to),
        live.identities,
        tuple(dict.fromkeys(notes)),
    )


def _not_made(record: RunRecord, book: AddressBook) -> Iterator[str]:
    for call in record.calls:
        if call.outcome is Outcome.STALE:
            yield left_alone(book.short(call.resource_id), "it appeared meanwhile, and the run did not make it")


@dataclass(slots=True)
class _Reversal:
    """One identity's: `desired` is None where it is deleted, or left alone as `is_target` says."""

    identity: ResourceId
    source: SourcePos
    desired: DesiredIdentity | None = None
    is_target: bool = False
    limited_to: list[AnyId] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _group(group: RunGroup, ways: Iterable[_Reversal], record: RunRecord, journal: str) -> DesiredGroup | None:
    within = [way for way in ways if way.is_target and way.identity.group_id == group.group_id]
    if not within:
        return None
    tenant = record.header.tenant
    return DesiredGroup(
        group.group_id,
        None if tenant is None else DesiredTenant(tenant, SourcePos(journal, 1, 1)),
        group.owner,
        # Exact, but only for the targets and the children in `limited_to`.
        Policy(),
        Limits(),
        Ignore(),
        tuple(sorted((way.desired for way in within if way.desired), key=lambda one: one.resource_id.key)),
        min(way.source for way in within),
    )


def _reverse(identity: ResourceId, effects: list[NetEffect], live: LiveNow, book: AddressBook) -> _Reversal:
    own = next((one for one in effects if isinstance(one.resource_id, ResourceId)), None)
    children = [one for one in effects if one is not own]
    way, now, name = _Reversal(identity, effects[0].source), live.identities.get(identity), book.short(identity)
    # Also where a call to delete it went out that is in doubt.
    stays = own is not None and _is_still(own.before, now)
    if own is not None and own.before is None:
        _uncreate(way, own, children, now, name)
    elif own is not None and own.after is None and not stays:
        _recreate(way, own, children, now, book)
    elif now is None:
        way.notes.append(left_alone(name, "it has been deleted since"))
    elif own is not None and not stays:
        way.notes.append(left_alone(name, "it has been deleted and created again since"))
    else:
        _restore(way, own, children, now, live, book)
    return way


def _is_still(before: Before, now: Identity | None) -> bool:
    return now is not None and isinstance(before, Identity) and before.principal_id == now.principal_id


def _uncreate(way: _Reversal, own: NetEffect, children: list[NetEffect], now: Identity | None, name: str) -> None:
    """What the run created goes, where it is still that very principal and still has the owner it was given."""
    if now is None:
        return
    if own.made is None:
        way.notes.append(left_alone(name, "no answer says that the run created it; delete it yourself if it has"))
    elif own.made.principal_id != now.principal_id:
        way.notes.append(left_alone(name, "it has been deleted and created again since"))
    elif own.made.owner != now.owner:
        way.notes.append(left_alone(name, f"its owner is now {value_text(now.owner)}"))
    else:
        way.is_target = True
        way.limited_to += [one.resource_id for one in children]
        way.notes.append(in_git(own, f"take {name} off the list, or the next apply creates it again"))


def _recreate(
    way: _Reversal, own: NetEffect, children: list[NetEffect], now: Identity | None, book: AddressBook
) -> None:
    """What the run deleted comes back, as another principal, with its recorded children."""
    name, before = book.short(way.identity), own.before
    if now is not None or not isinstance(before, Identity):
        way.notes.append(left_alone(name, "there is another identity of its name already"))
        return
    credentials = () if own.children is None else own.children.credentials
    seen = _roles_seen(own, children)
    roles = {(one.scope, one.role_guid): _assignment(one, own.source) for one in seen if one.details is not None}
    unknown = (f"{named_role(one)} of {name} at {one.scope}" for one in seen if one.details is None)
    trusts = None if credentials is None else tuple(_credentials(credentials, own.source))
    way.is_target = True
    way.limited_to += [CredentialId(way.identity, one.name) for one in trusts or ()]
    way.limited_to += [AssignmentId(way.identity, one.role, one.role, one.scope) for one in roles.values()]
    way.desired = DesiredIdentity(
        way.identity,
        before.location,
        _known_scope(before.isolation_scope),
        _tags(before.tags, dict(before.tags)),
        own.source,
        trusts or None,
        tuple(roles.values()) or None,
    )
    way.notes += [
        *gone_for_good(before, own.children, name),
        *(not_given_back(role) for role in unknown),
        in_git(own, f"list {name} again, or the next apply deletes it again"),
    ]


def _roles_seen(own: NetEffect, children: Iterable[NetEffect]) -> list[RoleAssignment]:
    """The roles that a deleted identity had: those that the run took away before, and those that it left."""
    left = own.children.assignments if own.children else None
    return [*(left or ()), *(one.before for one in children if isinstance(one.before, RoleAssignment))]


def _restore(
    way: _Reversal, own: NetEffect | None, children: list[NetEffect], now: Identity, live: LiveNow, book: AddressBook
) -> None:
    """Fields, credentials and roles of an identity that stays return to what they were."""
    tags: dict[str, str | None] = {}
    scope: IsolationScope | None = None
    if own is not None and isinstance(own.before, Identity) and isinstance(own.after, PlannedIdentity):
        tags = dict(_tags_back(way, own.before.tags, own.after.tags, now.tags, book))
        scope = _isolation_scope_back(way, own.before, own.after, now, book)
        _note_fields(way, own, tags, scope, book)
    trusts = [one for effect in children for one in _credential_back(way, effect, live, book)]
    roles = [one for effect in children for one in _role_back(way, effect, now, live, book)]
    way.is_target = bool(tags or scope or way.limited_to)
    way.desired = DesiredIdentity(
        way.identity,
        None,
        scope,
        _tags(now.tags, tags),
        way.source,
        tuple(trusts) if any(isinstance(one, CredentialId) for one in way.limited_to) else None,
        tuple(roles) if any(isinstance(one, AssignmentId) for one in way.limited_to) else None,
    )


def _isolation_scope_back(
    way: _Reversal, before: Identity, after: PlannedIdentity, now: Identity, book: AddressBook
) -> IsolationScope | None:
    old, made, found = (str(one.isolation_scope) for one in (before, after, now))
    if old == made or found == old:
        return None
    if found == made:
        return _known_scope(before.isolation_scope) or IsolationScope.NONE
    way.notes.append(left_alone(book.short(way.identity), f"its isolation scope is now {found}"))
    return None


def _note_fields(
    way: _Reversal, own: NetEffect, tags: Iterable[str], scope: IsolationScope | None, book: AddressBook
) -> None:
    fields = [*(f"tags.{name}" for name in tags), *(["isolationScope"] if scope else [])]
    if fields:
        same = f"{', '.join(fields)} of {book.short(way.identity)}"
        way.notes.append(in_git(own, f"change {same} in the manifest too, or the next apply sets it again"))


def _tags_back(
    way: _Reversal, before: Tags, after: Tags, now: Tags, book: AddressBook
) -> Iterator[tuple[str, str | None]]:
    for name in (*before, *(one for one in after if one not in before)):
        old, made, found = before.get(name), after.get(name), now.get(name)
        if old == made or found == old:
            continue
        if found == made:
            yield name, old
        else:
            way.notes.append(left_alone(f"tags.{name} of {book.short(way.identity)}", f"it is now {value_text(found)}"))


def _credential_back(
    way: _Reversal, effect: NetEffect, live: LiveNow, book: AddressBook
) -> Iterator[DesiredCredential]:
    credential_id, before = effect.resource_id, effect.before
    if not isinstance(credential_id, CredentialId):
        return
    now = live.credentials.get(credential_id)
    found = None if now is None else now.trust
    old = before.trust if isinstance(before, FederatedCredential) else None
    made = effect.after if isinstance(effect.after, Trust) else None
    if (now is None) == (before is None) and found == old:
        return
    if (now is None) != (effect.after is None) or found != made:
        way.notes.append(left_alone(book.short(credential_id), "it is no longer as the run has left it"))
        return
    way.limited_to.append(credential_id)
    way.notes.append(in_git(effect, f"change {book.short(credential_id)} in the manifest too"))
    if old is not None:
        yield DesiredCredential(credential_id.name, old, effect.source)


def _role_back(
    way: _Reversal, effect: NetEffect, now: Identity, live: LiveNow, book: AddressBook
) -> Iterator[DesiredAssignment]:
    assignment_id, known = effect.resource_id, effect.before or effect.after
    if not isinstance(assignment_id, AssignmentId) or not isinstance(known, RoleAssignment):
        return
    if not same_name(known.principal_id, now.principal_id):
        way.notes.append(left_alone(book.short(assignment_id), "its identity has been created again since"))
        return
    before, after = (one if isinstance(one, RoleAssignment) else None for one in (effect.before, effect.after))
    found = live.assignments.get(assignment_id)
    if found is not None and before is not None and found.details == before.details:
        return
    if before is not None and before.details is None:
        way.notes.append(not_given_back(book.short(assignment_id)))
        return
    if _moved(found, before, after):
        way.notes.append(left_alone(book.short(assignment_id), "it is no longer as the run has left it"))
        return
    way.limited_to.append(assignment_id)
    way.notes.append(in_git(effect, f"change {book.short(assignment_id)} in the manifest too"))
    if before is not None:
        yield _assignment(before, effect.source)


def _moved(found: RoleAssignment | None, before: RoleAssignment | None, after: RoleAssignment | None) -> bool:
    """Whether somebody has changed an assignment since; one that a run has made and that is gone needs no undoing."""
    if found is None:
        return before is not None and after is not None
    return after is None or (after.details is not None and found.details != after.details)


def _assignment(recorded: RoleAssignment, source: SourcePos) -> DesiredAssignment:
    """A role as it was: every detail named, so that it does not return wider than it was."""
    details = () if recorded.details is None else recorded.details.named()
    return DesiredAssignment(recorded.role_guid, recorded.scope, source, details)


def _credentials(live: Iterable[FederatedCredential], source: SourcePos) -> Iterator[DesiredCredential]:
    for one in sorted(live, key=lambda one: one.credential_id.key):
        if one.trust is not None:
            yield DesiredCredential(one.credential_id.name, one.trust, source)


def _known_scope(scope: IsolationScope | str) -> IsolationScope | None:
    """A scope as a manifest has it; what it does not know is ARM's to choose."""
    return scope if isinstance(scope, IsolationScope) and scope is not IsolationScope.NONE else None


def _tags(now: Tags, back: dict[str, str | None]) -> tuple[tuple[str, str | None], ...]:
    """Tags to be set; the owner's always among them, so that nothing is adopted on the way back."""
    owner = {OWNER_TAG: now.get(OWNER_TAG)}
    tags = {**owner, **{OWNER_TAG if same_name(name, OWNER_TAG) else name: value for name, value in back.items()}}
    return tuple(sorted(tags.items(), key=lambda pair: pair[0].casefold()))
