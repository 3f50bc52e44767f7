"""What guardrails let through of a removal of orphans."""

from dataclasses import replace

import pytest

from reconciler.guardrails.changes import Facts
from reconciler.guardrails.orphans import judge_orphans
from reconciler.model import Orphan, ResourceId
from reconciler.plan.orphans.removal import orphan_changes
from tests.builders import OTHER_SUBSCRIPTION, SUBSCRIPTION, TENANT, TODAY, resource_id
from tests.orphans import IN_GROUP, IN_SUBSCRIPTION, OTHER_PRINCIPAL, orphan
from tests.unit.guardrails.rails import rails

FACTS = Facts((TENANT,), None)


def rules_against(line: str, *orphans: Orphan, facts: Facts = FACTS) -> list[tuple[str, str]]:
    """The rules that refuse, and the end of what each says."""
    changes = orphan_changes(orphans, SUBSCRIPTION, judged_on=TODAY)
    found = judge_orphans([rails(line)], changes, facts)
    assert all(one.refused for one in found)
    parts = [one.message.split(": ", 2) for one in found]
    return [(rule, said) for _, rule, said in parts]


IDENTITY = resource_id("id-api")
HOST = str(resource_id("id-uami-host"))
UNKNOWN = "nothing says which identity its principal was, and so whether that is never touched"
NO_IDENTITY = "nothing says for certain where its identity was, and its scope"


@pytest.mark.parametrize(
    ("line", "one", "found"),
    [
        ("roles: []", orphan(), []),
        ("locations: []", orphan(), []),
        ("deletes: {onlyNamed: true, maxPerRun: 0}", orphan(), []),
        (f"subscriptions: ['{SUBSCRIPTION}']", orphan(), []),
        (
            f"subscriptions: ['{OTHER_SUBSCRIPTION}']",
            orphan(),
            [("subscriptions", f"the subscription {SUBSCRIPTION} is not listed")],
        ),
        ("resourceGroups: ['rg-*']", orphan(), []),
        ("resourceGroups: ['RG-APP']", orphan(f"{IN_GROUP}/providers/A.B/c/d"), []),
        (
            "resourceGroups: ['rg-other']",
            orphan(),
            [("resourceGroups", f"{NO_IDENTITY} is in rg-app, which no pattern matches")],
        ),
        ("resourceGroups: ['*']", orphan(IN_SUBSCRIPTION), [("resourceGroups", f"{NO_IDENTITY} is in none")]),
        # Where its identity was makes no difference: that is what a journal says, and a journal is a file.
        (
            "resourceGroups: ['rg-app']",
            orphan(IN_SUBSCRIPTION, identity=IDENTITY),
            [("resourceGroups", f"{NO_IDENTITY} is in none")],
        ),
        ("identities: {deny: ['id-uami-*']}", orphan(identity=IDENTITY), []),
        ("identities: {deny: ['id-uami-*']}", orphan(), [("identities.deny", UNKNOWN)]),
        (
            "identities: {deny: ['id-a*']}",
            orphan(identity=IDENTITY),
            [("identities.deny", "id-api is never touched")],
        ),
        (
            "identities: {deny: ['id-uami-*']}",
            orphan(HOST, identity=IDENTITY),
            [("identities.deny", "id-uami-host is never touched")],
        ),
        (
            "identities: {deny: ['id-uami-*']}",
            replace(orphan(identity=IDENTITY), is_hearsay=True),
            [("identities.deny", f"only a journal that was named{UNKNOWN.removeprefix('nothing')}")],
        ),
        (
            "identities: {deny: ['id-a*']}",
            replace(orphan(identity=IDENTITY), is_hearsay=True),
            [("identities.deny", "id-api is never touched")],
        ),
        ("owners: ['team-a']", orphan(), []),
        ("owners: ['team-b']", orphan(), [("owners", "it has the mark of the owner 'team-a', which is not listed")]),
        ("owners: ['team-b']", orphan(owner=None), [("owners", "it has no owner's mark, which is not listed")]),
    ],
)
def test_a_rule_that_does_not_let_an_orphan_through_for_certain_refuses_it(
    line: str, one: Orphan, found: list[tuple[str, str]]
) -> None:
    assert rules_against(line, one) == found


@pytest.mark.parametrize(("facts", "found"), [(FACTS, []), (Facts(("",), None), ["tenant"])])
def test_only_the_tenant_that_is_let_through_is(facts: Facts, found: list[str]) -> None:
    assert [rule for rule, _ in rules_against(f"tenant: {TENANT}", orphan(), facts=facts)] == found


@pytest.mark.parametrize(("most", "found"), [(2, []), (1, ["revokes.maxPerRun"])])
def test_a_removal_counts_as_revokes(most: int, found: list[str]) -> None:
    orphans = (orphan(), orphan(principal_id=OTHER_PRINCIPAL))

    assert [rule for rule, _ in rules_against(f"revokes: {{maxPerRun: {most}}}", *orphans)] == found


def test_one_refusal_holds_one_orphan_back() -> None:
    known = orphan(principal_id=OTHER_PRINCIPAL, identity=ResourceId(SUBSCRIPTION, "rg-app", "id-api"))
    changes = orphan_changes([orphan(), known], SUBSCRIPTION, judged_on=TODAY)

    (refusal,) = judge_orphans([rails("identities: {deny: ['id-uami-*']}")], changes, FACTS)

    assert refusal.refused == (orphan().resource_id(SUBSCRIPTION),)
