"""What a plan changes for those who may become its identities: who gains or loses which trust and which rights.

A reviewer asks of a change what it lets whom do, and that is seldom in one line of it: a new federated credential hands
out every role that the identity has, and a new role goes to everybody who is trusted already. So both sides are put
together here, as they live and as they will be once all that no guard holds back is applied.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reconciler.errors import SourcePos
from reconciler.model import AnyId, ResourceId, identity_of
from reconciler.plan.changes import Action, Change, IdentityChange
from reconciler.plan.plan import Plan
from reconciler.plan.trust.sides import (
    Right,
    RightKey,
    Rights,
    Side,
    Who,
    in_order,
    key_of,
    rights_after,
    side_before,
    trusted_after,
)
from reconciler.plan.widening import changes_rights, changes_trust


class Verb(StrEnum):
    """What a row says of who it is about."""

    GAINS_TRUST = "gains-trust"
    LOSES_TRUST = "loses-trust"
    GAINS_RIGHTS = "gains-rights"
    LOSES_RIGHTS = "loses-rights"
    CHANGES_RIGHTS = "changes-rights"
    """Rights that stay, under another condition than before."""

    @property
    def is_gain(self) -> bool:
        """Whether somebody may do more than before, or could."""
        return self not in (Verb.LOSES_TRUST, Verb.LOSES_RIGHTS)


@dataclass(frozen=True, slots=True)
class TrustRow:
    """What a plan changes for one who may become an identity, once it is applied.

    Attributes:
        rights: all that the identity has then, or had, where trust is gained or lost; else those that differ.
        not_read: why there may be more of them or, where `who` is None, why it is; None where nothing is missing.
        place: the line of the manifest that asks for it.
        is_deleted: the identity goes.
    """

    who: Who
    identity: ResourceId
    verb: Verb
    rights: tuple[Right, ...]
    place: SourcePos
    not_read: str | None = None
    is_deleted: bool = False


def trust_rows(plan: Plan) -> tuple[TrustRow, ...]:
    """Every row of a plan, by identity in the plan's order: trust that is gained and lost, then rights."""
    changes: dict[ResourceId, list[Change]] = {}
    for change in () if plan.is_of_orphans else plan.changes:  # nobody becomes a principal that is gone
        changes.setdefault(identity_of(change.resource_id), []).append(change)
    applicable = {change.resource_id for change in plan.applicable}
    return tuple(row for identity, own in changes.items() for row in _rows_of(identity, own, plan, applicable))


def _rows_of(identity: ResourceId, own: Sequence[Change], plan: Plan, applicable: set[AnyId]) -> Iterator[TrustRow]:
    applied = [one for one in own if one.resource_id in applicable]
    goes = next((one for one in applied if isinstance(one, IdentityChange) and one.action is Action.DELETE), None)
    if goes is None and not any(changes_trust(one) or changes_rights(one) for one in applied):
        return
    before = side_before(identity, own, plan)
    if goes is None:
        yield from _of_trust(identity, before, applied)
        yield from _of_rights(identity, before, applied)
        return
    lost, gap = in_order(before.rights), before.rights_not_read
    for who in (*before.trusted.values(), *before.attached):
        yield TrustRow(who, identity, Verb.LOSES_TRUST, lost, goes.source, gap, is_deleted=True)


def _of_trust(identity: ResourceId, before: Side, applied: Sequence[Change]) -> Iterator[TrustRow]:
    """Who can become an identity and could not, and then who could and no longer can."""
    after = trusted_after(before.trusted, applied)
    places = {one.resource_id: one.source for one in applied}
    old, new = set(before.trusted.values()), set(after.values())
    sides = (
        (Verb.GAINS_TRUST, after, old, rights_after(before.rights, applied)),
        (Verb.LOSES_TRUST, before.trusted, new, before.rights),
    )
    for verb, trusted, others, rights in sides:
        for credential_id, who in trusted.items():
            if who not in others:
                place = places[credential_id]
                yield TrustRow(who, identity, verb, in_order(rights), place, before.rights_not_read)


def _of_rights(identity: ResourceId, before: Side, applied: Sequence[Change]) -> Iterator[TrustRow]:
    """What those gain, lose, or have under another condition who can become an identity before and after."""
    stays = set(trusted_after(before.trusted, applied).values())
    whos: list[Who] = [who for who in before.trusted.values() if who in stays]
    whos += before.attached
    if before.who_not_read is not None:
        whos.append(None)
    differing = [
        (verb, rights, _place(rights, applied))
        for verb, rights in _differing(before.rights, rights_after(before.rights, applied))
        if rights
    ]
    for who in whos:
        because = before.who_not_read if who is None else None
        for verb, rights, place in differing:
            yield TrustRow(who, identity, verb, in_order(rights), place, because)


def _differing(before: Rights, after: Rights) -> Iterator[tuple[Verb, Rights]]:
    yield Verb.GAINS_RIGHTS, {key: after[key] for key in after.keys() - before.keys()}
    yield Verb.LOSES_RIGHTS, {key: before[key] for key in before.keys() - after.keys()}
    both = after.keys() & before.keys()
    yield Verb.CHANGES_RIGHTS, {key: after[key] for key in both if after[key].condition != before[key].condition}


def _place(rights: Iterable[RightKey], applied: Sequence[Change]) -> SourcePos:
    """The line behind the first of some rights; a plan file may contradict itself, and then any of the changes."""
    places = (one.source for one in applied if changes_rights(one) and key_of(one.resource_id) in rights)
    return next(places, applied[0].source)
