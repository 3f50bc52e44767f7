"""An identity before a plan and after it, from what was read and from the changes themselves."""

from reconciler.model import AttachedResource, CredentialId, FederatedCredential, HeldRole, LiveTrust, Part
from reconciler.plan import IdentityChange
from reconciler.plan.trust.sides import (
    Right,
    in_order,
    key_of,
    right_key,
    rights_after,
    side_before,
    trusted_after,
)
from tests.builders import listed, resource_id
from tests.unit.trusting import CONTRIBUTOR, DATA, READER, github, lives, ours, plan_for, role, trusted

VM = AttachedResource(f"{DATA}/providers/Microsoft.Compute/virtualMachines/vm-a")
IDENTITY = resource_id("id-a")
HELD = HeldRole("Reader", READER, DATA, removed=False)


def test_side_before_has_what_was_read_and_what_the_changes_say() -> None:
    plan = plan_for(
        listed("id-a", role_assignments=[]),
        live=["id-a"],
        assignments={"id-a": (ours("id-a", CONTRIBUTOR),)},
        trust={"id-a": LiveTrust(Part(lives("id-a", gh="prod")), Part((HELD,), "some"), Part((VM,), "no Graph"))},
    )

    side = side_before(IDENTITY, plan.changes, plan)

    assert side.trusted == {CredentialId(IDENTITY, "gh"): github("prod")}
    assert side.attached == (VM,)
    assert in_order(side.rights) == (Right("Reader", READER, DATA), Right("Contributor", CONTRIBUTOR, DATA))
    assert (side.who_not_read, side.rights_not_read) == ("no Graph", "some")


def test_side_before_of_an_identity_that_is_made_is_empty() -> None:
    plan = plan_for(listed("id-a", federated_credentials=trusted(gh="prod")))

    side = side_before(IDENTITY, plan.changes, plan)

    assert (side.trusted, side.attached, side.rights) == ({}, (), {})


def test_credential_that_cannot_be_expressed_trusts_whomever_it_means() -> None:
    flexible = FederatedCredential(CredentialId(IDENTITY, "flex"), None)
    plan = plan_for(listed("id-a"), live=["id-a"], trust={"id-a": LiveTrust(Part((flexible,)))})

    assert side_before(IDENTITY, plan.changes, plan).trusted == {flexible.credential_id: flexible.credential_id}


def test_changes_are_applied_to_trust_and_rights() -> None:
    plan = plan_for(
        listed("id-a", federated_credentials=trusted(gh="prod"), role_assignments=[role(READER, condition="x")]),
        live=["id-a"],
        credentials=lives("id-a", gh="test", old="dev"),
        assignments={"id-a": (ours("id-a", READER), ours("id-a", CONTRIBUTOR))},
    )
    side = side_before(IDENTITY, plan.changes, plan)

    assert trusted_after(side.trusted, plan.changes) == {CredentialId(IDENTITY, "GH"): github("prod")}
    assert in_order(rights_after(side.rights, plan.changes)) == (Right("Reader", READER, DATA, "x"),)


def test_right_is_the_same_whatever_the_case_of_its_ids() -> None:
    assert right_key(DATA.upper(), READER.upper()) == right_key(DATA, READER) == Right("R", READER, DATA).key
    plan = plan_for(listed("id-a", role_assignments=[role(READER)]))
    (change,) = (one for one in plan.changes if not isinstance(one, IdentityChange))

    assert key_of(change.resource_id) == right_key(DATA, READER)  # type: ignore[arg-type]
