"""The way back from a run: what its journal and the live side together say should be there instead.

An undo is an ordinary run whose manifest nobody wrote. It lists what the run touched and nothing else, so that plan,
guards, apply and a journal of its own work on it as on any other. Nothing is taken back over somebody else's work: only
what still is as the run has left it returns to what it was, and the rest is said.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from reconciler.errors import ReconcilerError, SourcePos
from reconciler.journal import Before, NetEffect, Outcome, RunGroup, RunRecord, names_of_run, net_effects
from reconciler.manifest.desired import Desired, DesiredGroup, DesiredIdentity, DesiredTenant, Ignore, Limits, Policy
from reconciler.model import (
    AnyId,
    AssignmentId,
    CredentialId,
    Identity,
    Names,
    ResourceId,
    Target,
    identity_of,
    normalize_location,
)
from reconciler.plan import Changes, NotUndone, value_text
from reconciler.undo.git import in_git, may_be_in_git
from reconciler.undo.notes import delete_by_hand, left_alone, lost_with, new_principal, not_looked_for, title
from reconciler.undo.restore import (
    CONDITION_UNKNOWN,
    GIVE_BY_HAND,
    assignment_back,
    credentials_back,
    known_scope,
    restore,
    tags_back,
)
from reconciler.undo.reversal import LiveNow, Reversal, roles_seen


@dataclass(frozen=True, slots=True)
class Undo:
    """What should be there instead, and what may be changed for it.

    Attributes:
        limited_to: the children of identities that may be changed; all others are left alone.
        seen: the live identities from which this was worked out.
        notes: what cannot return, what was left alone since the run has no part in it, and what must change in Git, in
            sentences.
        not_undone: what of the run stays although it is undone.
    """

    desired: Desired
    targets: tuple[Target, ...]
    limited_to: frozenset[AnyId]
    seen: dict[ResourceId, Identity | None]
    notes: tuple[str, ...]
    not_undone: tuple[NotUndone, ...]

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


def make_undo(record: RunRecord, live: LiveNow, journal: str, *, judged_on: date) -> Undo:
    """Work out the way back; `journal` is the file's name.

    Args:
        judged_on: the day, in UTC: what must not exist any more on it is not given back.
    """
    names = names_of_run(record)

    def reverse(identity: ResourceId, effects: list[NetEffect]) -> Reversal:
        way = Reversal(identity, {one.resource_id: one.source for one in effects}, names, journal, judged_on)
        return _leave_orphans(way, effects) if record.header.is_of_orphans else _reverse(way, effects, live)

    ways = [reverse(identity, effects) for identity, effects in _by_identity(record).items()]
    notes = [title(record), *_not_made(record, names), *(note for way in ways for note in way.notes)]
    groups = [one for group in record.header.groups if (one := _group(group, ways, record, journal)) is not None]
    targets = (way.identity for way in ways if way.is_target)
    return Undo(
        Desired(tuple(sorted(groups, key=lambda one: one.group_id.key))),
        tuple(Target(one.group_id, one.name, names.identity(one)) for one in targets),
        frozenset(one for way in ways for one in way.limited_to),
        live.identities,
        tuple(dict.fromkeys(notes)),
        tuple(dict.fromkeys(one for way in ways for one in way.not_undone)),
    )


def _by_identity(record: RunRecord) -> dict[ResourceId, list[NetEffect]]:
    found: dict[ResourceId, list[NetEffect]] = {}
    for effect in net_effects(record):
        found.setdefault(identity_of(effect.resource_id), []).append(effect)
    return found


def _not_made(record: RunRecord, names: Names) -> Iterator[str]:
    for call in record.calls:
        if call.outcome is Outcome.STALE:
            yield left_alone(names.describe(call.resource_id), "it appeared meanwhile, and the run did not make it")


def _group(group: RunGroup, ways: Iterable[Reversal], record: RunRecord, journal: str) -> DesiredGroup | None:
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
        # What the run made is listed nowhere, and goes by the line that once asked for it.
        places={one: place for way in within for one, place in way.places.items()},
    )


def _reverse(way: Reversal, effects: list[NetEffect], live: LiveNow) -> Reversal:
    own = next((one for one in effects if isinstance(one.resource_id, ResourceId)), None)
    children = [one for one in effects if one is not own]
    now = live.identities.get(way.identity)
    # Also where a call to delete it went out that is in doubt.
    stays = own is not None and _is_still(own.before, now)
    if own is not None and own.before is None:
        _uncreate(way, own, children, now)
    elif own is not None and own.after is None and not stays:
        _recreate(way, own, children, now, live)
    elif now is None:
        way.notes.append(left_alone(way.name, "it has been deleted since"))
    elif own is not None and not stays:
        way.notes.append(left_alone(way.name, "it has been deleted and created again since"))
    else:
        restore(way, own, children, now, live)
    return way


def _leave_orphans(way: Reversal, effects: Iterable[NetEffect]) -> Reversal:
    for one in effects:
        way.leave(one.resource_id, "its principal is gone, and a role can be given to nobody")
    return way


def _is_still(before: Before, now: Identity | None) -> bool:
    return now is not None and isinstance(before, Identity) and before.principal_id == now.principal_id


def _uncreate(way: Reversal, own: NetEffect, children: list[NetEffect], now: Identity | None) -> None:
    """What the run created goes, where it is still that very principal and still has the owner it was given."""
    if now is None:
        return
    by_hand = delete_by_hand(way.identity)
    if own.made is None:
        way.leave(way.identity, "no answer says that the run created it", f"if it did, delete it: {by_hand}")
        way.notes.append(may_be_in_git(own, way.name))
    elif own.made.principal_id != now.principal_id:
        way.notes.append(left_alone(way.name, "it has been deleted and created again since"))
    elif own.made.owner != now.owner:
        way.leave(way.identity, f"its owner is now {value_text(now.owner)}", f"if it is to go all the same: {by_hand}")
        way.notes.append(may_be_in_git(own, way.name))
    else:
        way.is_target = True
        way.limited_to += [one.resource_id for one in children]
        way.notes.append(in_git(own, way.name))


def _recreate(way: Reversal, own: NetEffect, children: list[NetEffect], now: Identity | None, live: LiveNow) -> None:
    """What the run deleted comes back, as another principal, with its recorded children."""
    before = own.before
    if not isinstance(before, Identity):
        return
    seen = roles_seen(own, children)
    if now is not None:
        _compare_with_another(way, own, seen, now, live)
        return
    credentials = () if own.children is None else own.children.credentials
    roles = {role: assignment_back(one, own.source) for role, one in seen.items() if one.details is not None}
    trusts = None if credentials is None else tuple(credentials_back(credentials, own.source))
    way.is_target = True
    way.limited_to += [CredentialId(way.identity, one.name) for one in trusts or ()]
    way.limited_to += list(roles)
    way.desired = DesiredIdentity(
        way.identity,
        before.location,
        known_scope(before.isolation_scope),
        tags_back(before.tags, dict(before.tags)),
        own.source,
        trusts or None,
        tuple(roles.values()) or None,
    )
    way.notes += [*new_principal(before, way.name), *not_looked_for(own.children, way.name), in_git(own, way.name)]
    way.not_undone += lost_with(before, own.children)
    for role in seen:
        if role not in roles:
            way.leave(role, CONDITION_UNKNOWN, GIVE_BY_HAND)


def _compare_with_another(
    way: Reversal, own: NetEffect, roles: Iterable[AssignmentId], now: Identity, live: LiveNow
) -> None:
    """Another identity has the name by now, such as an earlier undo of the same run made: nothing is taken back over
    it, and what the deleted one had and it has not is said."""
    before = own.before
    if not isinstance(before, Identity) or _but_for_ids(now) != _but_for_ids(before):
        way.leave(way.identity, "there is another identity of its name already")
        return
    way.notes.append(left_alone(way.name, "it is there again, as another principal"))
    credentials = own.children.credentials if own.children else None
    for one in credentials or ():
        found = live.credentials.get(one.credential_id)
        if one.trust is not None and (found is None or found.trust != one.trust):
            way.leave(one.credential_id, "its identity is there again, and does not have it")
    for role in roles:
        if role not in live.assignments:
            way.leave(role, "its identity is there again, and does not have it")


def _but_for_ids(identity: Identity) -> Identity:
    return replace(identity, principal_id="", client_id="", location=normalize_location(identity.location))
