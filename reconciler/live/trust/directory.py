"""What identities have by the directory alone: the groups that they are in, and their app roles.

It is asked of Microsoft Graph, which ARM's rights say nothing about and which many pipelines may not read. So nothing
here is an error: what cannot be read is said with its reason, in words that are the same for the same state.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from reconciler.arm.microsoft_graph import GivenAppRole, MicrosoftGraph, named
from reconciler.arm.resources import Resources
from reconciler.errors import ArmError, AuthError, CallFailed, LoginError, OutOfTime
from reconciler.model import AppRole, Directory, Identity, Membership, Part, ResourceId, directory_not_read

PERMISSION = "Application.Read.All"
"""What lets a caller read all of it. Source: Microsoft Graph v1.0 documentation (least privilege of each read)."""

READING = "Reading groups and app roles"

T = TypeVar("T")


def read_directory(identities: Iterable[Identity], resources: Resources) -> dict[ResourceId, Directory]:
    """The groups and app roles of each identity. Raises Interrupted and OutOfTime only."""
    asked = list(identities)
    if not asked or resources.graph.open_client is None:
        return {one.resource_id: directory_not_read(resources.graph.why_not) for one in asked}
    graph = MicrosoftGraph(resources.graph.open_client())
    first = _read(asked[0], graph)
    if first.denied:
        # Who may not read the first may read none: one answer says so for thousands.
        return {one.resource_id: directory_not_read(first.denied) for one in asked}
    found = [first, *resources.map(READING, lambda one: _read(one, graph), asked[1:])]
    applications = dict.fromkeys(role.resource_id for one in found for role in one.app_roles.found)
    names = dict(resources.pairs(READING, lambda one: _names(one, graph), applications))
    return {
        identity.resource_id: Directory(
            one.memberships,
            Part(_named(one.app_roles.found, names), one.app_roles.not_checked),
        )
        for identity, one in zip(asked, found, strict=True)
    }


@dataclass(frozen=True, slots=True)
class _Found:
    """What Graph says of one principal; `denied` is why it says nothing to this caller."""

    memberships: Part[Membership]
    app_roles: Part[GivenAppRole]
    denied: str = ""


def _read(identity: Identity, graph: MicrosoftGraph) -> _Found:
    memberships, denied = _part(lambda: graph.memberships(identity.principal_id))
    if denied:
        return _Found(memberships, Part((), denied), denied)
    app_roles, _ = _part(lambda: graph.app_roles(identity.principal_id))
    return _Found(memberships, app_roles)


def _part(read: Callable[[], tuple[T, ...]]) -> tuple[Part[T], str]:
    """What was read, and, where that is nothing because of who asks, why."""
    try:
        return Part(read()), ""
    except CallFailed as error:
        because = why_unread(error, PERMISSION)
        return Part((), because), because if isinstance(error, AuthError) else ""


def why_unread(error: CallFailed, permission: str) -> str:
    """What kept Microsoft Graph from answering, in words that are the same for the same state; raises OutOfTime."""
    match error:
        case OutOfTime():
            raise error
        case LoginError():
            return "there is no token for Microsoft Graph"
        case AuthError():
            return f"missing {permission} in Microsoft Graph"
        case ArmError(said=said):
            return f"Microsoft Graph: {said or 'no usable answer'}"
    return "Microsoft Graph: no usable answer"


def _names(application: str, graph: MicrosoftGraph) -> Mapping[str, str]:
    """What an application calls its app roles; nothing where that cannot be read, so that their ids stand there."""
    try:
        return graph.application(application).roles
    except OutOfTime:
        raise
    except CallFailed:
        return {}


def _named(given: Iterable[GivenAppRole], names: Mapping[str, Mapping[str, str]]) -> tuple[AppRole, ...]:
    roles = (named(one, names[one.resource_id]) for one in given)
    return tuple(sorted(roles, key=lambda one: (one.application.casefold(), one.role)))
