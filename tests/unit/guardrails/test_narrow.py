"""What is left of a manifest within guardrails: what they do not let through is gone, and all else is as it was."""

import pytest

from reconciler.guardrails import within_guardrails
from reconciler.manifest.desired import Desired, IdentitiesPolicy
from tests.unit.guardrails.rails import rails
from tests.unit.guardrails.test_declared import DESIRED, OPEN, with_line

BOUNDED = tuple(one for one in OPEN if not one.startswith("deletes"))
"""Lets everything through, deletes of what is not listed too."""


def left(desired: Desired) -> list[str]:
    """What is declared, in short."""
    identities = [one for group in desired.groups for one in group.identities]
    return [
        *(f"group {group.group_id.resource_group}" for group in desired.groups),
        *(f"identity {one.resource_id.name}" for one in identities),
        *(f"credential {found.name}" for one in identities for found in one.federated_credentials or ()),
        *(f"role {found.role}" for one in identities for found in one.role_assignments or ()),
        *(f"remove {found.resource_id.name}" for group in desired.groups for found in group.remove),
    ]


ALL = ["group rg-app", "identity id-api", "credential main", "role Reader", "remove id-old"]


def test_manifest_within_all_rules_is_left_as_it_is() -> None:
    assert within_guardrails((), DESIRED) == DESIRED
    assert within_guardrails((rails(*BOUNDED),), DESIRED) == DESIRED


@pytest.mark.parametrize(
    ("line", "gone"),
    [
        ("resourceGroups: [rg-b*]", ALL),
        ("identities: {deny: [id-api]}", ["identity id-api", "credential main", "role Reader"]),
        ("identities: {deny: [id-old]}", ["remove id-old"]),
        ("trust: []", ["credential main"]),
        ("roles: []", ["role Reader"]),
        ("locations: [northeurope]", []),
        ("deletes: {maxPerRun: 0}", ["remove id-old"]),
        ("deletes: {allow: []}", ["remove id-old"]),
    ],
)
def test_what_a_rule_does_not_let_through_is_gone(line: str, gone: list[str]) -> None:
    found = left(within_guardrails((rails(*with_line(line)),), DESIRED))

    if not line.startswith("deletes"):
        gone = [*gone, "remove id-old"]  # these let none go
    assert found == [one for one in ALL if one not in gone]


@pytest.mark.parametrize("rule", ["onlyNamed: true", "maxPerRun: 0"])
def test_what_is_not_listed_stays_where_deletes_are_named_or_none_is_let_through(rule: str) -> None:
    (group,) = within_guardrails((rails("identities: {deny: []}", f"deletes: {{{rule}}}"),), DESIRED).groups

    assert group.policy.identities is IdentitiesPolicy.MERGE
