"""One token for all threads, renewed in time, sent to one place, shown nowhere."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from reconciler.arm.login.auth import CachedCredentialAuth, Principal, make_auth, make_service_auth, principal_of
from reconciler.arm.login.clouds import AZURE_CHINA_CLOUD, AZURE_CLOUD
from reconciler.arm.login.credentials import Token, TokenSource, fixed_token
from reconciler.errors import AuthError, UsageError
from tests.unit.arm.fakes import (
    ENDPOINT,
    TOKEN,
    FakeArm,
    FakeTime,
    answer,
    az_script,
    http_client,
    jwt,
    login,
    put_az_on_path,
)

TENANT = "00000000-0000-0000-0000-00000000000a"
OTHER_TENANT = "00000000-0000-0000-0000-00000000000b"


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
    put_az_on_path(tmp_path, monkeypatch, az_script(log, "cli-token", int(time.now_s) + 3600))
    auth = make_auth("cli", login(time=time), endpoint=ENDPOINT)

    with http_client(lambda _: answer(200), time=time, auth=auth) as client, ThreadPoolExecutor(10) as pool:
        statuses = [response.status_code for response in pool.map(lambda _: client.get("/x"), range(50))]

    assert statuses == [200] * 50
    assert log.read_text() == "account get-access-token --output json --resource https://management.azure.com\n"


def test_given_token_is_sent_as_it_is() -> None:
    time = FakeTime()
    auth = make_auth("token", login({"UAMI_ACCESS_TOKEN": TOKEN}, time=time), endpoint=ENDPOINT)

    sent = send(auth, time, "GET", answer(200))

    assert sent == [f"Bearer {TOKEN}"]


def test_own_login_is_not_made_for_a_foreign_endpoint() -> None:
    with pytest.raises(UsageError, match="no token of yours is sent there"):
        make_auth("cli", login(), endpoint="https://evil.example")


def test_own_login_is_not_made_for_the_endpoint_of_another_cloud() -> None:
    with pytest.raises(UsageError) as raised:
        make_auth("cli", login(cloud=AZURE_CHINA_CLOUD), endpoint=AZURE_CLOUD.endpoint)

    assert raised.value.hint == "It is AzureCloud's: pass --cloud AzureCloud, and no --endpoint."


def test_token_of_another_tenant_is_not_sent() -> None:
    token = jwt({"oid": "o", "tid": OTHER_TENANT})
    auth = make_auth("token", login({"UAMI_ACCESS_TOKEN": token}, tenant=TENANT), endpoint=ENDPOINT)
    arm = FakeArm([answer(200)])

    with http_client(arm, auth=auth) as client, pytest.raises(AuthError) as raised:
        client.get("/x")

    assert (raised.value.message, arm.requests) == (
        f"The token is of the tenant {OTHER_TENANT}, not of {TENANT} as --tenant says; nothing was asked with it.",
        [],
    )


def test_token_that_is_renewed_into_another_tenant_is_not_sent() -> None:
    time = FakeTime()
    tokens = [jwt({"tid": TENANT}), jwt({"tid": OTHER_TENANT})]
    source = TokenSource(lambda: Token(tokens.pop(0), time.now_s + 60), renewable=True)
    auth = CachedCredentialAuth(source, endpoint=ENDPOINT, clock=time.clock, tenant=TENANT)
    arm = FakeArm([answer(200), answer(200)])

    with http_client(arm, time=time, auth=auth) as client:
        client.get("/x")
        time.now_s += 60
        with pytest.raises(AuthError, match="as --tenant says"):
            client.get("/x")

    assert len(arm.requests) == 1


@pytest.mark.parametrize("token", [jwt({"tid": "ABCDEF00-0000-0000-0000-00000000000A"}), "opaque", jwt({"oid": "o"})])
def test_token_of_the_tenant_or_of_none_that_it_says_is_sent(token: str) -> None:
    tenant = "abcdef00-0000-0000-0000-00000000000a"
    time = FakeTime()

    sent = send(
        make_auth("token", login({"UAMI_ACCESS_TOKEN": token}, tenant=tenant, time=time), endpoint=ENDPOINT),
        time,
        "GET",
        answer(200),
    )

    assert sent == [f"Bearer {token}"]


@pytest.mark.parametrize(("token", "tenant"), [(jwt({"tid": "t"}), "t"), (jwt({"oid": "o"}), None), ("opaque", None)])
def test_tenant_of_the_run_is_what_its_token_says(token: str, tenant: str | None) -> None:
    assert auth_of(fixed_token(token), FakeTime()).token_tenant() == tenant


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


@pytest.mark.parametrize("kind", ["cli", "auto"])
def test_same_login_is_asked_for_graph_and_its_token_goes_nowhere_else(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, heard = tmp_path / "calls", list[str]()
    put_az_on_path(tmp_path, monkeypatch, az_script(log, "graph-token", 4102444800))
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
    logged_in = login()
    graph = make_service_auth(
        AZURE_CLOUD.graph, logged_in, make_auth(kind, logged_in, endpoint=ENDPOINT), fetched=heard.append
    )
    assert graph is not None
    sent: dict[str, str | None] = {}

    def handle(request: httpx.Request) -> httpx.Response:
        sent[request.url.host] = request.headers.get("Authorization")
        return answer(200, {})

    with httpx.Client(auth=graph, transport=httpx.MockTransport(handle)) as http:
        for host in ("graph.microsoft.com", "management.azure.com", "graph.microsoft.com.evil.example"):
            http.get(f"https://{host}/v1.0/servicePrincipals")

    assert sent == {
        "graph.microsoft.com": "Bearer graph-token",
        "management.azure.com": None,
        "graph.microsoft.com.evil.example": None,
    }
    assert (heard, graph.kind) == (["graph-token"], kind)
    assert "--resource https://graph.microsoft.com" in log.read_text()


def test_token_that_was_handed_over_is_not_sent_to_graph() -> None:
    logged_in = login({"UAMI_ACCESS_TOKEN": TOKEN})

    assert make_service_auth(AZURE_CLOUD.graph, logged_in, make_auth("token", logged_in, endpoint=ENDPOINT)) is None
