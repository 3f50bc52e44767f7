"""The core schema of YAML 1.2: few words and numbers, everything else text."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifest.yaml.scalars import resolve_plain


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL"])
def test_words_for_nothing_are_null(text: str) -> None:
    assert resolve_plain(text) is None


@pytest.mark.parametrize("text", ["true", "True", "TRUE"])
def test_words_for_true_are_true(text: str) -> None:
    assert resolve_plain(text) is True


@pytest.mark.parametrize("text", ["false", "False", "FALSE"])
def test_words_for_false_are_false(text: str) -> None:
    assert resolve_plain(text) is False


@pytest.mark.parametrize(
    "text",
    [
        "on",
        "off",
        "yes",
        "no",
        "Y",
        "n",
        "tRUE",
        "nULL",
        "12:30",
        "1_000",
        "0b11",
        "2024-01-01",
        "=",
        "-",
        ".",
        "+",
        "1e",
        "0x",
        "0o8",
        "0xg",
        "1.2.3",
        "٣",
        "-.nan",
        "nan",
        "inf",
        "e5",
        "None",
    ],
)
def test_what_only_yaml_1_1_would_read_otherwise_is_text(text: str) -> None:
    assert resolve_plain(text) == text


@pytest.mark.parametrize(("text", "value"), [("007", 7), ("-1", -1), ("+5", 5), ("0o17", 15), ("0xfF", 255)])
def test_whole_numbers_are_read(text: str, value: int) -> None:
    resolved = resolve_plain(text)

    assert (resolved, type(resolved)) == (value, int)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.5", 1.5), (".5", 0.5), ("2.", 2.0), ("1e3", 1000.0), ("-.inf", -math.inf), (".INF", math.inf)],
)
def test_fractions_are_read(text: str, value: float) -> None:
    resolved = resolve_plain(text)

    assert (resolved, type(resolved)) == (value, float)


def test_not_a_number_is_read() -> None:
    resolved = resolve_plain(".NaN")

    assert isinstance(resolved, float)
    assert math.isnan(resolved)


def test_number_of_thousands_of_digits_is_still_a_number() -> None:
    assert resolve_plain("9" * 5000) == math.inf


@given(st.text())
def test_any_text_resolves_to_itself_or_to_no_text(text: str) -> None:
    resolved = resolve_plain(text)

    assert resolved == text or not isinstance(resolved, str)
