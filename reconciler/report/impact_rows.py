"""What a delete would break, in lines for people: what there is, then what could not be looked at.

Where all was looked at and nothing found, one line says just that.
"""

from collections.abc import Iterator

from reconciler.model import UNREAD, Impact, Part
from reconciler.plan import Action, Change, IdentityChange

NO_IMPACT = "impact"

NOTHING = "none: no attached resource, no federated credential, no orphaned role, no lock"


def impact_rows(change: Change) -> tuple[tuple[str, str], ...]:
    """Label and text of each line; nothing for what is no delete of an identity."""
    if not isinstance(change, IdentityChange) or change.action is not Action.DELETE:
        return ()
    impact = change.impact or UNREAD
    return (*_found(impact), *_not_checked(impact)) or ((NO_IMPACT, NOTHING),)


def with_condition(condition: str | None) -> str:
    """What a line about a role says of a condition that narrows it, besides what it is about."""
    return "" if condition is None else ", with a condition"


def _found(impact: Impact) -> Iterator[tuple[str, str]]:
    yield from (("attached to", one.text) for one in impact.attachments.found)
    yield from (("also deleted", f"federated credential {one.credential_id.name}") for one in impact.credentials.found)
    for one in impact.assignments.found:
        if not one.removed:
            yield "orphaned", f"role {one.role} at {one.scope}{with_condition(one.condition)}"
    yield from (("locked by", one.text) for one in impact.locks.found)


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
