"""Whole runs against `uami sandbox serve --rates azure`: how near to what the documented rates allow, and how refused.

The yardstick is the bound of the narrowest bucket: the provider's, for a subscription. What is printed as the share of
429 is of all calls to ARM, planning and verification included.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-bench"
TYPE = "providers/Microsoft.ManagedIdentity/userAssignedIdentities"
ISSUER = "https://oidc.example/bench"
UAMI = (sys.executable, "-m", "reconciler")

BURST_S = 20
WRITES_A_SECOND = 2
LISTS_A_SECOND = 5
CHECKS_OF_USE_A_SECOND = 1


@dataclass(frozen=True, slots=True)
class Shape:
    """A run: of how many identities, which live already, and how many calls of the narrowest bucket it takes.

    `deletes` of the identities are not listed; each is checked for use, which has a rate without a bucket.
    """

    name: str
    command: str
    identities: int
    live: bool
    credentials: bool
    calls_a_second: int
    deletes: int = 0

    @property
    def bound_s(self) -> float:
        """How long its calls take at least; a bucket holds what it fills in 20 seconds."""
        if self.deletes:
            return self.deletes / self.calls_a_second
        return max(0.0, self.identities / self.calls_a_second - BURST_S)


def shapes() -> tuple[Shape, ...]:
    """The runs that a first use of a large subscription is made of."""
    return (
        Shape("100 creates", "apply", 100, False, False, WRITES_A_SECOND),
        Shape("400 creates", "apply", 400, False, False, WRITES_A_SECOND),
        Shape("plan of 1,000 with a credential each", "plan", 1000, True, True, LISTS_A_SECOND),
        Shape("adoption of 300", "apply", 300, True, False, WRITES_A_SECOND),
        Shape("plan of a delete of 100 of 1,000", "plan", 1000, True, False, CHECKS_OF_USE_A_SECOND, deletes=100),
    )


def main(identities: int | None = None) -> None:
    """Run and print; a number stands for that many creates alone."""
    chosen = shapes()
    if identities is not None:
        chosen = (Shape(f"{identities} creates", "apply", identities, False, False, WRITES_A_SECOND),)
    print(f"  {'':38} {'wall':>9} {'bound':>9} {'ratio':>7} {'429':>6}  exit")
    for shape in chosen:
        _measure(shape)


def _measure(shape: Shape) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        manifest = folder / "manifest.yaml"
        manifest.write_text(_manifest(shape), encoding="utf-8")
        state = folder / "state.json"
        state.write_text(json.dumps(_state(shape)), encoding="utf-8")
        with _served(state) as url:
            flags = ("--endpoint", url, "--credential", "token")
            more = ("-y", "--journal", str(folder / "run.jsonl")) if shape.command == "apply" else ()
            started = time.monotonic()
            ended = subprocess.run(
                [*UAMI, shape.command, str(manifest), *flags, *more],
                env={**os.environ, "UAMI_ACCESS_TOKEN": "bench"},
                capture_output=True,
                text=True,
                check=False,
            )
            taken_s = time.monotonic() - started
            throttled = _throttled(url)
    ratio = f"{taken_s / shape.bound_s:7.2f}" if shape.bound_s else "      -"
    print(f"  {shape.name:38} {taken_s:7.1f} s {shape.bound_s:7.1f} s {ratio} {throttled:6.1%}  {ended.returncode}")
    if ended.returncode:
        print(ended.stdout[-2000:], ended.stderr[-2000:])


def _manifest(shape: Shape) -> str:
    lines = ["version: 1", f"subscription: {SUBSCRIPTION}", "owner: bench", f"limits: {{maxDeletes: {shape.deletes}}}"]
    lines += ["resourceGroups:", "  rg-bench:", "    identities:"]
    for number in range(shape.identities - shape.deletes):
        trust = f", federatedCredentials: [{{name: aks, issuer: {ISSUER}, subject: '{_subject(number)}'}}]"
        lines.append(f"      - {{name: id-{number:04}{trust if shape.credentials else ''}}}")
    return "\n".join(lines) + "\n"


def _subject(number: int) -> str:
    return f"system:serviceaccount:bench:sa-{number:04}"


def _state(shape: Shape) -> dict[str, object]:
    live = range(shape.identities if shape.live else 0)
    return {
        "version": 1,
        "subscriptions": [{"subscriptionId": SUBSCRIPTION, "displayName": "bench"}],
        "resourceGroups": [{"id": GROUP, "location": "westeurope"}],
        "identities": [
            {
                "id": f"{GROUP}/{TYPE}/id-{number:04}",
                "location": "westeurope",
                "tags": {"uami-owner": "bench"} if shape.credentials or shape.deletes else {},
                "properties": {
                    "tenantId": SUBSCRIPTION,
                    "principalId": f"0b2c0000-0000-4000-8000-{number:012}",
                    "clientId": f"c11e0000-0000-4000-8000-{number:012}",
                },
            }
            for number in live
        ],
        "federatedIdentityCredentials": [
            {
                "id": f"{GROUP}/{TYPE}/id-{number:04}/federatedIdentityCredentials/aks",
                "properties": {
                    "issuer": ISSUER,
                    "subject": _subject(number),
                    "audiences": ["api://AzureADTokenExchange"],
                },
            }
            for number in (live if shape.credentials else ())
        ],
    }


@contextmanager
def _served(state: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [*UAMI, "sandbox", "serve", "--port", "0", "--state", str(state), "--rates", "azure"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process.stdout.readline().strip() if process.stdout is not None else ""
    finally:
        process.terminate()
        process.communicate()


def _throttled(url: str) -> float:
    """The share of calls to ARM that were answered 429."""
    with urlopen(f"{url}/_sandbox/requests") as answer:
        counts = [(int(one["status"]), int(one["count"])) for one in json.load(answer)["counts"]]
    return sum(count for status, count in counts if status == 429) / sum(count for _, count in counts)
