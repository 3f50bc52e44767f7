"""The JSON form of a plan: each kind of change whole, what is refused, and what the manifest says."""

import pytest

from reconciler.errors import SourcePos
from reconciler.guards import Allowance, Allowances
from reconciler.manifest.desired import DesiredTenant, Policy, TagsPolicy
from reconciler.model.identity import OWNER_TAG, IsolationScope
from reconciler.plan.document import plan_document
from tests.builders import (
    GROUP,
    MANIFEST,
    SUBSCRIPTION,
    TENANT,
    address,
    desired_group,
    listed,
    live_group,
    live_identity,
    plan_of,
)
from tests.strategies import OWNERS

EVERYTHING_ALLOWED = Allowances(
    tuple(Allowance("foreign-owner", owner) for owner in OWNERS), max_deletes=1000, max_delete_percent=100
)


def test_plan_document_shows_each_kind_of_change_whole() -> None:
    entry = listed("id-api", tags={"env": "prod"}, isolation_scope=IsolationScope.REGIONAL, line=8)
    group = desired_group(entry, "id-new", owner="team-a", policy=Policy(tags=TagsPolicy.EXACT))
    api = live_identity("id-api", tags={OWNER_TAG: "team-a", "cost": "1"})
    old = live_identity("id-old", tags={OWNER_TAG: "team-a"})

    document = plan_document(plan_of(group, live_group(api, old)))

    ids = {"principal_id": "principal-of-id-api", "client_id": "client-of-id-api", "tenant_id": TENANT}
    old_ids = {"principal_id": "principal-of-id-old", "client_id": "client-of-id-old", "tenant_id": TENANT}
    kind = {"resource_type": "Microsoft.ManagedIdentity/userAssignedIdentities"}
    owner = {OWNER_TAG: "team-a"}
    nothing: dict[str, object] = {"found": [], "not_checked": None}
    assert document["changes"] == [
        {
            "address": address("id-api"),
            **kind,
            "actions": ["update"],
            "reason": "differs",
            "before": {
                "location": "westeurope",
                "tags": {"cost": "1", **owner},
                "isolation_scope": "None",
                **ids,
            },
            "after": {
                "location": "westeurope",
                "tags": {"env": "prod", **owner},
                "isolation_scope": "Regional",
                **ids,
            },
            "after_unknown": [],
            "source": {"file": "identities.yaml", "line": 8, "column": 9},
            "impact": None,
        },
        {
            "address": address("id-new"),
            **kind,
            "actions": ["create"],
            "reason": "missing",
            "before": None,
            "after": {"location": "westeurope", "tags": owner, "isolation_scope": "None"},
            "after_unknown": ["principal_id", "client_id", "tenant_id"],
            "source": {"file": "identities.yaml", "line": 5, "column": 9},
            "impact": None,
        },
        {
            "address": address("id-old"),
            **kind,
            "actions": ["delete"],
            "reason": "not-listed",
            "before": {"location": "westeurope", "tags": owner, "isolation_scope": "None", **old_ids},
            "after": None,
            "after_unknown": [],
            "source": {"file": "identities.yaml", "line": 3, "column": 3},
            "impact": {
                "attachments": nothing,
                "role_assignments": nothing,
                "federated_credentials": nothing,
                "locks": nothing,
            },
        },
    ]


@pytest.mark.parametrize("tenant", [None, DesiredTenant(TENANT, SourcePos(MANIFEST, 2, 9))])
def test_plan_document_keeps_the_tenant_that_the_manifest_names(tenant: DesiredTenant | None) -> None:
    document = plan_document(plan_of(desired_group("id-api", tenant=tenant), live_group("id-api")))

    assert document["desired"] == [
        {
            "version": 1,
            "subscription": SUBSCRIPTION,
            **({} if tenant is None else {"tenant": TENANT}),
            "policy": {"identities": "exact", "tags": "merge", "federatedCredentials": "exact"},
            "limits": {"maxDeletes": 10, "maxDeletePercent": 30, "maxRevokes": 20},
            "ignore": {"identities": [], "tags": []},
            "resourceGroups": {GROUP: {"identities": [{"name": "id-api"}]}},
            "sources": {
                f"/resourceGroups/{GROUP}": {"file": "identities.yaml", "line": 3, "column": 3},
                **({} if tenant is None else {"/tenant": {"file": "identities.yaml", "line": 2, "column": 9}}),
                f"/resourceGroups/{GROUP}/identities/0": {"file": "identities.yaml", "line": 5, "column": 9},
            },
        }
    ]


def test_plan_document_marks_what_is_refused_and_says_why() -> None:
    document = plan_document(plan_of(desired_group("id-new"), live_group(location=None)))

    assert document["summary"] == {"create": 0, "update": 0, "delete": 0, "no_op": 0, "refused": 1}
    assert document["changes"] == [
        {
            "address": address("id-new"),
            "resource_type": "Microsoft.ManagedIdentity/userAssignedIdentities",
            "actions": ["create"],
            "reason": "missing",
            "before": None,
            "after": {"tags": {}, "isolation_scope": "None"},
            "after_unknown": ["location", "principal_id", "client_id", "tenant_id"],
            "source": {"file": "identities.yaml", "line": 5, "column": 9},
            "impact": None,
            "refused": True,
        }
    ]
    assert document["violations"] == [
        {
            "code": "group-missing",
            "address": f"{SUBSCRIPTION}/{GROUP}",
            "message": "resource group rg-app does not exist, and 1 identity would be created in it",
            "hint": f"Create it first: az group create --subscription {SUBSCRIPTION} --name rg-app --location LOCATION",
            "refused": [address("id-new")],
        }
    ]
