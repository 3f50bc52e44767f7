"""From flags and environment to the login that `uami explain-login` is about."""

import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from reconciler.arm.http.budget import RunBudget, parse_duration
from reconciler.arm.http.retry import Retries
from reconciler.arm.login import logins, runner_token
from reconciler.arm.login.clouds import CLOUDS
from reconciler.cli.flags.explain_login import LoginFlags
from reconciler.cli.flags.shared import AzureFlags
from reconciler.cli.support.output import keep_secret
from reconciler.cli.support.session import open_session
from reconciler.errors import InputFileError, UsageError
from reconciler.files.read import read_argument
from reconciler.live.azure import Azure
from reconciler.logins.claims import MAX_TOKEN_BYTES, Claims, NoClaims, claims_of_token, read_claims
from reconciler.stop import Stop
from reconciler.workflow.subjects.explain_login import Login, Open

_TENANTS = ("AZURE_TENANT_ID", "AZURESUBSCRIPTION_TENANT_ID")
_CLIENTS = ("AZURE_CLIENT_ID", "AZURESUBSCRIPTION_CLIENT_ID")


def check_combination(paths: Sequence[str], asked: LoginFlags) -> None:
    """Raises UsageError for flags that cannot be combined, and where there is nothing to compare with."""
    named = {
        "--claims-file": asked.claims_file,
        "--token-file": asked.token_file,
        "--token-variable": asked.token_variable,
    }
    given = [flag for flag, value in named.items() if value is not None]
    if len(given) > 1:
        raise UsageError(f"{given[0]} and {given[1]} name two tokens", "Leave one of them out.")
    compared = {"a PATH": paths, "--live": asked.live, "--claims-file": asked.claims_file, "--at": asked.at}
    other = next((name for name, value in compared.items() if value), None)
    if asked.claims and other is not None:
        raise UsageError(f"--claims compares nothing, and takes no {other.removeprefix('a ')}", f"Leave {other} out.")
    if not asked.claims and not paths:
        raise UsageError("No manifest to compare with.", "Name one: `uami explain-login manifests/`; or pass --claims.")


def find_login(asked: LoginFlags, azure: AzureFlags) -> Login:
    """The token's claims and where they were found, and what else of the login is known.

    Raises:
        UsageError: a time that is none.
        LoginError: there is no token, or its host gave none.
        InputFileError: what is named cannot be read, or holds no claims.
    """
    at_s = time.time() if asked.at is None else _parse_time(asked.at)
    if asked.claims_file is not None:
        claims = _read_claims_file(asked.claims_file)
        if not claims.audiences:
            claims = replace(claims, audiences=(_audience(asked, azure),))
        return Login(claims, f"claims file {asked.claims_file}", azure.tenant, None, at_s)
    retries = Retries(
        time.monotonic, Stop().sleep, random.random, time.time, budget=RunBudget(parse_duration(azure.timeout))
    )
    login = logins.Login(CLOUDS[azure.cloud], os.environ, retries, azure.tenant)
    search = runner_token.Search(login, _audience(asked, azure), asked.token_file, asked.token_variable)
    found = runner_token.find_token(search)
    keep_secret(found.text)
    try:
        claims = claims_of_token(found.text)
    except NoClaims as error:
        raise InputFileError(f"The token of {found.source} cannot be compared: {error}.", _HINT) from error
    tenant = azure.tenant or _first(_TENANTS)
    return Login(claims, found.source, tenant, _first(_CLIENTS), at_s, found.audience_was_asked)


_HINT = "Give the token that the login sends, as it is: a JSON Web Token of the job or the pod."


def _first(names: Sequence[str]) -> str | None:
    return next((value for name in names if (value := os.environ.get(name))), None)


def _audience(asked: LoginFlags, azure: AzureFlags) -> str:
    return asked.audience if asked.audience is not None else CLOUDS[azure.cloud].exchange_audience


def _read_claims_file(name: str) -> Claims:
    content = read_argument(name, MAX_TOKEN_BYTES)
    try:
        return read_claims(content)
    except NoClaims as error:
        hint = "Write it in the job: uami explain-login --claims > claims.json"
        raise InputFileError(f"{name}: no claims: {error}.", hint) from error


def _parse_time(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
        # In UTC it has to be a time as well, which the last and the first day of the calendar can miss.
        return (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise UsageError(f"--at {text}: not a time", "Write it as 2026-01-31T12:00:00Z.") from error


def connection(asked: LoginFlags, azure: AzureFlags) -> Open | None:
    """What connects to ARM; None where nobody has asked for that, since a login sends the token."""

    @contextmanager
    def connect() -> Iterator[Azure]:
        with open_session(azure, Stop(), writes=False) as session:
            yield session.azure

    return connect if asked.live or azure.sandbox is not None else None
