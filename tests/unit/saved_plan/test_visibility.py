"""What a plan may not have seen, by its own notes."""

from dataclasses import replace

import pytest

from reconciler.model import (
    AssignmentId,
    CredentialId,
    NotRead,
    roles_elsewhere,
    roles_of_deleted,
    roles_unnamed,
    sentences,
)
from reconciler.plan import Plan
from reconciler.saved_plan.visibility import why_unseen
from tests.builders import OTHER_SUBSCRIPTION, SUBSCRIPTION, desired_group, live_group, plan_of, resource_id

HERE = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{HERE}/resourceGroups/rg-app"
SIBLING = f"{HERE}/resourceGroups/rg-other"
AWAY = f"/subscriptions/{OTHER_SUBSCRIPTION}"


def noting(*what: str) -> Plan:
    """A plan that could not look at these."""
    notes = sentences(NotRead(one, "", "missing x/read") for one in what)
    return replace(plan_of(desired_group(), live_group()), notes=notes)


@pytest.mark.parametrize(
    ("what", "scope", "unseen"),
    [
        (roles_elsewhere(HERE), SIBLING, True),
        (roles_elsewhere(HERE), GROUP.upper(), False),
        (roles_elsewhere(HERE), f"{GROUP}/providers/Microsoft.X/y/z", False),
        (roles_elsewhere(HERE), HERE, False),
        (roles_elsewhere(HERE), AWAY, False),
        (roles_elsewhere(AWAY), AWAY, True),
        (roles_of_deleted(GROUP), GROUP, True),
        (roles_of_deleted(HERE), SIBLING, True),
        (roles_unnamed(), AWAY, True),
        ("Locks", SIBLING, False),
    ],
)
def test_role_may_be_there_unseen_where_its_scope_was_not_listed(what: str, scope: str, unseen: bool) -> None:
    note = why_unseen(AssignmentId(resource_id("id-api"), "Reader", "g", scope), noting(what))

    assert note == (f"{what} were not looked for: missing x/read." if unseen else None)


def test_credential_is_seen_wherever_its_identity_is() -> None:
    assert why_unseen(CredentialId(resource_id("id-api"), "main"), noting(roles_elsewhere(HERE))) is None
