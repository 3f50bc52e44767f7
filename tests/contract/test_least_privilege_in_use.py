"""The printed rights where guardrails bound the run, and where what was given has ended."""

from dataclasses import replace

import pytest

from reconciler.doctor.least_privilege import Task
from reconciler.guardrails.read import parse_guardrails
from reconciler.sandbox.state.kinds import FederatedCredential, RoleAssignment
from reconciler.sandbox.state.state import Contents
from reconciler.workflow.declare import Declaration
from tests.builders import SUBSCRIPTION, TODAY
from tests.contract.arm import in_process
from tests.contract.least_privilege import DONE, apply_as_planned, bounded, least_of, of_task
from tests.contract.test_least_privilege import (
    EXAMPLES,
    FOR_DELETES,
    FOR_TRUST,
    assert_passes,
    declare,
    empty,
    example,
    kept_without,
    nothing_made,
    scopes_and_actions,
)

CONTENT = (EXAMPLES / "guardrails" / "guardrails.yaml").read_bytes()
RAILS = parse_guardrails("g", CONTENT)


def railed() -> tuple[Declaration, Contents]:
    """The example of guardrails, under them."""
    declaration, start = example("guardrails", "identities.yaml")
    return replace(declaration, guardrails=(RAILS,)), start


def test_with_guardrails_apply_passes_with_the_printed_rights_and_not_without_any_that_it_needs() -> None:
    declaration, start = railed()
    assert_passes(declaration, start)
    assert_passes(declaration, nothing_made(start))

    kept = kept_without(declaration, start, nothing_made(start))

    assert {action for _, action in kept} <= FOR_DELETES | FOR_TRUST


def test_what_guardrails_refuse_has_no_right() -> None:
    declaration, start = railed()
    narrow = parse_guardrails("g", CONTENT.replace(b"Storage Blob Data Reader", b"Reader"))

    least = least_of(replace(declaration, guardrails=(narrow,)), start)

    wider = scopes_and_actions(of_task(least_of(declaration, start), Task.APPLY))
    narrower = scopes_and_actions(of_task(least, Task.APPLY))
    assert narrower < wider
    assert not any(action.endswith("roleAssignments/write") for _, action in narrower)


ENDING = f"""\
version: 1
subscription: {SUBSCRIPTION}
owner: contoso/least
policy: {{federatedCredentials: merge, roleAssignments: merge}}
resourceGroups:
  rg-app:
    identities:
      - name: id-a
        federatedCredentials: [{{name: guest, issuer: "https://issuer.example", subject: s, expires: DAY}}]
        roleAssignments: [{{role: Reader, scope: rg-data, expires: DAY}}]
"""


@pytest.mark.parametrize("only", [False, True])
def test_what_has_ended_is_taken_away_under_merge_with_the_rights_that_were_printed_before(only: bool) -> None:
    before, after = (declare(text=ENDING.replace("DAY", day)) for day in ("2999-01-31", TODAY.isoformat()))
    assignments = of_task(least_of(before, empty()), Task.APPLY)
    with in_process(empty()) as arm:
        assert apply_as_planned(arm, before)[0] == DONE
        given = arm.application.state.contents()

    with bounded(given, assignments) as arm:
        ending = apply_as_planned(arm, replace(after, expired_only=only))
        left = arm.application.state.contents()

    assert ending == (DONE, True)
    assert list(left.of(FederatedCredential)) == []
    assert [one for one in left.of(RoleAssignment) if one.scope.endswith("/rg-data") and one.condition is None] == []
