"""What the tests of the ARM client stand on: a clock that only sleep moves, scripted answers, a raw server."""

import base64
import itertools
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.retry import Retries, RetryPolicy
from reconciler.arm.http.transport import Sender, open_http_client
from reconciler.arm.login.auth import CachedCredentialAuth
from reconciler.arm.login.clouds import AZURE_CLOUD, Cloud
from reconciler.arm.login.credentials import fixed_token
from reconciler.arm.login.logins import Login

ENDPOINT = "https://management.azure.com"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
CORRELATION_ID = "c0rre1a7-0000-0000-0000-000000000000"
TOKEN = "t0ken-of-the-tests"

Script = Callable[[httpx.Request], httpx.Response]


@dataclass
class FakeTime:
    """A clock that stands still but for sleeping; `slept_s` lists the sleeps.

    The wall clock agrees with it until somebody sets it: `wall_set_by_s` is by how much.
    """

    now_s: float = 1_000_000.0
    slept_s: list[float] = field(default_factory=list)
    wall_set_by_s: float = 0.0

    def clock(self) -> float:
        return self.now_s

    def wall(self) -> float:
        return self.now_s + self.wall_set_by_s

    def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.now_s += seconds

    def retries(self, policy: RetryPolicy | None = None) -> Retries:
        return Retries(self.clock, self.sleep, lambda: 0.0, self.wall, policy or RetryPolicy())


def login(
    environment: Mapping[str, str] | None = None,
    *,
    cloud: Cloud = AZURE_CLOUD,
    tenant: str | None = None,
    time: FakeTime | None = None,
) -> Login:
    """What a login starts from, with a clock that stands still."""
    return Login(cloud, environment or {}, (time or FakeTime()).retries(), tenant)


@dataclass
class FakeArm:
    """Answers requests in order from a script of responses and exceptions, and keeps the requests it saw."""

    script: Sequence[httpx.Response | Exception]
    requests: list[httpx.Request] = field(default_factory=list)
    client_request_ids: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.client_request_ids.append(request.headers["x-ms-client-request-id"])
        step = self.script[len(self.requests)]
        self.requests.append(request)
        if isinstance(step, Exception):
            raise step
        return step

    @property
    def urls(self) -> list[str]:
        return [str(request.url) for request in self.requests]


def answer(status: int, body: object = None, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """A response with a JSON body, or an empty one for None."""
    return httpx.Response(status, json=body, headers=headers) if body is not None else httpx.Response(status)


def refusal(status: int, code: str, message: str = "", headers: Mapping[str, str] | None = None) -> httpx.Response:
    """A response with ARM's error envelope."""
    return answer(status, {"error": {"code": code, "message": message}}, headers)


@contextmanager
def http_client(
    script: Script,
    *,
    time: FakeTime | None = None,
    auth: httpx.Auth | None = None,
    environment: Mapping[str, str] | None = None,
    policy: RetryPolicy | None = None,
) -> Iterator[httpx.Client]:
    """The client of the package over a scripted wire, with ids `id-1`, `id-2` and so on."""
    time = time or FakeTime()
    ids = itertools.count(1)
    with open_http_client(
        ENDPOINT,
        auth or CachedCredentialAuth(fixed_token(TOKEN), endpoint=ENDPOINT, clock=time.wall),
        Sender(CORRELATION_ID, lambda: f"id-{next(ids)}", environment or {}),
        retries=time.retries(policy),
        max_connections=10,
        transport=httpx.MockTransport(script),
    ) as client:
        yield client


@contextmanager
def arm_client(
    *script: httpx.Response | Exception, time: FakeTime | None = None
) -> Iterator[tuple[ArmClient, FakeArm]]:
    """An ArmClient over a scripted wire, and the wire."""
    time = time or FakeTime()
    arm = FakeArm(script)
    with http_client(arm, time=time) as http:
        yield ArmClient(http, time.wall), arm


def jwt(claims: Mapping[str, object]) -> str:
    """An unsigned token with these claims."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), "c2ln"])


@contextmanager
def raw_server(*replies: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Answer one connection after another with these bytes and hang up; yields the base URL and the request heads."""
    heads: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_serve, args=(server, replies, heads), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", heads
        thread.join(timeout=60)


def _serve(server: socket.socket, replies: Sequence[bytes], heads: list[bytes]) -> None:
    server.settimeout(60)
    for reply in replies:
        connection, _ = server.accept()
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65536)
            heads.append(head)
            connection.sendall(reply)


@contextmanager
def endless_server(head: bytes, piece: bytes, every_s: float = 0.0) -> Iterator[str]:
    """Answer a connection with a head, and then with a piece again and again; yields the base URL."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_serve_for_ever, args=(server, head, piece, every_s, over), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        over.set()
        thread.join(timeout=60)


def _serve_for_ever(server: socket.socket, head: bytes, piece: bytes, every_s: float, over: threading.Event) -> None:
    server.settimeout(0.1)
    while not over.is_set():
        with suppress(OSError):
            connection, _ = server.accept()
            connection.settimeout(60)
            with connection:
                connection.recv(65536)
                connection.sendall(head)
                while not over.wait(every_s):
                    connection.sendall(piece)


@contextmanager
def loopback_client(endpoint: str, time: FakeTime, wire: httpx.BaseTransport | None = None) -> Iterator[ArmClient]:
    """An ArmClient over a real connection, by default over the package's own wire."""
    with open_http_client(
        endpoint,
        CachedCredentialAuth(fixed_token(TOKEN), endpoint=endpoint, clock=time.clock),
        Sender(CORRELATION_ID, lambda: "id", {}),
        retries=time.retries(),
        max_connections=2,
        transport=wire,
    ) as http:
        yield ArmClient(http, time.wall)


def az_script(log: Path, token: str, expires_on: int) -> str:
    """An `az` that notes how it was called and answers with a token."""
    answered = json.dumps({"accessToken": token, "expires_on": expires_on, "tokenType": "Bearer"})
    return f"#!/bin/sh\necho \"$*\" >> '{log}'\necho '{answered}'\n"


def put_az_on_path(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let a script be `az` for this process."""
    az = folder / "az"
    az.write_text(script)
    az.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
