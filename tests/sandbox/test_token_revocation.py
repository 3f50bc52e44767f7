"""`revokeTokens`: what an identity has got before is void from then on, and nothing else is."""

import base64
import json

import httpx
import pytest

from reconciler.sandbox.state.state import Grant
from tests.sandbox.arm import (
    GROUP,
    IDENTITIES,
    TENANT,
    VERSION,
    Clock,
    application,
    client,
    contents,
    error,
    identity,
    token_of,
)

REVOKE_VERSION = {"api-version": "2023-07-31-preview"}


def token_for(arm: httpx.Client, name: str) -> str:
    """A token that the sandbox gives an identity."""
    asked = {"resource": "https://management.azure.com/", "client_id": f"client of {name}"}
    answer = arm.get("/msi/token", params=asked, headers={"X-IDENTITY-HEADER": "any"})
    return str(answer.json()["access_token"])


def revoke(arm: httpx.Client, name: str = "id-a", version: dict[str, str] = REVOKE_VERSION) -> httpx.Response:
    return arm.post(f"{IDENTITIES}/{name}/revokeTokens", params=version)


def read_with(arm: httpx.Client, token: str) -> httpx.Response:
    return arm.get(f"{IDENTITIES}/id-a", params=VERSION, headers={"Authorization": f"Bearer {token}"})


def test_tokens_from_before_are_refused_and_those_from_then_on_are_not() -> None:
    clock = Clock()

    with client(application(contents([identity("id-a"), identity("id-b")]), clock=clock)) as arm:
        old, of_another = token_for(arm, "id-a"), token_for(arm, "id-b")
        before = read_with(arm, old).status_code
        clock.advance(0.5)
        revoked = revoke(arm)
        new = token_for(arm, "id-a")
        after = [read_with(arm, token).status_code for token in (old, new, of_another, token_of("principal of id-a"))]
        clock.advance(10)
        later = [read_with(arm, token).status_code for token in (old, new, token_for(arm, "id-a"))]

    assert (before, revoked.status_code, revoked.content) == (200, 200, b"")
    assert (after, later) == ([401, 200, 200, 200], [401, 200, 200])


def test_refusal_asks_for_a_newer_token() -> None:
    with client(application(contents([identity("id-a")]))) as arm:
        old = token_for(arm, "id-a")
        revoke(arm)
        refused = read_with(arm, old)

    challenge = refused.headers["WWW-Authenticate"]
    claims = json.loads(base64.b64decode(challenge.partition('claims="')[2].partition('"')[0]))
    assert error(refused)[:2] == (401, "InvalidAuthenticationToken")
    assert 'error="insufficient_claims"' in challenge
    assert claims == {"access_token": {"nbf": {"essential": True, "value": "1772366401"}}}
    assert f"login.windows.net/{TENANT}" in challenge


def test_reset_makes_revoked_tokens_good_again() -> None:
    with client(application(contents([identity("id-a")]))) as arm:
        old = token_for(arm, "id-a")
        revoke(arm)
        arm.post("/_sandbox/reset")
        read = read_with(arm, old)

    assert read.status_code == 200


@pytest.mark.parametrize(
    ("name", "version", "status", "code"),
    [
        ("id-none", REVOKE_VERSION, 404, "ResourceNotFound"),
        ("id-a", VERSION, 404, "InvalidResourceType"),
    ],
)
def test_what_cannot_be_revoked_is_refused(name: str, version: dict[str, str], status: int, code: str) -> None:
    with client(application(contents([identity("id-a")]))) as arm:
        refused = revoke(arm, name, version)

    assert error(refused)[:2] == (status, code)


def test_revoking_needs_its_own_right_and_no_lock_that_forbids_writing() -> None:
    may = Grant("may", GROUP, ("*/revokeTokens/action",))
    start = contents([identity("id-a")], [may, Grant("owner", "/", ("*",)), Grant("reader", "/", ("*/read",))])
    app = application(start)

    with client(app, token_of("reader")) as arm:
        refused = revoke(arm)
    with client(app, token_of("may")) as arm:
        allowed = revoke(arm)
    with client(app, token_of("owner")) as arm:
        arm.put(
            f"{GROUP}/providers/Microsoft.Authorization/locks/l",
            params={"api-version": "2020-05-01"},
            json={"properties": {"level": "ReadOnly"}},
        ).raise_for_status()
        locked = revoke(arm)

    assert (error(refused)[:2], allowed.status_code, error(locked)[:2]) == (
        (403, "AuthorizationFailed"),
        200,
        (409, "ScopeLocked"),
    )
