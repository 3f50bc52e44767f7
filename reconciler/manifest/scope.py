"""How much of a manifest a run is about, and what the manifest asks of the run."""

from collections.abc import Iterable

from reconciler.errors import UsageError
from reconciler.manifest.desired import Desired
from reconciler.model import AnyId, Live, ResourceGroupId, Target, identity_of, parse_target

ISOLATION_SCOPE_SINCE = "2024-11-30"
"""The first api-version with `isolationScope`. Source: Microsoft.ManagedIdentity 2024-11-30 OpenAPI."""


def check_api_version(desired: Desired, api_version: str) -> None:
    """An older api-version would take `isolationScope` and forget it."""
    if api_version[: len(ISOLATION_SCOPE_SINCE)] >= ISOLATION_SCOPE_SINCE:
        return
    for group in desired.groups:
        for identity in group.identities:
            if identity.isolation_scope is not None:
                raise UsageError(
                    f"--api-version {api_version} knows no isolationScope, but {identity.source} sets one",
                    f"Use {ISOLATION_SCOPE_SINCE} or newer, or take isolationScope off the manifest.",
                )


def only_subscriptions(desired: Desired, subscriptions: tuple[str, ...]) -> Desired:
    """The part of the manifest that is in these subscriptions; the whole manifest where none is named.

    Raises:
        UsageError: the manifest has no group in one of them.
    """
    declared = {group.group_id.subscription_id.casefold() for group in desired.groups}
    for subscription in subscriptions:
        if subscription.casefold() not in declared:
            raise UsageError(
                f"--subscription {subscription}: the manifest has no resource group in that subscription",
                f"It has: {', '.join(sorted(declared))}.",
            )
    if not subscriptions:
        return desired
    named = {subscription.casefold() for subscription in subscriptions}
    return Desired(tuple(one for one in desired.groups if one.group_id.subscription_id.casefold() in named))


def parse_targets(texts: Iterable[str], desired: Desired) -> tuple[Target, ...]:
    """What each `--target` means. Raises UsageError as `parse_target` does."""
    return tuple(parse_target(text, (group.group_id for group in desired.groups)) for text in texts)


def only_targets(desired: Desired, targets: tuple[Target, ...]) -> Desired:
    """The groups of the manifest that targets are in; all of them where there is none."""
    named = {target.group_id for target in targets}
    return Desired(tuple(group for group in desired.groups if group.group_id in named)) if targets else desired


def is_looked_at(about: AnyId | ResourceGroupId | None, desired: Desired, targets: tuple[Target, ...]) -> bool:
    """Whether a run of these targets looks at a resource, or at something of a group; at a document it always does."""
    if about is None:
        return True
    if isinstance(about, ResourceGroupId):
        return any(group.group_id == about for group in desired.groups)
    listed = any(group.group_id == about.group_id for group in desired.groups)
    return listed and (not targets or any(target.covers(identity_of(about)) for target in targets))


def check_targets_exist(targets: tuple[Target, ...], desired: Desired, live: Live) -> None:
    """Raises UsageError for a target that matches nothing: the run would look successful and have done nothing."""
    if not targets:
        return
    known = {identity.resource_id for group in desired.groups for identity in group.identities}
    known |= {removal.resource_id for group in desired.groups for removal in group.remove}
    known |= {identity.resource_id for group in live.groups for identity in group.identities}
    for target in targets:
        if target.name is not None and target.group_id.identity(target.name) not in known:
            raise UsageError(
                f"--target {target.text}: neither the manifest nor the resource group has an identity {target.name!r}",
                "Check the name; `uami plan` without --target lists what there is.",
            )
