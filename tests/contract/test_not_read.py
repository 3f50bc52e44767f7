"""What could not be read is told with its reason, in the same words for the same live state."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.live.children import credentials_of
from reconciler.model.access import Children
from reconciler.model.identity import Identity
from reconciler.workflow.declare import load_declaration
from reconciler.workflow.plan import run_plan
from tests.builders import SUBSCRIPTION
from tests.contract import saved
from tests.contract.access import CONTRIBUTOR, IN_SUBSCRIPTION, READER
from tests.contract.arm import Arm, OpenArm, in_process
from tests.contract.faults import ALWAYS, Behaviour, Fault, answer, answer_body
from tests.contract.impact import GRAPH, without
from tests.contract.journaling import children_reader
from tests.unit.saving import save

CREDENTIALS = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read"
ASSIGNMENTS = "Microsoft.Authorization/roleAssignments/read"
FORBIDDEN = f"The client does not have authorization to perform action '{CREDENTIALS}' over scope 'x'."


def refused(moment: str) -> Behaviour:
    """Not allowed, in words that are of the one request."""
    return answer(403, "AuthorizationFailed", f"No. Timestamp: {moment}, correlation id: {moment}.")


def broken(moment: str) -> Behaviour:
    """A failure of the service, in such words."""
    return answer(500, "InternalServerError", f"Oops at {moment}.")


def damaged(moment: str) -> Behaviour:
    """A success that is none of ARM's, with such words in it."""
    return answer_body(f"<html>{moment}".encode())


@pytest.mark.parametrize("misfortune", [refused, broken, damaged])
@pytest.mark.parametrize(
    ("method", "path", "place"),
    [
        ("POST", GRAPH, "Role assignments in subscriptions that the manifest does not name were not looked for: "),
        ("POST", GRAPH, '"not_checked":"Resource Graph: '),
        ("POST", "/listAssociatedResources", '"not_checked":"listAssociatedResources: '),
        ("GET", "/locks", f"Locks were not looked for at {IN_SUBSCRIPTION}"),
        ("GET", "id-old/federatedIdentityCredentials", '"not_checked":"'),
    ],
)
def test_plan_of_the_same_live_state_is_the_same_whatever_an_error_says(
    method: str, path: str, place: str, misfortune: Callable[[str], Behaviour]
) -> None:
    plans = []
    for moment in ("2026-01-01T00:00:00.1234567Z", "2026-01-02T11:11:11.7654321Z"):
        with in_process(saved.live(), Fault(method, path, misfortune(moment), times=ALWAYS)) as arm:
            plans.append(save(run_plan(load_declaration(saved.request()), arm.azure)).decode())

    assert place in plans[0]
    assert plans[0] == plans[1]


def children_seen(arm: Arm) -> Children:
    """What is read of `id-old` before its delete."""
    (identity,) = (one for one in listed(arm) if one.resource_id.name == "id-old")
    return children_reader(arm)(identity, credentials_of(identity.resource_id, arm.resources))


def listed(arm: Arm) -> tuple[Identity, ...]:
    """All identities that live."""
    return arm.resources.identities.list_by_subscription(SUBSCRIPTION)


def test_children_that_may_be_read_are_read_whole(arm: OpenArm) -> None:
    children = children_seen(arm(saved.live()))

    assert (children.credentials, children.unread) == ((), ())
    assert {one.role_guid for one in children.assignments or ()} == {CONTRIBUTOR, READER}


def test_children_that_may_not_be_read_are_none_each_with_its_reason(arm: OpenArm) -> None:
    start = replace(saved.live(), permissions=(without(ASSIGNMENTS),))
    forbidden = Fault("GET", "/federatedIdentityCredentials", answer(403, "AuthorizationFailed", FORBIDDEN))

    children = children_seen(arm(start, forbidden))

    assert children == Children(
        unread=(
            f"federated credentials: missing {CREDENTIALS}",
            f"role assignments: {ASSIGNMENTS} is missing at {IN_SUBSCRIPTION}",
        )
    )


def test_credentials_of_an_identity_that_is_gone_are_none(arm: OpenArm) -> None:
    opened = arm(saved.live())
    identity = next(one for one in listed(opened) if one.resource_id.name == "id-old")
    opened.delete("id-old")

    assert children_reader(opened)(identity, credentials_of(identity.resource_id, opened.resources)).credentials == ()
