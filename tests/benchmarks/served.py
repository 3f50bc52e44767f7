"""Whole runs of the command against a sandbox that is served: its state, the manifest, the run, and what it came to."""

import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.request import urlopen

import httpx

UAMI = (sys.executable, "-m", "reconciler")
ENVIRONMENT = {**os.environ, "UAMI_ACCESS_TOKEN": "bench"}
OWNER = "bench"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
TYPE = "providers/Microsoft.ManagedIdentity/userAssignedIdentities"
AUDIENCE = "api://AzureADTokenExchange"
API_VERSION = {"api-version": "2024-11-30"}
_ISSUER = "https://oidc.example/bench"
_AUTHORITY = re.compile(r"^Trust this certificate authority .*: (.*)$", re.MULTILINE)


def subscription_id(number: int) -> str:
    """The id of a subscription, from 1."""
    return f"00000000-0000-0000-0000-{number:012}"


def group_id(subscription: str) -> str:
    """The one group of a subscription."""
    return f"/subscriptions/{subscription}/resourceGroups/rg-bench"


def identity_id(subscription: str, number: int) -> str:
    """The id of an identity."""
    return f"{group_id(subscription)}/{TYPE}/id-{number:05}"


@dataclass(frozen=True, slots=True)
class Scene:
    """What lives, and what a manifest says.

    Attributes:
        identities: in each subscription.
        live: how many of those live already; with an owner's tag and, where the manifest lists some, their credentials.
        credentials, roles: that the manifest lists for each.
        listed: how many the manifest lists, the others are to be deleted; None for all.
        owned: whether what lives bears the owner's tag; without, it is to be adopted.
    """

    identities: int
    subscriptions: int = 1
    live: int = 0
    credentials: int = 0
    roles: int = 0
    listed: int | None = None
    owned: bool = True

    @property
    def ids(self) -> tuple[str, ...]:
        """Of the subscriptions."""
        return tuple(subscription_id(number) for number in range(1, self.subscriptions + 1))

    def manifest(self) -> str:
        """A document for each subscription."""
        return "---\n".join(self._document(one) for one in self.ids)

    def _document(self, subscription: str) -> str:
        head = [
            *("version: 1", f"subscription: {subscription}", f"owner: {OWNER}"),
            "limits: {maxDeletes: 10000, maxDeletePercent: 100}",
            *("resourceGroups:", "  rg-bench:", "    identities:"),
        ]
        count = self.identities if self.listed is None else self.listed
        return "\n".join([*head, *(self._line(subscription, number) for number in range(count)), ""])

    def _line(self, subscription: str, number: int) -> str:
        parts = [f"name: id-{number:05}"]
        if self.credentials:
            credentials = [
                f"{{name: fic{one}, issuer: '{_ISSUER}', subject: '{number}-{one}'}}" for one in range(self.credentials)
            ]
            parts.append(f"federatedCredentials: [{', '.join(credentials)}]")
        if self.roles:
            scopes = (group_id(subscription), f"/subscriptions/{subscription}")[: self.roles]
            roles = [f"{{role: {READER}, scope: {one}}}" for one in scopes]
            parts.append(f"roleAssignments: [{', '.join(roles)}]")
        return f"      - {{{', '.join(parts)}}}"

    def state(self) -> dict[str, object]:
        """For the sandbox."""
        live = [(one, number) for one in self.ids for number in range(self.live)]
        return {
            "version": 1,
            "subscriptions": [{"subscriptionId": one, "displayName": "bench"} for one in self.ids],
            "resourceGroups": [{"id": group_id(one), "location": "westeurope"} for one in self.ids],
            "identities": [self._identity(one, number) for one, number in live],
            "federatedIdentityCredentials": [
                {
                    "id": f"{identity_id(one, number)}/federatedIdentityCredentials/fic{credential}",
                    "properties": {"issuer": _ISSUER, "subject": f"{number}-{credential}", "audiences": [AUDIENCE]},
                }
                for one, number in live
                for credential in range(self.credentials)
            ],
        }

    def _identity(self, subscription: str, number: int) -> dict[str, object]:
        tail = f"{self.ids.index(subscription) + 1:04}-{number:012}"
        return {
            "id": identity_id(subscription, number),
            "location": "westeurope",
            "tags": {"uami-owner": OWNER} if self.owned else {},
            "properties": {
                "tenantId": subscription_id(1),
                "principalId": f"0b2c0000-0000-4000-{tail}",
                "clientId": f"c11e0000-0000-4000-{tail}",
            },
        }


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run of the command ended.

    Attributes:
        writes_s: from the moment before the first write to the last write's answer; 0 for a plan.
        done_s: when each write was answered, in epoch seconds.
    """

    code: int
    wall_s: float
    writes_s: float = 0.0
    done_s: tuple[float, ...] = ()
    errors: str = ""


@dataclass(slots=True)
class Served:
    """A sandbox that is served, and a folder with the manifest.

    Attributes:
        authority: the file of the certificate that its clients have to trust; empty without `--tls`.
    """

    url: str
    folder: Path
    authority: str = ""
    runs: int = 0
    _seen: Counter[int] = field(default_factory=Counter)

    @property
    def environment(self) -> dict[str, str]:
        """For clients of the sandbox."""
        return {**ENVIRONMENT, "SSL_CERT_FILE": self.authority} if self.authority else ENVIRONMENT

    def words(self, command: str, manifest: str, *flags: str) -> tuple[str, ...]:
        """What runs the command, with a journal of its own."""
        path = self.folder / f"m{self.runs}.yaml"
        path.write_text(manifest, encoding="utf-8")
        more = ("-y", "--journal", str(self.folder / f"j{self.runs}.jsonl")) if command == "apply" else ()
        self.runs += 1
        return (*UAMI, command, str(path), "--endpoint", self.url, "--credential", "token", *more, *flags)

    def start(self, command: str, manifest: str, *flags: str) -> "subprocess.Popen[str]":
        """Start a run of the command."""
        words = self.words(command, manifest, *flags)
        return subprocess.Popen(
            words, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )

    def run(self, command: str, manifest: str, *flags: str) -> Ended:
        """Run the command to its end."""
        began_s, number = time.monotonic(), self.runs
        process = self.start(command, manifest, *flags)
        _, errors = process.communicate()
        wall_s = time.monotonic() - began_s
        journal = self.folder / f"j{number}.jsonl"
        if not journal.exists():
            return Ended(process.returncode, wall_s, errors=errors)
        return _with_writes(Ended(process.returncode, wall_s, errors=errors), journal)

    def written_s(self, number: int) -> tuple[float, ...]:
        """When each write of a run, by its number from 0, was answered, in epoch seconds."""
        return _with_writes(Ended(0, 0.0), self.folder / f"j{number}.jsonl").done_s

    def counts(self) -> Counter[int]:
        """How many calls of each status there were since the last time that this was asked."""
        trust = ssl.create_default_context(cafile=self.authority) if self.authority else None
        with urlopen(f"{self.url}/_sandbox/requests", context=trust) as answer:
            whole: Counter[int] = Counter()
            for one in json.load(answer)["counts"]:
                whole[int(one["status"])] += int(one["count"])
        new, self._seen = whole - self._seen, whole
        return new


def _with_writes(ended: Ended, journal: Path) -> Ended:
    lines = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    began_s = next((_epoch_s(line["at"]) for line in lines if line["kind"] == "intent"), 0.0)
    done_s = tuple(_epoch_s(line["at"]) for line in lines if line["kind"] == "outcome")
    last_s = max(done_s, default=began_s)
    return Ended(ended.code, ended.wall_s, last_s - began_s, done_s, ended.errors)


def _epoch_s(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@contextmanager
def served(scene: Scene, *flags: str) -> Iterator[Served]:
    """Serve a scene until the end of the block."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        state = folder / "state.json"
        state.write_text(json.dumps(scene.state()), encoding="utf-8")
        notes = folder / "notes"
        with notes.open("w") as stderr:
            process = subprocess.Popen(
                [*UAMI, "sandbox", "serve", "--port", "0", "--state", str(state), *flags],
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        try:
            url = process.stdout.readline().strip() if process.stdout is not None else ""
            authority = _AUTHORITY.search(notes.read_text(encoding="utf-8"))
            yield Served(url, folder, authority[1] if authority else "")
        finally:
            process.terminate()
            process.communicate()


Request = tuple[str, str, object]
"""Method, path and body."""


def bare_s(url: str, requests: Sequence[Sequence[Request]], threads: int) -> float:
    """How long an httpx client of so many threads takes for these requests, each sequence one after another."""
    with httpx.Client(base_url=url, headers={"Authorization": "Bearer bench"}, timeout=60) as http:

        def send(sequence: Sequence[Request]) -> None:
            for method, path, body in sequence:
                http.request(method, path, params=API_VERSION, json=body)

        send(requests[0][:1])  # the connection, and what the server loads with its first answer
        began_s = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(send, requests))
        return time.perf_counter() - began_s


def pages_s(url: str, subscription: str) -> float:
    """How long reading all pages of a subscription's identities takes, one after another."""
    with httpx.Client(base_url=url, headers={"Authorization": "Bearer bench"}, timeout=60) as http:
        path: str | None = f"/subscriptions/{subscription}/{TYPE}?api-version={API_VERSION['api-version']}"
        http.get(f"/subscriptions/{subscription}", params={"api-version": "2022-12-01"})
        began_s = time.perf_counter()
        while path:
            path = http.get(path).json().get("nextLink")
        return time.perf_counter() - began_s
