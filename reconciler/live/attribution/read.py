"""Reads who made the differences: Resource Graph once for all identities, the Activity Log for what that leaves open.

What cannot be read is an answer like any other. Nothing here ends a run: drift is a fact, whoever made it. However
much differs, each subscription costs two lists at most, each of them of so many events and no more.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from reconciler.arm.logs import activity_log, resource_changes
from reconciler.arm.logs.activity_log import RecordedChange
from reconciler.arm.resources import Resources
from reconciler.errors import AuthError, CallFailed, LoginError, NotFound, OutOfTime
from reconciler.live.attribution.history import Found, find_cause, make_log
from reconciler.live.may_read import MayRead, why_not
from reconciler.model import AnyId, ResourceId, identity_of, subscription_of
from reconciler.plan import Action, AssignmentChange, Change
from reconciler.plan.drift.attribution import (
    AnyAttribution,
    Attribution,
    CallerKind,
    ChangeLog,
    Unattributed,
    UnknownReason,
)

MOST_EVENTS = 10_000
"""Of one list of the Activity Log that are looked at; some fifty pages."""

_MARGIN_S = 3600.0
"""By how much less than 90 days is asked for, since Azure's clock decides what is older."""

_DAY_S = 86_400.0
_IDENTITIES = "Microsoft.ManagedIdentity"
_ROLES = "Microsoft.Authorization"
_TENANT_LOG = "/providers/microsoft.insights/eventtypes/management"
"""Where the right to read what stands above all subscriptions is given. Source: refusals that users quote."""

Place = tuple[str, str]
"""A subscription (as its id begins, "" for none) and a provider: what one list of the Activity Log is about."""

OwnRuns = Callable[[Collection[str]], Collection[str]]
"""Which of some correlation ids are of runs of this tool, as far as this machine knows."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What a log shows, and why it may show less than it has; None where it shows all."""

    records: tuple[RecordedChange, ...] = ()
    gap: Unattributed | None = None


def read_attributions(
    changes: Sequence[Change], resources: Resources, may_read: MayRead, own_runs: OwnRuns
) -> dict[AnyId, AnyAttribution]:
    """Who made each difference, or why nobody is named; a request to stop passes through, and no other error."""
    if not changes:
        return {}
    identities = list(dict.fromkeys(identity_of(change.resource_id) for change in changes))
    shown = _ask_graph(identities, resources)
    graph, nothing = make_log(shown.records), make_log(())
    # Resource Graph knows nothing of children, and so not all that could have become of one.
    open_ = (
        change
        for change in changes
        if change.resource_id != identity_of(change.resource_id) or find_cause(change, graph, nothing) is None
    )
    places = dict.fromkeys(place for change in open_ for place in _places_of(change))
    listed = dict(resources.pairs("Reading the Activity Log", lambda place: _list_events(place, resources), places))
    activity = make_log(record for read in listed.values() for record in read.records)
    causes = {change.resource_id: find_cause(change, graph, activity) for change in changes}
    runs = set(own_runs({found[1].correlation_id for found in causes.values() if found is not None}))
    missing = _Missing(shown, listed, may_read)
    return {
        change.resource_id: _attribution(found, runs)
        if (found := causes[change.resource_id]) is not None
        else missing.why(change)
        for change in changes
    }


def _ask_graph(identities: Sequence[ResourceId], resources: Resources) -> _Read:
    try:
        with resources.activity.part("Asking Resource Graph who changed identities"):
            return _Read(tuple(resource_changes.list_changes(resources.client, identities)))
    except CallFailed as error:
        return _Read(gap=_not_read("Resource Graph", error))


def _list_events(place: Place, resources: Resources) -> _Read:
    subscription, provider = place
    now_s = resources.client.clock()
    since_s = now_s - activity_log.RETENTION_DAYS * _DAY_S + _MARGIN_S
    subscription_id = subscription.rpartition("/")[2]
    events: list[RecordedChange | None] = []
    gap = None
    try:
        listed = activity_log.list_changes(resources.client, subscription_id, provider, since_s, now_s)
        events += islice(listed, MOST_EVENTS + 1)
    except CallFailed as error:
        gap = _not_read("the Activity Log", error)
    if len(events) > MOST_EVENTS:
        because = f"not among the {MOST_EVENTS} events of {provider} in the Activity Log that were looked at"
        gap = Unattributed(UnknownReason.NOT_READ, because)
    return _Read(tuple(one for one in events if one is not None), gap)


def _not_read(log: str, error: CallFailed) -> Unattributed:
    try:
        because = why_not(error)
    except OutOfTime:
        because = "the time of the run is over"
    except LoginError:
        because = "nobody is signed in"
    reason = UnknownReason.NOT_ALLOWED if isinstance(error, AuthError) else UnknownReason.NOT_READ
    return Unattributed(reason, f"{log}: {because}")


def _places_of(change: Change) -> Iterator[Place]:
    """The lists that may tell of a difference."""
    identity = identity_of(change.resource_id)
    own = (f"/subscriptions/{identity.subscription_id}".casefold(), _IDENTITIES)
    if not isinstance(change, AssignmentChange):
        yield own
        return
    yield subscription_of(change.resource_id.scope).casefold(), _ROLES
    if change.action is Action.CREATE:
        # It may be missing because its identity was another one.
        yield own


@dataclass(frozen=True, slots=True)
class _Missing:
    """Why nobody is named where no log names anybody."""

    graph: _Read
    listed: Mapping[Place, _Read]
    may_read: MayRead

    def why(self, change: Change) -> Unattributed:
        """The reasons, each once; that a log says nothing counts only where all of it may be read."""
        gaps = [*self._gaps_of_graph(change), *self._gaps_of_activity(change)]
        if not gaps:
            begin = f"the Activity Log ({activity_log.RETENTION_DAYS} days)"
            never = change.action is Action.CREATE
            because = f"never made, or deleted before {begin} begins" if never else f"older than {begin}"
            return Unattributed(UnknownReason.OLDER, because)
        reasons = [gap.reason for gap in gaps]
        reason = UnknownReason.NOT_ALLOWED if UnknownReason.NOT_ALLOWED in reasons else reasons[0]
        return Unattributed(reason, "; ".join(dict.fromkeys(gap.because for gap in gaps)))

    def _gaps_of_graph(self, change: Change) -> Iterator[Unattributed]:
        identity = identity_of(change.resource_id)
        if change.resource_id != identity:
            return
        gap = self.graph.gap or self._right_gap("Resource Graph", str(identity.group_id), resource_changes.READ)
        # The Activity Log goes back further: where all of it may be read, nothing is missed.
        if gap is not None and any(True for _ in self._gaps_of_activity(change)):
            yield gap

    def _gaps_of_activity(self, change: Change) -> Iterator[Unattributed]:
        for place in _places_of(change):
            read = self.listed.get(place)
            gap = None if read is None else read.gap
            scope = self._scope_of(place, change)
            gap = gap or self._right_gap("the Activity Log", scope, activity_log.READ)
            if gap is not None:
                yield gap

    def _scope_of(self, place: Place, change: Change) -> str:
        subscription, provider = place
        if not subscription:
            return _TENANT_LOG
        return (
            change.resource_id.scope
            if isinstance(change, AssignmentChange) and provider == _ROLES
            else str(change.resource_id.group_id)
        )

    def _right_gap(self, log: str, scope: str, action: str) -> Unattributed | None:
        """Why a log may not show what happened at a scope: lists leave out what the caller may not read."""
        subscription = subscription_of(scope)
        for place in dict.fromkeys(filter(None, (subscription, scope))):
            try:
                if self.may_read.allows(place, action):
                    return None
            except NotFound:
                continue
            except CallFailed as error:
                return _not_read(log, error)
        return Unattributed(UnknownReason.NOT_ALLOWED, f"{log}: missing {action}")


def _attribution(found: Found, runs: Collection[str]) -> Attribution:
    event, record = found
    at = datetime.fromtimestamp(record.at_s, UTC).isoformat(timespec="milliseconds")
    return Attribution(
        event,
        at.replace("+00:00", "Z"),
        record.caller,
        _kind_of(record),
        record.client,
        record.application_id,
        record.correlation_id,
        ChangeLog.RESOURCE_GRAPH if record.is_of_graph else ChangeLog.ACTIVITY_LOG,
        by_uami=record.correlation_id in runs,
    )


def _kind_of(record: RecordedChange) -> CallerKind:
    """Source: Azure documentation (get resource changes: `System` is nobody's action)."""
    if record.caller.casefold() == "system":
        return CallerKind.SYSTEM
    kinds = {one.value: one for one in CallerKind}
    return kinds.get(record.caller_type.casefold(), CallerKind.UNKNOWN)
