"""What makes a saved plan stale, in which words, and what may change without making it so."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from reconciler.errors import PlanStale, SourcePos, StaleDetail, UsageError
from reconciler.guards import NO_ALLOWANCES, judge
from reconciler.manifest.desired import Desired, DesiredCredential, DesiredGroup, DesiredRemoval, RemovalAllowance
from reconciler.model import (
    OWNER_TAG,
    Access,
    AttachedResource,
    CredentialId,
    FederatedCredential,
    HeldRole,
    Identity,
    Impact,
    Impacts,
    IsolationScope,
    Part,
    Trust,
    Violation,
)
from reconciler.plan import Plan, Skipped, SkipReason, make_plan
from reconciler.plan.diff_access import diff_access
from reconciler.saved_plan.staleness import check_same_place, check_unchanged, find_differences
from tests.builders import (
    MANIFEST,
    TENANT,
    TODAY,
    address,
    compare,
    desired_group,
    listed,
    live_group,
    live_identity,
    live_of,
    plan_of,
    removed,
    resource_id,
)

OURS = {OWNER_TAG: "team-a"}
DESIRED = desired_group(listed("id-api", tags={"env": "prod"}), owner="team-a")
LIVE = live_identity("id-api", tags={**OURS, "env": "test"})
VM = AttachedResource("/subscriptions/1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm")


def plan(*live: Identity | str, desired: DesiredGroup = DESIRED) -> Plan:
    return plan_of(desired, live_group(*live))


def messages(saved: Plan, now: Plan) -> list[str]:
    """Name and message of every difference."""
    return [f"{one.label}: {one.message}" for one in find_differences(saved, now)]


@pytest.mark.parametrize(
    ("saved", "now", "words"),
    [("a" * 64, None, f"was '{'a' * 64}', is now absent"), (None, "b", "was absent, is now 'b'"), ("a", "a", None)],
)
def test_plan_of_other_guardrails_is_stale(saved: str | None, now: str | None, words: str | None) -> None:
    made, found = (replace(plan(LIVE), guardrails=one) for one in (saved, now))

    expected = [] if words is None else [f": the guardrails' sha256 {words}"]
    assert messages(made, found) == expected


def test_same_plan_is_not_stale() -> None:
    assert list(find_differences(plan(LIVE), plan(LIVE))) == []
    check_unchanged(plan(LIVE), plan(LIVE))


@pytest.mark.parametrize(
    "now",
    [
        live_identity("id-api", tags={**OURS, "env": "test", "other": "x"}),
        live_identity("id-api", tags={**OURS, "ENV": "test"}),
        live_identity("id-api", tags={**OURS, "env": "test"}, isolation_scope=IsolationScope.REGIONAL),
    ],
)
def test_what_nobody_manages_may_change(now: Identity) -> None:
    assert messages(plan(LIVE), plan(now)) == []


@pytest.mark.parametrize(
    ("now", "message"),
    [
        (live_identity("id-api", tags={**OURS, "env": "dev"}), "tags.env was 'test', is now 'dev'"),
        (live_identity("id-api", tags=OURS), "tags.env was 'test', is now absent"),
        (live_identity("id-api", tags={"env": "test"}), "tags.uami-owner was 'team-a', is now absent"),
        (replace(LIVE, client_id="c"), "client_id was 'client-of-id-api', is now 'c'"),
        (replace(LIVE, location="eastus"), "location was 'westeurope', is now 'eastus'"),
        (
            replace(LIVE, principal_id="p"),
            "is another principal: it has been deleted and created again (principal_id was 'principal-of-id-api', is"
            " now 'p')",
        ),
    ],
)
def test_change_of_the_live_identity_is_told_once_by_what_differs(now: Identity, message: str) -> None:
    assert messages(plan(LIVE), plan(now)) == [f"rg-app/id-api: {message}"]


def test_difference_bears_the_whole_address() -> None:
    (detail,) = find_differences(plan(LIVE), plan(replace(LIVE, location="eastus")))

    assert detail == StaleDetail(address("id-api"), "rg-app/id-api", "location was 'westeurope', is now 'eastus'")


@pytest.mark.parametrize(
    ("saved", "now", "message"),
    [
        ((), (LIVE,), "has been created"),
        ((LIVE,), (), "has been deleted"),
    ],
)
def test_identity_that_came_or_went_is_told(
    saved: tuple[Identity, ...], now: tuple[Identity, ...], message: str
) -> None:
    assert messages(plan(*saved), plan(*now)) == [f"rg-app/id-api: {message}"]


def test_manifest_that_says_something_else_is_told_by_what_would_be() -> None:
    other = desired_group(listed("id-api", tags={"env": "stage"}), owner="team-a")

    assert messages(plan(LIVE), plan(LIVE, desired=other)) == ["rg-app/id-api: tags.env was 'prod', is now 'stage'"]


def test_source_that_moved_is_told() -> None:
    other = desired_group(listed("id-api", tags={"env": "prod"}, line=50), owner="team-a")

    assert messages(plan(LIVE), plan(LIVE, desired=other)) == ["rg-app/id-api: source.line was 5, is now 50"]


@pytest.mark.parametrize(
    ("saved", "now", "told"),
    [
        (("id-api",), ("id-api", "id-old"), ["rg-app/id-old: is new, and would be deleted"]),
        (("id-api", "id-old"), ("id-api",), ["rg-app/id-old: has been deleted"]),
    ],
)
def test_identity_that_only_one_plan_would_delete_is_told(
    saved: tuple[str, ...], now: tuple[str, ...], told: list[str]
) -> None:
    desired = desired_group("id-api")

    assert messages(plan(*saved, desired=desired), plan(*now, desired=desired)) == told


@pytest.mark.parametrize(
    ("has_skipped", "told"),
    [
        ("now", "would now be left alone (ignored)"),
        ("saved", "was left alone (ignored), and would now be deleted"),
    ],
)
def test_identity_that_only_one_plan_leaves_alone_is_told_with_the_reason(has_skipped: str, told: str) -> None:
    whole = plan("id-api", "id-old", desired=desired_group("id-api"))
    left = Skipped(resource_id("ID-OLD"), SkipReason.IGNORED)
    lesser = replace(whole, changes=whole.changes[:1], skipped=(left,))

    found = messages(*((whole, lesser) if has_skipped == "now" else (lesser, whole)))

    assert found == [f"rg-app/id-old: {told}"]


def test_create_that_is_no_longer_planned_and_no_op_that_is_new_are_told() -> None:
    desired = desired_group("id-api", "id-new")
    whole, created = plan("id-api", "id-new", desired=desired), plan("id-api", desired=desired)
    lesser = replace(whole, changes=whole.changes[:1])

    assert messages(created, lesser) == ["rg-app/id-new: is no longer planned"]
    assert messages(lesser, whole) == ["rg-app/id-new: is new, and would be kept"]


def test_another_tenant_is_told_first() -> None:
    saved, now = plan(LIVE), plan()
    other = replace(now, subscriptions=tuple(replace(one, tenant_id="t") for one in now.subscriptions))

    assert messages(saved, other) == [
        f": the tenant was '{TENANT}', is now 't'",
        "rg-app/id-api: has been deleted",
    ]


def test_name_of_a_subscription_may_change() -> None:
    now = plan(LIVE)

    assert (
        messages(
            plan(LIVE), replace(now, subscriptions=tuple(replace(one, display_name="x") for one in now.subscriptions))
        )
        == []
    )


def deleting(impact: Impact) -> Plan:
    """A plan that deletes `id-old` with this impact."""
    desired, live = desired_group("id-api"), live_group("id-api", "id-old")
    changes = compare(desired, live).with_impacts(Impacts({resource_id("id-old"): impact}))
    return make_plan(Desired((desired,)), live_of(live), changes, (), cloud="AzureCloud", targets=())


@pytest.mark.parametrize(
    ("saved", "now", "told"),
    [
        (Impact(), Impact(Part((VM,))), f"impact.attachments.found now has {VM.resource_id} {VM.resource_type}"),
        (Impact(Part((VM,))), Impact(), f"impact.attachments.found no longer has {VM.resource_id} {VM.resource_type}"),
        (Impact(), Impact(locks=Part((), "no right")), None),
        (Impact(), Impact(assignments=Part((HeldRole("Reader", "g", "/", removed=False),))), ""),
    ],
)
def test_what_a_delete_would_break_is_part_of_what_was_reviewed(saved: Impact, now: Impact, told: str | None) -> None:
    found = messages(deleting(saved), deleting(now))

    if told is None:
        assert found == [
            "rg-app/id-old: its locks could be read by the one who planned, and not by the one who applies (no right)",
        ]
    else:
        # A role is a change of its own, or is left behind in either plan.
        assert found == ([f"rg-app/id-old: {told}"] if told else [])


def credentials(*live: FederatedCredential) -> Plan:
    """A plan for an identity that lists one credential."""
    trust = Trust("https://i", "s", "a")
    entry = listed("id-api", federated_credentials=[DesiredCredential("main", trust, SourcePos(MANIFEST, 7, 7))])
    desired, lives = desired_group(entry), live_group("id-api")
    changes = diff_access(compare(desired, lives), Access({resource_id("id-api"): live}))
    return make_plan(Desired((desired,)), live_of(lives), changes, (), cloud="AzureCloud", targets=())


def test_credential_is_compared_field_by_field() -> None:
    main = CredentialId(resource_id("id-api"), "main")
    saved = credentials(FederatedCredential(main, Trust("https://i", "old", "a")))
    now = credentials(FederatedCredential(main, Trust("https://i", "newer", "a")))

    assert messages(saved, now) == ["rg-app/id-api/federatedCredentials/main: subject was 'old', is now 'newer'"]


@pytest.mark.parametrize(("first", "second", "told"), [(0, 1, "is new"), (1, 0, "is gone")])
def test_child_of_others_that_goes_with_a_deleted_identity_is_told(first: int, second: int, told: str) -> None:
    whole = deleting(Impact())
    child = Skipped(CredentialId(resource_id("id-old"), "main"), SkipReason.NOT_LISTED)
    plans = (whole, replace(whole, skipped=(child,)))

    assert messages(plans[first], plans[second]) == [
        f"rg-app/id-old/federatedCredentials/main: {told}, and its identity would be deleted"
    ]


def test_child_of_an_identity_that_has_gone_itself_is_not_told_beside_it() -> None:
    child = Skipped(CredentialId(resource_id("id-old"), "main"), SkipReason.NOT_LISTED)
    saved = replace(deleting(Impact()), skipped=(child,))

    assert messages(saved, plan("id-api", desired=desired_group("id-api"))) == ["rg-app/id-old: has been deleted"]


def test_child_of_others_is_no_matter_while_its_identity_stays() -> None:
    child = Skipped(CredentialId(resource_id("id-api"), "main"), SkipReason.NOT_LISTED)

    assert messages(plan(LIVE), replace(plan(LIVE), skipped=(child,))) == []


def refusing(message: str = "m", *, about: str = "id-api", refused: tuple[str, ...] = ("id-api",)) -> Plan:
    one = Violation("in-use", resource_id(about), message, "hint", tuple(resource_id(name) for name in refused))
    return replace(plan(LIVE), violations=(one,))


def test_guard_that_refuses_something_else_is_told() -> None:
    assert messages(refusing(), plan(LIVE)) == ["rg-app/id-api: in-use no longer refuses what it refused: m"]
    assert messages(plan(LIVE), refusing("n")) == ["rg-app/id-api: in-use refuses: n"]
    assert messages(refusing(), refusing(refused=())) == [
        "rg-app/id-api: in-use no longer refuses what it refused: m",
        "rg-app/id-api: in-use refuses: m",
    ]
    assert messages(refusing(), refusing(about="id-b"))[1] == f"{address('id-b')}: in-use refuses: m"


def test_counts_in_the_words_of_a_guard_may_change() -> None:
    assert messages(refusing("1 of 9"), refusing("1 of 10")) == []


def test_stale_plan_carries_every_difference_and_how_to_go_on() -> None:
    with pytest.raises(PlanStale) as moved:
        check_unchanged(plan(LIVE), plan())
    with pytest.raises(PlanStale) as judged:
        check_unchanged(plan(LIVE), refusing())

    assert moved.value.details == (StaleDetail(address("id-api"), "rg-app/id-api", "has been deleted"),)
    assert moved.value.hint == "Plan again, review it, and apply that one."
    assert judged.value.hint == (
        "Plan again, review it, and apply that one. If nothing else has changed: apply needs the same --allow,"
        " --max-deletes and --strict as plan."
    )


@pytest.mark.parametrize(("cloud", "tenant"), [("AzureCloud", None), ("AzureCloud", TENANT.upper())])
def test_same_cloud_and_tenant_pass(cloud: str, tenant: str | None) -> None:
    check_same_place(plan(LIVE), cloud, tenant)


@pytest.mark.parametrize(
    ("cloud", "tenant", "message"),
    [
        (
            "AzureChinaCloud",
            None,
            "The plan was made for AzureCloud, and this run is for AzureChinaCloud.",
        ),
        ("AzureCloud", "t", f"The plan was made for the tenant {TENANT}, and --tenant names t."),
    ],
)
def test_another_cloud_or_tenant_is_wrong_usage(cloud: str, tenant: str | None, message: str) -> None:
    with pytest.raises(UsageError) as error:
        check_same_place(plan(LIVE), cloud, tenant)

    assert error.value.message == message


def test_tenant_of_a_plan_over_several_is_not_compared() -> None:
    saved = plan(LIVE)
    (one,) = saved.subscriptions

    check_same_place(replace(saved, subscriptions=(one, replace(one, tenant_id="t"))), "AzureCloud", "x")


# what a day changes

DAY = timedelta(days=1)
IN_USE = RemovalAllowance.IN_USE


def on(day: date, entry: DesiredRemoval, *live: str, used: bool = False) -> Plan:
    """The plan of one day for a removal."""
    desired, lives = desired_group("id-api", remove=[entry]), live_group(*live)
    changes = compare(desired, lives, judged_on=day)
    impact = Impact(Part((VM,))) if used else Impact()
    changes = changes.with_impacts(Impacts({resource_id("id-old"): impact}))
    verdict = judge(changes, NO_ALLOWANCES)
    return make_plan(Desired((desired,)), live_of(lives), changes, verdict, cloud="AzureCloud", targets=())


def test_another_day_alone_makes_nothing_stale() -> None:
    entry = removed("id-old", IN_USE, expires={IN_USE: TODAY + 3 * DAY}, after=TODAY - DAY)
    first, second = (on(day, entry, "id-api", "id-old", used=True) for day in (TODAY, TODAY + 2 * DAY))

    assert messages(first, second) == []


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (TODAY, TODAY + DAY, "was left alone (held back until 2026-02-01), and would now be deleted"),
        (TODAY + DAY, TODAY, "would now be left alone (held back until 2026-02-01)"),
    ],
)
def test_removal_whose_day_comes_makes_a_plan_stale_and_so_does_a_clock_that_goes_back(
    first: date, second: date, told: str
) -> None:
    entry = removed("id-old", after=TODAY + DAY)
    saved, now = (on(day, entry, "id-api", "id-old") for day in (first, second))

    assert messages(saved, now) == [f"rg-app/id-old: {told}"]


@pytest.mark.parametrize(
    ("before", "after", "second"),
    [((), ("id-old",), TODAY), (("id-old",), (), TODAY), (("id-old",), (), TODAY + DAY)],
    ids=["appeared", "gone", "gone when it is due"],
)
def test_removal_that_asks_for_nothing_makes_nothing_stale(
    before: tuple[str, ...], after: tuple[str, ...], second: date
) -> None:
    entry = removed("id-old", after=TODAY + DAY)

    assert messages(on(TODAY, entry, "id-api", *before), on(second, entry, "id-api", *after)) == []


def test_allowance_that_has_ended_makes_a_plan_stale() -> None:
    entry = removed("id-old", IN_USE, expires={IN_USE: TODAY + DAY})
    saved, now = (on(day, entry, "id-api", "id-old", used=True) for day in (TODAY, TODAY + DAY))

    assert messages(saved, now) == [
        "rg-app/id-old: in-use refuses: in use; attached to 1 resource: virtualMachines vm (rg)"
    ]


def test_what_becomes_of_a_held_identity_makes_nothing_stale() -> None:
    desired = desired_group(listed("id-api", tags={"env": "prod"}, hold="why"))

    plans = [plan(*live, desired=desired) for live in ([], ["id-api"], [live_identity("id-api", tags={"env": "prod"})])]

    assert [messages(one, other) for one in plans for other in plans] == [[]] * 9
