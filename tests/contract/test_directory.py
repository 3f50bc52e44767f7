"""Groups and app roles of identities: read from Microsoft Graph where it lets us, and said to be unread elsewhere."""

from dataclasses import replace

import httpx
import pytest

from reconciler.arm.http.client import OtherService
from reconciler.live.trust.directory import read_directory
from reconciler.model import AppRole, Directory, Identity, Membership, Part
from reconciler.sandbox.microsoft_graph.directory_kinds import Application, AppRoleAssignment, DirectoryGroup
from reconciler.sandbox.microsoft_graph.relations import GRAPH_APP_ID
from reconciler.sandbox.state.state import Contents, Grant
from reconciler.sandbox.state_file.document import parse_state, state_text_of
from reconciler.snapshot.read import SnapshotScope, read_snapshot
from tests.builders import SUBSCRIPTION, live_identity
from tests.contract.access import lives, principal_of
from tests.contract.arm import Arm, OpenArm, contents
from tests.contract.faults import ALWAYS, Behaviour, Fault, Forward, answer, reset_before

TEAM, PARENT = "cccccccc-0000-4000-8000-000000000001", "cccccccc-0000-4000-8000-000000000002"
APPLICATION, ROLE = "ffffffff-0000-4000-8000-000000000001", "ffffffff-0000-4000-8000-000000000002"
MEMBER_OF, APP_ROLES = "/transitiveMemberOf", "/appRoleAssignments"
DENIED = "missing Application.Read.All in Microsoft Graph"


def start() -> Contents:
    """Two identities, of which one is in a group that is in another, and has an app role."""
    groups = (
        DirectoryGroup(TEAM, "Payments", (principal_of("id-a"),)),
        DirectoryGroup(PARENT, None, (TEAM,)),
    )
    graph = Application(APPLICATION, GRAPH_APP_ID, "Microsoft Graph", ((ROLE, "User.Read.All"),))
    given = AppRoleAssignment("a1", ROLE, principal_of("id-a"), APPLICATION)
    kept = contents(*(replace(lives(name), client_id=principal_of(f"client {name}")) for name in ("id-a", "id-b")))
    kept = kept.having(DirectoryGroup, groups)
    return kept.having(Application, (graph,)).having(AppRoleAssignment, (given,))


def identity(name: str) -> Identity:
    return live_identity(name, principal_id=principal_of(name))


def read(arm: Arm, *names: str) -> list[Directory]:
    return list(read_directory([identity(name) for name in names], arm.resources_with_graph).values())


MEMBERSHIPS = (Membership("group", PARENT, ""), Membership("group", TEAM, "Payments"))
FOUND = Directory(Part(MEMBERSHIPS), Part((AppRole("User.Read.All", "Microsoft Graph"),)))


def test_groups_and_app_roles_are_named(arm: OpenArm) -> None:
    assert read(arm(start()), "id-a", "id-b") == [FOUND, Directory(Part(), Part())]


def test_memberships_of_many_pages_are_all_read(arm: OpenArm) -> None:
    many = tuple(
        DirectoryGroup(f"cccccccc-0000-4000-8000-{number:012}", f"g{number}", (principal_of("id-a"),))
        for number in range(230)
    )

    (found,) = read(arm(start().having(DirectoryGroup, many)), "id-a")

    assert len(found.memberships.found) == 230


def test_app_role_whose_name_cannot_be_read_has_its_id(arm: OpenArm) -> None:
    opened = arm(start(), Fault("GET", f"/servicePrincipals/{APPLICATION}", answer(404, "gone"), times=ALWAYS))

    assert read(opened, "id-a")[0].app_roles.found == (AppRole(ROLE, "Microsoft Graph"),)


def test_who_may_not_read_one_is_not_refused_for_each(arm: OpenArm) -> None:
    asked: list[str] = []

    def note(request: httpx.Request, forward: Forward) -> httpx.Response:
        asked.append(request.url.path)
        return forward(request)

    opened = arm(replace(start(), permissions=(Grant("*", "/", ("*",)),)), Fault("GET", "", note, times=ALWAYS))

    denied = Directory(Part((), DENIED), Part((), DENIED))
    assert read(opened, "id-a", "id-b") == [denied, denied]
    assert asked == [f"/v1.0/servicePrincipals/{principal_of('id-a')}/transitiveMemberOf"]


@pytest.mark.parametrize(
    ("fault", "because"),
    [
        (answer(500, "InternalServerError"), "Microsoft Graph: 500 InternalServerError"),
        (reset_before, "Microsoft Graph: no usable answer"),
        (answer(404, "Request_ResourceNotFound"), "Microsoft Graph: 404 Request_ResourceNotFound"),
    ],
    ids=["broken", "cut", "absent"],
)
def test_what_cannot_be_read_is_said_without_times_or_ids(arm: OpenArm, fault: Behaviour, because: str) -> None:
    opened = arm(start(), Fault("GET", MEMBER_OF, fault, times=ALWAYS))

    (found,) = read(opened, "id-a")

    assert found == Directory(Part((), because), FOUND.app_roles)


def test_where_graph_is_not_asked_it_says_why(arm: OpenArm) -> None:
    opened = arm(start())

    unread = read_directory([identity("id-a")], replace(opened.resources, graph=OtherService(why_not="no token")))

    assert [*unread.values()] == [Directory(Part((), "no token"), Part((), "no token"))]
    assert opened.asked == []


def test_snapshot_has_groups_and_app_roles_and_is_the_same_when_it_is_taken_again(arm: OpenArm) -> None:
    opened = arm(start())
    scopes = (SnapshotScope(SUBSCRIPTION),)

    taken = read_snapshot(scopes, opened.resources_with_graph)
    again = read_snapshot(
        scopes, arm(parse_state(state_text_of(taken.tenant_id, taken.collections))).resources_with_graph
    )

    assert (again, taken.notes) == (taken, ())
    members = [(one["id"], one["displayName"], one["members"]) for one in taken.collections["directoryGroups"]]
    assert members == [(TEAM, "Payments", [principal_of("id-a")]), (PARENT, None, [principal_of("id-a")])]
    assert [one["appRoleId"] for one in taken.collections["appRoleAssignments"]] == [ROLE]


def test_snapshot_says_what_it_could_not_take_of_the_directory(arm: OpenArm) -> None:
    opened = arm(start(), Fault("GET", MEMBER_OF, answer(403, "Authorization_RequestDenied", "No."), times=ALWAYS))
    scopes = (SnapshotScope(SUBSCRIPTION),)

    denied = read_snapshot(scopes, opened.resources_with_graph)
    unasked = read_snapshot(scopes, replace(opened.resources, graph=OtherService(why_not="there is no token for it")))

    assert "directoryGroups" not in denied.collections
    assert "403" in denied.notes[0]
    assert unasked.notes == ("Left out: Entra groups and app roles, since there is no token for it.",)
