"""The children of an identity that is about to be deleted, for the journal: all of them, or why not."""

import pytest

from reconciler.live.children import children_of, credentials_of
from reconciler.live.identities import read_live
from reconciler.live.may_read import MayRead
from reconciler.model.access import Children
from tests.builders import group_id
from tests.contract.access import IN_GROUP, READER, given, lives, with_roles, with_trusts
from tests.contract.arm import Arm, OpenArm, contents
from tests.contract.faults import ALWAYS, Fault, answer

START = with_trusts(with_roles(contents(lives("id-api")), given("id-api", READER)), "id-api", {"fic-a": "s"})
BAD_REQUEST = answer(400, "BadRequest", "No.")


def children(arm: Arm) -> Children:
    """What is read of the one identity."""
    may_read = MayRead(arm.client)
    (identity,) = read_live([group_id()], arm.resources, may_read).groups[0].identities
    return children_of(identity, credentials_of(identity.resource_id, arm.resources), arm.resources, may_read)


def test_everything_is_read(arm: OpenArm) -> None:
    found = children(arm(START))

    assert [one.credential_id.name for one in found.credentials or ()] == ["fic-a"]
    assert [(one.role_guid, one.scope) for one in found.assignments or ()] == [(READER, IN_GROUP)]
    assert found.unread == ()


@pytest.mark.parametrize(
    ("path", "what"),
    [("/federatedIdentityCredentials", "federated credentials"), ("/roleAssignments", "role assignments")],
)
def test_what_fails_is_named_and_counts_as_unknown(arm: OpenArm, path: str, what: str) -> None:
    found = children(arm(START, Fault("GET", path, BAD_REQUEST, times=ALWAYS)))

    unknown = found.credentials if what == "federated credentials" else found.assignments
    assert unknown is None
    assert found.unread == (f"{what}: 400 BadRequest",)
