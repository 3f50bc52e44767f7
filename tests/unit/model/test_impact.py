"""The impact of a delete as value, as lines for people and in JSON: what is unknown is never shown as empty."""

import pytest

from reconciler.model.access import FederatedCredential, Trust
from reconciler.model.address import AddressBook
from reconciler.model.ids import CredentialId, describe_scope
from reconciler.model.impact import AttachedResource, HeldRole, Impact, Impacts, Lock, Part, attached
from reconciler.plan.changes import Changes, IdentityChange
from reconciler.plan.document import change_document
from reconciler.report.impact_rows import impact_rows
from reconciler.report.names import Names
from tests.builders import GROUP, SUBSCRIPTION, compare, desired_group, live_group, resource_id

IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
IN_GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/{GROUP}"
VM = f"{IN_GROUP}/providers/Microsoft.Compute/virtualMachines/vm-a"
TRUST = Trust("https://issuer.example", "s", "api://AzureADTokenExchange")
NAMES = Names(AddressBook(()), {SUBSCRIPTION: "Payments"}, {})
NOT_LOOKED_AT = ["Entra groups", "app roles", "data-plane grants", "identityProfile"]
UNKNOWN = {"found": None, "not_checked": "nothing was looked at"}
EVERYTHING = Impact(
    Part((AttachedResource(VM),), "missing X"),
    Part(
        (
            HeldRole("Owner", "g1", IN_GROUP, removed=True),
            HeldRole("Reader", "g2", IN_SUBSCRIPTION, removed=False, condition="x"),
        )
    ),
    Part(
        (
            FederatedCredential(CredentialId(resource_id("id-old"), "main"), TRUST),
            FederatedCredential(CredentialId(resource_id("id-old"), "odd"), None),
        )
    ),
    Part((Lock("CanNotDelete", "all", IN_SUBSCRIPTION), Lock("ReadOnly", "own", str(resource_id("id-old"))))),
)


def delete(impact: Impact | None) -> IdentityChange:
    """A delete of `id-old` with this impact."""
    changes: Changes = compare(desired_group("id-api"), live_group("id-api", "id-old"))
    read = Impacts({} if impact is None else {resource_id("id-old"): impact})
    (group,) = changes.with_impacts(read).groups
    (found,) = group.deletes()
    return found


def test_impact_is_told_in_lines_without_the_roles_that_go_too() -> None:
    assert impact_rows(delete(EVERYTHING), NAMES) == (
        ("attached to", "virtualMachines vm-a (rg-app)"),
        ("also deleted", "federated credential main"),
        ("also deleted", "federated credential odd"),
        ("orphaned", "role Reader on subscription Payments, with a condition"),
        ("locked by", "CanNotDelete lock 'all' on subscription Payments"),
        ("locked by", "ReadOnly lock 'own' on identity rg-app/id-old"),
        ("not checked", "further attached resources: missing X"),
    )


def test_impact_that_nobody_looked_into_is_told_part_by_part() -> None:
    assert impact_rows(delete(None), NAMES) == tuple(
        ("not checked", f"{part}: nothing was looked at")
        for part in ("attached resources", "federated credentials", "roles", "locks")
    )


def test_impact_in_json_has_each_part_whole() -> None:
    assert change_document(delete(EVERYTHING))["impact"] == {
        "attachments": {
            "found": [{"id": VM, "type": "Microsoft.Compute/virtualMachines"}],
            "not_checked": "missing X",
        },
        "role_assignments": {
            "found": [
                {"role": "Owner", "role_guid": "g1", "scope": IN_GROUP, "removed": True, "condition": None},
                {"role": "Reader", "role_guid": "g2", "scope": IN_SUBSCRIPTION, "removed": False, "condition": "x"},
            ],
            "not_checked": None,
        },
        "federated_credentials": {
            "found": [
                {"name": "main", "issuer": TRUST.issuer, "subject": TRUST.subject, "audience": TRUST.audience},
                {"name": "odd", "inexpressible": True},
            ],
            "not_checked": None,
        },
        "locks": {
            "found": [
                {"level": "CanNotDelete", "name": "all", "scope": IN_SUBSCRIPTION, "inherited": True},
                {"level": "ReadOnly", "name": "own", "scope": str(resource_id("id-old")), "inherited": False},
            ],
            "not_checked": None,
        },
        "memberships": UNKNOWN,
        "app_roles": UNKNOWN,
        "not_looked_at": NOT_LOOKED_AT,
    }


def test_part_that_was_not_looked_at_has_no_list_in_json() -> None:
    assert change_document(delete(None))["impact"] == {
        "attachments": UNKNOWN,
        "role_assignments": UNKNOWN,
        "federated_credentials": UNKNOWN,
        "locks": UNKNOWN,
        "memberships": UNKNOWN,
        "app_roles": UNKNOWN,
        "not_looked_at": NOT_LOOKED_AT,
    }


@pytest.mark.parametrize(
    ("scope", "text"),
    [
        (IN_SUBSCRIPTION, f"subscription {SUBSCRIPTION}"),
        (f"{IN_SUBSCRIPTION}/resourcegroups/rg-x/", "resource group rg-x"),
        (VM, "virtualMachines vm-a (rg-app)"),
        (f"{VM}/extensions/e", "extensions vm-a/e (rg-app)"),
        (f"{VM}/providers/Microsoft.Insights/rules/r", "rules r (rg-app)"),
        (f"{IN_SUBSCRIPTION}/providers/Microsoft.A/policies/p", f"{IN_SUBSCRIPTION}/providers/Microsoft.A/policies/p"),
        (f"{IN_GROUP}/providers/Microsoft.A/kinds", f"{IN_GROUP}/providers/Microsoft.A/kinds"),
        ("/", "/"),
        ("", ""),
        ("odd", "odd"),
    ],
)
def test_scope_is_described_in_few_words(scope: str, text: str) -> None:
    assert describe_scope(scope) == text


def test_resource_that_two_lists_spell_differently_counts_once() -> None:
    assert attached([AttachedResource(VM.upper())], [AttachedResource(VM)]) == (AttachedResource(VM),)
