"""What must change in Git after an undo, or the next apply undoes it.

Each sentence begins with the place in the manifest that the journal knows, and asks for nothing that a manifest cannot
say: tags of ours (`uami-owner`, `uami-protect`) are written by its other lines.
"""

from collections.abc import Iterable, Iterator

from reconciler.journal import After, Before, NetEffect
from reconciler.model import OWNER_TAG, PROTECT_TAG, AnyId, Identity, PlannedIdentity, ResourceId, same_name


def in_git(effect: NetEffect, name: str, fields: Iterable[str] = ()) -> str:
    """What to change where the manifest asked for an effect that is taken back.

    Args:
        name: of the resource, as messages write it.
        fields: of an identity that was updated, those that return: `tags.NAME` or `isolationScope`.
    """
    return f"{effect.source.file}:{effect.source.line}: {_advice(effect, name, tuple(fields))}."


def may_be_in_git(effect: NetEffect, name: str) -> str:
    """What to change for a create that may have taken effect, and whose identity stays for that."""
    place = f"{effect.source.file}:{effect.source.line}"
    return f"{place}: if {name} is to go, take it off the list in Git too, or the next apply creates it again."


def _advice(effect: NetEffect, name: str, fields: tuple[str, ...]) -> str:
    what = effect.resource_id
    if effect.before is None:
        return f"take {name} off the list in Git, or the next apply creates it again"
    if effect.after is None:
        return f"{_list_again(what, name)} in Git, or the next apply deletes it again"
    if not isinstance(what, ResourceId):
        return f"change {name} in Git too, or the next apply changes it again"
    before, after = _owner(effect.before), _owner(effect.after)
    if before == after or not any(same_name(one, f"tags.{OWNER_TAG}") for one in fields):
        return "; ".join(_fields_advice(effect.before, name, fields))
    if after is None:
        # Only an undo takes an owner away, and ours that nobody lists is to go.
        return f"list {name} again in Git, or the next apply may delete it"
    again = "adopts it again" if before is None else "takes it over again"
    return f"take {name} off the list in Git, or the next apply {again}"


def _list_again(what: AnyId, name: str) -> str:
    return f"list {name} again, and not under `remove`," if isinstance(what, ResourceId) else f"list {name} again"


def _fields_advice(before: Before, name: str, fields: tuple[str, ...]) -> Iterator[str]:
    plain = [one for one in fields if not same_name(one, f"tags.{PROTECT_TAG}")]
    if len(plain) < len(fields):
        was_protected = isinstance(before, Identity) and before.is_protected
        line = "protect: false" if was_protected else "protect: true"
        yield f"take `{line}` of {name} out in Git, or the next apply does the same again"
    if plain:
        it = "it" if len(plain) == 1 else "them"
        yield f"change {', '.join(plain)} of {name} in Git too, or the next apply sets {it} again"


def _owner(state: Before | After) -> str | None:
    return state.tags.get(OWNER_TAG) if isinstance(state, Identity | PlannedIdentity) else None
