"""The same work by Terraform's azurerm, as the floor of ours: in one run, each against a sandbox of its own that is
served alike, over https.

Terraform is taken only from where UAMI_TERRAFORM names it, and fetches its provider as its own configuration says
(TF_CLI_CONFIG_FILE). Both plan again before they apply, have ten calls under way at once, and read what they wrote.
"""

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.cpu import cost
from tests.benchmarks.figures import Figure, share_refused
from tests.benchmarks.served import OWNER, Scene, Served, served

_NAMED = shutil.which(os.environ.get("UAMI_TERRAFORM", ""))
TERRAFORM = None if _NAMED is None else str(Path(_NAMED).absolute())
SKIPPED = (
    "azurerm: skipped; UAMI_TERRAFORM has to name a terraform that finds hashicorp/azurerm, in the registry or where"
    " TF_CLI_CONFIG_FILE says"
)

IDENTITIES = 1000
AT_RATES = 100
_TENANT = "11111111-1111-1111-1111-111111111111"
_CONFIGURATION = """
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 5.0"
    }
  }
}

provider "azurerm" {
  features {}
}

resource "azurerm_user_assigned_identity" "bench" {
  count               = %d
  name                = format("id-%%05d", count.index)
  resource_group_name = "rg-bench"
  location            = "westeurope"
  tags                = { uami-owner = "%s" }
}
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a command took; `counts` are its calls by status."""

    wall_s: float
    cpu_s: float
    counts: Counter[int]


Work = Callable[[str], Taken]
"""Carries out a command, `plan` or `apply`, of one of the two."""


def beside_azurerm() -> list[Figure]:
    """Creates, and a plan that finds nothing to do."""
    scene = Scene(IDENTITIES)
    taken = {}
    for name, opened in (("ours", _ours), ("theirs", _theirs)):
        with opened(scene, "--latency-ms", "40", "--page-size", "100") as work:
            taken[name] = {command: work(command) for command in ("apply", "plan")}
    figures = []
    for command, name, most in (
        ("plan", f"azurerm: no-change plan of {IDENTITIES:,}", (0.05, 0.25)),
        ("apply", f"azurerm: {IDENTITIES:,} creates", (0.9, 0.4)),
    ):
        ours, theirs = taken["ours"][command], taken["theirs"][command]
        figures += [
            Figure(f"{name}, requests", ours.counts.total(), theirs.counts.total(), "", most[0]),
            Figure(f"{name}, processor time", ours.cpu_s, theirs.cpu_s, "s", most[1]),
            Figure(f"{name}, time", ours.wall_s, theirs.wall_s, "s", 1.0),
        ]
    return figures


def beside_azurerm_at_rates() -> list[Figure]:
    """Creates at Azure's rates."""
    taken = []
    for opened in (_ours, _theirs):
        with opened(Scene(AT_RATES), "--rates", "azure") as work:
            taken.append(work("apply"))
    ours, theirs = taken
    name = f"azurerm: {AT_RATES} creates at Azure's rates"
    return [
        # Both are at the limit here; what is beyond it is how long each takes to begin.
        Figure(f"{name}, time", ours.wall_s, theirs.wall_s, "s", 1.15, share_refused(ours.counts)),
        Figure(f"{name}, 429", ours.counts[429], theirs.counts[429], "", 0.1),
    ]


@contextmanager
def _ours(scene: Scene, *flags: str) -> Iterator[Work]:
    with served(scene, "--tls", *flags) as server:

        def work(command: str) -> Taken:
            words = server.words(command, scene.manifest(), *(("--detailed-exitcode",) if command == "plan" else ()))
            return _taken(words, server, server.environment, server.folder)

        yield work


@contextmanager
def _theirs(scene: Scene, *flags: str) -> Iterator[Work]:
    commands = {
        "plan": ("plan", "-input=false", "-detailed-exitcode"),
        "apply": ("apply", "-input=false", "-auto-approve"),
    }
    with served(scene, "--tls", *flags) as server:
        configuration = server.folder / "main.tf"
        configuration.write_text(_CONFIGURATION % (scene.identities, OWNER), encoding="utf-8")
        # The registry is asked before the sandbox's certificate is all that is trusted.
        cost((str(TERRAFORM), "init", "-input=false"), os.environ, server.folder)
        environment = _environment(scene, server)
        yield lambda command: _taken((str(TERRAFORM), *commands[command]), server, environment, server.folder)


def _environment(scene: Scene, server: Served) -> Mapping[str, str]:
    own = {name: value for name, value in server.environment.items() if not name.startswith("ARM_")}
    return {
        **own,
        "ARM_METADATA_HOSTNAME": server.url.removeprefix("https://"),
        "ARM_USE_CLI": "false",
        "ARM_TENANT_ID": _TENANT,
        "ARM_SUBSCRIPTION_ID": scene.ids[0],
        "ARM_CLIENT_ID": "33333333-3333-3333-3333-333333333333",
        "ARM_CLIENT_SECRET": "any",
    }


def _taken(words: tuple[str, ...], server: Served, environment: Mapping[str, str], folder: Path) -> Taken:
    server.counts()
    began_s = time.monotonic()
    spent = cost(words, environment, folder)
    return Taken(time.monotonic() - began_s, spent.cpu_ms / 1000, server.counts())
