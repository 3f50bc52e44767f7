"""Runs that are larger than Azure's buckets, at its documented rates, with ten workers: they take time and end well."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.apply.forecast import Countdown, apply_time_s
from reconciler.apply.result import ApplyResult
from reconciler.errors import ArmError, ExitCode
from reconciler.journal.call import Outcome
from reconciler.plan.changes import Action
from reconciler.plan.order import order_work
from reconciler.sandbox.state.kinds import FederatedCredential
from reconciler.sandbox.state.state import Contents, ResourceGroup
from tests.builders import SUBSCRIPTION, TENANT, resource_id
from tests.contract.arm import contents, subscription
from tests.contract.throttled import (
    ISSUER,
    KEEP_NONE,
    LISTS_A_SECOND,
    WRITES_A_SECOND,
    Run,
    apply_through_storm_s,
    bound_s,
    manifest_of,
    names_of,
    opened,
)


def with_credentials(start: Contents, names: list[str]) -> Contents:
    """Each of them trusts one service account of its name."""
    trust = [
        FederatedCredential(
            str(resource_id(name)), "aks", ISSUER, f"system:serviceaccount:a:{name}", ("api://AzureADTokenExchange",)
        )
        for name in names
    ]
    return start.having(FederatedCredential, trust)


def test_hundred_creates_are_all_done() -> None:
    with opened(contents()) as run:
        began_s = run.time.now_s
        result = run.apply(manifest_of(names_of(100)))
        lasted_s = run.time.now_s - began_s

    assert (result.exit_code, result.verified) == (ExitCode.DONE, True)
    assert len(result.ended(Outcome.DONE)) == 100
    assert bound_s(100, WRITES_A_SECOND) <= lasted_s < 1.05 * bound_s(100, WRITES_A_SECOND)
    assert run.throttled <= 0.02


def test_apply_takes_as_long_as_was_foretold_after_the_plan() -> None:
    manifest = manifest_of(names_of(90))
    with opened(contents()) as run:
        foretold_s = apply_time_s(run.plan(manifest), run.retries)
        began_s = run.time.now_s
        run.apply(manifest)
        lasted_s = run.time.now_s - began_s

    assert foretold_s == pytest.approx(bound_s(90, WRITES_A_SECOND), rel=0.05)
    assert lasted_s == pytest.approx(foretold_s, rel=0.05)


def test_countdown_ends_with_the_last_change() -> None:
    with opened(contents(*names_of(60))) as run:
        plan = run.plan(manifest_of(["id-000"]).replace("owner: contoso/prod\n", KEEP_NONE))
        countdown = Countdown(order_work(plan.changes, frozenset(), ()), run.retries)
        before_s = countdown.left_s()
        for change in plan.changes:
            countdown.end(change.resource_id)

    # Each of the 59 is asked about once more before it goes.
    assert 57 <= before_s <= 60
    assert countdown.left_s() <= 1.0


def test_four_subscriptions_take_no_longer_than_one() -> None:
    subscriptions = [f"00000000-0000-0000-0000-00000000000{number}" for number in range(1, 5)]
    items = [item for one in subscriptions for item in (subscription(one), ResourceGroup(one, "rg-app", "westeurope"))]
    manifests = [manifest_of(names_of(60)).replace(SUBSCRIPTION, one) for one in subscriptions]
    with opened(Contents(items=tuple(items), tenant_id=TENANT)) as run:
        result = run.apply("---\n".join(manifests))
        lasted_s = run.time.now_s - run.time.began_s

    assert len(result.ended(Outcome.DONE)) == 240
    assert bound_s(60, WRITES_A_SECOND) <= lasted_s < 1.1 * bound_s(60, WRITES_A_SECOND)
    assert run.throttled <= 0.02


def test_plan_of_many_deletes_asks_of_all_as_fast_as_azure_answers() -> None:
    with opened(contents(*names_of(120))) as run:
        began_s = run.time.now_s
        plan = run.plan(manifest_of(names_of(60)).replace("owner: contoso/prod\n", KEEP_NONE))
        lasted_s = run.time.now_s - began_s

    assert sum(change.action is Action.DELETE for change in plan.changes) == 60
    assert 59 <= lasted_s < 1.1 * 60
    assert run.throttled <= 0.02


def test_adoption_of_a_hundred_is_all_done() -> None:
    with opened(contents(*names_of(100))) as run:
        result = run.apply(manifest_of(names_of(100)))

    assert (result.exit_code, result.verified) == (ExitCode.DONE, True)
    assert len(result.ended(Outcome.DONE)) == 100
    assert run.throttled <= 0.02


def test_plan_of_identities_with_a_credential_each_reads_them_all() -> None:
    names = names_of(250)
    who = f"issuer: {ISSUER}, subject: 'system:serviceaccount:a:{{name}}'"
    trust = f", federatedCredentials: [{{{{name: aks, {who}}}}}]"

    with opened(with_credentials(contents(*names), names)) as run:
        began_s = run.time.now_s
        plan = run.plan(manifest_of(names, trust))
        lasted_s = run.time.now_s - began_s

    assert len(plan.applicable) == 250  # only the owner's tag is missing
    assert bound_s(250, LISTS_A_SECOND) <= lasted_s < 1.05 * bound_s(250, LISTS_A_SECOND)
    assert run.throttled <= 0.02


def test_storm_of_refusals_is_outlasted() -> None:
    result, lasted_s = apply_through_storm_s(600.0)

    assert (result.exit_code, len(result.ended(Outcome.DONE))) == (ExitCode.DONE, 100)
    assert 600 < lasted_s < 660


def test_two_runs_at_once_share_what_azure_takes() -> None:
    with opened(contents()) as first, opened(contents(), beside=first) as second, ThreadPoolExecutor(2) as pool:
        runs = [(first, manifest_of(names_of(300))), (second, manifest_of([f"b-{name}" for name in names_of(300)]))]
        shares: list[float] = []

        def apply(run: Run, manifest: str) -> ApplyResult:
            result = run.apply(manifest.replace("contoso/prod", f"contoso/{len(manifest)}"))
            shares.append(first.written / (first.written + second.written))
            return result

        results = [one.result() for one in [pool.submit(apply, *one) for one in runs]]

    assert [one.exit_code for one in results] == [ExitCode.DONE, ExitCode.DONE]
    # What a full bucket lets through at once is whose who comes first: a fifteenth of all.
    assert 0.35 <= shares[0] <= 0.65


def test_plan_that_outlasts_its_time_is_an_error_that_says_so() -> None:
    names = names_of(250)

    with opened(contents(*names), timeout_s=10.0) as run, pytest.raises(ArmError) as raised:
        run.plan(manifest_of(names, ", federatedCredentials: []"))

    assert raised.value.exit_code == ExitCode.ERROR
    assert "--timeout" in raised.value.hint


def test_apply_that_outlasts_its_time_begins_nothing_more_and_says_what_was_not_tried() -> None:
    with opened(contents(), timeout_s=15.0) as run:
        result = run.apply(manifest_of(names_of(100)))

    done, not_tried = len(result.ended(Outcome.DONE)), result.ended(Outcome.NOT_TRIED)
    assert (result.exit_code, result.interrupted, result.verified) == (ExitCode.PARTIAL, False, False)
    assert done + len(not_tried) == 100
    assert 40 <= done < 100
    assert {one.because for one in not_tried} == {"the run's time (15s) was over, or shorter than ARM asked to wait"}
