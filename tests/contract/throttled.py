"""Runs of our client at Azure's documented rates, on a clock that takes no time; a storm of 429 may come over them."""

import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from reconciler.apply.result import ApplyResult
from reconciler.apply.step import ApplyTools
from reconciler.arm.http.budget import RunBudget
from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.rates.schedule import Schedule
from reconciler.arm.http.retry import Retries
from reconciler.arm.http.transport import Sender, open_http_client
from reconciler.arm.login.auth import CachedCredentialAuth
from reconciler.arm.login.credentials import fixed_token
from reconciler.arm.resources import Resources
from reconciler.guards import Runner
from reconciler.live.azure import Azure
from reconciler.parallel import Pool
from reconciler.plan.plan import Plan
from reconciler.sandbox.rates.rates import Rates
from reconciler.sandbox.serving.application import Application, Options
from reconciler.sandbox.serving.transport import SandboxTransport
from reconciler.sandbox.state.state import Contents
from reconciler.stop import Stop
from reconciler.workflow.apply import ApplyOptions, planned, run_apply
from reconciler.workflow.declare import Request, load_declaration
from reconciler.workflow.plan import run_plan
from tests.builders import SUBSCRIPTION, TODAY
from tests.contract.applying import MemoryJournal, no_children
from tests.contract.arm import CORRELATION_ID, PIPELINE, contents
from tests.contract.virtual_time import VirtualTime, WatchedTransport
from tests.sandbox.arm import token_of

ENDPOINT = "https://management.azure.com"
PARALLELISM = 10
BURST_S = 20
WRITES_A_SECOND, LISTS_A_SECOND = 2, 5
STORM_BEGINS_S = 5.0
KEEP_NONE = "policy: {identities: exact}\nlimits: {maxDeletes: 1000, maxDeletePercent: 100}\n"
ISSUER = "https://oidc.example/c1"


def bound_s(calls: int, a_second: int) -> float:
    """How long so many calls take at least."""
    return calls / a_second - BURST_S


@dataclass
class Storm(httpx.BaseTransport):
    """Some seconds after the first call, every one is answered 429 for so long, and then all is as before."""

    wire: httpx.BaseTransport
    time: VirtualTime
    lasts_s: float

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Refuse a request as ARM does, or send it."""
        passed_s = self.time.now_s - self.time.began_s
        if not STORM_BEGINS_S <= passed_s < STORM_BEGINS_S + self.lasts_s:
            return self.wire.handle_request(request)
        error = {"error": {"code": "SubscriptionRequestsThrottled", "message": "Too many requests."}}
        return httpx.Response(429, json=error, headers={"Retry-After": "17"})


@dataclass(frozen=True)
class Run:
    """A run against the emulator, and what it has taken."""

    time: VirtualTime
    application: Application
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
            planned(load_declaration(Request(("-",), {}, {}, manifest.encode, judged_on=TODAY)), self.azure),
            self.azure,
            tools,
            ApplyOptions(),
            show=lambda _: None,
            confirm=lambda _: None,
        )
        return result

    @property
    def written(self) -> int:
        """How many identities it has created."""
        return self.wire.calls.count(("PUT", 201))

    @property
    def throttled(self) -> float:
        """The share of calls that were answered 429."""
        return sum(status == 429 for _, status in self.wire.calls) / len(self.wire.calls)


@contextmanager
def opened(
    start: Contents, timeout_s: float = 3600.0, storm_s: float = 0.0, beside: "Run | None" = None
) -> Iterator[Run]:
    """A run that may last so long, at Azure's rates, with jitter.

    `storm_s` is how long a storm lasts; `beside` is another run, at the same emulator, in place of `start`.
    """
    time = beside.time if beside else VirtualTime()
    application = beside.application if beside else Application(start, Options(rates=Rates()), clock=time.now)
    wire = WatchedTransport(Storm(SandboxTransport(application), time, storm_s), time)
    jitter = random.Random(7 if beside is None else 8).random
    budget, schedule = RunBudget(timeout_s), Schedule(jitter)
    retries = Retries(time.clock, time.sleep, jitter, time.wall, budget=budget, schedule=schedule)
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
        yield Run(time, application, wire, retries, azure)


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


def apply_through_storm_s(storm_s: float) -> tuple[ApplyResult, float]:
    """A hundred creates over which a storm comes; how they end, and how long that takes."""
    with opened(contents(), storm_s=storm_s) as run:
        result = run.apply(manifest_of(names_of(100)))
        return result, run.time.now_s - run.time.began_s
