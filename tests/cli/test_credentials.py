"""Where the token comes from and where it never shows: logins, refusals, logs."""

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.cli.command import Uami
from tests.cli.conftest import Serve

SECRET = "secret-0123456789abcdef"
OBJECT_ID = "0b2c0000-0000-4000-8000-00000000cafe"


def _jwt(**claims: str) -> str:
    """An unsigned token with these claims."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), SECRET])


TOKEN = _jwt(oid=OBJECT_ID, upn="ops@contoso.example")


@pytest.fixture
def az(folder: Path, environment: dict[str, str]) -> Path:
    """An `az` on PATH that answers with TOKEN; the file that is returned has a line for each time it was asked."""
    calls = folder / "az-calls"
    answer = json.dumps({"accessToken": TOKEN, "expires_on": 4102444800, "expiresOn": "2100-01-01 00:00:00.000000"})
    program = folder / "bin" / "az"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho \"$*\" >> '{calls}'\necho '{answer}'\n")
    program.chmod(0o755)
    environment["PATH"] = f"{program.parent}:{environment['PATH']}"
    return calls


def test_cli_credential_asks_az_once_for_a_whole_run(uami: Uami, quickstart: Path, serve: Serve, az: Path) -> None:
    arm = serve("sandbox.json", "--page-size", "1")

    ended = uami("plan", "identities.yaml", "--endpoint", arm.url, "--credential", "cli")

    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout.endswith("\nPlan: 2 to add, 2 to change, 1 to destroy.\n")
    assert az.read_text().startswith("account get-access-token ")
    assert az.read_text().count("\n") == 1


def test_report_names_the_principal_of_the_token(uami: Uami, quickstart: Path, serve: Serve, az: Path) -> None:
    arm = serve("sandbox.json")

    ended = uami("plan", "identities.yaml", "--endpoint", arm.url, "--credential", "cli")

    assert f"Principal     ops@contoso.example (object id {OBJECT_ID})\n" in ended.stdout


def test_token_is_in_no_output_at_debug_level(uami: Uami, quickstart: Path, serve: Serve, az: Path) -> None:
    arm = serve("sandbox.json")

    ended = uami("apply", "identities.yaml", "--endpoint", arm.url, "--credential", "cli", "--log-level", "debug", "-y")

    assert ended.code == 0
    assert " DEBUG PUT /subscriptions/" in ended.stderr
    assert not [part for part in TOKEN.split(".") if part in ended.stdout + ended.stderr]


def test_az_that_fails_is_told_with_what_to_do_and_exits_77(uami: Uami, quickstart: Path, az: Path) -> None:
    program = quickstart / "bin" / "az"
    program.write_text("#!/bin/sh\necho 'Please run az login to setup account.' >&2\nexit 1\n")

    ended = uami("plan", "identities.yaml", "--endpoint", "http://127.0.0.1:1", "--credential", "cli")

    assert (ended.code, ended.stdout) == (77, "")
    assert ended.stderr.startswith("Error: The credential 'cli' gave no token: ")
    assert "az login" in ended.stderr


def test_missing_token_names_the_variable_and_exits_77(uami: Uami, quickstart: Path) -> None:
    ended = uami("plan", "identities.yaml", "--endpoint", "http://127.0.0.1:1", "--credential", "token")

    assert (ended.code, ended.stdout) == (77, "")
    assert "UAMI_ACCESS_TOKEN" in ended.stderr


@contextmanager
def _refusing(statuses: Sequence[int]) -> Iterator[str]:
    """The URL of a service that answers these statuses in turn, from then on 401, and repeats the token that it got."""
    left = list(statuses)

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = {"code": "NotToday", "message": f"you sent {self.headers['Authorization']}"}
            body = json.dumps({"error": said}).encode()
            self.send_response(left.pop(0) if left else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing on the tests' stderr."""

    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("report", [(), ("--format", "json")], ids=["text", "json"])
def test_token_that_the_service_refuses_is_not_repeated_and_exits_77(
    uami: Uami, quickstart: Path, report: tuple[str, ...]
) -> None:
    with _refusing([]) as url:
        ended = uami(
            "plan",
            "identities.yaml",
            *("--endpoint", url, "--credential", "token", "--log-level", "debug", *report),
            environment={"UAMI_ACCESS_TOKEN": SECRET},
        )

    assert ended.code == 77
    assert "401 NotToday (you sent Bearer [token])" in ended.stdout + ended.stderr
    assert SECRET not in ended.stdout + ended.stderr


def test_read_that_is_tried_again_is_told_at_info_level(uami: Uami, quickstart: Path) -> None:
    with _refusing([503]) as url:
        ended = uami(
            "plan",
            "identities.yaml",
            *("--endpoint", url, "--credential", "token", "--log-level", "info"),
            environment={"UAMI_ACCESS_TOKEN": SECRET},
        )

    assert ended.code == 77
    assert ": answered 503; attempt 2 of 6 in " in ended.stderr
