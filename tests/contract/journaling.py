"""What the tests of journals and undos share: runs that keep a journal in a file, and states without their ids."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

from reconciler.apply.apply import apply_plan
from reconciler.apply.identity import ReadChildren
from reconciler.apply.result import ApplyResult
from reconciler.guards import Allowance, Allowances
from reconciler.journal.file import FileJournal
from reconciler.journal.read_file import read_journal
from reconciler.journal.record import Actor, Place, PlaceKind, RunGroup, RunHeader
from reconciler.live.children import children_of
from reconciler.live.may_read import MayRead
from reconciler.model.identity import Tags
from reconciler.plan.plan import Plan
from reconciler.sandbox.state.kinds import FederatedCredential, RoleAssignment
from reconciler.sandbox.state.state import Identity
from reconciler.workflow.apply import ApplyOptions, planned, run_apply
from reconciler.workflow.declare import Declaration
from reconciler.workflow.plan import run_plan
from reconciler.workflow.undo import UndoRequest, declare_undo
from tests.builders import TENANT, TODAY
from tests.contract.applying import MANY_DELETES, Run
from tests.contract.arm import CORRELATION_ID, Arm

NOW = "2026-01-02T03:04:05.678Z"
PLACE = Place(PlaceKind.SANDBOX, "/state.json")


def header(plan: Plan, *, run_id: str = CORRELATION_ID, command: str = "apply") -> RunHeader:
    """The header of a run of a plan."""
    return RunHeader(
        run_id,
        command,
        "0.1.0",
        NOW,
        plan.cloud,
        TENANT,
        PLACE,
        Actor("0b1ec7", "c11e", None),
        tuple(RunGroup(group.group_id, group.owner) for group in plan.desired.groups),
    )


def apply_with_journal(arm: Arm, plan: Plan, path: Path) -> ApplyResult:
    """Carry a plan out as the command does, with its journal in a file."""
    journal = FileJournal(path, lambda: NOW)
    journal.open(header(plan))
    tools = replace(Run(arm).tools(), journal=journal, read_children=children_reader(arm))
    result = apply_plan(plan, tools)
    journal.finish(complete=result.complete, interrupted=result.interrupted, counts=result.counts)
    journal.close()
    return result


def children_reader(arm: Arm) -> ReadChildren:
    """What a run after its confirmation reads of an identity that it is about to delete."""
    return partial(children_of, resources=arm.resources, may_read=MayRead(arm.client))


IN_USE_TOO = replace(
    MANY_DELETES,
    allowed=tuple(Allowance(code, f"rg-app/{name}") for code in ("in-use", "trusted") for name in ("id-new", "id-old")),
)
"""Both are trusted from outside."""


def undo_of(arm: Arm, path: Path, allowances: Allowances = IN_USE_TOO) -> Declaration:
    """The way back from the run that a journal tells of."""
    return declare_undo(UndoRequest(read_journal(path), path.name, allowances, judged_on=TODAY), arm.azure, PLACE)


def undo_plan(arm: Arm, path: Path, allowances: Allowances = IN_USE_TOO) -> Plan:
    """The plan of that way back."""
    return run_plan(undo_of(arm, path, allowances), arm.azure)


def undo_now(arm: Arm, path: Path) -> ApplyResult:
    """Take a run back."""
    _, result = run_apply(
        planned(undo_of(arm, path), arm.azure),
        arm.azure,
        Run(arm).tools(),
        ApplyOptions(),
        show=lambda _: None,
        confirm=lambda _: None,
    )
    return result


def state_but_for_ids(arm: Arm) -> dict[str, object]:
    """Everything that the emulator keeps but its log of activities, with identities' names in place of ARM's ids.

    Roles of principals that are gone are not among it: ARM leaves them behind with a deleted identity.
    """
    contents = arm.application.state.contents()
    names = {one.principal_id: f"{one.resource_group}/{one.name}" for one in contents.of(Identity)}
    identities = sorted(
        (one.resource_group, one.name, one.location, Tags(one.tags), one.isolation_scope or "None")
        for one in contents.of(Identity)
    )
    credentials = sorted(
        (one.identity_id.casefold(), one.name, one.issuer, str(one.subject)) for one in contents.of(FederatedCredential)
    )
    roles = sorted(
        (names[one.principal_id], one.scope, one.role_definition_id.rpartition("/")[2])
        for one in contents.of(RoleAssignment)
        if one.principal_id in names
    )
    rest = replace(
        contents.having(Identity, ()).having(FederatedCredential, ()).having(RoleAssignment, ()),
        identities_created=0,
        activity_log=(),
        resource_changes=(),
    )
    return {"identities": identities, "credentials": credentials, "roles": roles, "rest": rest}


def dangling_roles(arm: Arm) -> list[tuple[str, str]]:
    """Principal and name of each role assignment whose principal is gone."""
    contents = arm.application.state.contents()
    live = {one.principal_id for one in contents.of(Identity)}
    return [(one.principal_id, one.name) for one in contents.of(RoleAssignment) if one.principal_id not in live]


def lines_of(path: Path) -> list[dict[str, object]]:
    """The lines of a journal, as JSON."""
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]
