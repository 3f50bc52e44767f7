"""Guards over what a delete would break: what uses the identity, or that it is not known; groups that Azure keeps.

Azure deletes an identity that is in use without a word, and whatever used it fails later, when it next signs in.
"""

from collections.abc import Callable, Iterator

from reconciler.guards.allowances import Allowances, is_lifted, ways_to_lift
from reconciler.guards.words import count, ids_of, named
from reconciler.model import UNREAD, Impact, Part, ResourceGroup, Violation
from reconciler.plan import Action, Changes, IdentityChange


def check_in_use(changes: Changes, allowances: Allowances) -> Iterator[Violation]:
    """Refuse deleting an identity that a resource signs in as."""
    is_in_use = "in use; "
    way_out = "Move what uses it to another identity first. If it may break"
    return _check_deletes("in-use", _resources, is_in_use, way_out, changes, allowances)


def check_trusted(changes: Changes, allowances: Allowances) -> Iterator[Violation]:
    """Refuse deleting an identity that somebody outside of Azure may become."""
    is_trusted = "others can sign in as it; it "
    way_out = "Move who signs in with it to another identity first. If they may break"
    return _check_deletes("trusted", _credentials, is_trusted, way_out, changes, allowances)


def check_use_unknown(changes: Changes, allowances: Allowances) -> Iterator[Violation]:
    """Refuse deleting an identity of which it is not known whether it is used."""
    may_be_in_use = "may be in use; not checked: "
    way_out = "Plan again with the right to read it. If nothing uses it for certain"
    return _check_deletes("use-unknown", _gaps, may_be_in_use, way_out, changes, allowances)


def check_managed_group(changes: Changes, allowances: Allowances) -> Iterator[Violation]:
    """Refuse deletes in a group that a service of Azure keeps for its own resources, as AKS does for its nodes.

    Source: Microsoft.Resources 2024-07-01 OpenAPI (`managedBy`); AKS documentation (node resource groups).
    """
    for group in changes.groups:
        deletes = [one for one in (*group.changes, *group.access) if one.action is Action.DELETE]
        group_id, book = group.group.group_id, changes.addresses
        match group.live.resource_group:
            case ResourceGroup(managed_by=str(keeper)):
                if deletes and not allowances.lift("managed-group", group_id, book):
                    names = named([book.short(one.resource_id) for one in deletes])
                    yield Violation(
                        code="managed-group",
                        about=group_id,
                        message=f"Azure keeps this group for {keeper}, and {count(len(deletes), 'resource')} in it"
                        f" would be deleted: {names}",
                        hint="Take the group off the manifest, or list its identities under ignore.identities. If the"
                        f" deletes are meant: --allow managed-group={book.short_group(group_id)}.",
                        refused=ids_of(deletes),
                    )


def _deletes(changes: Changes) -> Iterator[IdentityChange]:
    return (change for group in changes.groups for change in group.deletes())


def _check_deletes(
    code: str,
    reasons_of: Callable[[Impact], list[str]],
    what: str,
    way_out: str,
    changes: Changes,
    allowances: Allowances,
) -> Iterator[Violation]:
    for change in _deletes(changes):
        reasons = reasons_of(change.impact or UNREAD)
        if reasons and not is_lifted(code, change, changes, allowances):
            yield Violation(
                code=code,
                about=change.resource_id,
                message=f"{what}{'; '.join(reasons)}",
                hint=f"{way_out}: {ways_to_lift(code, change, changes)}.",
                refused=ids_of([change]),
            )


def _resources(impact: Impact) -> list[str]:
    names = [one.text for one in impact.attachments.found]
    return [f"attached to {count(len(names), 'resource')}: {named(names)}"] if names else []


def _credentials(impact: Impact) -> list[str]:
    names = [one.credential_id.name for one in impact.credentials.found]
    return [f"trusts {count(len(names), 'federated credential')}: {named(names)}"] if names else []


def _gaps(impact: Impact) -> list[str]:
    """What about its use is unknown; a use that is known needs no proof that there is no other."""
    parts: dict[str, Part[object]] = {
        "attached resources": impact.attachments,
        "federated credentials": impact.credentials,
    }
    return [
        f"{name} ({part.not_checked})"
        for name, part in parts.items()
        if part.not_checked is not None and not part.found
    ]
