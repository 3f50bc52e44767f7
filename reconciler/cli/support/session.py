"""From flags to a connection: which ARM (Azure's, another endpoint's, the embedded sandbox's), and as whom."""

import logging
import os
import random
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

import httpx

from reconciler.arm.activity import Activity
from reconciler.arm.http.budget import RunBudget, parse_duration
from reconciler.arm.http.client import ArmClient, OtherService
from reconciler.arm.http.endpoints import endpoint_name, is_loopback
from reconciler.arm.http.rates.schedule import Schedule
from reconciler.arm.http.retry import Retries
from reconciler.arm.http.transport import Sender, open_http_client
from reconciler.arm.login.auth import CachedCredentialAuth, Principal, make_auth, make_service_auth
from reconciler.arm.login.clouds import CLOUDS, Cloud, Service
from reconciler.arm.login.credentials import TOKEN_VARIABLE, fixed_token, foreign_authority, sign_in_hint
from reconciler.arm.login.logins import Login
from reconciler.arm.microsoft_graph import PAGE_LINK
from reconciler.arm.resources import Resources
from reconciler.cli.collector import resume_collector
from reconciler.cli.flags.shared import AzureFlags, LoggedAzureFlags
from reconciler.cli.support.embedded import open_embedded
from reconciler.cli.support.output import keep_secret
from reconciler.cli.support.progress import show_progress
from reconciler.doctor.doctor import Caller
from reconciler.errors import UsageError
from reconciler.guards import Runner
from reconciler.journal import Actor, Place, PlaceKind
from reconciler.live.azure import Azure
from reconciler.model import WorkspaceId, is_guid, parse_workspace
from reconciler.parallel import Pool
from reconciler.report.rows import Header
from reconciler.stop import Stop

Result = TypeVar("Result")
_log = logging.getLogger("reconciler.arm")

_API_VERSION = re.compile(r"20\d\d-\d\d-\d\d(-preview)?")


@dataclass(frozen=True, slots=True)
class Session:
    """An open connection; `header` asks for the principal only when a report is written, `caller` when it is asked."""

    azure: Azure
    retries: Retries
    correlation_id: str
    caller: Caller
    place: Place
    _auth: CachedCredentialAuth
    _place: tuple[str, str]

    @property
    def header(self) -> Header:
        """Where this run looks and as whom."""
        kind, place = self._place
        return Header(place, _describe(self._auth.principal()), kind=kind)

    @property
    def actor(self) -> Actor:
        """Who runs, for the journal."""
        principal = self._auth.principal()
        return Actor() if principal is None else Actor(principal.object_id, principal.client_id, principal.name)


@contextmanager
def open_session(flags: AzureFlags, stop: Stop, *, writes: bool) -> Iterator[Session]:
    """Open the connection; for the sandbox, `writes` says whether its file may change, and it is saved at the end.

    Raises:
        UsageError: flags that cannot be combined, an endpoint that must not get this token.
        AuthError: the credential lacks what it needs.
        InputFileError: the sandbox's file is missing, damaged or in use.
    """
    _check_flags(flags)
    # What was read until now stays; from here on there are calls, and threads that wait for them.
    resume_collector()
    cloud = CLOUDS[flags.cloud]
    endpoint = flags.endpoint or cloud.endpoint
    correlation_id = str(uuid.uuid4())
    budget = RunBudget(parse_duration(flags.timeout))
    schedule = Schedule(random.random)
    retries = Retries(time.monotonic, stop.sleep, random.random, time.time, budget=budget, schedule=schedule)
    with ExitStack() as stack:
        if flags.sandbox is not None:
            place = _sandbox(flags.sandbox, endpoint, stack, writes=writes)
        else:
            place = _azure_or_endpoint(flags, cloud, retries)
        sender = Sender(correlation_id, lambda: str(uuid.uuid4()), os.environ)
        opened = partial(open_http_client, sender=sender, retries=retries, max_connections=flags.parallelism)
        http = stack.enter_context(opened(endpoint, place.auth, transport=place.transport))
        stack.enter_context(show_progress(retries.activity, time.monotonic))
        azure = _azure(flags, retries, http, place.auth, place.runner)

        def other(service: Service, link_name: str = "nextLink") -> OtherService:
            if flags.sandbox is not None or is_loopback(http.base_url.host):
                return _asked(lambda: http, link_name)  # an emulator has all at one place, and for one token
            auth = _service_auth(service, flags, place.auth, retries)
            if isinstance(auth, str):
                return OtherService(why_not=auth)
            return _asked(lambda: stack.enter_context(opened(service.endpoint, auth)), link_name)

        azure = _with_services(azure, graph=other(cloud.graph, PAGE_LINK), logs=other(cloud.logs))
        where, kind = (
            (endpoint, flags.credential.value) if flags.sandbox is None else (" ".join(place.shown), "sandbox")
        )
        principal = _signing_in(place.auth.principal, retries.activity)
        caller = Caller(where, kind, principal, place.auth.token_expiry, place.authority)
        try:
            yield Session(azure, retries, correlation_id, caller, place.target, place.auth, place.shown)
        finally:
            _log_tally(schedule)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the calls of a run go, and as whom.

    Attributes:
        shown: what the header of a report says of it: its kind and its name; empty for Azure itself.
        target: what a journal says of it.
        authority: who issues the tokens, where that is none of Microsoft's.
        transport: what carries the calls instead of a network.
    """

    auth: CachedCredentialAuth
    runner: Callable[[], Runner | None]
    shown: tuple[str, str]
    target: Place
    authority: str = ""
    transport: httpx.BaseTransport | None = None


def _sandbox(file: str, endpoint: str, stack: ExitStack, *, writes: bool) -> _Place:
    return _Place(
        CachedCredentialAuth(fixed_token("sandbox"), endpoint=endpoint, clock=time.time),
        Runner,  # the embedded sandbox's user is none of its identities
        ("SANDBOX", file),
        Place(PlaceKind.SANDBOX, str(Path(file).resolve())),
        transport=stack.enter_context(open_embedded(Path(file), writable=writes)),
    )


def _azure_or_endpoint(flags: AzureFlags, cloud: Cloud, retries: Retries) -> _Place:
    endpoint = flags.endpoint or cloud.endpoint
    login = Login(cloud, os.environ, retries, flags.tenant)
    authority = foreign_authority(flags.credential.value, login)
    auth = make_auth(flags.credential.value, login, endpoint=endpoint, fetched=keep_secret)
    # In normal form: an undo compares it with the place of its own run.
    name = endpoint_name(endpoint)
    shown = ("", "") if name == endpoint_name(cloud.endpoint) else ("Endpoint", endpoint)
    target = Place(PlaceKind.ENDPOINT if all(shown) else PlaceKind.AZURE, name)
    return _Place(auth, partial(_runner_of, auth), shown, target, authority)


def _log_tally(schedule: Schedule) -> None:
    tally = schedule.tally
    _log.info(
        "%d requests; %d answered 429; %.0f s waited, all calls together", tally.sent, tally.refused, tally.waited_s
    )


def _azure(
    flags: AzureFlags,
    retries: Retries,
    http: httpx.Client,
    auth: CachedCredentialAuth,
    runner: Callable[[], Runner | None],
) -> Azure:
    """What reads and writes go through."""
    sign_in = partial(sign_in_hint, flags.credential.value)
    client = ArmClient(http, time.time, sign_in=sign_in(""))
    pool, activity = Pool(flags.parallelism), retries.activity
    resources = Resources(client, flags.api_version, pool, activity)
    token_tenant, log = _signing_in(auth.token_tenant, activity), _sign_in_logs(flags)
    return Azure(flags.cloud, resources, flags.tenant, token_tenant, runner, sign_in, log)


def _sign_in_logs(flags: AzureFlags) -> WorkspaceId | None:
    named = flags.sign_in_logs if isinstance(flags, LoggedAzureFlags) else None
    return None if named is None else parse_workspace(named)


def _asked(open_http: Callable[[], httpx.Client], link_name: str) -> OtherService:
    """A service whose client is opened when it is needed first."""
    return OtherService(cache(lambda: ArmClient(open_http(), time.time, link_name=link_name)))


def _with_services(azure: Azure, graph: OtherService, logs: OtherService) -> Azure:
    return replace(azure, resources=replace(azure.resources, graph=graph, logs=logs))


def _service_auth(
    service: Service, flags: AzureFlags, auth: CachedCredentialAuth, retries: Retries
) -> CachedCredentialAuth | str:
    """What signs in to a service of the cloud; or why it is not asked."""
    cloud = CLOUDS[flags.cloud]
    if flags.endpoint is not None and endpoint_name(flags.endpoint) != endpoint_name(cloud.endpoint):
        return f"{service.name} is asked only where the endpoint is the cloud's own"
    signed = make_service_auth(service, Login(cloud, os.environ, retries, flags.tenant), auth, fetched=keep_secret)
    return signed or f"the token in {TOKEN_VARIABLE} is for ARM, and {service.name} takes its own"


def _check_flags(flags: AzureFlags) -> None:
    if _API_VERSION.fullmatch(flags.api_version) is None:
        raise UsageError(f"--api-version {flags.api_version}: not an api-version", "Write it as 2024-11-30.")
    if flags.tenant is not None:
        # A token names its tenant by id, so that nothing else could be held against it.
        check_guid("--tenant", flags.tenant, "a tenant", "`az account show --query tenantId` prints it.")
    _sign_in_logs(flags)
    if flags.sandbox is not None and flags.endpoint is not None:
        raise UsageError("--sandbox and --endpoint name two places", "Leave one of them out.")


def check_guid(flag: str, value: str, of_what: str, hint: str) -> None:
    """Raises UsageError where the value of a flag is not the id of something that Entra knows by a GUID."""
    if not is_guid(value):
        raise UsageError(f"{flag} {value}: not the id of {of_what}", hint)


def _signing_in(ask: Callable[[], Result], activity: Activity) -> Callable[[], Result]:
    """What may fetch the token, and so may start a program or wait for a person."""

    def signing_in() -> Result:
        with activity.part("Signing in"):
            return ask()

    return signing_in


def _runner_of(auth: CachedCredentialAuth) -> Runner | None:
    """Who the run's token is of; None where it does not say."""
    principal = auth.principal()
    if principal is None or (principal.object_id is None and principal.client_id is None):
        return None
    return Runner(principal.object_id, principal.client_id)


def _describe(principal: Principal | None) -> str:
    if principal is None:
        return ""
    ids = {"object id": principal.object_id, "client id": principal.client_id}
    known = ", ".join(f"{name} {value}" for name, value in ids.items() if value)
    return f"{principal.name} ({known})" if principal.name and known else principal.name or known
