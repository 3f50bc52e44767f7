"""What a run did to each resource, all its calls taken together: from what was before the first to what is after the
last."""

from dataclasses import dataclass, replace
from datetime import date

from reconciler.errors import SourcePos
from reconciler.journal.call import After, Before, Outcome
from reconciler.journal.record import RunRecord
from reconciler.model import AnyId, Children, Identity


@dataclass(frozen=True, slots=True)
class NetEffect:
    """A resource before a run and after it.

    `made` is the identity that ARM returned, if any; from the day `expires` on, if any, it must not exist.
    """

    resource_id: AnyId
    source: SourcePos
    before: Before
    after: After
    children: Children | None
    made: Identity | None
    expires: date | None = None


def net_effects(record: RunRecord) -> tuple[NetEffect, ...]:
    """In the order in which the run began them.

        Calls that ARM refused did nothing, and what a create met instead is somebody else's. Those in doubt count as
    done: an undo reads the live state, and finds out.
    """
    found: dict[AnyId, NetEffect] = {}
    for call in record.calls:
        if call.outcome in (Outcome.FAILED, Outcome.STALE):
            continue
        effect = NetEffect(
            call.resource_id, call.source, call.before, call.after, call.children, call.made, call.expires
        )
        earlier = found.get(call.resource_id)
        if earlier is not None:
            children, made = call.children or earlier.children, call.made or earlier.made
            effect = replace(effect, before=earlier.before, children=children, made=made)
        found[call.resource_id] = effect
    return tuple(found.values())
