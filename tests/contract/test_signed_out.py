"""A token that is refused, at whatever call, is a matter of signing in: no right is missing, and no plan is made."""

from collections import Counter
from collections.abc import Sequence

import httpx
import pytest

from reconciler.errors import AuthError, LoginError
from reconciler.journal.call import Outcome
from reconciler.snapshot.read import SnapshotScope, read_snapshot
from reconciler.workflow.declare import load_declaration
from reconciler.workflow.plan import run_plan
from tests.builders import SUBSCRIPTION, desired_group, listed
from tests.contract import saved
from tests.contract.access import full_plan, lives, trusts
from tests.contract.applying import apply_now, endings
from tests.contract.arm import OpenArm, contents, in_process
from tests.contract.faults import ALWAYS, Behaviour, Fault, Forward, answer

EXPIRED = answer(401, "ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than now.")


def calls_of_a_plan() -> list[tuple[str, str]]:
    """Method and path of each call, once each."""
    with in_process(saved.live()) as arm:
        run_plan(load_declaration(saved.request()), arm.azure)
        return sorted({*arm.asked})  # what is asked side by side comes in any order


def after(passes: int, method: str, behaviour: Behaviour) -> Fault:
    """Strikes every call of a method but for the first ones."""
    return Fault(method, "", behaviour, times=ALWAYS, passes=passes)


@pytest.mark.parametrize(("method", "path"), calls_of_a_plan())
def test_token_that_is_refused_at_any_call_ends_the_plan_and_asks_for_no_right(method: str, path: str) -> None:
    with (
        in_process(saved.live(), Fault(method, path, EXPIRED, times=ALWAYS)) as arm,
        pytest.raises(LoginError) as ended,
    ):
        run_plan(load_declaration(saved.request()), arm.azure)

    assert ended.value.exit_code == 77
    assert ended.value.hint.startswith("ARM refused the token. ")


def test_plan_of_a_token_that_ends_on_the_way_is_never_one_that_could_not_look() -> None:
    reads = sum(1 for method, _ in calls_of_a_plan() if method == "GET")

    for passes in range(reads):
        with in_process(saved.live(), after(passes, "GET", EXPIRED)) as arm, pytest.raises(LoginError):
            run_plan(load_declaration(saved.request()), arm.azure)


LATER = "the run is no longer signed in"


def ends_at(method: str, path: str) -> Behaviour:
    """The token ends at the first call of a method to a path, for all that come from then on."""
    ended = False

    def behaviour(request: httpx.Request, forward: Forward) -> httpx.Response:
        nonlocal ended
        ended = ended or (request.method == method and request.url.path.endswith(path))
        return EXPIRED(request, forward) if ended else forward(request)

    return behaviour


@pytest.mark.parametrize(("method", "of_child"), [("GET", Outcome.NOT_TRIED), ("PUT", Outcome.SKIPPED)])
def test_token_that_ends_while_applying_is_told_once_and_nothing_else_is_tried(
    arm: OpenArm, method: str, of_child: Outcome
) -> None:
    ends = ends_at(method, "/id-b")
    opened = arm(contents(), *(Fault(one, "", ends, times=ALWAYS) for one in ("GET", "PUT")))
    names = ("id-a", listed("id-b", federated_credentials=trusts(main="b")), "id-c", "id-d")

    result = apply_now(opened, full_plan(opened, desired_group(*names)))

    ended = {name: (outcome, because) for name, outcome, because in endings(result)}
    assert ended["id-a"] == (Outcome.DONE, "")
    assert ended["id-b/federatedCredentials/main"][0] is of_child
    assert [ended[name] for name in ("id-c", "id-d")] == [(Outcome.NOT_TRIED, LATER)] * 2
    (failed,) = result.ended(Outcome.FAILED)
    assert ": 401 ExpiredAuthenticationToken (" in failed.because
    assert failed.error is not None
    assert failed.error.hint.startswith("ARM refused the token. ")
    assert [name for _, name, status in opened.writes if status != 401] == ["id-a"]


def test_many_workers_tell_of_a_token_that_ended_before_their_first_call_once(arm: OpenArm) -> None:
    names = [f"id-{number}" for number in range(20)]
    opened = arm(contents(), Fault("GET", "", EXPIRED, times=ALWAYS, passes=calls_of_reading(arm, names)))

    result = apply_now(opened, full_plan(opened, desired_group(*names)), parallelism=10)

    counts = Counter(one.outcome for one in result.results)
    assert counts == {Outcome.FAILED: 1, Outcome.NOT_TRIED: 19}


def calls_of_reading(arm: OpenArm, names: Sequence[str]) -> int:
    """How many reads a plan for these identities takes."""
    opened = arm(contents())
    full_plan(opened, desired_group(*names))
    return sum(1 for method, _ in opened.asked if method == "GET")


def test_token_that_is_refused_for_a_child_leaves_its_siblings_untried(arm: OpenArm) -> None:
    opened = arm(contents(lives("id-b")), Fault("GET", "/id-b", EXPIRED, times=ALWAYS))
    trusted = listed("id-b", federated_credentials=trusts(one="a", two="b"))

    result = apply_now(opened, full_plan(opened, desired_group(trusted)))

    assert [(outcome, because) for _, outcome, because in endings(result)][1:] == [(Outcome.NOT_TRIED, LATER)]
    assert opened.writes == []


def test_snapshot_with_a_refused_token_asks_for_no_right() -> None:
    scope = SnapshotScope(SUBSCRIPTION)
    refused = Fault("GET", "/providers/Microsoft.Authorization/permissions", EXPIRED, times=ALWAYS)
    forbidden = Fault("GET", refused.path, answer(403, "AuthorizationFailed", "No."), times=ALWAYS)

    with in_process(saved.live(), refused) as arm, pytest.raises(LoginError):
        read_snapshot([scope], arm.resources)
    with in_process(saved.live(), forbidden) as arm, pytest.raises(AuthError, match="not allowed"):
        read_snapshot([scope], arm.resources)
