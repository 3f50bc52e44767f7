"""What the tests of saved plans share: one manifest, what lives, and an apply of a plan file's content."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.apply.result import ApplyResult
from reconciler.guards import NO_ALLOWANCES, Allowances
from reconciler.model.identity import OWNER_TAG
from reconciler.plan.changes import Action
from reconciler.plan.plan import Plan
from reconciler.sandbox.state.state import Contents, Identity
from reconciler.saved_plan.content import parse_plan
from reconciler.workflow.apply import ApplyOptions, planned, run_apply
from reconciler.workflow.declare import Declaration, Request, declare_saved, load_declaration
from reconciler.workflow.plan import run_plan
from tests.builders import SUBSCRIPTION, TODAY
from tests.contract.access import (
    AUDIENCE,
    CONTRIBUTOR,
    IN_GROUP,
    ISSUER,
    OWNER,
    READER,
    given,
    lives,
    with_roles,
    with_trusts,
)
from tests.contract.applying import Run
from tests.contract.arm import Arm, contents, in_process
from tests.unit.saving import NAME, save

OURS = {OWNER_TAG: OWNER}

MANIFEST = f"""\
version: 1
subscription: {SUBSCRIPTION}
owner: {OWNER}
policy: {{identities: exact}}
limits: {{maxDeletes: 2, maxDeletePercent: 80}}
ignore: {{identities: ["aks-*"], tags: ["hidden-*"]}}
resourceGroups:
  rg-app:
    identities:
      - name: id-api
        tags: {{env: prod, old: null}}
        isolationScope: None
        federatedCredentials: [{{name: main, issuer: "{ISSUER}", subject: s-new, audience: "{AUDIENCE}"}}]
        roleAssignments: [{{role: Reader, scope: "{IN_GROUP}"}}]
      - id-new
      - id-same
"""
"""With `LIVE`, a plan with creates, updates and deletes of identities, credentials and roles."""


def live() -> Contents:
    """What lives when the plan is made."""
    identities = (
        lives("id-api", {**OURS, "env": "test", "team": "x"}),
        lives("id-old", {**OURS, "env": "test"}),
        lives("id-same", OURS),
        lives("aks-pool"),
    )
    start = with_trusts(contents(*identities), "id-api", {"main": "s-old", "other": "s-other"})
    return with_roles(
        start,
        given("id-api", READER, owner=OWNER),
        given("id-old", CONTRIBUTOR, owner=OWNER),
        given("id-old", READER),
    )


def request(manifest: str = MANIFEST, targets: tuple[str, ...] = (), allowances: Allowances = NO_ALLOWANCES) -> Request:
    """A request about a manifest on standard input."""
    return Request(("-",), {}, {}, manifest.encode, (), targets, allowances, judged_on=TODAY)


def plan_file(start: Contents, *, manifest: str = MANIFEST, targets: tuple[str, ...] = ()) -> bytes:
    """The content of the plan's file, as it is made while this lives."""
    with in_process(start) as arm:
        return save(run_plan(load_declaration(request(manifest, targets)), arm.azure))


def declare(content: bytes, allowances: Allowances = NO_ALLOWANCES) -> Declaration:
    """What a plan file declares."""
    plan = parse_plan(NAME, content).plan
    return declare_saved(plan, request(allowances=allowances), cloud="AzureCloud", tenant=None)


@dataclass
class Applying:
    """An apply, and the plans that it showed before it began."""

    arm: Arm
    shown: list[Plan] = field(default_factory=list)

    def run(self, declaration: Declaration, *, skip_refused: bool = False) -> ApplyResult:
        """Carry it out without verifying."""
        tools = Run(self.arm).tools()
        _, result = run_apply(
            planned(declaration, self.arm.azure),
            self.arm.azure,
            tools,
            ApplyOptions(skip_refused, verify=False),
            show=self.shown.append,
            confirm=lambda _: None,
        )
        return result


def manifest_of(document: Any) -> str:
    """The manifest that a plan's document was made of, written by other rules than those that read plan files."""
    return "\n---\n".join(json.dumps(_manifest_of(manifest)) for manifest in document["desired"])


def _manifest_of(saved: Any) -> dict[str, object]:
    """The manifest without what only a plan has; a default location decides where it creates, and nothing else."""
    names = {one.name for one in live().of(Identity)}
    manifest = {key: value for key, value in saved.items() if key != "sources"}
    groups = copy.deepcopy(manifest["resourceGroups"])
    for identity in (one for group in groups.values() for one in group["identities"]):
        given = identity.pop("given", {})
        if identity["name"] not in names:
            identity.update({**given, **identity})
    return manifest | {"resourceGroups": groups}


Meddle = Callable[[Contents], Contents]
"""What somebody else does between plan and apply."""


def changed(name: str, **fields: Any) -> Meddle:
    """An identity with other fields."""
    return lambda start: start.having(
        Identity, tuple(replace(one, **fields) if one.name == name else one for one in start.of(Identity))
    )


def without(name: str) -> Meddle:
    """An identity less; what hung on it is left, as ARM leaves role assignments."""
    return lambda start: start.having(Identity, tuple(one for one in start.of(Identity) if one.name != name))


def count_by_action(plan: Plan) -> dict[str, int]:
    """How many changes a plan has of each action."""
    return {action.value: sum(change.action is action for change in plan.changes) for action in Action}
