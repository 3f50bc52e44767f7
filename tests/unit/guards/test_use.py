"""The guards over what a delete would break: what trips each, in which words, and what lifts it and nothing else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.guards import judge, parse_allowances
from reconciler.manifest.desired import Limits
from reconciler.model.access import FederatedCredential
from reconciler.model.ids import CredentialId
from reconciler.model.impact import AttachedResource, HeldRole, Impact, Impacts, Part
from reconciler.model.violation import Violation
from reconciler.plan.changes import Changes
from tests.builders import (
    GROUP,
    OTHER_SUBSCRIPTION,
    SUBSCRIPTION,
    TODAY,
    address,
    compare,
    desired_group,
    group_id,
    live_group,
    resource_id,
)

IN_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
VM = AttachedResource(f"{IN_GROUP}/providers/Microsoft.Compute/virtualMachines/vm-a")
SITE = AttachedResource(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-web/providers/Microsoft.Web/sites/web-a")
MAIN = FederatedCredential(CredentialId(resource_id("id-old"), "main"), None)
ANY_SHARE = Limits(max_delete_percent=100)
MISSING = "missing Microsoft.ResourceGraph/resources/read"
AKS = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg-aks/providers/Microsoft.ContainerService/managedClusters/aks"


def deleting(impact: Impact | None, *names: str) -> Changes:
    """The delete of `id-old` (and others that nothing uses) beside an identity that stays."""
    changes = compare(desired_group("id-api", limits=ANY_SHARE), live_group("id-api", "id-old", *names))
    free = {resource_id(name): Impact() for name in names}
    return changes.with_impacts(Impacts(free if impact is None else {resource_id("id-old"): impact, **free}))


def verdict(changes: Changes, *allow: str) -> tuple[Violation, ...]:
    """What the guards say, with `--allow` as given."""
    return judge(changes, parse_allowances(allow, ()))


def codes(changes: Changes, *allow: str) -> list[str]:
    """The codes of what the guards say."""
    return [one.code for one in verdict(changes, *allow)]


def test_identity_that_nothing_uses_may_be_deleted() -> None:
    orphaned = HeldRole("Reader", "guid", IN_GROUP, removed=False)

    assert verdict(deleting(Impact(assignments=Part((orphaned,), "more"), locks=Part((), "unread")))) == ()


def test_attached_identity_is_refused_with_each_of_its_resources() -> None:
    impact = Impact(attachments=Part((VM, SITE)))

    assert verdict(deleting(impact)) == (
        Violation(
            code="in-use",
            about=resource_id("id-old"),
            message="in use; attached to 2 resources: virtualMachines vm-a (rg-app), sites web-a (rg-web)",
            hint="Move what uses it to another identity first. If it may break: --allow in-use=rg-app/id-old.",
            refused=(resource_id("id-old"),),
        ),
    )


def test_identity_that_has_a_federated_credential_is_trusted() -> None:
    assert verdict(deleting(Impact(credentials=Part((MAIN,))))) == (
        Violation(
            code="trusted",
            about=resource_id("id-old"),
            message="others can sign in as it; it trusts 1 federated credential: main",
            hint="Move who signs in with it to another identity first. If they may break:"
            " --allow trusted=rg-app/id-old.",
            refused=(resource_id("id-old"),),
        ),
    )


def test_use_by_a_resource_and_trust_are_lifted_apart() -> None:
    both = deleting(Impact(attachments=Part((VM,)), credentials=Part((MAIN,))))

    assert codes(both) == ["in-use", "trusted"]
    assert codes(both, "in-use=rg-app/id-old") == ["trusted"]
    assert codes(both, "trusted=rg-app/id-old") == ["in-use"]


def test_refusal_names_ten_uses_and_counts_the_rest() -> None:
    machines = tuple(AttachedResource(f"{VM.resource_id}{number:02}") for number in range(12))

    (violation,) = verdict(deleting(Impact(attachments=Part(machines))))

    assert violation.message.startswith("in use; attached to 12 resources: ")
    assert violation.message.endswith("virtualMachines vm-a09 (rg-app) and 2 more")


def test_unknown_use_is_refused_with_what_is_missing() -> None:
    impact = Impact(attachments=Part((), MISSING), credentials=Part((), "429 TooManyRequests"))

    assert verdict(deleting(impact)) == (
        Violation(
            code="use-unknown",
            about=resource_id("id-old"),
            message="may be in use; not checked: attached resources (missing"
            " Microsoft.ResourceGraph/resources/read); federated credentials (429 TooManyRequests)",
            hint="Plan again with the right to read it. If nothing uses it for certain:"
            " --allow use-unknown=rg-app/id-old.",
            refused=(resource_id("id-old"),),
        ),
    )


def test_delete_that_nobody_looked_into_is_refused() -> None:
    assert codes(deleting(None)) == ["use-unknown"]


def test_use_that_is_known_needs_no_proof_that_there_is_no_other() -> None:
    assert codes(deleting(Impact(attachments=Part((VM,), MISSING)))) == ["in-use"]


def test_use_of_one_kind_says_nothing_about_the_other() -> None:
    assert codes(deleting(Impact(attachments=Part((), MISSING), credentials=Part((MAIN,))))) == [
        "trusted",
        "use-unknown",
    ]


@pytest.mark.parametrize(
    "form", [f"{GROUP}/id-old", address("id-old"), f"{GROUP.upper()}/ID-OLD", GROUP, group_id().address]
)
@pytest.mark.parametrize("code", ["in-use", "trusted", "use-unknown"])
def test_allowance_lifts_its_guard_at_its_address(code: str, form: str) -> None:
    impacts = {
        "in-use": Impact(attachments=Part((VM,))),
        "trusted": Impact(credentials=Part((MAIN,))),
        "use-unknown": Impact(attachments=Part((), MISSING)),
    }

    assert codes(deleting(impacts[code])) == [code]
    assert codes(deleting(impacts[code]), f"{code}={form}") == []


@pytest.mark.parametrize(
    "allow",
    [
        "in-use=rg-app/id-other",
        "in-use=rg-other",
        "in-use=rg-app/id-old/federatedCredentials/main",
        "trusted=rg-app/id-old",
        "use-unknown=rg-app/id-old",
        "foreign-owner=rg-app/id-old",
        "managed-group=rg-app",
    ],
)
def test_allowance_for_something_else_leaves_an_identity_in_use_refused(allow: str) -> None:
    assert codes(deleting(Impact(attachments=Part((VM,)))), allow) == ["in-use"]


@pytest.mark.parametrize("allow", ["in-use=rg-app/id-old", "use-unknown=rg-app/id-other", "managed-group=rg-app"])
def test_allowance_for_something_else_leaves_an_unknown_use_refused(allow: str) -> None:
    assert codes(deleting(Impact(attachments=Part((), MISSING))), allow) == ["use-unknown"]


def in_managed_group(*, subscription: str = SUBSCRIPTION) -> Changes:
    """Two deletes in the group that Azure keeps for a cluster."""
    live = live_group("id-api", "id-a", "id-b", subscription=subscription)
    assert live.resource_group is not None
    managed = replace(live, resource_group=replace(live.resource_group, managed_by=AKS))
    return compare(desired_group("id-api", subscription=subscription, limits=ANY_SHARE), managed)


def test_deletes_in_a_group_that_azure_keeps_are_refused() -> None:
    assert verdict(in_managed_group()) == (
        Violation(
            code="managed-group",
            about=group_id(),
            message=f"Azure keeps this group for {AKS}, and 2 resources in it would be deleted: rg-app/id-a,"
            " rg-app/id-b",
            hint="Take the group off the manifest, or list its identities under ignore.identities. If the deletes are"
            " meant: --allow managed-group=rg-app.",
            refused=(resource_id("id-a"), resource_id("id-b")),
        ),
    )


@pytest.mark.parametrize("form", [GROUP, group_id().address])
def test_allowance_for_the_group_lifts_its_refusal(form: str) -> None:
    assert verdict(in_managed_group(), f"managed-group={form}") == ()


@pytest.mark.parametrize(
    "allow", ["managed-group=rg-other", "managed-group=rg-app/id-a", "in-use=rg-app/id-a", "in-use=rg-app"]
)
def test_allowance_for_something_else_leaves_the_managed_group_refused(allow: str) -> None:
    assert codes(in_managed_group(), allow) == ["managed-group"]


def test_short_name_of_two_groups_lifts_neither() -> None:
    other = in_managed_group(subscription=OTHER_SUBSCRIPTION)
    changes = Changes((*in_managed_group().groups, *other.groups), judged_on=TODAY)

    assert codes(changes, f"managed-group={GROUP}") == ["managed-group", "managed-group"]


def test_allowance_for_a_group_lifts_its_guard_for_all_in_it_and_nowhere_else() -> None:
    impacts = {name: Impact(attachments=Part((VM,))) for name in ("id-a", "id-b")}
    groups = [
        compare(desired_group("id-api", name=name, limits=ANY_SHARE), live_group("id-api", *impacts, name=name))
        .with_impacts(Impacts({resource_id(one, name): impact for one, impact in impacts.items()}))
        .groups
        for name in (GROUP, "rg-other")
    ]
    changes = Changes(tuple(group for (group,) in groups), judged_on=TODAY)

    assert [one.address for one in verdict(changes, f"in-use={GROUP}")] == [
        address("id-a", "rg-other"),
        address("id-b", "rg-other"),
    ]


def test_managed_group_that_loses_nothing_is_no_reason() -> None:
    live = live_group("id-api")
    assert live.resource_group is not None
    managed = replace(live, resource_group=replace(live.resource_group, managed_by=AKS))

    assert verdict(compare(desired_group("id-api", "id-new"), managed)) == ()


def impacts() -> st.SearchStrategy[Impact]:
    """Impacts of every kind: used, free and unknown in either part."""
    attachments = st.builds(Part, st.sampled_from([(), (VM,), (VM, SITE)]), st.sampled_from([None, MISSING]))
    credentials = st.builds(Part, st.sampled_from([(), (MAIN,)]), st.sampled_from([None, "500"]))
    return st.builds(lambda one, other: Impact(attachments=one, credentials=other), attachments, credentials)


@given(
    st.dictionaries(st.sampled_from(["id-a", "id-b", "id-c"]), impacts()),
    st.sets(
        st.tuples(st.sampled_from(["in-use", "trusted", "use-unknown"]), st.sampled_from(["id-a", "id-b", "id-c"]))
    ),
)
def test_whatever_is_known_only_what_is_free_or_allowed_is_deleted(
    known: dict[str, Impact], allowed: set[tuple[str, str]]
) -> None:
    names = ("id-a", "id-b", "id-c")
    changes = compare(desired_group("id-api", limits=ANY_SHARE), live_group("id-api", *names))
    changes = changes.with_impacts(Impacts({resource_id(name): impact for name, impact in known.items()}))

    held_back = {
        one for violation in verdict(changes, *(f"{c}={GROUP}/{n}" for c, n in allowed)) for one in violation.refused
    }

    for name in names:
        impact = known.get(name)
        used = impact is not None and bool(impact.attachments.found)
        trusted = impact is not None and bool(impact.credentials.found)
        unknown = impact is None or any(
            part.not_checked is not None and not part.found for part in (impact.attachments, impact.credentials)
        )
        reasons = {"in-use": used, "trusted": trusted, "use-unknown": unknown}
        blocked = any(holds and (code, name) not in allowed for code, holds in reasons.items())
        assert (resource_id(name) in held_back) == blocked
