"""Holds a saved plan against the one that the same manifest comes to now: everything that matters must be the same.

What matters is what the plan would change, what it decided that by, and what is lost with what it deletes. Tags that
nobody manages, what policies leave alone, names of subscriptions: whatever happens to these, it is still the plan that
was reviewed. Both sides are compared in the plan's own JSON form, key by key, so that what a later version adds to a
change is compared without being named here.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.errors import PlanStale, StaleDetail, UsageError
from reconciler.model import NO_DETAILS, AddressBook, AnyId, ResourceGroupId, ResourceId, Tags, Violation, same_name
from reconciler.plan import (
    Action,
    AssignmentChange,
    Change,
    IdentityChange,
    Plan,
    Reason,
    Skipped,
    change_document,
    expires_on,
    hold_of,
    is_deciding_tag,
    value_text,
)
from reconciler.saved_plan.visibility import SIGHT_HINT, sight_differs, why_unseen

_AGAIN = "Plan again, review it, and apply that one."
_OTHER_SIGHT = "The saved plan is stale: the one who applies may not look at the same as the one who planned"
_SAME_FLAGS = f"{_AGAIN} If nothing else has changed: apply needs the same --allow, --max-deletes and --strict as plan."

_SHOWN_BY_BEFORE = ("actions", "reason", "after", "after_unknown")
"""What follows from the live state; shown only where that is the same."""


def check_same_place(saved: Plan, cloud: str, tenant: str | None) -> None:
    """Raises UsageError where a caller means another cloud or tenant than a saved plan was made for."""
    if saved.cloud != cloud:
        raise UsageError(
            f"The plan was made for {saved.cloud}, and this run is for {cloud}.",
            f"Pass --cloud {saved.cloud}, or plan again for the cloud that is meant.",
        )
    if tenant is not None and saved.tenant is not None and not same_name(tenant, saved.tenant):
        raise UsageError(
            f"The plan was made for the tenant {saved.tenant}, and --tenant names {tenant}.",
            "Name the plan's tenant, or plan again for the one that is meant.",
        )


def check_unchanged(saved: Plan, now: Plan) -> None:
    """Raises PlanStale, with every difference, where the plan that was saved is not the plan that is made now."""
    details = tuple(find_differences(saved, now))
    sight = tuple(sight_differs(_only_in_one(saved, now), saved, now))
    if sight:
        stale = PlanStale(details, SIGHT_HINT)
        if set(sight) == set(details):
            stale.lines = (f"{_OTHER_SIGHT}; nothing was applied.",)
        raise stale
    if details:
        guards_differ = _verdicts(saved.violations) != _verdicts(now.violations)
        raise PlanStale(details, _SAME_FLAGS if guards_differ else _AGAIN)


def find_differences(saved: Plan, now: Plan) -> Iterator[StaleDetail]:
    """Every difference that matters: in tenant and guardrails, of changes by address, and of what the guards say."""
    book = AddressBook(group.group_id for group in now.desired.groups)
    if saved.tenant != now.tenant:
        yield StaleDetail("", "", f"the tenant {_was(saved.tenant, now.tenant)}")
    if saved.guardrails != now.guardrails:
        yield StaleDetail("", "", f"the guardrails' sha256 {_was(saved.guardrails, now.guardrails)}")
    yield from sight_differs(_only_in_one(saved, now), saved, now)
    yield from _changes_differ(saved, now, book)
    yield from _orphans_differ(saved, now, book)
    yield from _violations_differ(saved, now, book)


def _only_in_one(saved: Plan, now: Plan) -> Iterator[tuple[AnyId, Plan]]:
    """What only one of the plans speaks of, with the other one."""
    going = _going(saved) & _going(now)
    known = [{one.resource_id for one in plan.changes} | set(_orphans(plan, going)) for plan in (saved, now)]
    for one in sorted(known[0] ^ known[1], key=lambda one: one.key):
        yield one, now if one in known[0] else saved


def _changes_differ(saved: Plan, now: Plan, book: AddressBook) -> Iterator[StaleDetail]:
    before, after = _by_id(saved.changes), _by_id(now.changes)
    for change_id, known in sorted({**after, **before}.items()):
        one, other = before.get(change_id), after.get(change_id)
        if known.action is Action.NO_OP and _is_held(known, saved if one is None else now):
            continue  # nothing is done about it on either day
        if (one is None or other is None) and why_unseen(known.resource_id, saved if one is None else now):
            continue
        if one is not None and other is not None:
            messages = list(_news(one, other))
        else:
            messages = [_is_new(known, saved) if one is None else _is_gone(known, now)]
        address = known.resource_id.address
        yield from (StaleDetail(address, book.short(known.resource_id), message) for message in messages)


def _by_id(changes: Iterable[Change]) -> dict[tuple[str, ...], Change]:
    return {change.resource_id.key: change for change in changes}


def _is_gone(change: Change, now: Plan) -> str:
    """A change that the plan has no longer: its resource is gone, or falls under other rules now."""
    why = _why_left(change, now)
    gone = "has been deleted" if change.before is not None else "is no longer planned"
    return f"would now be left alone ({why})" if why else gone


def _is_new(change: Change, saved: Plan) -> str:
    """A change that the saved plan does not have: its resource was created, or fell under other rules."""
    action = "kept" if change.action is Action.NO_OP else f"{change.action}d"
    why = _why_left(change, saved)
    return f"was left alone ({why}), and would now be {action}" if why else f"is new, and would be {action}"


def _why_left(change: Change, plan: Plan) -> str | None:
    """Why a plan leaves alone what a change of another is about; None where it does not speak of it."""
    held = next((one for one in plan.held if one.resource_id == change.resource_id), None)
    if held is None:
        return _skip_reason(change.resource_id, plan.skipped)
    hold = hold_of(held)
    return f"held: {hold.reason}" if hold.until is None else f"held back until {hold.until}"


def _is_held(change: Change, plan: Plan) -> bool:
    return any(one.resource_id == change.resource_id for one in plan.held)


def _skip_reason(resource_id: AnyId, skipped: Iterable[Skipped]) -> str | None:
    # By address, since a plan file says nothing more of what is skipped.
    return next((one.reason.value for one in skipped if same_name(one.resource_id.address, resource_id.address)), None)


def _news(saved: Change, now: Change) -> Iterator[str]:
    """How the same change differs from what it was."""
    if now.reason is Reason.EXPIRED and saved.reason is not Reason.EXPIRED:
        yield f"has expired on {expires_on(now)}, and would now be deleted"
        return
    one, other = _deciding(saved), _deciding(now)
    _leave_what_both_saw(one["impact"], other["impact"])
    found = list(_states_differ(one.pop("before"), other.pop("before")))
    if not found:
        found = list(_states_differ(one.pop("after"), other.pop("after")))
    yield from found
    for key in one.keys() | other.keys():
        if not (found and key in _SHOWN_BY_BEFORE):
            yield from _fields_differ(key, one.get(key), other.get(key))


def _deciding(change: Change) -> dict[str, Any]:
    """A change in its JSON form, without what nobody manages."""
    document: dict[str, Any] = change_document(change)
    # It is another one at each sign-in; what it decides, the guard says.
    document.pop("last_sign_in", None)
    if isinstance(change, IdentityChange):
        for state in (document["before"], document["after"]):
            if state is not None:
                _leave_deciding(state, change)
        if document["impact"] is not None:
            del document["impact"]["role_assignments"]["found"]  # each of them is a change of its own
            for key in ("memberships", "app_roles", "not_looked_at"):  # they decide nothing
                del document["impact"][key]
            document["impact"].pop("last_sign_in", None)
    if isinstance(change, AssignmentChange) and change.action is Action.NO_OP:
        managed = {name for name, _ in change.desired.details} if change.desired else set()
        for name in {name for name, _ in NO_DETAILS.named()} - managed:
            for state in (document["before"], document["after"]):
                if state is not None:  # a plan file may leave out either
                    state.pop(name, None)
    return document


def _leave_what_both_saw(one: dict[str, Any] | None, other: dict[str, Any] | None) -> None:
    """Take out of two impacts what only one of the plans could look at; that is told by itself."""
    if one is None or other is None:
        return
    parts = [name for name, value in one.items() if isinstance(value, dict)]  # not what no plan ever looks at
    for part in parts:
        if (one[part]["not_checked"] is None) != (other[part]["not_checked"] is None):
            del one[part], other[part]


def _leave_deciding(state: dict[str, Any], change: IdentityChange) -> None:
    listed = {name.casefold(): name for name, _ in change.desired.tags} if change.desired else {}
    state["tags"] = {
        listed.get(name.casefold(), name.casefold()): value
        for name, value in Tags(state["tags"]).items()
        if is_deciding_tag(change.group, change.desired, name)
    }
    if change.desired is None or change.desired.isolation_scope is None:
        del state["isolation_scope"]


def _states_differ(one: dict[str, Any] | None, other: dict[str, Any] | None) -> Iterator[str]:
    if one is None and other is None:
        return
    if one is None:
        yield "has been created"
    elif other is None:
        yield "has been deleted"
    elif one.get("principal_id") != other.get("principal_id"):
        principals = _was(one.get("principal_id"), other.get("principal_id"))
        yield f"is another principal: it has been deleted and created again (principal_id {principals})"
    else:
        yield from _fields_differ("", one, other)


def _fields_differ(name: str, one: object, other: object) -> Iterator[str]:
    """Values that differ, by their path within a change."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in sorted(one.keys() | other.keys()):
            yield from _fields_differ(f"{name}.{key}" if name else key, one.get(key), other.get(key))
    elif isinstance(one, list) and isinstance(other, list) and any(isinstance(item, Mapping) for item in one + other):
        yield from (f"{name} no longer has {_item(item)}" for item in one if item not in other)
        yield from (f"{name} now has {_item(item)}" for item in other if item not in one)
    elif one != other:
        yield f"{name} {_was(one, other)}"


def _item(item: Mapping[str, object]) -> str:
    return " ".join(value for value in item.values() if isinstance(value, str))


def _was(one: object, other: object) -> str:
    return f"was {_value(one)}, is now {_value(other)}"


def _value(value: object) -> str:
    return value_text(value) if value is None or isinstance(value, str) else repr(value)


def _orphans_differ(saved: Plan, now: Plan, book: AddressBook) -> Iterator[StaleDetail]:
    """Children of a deleted identity that this tool does not manage: unchanged, yet deleted with it or orphaned."""
    going = _going(saved) & _going(now)  # for others, being deleted no longer, or newly, says enough
    before, after = ({one.address.casefold(): one for one in _orphans(plan, going)} for plan in (saved, now))
    for address in sorted(before.keys() ^ after.keys()):
        orphan = before.get(address) or after[address]
        if why_unseen(orphan, now if address in before else saved):
            continue
        what = "is gone" if address in before else "is new"
        yield StaleDetail(orphan.address, book.short(orphan), f"{what}, and its identity would be deleted")


def _going(plan: Plan) -> set[ResourceId]:
    return {one.resource_id for one in plan.changes if isinstance(one, IdentityChange) and one.action is Action.DELETE}


def _orphans(plan: Plan, going: set[ResourceId]) -> Iterator[AnyId]:
    for one in plan.skipped:
        if not isinstance(one.resource_id, ResourceId) and one.resource_id.identity in going:
            yield one.resource_id


_Verdict = tuple[str, AnyId | ResourceGroupId | None, frozenset[AnyId]]


def _verdicts(violations: Iterable[Violation]) -> dict[_Verdict, Violation]:
    """Violations keyed by code, address and held-back changes; messages count unmanaged resources, and are ignored."""
    return {(one.code, one.about, frozenset(one.refused)): one for one in violations}


def _violations_differ(saved: Plan, now: Plan, book: AddressBook) -> Iterator[StaleDetail]:
    names: dict[AnyId | ResourceGroupId | None, str] = {
        change.resource_id: book.short(change.resource_id) for change in (*saved.changes, *now.changes)
    }
    names |= {group.group_id: book.short_group(group.group_id) for group in now.desired.groups}
    before, after = _verdicts(saved.violations), _verdicts(now.violations)
    for verdict, one in before.items():
        if verdict not in after:
            label = names.get(one.about, one.address)
            yield StaleDetail(one.address, label, f"{one.code} no longer refuses what it refused: {one.message}")
    for verdict, one in after.items():
        if verdict not in before:
            label = names.get(one.about, one.address)
            yield StaleDetail(one.address, label, f"{one.code} refuses: {one.message}")
