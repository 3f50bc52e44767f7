"""Finds the role assignments of a subscription whose principal is gone; reads only.

ARM goes first, since it knows identities the moment they are made or deleted: one list of them says who is there, and
each that a journal names and the list lacks is read once more by itself. Microsoft Graph is asked for all others.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from reconciler.arm.http.service import watched_clock
from reconciler.arm.resources import Resources, lane_of
from reconciler.errors import CallFailed
from reconciler.live.children import ONE_LIST_FROM, READ_ASSIGNMENTS, READING_ROLES, incomplete_roles
from reconciler.live.identities import READ_IDENTITIES
from reconciler.live.may_read import MayRead, missing, why_not
from reconciler.live.orphans.directory import Pause, look_twice
from reconciler.live.orphans.judge import Evidence, Gone, Holder, NotJudged, judge_all
from reconciler.live.role_lookups import read_definitions
from reconciler.model import Identity, NotRead, Orphan, ResourceId, RoleAssignment, role_name, same_name

READING_IDENTITIES = "Reading identities"


@dataclass(frozen=True, slots=True)
class OrphanSearch:
    """What to look for.

    Attributes:
        known: which identities principals were, by journals; ids of principals in lower case.
        hearsay: those of them of which no journal of this user's own says it.
        owners: whose role assignments are ours.
        own: the principal of the run, where its token says it.
    """

    subscription_id: str
    known: Mapping[str, ResourceId]
    owners: frozenset[str]
    own: str | None = None
    hearsay: frozenset[str] = frozenset()

    @property
    def runs_as(self) -> frozenset[str]:
        """The principal of the run as it compares, where it is known."""
        return frozenset({self.own.casefold()} if self.own else ())

    @property
    def scope(self) -> str:
        """The subscription's ARM id."""
        return f"/subscriptions/{self.subscription_id}"


@dataclass(frozen=True, slots=True)
class FoundOrphans:
    """What was found.

    Attributes:
        orphans: by principal, then scope.
        not_judged: principals of which nothing is said.
        assignments, principals: how many were looked at.
        not_read: what else could not be looked at.
        now_s: ARM's own time, as epoch seconds; None where it did not say.
    """

    orphans: tuple[Orphan, ...]
    not_judged: tuple[NotJudged, ...]
    assignments: int
    principals: int
    not_read: tuple[NotRead, ...]
    now_s: float | None


def find_orphans(
    search: OrphanSearch, resources: Resources, pause: Pause, may_read: MayRead | None = None
) -> FoundOrphans:
    """List the role assignments at, below and above the subscription, and judge their principals.

    Args:
        may_read: of a phase in which more is asked than this needs.

    Raises:
        AuthError: the caller may not list all of them; LoginError: nobody is signed in.
        ArmError: they could not be listed, for whatever other reason.
        Interrupted: during the pause.
    """
    may_read = may_read or MayRead(resources.client)
    with watched_clock(resources.client) as watch:
        holders = _holders(_list_assignments(search, resources, may_read), search)
        listed, not_read = _list_identities(_subscriptions(search, holders), resources, may_read)
        now_s = watch.now_s()
    identities = {one.principal_id.casefold() for one in listed.values()}
    living = search.runs_as | identities
    unknown = [one for one in holders if one.key not in living and not one.elsewhere]
    witnesses = _witnesses(holders, identities, search.runs_as)
    directory = look_twice(unknown, lambda one: one.is_young(now_s), witnesses, resources, pause)
    # A forged journal gives a principal that lives an identity that does not: where not all that live here are known,
    # none is believed.
    is_whole = not any(same_name(one.where, search.scope) for one in not_read)
    named = (one.identity for one in unknown if one.identity is not None and is_whole)
    evidence = Evidence(now_s, living, _read_identities(named, resources), directory)
    gone, not_judged = judge_all(holders, evidence)
    return FoundOrphans(
        _orphans(gone, search.owners, resources),
        not_judged,
        sum(len(one.assignments) for one in holders),
        len(holders),
        not_read,
        now_s,
    )


def _list_assignments(search: OrphanSearch, resources: Resources, may_read: MayRead) -> Sequence[RoleAssignment]:
    if not may_read.allows(search.scope, READ_ASSIGNMENTS):
        raise incomplete_roles(search.scope)
    with resources.activity.part(READING_ROLES):
        return resources.assignments.list(search.scope)


def _holders(assignments: Iterable[RoleAssignment], search: OrphanSearch) -> list[Holder]:
    """The principals of role assignments, in order of their ids."""
    by_principal: dict[str, list[RoleAssignment]] = {}
    for one in assignments:
        by_principal.setdefault(one.principal_id.casefold(), []).append(one)
    return [
        Holder(given[0].principal_id, tuple(given), search.known.get(key), key in search.hearsay)
        for key, given in sorted(by_principal.items())
    ]


def _witnesses(holders: Iterable[Holder], identities: Set[str], own: Set[str]) -> list[str]:
    """Principals of live identities, but for the run's own: who has roles first, since an identity without any may be
    too young for the directory to show it."""
    holding = [one.key for one in holders if one.key in identities]
    return [one for one in dict.fromkeys((*holding, *sorted(identities))) if one not in own]


def _subscriptions(search: OrphanSearch, holders: Iterable[Holder]) -> list[str]:
    """The subscription, and others of which journals name so many identities that one list is fewer requests."""
    own = search.subscription_id.casefold()
    named = Counter(lane_of(one.identity) for one in holders if one.identity is not None)
    return [own, *sorted(one for one, count in named.items() if one != own and count >= ONE_LIST_FROM)]


def _list_identities(
    subscription_ids: Sequence[str], resources: Resources, may_read: MayRead
) -> tuple[dict[ResourceId, Identity], tuple[NotRead, ...]]:
    """The identities that the caller may see; a list that leaves some out still says of the others that they live.

    Of the first subscription it is said, too, where the list may leave some out.
    """
    first = f"/subscriptions/{subscription_ids[0]}"
    not_read: list[NotRead] = []
    found: dict[ResourceId, Identity] = {}

    def read(subscription_id: str) -> tuple[Identity, ...] | NotRead:
        try:
            return resources.identities.list_by_subscription(subscription_id)
        except CallFailed as error:
            return NotRead("Identities", f"/subscriptions/{subscription_id}", why_not(error))

    for listed in resources.map(READING_IDENTITIES, read, subscription_ids):
        if isinstance(listed, NotRead):
            not_read.append(listed)
        else:
            found |= {one.resource_id: one for one in listed}
    if first not in [one.where for one in not_read] and not may_read.allows(first, READ_IDENTITIES):
        not_read.append(NotRead("Identities", first, missing(READ_IDENTITIES)))
    return found, tuple(not_read)


def _read_identities(named: Iterable[ResourceId], resources: Resources) -> dict[ResourceId, Identity | None]:
    """What ARM says of each of these identities now; one that cannot be read is left out."""

    def read(resource_id: ResourceId) -> Identity | NotRead | None:
        try:
            return resources.identities.get(resource_id)
        except CallFailed as error:
            return NotRead("Identities", str(resource_id), why_not(error))

    found = resources.pairs(READING_IDENTITIES, read, dict.fromkeys(named), lane_of)
    return {resource_id: one for resource_id, one in found if not isinstance(one, NotRead)}


def _orphans(gone: Iterable[Gone], owners: frozenset[str], resources: Resources) -> tuple[Orphan, ...]:
    found = [(one, given) for one in gone for given in one.holder.assignments]
    roles = read_definitions((given for _, given in found), resources)
    return tuple(
        Orphan(
            given,
            roles[given.role_guid].name if given.role_guid in roles else role_name(given.role_guid),
            one.holder.principal_type,
            one.identity,
            one.created_again,
            given.owner in owners,
            one.evidence,
            one.witness,
            one.doubt,
        )
        for one, given in found
    )
