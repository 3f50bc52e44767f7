"""How guards count, name, and find the children of an identity."""

from collections.abc import Iterable, Sequence

from reconciler.model import AnyId, ResourceGroupId, ResourceId, identity_of, shell_command
from reconciler.plan import AccessChange, Change, Changes


def ids_of(changes: Iterable[Change]) -> tuple[AnyId, ...]:
    """The ids of what changes are about, by which they are held back."""
    return tuple(change.resource_id for change in changes)


def count(number: int, noun: str) -> str:
    """A number and its noun: `1 identity`, `2 identities`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"


NAMES_AT_MOST = 10
"""How many of several things a refusal names; the plan's JSON document has all of them."""


def named(names: Sequence[str]) -> str:
    """Names in one line, and how many more there are."""
    more = len(names) - NAMES_AT_MOST
    return ", ".join(names[:NAMES_AT_MOST]) + (f" and {more} more" if more > 0 else "")


def create_group_command(group_id: ResourceGroupId) -> str:
    """The command that makes a resource group, which this tool does not; where it is to be is the reader's to say."""
    place = ("--subscription", group_id.subscription_id, "--name", group_id.resource_group)
    return shell_command("az", "group", "create", *place, "--location", "LOCATION")


def changes_below(changes: Changes) -> dict[ResourceId, list[AccessChange]]:
    """The changes of the children of each identity."""
    below: dict[ResourceId, list[AccessChange]] = {}
    for change in changes.access():
        below.setdefault(identity_of(change.resource_id), []).append(change)
    return below
