"""What a delete would break, in lines for people: what there is, then what could not be looked at.

Where nothing was found, one line says just that; none of them says that nothing else uses the identity.
"""

from collections.abc import Iterator

from reconciler.model import DIRECTORY_UNREAD, UNREAD, Impact, LastSignIn, Membership, Part, ResourceId, not_looked_at
from reconciler.plan import Action, AssignmentChange, Change, CredentialChange, IdentityChange
from reconciler.report.names import Names

FOUND_NOTHING = "none found: no attached resource, no federated credential, no orphaned role, no lock"


def unlooked(change: Change) -> str:
    """What stands below the impact of every delete; nothing for what is none."""
    match change:
        case IdentityChange(action=Action.DELETE, impact=impact):
            return f"not looked at: {', '.join(not_looked_at((impact or UNREAD).directory))}"
    return ""


LAST_SIGN_IN = "last sign-in"
"""The label of what a sign-in log says; of a delete where one was named."""


def impact_rows(change: Change, names: Names) -> tuple[tuple[str, str], ...]:
    """Label and text of each line above `unlooked`, the last; of a deleted credential the last sign-in alone."""
    if isinstance(change, CredentialChange):
        return tuple(_last_sign_in(change.last_sign_in))
    if not isinstance(change, IdentityChange) or change.action is not Action.DELETE:
        return ()
    impact = change.impact or UNREAD
    found = _found(impact, change.resource_id, names)
    broken = (*found, *_not_checked(impact)) or (("impact", FOUND_NOTHING),)
    return (*broken, *_last_sign_in(impact.last_sign_in))


def with_condition(condition: str | None) -> str:
    """What a line about a role says of a condition that narrows it, besides what it is about."""
    return "" if condition is None else ", with a condition"


def _last_sign_in(known: LastSignIn | None) -> Iterator[tuple[str, str]]:
    if known is not None:
        yield LAST_SIGN_IN, known.text


def _found(impact: Impact, identity: ResourceId, names: Names) -> Iterator[tuple[str, str]]:
    yield from (("attached to", one.text) for one in impact.attachments.found)
    yield from (("also deleted", f"federated credential {one.credential_id.name}") for one in impact.credentials.found)
    for one in impact.assignments.found:
        if not one.removed:
            role = f"role {names.role(one.role, one.role_guid)} on {names.scope(one.scope, identity)}"
            yield "orphaned", f"{role}{with_condition(one.condition)}"
    for lock in impact.locks.found:
        yield "locked by", f"{lock.level} lock {lock.name!r} on {names.scope(lock.scope, identity)}"
    yield from (("member of", membership_text(one)) for one in impact.directory.memberships.found)
    yield from (("app role", f"{one.role} of {one.application}") for one in impact.directory.app_roles.found)


def membership_text(one: Membership) -> str:
    """`group Payments operators`, or the kind and the id where its name may not be read."""
    words = {"directoryRole": "directory role", "administrativeUnit": "administrative unit"}
    return f"{words.get(one.kind, one.kind)} {one.name or one.object_id}"


def _not_checked(impact: Impact) -> Iterator[tuple[str, str]]:
    parts: dict[str, Part[object]] = {
        "attached resources": impact.attachments,
        "federated credentials": impact.credentials,
        "roles": impact.assignments,
        "locks": impact.locks,
    }
    for name, part in parts.items():
        if part.not_checked is not None:
            also = "further " if part.found else ""
            yield "not checked", f"{also}{name}: {part.not_checked}"
    why = impact.directory.memberships.not_checked
    if why is not None and why != DIRECTORY_UNREAD.memberships.not_checked:
        yield "not checked", f"Entra groups, app roles: {why}"


def role_of_nobody(change: AssignmentChange) -> str:
    """Why a role is deleted whose identity is too, or has long gone."""
    if change.orphan is None:
        return "will be destroyed: its identity is, and it would be left orphaned"
    identity = change.orphan.identity
    if identity is None:
        return "will be destroyed: its principal is gone"
    again = "" if change.orphan.created_again is None else ", which has been created again as another one"
    return f"will be destroyed: its principal is gone, that of {identity.resource_group}/{identity.name}{again}"
