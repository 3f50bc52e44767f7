"""The claims of a token, and the document in which they travel."""

import base64
import json

import pytest

from reconciler.logins.claims import Claims, NoClaims, claims_document, claims_of_token, read_claims


def token(payload: object) -> str:
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return f"e30.{base64.urlsafe_b64encode(content).decode().rstrip('=')}.c2ln"


WHOLE = {
    "iss": "i",
    "sub": "s",
    "aud": ["a", "b"],
    "exp": 20,
    "nbf": 10.5,
    "repository_id": "5",
    "project_id": 7,
    "x": 1,
}


def test_claims_of_a_token_are_those_that_decide() -> None:
    expected = Claims("i", "s", ("a", "b"), 20, 10, (("repository_id", "5"), ("project_id", "7")))

    assert claims_of_token(f" {token(WHOLE)}\n") == expected


def test_document_has_what_is_compared_and_ids_alone() -> None:
    document = claims_document(claims_of_token(token({**WHOLE, "aud": "a"})))

    assert document == {"iss": "i", "sub": "s", "aud": "a", "exp": 20, "repository_id": "5", "project_id": "7"}
    assert read_claims(json.dumps(document).encode()) == Claims(
        "i", "s", ("a",), 20, None, (("repository_id", "5"), ("project_id", "7"))
    )


def test_document_of_a_token_without_audience_and_end_is_short() -> None:
    assert claims_document(Claims("i", "s")) == {"iss": "i", "sub": "s"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("secret", "it is no JSON Web Token, which has three parts with a dot between them"),
        ("a.%%.c", "the second of its three parts is no JSON object in base64url"),
        (token(b"secret"), "the second of its three parts is no JSON object in base64url"),
        (token([]), "the second of its three parts is no JSON object in base64url"),
        (token({"sub": "s"}), "the claim `iss` is missing or is no text"),
        (token({"iss": "i", "sub": ""}), "the claim `sub` is missing or is no text"),
        (token({"iss": "i", "sub": "s", "aud": 1}), "the claim `aud` is neither a text nor a list of texts"),
        (
            token({"iss": "i", "sub": 4097 * "s"}),
            "the claim `sub` is longer than 4,096 characters, and no credential has such a one",
        ),
        (
            token({"iss": "i", "sub": "s", "aud": [4097 * "a"]}),
            "the claim `aud` is longer than 4,096 characters, and no credential has such a one",
        ),
        (token({"iss": "i", "sub": "s", "aud": ["a"] * 101}), "the claim `aud` lists more than 100 audiences"),
        (token({"iss": "i", "sub": "s", "exp": True}), "the claim `exp` is no time in seconds since 1970"),
        (token({"iss": "i", "sub": "s", "nbf": 1e300}), "the claim `nbf` is no time in seconds since 1970"),
    ],
)
def test_what_is_no_token_of_a_workload_is_refused_without_being_quoted(text: str, why: str) -> None:
    with pytest.raises(NoClaims) as raised:
        claims_of_token(text)

    assert str(raised.value) == why


def test_file_that_is_no_json_is_refused() -> None:
    with pytest.raises(NoClaims, match="it is not JSON"):
        read_claims(b"{")
