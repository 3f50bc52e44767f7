"""The impact of deletes, read from the emulator: each use is named, and what cannot be read is never taken for none."""

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from reconciler.errors import AuthError, ExitCode, Interrupted, OutOfTime
from reconciler.live.attachments import read_attachments
from reconciler.live.children import credentials_of
from reconciler.live.may_read import MayRead
from reconciler.manifest.desired import Desired, IdentitiesPolicy, Limits, Policy
from reconciler.model.identity import OWNER_TAG
from reconciler.model.ids import CredentialId, ResourceId
from reconciler.model.impact import HeldRole, Impact, Lock, Part
from reconciler.sandbox.rates.rates import Rates
from reconciler.sandbox.state.kinds import Lock as KeptLock
from reconciler.sandbox.state.state import Grant, ResourceGroup
from tests.builders import GROUP, desired_group, label, listed, resource_id
from tests.contract.access import CONTRIBUTOR, OWNER, READER, full_plan, given, lives, role, with_roles, with_trusts
from tests.contract.arm import PIPELINE, Arm, OpenArm, contents
from tests.contract.faults import ALWAYS, Behaviour, Fault, Forward, answer
from tests.contract.impact import (
    GRAPH,
    IN_GROUP,
    IN_SUBSCRIPTION,
    USERS,
    VM,
    WITHOUT_GRAPH,
    asked,
    impact_of,
    refusals,
    with_users,
    without,
)

WANTED = desired_group("id-api")
ANY_NUMBER = desired_group("id-api", limits=Limits(max_deletes=1000, max_delete_percent=100))
NO_GRAPH = "missing Microsoft.ResourceGraph/resources/read"
FORBIDDEN = "The client does not have authorization to perform action '{}' over scope '/x'."


def test_every_kind_of_use_is_named_and_refused(arm: OpenArm) -> None:
    opened = arm(with_users(contents("id-api", "id-old"), "id-old", USERS))

    plan = full_plan(opened, WANTED)

    assert [one.resource_id for one in impact_of(plan).attachments.found] == list(USERS)
    assert impact_of(plan).attachments.not_checked is None
    assert refusals(plan) == [
        (
            "in-use",
            "in use; attached to 4 resources: virtualMachines vm-a (rg-app),"
            " virtualMachineScaleSets vmss-a (rg-app), managedClusters aks-a (rg-app), sites web-a (rg-app)",
        )
    ]
    assert plan.applicable == ()


def test_identity_that_is_only_trusted_by_a_credential_is_refused(arm: OpenArm) -> None:
    opened = arm(with_trusts(contents("id-api", "id-old"), "id-old", {"main": "s"}))

    plan = full_plan(opened, WANTED)

    assert [one.credential_id for one in impact_of(plan).credentials.found] == [
        CredentialId(resource_id("id-old"), "main")
    ]
    assert refusals(plan) == [("trusted", "others can sign in as it; it trusts 1 federated credential: main")]


def test_identity_that_nothing_uses_is_free(arm: OpenArm) -> None:
    opened = arm(with_users(contents("id-api", "id-old"), "id-api", USERS))

    plan = full_plan(opened, WANTED)

    assert impact_of(plan) == Impact()
    assert [label(one) for one in plan.applicable] == ["id-old"]


def test_without_the_right_to_ask_graph_a_free_identity_is_refused(arm: OpenArm) -> None:
    opened = arm(contents("id-api", "id-old", permissions=[WITHOUT_GRAPH]))

    plan = full_plan(opened, WANTED)

    assert impact_of(plan).attachments == Part((), NO_GRAPH)
    assert refusals(plan) == [
        (
            "use-unknown",
            f"may be in use; not checked: attached resources ({NO_GRAPH})",
        )
    ]


def test_without_the_right_to_ask_graph_uses_are_named_and_the_gap_is_told(arm: OpenArm) -> None:
    opened = arm(with_users(contents("id-api", "id-old", permissions=[WITHOUT_GRAPH]), "id-old", [VM]))

    plan = full_plan(opened, WANTED)

    assert [one.resource_id for one in impact_of(plan).attachments.found] == [VM]
    assert impact_of(plan).attachments.not_checked == NO_GRAPH
    assert [code for code, _ in refusals(plan)] == ["in-use"]


def test_resource_that_the_caller_may_not_see_is_named_all_the_same(arm: OpenArm) -> None:
    hidden = without("Microsoft.Compute/virtualMachines/read")
    opened = arm(with_users(contents("id-api", "id-old", permissions=[hidden]), "id-old", [VM]))

    plan = full_plan(opened, WANTED)

    assert impact_of(plan).attachments.found[0].text == "virtualMachines vm-a (rg-app)"
    assert [code for code, _ in refusals(plan)] == ["in-use"]


@pytest.mark.parametrize(
    ("path", "fault", "reason"),
    [
        (GRAPH, answer(400, "BadRequest", "correlationId = 1"), "Resource Graph: 400 BadRequest"),
        (
            GRAPH,
            answer(403, "AuthorizationFailed", FORBIDDEN.format("Microsoft.ResourceGraph/resources/read")),
            f"Resource Graph: {NO_GRAPH}",
        ),
        (
            "/listAssociatedResources",
            answer(403, "AuthorizationFailed", FORBIDDEN.format("Microsoft.ManagedIdentity/x/action")),
            "listAssociatedResources: missing Microsoft.ManagedIdentity/x/action",
        ),
        (
            "/listAssociatedResources",
            answer(404, "InvalidResourceType"),
            "listAssociatedResources: 404 InvalidResourceType",
        ),
    ],
    ids=["graph-fails", "graph-forbids", "list-forbids", "list-is-not-there"],
)
def test_use_is_unknown_where_either_source_fails(arm: OpenArm, path: str, fault: Behaviour, reason: str) -> None:
    opened = arm(contents("id-api", "id-old"), Fault("POST", path, fault, times=ALWAYS))

    plan = full_plan(opened, WANTED)

    assert [code for code, _ in refusals(plan)] == ["use-unknown"]
    assert impact_of(plan).attachments == Part((), reason)


def test_credentials_that_cannot_be_read_leave_use_unknown(arm: OpenArm) -> None:
    no_right = without("Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read")
    opened = arm(contents("id-api", "id-old", permissions=[no_right]))

    plan = full_plan(opened, WANTED)

    reason = "missing Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read"
    assert impact_of(plan).credentials == Part((), reason)
    assert [code for code, _ in refusals(plan)] == ["use-unknown"]


def test_every_delete_is_one_question_to_azure_and_all_are_one_to_graph(arm: OpenArm) -> None:
    names = [f"id-{number:02}" for number in range(50)]
    opened = arm(with_users(contents("id-api", *names), "id-00", [VM]))

    plan = full_plan(opened, ANY_NUMBER)

    assert asked(opened, GRAPH) == 1
    assert asked(opened, "/listAssociatedResources") == 50
    assert [name for name in names if impact_of(plan, name).attachments.not_checked is not None] == []
    assert [code for code, _ in refusals(plan)] == ["in-use"]
    assert [label(one) for one in plan.applicable] == names[1:]


def test_deletes_that_the_time_of_the_run_does_not_last_for_end_it(arm: OpenArm) -> None:
    """What could not be asked any more is not known, and a plan of that would be refused for the wrong reason."""
    names = [f"id-{number}" for number in range(5)]
    opened = arm(contents(*names), rates=Rates())
    opened.retries.budget.end(opened.time.clock() + 3.5)

    with pytest.raises(OutOfTime) as ended:
        read_attachments([resource_id(name) for name in names], opened.resources, MayRead(opened.client))

    assert asked(opened, "/listAssociatedResources") == 4
    assert "the time of the run (1h) is over" in ended.value.message
    assert ended.value.exit_code is ExitCode.ERROR


@pytest.mark.parametrize(
    "read",
    [
        lambda one, arm: credentials_of(one, arm.resources),
        lambda one, arm: MayRead(arm.client).why_not(str(one.group_id), "*/read"),
    ],
    ids=["credentials", "permissions"],
)
def test_whatever_else_is_read_for_a_delete_ends_with_the_time_of_the_run(
    arm: OpenArm, read: Callable[[ResourceId, Arm], object]
) -> None:
    opened = arm(contents("id-old"))
    opened.retries.budget.end(opened.time.clock())

    with pytest.raises(OutOfTime):
        read(resource_id("id-old"), opened)


def test_request_to_stop_ends_the_wait_for_a_turn_at_once(arm: OpenArm) -> None:
    def stop(request: httpx.Request, forward: Forward) -> httpx.Response:
        opened.stop.request()
        return forward(request)

    names = [f"id-{number}" for number in range(30)]
    opened = arm(contents(*names), Fault("POST", "/listAssociatedResources", stop), rates=Rates())

    with pytest.raises(Interrupted):
        read_attachments([resource_id(name) for name in names], opened.resources, MayRead(opened.client))

    # The one that had its turn may still be on its way.
    assert asked(opened, "/listAssociatedResources") <= 1
    assert opened.time.slept_s == []


def test_associated_resources_are_asked_for_once_a_second(arm: OpenArm) -> None:
    times: list[float] = []

    def note(request: httpx.Request, forward: Forward) -> httpx.Response:
        times.append(opened.time.now_s)
        return forward(request)

    names = [f"id-{number}" for number in range(5)]
    opened = arm(contents(*names), Fault("POST", "/listAssociatedResources", note, times=ALWAYS), rates=Rates())

    read_attachments([resource_id(name) for name in names], opened.resources, MayRead(opened.client))

    assert [time - times[0] for time in times] == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_associated_resources_are_read_page_by_page(arm: OpenArm) -> None:
    machines = [f"{VM}{number}" for number in range(5)]
    opened = arm(with_users(contents("id-old"), "id-old", machines), page_size=2)

    found = opened.resources.associated.list(resource_id("id-old"))

    assert [one.resource_id for one in found] == machines


def test_run_that_changes_nothing_asks_for_nothing_more(arm: OpenArm) -> None:
    opened = arm(contents("id-api", "id-extra"))
    keep = desired_group("id-api", policy=Policy(identities=IdentitiesPolicy.MERGE))

    full_plan(opened, keep)
    sent = len(opened.asked)
    opened.read(Desired((keep,)))

    assert sent == len(opened.asked) - sent


def test_run_without_deletes_asks_for_locks_alone(arm: OpenArm) -> None:
    opened = arm(contents("id-api"))

    full_plan(opened, desired_group("id-api", "id-new"))

    assert asked(opened, "/locks", "GET") == 1
    assert [method for method, _ in opened.asked if method != "GET"] == []


def test_roles_are_told_by_name_and_those_of_others_will_be_orphaned(arm: OpenArm) -> None:
    start = contents(lives("id-api", {OWNER_TAG: OWNER}), lives("id-old", {OWNER_TAG: OWNER}))
    ours, theirs = given("id-old", READER, owner=OWNER), given("id-old", CONTRIBUTOR, IN_SUBSCRIPTION)
    opened = arm(with_roles(start, ours, theirs))

    plan = full_plan(opened, desired_group("id-api", owner=OWNER))

    assert impact_of(plan).assignments == Part(
        (
            HeldRole("Contributor", CONTRIBUTOR, IN_SUBSCRIPTION, removed=False),
            HeldRole("Reader", READER, IN_GROUP, removed=True),
        )
    )


def test_roles_are_told_of_a_manifest_without_an_owner_too(arm: OpenArm) -> None:
    opened = arm(with_roles(contents(lives("id-api"), lives("id-old")), given("id-old", READER)))

    plan = full_plan(opened, WANTED)

    assert impact_of(plan).assignments == Part((HeldRole("Reader", READER, IN_GROUP, removed=False),))
    assert [label(one) for one in plan.applicable] == ["id-old"]


def test_roles_that_may_not_be_read_are_told_and_refuse_nothing(arm: OpenArm) -> None:
    no_right = without("Microsoft.Authorization/roleAssignments/read")
    opened = arm(contents("id-api", "id-old", permissions=[no_right]))

    plan = full_plan(opened, WANTED)

    assert impact_of(plan).assignments == Part((), "missing Microsoft.Authorization/roleAssignments/read")
    assert [label(one) for one in plan.applicable] == ["id-old"]


def test_roles_that_are_managed_must_be_read_though_something_goes(arm: OpenArm) -> None:
    no_right = without("Microsoft.Authorization/roleAssignments/read")
    opened = arm(contents("id-api", "id-old", permissions=[no_right]))

    with pytest.raises(AuthError, match=r"reading the role assignments at .*: not allowed"):
        full_plan(opened, desired_group(listed("id-api", role_assignments=[role("Reader")])))


def test_locks_of_a_subscription_are_one_list_and_refuse_what_they_stop(arm: OpenArm) -> None:
    start = contents("id-api", "id-old", groups=(GROUP, "rg-b"))
    locks = (
        KeptLock(IN_GROUP.lower(), "keep", "CanNotDelete"),
        KeptLock(f"{IN_SUBSCRIPTION}/resourceGroups/x", "y", "ReadOnly"),
    )
    opened = arm(start.having(KeptLock, locks))

    plan = full_plan(opened, desired_group("id-api", "id-new"), desired_group("id-b", name="rg-b"))

    assert asked(opened, "/locks", "GET") == 1
    assert impact_of(plan).locks == Part((Lock("CanNotDelete", "keep", IN_GROUP.lower()),))
    assert refusals(plan) == [
        ("locked", "the CanNotDelete lock 'keep' on resource group rg-app stops 1 change: delete rg-app/id-old")
    ]
    assert plan.violations[0].refused == (resource_id("id-old"),)
    assert [label(one) for one in plan.applicable] == ["id-new", "id-b"]


def test_locks_are_looked_for_in_each_group_where_the_subscription_may_not_be_read(arm: OpenArm) -> None:
    start = contents("id-api", "id-old", permissions=[Grant(PIPELINE, IN_GROUP, ("*",))])
    opened = arm(start.having(KeptLock, (KeptLock(IN_GROUP, "keep", "CanNotDelete"),)))

    plan = full_plan(opened, WANTED)

    missing = "missing Microsoft.Authorization/locks/read"
    assert impact_of(plan).locks == Part((Lock("CanNotDelete", "keep", IN_GROUP),), missing)
    assert plan.notes[-1] == f"Locks were not looked for at {IN_SUBSCRIPTION}: {missing}."
    assert [code for code, _ in refusals(plan)] == ["locked"]


def test_locks_that_may_not_be_read_are_told_and_refuse_nothing(arm: OpenArm) -> None:
    opened = arm(contents("id-api", "id-old", permissions=[without("Microsoft.Authorization/locks/read")]))

    plan = full_plan(opened, WANTED)

    missing = "missing Microsoft.Authorization/locks/read"
    assert impact_of(plan).locks == Part((), missing)
    assert plan.notes == (f"Locks were not looked for at {IN_SUBSCRIPTION}, {IN_GROUP}: {missing}.",)
    assert [label(one) for one in plan.applicable] == ["id-old"]


def test_group_that_azure_keeps_loses_nothing_by_default(arm: OpenArm) -> None:
    start = contents("id-api", "id-old")
    (group,) = start.of(ResourceGroup)
    opened = arm(start.having(ResourceGroup, (replace(group, managed_by=f"{IN_GROUP}/providers/x/y/z"),)))

    assert [code for code, _ in refusals(full_plan(opened, WANTED))] == ["managed-group"]
