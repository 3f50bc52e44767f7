"""A plan's document is read back as the plan that it is of, each kind of change whole."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reconciler.errors import SourcePos
from reconciler.guards import NO_ALLOWANCES, judge
from reconciler.manifest.desired import (
    Desired,
    DesiredAssignment,
    DesiredCredential,
    DesiredHold,
    IdentitiesPolicy,
    Policy,
    RemovalAllowance,
)
from reconciler.manifest.findings import Finding, finding_violation
from reconciler.model import (
    OWNER_TAG,
    Access,
    AttachedResource,
    CredentialId,
    FederatedCredential,
    Impact,
    Impacts,
    Lock,
    Part,
    RoleDefinition,
    RoleLookup,
    Trust,
    role_key,
)
from reconciler.plan import Abandoned, AssignmentChange, Change, Plan, hold_of, make_plan
from reconciler.plan.diff_access import diff_access
from reconciler.saved_plan.read_document import read_plan
from tests.builders import (
    MANIFEST,
    TODAY,
    address,
    compare,
    desired_group,
    given_role,
    listed,
    live_group,
    live_identity,
    live_of,
    removed,
    resource_id,
)
from tests.unit.reporting import plan_of_everything, refused_plan
from tests.unit.saving import document_of

READER, WRITER = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "b24988ac-6180-42a0-ab88-20f7382dd24c"
SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000001"
OWNER = "team-a"
OURS = {OWNER_TAG: OWNER}
IN_USE = RemovalAllowance.IN_USE


def credential(name: str, subject: str, line: int) -> DesiredCredential:
    trust = Trust("https://issuer.example", subject, "api://AzureADTokenExchange")
    return DesiredCredential(name, trust, SourcePos(MANIFEST, line, 11))


def live_credential(identity: str, name: str, subject: str | None) -> FederatedCredential:
    trust = None if subject is None else Trust("https://issuer.example", subject, "api://AzureADTokenExchange")
    return FederatedCredential(CredentialId(resource_id(identity), name), trust)


def plan_with_children() -> Plan:
    """A plan with each change of a credential and of a role, a delete with its impact, and a removal."""
    role = DesiredAssignment("Reader", SCOPE, SourcePos(MANIFEST, 30, 11))
    credentials = [credential("new", "n", 10), credential("same", "s", 12), credential("shift", "after", 14)]
    desired = desired_group(
        listed("id-api", federated_credentials=credentials, role_assignments=[role]),
        listed("id-new", federated_credentials=[credential("first", "f", 20)], role_assignments=[role], line=18),
        owner=OWNER,
        policy=Policy(IdentitiesPolicy.OWNED),
        remove=[removed("id-bye", line=40)],
    )
    live = live_group(
        live_identity("id-api", tags=OURS), live_identity("id-bye", tags=OURS), live_identity("id-old", tags=OURS)
    )
    principal = "principal-of-id-api"
    given = given_role(OWNER, SCOPE, principal, WRITER)
    access = Access(
        {
            resource_id("id-api"): (
                live_credential("id-api", "same", "s"),
                live_credential("id-api", "shift", "before"),
                live_credential("id-api", "gone", "g"),
                live_credential("id-api", "odd", None),
            )
        },
        {resource_id("id-api"): (given,)},
        {role_key("Reader", SCOPE): RoleLookup("Reader", SCOPE, (RoleDefinition(READER, "Reader"),))},
        {WRITER: "Contributor"},
    )
    vm = AttachedResource(f"{SCOPE}/resourceGroups/rg-app/providers/Microsoft.Compute/virtualMachines/vm")
    impact = Impact(Part((vm,), "a gap"), locks=Part((Lock("ReadOnly", "keep", SCOPE),)))
    changes = diff_access(
        compare(desired, live).with_impacts(
            Impacts({resource_id("id-old"): impact, resource_id("id-bye"): Impact(credentials=Part((), "no right"))})
        ),
        access,
    )
    violations = judge(changes, NO_ALLOWANCES)
    return make_plan(Desired((desired,)), live_of(live), changes, violations, cloud="AzureCloud", targets=("rg-app",))


def held_plan() -> Plan:
    """The same identities, held: one with its children, one that lives no more, and a removal before its day."""
    whole = plan_with_children()
    (group,) = whole.desired.groups
    held = replace(
        group,
        identities=tuple(replace(one, hold=DesiredHold("why", SourcePos(MANIFEST, 6, 15))) for one in group.identities),
        remove=(removed("id-bye", IN_USE, expires={IN_USE: TODAY}, after=TODAY + timedelta(days=1), line=40),),
    )
    live = live_group(live_identity("id-api", tags=OURS), live_identity("id-bye", tags=OURS))
    access = Access(
        {
            resource_id("id-api"): (
                live_credential("id-api", "same", "s"),
                live_credential("id-api", "shift", "before"),
                live_credential("id-api", "gone", "g"),
            )
        },
        lookups={role_key("Reader", SCOPE): RoleLookup("Reader", SCOPE, (RoleDefinition(READER, "Reader"),))},
    )
    changes = diff_access(compare(held, live), access)
    return make_plan(Desired((held,)), live_of(live), changes, (), cloud="AzureCloud", targets=())


def as_saved(plan: Plan) -> Plan:
    """What of a plan its file says: live credentials that stay, and what ARM calls a role assignment, are not."""
    changes, held = (tuple(map(_change_as_saved, many)) for many in (plan.changes, plan.held))
    return replace(plan, changes=changes, held=held, kept_credentials=())


def _change_as_saved(change: Change) -> Change:
    if not isinstance(change, AssignmentChange) or change.before is None:
        return change
    return replace(change, before=replace(change.before, name=""))


@pytest.mark.parametrize("make", [plan_of_everything, refused_plan, plan_with_children, held_plan])
def test_plan_comes_back_from_its_document(make: Any) -> None:
    plan: Plan = make()

    found = read_plan(document_of(plan))

    expected = as_saved(plan)
    assert [one.resource_id.address for one in found.changes] == [one.resource_id.address for one in expected.changes]
    for one, other in zip(as_saved(found).changes, expected.changes, strict=True):
        assert one == other
    assert as_saved(found) == expected


def test_notes_findings_and_abandoned_identities_come_back() -> None:
    finding = Finding(
        "pull-request", CredentialId(resource_id("id-api"), "main"), SourcePos(MANIFEST, 7, 3), "message", "hint"
    )
    plan = replace(
        plan_of_everything(),
        notes=("a note",),
        findings=(finding,),
        abandoned=(Abandoned(resource_id("id-x", "rg-lost"), OWNER, "principal"),),
        guardrails="a" * 64,
    )

    found = read_plan(document_of(plan))

    assert (found.notes, found.findings, found.abandoned) == (plan.notes, plan.findings, plan.abandoned)
    assert found.guardrails == plan.guardrails


def test_what_is_held_comes_back_with_the_lines_that_hold_it() -> None:
    plan = held_plan()

    found = read_plan(document_of(plan))

    assert found.changes == ()
    assert [(one.resource_id, one.action, hold_of(one)) for one in found.held] == [
        (one.resource_id, one.action, hold_of(one)) for one in plan.held
    ]
    assert {one.action.value for one in found.held} == {"create", "update", "delete", "no-op"}


def test_held_change_that_nothing_holds_is_no_plan() -> None:
    edited = document_of(held_plan())
    for identity in edited["desired"][0]["resourceGroups"]["rg-app"]["identities"]:
        del identity["hold"]

    with pytest.raises(ValueError, match=r"nothing holds .*/rg-app/id-api"):
        document_of(read_plan(edited))


@pytest.mark.parametrize("day", ["2027-02-30", "0000-01-01"])
def test_plan_that_was_judged_on_no_day_is_no_plan(day: str) -> None:
    edited = document_of(held_plan()) | {"judged_on": day}

    with pytest.raises(ValueError, match=f"'{day}' is no day of the calendar"):
        read_plan(edited)


def document() -> Any:
    return document_of(plan_with_children())


def test_change_in_a_group_that_is_not_declared_is_no_plan() -> None:
    edited = document()
    edited["changes"][0]["address"] = address("id-api", "rg-other")

    with pytest.raises(ValueError, match="declares nothing about its resource group"):
        read_plan(edited)


def test_credential_of_an_identity_that_is_not_declared_is_no_plan() -> None:
    edited = document()
    (change,) = (one for one in edited["changes"] if one["address"].endswith("federatedCredentials/new"))
    change["address"] = f"{address('id-old')}/federatedCredentials/new"

    with pytest.raises(ValueError, match=r"changes credentials of .*/id-old, which it does not declare"):
        read_plan(edited)


@pytest.mark.parametrize("target", ["rg-other", "rg-app//"])
def test_target_that_the_manifest_cannot_have_is_no_plan(target: str) -> None:
    edited = document()
    edited["scope"]["targets"] = [target]

    with pytest.raises(ValueError, match="one of its targets cannot be one"):
        read_plan(edited)


def test_violation_of_a_group_and_of_a_whole_run_come_back() -> None:
    edited = document()
    edited["violations"] = [
        {"code": "a", "address": "", "message": "m", "hint": "h", "refused": [address("id-api")]},
        {"code": "b", "address": "s/g", "message": "m", "hint": "h", "refused": []},
    ]

    whole, group = read_plan(edited).violations

    assert (whole.about, whole.refused, group.address) == (None, (resource_id("id-api"),), "s/g")
    assert (whole.is_warning, group.is_warning) == (False, False)


def test_warning_that_refuses_comes_back_as_one() -> None:
    finding = Finding("remove-unpinned", resource_id("id-api"), SourcePos(MANIFEST, 5, 9), "is doubtful", "Look.")
    violation = finding_violation(finding)

    again = read_plan(document_of(replace(plan_with_children(), violations=(violation,))))

    assert violation.is_warning
    assert again.violations == (violation,)
