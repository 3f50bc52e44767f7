"""Deletes of identities that come into use, or under a lock, after the plan: they become stale, nothing is forced."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from reconciler.errors import AuthError
from reconciler.guards import Allowance, Allowances
from reconciler.journal.call import Outcome
from reconciler.journal.read_file import read_journal
from reconciler.model.access import Children
from reconciler.model.identity import OWNER_TAG
from reconciler.model.ids import ResourceId
from reconciler.sandbox.state.kinds import Lock
from reconciler.sandbox.state.state import Contents, Grant
from tests.builders import SUBSCRIPTION, desired_group
from tests.contract.access import (
    OWNER,
    READER,
    full_plan,
    given,
    lives,
    principal_of,
    roles_of,
    with_roles,
    with_trusts,
)
from tests.contract.applying import apply_now, endings, outcomes
from tests.contract.arm import Arm, OpenArm, contents
from tests.contract.faults import ALWAYS, Behaviour, Fault, Forward, answer, fail_after, meddle
from tests.contract.impact import GRAPH, IN_GROUP, IN_SUBSCRIPTION, VM, WITHOUT_GRAPH, asked, with_users, without
from tests.contract.journaling import apply_with_journal

WANTED = desired_group("id-api")
OLD = f"{IN_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-old"
OTHER_VM = f"{IN_GROUP}/providers/Microsoft.Compute/virtualMachines/vm-b"
ATTACHED = "something has started to use it since the plan was made: attached to virtualMachines vm-a (rg-app)"


def allowing(*codes: str) -> Allowances:
    """These guards lifted for `id-old`."""
    return Allowances(tuple(Allowance(code, "rg-app/id-old") for code in codes))


def trust(arm: Arm) -> None:
    """Somebody else lets `id-old` be trusted."""
    body = {"properties": {"issuer": "https://i.example", "subject": "s", "audiences": ["api://AzureADTokenExchange"]}}
    arm.send("PUT", f"{OLD}/federatedIdentityCredentials/main", "2024-11-30", body)


@pytest.mark.parametrize(
    ("happens", "because"),
    [
        (lambda arm: arm.attach(VM, "id-old"), ATTACHED),
        (trust, "something has started to use it since the plan was made: federated credential main"),
        (
            lambda arm: arm.lock(OLD),
            "a lock is in the way that the plan did not show: CanNotDelete lock 'keep' on userAssignedIdentities id-old"
            " (rg-app)",
        ),
        (
            lambda arm: arm.lock(IN_SUBSCRIPTION, "ReadOnly"),
            f"a lock is in the way that the plan did not show: ReadOnly lock 'keep' on subscription {SUBSCRIPTION}",
        ),
    ],
    ids=["attached", "trusted", "locked", "locked-above"],
)
def test_identity_that_has_come_into_use_since_the_plan_is_not_deleted(
    arm: OpenArm, happens: Callable[[Arm], None], because: str
) -> None:
    opened = arm(contents("id-api", "id-old"))
    plan = full_plan(opened, WANTED)
    happens(opened)

    result = apply_now(opened, plan)

    assert endings(result) == [("id-old", Outcome.STALE, because)]
    assert opened.writes == []


def test_identity_whose_credential_trusts_another_since_the_plan_is_not_deleted(arm: OpenArm) -> None:
    opened = arm(with_trusts(contents("id-api", "id-old"), "id-old", {"main": "another"}))
    plan = full_plan(opened, WANTED, allowances=allowing("trusted"))
    trust(opened)

    result = apply_now(opened, plan)

    because = "something has started to use it since the plan was made: federated credential main"
    assert endings(result) == [("id-old", Outcome.STALE, because)]
    assert opened.writes == []


def test_identity_attached_between_the_start_of_apply_and_its_delete_is_not_deleted(arm: OpenArm) -> None:
    def attach() -> None:
        opened.attach(VM, "id-old")

    opened = arm(contents("id-api", "id-old"), Fault("PUT", "/id-new", meddle(attach)))
    plan = full_plan(opened, desired_group("id-api", "id-new"))

    result = apply_now(opened, plan)

    assert endings(result) == [("id-new", Outcome.DONE, ""), ("id-old", Outcome.STALE, ATTACHED)]
    assert opened.writes == [("PUT", "id-new", 201)]


def test_use_is_looked_for_before_every_attempt(arm: OpenArm) -> None:
    def fail(request: httpx.Request, forward: Forward) -> httpx.Response:
        opened.attach(VM, "id-old")
        return answer(503, "Busy")(request, forward)

    opened = arm(contents("id-api", "id-old"), Fault("DELETE", "/id-old", fail))
    plan = full_plan(opened, WANTED)

    result = apply_now(opened, plan)

    assert [(one.outcome, one.because) for one in result.results] == [(Outcome.IN_DOUBT, ATTACHED)]
    assert "rg-app/id-old" in opened.live


def test_delete_that_took_effect_is_done_though_its_answer_failed(arm: OpenArm) -> None:
    opened = arm(contents("id-api", "id-old"), Fault("DELETE", "/id-old", fail_after))

    result = apply_now(opened, full_plan(opened, WANTED))

    assert outcomes(result) == [("id-old", Outcome.DONE)]


def test_identity_that_came_into_use_keeps_the_roles_that_would_go_with_it(arm: OpenArm) -> None:
    ours = {OWNER_TAG: OWNER}
    start = contents(lives("id-api", ours), lives("id-old", ours))
    opened = arm(with_roles(start, given("id-old", READER, owner=OWNER)))
    plan = full_plan(opened, desired_group("id-api", owner=OWNER))
    opened.attach(VM, "id-old")

    result = apply_now(opened, plan)

    assert {(one.outcome, one.because) for one in result.results} == {(Outcome.STALE, ATTACHED)}
    assert roles_of(opened, principal_of("id-old")) == {(IN_GROUP, READER)}


def test_use_that_was_allowed_is_no_surprise(arm: OpenArm) -> None:
    opened = arm(with_trusts(with_users(contents("id-api", "id-old"), "id-old", [VM]), "id-old", {"main": "s"}))

    result = apply_now(opened, full_plan(opened, WANTED, allowances=allowing("in-use", "trusted")))

    assert outcomes(result) == [("id-old", Outcome.DONE)]


def test_use_beyond_what_was_allowed_is_a_surprise(arm: OpenArm) -> None:
    opened = arm(with_users(contents("id-api", "id-old"), "id-old", [VM]))
    plan = full_plan(opened, WANTED, allowances=allowing("in-use"))
    opened.attach(OTHER_VM, "id-old")

    result = apply_now(opened, plan)

    assert endings(result) == [("id-old", Outcome.STALE, ATTACHED.replace("vm-a", "vm-b"))]


def test_use_that_has_ended_since_is_no_surprise(arm: OpenArm) -> None:
    opened = arm(with_users(contents("id-api", "id-old"), "id-old", [VM]))
    plan = full_plan(opened, WANTED, allowances=allowing("in-use"))
    opened.send("DELETE", VM, "2024-07-01", None)

    assert outcomes(apply_now(opened, plan)) == [("id-old", Outcome.DONE)]


def test_use_that_was_confirmed_and_cannot_be_read_again_stops_the_delete(arm: OpenArm) -> None:
    broken = Fault("POST", "/listAssociatedResources", answer(403, "AuthorizationFailed"), times=ALWAYS, passes=1)
    opened = arm(contents("id-api", "id-old"), broken)

    result = apply_now(opened, full_plan(opened, WANTED))

    assert outcomes(result) == [("id-old", Outcome.FAILED)]
    assert opened.writes == []


def test_operation_that_azure_does_not_have_any_more_stops_the_delete(arm: OpenArm) -> None:
    gone = Fault("POST", "/listAssociatedResources", answer(404, "InvalidResourceType"), times=ALWAYS, passes=1)
    opened = arm(contents("id-api", "id-old"), gone)

    assert outcomes(apply_now(opened, full_plan(opened, WANTED))) == [("id-old", Outcome.FAILED)]


def test_use_that_was_unknown_and_allowed_is_asked_of_graph_where_azures_list_fails(arm: OpenArm) -> None:
    broken = Fault("POST", "/listAssociatedResources", answer(403, "AuthorizationFailed"), times=ALWAYS)
    opened = arm(contents("id-api", "id-old"), broken)
    plan = full_plan(opened, WANTED, allowances=allowing("use-unknown"))
    opened.attach(VM, "id-old")

    assert endings(apply_now(opened, plan)) == [("id-old", Outcome.STALE, ATTACHED)]


def test_use_that_stays_unknown_and_is_allowed_does_not_stop_the_delete(arm: OpenArm) -> None:
    no_list = Fault("POST", "/listAssociatedResources", answer(403, "AuthorizationFailed"), times=ALWAYS)
    no_graph = Fault("POST", GRAPH, answer(403, "AuthorizationFailed"), times=ALWAYS)
    opened = arm(contents("id-api", "id-old"), no_list, no_graph)

    result = apply_now(opened, full_plan(opened, WANTED, allowances=allowing("use-unknown")))

    assert outcomes(result) == [("id-old", Outcome.DONE)]


def test_lock_that_could_not_be_read_is_left_to_azure(arm: OpenArm) -> None:
    start = contents("id-api", "id-old", permissions=[without("Microsoft.Authorization/locks/read")])
    opened = arm(start.having(Lock, (Lock(IN_GROUP, "keep", "CanNotDelete"),)))

    (ended,) = apply_now(opened, full_plan(opened, WANTED)).results

    assert (ended.outcome, ended.error and ended.error.code) == (Outcome.FAILED, "ScopeLocked")


def test_use_beyond_graph_is_found_before_the_delete(arm: OpenArm) -> None:
    opened = arm(contents("id-api", "id-old", permissions=[WITHOUT_GRAPH, Grant("somebody-else", "/", ("*",))]))
    plan = full_plan(opened, WANTED, allowances=allowing("use-unknown"))
    opened.attach(VM, "id-old")

    assert endings(apply_now(opened, plan)) == [("id-old", Outcome.STALE, ATTACHED)]


def auth_fails(request: httpx.Request, _: Forward) -> httpx.Response:
    """The token has expired, and there is no other one."""
    raise AuthError(f"no token for {request.url.path}")


LIST_OF_USERS = ("POST", "/listAssociatedResources")
LIST_OF_CREDENTIALS = ("GET", "id-old/federatedIdentityCredentials")
INDEX = ("POST", GRAPH)
NO_ANSWER = [answer(400, "BadRequest"), answer(403, "AuthorizationFailed"), auth_fails]


@pytest.mark.parametrize("behaviour", NO_ANSWER, ids=["failed", "forbidden", "no-token"])
@pytest.mark.parametrize("call", [LIST_OF_USERS, LIST_OF_CREDENTIALS], ids=["attached", "credentials"])
def test_what_the_plan_saw_and_apply_cannot_read_again_stops_the_delete(
    arm: OpenArm, call: tuple[str, str], behaviour: Behaviour
) -> None:
    opened = arm(contents("id-api", "id-old"), Fault(*call, behaviour, times=ALWAYS, passes=1))
    plan = full_plan(opened, WANTED)

    result = apply_now(opened, plan)

    assert outcomes(result) == [("id-old", Outcome.FAILED)]
    assert opened.writes == []


@pytest.mark.parametrize("behaviour", NO_ANSWER, ids=["failed", "forbidden", "no-token"])
@pytest.mark.parametrize("call", [LIST_OF_USERS, LIST_OF_CREDENTIALS], ids=["attached", "credentials"])
def test_what_the_plan_did_not_see_either_and_is_allowed_does_not_stop_the_delete(
    arm: OpenArm, call: tuple[str, str], behaviour: Behaviour
) -> None:
    opened = arm(contents("id-api", "id-old"), *(Fault(*one, behaviour, times=ALWAYS) for one in (call, INDEX)))

    result = apply_now(opened, full_plan(opened, WANTED, allowances=allowing("use-unknown")))

    assert outcomes(result) == [("id-old", Outcome.DONE)]


@pytest.mark.parametrize("behaviour", NO_ANSWER, ids=["failed", "forbidden", "no-token"])
def test_locks_that_cannot_be_read_do_not_stop_the_delete(arm: OpenArm, behaviour: Behaviour) -> None:
    locks = "id-old/providers/Microsoft.Authorization/locks"
    opened = arm(contents("id-api", "id-old"), Fault("GET", locks, behaviour, times=ALWAYS))

    result = apply_now(opened, full_plan(opened, WANTED))

    assert outcomes(result) == [("id-old", Outcome.DONE)]


OLD_ONE = contents(*(lives(name, {OWNER_TAG: OWNER}) for name in ("id-api", "id-old")))


@pytest.mark.parametrize(
    ("start", "looks"), [(OLD_ONE, 1), (with_roles(OLD_ONE, given("id-old", READER, owner=OWNER)), 2)]
)
def test_credentials_are_listed_once_to_plan_and_once_a_look(
    arm: OpenArm, tmp_path: Path, start: Contents, looks: int
) -> None:
    opened = arm(with_trusts(start, "id-old", {"main": "s"}))
    plan = full_plan(opened, desired_group("id-api", owner=OWNER), allowances=allowing("trusted"))

    def listed() -> int:
        return asked(opened, "/federatedIdentityCredentials", "GET")

    planned = listed()
    result = apply_with_journal(opened, plan, tmp_path / "run.jsonl")

    assert {one.outcome for one in result.results} == {Outcome.DONE}
    assert (planned, listed() - planned) == (1, looks)
    (delete,) = [one for one in read_journal(tmp_path / "run.jsonl").calls if isinstance(one.resource_id, ResourceId)]
    assert [one.credential_id.name for one in (delete.children or Children()).credentials or ()] == ["main"]
