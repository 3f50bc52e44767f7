"""What the tests of saved plans share: one manifest, what lives, and an apply of a plan file's content."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.guards import NO_ALLOWANCES, Allowances
from reconciler.journal.outcome import ApplyResult
from reconciler.model.identity import OWNER_TAG
from reconciler.plan.changes import Action
from reconciler.plan.plan import Plan
from reconciler.sandbox.state.state import Contents, Identity
from reconciler.saved_plan.content import parse_plan
from reconciler.workflow import Declaration, Request, declare_saved, load_declaration, run_apply, run_plan
from tests.builders import SUBSCRIPTION
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
limits: {{maxDeletes: 2, maxDeletePercent: 50}}
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
    return Request(("-",), {}, {}, manifest.encode, (), targets, allowances)


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
            declaration,
            self.arm.azure,
            tools,
            show=self.shown.append,
            confirm=lambda _: None,
            skip_refused=skip_refused,
            verify=False,
        )
        return result


def manifest_of(document: Any) -> str:
    """The manifest that a plan's document was made of, written by other rules than those that read plan files."""
    return "\n---\n".join(json.dumps(_manifest_of(group)) for group in document["desired"]["resource_groups"])


def _manifest_of(group: Any) -> dict[str, object]:
    policy, limits = group["policy"], group["limits"]
    body: dict[str, object] = {
        "policy": {
            "identities": policy["identities"],
            "tags": policy["tags"],
            "federatedCredentials": policy["federated_credentials"],
        },
        "ignore": group["ignore"],
        "identities": [_entry_of(one) for one in group["identities"]],
    }
    if group["default_location"] is not None:
        body["defaults"] = {"location": group["default_location"]}
    document: dict[str, object] = {
        "version": 1,
        "subscription": _literal(group["subscription_id"]),
        "limits": {"maxDeletes": limits["max_deletes"], "maxDeletePercent": limits["max_delete_percent"]},
        "resourceGroups": {_literal(group["resource_group"]): body},
    }
    return document | {key: _literal(group[key]) for key in ("tenant", "owner") if group[key] is not None}


def _entry_of(identity: Any) -> dict[str, object]:
    names = {"isolation_scope": "isolationScope", "role_assignments": "roleAssignments"}
    names["federated_credentials"] = "federatedCredentials"
    entry = {names.get(key, key): _literal(value) for key, value in identity.items() if value is not None}
    del entry["source"]
    for key in ("federatedCredentials", "roleAssignments"):
        if key in entry:
            entry[key] = [{name: value for name, value in one.items() if name != "source"} for one in entry[key]]
    return entry


def _literal(value: Any) -> Any:
    """The value with nothing in it that a manifest would replace."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, dict):
        return {key: _literal(inner) for key, inner in value.items()}
    return [_literal(inner) for inner in value] if isinstance(value, list) else value


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
