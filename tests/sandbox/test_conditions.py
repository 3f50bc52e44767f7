"""Conditions that bound who may give and take away which roles, as Azure's templates for delegation write them."""

import uuid
from dataclasses import replace

import httpx
import pytest

from reconciler.sandbox.rules.conditions import PRINCIPAL, PRINCIPAL_TYPE, ROLE, Attributes, is_fulfilled
from reconciler.sandbox.state.kinds import RoleAssignment
from tests.sandbox.arm import GROUP, client, error
from tests.sandbox.test_role_rights import ACCESS_ADMINISTRATOR, ASSIGNED, ASSIGNMENTS, assigned, with_roles

WRITE = "Microsoft.Authorization/roleAssignments/write"
DELETE = "Microsoft.Authorization/roleAssignments/delete"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
SOMEBODY = "dddddddd-0000-0000-0000-00000000000d"
VERSION = {"api-version": "2022-04-01"}


def bound(action: str, source: str, roles: str = READER, kinds: str = "'ServicePrincipal'") -> str:
    attribute = f"@{source}[Microsoft.Authorization/roleAssignments"
    return (
        f"( ( !(ActionMatches{{'{action}'}}) ) OR ( {attribute}:{ROLE}] ForAnyOfAnyValues:GuidEquals {{{roles}}} AND\n"
        f" {attribute}:{PRINCIPAL_TYPE}] ForAnyOfAnyValues:StringEqualsIgnoreCase {{{kinds}}} ) )"
    )


BOTH = f"{bound(WRITE, 'Request')}\nAND\n{bound(DELETE, 'Resource')}"


def attributes(role: str = READER, kind: str = "ServicePrincipal") -> dict[str, str]:
    return {ROLE: role.upper(), PRINCIPAL: SOMEBODY, PRINCIPAL_TYPE: kind}


@pytest.mark.parametrize(
    ("condition", "action", "sent", "fulfilled"),
    [
        (BOTH, WRITE, attributes(), True),
        (BOTH, WRITE, attributes(OWNER), False),
        (BOTH, WRITE, attributes(kind="User"), False),
        (BOTH, WRITE, {ROLE: READER}, False),
        (BOTH, DELETE, attributes(), False),
        (bound(WRITE, "Request", f"{OWNER}, {READER}", "'user', 'serviceprincipal'"), WRITE, attributes(), True),
        (bound(WRITE, "Request"), DELETE, {}, True),
        (
            f"@Request[Microsoft.Authorization/roleAssignments:{ROLE}] ForAnyOfAllValues:GuidNotEquals {{{OWNER}}}",
            WRITE,
            attributes(),
            True,
        ),
        (
            f"@Request[Microsoft.Authorization/roleAssignments:{ROLE}] ForAnyOfAllValues:GuidNotEquals {{{READER}}}",
            WRITE,
            attributes(),
            False,
        ),
        (
            f"@Request[Microsoft.Authorization/roleAssignments:{ROLE}] GuidEquals {{{READER}}}",
            WRITE,
            attributes(),
            False,
        ),
        ("true", WRITE, attributes(), False),
        ("", WRITE, attributes(), False),
        ("(" * 5000, WRITE, attributes(), False),
        (
            f"{bound(WRITE, 'Request')} AND {bound(WRITE, 'Request')} OR {bound(WRITE, 'Request')}",
            WRITE,
            attributes(),
            False,
        ),
        (f"{bound(WRITE, 'Request')} {bound(WRITE, 'Request')}", WRITE, attributes(), False),
    ],
)
def test_condition_is_fulfilled_by_what_is_sent_and_one_that_cannot_be_read_by_nothing(
    condition: str, action: str, sent: dict[str, str], fulfilled: bool
) -> None:
    assert is_fulfilled(condition, action, Attributes(request=sent)) is fulfilled


def test_delete_is_judged_by_what_is_there() -> None:
    assert is_fulfilled(BOTH, DELETE, Attributes(resource=attributes()))
    assert not is_fulfilled(BOTH, DELETE, Attributes(resource=attributes(OWNER)))


def given(role: str, number: int) -> RoleAssignment:
    return replace(assigned(role, number=number), principal_id=SOMEBODY)


def put(arm: httpx.Client, role: str, number: int, kind: str = "ServicePrincipal") -> httpx.Response:
    properties = {"roleDefinitionId": f"{GROUP}/x/{role}", "principalId": SOMEBODY, "principalType": kind}
    path = f"{GROUP}/{ASSIGNMENTS}/{uuid.UUID(int=number)}"
    return arm.put(path, params=VERSION, json={"properties": properties})


def test_bounded_administrator_gives_and_takes_away_the_named_roles_and_no_others() -> None:
    administrator = replace(assigned(ACCESS_ADMINISTRATOR), condition=BOTH, condition_version="2.0")
    start = with_roles(administrator, given(READER, 2), given(OWNER, 3))

    with client(start, ASSIGNED) as arm:
        taken = [arm.delete(f"{GROUP}/{ASSIGNMENTS}/{uuid.UUID(int=one)}", params=VERSION) for one in (2, 3)]
        put_answers = [put(arm, READER, 4), put(arm, OWNER, 5), put(arm, READER, 6, "User")]

    assert [one.status_code for one in taken] == [200, 403]
    assert [one.status_code for one in put_answers] == [201, 403, 403]
    code, message = error(put_answers[1])[1:3]
    assert code == "AuthorizationFailed"
    assert "has an authorization with ABAC condition that is not fulfilled to perform action" in message
