"""The guard over what can grow beyond the manifest: roles whose holder can give itself any other, and trust in those.

Whoever may give roles, or may sign in as somebody who may, has every right at that scope. One line of a manifest can
hand that out, so a review has to say that it is meant: on that line itself, or in the call.
"""

from collections.abc import Iterator

from reconciler.guards.allowances import Allowances
from reconciler.guards.words import ids_of, named
from reconciler.model import NotRead, ResourceId, RoleDefinition, Violation, describe_scope, is_within, shell_command
from reconciler.plan import (
    AccessChange,
    Action,
    AssignmentChange,
    Changes,
    CredentialChange,
    is_new_trust,
    is_wider_role,
)

_CODE = "grant"


def check_grant(changes: Changes, allowances: Allowances) -> Iterator[Violation]:
    """Refuse new trust and wider roles by which somebody could get every right, or where that could not be read."""
    for change, why in _found(changes):
        if not _is_accepted(change, allowances) and not allowances.lift(_CODE, change.resource_id, changes.addresses):
            flag = shell_command("--allow", f"{_CODE}={changes.addresses.short(change.resource_id)}")
            by_line = " Or write accept: [{code: grant, reason: ...}] on that line." if allowances.accept_lifts else ""
            yield Violation(
                code=_CODE,
                about=change.resource_id,
                message=f"{_doing(change)} {why}",
                hint=f"If it is meant: {flag}.{by_line}",
                refused=ids_of([change]),
            )


def accepted_grants(changes: Changes, allowances: Allowances) -> tuple[str, ...]:
    """What lines of the manifest have lifted the guard for, in sentences with their reasons."""
    return tuple(
        f"The manifest accepts {_CODE} at {changes.addresses.short(change.resource_id)}: it {_doing(change)} {why}."
        f" Reason: {'; '.join(_reasons(change))}"
        for change, why in _found(changes)
        if _is_accepted(change, allowances)
    )


def _is_accepted(change: AccessChange, allowances: Allowances) -> bool:
    """Whether the line that lists a credential or a role lifts the guard for it."""
    return allowances.accept_lifts and bool(_reasons(change))


def _reasons(change: AccessChange) -> tuple[str, ...]:
    return tuple(one.reason for one in change.desired.accept if one.code == _CODE) if change.desired else ()


def _doing(change: AccessChange) -> str:
    if isinstance(change, CredentialChange):
        return "would let somebody new sign in as an identity"
    return "would give a role" if change.action is Action.CREATE else "would give without its condition a role"


def _found(changes: Changes) -> Iterator[tuple[AccessChange, str]]:
    """Each change that the guard is about, and why, in words that go on after `_doing`."""
    powers = _Powers(changes)
    for change in changes.access():
        why = None
        if is_wider_role(change):
            why = powers.of_role(change.definition, change.resource_id.scope)
            why = why and f"that {why}"
        elif is_new_trust(change):
            why = powers.of_identity(change)
        if why is not None:
            yield change, why


class _Powers:
    """What roles let their holders do, as things live and as the plan would have them."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._planned: dict[ResourceId, list[AssignmentChange]] = {}
        for change in changes.access():
            if isinstance(change, AssignmentChange) and change.action is not Action.DELETE:
                self._planned.setdefault(change.resource_id.identity, []).append(change)

    def of_role(self, role: RoleDefinition | None, scope: str) -> str | None:
        """Why a role at a scope is more than it looks; None where it is not."""
        if not is_within(scope, "/subscriptions"):
            return f"holds at {scope}, above all subscriptions"
        if role is None:
            return "could not be read: what it gives is not known"
        if role.gives_roles:
            return f"lets its holder give itself every right ({role.gives_roles})"
        return self._of_others(role.becomes_others, scope) if role.becomes_others else None

    def _of_others(self, action: str, scope: str) -> str | None:
        """Why a role is, that lets its holder become the identities at and below its scope."""
        live = self._changes.held_roles.givers_within(scope)
        planned = [one for one, roles in self._planned.items() if is_within(str(one), scope) and _give_roles(roles)]
        known = [*(() if isinstance(live, NotRead) else live), *planned]
        if known:
            names = named([self._changes.addresses.short(one) for one in dict.fromkeys(known)])
            return f"lets its holder become {names}, which can give roles ({action})"
        if isinstance(live, NotRead):
            where = describe_scope(scope)
            what = f"lets its holder become any identity in {where} ({action})"
            return f"{what}, and whether one of them can give roles could not be read: {live.because}"
        return None

    def of_identity(self, change: CredentialChange) -> str | None:
        """Why it matters who can sign in as an identity: what it has, and what it would get."""
        identity = change.resource_id.identity
        held = self._changes.held_roles.of(identity) if change.identity is not None else ()
        if isinstance(held, NotRead):
            return f"whose roles could not be read: {held.because}"
        roles = [("has", one.name, one.definition, one.scope) for one in held]
        roles += [
            ("would get", one.resource_id.role, one.definition, one.resource_id.scope)
            for one in self._planned.get(identity, ())
        ]
        for verb, name, definition, scope in roles:
            why = self.of_role(definition, scope)
            if why is not None:
                return f"that {verb} the role {name} on {describe_scope(scope)}: it {why}"
        return None


def _give_roles(roles: list[AssignmentChange]) -> bool:
    return any(one.definition is None or one.definition.gives_roles for one in roles)
