"""What is quoted of an answer never holds the token of its request."""

import httpx
import pytest

from reconciler.arm.http.redaction import quote_answer, redact


def request(token: str | None) -> httpx.Request:
    return httpx.Request("GET", "https://arm.example", headers={"Authorization": f"Bearer {token}"} if token else {})


def test_token_is_replaced_wherever_it_stands() -> None:
    text = redact("Bearer s3cr3t.t0ken, xs3cr3t.t0kenx", request("s3cr3t.t0ken"))

    assert text == "Bearer [token], x[token]x"


def test_short_token_is_replaced_as_a_word_only() -> None:
    text = redact("x was sent to example", request("x"))

    assert text == "[token] was sent to example"


def test_request_without_a_token_leaves_the_text() -> None:
    assert redact("Bearer of news", request(None)) == "Bearer of news"


@pytest.mark.parametrize("limit", range(1, 30))
def test_bound_never_leaves_part_of_a_token(limit: int) -> None:
    text = quote_answer("got s3cr3t.t0ken and more", request("s3cr3t.t0ken"), limit)

    assert "s3c" not in text


def test_long_text_is_cut_between_words_also_those_of_a_list() -> None:
    assert quote_answer("one two three", request("x"), limit=9) == "one two..."
    assert quote_answer("regions 'eastus,westus,northeurope'", request("x"), limit=20) == "regions 'eastus..."
    assert quote_answer("x" * 200, request("y"), limit=100) == "x" * 100 + "..."
