"""The JSON form of a plan: each kind of change whole, what is refused, and what the manifest says."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reconciler.errors import SourcePos
from reconciler.guards import Allowance, Allowances
from reconciler.manifest.desired import DesiredAssignment, DesiredCredential, DesiredTenant, Policy, TagsPolicy
from reconciler.model.access import (
    Access,
    AssignmentDetails,
    FederatedCredential,
    RoleDefinition,
    RoleLookup,
    Trust,
    role_key,
)
from reconciler.model.identity import OWNER_TAG, IsolationScope
from reconciler.model.ids import CredentialId
from reconciler.plan.changes import Skipped, SkipReason
from reconciler.plan.diff_access import diff_access
from reconciler.plan.document import change_document, plan_document
from tests.builders import (
    GROUP,
    MANIFEST,
    SUBSCRIPTION,
    TENANT,
    TODAY,
    address,
    compare,
    desired_group,
    given_role,
    listed,
    live_group,
    live_identity,
    plan_of,
    removed,
    resource_id,
)
from tests.cli.documents import problems
from tests.orphans import EVIDENCE, orphan, removal_of
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
                "memberships": {"found": None, "not_checked": "nothing was looked at"},
                "app_roles": {"found": None, "not_checked": "nothing was looked at"},
                "not_looked_at": ["Entra groups", "app roles", "data-plane grants", "identityProfile"],
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
                "identities.yaml": {
                    f"/resourceGroups/{GROUP}": [3, 3],
                    **({} if tenant is None else {"/tenant": [2, 9]}),
                    f"/resourceGroups/{GROUP}/identities/0": [5, 9],
                }
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


def test_plan_document_shows_children_whole_with_what_is_not_known_yet() -> None:
    here, scope, reader = SourcePos(MANIFEST, 7, 7), "/subscriptions/1", "acdd72a7-3385-48ef-bd42-f606fba81ae7"
    trust, older = Trust("https://i", "s", "a"), Trust("https://i", "old", "a")
    entries = [
        listed(
            name,
            federated_credentials=[DesiredCredential("main", trust, here)],
            role_assignments=[DesiredAssignment("Reader", scope, here)],
        )
        for name in ("id-api", "id-new")
    ]
    given = given_role("team-a", "/subscriptions/2", "principal-of-id-api", reader)
    access = Access(
        {resource_id("id-api"): (FederatedCredential(CredentialId(resource_id("id-api"), "main"), older),)},
        {resource_id("id-api"): (given,)},
        {role_key("Reader", scope): RoleLookup("Reader", scope, (RoleDefinition(reader, "Reader"),))},
    )
    live = live_group(live_identity("id-api", tags={OWNER_TAG: "team-a"}))
    changes = diff_access(compare(desired_group(*entries, owner="team-a"), live), access).access()

    documents: list[Any] = [change_document(change) for change in changes]

    shown = [
        [one["address"].partition("rg-app/")[2], one["before"], one["after"], one["after_unknown"]] for one in documents
    ]
    old = {"issuer": "https://i", "subject": "old", "audience": "a"}
    new = {"issuer": "https://i", "subject": "s", "audience": "a"}
    ours = dict(AssignmentDetails(owner="team-a").named())
    planned = {"role": "Reader", "role_guid": reader, "scope": scope, **ours}
    assert sorted(shown, key=str) == sorted(
        [
            ["id-api/federatedCredentials/main", old, new, []],
            ["id-new/federatedCredentials/main", None, new, []],
            [f"id-api/roleAssignments/Reader@{scope}", None, {**planned, "principal_id": "principal-of-id-api"}, []],
            [f"id-new/roleAssignments/Reader@{scope}", None, planned, ["principal_id"]],
            [
                "id-api/roleAssignments/Reader@/subscriptions/2",
                {
                    "role": "Reader",
                    "role_guid": reader,
                    "scope": "/subscriptions/2",
                    "principal_id": "principal-of-id-api",
                    **ours,
                },
                None,
                [],
            ],
        ],
        key=str,
    )
    assert [one["impact"] for one in documents] == [None] * 5


def test_plan_document_says_what_holds_a_change_back() -> None:
    held = desired_group(
        listed("id-api", tags={"env": "prod"}, hold="why", line=20),
        remove=[removed("id-old", after=TODAY + timedelta(days=1), line=9)],
    )

    document: Any = plan_document(plan_of(held, live_group("id-api", "id-old")))

    assert document["changes"] == []
    assert [(one["address"], one["actions"], one["impact"], one["hold"]) for one in document["held"]] == [
        (
            address("id-api"),
            ["update"],
            None,
            {"reason": "why", "until": None, "source": {"file": "identities.yaml", "line": 21, "column": 15}},
        ),
        (
            address("id-old"),
            ["delete"],
            None,
            {"reason": None, "until": "2026-02-01", "source": {"file": "identities.yaml", "line": 9, "column": 9}},
        ),
    ]


def test_plan_document_names_what_is_skipped_with_its_condition_where_it_has_one() -> None:
    plan = replace(
        plan_of(desired_group("id-api"), live_group("id-api")),
        skipped=(
            Skipped(resource_id("id-a"), SkipReason.IGNORED),
            Skipped(resource_id("id-b"), SkipReason.NOT_OURS, "c"),
        ),
    )

    assert plan_document(plan)["skipped"] == [
        {"address": address("id-a"), "reason": "ignored"},
        {"address": address("id-b"), "reason": "not-ours", "condition": "c"},
    ]


def test_orphan_says_what_is_known_of_its_principal() -> None:
    known = replace(orphan(identity=resource_id("id-api")), created_again="0b2d")

    document = plan_document(removal_of(known))

    changes: Any = document["changes"]
    assert [one["orphan"] for one in changes] == [
        {
            "identity": resource_id("id-api").address,
            "created_again": "0b2d",
            "principal_type": "ServicePrincipal",
            "evidence": EVIDENCE,
        }
    ]
    assert (document["desired"], document["trust"]) == ([], [])
    assert problems(document, "plan:v1") == []
