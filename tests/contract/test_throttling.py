"""Runs that are larger than Azure's buckets, at its documented rates, with ten workers: they take time and end well."""

import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from reconciler.apply.forecast import Countdown, apply_time_s
from reconciler.apply.result import ApplyResult
from reconciler.apply.step import ApplyTools
from reconciler.arm.http.budget import RunBudget
from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.retry import Retries
from reconciler.arm.http.transport import Sender, open_http_client
from reconciler.arm.login.auth import CachedCredentialAuth
from reconciler.arm.login.credentials import fixed_token
from reconciler.arm.resources import Resources
from reconciler.errors import ArmError, ExitCode
from reconciler.guards import Runner
from reconciler.journal.call import Outcome
from reconciler.live.azure import Azure
from reconciler.parallel import Pool
from reconciler.plan.changes import Action
from reconciler.plan.order import order_work
from reconciler.plan.plan import Plan
from reconciler.sandbox.rates.rates import Rates
from reconciler.sandbox.serving.application import Application, Options
from reconciler.sandbox.serving.transport import SandboxTransport
from reconciler.sandbox.state.kinds import FederatedCredential
from reconciler.sandbox.state.state import Contents, ResourceGroup
from reconciler.stop import Stop
from reconciler.workflow.apply import ApplyOptions, run_apply
from reconciler.workflow.declare import Request, load_declaration
from reconciler.workflow.plan import run_plan
from tests.builders import SUBSCRIPTION, TENANT, TODAY, resource_id
from tests.contract.applying import MemoryJournal, no_children
from tests.contract.arm import CORRELATION_ID, PIPELINE, contents, subscription
from tests.contract.virtual_time import VirtualTime, WatchedTransport
from tests.sandbox.arm import token_of

ENDPOINT = "https://management.azure.com"
PARALLELISM = 10
BURST_S = 20
WRITES_A_SECOND, LISTS_A_SECOND = 2, 5
KEEP_NONE = "policy: {identities: exact}\nlimits: {maxDeletes: 1000, maxDeletePercent: 100}\n"
ISSUER = "https://oidc.example/c1"


def bound_s(calls: int, a_second: int) -> float:
    """How long so many calls take at least."""
    return calls / a_second - BURST_S


@dataclass(frozen=True)
class Run:
    """A run against the emulator, and what it has taken."""

    time: VirtualTime
    wire: WatchedTransport
    retries: Retries
    azure: Azure

    def plan(self, manifest: str) -> Plan:
        """Plan."""
        return run_plan(load_declaration(Request(("-",), {}, {}, manifest.encode, judged_on=TODAY)), self.azure)

    def apply(self, manifest: str) -> ApplyResult:
        """Plan, apply, verify."""
        tools = ApplyTools(
            self.azure.resources, MemoryJournal(), Stop(), self.retries, lambda _: None, CORRELATION_ID, no_children
        )
        _, result = run_apply(
            load_declaration(Request(("-",), {}, {}, manifest.encode, judged_on=TODAY)),
            self.azure,
            tools,
            ApplyOptions(),
            show=lambda _: None,
            confirm=lambda _: None,
        )
        return result

    @property
    def throttled(self) -> float:
        """The share of calls that were answered 429."""
        return sum(status == 429 for _, status in self.wire.calls) / len(self.wire.calls)


@contextmanager
def opened(start: Contents, timeout_s: float = 3600.0) -> Iterator[Run]:
    """A run that may last so long, at Azure's rates, with jitter."""
    time = VirtualTime()
    application = Application(start, Options(rates=Rates()), clock=time.now)
    wire = WatchedTransport(SandboxTransport(application), time)
    retries = Retries(time.clock, time.sleep, random.Random(7).random, time.wall, budget=RunBudget(timeout_s))
    ids = itertools.count()
    with open_http_client(
        ENDPOINT,
        CachedCredentialAuth(fixed_token(token_of(PIPELINE)), endpoint=ENDPOINT, clock=time.wall),
        Sender(CORRELATION_ID, lambda: f"00000000-0000-0000-0000-{next(ids):012}", {}),
        retries=retries,
        max_connections=PARALLELISM,
        transport=wire,
    ) as http:
        resources = Resources(ArmClient(http, time.wall), pool=Pool(PARALLELISM))
        azure = Azure("AzureCloud", resources, None, lambda: None, lambda: Runner(PIPELINE))
        yield Run(time, wire, retries, azure)


def manifest_of(names: list[str], more: str = "") -> str:
    """A manifest that lists these identities of one group; `more` may use `{name}`."""
    listed = "\n".join(f"      - {{name: {name}{more.format(name=name)}}}" for name in names)
    return (
        f"version: 1\nsubscription: {SUBSCRIPTION}\nowner: contoso/prod\n"
        f"resourceGroups:\n  rg-app:\n    identities:\n{listed}\n"
    )


def names_of(count: int) -> list[str]:
    """So many names."""
    return [f"id-{number:03}" for number in range(count)]


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
