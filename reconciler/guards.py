"""Reasons to refuse a plan, one small function per guard; they see the whole comparison and change nothing in it.

A refusal names what it counted, the limit, and exactly what lifts it, because a guard that people cannot read is a
guard that they switch off. There is no way to lift all of them at once.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from reconciler.diff import Action, Change, Changes, GroupChanges
from reconciler.errors import UsageError, Violation
from reconciler.model import MAX_TAGS

LIFTED_BY_ALLOW = ("foreign-owner",)
"""Guards that `--allow CODE=ADDRESS` lifts; every other one has a way of its own."""

_OTHER_WAYS = {
    "delete-limit": "--max-deletes raises it",
    "location": "a location cannot change; list the identity under a new name",
    "group-missing": "create the resource group",
    "tag-limit": "list fewer tags, or remove some from the identity",
}

_LEAVE_ALONE = {
    Action.UPDATE: "To leave it alone, take it off the list.",
    Action.DELETE: "To leave it alone, list it under ignore.identities or use policy.identities: owned.",
}

PERCENT_RULE_FROM = 10
"""The share of a group that may be deleted is limited from this many live identities on; below, counts say more."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """`--allow CODE=VALUE`: one guard lifted at one address (or, for `foreign-owner`, for one owner)."""

    code: str
    value: str


@dataclass(frozen=True, slots=True)
class Allowances:
    """What this run's caller lifts; `max_deletes` (a count) and `max_delete_percent` raise the manifest's limits."""

    allowed: tuple[Allowance, ...] = ()
    max_deletes: int | None = None
    max_delete_percent: int | None = None


NO_ALLOWANCES = Allowances()
"""Every guard at its own limit."""


def parse_allowances(allow: tuple[str, ...], max_deletes: tuple[str, ...]) -> Allowances:
    """Read `CODE=ADDRESS` and `N` or `N%` as given on the command line.

    Raises:
        UsageError: malformed, an unknown guard, or one that is lifted in another way.
    """
    counts: dict[bool, int] = {}
    for text in max_deletes:
        percent = text.endswith("%")
        digits = text.removesuffix("%")
        if not (digits.isascii() and digits.isdigit()) or (percent and int(digits) > 100):
            raise UsageError(f"--max-deletes {text}: not a limit", "Write a count such as 12, or a share such as 40%.")
        counts[percent] = int(digits)
    return Allowances(tuple(_parse_allowance(text) for text in allow), counts.get(False), counts.get(True))


def judge(changes: Changes, allowances: Allowances) -> tuple[Violation, ...]:
    """Every guard's verdict on the comparison, in order of guard and address."""
    return tuple(violation for check in GUARDS for violation in check(changes, allowances))


def check_group_missing(changes: Changes, _: Allowances) -> Iterator[Violation]:
    """Refuse creates in a resource group that does not exist: this tool manages identities, not groups."""
    for group in changes.groups:
        creates = _addresses(change for change in group.changes if change.action is Action.CREATE)
        if group.live.resource_group is None and creates:
            group_id = group.group.group_id
            yield Violation(
                code="group-missing",
                address=group_id.address,
                message=f"resource group {group_id.resource_group} does not exist,"
                f" and {_count(len(creates), 'identity')} would be created in it",
                hint=f"Create it first: az group create --subscription {group_id.subscription_id}"
                f" --name {group_id.resource_group} --location LOCATION",
                refused=creates,
            )


def check_location(changes: Changes, _: Allowances) -> Iterator[Violation]:
    """Refuse an identity whose manifest claims another location than the one in which it lives."""
    for change in changes:
        if change.desired is not None and change.before is not None and change.contradicts_location:
            yield Violation(
                code="location",
                address=change.resource_id.address,
                message=f"the manifest says {change.desired.location}, but the identity lives in"
                f" {change.before.location}; an identity cannot move, and a new one is a new principal",
                hint=f"Write location: {change.before.location} (or leave it out). To move for real: list a new name,"
                " move what uses the old identity to it, then take the old name off the list.",
                refused=_addresses([change]),
            )


def check_foreign_owner(changes: Changes, allowances: Allowances) -> Iterator[Violation]:
    """Refuse touching an identity that another owner marked, and deleting one that never was this manifest's."""
    for change in changes:
        if change.action not in (Action.UPDATE, Action.DELETE) or change.before is None:
            continue
        live_owner, our_owner = change.before.owner, change.group.owner
        never_ours = change.action is Action.DELETE and live_owner is None and our_owner is not None
        bears_other = live_owner is not None and live_owner != our_owner
        if not (never_ours or bears_other) or _is_allowed("foreign-owner", change, live_owner, changes, allowances):
            continue
        short = changes.addresses.short(change.resource_id)
        state = f"belongs to {live_owner!r}" if live_owner is not None else "bears no owner"
        whose = f"this manifest's owner is {our_owner!r}" if our_owner is not None else "this manifest has no owner"
        yield Violation(
            code="foreign-owner",
            address=change.resource_id.address,
            message=f"would {change.action} an identity that {state}; {whose}",
            hint=f"If it is meant: --allow foreign-owner={short}. {_LEAVE_ALONE[change.action]}",
            refused=_addresses([change]),
        )


def check_tag_limit(changes: Changes, _: Allowances) -> Iterator[Violation]:
    """Refuse more tags than a resource can bear, counting those that stay."""
    for change in changes:
        if change.action not in (Action.CREATE, Action.UPDATE) or change.after is None:
            continue
        if len(change.after.tags) > MAX_TAGS:
            yield Violation(
                code="tag-limit",
                address=change.resource_id.address,
                message=f"would bear {len(change.after.tags)} tags, over ARM's limit of {MAX_TAGS}",
                hint="List fewer tags, or take live ones away by listing them as null.",
                refused=_addresses([change]),
            )


def check_delete_limit(changes: Changes, allowances: Allowances) -> Iterator[Violation]:
    """Refuse too many deletes: over the run, as a share of a large group, or all of any group."""
    yield from _check_run_limit(changes, allowances)
    for group in changes.groups:
        yield from _check_group_share(group, allowances)


GUARDS: tuple[Callable[[Changes, Allowances], Iterator[Violation]], ...] = (
    check_group_missing,
    check_location,
    check_foreign_owner,
    check_tag_limit,
    check_delete_limit,
)


def _check_run_limit(changes: Changes, allowances: Allowances) -> Iterator[Violation]:
    """A manifest's limit holds for its own groups and all those with a lower one: a hundred small documents with the
    default limit do not add up to a hundred times the default."""
    deletes: list[Change] = []
    over: tuple[int, int] | None = None
    for limit, groups in _groups_by_limit(changes):
        deletes += [change for group in groups for change in group.deletes()]
        effective = max(limit, allowances.max_deletes or 0)
        if len(deletes) > effective:
            over = (len(deletes), effective)
    if over is not None:
        count, effective = over
        yield Violation(
            code="delete-limit",
            address="",
            message=f"{_count(count, 'identity')} would be deleted in this run, over the limit of {effective}",
            hint=f"Check that the manifest is whole. If it is: --max-deletes {count}, or limits.maxDeletes.",
            refused=_addresses(deletes[:count]),
        )


def _groups_by_limit(changes: Changes) -> list[tuple[int, list[GroupChanges]]]:
    limits = sorted({group.group.limits.max_deletes for group in changes.groups})
    return [(limit, [one for one in changes.groups if one.group.limits.max_deletes == limit]) for limit in limits]


def _check_group_share(group: GroupChanges, allowances: Allowances) -> Iterator[Violation]:
    deletes = group.deletes()
    limit = group.group.limits.max_delete_percent
    percent = max(limit, allowances.max_delete_percent or 0)
    # A manifest that allows a large share was written for the usual day; emptying a group is said on the day itself.
    if deletes and len(deletes) == group.in_reach_count and allowances.max_delete_percent != 100:
        yield Violation(
            code="delete-limit",
            address=group.group.group_id.address,
            message=f"the group would lose every live identity it has ({len(deletes)} of {group.in_reach_count})",
            hint="Check that the manifest is whole. If the group is to be emptied: --max-deletes 100%.",
            refused=_addresses(deletes),
        )
    # Whole numbers: 29 / 100 * 100 is 28.999999999999996 in floating point.
    elif group.live_count >= PERCENT_RULE_FROM and 100 * len(deletes) > percent * group.live_count:
        share = -(-100 * len(deletes) // group.live_count)
        yield Violation(
            code="delete-limit",
            address=group.group.group_id.address,
            message=f"{len(deletes)} of the group's {group.live_count} live identities would be deleted,"
            f" over {percent} %",
            hint=f"Check that the manifest is whole. If it is: --max-deletes {share}%, or limits.maxDeletePercent.",
            refused=_addresses(deletes),
        )


def _is_allowed(code: str, change: Change, owner: str | None, changes: Changes, allowances: Allowances) -> bool:
    return any(
        one.code == code and (one.value == owner or changes.addresses.names_identity(one.value, change.resource_id))
        for one in allowances.allowed
    )


def _parse_allowance(text: str) -> Allowance:
    code, separator, value = text.partition("=")
    if not separator or not code or not value:
        raise UsageError(
            f"--allow {text}: not an allowance", "Write CODE=ADDRESS, such as foreign-owner=rg-app/id-api."
        )
    if code in _OTHER_WAYS:
        raise UsageError(f"--allow {text}: {code} is not lifted by --allow", f"Instead, {_OTHER_WAYS[code]}.")
    if code not in LIFTED_BY_ALLOW:
        raise UsageError(f"--allow {text}: no guard is called {code}", f"Guards: {', '.join(LIFTED_BY_ALLOW)}.")
    return Allowance(code, value)


def _addresses(changes: Iterable[Change]) -> tuple[str, ...]:
    return tuple(change.resource_id.address for change in changes)


def _count(number: int, noun: str) -> str:
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"
