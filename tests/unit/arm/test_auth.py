"""One token for all threads, renewed in time, sent to one place, shown nowhere."""

import os
import stat
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from reconciler.arm.auth import CachedCredentialAuth, Principal, make_auth, principal_of
from reconciler.arm.clouds import AZURE_CLOUD
from reconciler.arm.credentials import Token, TokenSource, credential_kinds, fixed_token, token_source
from reconciler.errors import AuthError, UsageError

from .fakes import ENDPOINT, TOKEN, FakeArm, FakeTime, answer, http_client, jwt

FAKE_AZ = """#!/bin/sh
echo "$*" >> "{log}"
echo '{{"accessToken": "cli-token", "expires_on": {expires_on}, "tokenType": "Bearer"}}'
"""


class CountingSource:
    """Yields `token-1`, `token-2` and so on, each good for `lifetime_s`."""

    def __init__(self, time: FakeTime, lifetime_s: float = 3600.0) -> None:
        self.count = 0
        self._time = time
        self._lifetime_s = lifetime_s

    def source(self, *, renewable: bool = True) -> TokenSource:
        return TokenSource(self._fetch, renewable)

    def _fetch(self) -> Token:
        self.count += 1
        return Token(f"token-{self.count}", self._time.now_s + self._lifetime_s)


def auth_of(source: TokenSource, time: FakeTime) -> CachedCredentialAuth:
    return CachedCredentialAuth(source, endpoint=ENDPOINT, clock=time.clock)


def tokens_sent(arm: FakeArm, sent: list[str]) -> Callable[[httpx.Request], httpx.Response]:
    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers.get("Authorization", ""))
        return arm(request)

    return handle


def send(auth: httpx.Auth, time: FakeTime, method: str, *script: httpx.Response, waits_s: float = 0.0) -> list[str]:
    """Send as many requests as the script allows; returns the Authorization headers that went out."""
    arm, sent = FakeArm(script), list[str]()
    with http_client(tokens_sent(arm, sent), time=time, auth=auth) as client:
        while len(arm.requests) < len(script):
            client.request(method, "/x")
            time.now_s += waits_s
    return sent


def put_az_on_path(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    az = folder / "az"
    az.write_text(script)
    az.chmod(az.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_token_is_fetched_for_the_first_request_and_kept() -> None:
    time = FakeTime()
    tokens = CountingSource(time)
    auth = auth_of(tokens.source(), time)
    assert tokens.count == 0

    sent = send(auth, time, "GET", answer(200), answer(200))

    assert sent == ["Bearer token-1", "Bearer token-1"]


def test_token_is_renewed_five_minutes_before_it_expires() -> None:
    time = FakeTime()
    auth = auth_of(CountingSource(time, lifetime_s=3600.0).source(), time)

    sent = send(auth, time, "GET", answer(200), answer(200), answer(200), waits_s=1650.0)

    assert sent == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]


def test_short_lived_token_is_kept_for_half_its_life() -> None:
    time = FakeTime()
    auth = auth_of(CountingSource(time, lifetime_s=200.0).source(), time)

    sent = send(auth, time, "GET", answer(200), answer(200), answer(200), waits_s=60.0)

    assert sent == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]


def test_refused_read_is_sent_once_more_with_a_renewed_token() -> None:
    time = FakeTime()
    auth = auth_of(CountingSource(time).source(), time)

    sent = send(auth, time, "GET", answer(401), answer(401))

    assert sent == ["Bearer token-1", "Bearer token-2"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_refused_write_is_not_sent_again_but_the_next_request_has_a_new_token(method: str) -> None:
    time = FakeTime()
    auth = auth_of(CountingSource(time).source(), time)
    arm, sent = FakeArm([answer(401), answer(200)]), list[str]()

    with http_client(tokens_sent(arm, sent), time=time, auth=auth) as client:
        refused = client.request(method, "/x")
        client.get("/x")

    assert refused.status_code == 401
    assert [(request.method, token) for request, token in zip(arm.requests, sent, strict=True)] == [
        (method, "Bearer token-1"),
        ("GET", "Bearer token-2"),
    ]


def test_refused_token_that_cannot_be_renewed_is_not_tried_again() -> None:
    time = FakeTime()

    sent = send(auth_of(fixed_token(TOKEN), time), time, "GET", answer(401))

    assert sent == [f"Bearer {TOKEN}"]


def test_refused_token_that_renews_to_itself_is_not_tried_again() -> None:
    time = FakeTime()
    same = TokenSource(lambda: Token("same-token", time.now_s + 3600), renewable=True)

    sent = send(auth_of(same, time), time, "GET", answer(401))

    assert sent == ["Bearer same-token"]


@pytest.mark.parametrize("url", ["https://evil.example/x", "http://management.azure.com/x", f"{ENDPOINT}:8443/x"])
def test_token_is_not_put_on_requests_to_another_origin(url: str) -> None:
    time = FakeTime()
    tokens = CountingSource(time)
    flow = auth_of(tokens.source(), time).sync_auth_flow(httpx.Request("GET", url))

    request = next(flow)

    assert ("Authorization" in request.headers, tokens.count) == (False, 0)


def test_threads_share_one_fetch() -> None:
    time = FakeTime()
    tokens = CountingSource(time)
    auth = auth_of(tokens.source(), time)
    barrier = threading.Barrier(10)

    def send_one() -> str:
        barrier.wait()
        return str(next(auth.sync_auth_flow(httpx.Request("GET", f"{ENDPOINT}/x"))).headers["Authorization"])

    with ThreadPoolExecutor(10) as pool:
        sent = [future.result() for future in [pool.submit(send_one) for _ in range(10)]]

    assert (sent, tokens.count) == (["Bearer token-1"] * 10, 1)


def test_az_is_started_once_for_ten_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    time, log = FakeTime(), tmp_path / "calls"
    put_az_on_path(tmp_path, monkeypatch, FAKE_AZ.format(log=log, expires_on=int(time.now_s) + 3600))
    auth = make_auth("cli", AZURE_CLOUD, {}, endpoint=ENDPOINT, clock=time.clock)

    with http_client(lambda _: answer(200), time=time, auth=auth) as client, ThreadPoolExecutor(10) as pool:
        statuses = [response.status_code for response in pool.map(lambda _: client.get("/x"), range(50))]

    assert statuses == [200] * 50
    assert log.read_text() == "account get-access-token --output json --resource https://management.azure.com\n"


def test_cli_that_is_not_signed_in_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_az_on_path(tmp_path, monkeypatch, "#!/bin/sh\necho \"Please run 'az login' to setup account.\" >&2\nexit 1\n")
    source = token_source("cli", AZURE_CLOUD, {})

    with pytest.raises(AuthError) as raised:
        source.fetch()

    assert raised.value.message.startswith("No token could be had from the credential 'cli': ")
    assert raised.value.hint.startswith("Sign in with `az login`")


def test_given_token_is_sent_as_it_is() -> None:
    time = FakeTime()
    auth = make_auth("token", AZURE_CLOUD, {"UAMI_ACCESS_TOKEN": TOKEN}, endpoint=ENDPOINT, clock=time.clock)

    sent = send(auth, time, "GET", answer(200))

    assert sent == [f"Bearer {TOKEN}"]


@pytest.mark.parametrize("environment", [{}, {"UAMI_ACCESS_TOKEN": ""}])
def test_given_token_that_is_not_there_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(AuthError, match="UAMI_ACCESS_TOKEN is not set"):
        token_source("token", AZURE_CLOUD, environment)


@pytest.mark.parametrize(
    "text", ["s3cret\n", " s3cret", "s3 cret", "s3cret\r\nX-Evil: 1", "s3crét", "s3cret\x00", "\t"]
)
def test_given_token_that_no_header_can_carry_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(AuthError) as raised:
        token_source("token", AZURE_CLOUD, {"UAMI_ACCESS_TOKEN": text})

    assert "cr" not in (raised.value.message + raised.value.hint).replace("character", "").replace("access", "")


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("environment", ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"]),
        ("workload-identity", ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"]),
    ],
)
def test_credential_without_its_variables_names_them(
    kind: str, named: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AZURE_")]:
        monkeypatch.delenv(name)

    with pytest.raises(AuthError) as raised:
        token_source(kind, AZURE_CLOUD, {}).fetch()

    assert [name for name in named if name not in raised.value.hint] == []


def test_token_file_that_is_missing_is_an_auth_error() -> None:
    environment = {
        "AZURE_TENANT_ID": "00000000-0000-0000-0000-00000000000a",
        "AZURE_CLIENT_ID": "00000000-0000-0000-0000-00000000000b",
        "AZURE_FEDERATED_TOKEN_FILE": "/nowhere/token",
    }

    with pytest.raises(AuthError, match="workload-identity"):
        token_source("workload-identity", AZURE_CLOUD, environment).fetch()


@pytest.mark.parametrize("kind", ["auto", "managed-identity"])
def test_credential_is_built_without_asking_for_a_token(kind: str) -> None:
    assert token_source(kind, AZURE_CLOUD, {"AZURE_CLIENT_ID": "00000000-0000-0000-0000-00000000000b"}).renewable


def test_unknown_credential_names_those_there_are() -> None:
    with pytest.raises(UsageError) as raised:
        token_source("password", AZURE_CLOUD, {})

    assert raised.value.hint == f"Known credentials: {', '.join(credential_kinds())}."


def test_kinds_begin_with_the_default() -> None:
    assert credential_kinds() == ("auto", "cli", "environment", "workload-identity", "managed-identity", "token")


def test_own_login_is_not_made_for_a_foreign_endpoint() -> None:
    with pytest.raises(UsageError, match="no token of yours is sent there"):
        make_auth("cli", AZURE_CLOUD, {}, endpoint="https://evil.example", clock=lambda: 0.0)


def test_no_repr_shows_the_token() -> None:
    time = FakeTime()
    source = fixed_token(TOKEN)
    auth = auth_of(source, time)
    send(auth, time, "GET", answer(200))

    shown = repr((source.fetch(), source, auth))

    assert TOKEN not in shown


def test_principal_of_a_user_is_read_from_the_claims() -> None:
    token = jwt({"oid": "o", "appid": "a", "upn": "jo@contoso.example", "tid": "t", "exp": 1})

    assert principal_of(token) == Principal("o", "a", "jo@contoso.example", "t")


def test_principal_of_a_version_2_token_is_read_from_its_own_claims() -> None:
    token = jwt({"oid": "o", "azp": "a", "preferred_username": "jo@contoso.example", "tid": "t"})

    assert principal_of(token) == Principal("o", "a", "jo@contoso.example", "t")


def test_principal_of_a_service_has_no_name() -> None:
    assert principal_of(jwt({"oid": "o", "appid": "a", "tid": "t", "upn": 5})) == Principal("o", "a", None, "t")


@pytest.mark.parametrize("token", ["", "opaque", "a.b", "a.!!.c", "a.YQ.c", "a.W10.c", "a.b.c.d", "a.é.c"])
def test_principal_of_what_is_no_jwt_is_unknown(token: str) -> None:
    assert principal_of(token) is None


def test_principal_of_the_run_comes_from_its_token() -> None:
    auth = auth_of(fixed_token(jwt({"oid": "o", "appid": "a", "tid": "t"})), FakeTime())

    assert auth.principal() == Principal("o", "a", None, "t")
