"""What differs between the manifest and the live list: describes, judges nothing.

A change is found by working out what the identity should look like, given the live one, and comparing the two. The same
function answers for one identity alone, so that apply can ask it again with a fresh read: a change is still the change
that was reviewed exactly when it comes out the same.
"""

from collections.abc import Iterator
from datetime import date

from reconciler.manifest.desired import (
    Desired,
    DesiredGroup,
    DesiredIdentity,
    IdentitiesPolicy,
    TagsPolicy,
)
from reconciler.manifest.rules.globs import matches_any
from reconciler.model import (
    OWN_TAG_PREFIX,
    OWNER_TAG,
    PROTECT_TAG,
    Identity,
    IsolationScope,
    Live,
    LiveGroup,
    PlannedIdentity,
    ResourceGroupId,
    ResourceId,
    Tags,
    Target,
    same_name,
)
from reconciler.plan.changes import Action, Changes, GroupChanges, IdentityChange, Reason, Skipped, SkipReason
from reconciler.plan.fields import Field, FieldChange
from reconciler.plan.holds import is_held


def diff_states(desired: Desired, live: Live, targets: tuple[Target, ...] = (), *, judged_on: date) -> Changes:
    """Compare desired with live; `targets` leaves everything outside them alone.

    Args:
        judged_on: the day, in UTC, by which the dates of the manifest are judged.

    Returns:
        For each declared group one Change per identity that is listed or removed and per extra that its policy covers,
        no-ops included, and one Skipped per identity that is out of bounds. Changes that the manifest holds back stand
        apart.
    """
    by_id: dict[ResourceGroupId, LiveGroup] = {group.group_id: group for group in live.groups}
    groups = (_diff_group(group, by_id[group.group_id], targets, judged_on) for group in desired.groups)
    return Changes(tuple(groups), judged_on=judged_on)


def diff_identity(
    group: DesiredGroup, desired: DesiredIdentity, before: Identity | None, group_location: str | None = None
) -> IdentityChange:
    """Compare one listed identity with the live one, or with nothing.

    `group_location` is used only where there is nothing live and the manifest gives no location.
    """
    tags = _planned_tags(group, desired, before.tags if before else Tags())
    if before is None:
        location = desired.location or desired.default_location or group_location
        scope = desired.isolation_scope or IsolationScope.NONE
        after = PlannedIdentity(location, tags, scope)
        return IdentityChange(desired.resource_id, Action.CREATE, Reason.MISSING, group, desired, None, after)
    after = PlannedIdentity(before.location, tags, desired.isolation_scope or before.isolation_scope)
    differences = identity_differences(before, after)
    action, reason = Action.NO_OP, Reason.EQUAL
    if differences:
        adopts = after.tags.get(OWNER_TAG) == group.owner != before.owner
        action, reason = Action.UPDATE, Reason.ADOPT if adopts else Reason.DIFFERS
    return IdentityChange(before.resource_id, action, reason, group, desired, before, after, differences)


def identity_differences(before: Identity, after: PlannedIdentity) -> tuple[FieldChange, ...]:
    """The fields in which a live identity is not as it should be."""
    return (*_tag_changes(before.tags, after.tags), *_isolation_changes(before, after))


def _diff_group(group: DesiredGroup, live: LiveGroup, targets: tuple[Target, ...], judged_on: date) -> GroupChanges:
    found = {
        one.resource_id: one
        for one in live.identities
        if not matches_any(one.resource_id.name, group.ignore.identities)
    }
    changes, skipped = _compare(group, live, found, judged_on)
    # Counted before anything is left out or set apart: the limits are a share of the whole group.
    removed = {change.resource_id for change in changes if change.removal is not None and change.before is not None}
    skipped += [
        Skipped(one.resource_id, SkipReason.NOT_TARGETED)
        for one in changes
        if not _is_covered(one.resource_id, targets)
    ]
    changes = sorted(
        (one for one in changes if _is_covered(one.resource_id, targets)), key=lambda one: one.resource_id.key
    )
    return GroupChanges(
        group,
        live,
        tuple(change for change in changes if not is_held(change, judged_on)),
        tuple(sorted(skipped, key=lambda one: one.resource_id.key)),
        deletable_count=_count_deletable(group, found, removed),
        removed_count=len(removed),
        held=tuple(change for change in changes if is_held(change, judged_on)),
    )


def _is_covered(resource_id: ResourceId, targets: tuple[Target, ...]) -> bool:
    return not targets or any(target.covers(resource_id) for target in targets)


def _compare(
    group: DesiredGroup, live: LiveGroup, found: dict[ResourceId, Identity], judged_on: date
) -> tuple[list[IdentityChange], list[Skipped]]:
    """What is listed, then what is removed, then other live identities; `found` is what is live and not ignored."""
    group_location = live.resource_group.location if live.resource_group else None
    changes = [diff_identity(group, one, found.get(one.resource_id), group_location) for one in group.identities]
    changes += _removals(group, live, found, judged_on)
    skipped = [Skipped(one.resource_id, SkipReason.IGNORED) for one in live.identities if one.resource_id not in found]
    named = {change.resource_id for change in changes}
    for extra in found.values():
        if extra.resource_id in named:
            continue
        reason = _why_extra_stays(group, extra)
        if reason is None:
            changes.append(
                IdentityChange(extra.resource_id, Action.DELETE, Reason.NOT_LISTED, group, None, extra, None)
            )
        else:
            skipped.append(Skipped(extra.resource_id, reason))
    return changes, skipped


def _count_deletable(group: DesiredGroup, found: dict[ResourceId, Identity], removed: set[ResourceId]) -> int:
    return sum(one not in removed and _why_extra_stays(group, found[one]) is None for one in found)


def _removals(
    group: DesiredGroup, live: LiveGroup, found: dict[ResourceId, Identity], judged_on: date
) -> Iterator[IdentityChange]:
    """What is named under `remove`: to delete, or done where nothing of that name is live.

    Its entry comes with what it allows on this day. What is listed or ignored as well stays; a manifest that says so is
    refused when it is loaded.
    """
    lives, listed = ({one.resource_id for one in many} for many in (live.identities, group.identities))
    for removal in group.remove:
        before = found.get(removal.resource_id)
        if removal.resource_id in listed or (before is None and removal.resource_id in lives):
            continue
        action = Action.NO_OP if before is None else Action.DELETE
        resource_id = removal.resource_id if before is None else before.resource_id
        entry = removal.on(judged_on)
        yield IdentityChange(resource_id, action, Reason.REMOVED, group, None, before, None, removal=entry)


def _why_extra_stays(group: DesiredGroup, extra: Identity) -> SkipReason | None:
    if group.policy.identities is IdentitiesPolicy.MERGE:
        return SkipReason.NOT_LISTED
    if group.policy.identities is IdentitiesPolicy.OWNED and extra.owner != group.owner:
        return SkipReason.NOT_OURS if extra.owner is None else SkipReason.NOT_OWNED
    return None


def _planned_tags(group: DesiredGroup, desired: DesiredIdentity, live: Tags) -> Tags:
    planned: dict[str, str | None] = dict(desired.tags)
    if group.owner is not None:
        # No manifest can list this tag; an undo does, to give it back as it was.
        planned.setdefault(OWNER_TAG, group.owner)
    if desired.protect is not None:
        planned[PROTECT_TAG] = "true" if desired.protect else None
    if group.policy.tags is TagsPolicy.EXACT:
        listed = {name.casefold() for name in planned}
        for name in live:
            if name.casefold() not in listed and _is_within_policy(group, name):
                planned[name] = None
    return live if live.has(planned) else live.merged(planned)


def _is_within_policy(group: DesiredGroup, tag: str) -> bool:
    # Our own tags lie outside policy: `exact` must not undo what another key of the manifest, or adoption, wrote.
    return not tag.casefold().startswith(OWN_TAG_PREFIX) and not matches_any(tag, group.ignore.tags)


def is_deciding_tag(group: DesiredGroup, desired: DesiredIdentity | None, tag: str) -> bool:
    """Whether a live tag affects what is done to an identity, which `desired` lists or does not.

    Listed tags do, those that the policy removes, and our own, by which the guards tell whose an identity is.
    """
    if tag.casefold().startswith(OWN_TAG_PREFIX):
        return True
    if desired is None:
        return False
    is_listed = any(same_name(tag, name) for name, _ in desired.tags)
    return is_listed or (group.policy.tags is TagsPolicy.EXACT and _is_within_policy(group, tag))


def _tag_changes(before: Tags, after: Tags) -> list[FieldChange]:
    names = [*before, *(name for name in after if name not in before)]
    return [
        FieldChange(Field.TAG, before.get(name), after.get(name), name)
        for name in sorted(names, key=str.casefold)
        if before.get(name) != after.get(name)
    ]


def _isolation_changes(before: Identity, after: PlannedIdentity) -> list[FieldChange]:
    if str(before.isolation_scope) == str(after.isolation_scope):
        return []
    return [FieldChange(Field.ISOLATION_SCOPE, str(before.isolation_scope), str(after.isolation_scope))]
