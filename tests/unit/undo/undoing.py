"""What the tests of an undo share: the way back from a run of some calls, over some live state."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from reconciler.journal import Call, Outcome, RunRecord
from reconciler.manifest.desired import DesiredIdentity
from reconciler.model import (
    OWNER_TAG,
    FederatedCredential,
    Identity,
    IsolationScope,
    PlannedIdentity,
    ResourceId,
    RoleAssignment,
    Tags,
)
from reconciler.undo.reversal import LiveNow
from reconciler.undo.reverse import Undo, make_undo, touched_identities
from tests.builders import TODAY
from tests.unit.journal.calls import ASSIGNMENT_ID, HEADER, IDENTITY, OWNER, TRUST, UPDATED

JOURNAL = "run.jsonl"
OTHER_TRUST = replace(TRUST, subject="repo:a/c")
OWNED = replace(IDENTITY, tags=Tags({OWNER_TAG: OWNER, "env": "prod"}))
NAME = "rg-app/id-api"


def undo(
    calls: Iterable[Call],
    *live: Identity,
    credentials: Iterable[FederatedCredential] = (),
    assignment: RoleAssignment | None = None,
    judged_on: date = TODAY,
) -> Undo:
    """The way back from a run of these calls, all of them done unless they say otherwise."""
    ended = tuple(one if one.outcome else replace(one, outcome=Outcome.DONE) for one in calls)
    record = RunRecord(HEADER, ended, None, torn=False)
    identities: dict[ResourceId, Identity | None] = dict.fromkeys(touched_identities(record))
    identities |= {one.resource_id: one for one in live}
    kept = {one.credential_id: one for one in credentials}
    given = {} if assignment is None else {ASSIGNMENT_ID: assignment}
    return make_undo(record, LiveNow(identities, kept, given), JOURNAL, judged_on=judged_on)


def entry_of(found: Undo) -> DesiredIdentity:
    """The one identity that an undo lists."""
    ((entry,),) = (group.identities for group in found.desired.groups)
    return entry


def notes_of(found: Undo) -> tuple[str, ...]:
    """What an undo says below its title."""
    return found.notes[1:]


def updated(
    before: Mapping[str, str], after: Mapping[str, str], old: IsolationScope | str, new: IsolationScope | str
) -> Call:
    return replace(
        UPDATED,
        before=replace(IDENTITY, tags=Tags(before), isolation_scope=old),
        after=PlannedIdentity("westeurope", Tags(after), new),
    )


def left_of(found: Undo) -> tuple[tuple[str, str, str], ...]:
    """What an undo says that it leaves: the address without its subscription, which part of it, and why."""
    return tuple((one.resource_id.address.partition("/")[2], one.part, one.because) for one in found.not_undone)


COMPARE = f"what it was before the run: uami show {JOURNAL}"
