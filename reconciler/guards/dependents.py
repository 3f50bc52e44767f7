"""What cannot happen without a change that is refused, and so is refused with it.

A guard sees its own reason alone. Without the change that it holds back, Azure would refuse whatever needs that change
first, in this run and in every later one; or what is exchanged would be missing, as the old one goes and the new one
does not come. So the verdict of all guards together is closed here, in one place.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.guards.words import changes_below, named
from reconciler.model import MAX_CREDENTIALS, AddressBook, AnyId, ResourceId, Violation, describe_scope, identity_at
from reconciler.plan import AccessChange, Action, AssignmentChange, Changes, CredentialChange, marks_only


@dataclass(frozen=True, slots=True)
class _Need:
    """That a change cannot happen before another; `what` is what it needs, "" where the addresses say it."""

    change: AnyId
    other: AnyId
    what: str = ""


_Needs = Mapping[AnyId, list[_Need]]
"""Needs by the change that is needed."""


def hold_dependents(violations: Iterable[Violation], changes: Changes) -> tuple[Violation, ...]:
    """The same violations, each with all that cannot happen without what it refuses, and that in its words."""
    judged = tuple(violations)
    needs = list(_needs(changes))
    while True:
        by_other = _by_other(needs)
        refused = {one for violation in judged for one in _closed(violation, by_other)}
        # Each turn refuses more creates, which may keep more deletes, and these more places.
        more = list(_place_needs(changes, refused))
        if not more:
            return tuple(_with_dependents(violation, by_other, changes.addresses) for violation in judged)
        needs += more


def _by_other(needs: Iterable[_Need]) -> _Needs:
    by_other: dict[AnyId, list[_Need]] = {}
    for need in needs:
        by_other.setdefault(need.other, []).append(need)
    return by_other


def _closed(violation: Violation, needs: _Needs) -> dict[AnyId, str]:
    """What a violation refuses, and then what needs any of that, each with what it needs."""
    found = dict.fromkeys(violation.refused, "")
    waiting = list(found)
    while waiting:
        for need in needs.get(waiting.pop(0), ()):
            if need.change not in found:
                found[need.change] = need.what
                waiting.append(need.change)
    return found


def _with_dependents(violation: Violation, needs: _Needs, book: AddressBook) -> Violation:
    closed = _closed(violation, needs)
    names = [f"{book.short(one)} (needs {what})" for one, what in closed.items() if what]
    suffix = f"; held back with it: {named(names)}" if names else ""
    return replace(violation, message=f"{violation.message}{suffix}", refused=tuple(closed))


def _needs(changes: Changes) -> Iterator[_Need]:
    """Every need but that of a place among an identity's credentials, which depends on what else is refused."""
    made = {one.resource_id for one in changes.identities() if one.action is Action.CREATE}
    going = {one.resource_id for one in changes.identities() if one.action is Action.DELETE}
    below = changes_below(changes)
    for identity in changes.identities():
        is_deleted = identity.action is Action.DELETE
        for child in below.get(identity.resource_id, ()):
            yield _Need(child.resource_id, identity.resource_id)
            if is_deleted and isinstance(child, AssignmentChange):
                # Once the identity is deleted, nobody would find the role.
                where = f"the role {child.resource_id.role} on {describe_scope(child.resource_id.scope)}"
                yield _Need(identity.resource_id, child.resource_id, f"{where} to be taken away first")
    for children in below.values():
        credentials = _credentials(children)
        trust_needs = tuple(_trust_needs(credentials))
        yield from trust_needs
        yield from _scope_needs(children, made)
        yield from _revoke_needs(children, going)
        yield from _replacement_needs(credentials, {need.other: need.change for need in trust_needs})
        yield from _replacement_needs([one for one in children if isinstance(one, AssignmentChange)], {})


def _scope_needs(children: list[AccessChange], made: set[ResourceId]) -> Iterator[_Need]:
    """A role on an identity that the same run makes."""
    for child in children:
        scope = identity_at(child.resource_id.scope) if isinstance(child, AssignmentChange) else None
        if scope in made and scope != child.resource_id.identity and child.action is Action.CREATE:
            yield _Need(child.resource_id, scope, f"its scope, {scope.name}")


def _revoke_needs(children: list[AccessChange], going: set[ResourceId]) -> Iterator[_Need]:
    """An identity that goes: every role that others have on it ends with it, one too whose end is refused."""
    revokes = [one for one in children if isinstance(one, AssignmentChange) and one.action is Action.DELETE]
    for name in (one.resource_id for one in revokes):
        scope = identity_at(name.scope)
        if scope is not None and scope in going and scope != name.identity:
            yield _Need(scope, name, f"the role {name.role} of {name.identity.name} on it to be taken away first")


def _trust_needs(credentials: list[CredentialChange]) -> Iterator[_Need]:
    """A credential that is to have the issuer and subject of another: they are unique within an identity."""
    holders = {
        one.before.trust.who: one
        for one in credentials
        if one.before is not None and one.before.trust is not None and one.action is not Action.NO_OP
    }
    for change in credentials:
        holder = holders.get(change.after.who) if change.after is not None else None
        if holder is not None and holder is not change and change.action is not Action.NO_OP:
            yield _Need(change.resource_id, holder.resource_id, f"the issuer and subject of {holder.resource_id.name}")


def _replacement_needs(children: Sequence[AccessChange], heirs: Mapping[AnyId, AnyId]) -> Iterator[_Need]:
    """A credential or role that goes needs those that come, any of which may replace it; or its heir alone.

    Args:
        children: of one kind and one identity.
        heirs: by a credential, the one that takes over its issuer and subject.
    """
    puts = [one for one in children if one.action in (Action.CREATE, Action.UPDATE) and not marks_only(one)]
    for child in children:
        if child.action is Action.DELETE:
            heir = heirs.get(child.resource_id)
            for put in puts:
                if heir in (None, put.resource_id):
                    name = put.resource_id.below_identity.partition("/")[2]
                    yield _Need(child.resource_id, put.resource_id, f"{name}, which may replace it")


def _place_needs(changes: Changes, refused: set[AnyId]) -> Iterator[_Need]:
    """The credentials for which an identity has no place, since others are not deleted; the first ones that fit do."""
    kept = Counter(one.credential_id.identity for one in changes.kept_credentials())
    for identity, children in changes_below(changes).items():
        credentials = _credentials(children)
        staying = [one for one in credentials if one.action is Action.DELETE and one.resource_id in refused]
        creates = [one for one in credentials if one.action is Action.CREATE and one.resource_id not in refused]
        deletes = sum(one.action is Action.DELETE for one in credentials) - len(staying)
        live = kept[identity] + sum(one.before is not None for one in credentials)
        places = max(MAX_CREDENTIALS - live + deletes, 0)
        for change in creates[places:]:
            for other in staying:
                what = f"the place of {other.resource_id.name}, one of {MAX_CREDENTIALS}"
                yield _Need(change.resource_id, other.resource_id, what)


def _credentials(children: Iterable[AccessChange]) -> list[CredentialChange]:
    return [one for one in children if isinstance(one, CredentialChange)]
