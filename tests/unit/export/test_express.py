"""What a manifest says of an identity: all of it, in the best way that its rules let pass, and the rest as notes."""

import pytest

from reconciler.errors import ReconcilerError
from reconciler.export.choose import LiveIdentity, Terms
from reconciler.export.express import Expressed, express
from reconciler.model.access import AssignmentDetails
from reconciler.model.identity import IsolationScope
from tests.builders import group_id
from tests.unit.export.listing import OWNED, PLAIN, credential, identity, role


def say(one: LiveIdentity, terms: Terms = PLAIN) -> Expressed:
    """What a manifest says of one identity."""
    (expressed,) = express(group_id(), [one], terms)
    return expressed


def test_everything_that_can_be_said_is() -> None:
    one = identity(
        "id-a",
        tags={"env": "prod", "uami-owner": "x", "uami-protect": "true", "hidden-title": "t"},
        location="West Europe",
        isolation_scope=IsolationScope.REGIONAL,
        trusts=[credential("id-a", "aks", "system:serviceaccount:n:a")],
        roles=[role("Reader")],
    )

    assert say(one).document == {
        "name": "id-a",
        "location": "westeurope",
        "isolationScope": "Regional",
        "tags": {"env": "prod"},
        "protect": True,
        "federatedCredentials": [
            {
                "name": "aks",
                "kubernetes": {"issuer": "https://oidc.example/c1/", "namespace": "n", "serviceAccount": "a"},
            }
        ],
        "roleAssignments": [{"role": "Reader", "scope": "subscription"}],
    }
    assert say(one).notes == ()


def test_form_that_is_refused_is_written_out() -> None:
    expressed = say(identity("id-a", trusts=[credential("id-a", "aks", "system:serviceaccount:N:a")]))

    assert [list(line.entry) for line in expressed.credentials] == [["name", "issuer", "subject"]]
    assert expressed.notes == ()


def test_what_has_no_way_is_left_out_and_said() -> None:
    expressed = say(
        identity(
            "id-a",
            tags={"azure-x": "1", "a${b}": "2", "uami-protect": "no"},
            isolation_scope="Galactic",
            trusts=[
                credential("id-a", "flexible", None),
                credential("id-a", "star", "a*"),
                credential("id-a", "aks-identity-binding", "s"),
            ],
            roles=[role("Reader", unlisted="closed"), role("Owner", details=AssignmentDetails(condition="x"))],
        )
    )

    assert expressed.document == {
        "name": "id-a",
        "location": "westeurope",
        "tags": {},
        "federatedCredentials": [],
        "roleAssignments": [],
    }
    assert set(expressed.ignored_credentials) == {"aks-identity-binding", "star"}
    shown = "\n".join(expressed.notes)
    assert [
        word
        for word in ("azure-x", "a${b}", "uami-protect", "Galactic", "flexible", "star", "Reader", "Owner")
        if word not in shown
    ] == []


def test_description_that_is_refused_is_left_out_and_a_condition_never_is() -> None:
    blank = AssignmentDetails("c", "2.0", description=" blank ")

    expressed = say(identity("id-a", roles=[role("Reader", details=blank)]))

    assert [line.entry for line in expressed.roles or ()] == [
        {"role": "Reader", "scope": "subscription", "condition": "c"}
    ]


def test_roles_are_not_managed_where_one_of_ours_cannot_be_listed() -> None:
    ours = role("Reader", details=AssignmentDetails(owner="us"), unlisted="closed")

    assert say(identity("id-a", roles=[ours, role("Owner")]), OWNED).roles is None
    assert len(say(identity("id-a", roles=[ours, role("Owner")])).roles or ()) == 1
    assert say(identity("id-a", roles=None)).roles is None


def test_role_whose_description_leaves_no_room_for_the_mark_is_not_listed_under_an_owner() -> None:
    full = identity("id-a", roles=[role("Reader", details=AssignmentDetails(description="d" * 1024))])

    assert (len(say(full).roles or ()), say(full, OWNED).roles) == (1, ())


def test_identity_whose_name_is_refused_is_kept_apart() -> None:
    first, second = express(group_id(), [identity("a"), identity("id-b")], PLAIN)

    assert (bool(first.refused), bool(second.refused)) == (True, False)


def test_group_that_no_manifest_can_name_is_an_error() -> None:
    with pytest.raises(ReconcilerError, match="No manifest can be about"):
        express(group_id("rg$"), [identity("id-a")], PLAIN)
