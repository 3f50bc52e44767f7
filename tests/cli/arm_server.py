"""A running `uami sandbox serve`, seen and steered from a test as any other HTTP client would."""

import json
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.cli.command import SCRIPT, TIMEOUT_S

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
_API_VERSION = "api-version=2024-11-30"


@dataclass(frozen=True, slots=True)
class ArmServer:
    """The emulator behind `url`."""

    url: str
    process: "subprocess.Popen[str]"

    @property
    def flags(self) -> tuple[str, ...]:
        """What points a command here, given UAMI_ACCESS_TOKEN."""
        return ("--endpoint", self.url, "--credential", "token")

    @property
    def requests(self) -> list[tuple[str, int]]:
        """Method and status of each call so far; a POST that only asks is a QUERY."""
        return [(_kind(one), one["status"]) for one in self._control("requests")["requests"]]

    @property
    def writes(self) -> list[tuple[str, str, int]]:
        """Method, path without the query, and status of each call that could change something; our POSTs only ask."""
        calls = [one for one in self._control("requests")["requests"] if one["method"] not in ("GET", "POST")]
        return [(one["method"], one["path"].partition("?")[0], one["status"]) for one in calls]

    @property
    def asked_by_post(self) -> set[str]:
        """The last words of the paths that were posted to."""
        calls = self._control("requests")["requests"]
        return {one["path"].partition("?")[0].rpartition("/")[2] for one in calls if one["method"] == "POST"}

    @property
    def identities(self) -> dict[str, dict[str, str]]:
        """Tags by `GROUP/IDENTITY`, for all that live."""
        found = {}
        for one in self._control("state")["identities"]:
            parts = one["id"].split("/")
            found[f"{parts[4]}/{parts[8]}"] = one["tags"]
        return found

    def pause(self) -> None:
        """Answer nothing more, and leave what is under way as it is, until `resume`."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on where `pause` stopped it."""
        self.process.send_signal(signal.SIGCONT)

    def put_identity(self, group: str, name: str) -> None:
        """Create an identity behind the back of a run."""
        path = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"
        self._send(
            "PUT",
            f"{path}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}?{_API_VERSION}",
            {"location": "westeurope"},
        )

    def _control(self, name: str) -> Any:
        return self._send("GET", f"/_sandbox/{name}")

    def _send(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": "Bearer of-another", "Content-Type": "application/json"}
        with urlopen(Request(self.url + path, data, headers, method=method), timeout=TIMEOUT_S) as answer:
            return json.load(answer)


def _kind(request: Mapping[str, str]) -> str:
    asks = (
        request["path"].partition("?")[0].endswith(("/Microsoft.ResourceGraph/resources", "/listAssociatedResources"))
    )
    return "QUERY" if asks and request["method"] == "POST" else request["method"]


@contextmanager
def served(state: Path, environment: Mapping[str, str], *flags: str) -> Iterator[ArmServer]:
    """Serve a state file on a free port until the end of the block."""
    process = subprocess.Popen(
        [*SCRIPT, "sandbox", "serve", "--port", "0", "--state", str(state), *flags],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env=dict(environment),
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url, "the sandbox did not start"
        yield ArmServer(url, process)
    finally:
        process.send_signal(signal.SIGTERM)
        # A server that a test has paused hears nothing before it goes on.
        process.send_signal(signal.SIGCONT)
        process.wait(TIMEOUT_S)
        process.stdout.close()
