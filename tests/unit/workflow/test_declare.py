"""What a run is about: the manifests within what was asked for, and a saved plan under its own targets."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import ManifestError, UsageError
from reconciler.guards import Allowances
from reconciler.manifest.findings import find_doubts
from reconciler.manifest.write import saved_manifests
from reconciler.model import Target
from reconciler.plan import Plan, make_plan
from reconciler.saved_plan.read_desired import read_desired
from reconciler.workflow.declare import Declaration, Request, declare_saved, load_declaration
from tests.builders import SUBSCRIPTION, TENANT, TODAY, compare, group_id, live_group, live_of
from tests.unit.manifest.manifests import HEAD, load_text

PULL_REQUEST = "{name: main, github: {repository: o/r, ownerId: 1, repositoryId: 2, pullRequest: true}}"
TEXT = f"""{HEAD}policy: {{identities: exact}}
resourceGroups:
  rg-app: {{identities: [{{name: id-a, federatedCredentials: [{PULL_REQUEST}]}}, id-b]}}
  rg-b: {{identities: [{{name: id-c, federatedCredentials: [{PULL_REQUEST}]}}]}}
"""
ALLOWANCES = Allowances(max_deletes=3)


def request(text: str = TEXT, *, subscriptions: tuple[str, ...] = (), targets: tuple[str, ...] = ()) -> Request:
    return Request(("-",), {}, {}, text.encode, subscriptions, targets, ALLOWANCES, strict=True, judged_on=TODAY)


def found_in(declaration: Declaration) -> list[str]:
    """The identities of its findings."""
    return sorted({one.address.split("/")[2] for one in declaration.findings})


def test_whole_manifest_is_declared_with_its_findings() -> None:
    found = load_declaration(request())

    assert found == Declaration(
        load_text(TEXT), (), ALLOWANCES, tuple(find_doubts(load_text(TEXT), request().audience)), True, judged_on=TODAY
    )
    assert found_in(found) == ["id-a", "id-c"]


@pytest.mark.parametrize(
    ("target", "groups", "findings"),
    [("rg-b", ["rg-b"], ["id-c"]), ("rg-app/id-a", ["rg-app"], ["id-a"]), ("rg-app/id-b", ["rg-app"], [])],
)
def test_target_leaves_groups_and_findings_out(target: str, groups: list[str], findings: list[str]) -> None:
    found = load_declaration(request(targets=(target,)))

    assert [one.text for one in found.targets] == [target]
    assert [one.group_id.resource_group for one in found.desired.groups] == groups
    assert found_in(found) == findings


def test_subscription_that_the_manifest_does_not_have_is_wrong_usage() -> None:
    assert load_declaration(request(subscriptions=(SUBSCRIPTION,))) == load_declaration(request())
    with pytest.raises(UsageError):
        load_declaration(request(subscriptions=(TENANT,)))


def test_manifest_that_breaks_a_rule_is_refused() -> None:
    with pytest.raises(ManifestError):
        load_declaration(request("version: 1\n"))


def saved(*targets: str) -> Plan:
    desired = load_text(TEXT)
    live = (live_group("id-a", "id-b"), live_group("id-c", name="rg-b"))
    changes = compare(desired.groups, live)
    return make_plan(desired, live_of(*live), changes, (), cloud="AzureCloud", targets=targets)


def test_saved_plan_declares_what_it_was_made_of_with_the_callers_allowances() -> None:
    plan = saved("rg-app")

    found = declare_saved(plan, request(targets=("rg-b",)), cloud="AzureCloud", tenant=TENANT)

    assert (found.desired, found.saved, found.allowances, found.strict) == (plan.desired, plan, ALLOWANCES, True)
    assert found.targets == (Target(group_id(), None, "rg-app"),)
    assert found_in(found) == ["id-a"]


def test_finding_that_only_the_saved_plan_knows_is_kept_once() -> None:
    plan = saved()
    (first, *_) = find_doubts(plan.desired, request().audience)
    known = replace(plan, findings=(replace(first, code="shared-trust"), first))

    found = declare_saved(known, request(), cloud="AzureCloud", tenant=None)

    all_known = [(one.code, one.address) for one in found.findings]
    assert len(all_known) == len(set(all_known)) == len(find_doubts(plan.desired, request().audience)) + 1


def test_value_that_the_saved_plan_tells_once_is_not_told_for_each_identity_that_takes_it() -> None:
    odd = TEXT.replace("resourceGroups:", 'defaults: {tags: {env: "prod "}}\nresourceGroups:')
    declared = load_declaration(request(odd))
    manifests = json.loads(json.dumps(saved_manifests(declared.desired)))
    plan = replace(saved(), desired=read_desired(manifests), findings=declared.findings)

    found = declare_saved(plan, request(), cloud="AzureCloud", tenant=None)
    alone = declare_saved(replace(plan, findings=()), request(), cloud="AzureCloud", tenant=None)

    assert [one.address for one in found.findings if one.code == "value-blanks"] == [""]
    assert len([one for one in alone.findings if one.code == "value-blanks"]) == 3


def test_files_that_are_no_manifests_are_declared_and_told(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(TEXT)
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    noted: list[Sequence[str]] = []

    found = load_declaration(replace(request(), paths=(str(tmp_path),), on_skipped=noted.append))

    assert noted == [(f"{tmp_path}/compose.yaml",)]
    assert found.skipped_files == (f"{tmp_path}/compose.yaml",)


def test_saved_plan_of_another_cloud_is_wrong_usage() -> None:
    with pytest.raises(UsageError):
        declare_saved(saved(), request(), cloud="AzureChinaCloud", tenant=None)
