"""Reading the live side: complete, or an error that says which scope could not be believed."""

import httpx
import pytest

from reconciler.errors import ArmError, AuthError
from reconciler.live.identities import read_live
from reconciler.live.may_read import MayRead
from reconciler.manifest.desired import Desired
from reconciler.model.identity import Live, ResourceGroup, Subscription
from reconciler.sandbox.state.state import Grant
from tests.builders import (
    GROUP,
    OTHER_SUBSCRIPTION,
    SUBSCRIPTION,
    TENANT,
    desired_group,
    group_id,
    live_group,
    live_identity,
)
from tests.contract.arm import PIPELINE, Arm, OpenArm, contents, there
from tests.contract.faults import ALWAYS, Behaviour, Fault, Forward, answer, answer_body, reset_before, truncate

IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
IN_GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/{GROUP}"
IDENTITIES = "/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
PERMISSIONS = "/providers/Microsoft.Authorization/permissions"
READ_EVERYTHING = ("*/read",)


def read(arm: Arm, *groups: str) -> Live:
    """Read these groups, by default the one that every test has."""
    declared = tuple(desired_group(name=name) for name in groups or (GROUP,))
    return arm.read(Desired(declared))


def link_to_itself(request: httpx.Request, _: Forward) -> httpx.Response:
    """An empty page whose next page is itself."""
    return httpx.Response(200, json={"value": [], "nextLink": str(request.url)}, request=request)


def names(live: Live) -> list[str]:
    """The names of all identities that were read."""
    return [one.resource_id.name for group in live.groups for one in group.identities]


def lists_of_identities(arm: Arm) -> list[str]:
    """The paths of the lists that were asked for, each page for itself."""
    return [path for method, path in arm.asked if path.endswith(IDENTITIES)]


def test_thousand_identities_in_pages_of_a_hundred_are_read_completely(arm: OpenArm) -> None:
    expected = [f"id-{number:04}" for number in range(1000)]
    opened = arm(contents(*expected), page_size=100)

    live = read(opened)

    assert names(live) == expected
    assert len(lists_of_identities(opened)) == 10


def test_live_side_is_what_arm_says(arm: OpenArm) -> None:
    api = there("id-Api", tags={"Env": "prod"}, isolation_scope="Regional", location="northeurope")
    opened = arm(contents("id-job", api))

    live = read(opened)

    group = live_group(
        live_identity("id-Api", tags={"Env": "prod"}, isolation_scope="Regional", location="northeurope"), "id-job"
    )
    assert live == Live((Subscription(SUBSCRIPTION, "Payments", TENANT),), (group,))
    assert live.groups[0].resource_group == ResourceGroup(group_id(), "westeurope")


def test_group_is_found_in_another_case(arm: OpenArm) -> None:
    opened = arm(contents("id-api"))

    assert names(read(opened, GROUP.upper())) == ["id-api"]


def test_missing_group_is_told_as_missing(arm: OpenArm) -> None:
    opened = arm(contents())

    assert read(opened, "rg-none").groups == (live_group(name="rg-none", location=None),)


def test_missing_group_is_told_as_missing_to_who_may_not_list_groups(arm: OpenArm) -> None:
    reader = Grant(PIPELINE, f"{IN_SUBSCRIPTION}/resourceGroups/rg-none", READ_EVERYTHING)
    opened = arm(contents(permissions=[reader]))

    assert read(opened, "rg-none").groups == (live_group(name="rg-none", location=None),)


def test_page_that_fails_for_a_while_is_read_again(arm: OpenArm) -> None:
    second_page = Fault("GET", f"{IN_GROUP}{IDENTITIES}", answer(503), passes=1, times=2)
    opened = arm(contents("id-a", "id-b", "id-c"), second_page, page_size=1)

    live = read(opened)

    assert names(live) == ["id-a", "id-b", "id-c"]
    assert opened.time.slept_s == [0.25, 0.5]


@pytest.mark.parametrize("misfortune", [answer(503), reset_before, truncate], ids=["503", "reset", "truncated"])
def test_page_that_fails_for_good_is_an_error(arm: OpenArm, misfortune: Behaviour) -> None:
    second_page = Fault("GET", f"{IN_GROUP}{IDENTITIES}", misfortune, passes=1, times=ALWAYS)
    opened = arm(contents("id-a", "id-b"), second_page, page_size=1)

    with pytest.raises(ArmError) as failure:
        read(opened)

    assert failure.value.message.startswith(f"reading {IN_GROUP}{IDENTITIES}: ")


@pytest.mark.parametrize(
    ("page", "detail"),
    [
        ({"value": [{"id": "x"}]}, "`properties` is not an object"),
        ({"items": []}, "`value` is not a list"),
        ([], "the body is not an object"),
        (b"", "the body is empty"),
        (b"<html>sign in</html>", "the body is not JSON"),
        ({"value": [], "nextLink": 7}, "`nextLink` is not a text"),
    ],
)
def test_malformed_page_is_an_error(arm: OpenArm, page: object, detail: str) -> None:
    opened = arm(contents("id-a"), Fault("GET", f"{IN_GROUP}{IDENTITIES}", answer_body(page)))

    with pytest.raises(ArmError) as failure:
        read(opened)

    assert failure.value.message == f"reading {IN_GROUP}{IDENTITIES}: malformed answer ({detail})"


def test_link_to_a_page_that_was_read_is_an_error(arm: OpenArm) -> None:
    opened = arm(contents("id-a"), Fault("GET", f"{IN_GROUP}{IDENTITIES}", link_to_itself))

    with pytest.raises(ArmError) as failure:
        read(opened)

    assert failure.value.message == (
        f"reading {IN_GROUP}{IDENTITIES}: malformed answer (`nextLink` leads to a page that was read before)"
    )


def test_link_to_another_host_is_refused_before_anything_goes_there(arm: OpenArm) -> None:
    sent_away: list[str] = []
    away = answer_body({"value": [], "nextLink": "https://evil.example/subscriptions"})
    opened = arm(contents("id-a"), Fault("GET", f"{IN_GROUP}{IDENTITIES}", away))
    opened.client.http.event_hooks["request"].append(lambda request: sent_away.append(request.url.host))

    with pytest.raises(ArmError) as failure:
        read(opened)

    assert "evil.example" not in sent_away
    assert failure.value.message == (
        f"reading {IN_GROUP}{IDENTITIES}: malformed answer (`nextLink` leads to 'evil.example', away from the endpoint)"
    )


def test_identity_that_is_listed_twice_is_an_error(arm: OpenArm) -> None:
    item = {
        "id": f"{IN_GROUP}{IDENTITIES}/id-a",
        "location": "westeurope",
        "properties": {"principalId": "p", "clientId": "c", "tenantId": TENANT},
    }
    opened = arm(contents(), Fault("GET", f"{IN_GROUP}{IDENTITIES}", answer_body({"value": [item, item]})))

    with pytest.raises(ArmError) as failure:
        read(opened)

    assert failure.value.message.endswith(f"malformed answer ({IN_GROUP}{IDENTITIES}/id-a is listed twice)")


@pytest.mark.parametrize("scope", [IN_SUBSCRIPTION, IN_GROUP], ids=["subscription", "group"])
def test_list_without_the_right_to_read_it_is_an_error_that_names_the_role(arm: OpenArm, scope: str) -> None:
    # The list itself would be answered: with the one identity that the caller may read.
    grants = [
        Grant(PIPELINE, scope, ("Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Authorization/*")),
        Grant(PIPELINE, f"{IN_GROUP}{IDENTITIES}/id-a", READ_EVERYTHING),
    ]
    opened = arm(contents("id-a", "id-b", permissions=grants))

    with pytest.raises(AuthError) as refusal:
        read(opened)

    action = "Microsoft.ManagedIdentity/userAssignedIdentities/read"
    assert refusal.value.message == (
        f"reading the identities of {IN_GROUP}: not allowed ({action}), so the list could be incomplete"
    )
    assert refusal.value.hint == (
        f"Ask for a role there: az role assignment create --role Reader --scope {IN_GROUP} --assignee PRINCIPAL"
    )
    assert lists_of_identities(opened) == []


def test_right_that_a_role_leaves_out_is_no_right_to_list(arm: OpenArm) -> None:
    action = "Microsoft.ManagedIdentity/userAssignedIdentities/read"
    opened = arm(contents("id-a", permissions=[Grant(PIPELINE, IN_SUBSCRIPTION, ("*",), (action,))]))

    with pytest.raises(AuthError):
        read(opened)


def test_rights_on_one_group_are_enough_for_that_group(arm: OpenArm) -> None:
    opened = arm(contents("id-a", groups=(GROUP, "rg-other"), permissions=[Grant(PIPELINE, IN_GROUP, READ_EVERYTHING)]))

    assert names(read(opened)) == ["id-a"]
    assert lists_of_identities(opened) == [f"{IN_GROUP}{IDENTITIES}"]


def test_group_without_rights_fails_the_whole_read(arm: OpenArm) -> None:
    opened = arm(contents("id-a", groups=(GROUP, "rg-other"), permissions=[Grant(PIPELINE, IN_GROUP, READ_EVERYTHING)]))

    with pytest.raises(AuthError) as refusal:
        read(opened, GROUP, "rg-other")

    assert f"{IN_SUBSCRIPTION}/resourceGroups/rg-other: not allowed" in refusal.value.message


def test_every_group_without_rights_is_told_in_one_error(arm: OpenArm) -> None:
    grants = [Grant(PIPELINE, f"{IN_SUBSCRIPTION}/resourceGroups/rg-mine", READ_EVERYTHING)]
    opened = arm(contents(groups=("rg-mine", "rg-b", "rg-c"), permissions=grants))

    with pytest.raises(AuthError) as refusal:
        read(opened, "rg-mine", "rg-b", "rg-c")

    told = [line.partition(": not allowed")[0].rpartition("/")[2] for line in refusal.value.message.splitlines()]
    assert told == ["rg-b", "rg-c"]


def test_subscription_that_does_not_exist_is_an_error(arm: OpenArm) -> None:
    opened = arm(contents())
    declared = Desired((desired_group(subscription=OTHER_SUBSCRIPTION),))

    with pytest.raises(ArmError) as failure:
        opened.read(declared)

    assert (failure.value.status, failure.value.arm_code) == (404, "SubscriptionNotFound")


def test_group_whose_rights_answer_an_unknown_404_is_an_error(arm: OpenArm) -> None:
    # A gateway in between that knows no such path must not look like a group that is gone.
    lost = Fault("GET", f"{IN_GROUP}{PERMISSIONS}", answer(404, "NoSuchPath", "Not here."))
    opened = arm(contents("id-a", permissions=[Grant(PIPELINE, IN_GROUP, READ_EVERYTHING)]), lost)

    with pytest.raises(ArmError) as failure:
        read(opened)

    assert failure.value.message == f"reading {IN_GROUP}{PERMISSIONS}: 404 NoSuchPath (Not here.)"


def test_few_groups_of_many_are_read_group_by_group(arm: OpenArm) -> None:
    opened = arm(contents("id-a", groups=(GROUP, "rg-b", "rg-c", "rg-d", "rg-e")))

    read(opened, GROUP, "rg-b")

    assert sorted(lists_of_identities(opened)) == [
        f"{IN_GROUP}{IDENTITIES}",
        f"{IN_SUBSCRIPTION}/resourceGroups/rg-b{IDENTITIES}",
    ]


def test_many_groups_are_read_by_one_list_of_the_subscription(arm: OpenArm) -> None:
    opened = arm(
        contents("id-a", there("id-b", group="rg-b"), there("id-x", group="rg-c"), groups=(GROUP, "rg-b", "rg-c"))
    )

    live = read(opened, GROUP, "rg-b")

    assert lists_of_identities(opened) == [f"{IN_SUBSCRIPTION}{IDENTITIES}"]
    assert live.groups == (live_group("id-a"), live_group(live_identity("id-b", group="rg-b"), name="rg-b"))


def beyond(arm: Arm) -> Live:
    """Read the group that every test has, and ask for what lives in the others."""
    return read_live([group_id()], arm.resources, MayRead(arm.client), beyond=True)


def test_identities_of_other_groups_are_read_where_they_are_asked_for_and_only_there(arm: OpenArm) -> None:
    opened = arm(contents("id-a", there("id-far", group="rg-other"), groups=(GROUP, "rg-other")))

    asked, not_asked = beyond(opened), read(opened)

    assert names(asked) == names(not_asked) == ["id-a"]
    assert [one.resource_id.name for one in asked.beyond] == ["id-far"]
    assert (asked.not_read, not_asked.beyond, not_asked.not_read) == ((), (), ())


def test_other_groups_that_the_caller_may_not_list_are_named(arm: OpenArm) -> None:
    in_group = [Grant(PIPELINE, IN_GROUP, READ_EVERYTHING)]
    opened = arm(contents("id-a", there("id-far", group="rg-other"), groups=(GROUP, "rg-other"), permissions=in_group))

    live = beyond(opened)

    assert (names(live), live.beyond) == (["id-a"], ())
    (missing,) = live.not_read
    assert f"in other groups of {IN_SUBSCRIPTION}" in missing.what
    assert missing.because == "the right to list all groups and identities there is missing"
