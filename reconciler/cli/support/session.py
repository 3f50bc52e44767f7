"""From flags to a connection: which ARM (Azure's, another endpoint's, the embedded sandbox's), and as whom."""

import os
import random
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import httpx

from reconciler.arm.activity import Activity
from reconciler.arm.associated_resources import INTERVAL_S
from reconciler.arm.http.budget import RunBudget, parse_duration
from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.endpoints import endpoint_name
from reconciler.arm.http.pace import Pace, no_pace
from reconciler.arm.http.retry import Retries
from reconciler.arm.http.transport import Sender, open_http_client
from reconciler.arm.login.auth import CachedCredentialAuth, Principal, make_auth
from reconciler.arm.login.clouds import CLOUDS
from reconciler.arm.login.credentials import fixed_token, foreign_authority, sign_in_hint
from reconciler.arm.login.logins import Login
from reconciler.arm.resources import Resources
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
    cloud = CLOUDS[flags.cloud]
    endpoint = flags.endpoint or cloud.endpoint
    correlation_id = str(uuid.uuid4())
    budget = RunBudget(parse_duration(flags.timeout))
    retries = Retries(time.monotonic, stop.sleep, random.random, time.time, budget=budget)
    with ExitStack() as stack:
        if flags.sandbox is not None:
            transport = stack.enter_context(open_embedded(Path(flags.sandbox), writable=writes))
            auth = CachedCredentialAuth(fixed_token("sandbox"), endpoint=endpoint, clock=time.time)
            place, authority = ("SANDBOX", flags.sandbox), ""
            # The embedded sandbox's user is none of its identities.
            runner: Callable[[], Runner | None] = Runner
            target = Place(PlaceKind.SANDBOX, str(Path(flags.sandbox).resolve()))
        else:
            transport = None
            login = Login(cloud, os.environ, retries, flags.tenant)
            authority = foreign_authority(flags.credential.value, login)
            auth = make_auth(flags.credential.value, login, endpoint=endpoint, fetched=keep_secret)
            # In normal form: an undo compares it with the place of its own run.
            name = endpoint_name(endpoint)
            place = ("", "") if name == endpoint_name(cloud.endpoint) else ("Endpoint", endpoint)
            runner = partial(_runner_of, auth)
            target = Place(PlaceKind.ENDPOINT if all(place) else PlaceKind.AZURE, name)
        http = stack.enter_context(
            open_http_client(
                endpoint,
                auth,
                Sender(correlation_id, lambda: str(uuid.uuid4()), os.environ),
                retries=retries,
                max_connections=flags.parallelism,
                transport=transport,
            )
        )
        stack.enter_context(show_progress(retries.activity, time.monotonic))
        azure = _azure(flags, retries, http, auth, runner)
        where, kind = (endpoint, flags.credential.value) if flags.sandbox is None else (" ".join(place), "sandbox")
        principal = _signing_in(auth.principal, retries.activity)
        caller = Caller(where, kind, principal, auth.token_expiry, authority)
        yield Session(azure, retries, correlation_id, caller, target, auth, place)


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
    resources = Resources(client, flags.api_version, _pace(flags, retries), pool, activity)
    token_tenant, log = _signing_in(auth.token_tenant, activity), _sign_in_logs(flags)
    return Azure(flags.cloud, resources, flags.tenant, token_tenant, runner, sign_in, log)


def _sign_in_logs(flags: AzureFlags) -> WorkspaceId | None:
    named = flags.sign_in_logs if isinstance(flags, LoggedAzureFlags) else None
    return None if named is None else parse_workspace(named)


def _pace(flags: AzureFlags, retries: Retries) -> Callable[[], None]:
    """What keeps calls of listAssociatedResources apart; the embedded sandbox has no rates."""
    return no_pace if flags.sandbox is not None else Pace(INTERVAL_S, retries.clock, retries.sleep).wait


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
