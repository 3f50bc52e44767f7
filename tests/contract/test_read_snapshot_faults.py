"""Taking a snapshot where something is in the way: complete, or an error that says what is missing."""

import threading
from dataclasses import replace

import httpx
import pytest

from reconciler.errors import ArmError, AuthError, NotFound, Throttled, UsageError
from reconciler.parallel import Pool
from reconciler.sandbox.state.state import Grant, Subscription
from reconciler.snapshot.choose import Snapshot
from reconciler.snapshot.read import SnapshotScope, read_snapshot
from tests.builders import GROUP, OTHER_SUBSCRIPTION, SUBSCRIPTION, TENANT
from tests.contract.arm import PIPELINE, Arm, OpenArm, contents, in_process, subscription, there
from tests.contract.faults import ALWAYS, Fault, Forward, answer, answer_body, meddle, truncate

IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
IN_GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/{GROUP}"
IDENTITIES = "providers/Microsoft.ManagedIdentity/userAssignedIdentities"
AUTHORIZATION = "providers/Microsoft.Authorization"
WHOLE = SnapshotScope(SUBSCRIPTION)
READ_GROUPS = "Microsoft.Resources/subscriptions/resourceGroups/read"
READ_IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities/read"
READ_ROLES = "Microsoft.Authorization/roleDefinitions/read"
READ_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments/read"
READ_DENIED = "Microsoft.Authorization/denyAssignments/read"
READ_LOCKS = "Microsoft.Authorization/locks/read"
READ_CREDENTIALS = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read"


def take(arm: Arm, *scopes: SnapshotScope, parallelism: int = 2) -> Snapshot:
    """Take a snapshot, by default of the whole subscription."""
    return read_snapshot(scopes or (WHOLE,), replace(arm.resources, pool=Pool(parallelism)))


def names(taken: Snapshot, collection: str = "identities") -> list[str]:
    """The last words of the ids of a collection."""
    return [str(one["id"]).rpartition("/")[2] for one in taken.collections[collection]]


def credentials_of(name: str) -> str:
    """The end of the path that lists an identity's credentials."""
    return f"{name}/federatedIdentityCredentials"


def ask_for_reader(scope: str) -> str:
    """The hint of a right that is missing."""
    return f"Ask for a role there: az role assignment create --role Reader --scope {scope} --assignee PRINCIPAL"


def test_snapshot_asks_once_for_each_kind_and_once_for_each_identity(arm: OpenArm) -> None:
    opened = arm(contents("id-one", "id-two"))

    taken = take(opened)

    assert names(taken) == ["id-one", "id-two"]
    assert sorted(opened.asked) == sorted(
        ("GET", path)
        for path in (
            IN_SUBSCRIPTION,
            f"{IN_SUBSCRIPTION}/{AUTHORIZATION}/permissions",
            f"{IN_SUBSCRIPTION}/resourceGroups",
            f"{IN_SUBSCRIPTION}/{IDENTITIES}",
            f"{IN_SUBSCRIPTION}/{AUTHORIZATION}/roleDefinitions",
            f"{IN_SUBSCRIPTION}/{AUTHORIZATION}/roleAssignments",
            f"{IN_SUBSCRIPTION}/{AUTHORIZATION}/denyAssignments",
            f"{IN_SUBSCRIPTION}/{AUTHORIZATION}/locks",
            f"{IN_SUBSCRIPTION}/resources",
            f"{IN_GROUP}/{IDENTITIES}/{credentials_of('id-one')}",
            f"{IN_GROUP}/{IDENTITIES}/{credentials_of('id-two')}",
        )
    )


@pytest.mark.parametrize(
    "action", [READ_GROUPS, READ_IDENTITIES, READ_ROLES, READ_ASSIGNMENTS, READ_DENIED, READ_LOCKS, READ_CREDENTIALS]
)
def test_right_that_is_missing_is_named_before_anything_is_listed(action: str) -> None:
    grant = Grant(PIPELINE, IN_SUBSCRIPTION, ("*/read",), (action,))

    with in_process(contents("id-one", permissions=[grant])) as arm:
        with pytest.raises(AuthError) as caught:
            take(arm)

        asked = len(arm.asked)

    assert caught.value.message == (
        f"taking a snapshot of {IN_SUBSCRIPTION}: not allowed ({action}, */read), so it could be incomplete"
    )
    assert caught.value.hint == ask_for_reader(IN_SUBSCRIPTION)
    assert asked == 2


@pytest.mark.parametrize(
    ("actions", "not_actions"),
    [
        (("Microsoft.Resources/*", "Microsoft.ManagedIdentity/*/read", "Microsoft.Authorization/*/read"), ()),
        (("*/read",), ("Microsoft.Compute/*",)),
    ],
    ids=["not given", "partly withheld"],
)
def test_list_of_resources_is_not_believed_without_the_right_to_every_type(
    actions: tuple[str, ...], not_actions: tuple[str, ...]
) -> None:
    grant = Grant(PIPELINE, IN_SUBSCRIPTION, actions, not_actions)

    with in_process(contents("id-one", permissions=[grant])) as arm, pytest.raises(AuthError) as caught:
        take(arm)

    assert caught.value.message == (
        f"taking a snapshot of {IN_SUBSCRIPTION}: not allowed (*/read), so it could be incomplete"
    )


def test_caller_who_may_not_even_ask_for_rights_is_told_all_that_is_needed() -> None:
    grant = Grant(PIPELINE, IN_SUBSCRIPTION, ("Microsoft.Resources/subscriptions/read",))

    with in_process(contents(permissions=[grant])) as arm, pytest.raises(AuthError) as caught:
        take(arm)

    needed = (
        READ_GROUPS,
        READ_IDENTITIES,
        READ_ROLES,
        READ_ASSIGNMENTS,
        READ_DENIED,
        READ_LOCKS,
        "*/read",
        READ_CREDENTIALS,
    )
    assert f"not allowed ({', '.join(needed)})" in caught.value.message


def test_rights_in_one_group_are_enough_for_a_snapshot_of_it_and_for_no_other() -> None:
    start = contents(
        "id-one",
        there("id-two", group="rg-other"),
        groups=(GROUP, "rg-other"),
        permissions=[Grant(PIPELINE, IN_GROUP, ("*/read",))],
    )
    both = (SnapshotScope(SUBSCRIPTION, GROUP), SnapshotScope(SUBSCRIPTION, "rg-other"))

    with in_process(start) as arm:
        taken = take(arm, both[0])
        with pytest.raises(AuthError) as caught:
            take(arm, *both)

    assert (names(taken), names(taken, "resourceGroups")) == (["id-one"], [GROUP])
    assert taken.collections["subscriptions"] == ({"subscriptionId": SUBSCRIPTION, "displayName": "Payments"},)
    assert caught.value.hint == ask_for_reader(f"{IN_SUBSCRIPTION}/resourceGroups/rg-other")


def test_group_that_does_not_exist_is_an_error(arm: OpenArm) -> None:
    with pytest.raises(NotFound) as caught:
        take(arm(contents()), SnapshotScope(SUBSCRIPTION, "rg-nowhere"))

    assert caught.value.arm_code == "ResourceGroupNotFound"


def test_identity_that_is_deleted_before_its_credentials_are_read_is_left_out(arm: OpenArm) -> None:
    late = Fault("GET", credentials_of("id-gone"), meddle(lambda: opened.delete("id-gone")))
    opened = arm(contents("id-gone", "id-kept"), late)

    taken = take(opened)

    assert names(taken) == ["id-kept"]
    gone = [note.partition(" was deleted")[0] for note in taken.notes if " was deleted" in note]
    assert [one.rpartition("/")[2] for one in gone] == ["id-gone"]


def test_404_about_the_credentials_of_an_identity_that_is_there_is_an_error() -> None:
    unknown = Fault("GET", credentials_of("id-one"), answer(404, "InvalidResourceType", "No such type."), times=ALWAYS)

    with in_process(contents("id-one"), unknown) as arm, pytest.raises(NotFound) as caught:
        take(arm)

    assert caught.value.arm_code == "InvalidResourceType"


def test_throttling_that_outlasts_the_run_is_an_error_that_says_so() -> None:
    busy = answer(429, "429", "Throttled.", retry_after="60")
    faults = [Fault("GET", credentials_of("id-two"), busy, times=ALWAYS)]

    with in_process(contents("id-one", "id-two"), *faults) as arm:
        with pytest.raises(Throttled) as caught:
            take(arm)

        waited_s = sum(arm.time.slept_s)

    assert caught.value.message.endswith("id-two/federatedIdentityCredentials: 429 (Throttled.)")
    assert caught.value.hint == (
        "ARM refused so many calls until the time of the run was over. Run again with a longer --timeout, or look at"
        " less at once with --target."
    )
    assert waited_s == 3540.0


def test_throttling_is_outlasted() -> None:
    busy = answer(429, "429", "Throttled.", retry_after="1")
    others = [f"id-{number:02}" for number in range(10)]
    faults = [
        Fault("GET", credentials_of("id-one"), busy, times=7),
        Fault("GET", credentials_of("id-two"), busy, times=1000),
    ]

    with in_process(contents("id-one", "id-two", *others), *faults) as arm:
        taken = take(arm)

    assert names(taken) == [*others, "id-one", "id-two"]


@pytest.mark.parametrize(
    "path",
    [
        "/resourceGroups",
        f"/{IDENTITIES}",
        "/roleAssignments",
        "/denyAssignments",
        "/locks",
        "/resources",
        credentials_of("id-one"),
    ],
)
def test_list_that_fails_for_good_is_an_error(path: str) -> None:
    faults = [Fault("GET", path, truncate, times=ALWAYS)]

    with in_process(contents("id-one"), *faults) as arm, pytest.raises(ArmError) as caught:
        take(arm)

    assert caught.value.message.startswith(f"reading {IN_SUBSCRIPTION}")


@pytest.mark.parametrize(
    ("path", "item", "detail"),
    [
        ("/resourceGroups", {"id": f"/subscriptions/{OTHER_SUBSCRIPTION}/resourceGroups/rg"}, "is outside the scope"),
        (f"/{IDENTITIES}", {"id": f"{IN_GROUP}/{IDENTITIES}/id-x"}, "`properties` is not an object"),
        (
            f"/{IDENTITIES}",
            {"id": f"{IN_GROUP}/x", "properties": {"principalId": "p", "clientId": "c", "tenantId": "t"}},
            "not the resource id of a user-assigned identity",
        ),
        ("/roleAssignments", {"id": "/x", "properties": {}}, "`principalId` is not a text"),
        ("/locks", {"id": "/x", "properties": {"level": 1}}, "`level` is not a text"),
        ("/resources", {"name": "vm"}, "`id` is not a text"),
    ],
)
def test_entry_that_arm_would_not_list_is_an_error(path: str, item: object, detail: str) -> None:
    faults = [Fault("GET", path, answer_body({"value": [item]}))]

    with in_process(contents(), *faults) as arm, pytest.raises(ArmError) as caught:
        take(arm)

    assert detail in caught.value.message


def test_subscriptions_of_several_tenants_are_no_sandbox() -> None:
    body = {"subscriptionId": OTHER_SUBSCRIPTION, "displayName": "Other", "tenantId": "another"}
    faults = [Fault("GET", f"/subscriptions/{OTHER_SUBSCRIPTION}", answer_body(body))]
    start = contents()
    both = (*start.of(Subscription), subscription(OTHER_SUBSCRIPTION))

    with in_process(start.having(Subscription, both), *faults) as arm, pytest.raises(UsageError) as caught:
        take(arm, WHOLE, SnapshotScope(OTHER_SUBSCRIPTION))

    assert caught.value.message == f"The subscriptions are in several tenants: {TENANT}, another"


@pytest.mark.parametrize(("parallelism", "expected"), [(1, 1), (2, 2)])
def test_so_many_calls_are_under_way_at_once_as_was_asked(parallelism: int, expected: int) -> None:
    meeting = threading.Barrier(expected)
    under_way: list[int] = []

    def meet(request: httpx.Request, forward: Forward) -> httpx.Response:
        under_way.append(1)
        meeting.wait(timeout=60)
        most = len(under_way)
        response = forward(request)
        under_way.pop()
        assert most <= parallelism
        return response

    faults = [Fault("GET", "federatedIdentityCredentials", meet, times=ALWAYS)]

    with in_process(contents("id-one", "id-two", "id-three", "id-four"), *faults) as arm:
        taken = take(arm, parallelism=parallelism)

    assert len(names(taken)) == 4
