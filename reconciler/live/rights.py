"""Whether the caller has the rights that are needed, by as few questions as will do.

Rights are handed down, so a subscription is asked first, and a group, a scope or a single resource in it only for what
is not given above. A place that does not let itself be asked says nothing: what is needed there is neither there nor
missing.
"""

from collections.abc import Iterable

from reconciler.arm.actions import role_with, roles_with
from reconciler.arm.permissions import Permissions
from reconciler.arm.resources import Resources
from reconciler.arm.role_assignments import grant_command
from reconciler.errors import AuthError, LoginError, NotFound
from reconciler.live.may_read import MayRead
from reconciler.model import normalize_scope
from reconciler.plan import NOT_CHECKED, Need, Rights

_ANYONE = "PRINCIPAL"


def read_rights(needs: Iterable[Need], may_read: MayRead, resources: Resources) -> Rights:
    """Ask ARM what the caller may do, from the subscriptions down to where it is known of each need.

    Raises:
        LoginError: there is no token, or it is refused itself.
        ArmError: a place could not be asked, for whatever other reason than rights.
    """
    asked = _Asked(may_read, resources)
    needs = tuple(dict.fromkeys(needs))
    left = list(needs)
    for depth in range(_DEPTH):
        asked.ask(place for need in left for place in _places(need.scope)[depth : depth + 1])
        left = [need for need in left if not asked.gives(need)]
    # A hundred identities of a group that is closed to the caller are not a hundred questions: one answers for all.
    first = {need.key: need for need in reversed(left) if need.resource}
    asked.ask(need.resource for need in first.values())
    open_keys = {key for key, need in first.items() if asked.gives(need)}
    asked.ask(need.resource for need in left if need.resource and need.key in open_keys)
    return _judge(needs, asked)


class _Asked:
    """What the caller may do at the places that were asked; None where a place does not say."""

    def __init__(self, may_read: MayRead, resources: Resources) -> None:
        self._may_read = may_read
        self._resources = resources
        self._found: dict[str, Permissions | None] = {}

    def ask(self, places: Iterable[str]) -> None:
        """Ask those that were not asked yet."""
        new = {normalize_scope(place): place for place in places if normalize_scope(place) not in self._found}
        self._found.update(self._resources.pairs("Reading permissions", lambda key: self._read(new[key]), new))

    def gives(self, need: Need) -> bool:
        """Whether any place that was asked gives what is needed."""
        return any(one is not None and one.allows(need.action) for one in self._answers(need))

    def says_nothing(self, need: Need) -> bool:
        """Whether the narrowest place that was asked for a need does not say what the caller may do there."""
        return self._answers(need)[-1] is None

    def _answers(self, need: Need) -> list[Permissions | None]:
        places = [*_places(need.scope), *([need.resource] if need.resource else [])]
        keys = [normalize_scope(place) for place in places]
        return [self._found[key] for key in keys if key in self._found]

    def _read(self, place: str) -> Permissions | None:
        try:
            return self._may_read.permissions_at(place)
        except NotFound:
            return None
        except LoginError:
            raise
        except AuthError:
            return None


_DEPTH = 3
"""The most places that a scope has: its subscription, its group, itself."""


def _places(scope: str) -> tuple[str, ...]:
    """A scope and what stands above it, from above; a scope of no subscription stands alone."""
    parts = scope.strip("/").split("/")
    if parts[0].casefold() != "subscriptions":
        return (scope,)
    cuts = [2, *([4] if len(parts) > 4 and parts[2].casefold() == "resourcegroups" else []), len(parts)]
    return tuple("/" + "/".join(parts[:cut]) for cut in dict.fromkeys(cuts))


def _judge(needs: tuple[Need, ...], asked: _Asked) -> Rights:
    by_key: dict[tuple[str, str], list[Need]] = {}
    for need in needs:
        by_key.setdefault(need.key, []).append(need)
    present, missing, unchecked = [], [], []
    for _, same in sorted(by_key.items()):
        lacking = [need for need in same if not asked.gives(need)]
        known = [need for need in lacking if not asked.says_nothing(need)]
        if known:
            missing.append(known[0])
        elif lacking:
            unchecked.append(lacking[0])
        else:
            present.append(same[0])
    return Rights(tuple(present), tuple(missing), tuple(unchecked))


def unchecked_notes(rights: Rights) -> tuple[str, ...]:
    """For each scope at which the caller may not ask, what could not be checked."""
    return tuple(
        f"Your rights at {scope} were not checked ({', '.join(actions)}): it does not exist, or you may not read your"
        " permissions there."
        for scope, actions in _by_scope(rights.unchecked).items()
    )


def missing_rights(rights: Rights) -> AuthError:
    """The refusal of a run that would end half-way: each missing action with its scope and the role that has it."""
    lines = [f"  {need.action} at {need.scope} ({_who_has(need.action)})" for need in rights.missing]
    count = "1 right is" if len(lines) == 1 else f"{len(lines)} rights are"
    commands = [f"  {command}" for command in grant_commands(rights.missing)]
    asked = ["Ask an administrator to run:", *commands] if commands else []
    return AuthError(
        (f"The run would fail half-way, so it was not started: {count} missing.", *lines),
        (*asked, f"A new grant takes some minutes to be seen. {NOT_CHECKED}"),
    )


def _who_has(action: str) -> str:
    role = role_with(action)
    return f"the role {role} has it" if role else "no built-in role known here has it"


def grant_commands(missing: Iterable[Need], principal: str = _ANYONE) -> tuple[str, ...]:
    """The commands that give what is missing, one for each scope and role."""
    return tuple(
        grant_command(role, scope, principal)
        for scope, actions in _by_scope(missing).items()
        for role in roles_with(actions)
    )


def _by_scope(needs: Iterable[Need]) -> dict[str, list[str]]:
    found: dict[str, tuple[str, list[str]]] = {}
    for need in needs:
        found.setdefault(normalize_scope(need.scope), (need.scope, []))[1].append(need.action)
    return dict(found.values())
