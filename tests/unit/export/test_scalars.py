"""Every text reads back as itself, by our rules and by libyaml, wherever it stands; and can be printed as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.export.scalars import escaped, is_plain_sight, reads_back, scalar
from reconciler.manifest.yaml.source import parse_documents
from reconciler.manifest.yaml.text import decode_source
from reconciler.report.visible import safe_lines

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.text(
    " #:-?[]{},&*!|>'\"%@`~\\=.0123x\n", max_size=8
)


def load(text: str) -> object:
    """The one document of a text, which nothing is wrong with."""
    source, problems = decode_source("x.yaml", text.encode())
    assert source is not None
    documents, mistakes = parse_documents(source)
    assert [*problems, *mistakes] == []
    return documents[0].data


@given(TEXTS)
def test_text_is_read_as_itself_as_key_and_value_in_block_and_flow(text: str) -> None:
    written = scalar(text)

    read = load(f"a: {written}\nb: [{written}, x]\nc: {{k{written[:0]}: {written}}}\nd:\n  - {written}\n")

    assert read == {"a": text, "b": [text, "x"], "c": {"k": text}, "d": [text]}
    if text:
        assert load(f"{written}: 1\n") == {text: 1}


@given(TEXTS)
def test_line_of_a_text_is_printed_as_it_is(text: str) -> None:
    line = f"{scalar(text)}: {scalar(text)}"

    assert safe_lines([line]) == f"{line}\n"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Reader", "Reader"),
        ("contoso/identities#prod", "contoso/identities#prod"),
        ("https://x.example/a", "https://x.example/a"),
        ("ü", "ü"),
        ("4711", '"4711"'),
        ("no", '"no"'),
        ("2027-01-31", '"2027-01-31"'),
        ("a: b", '"a: b"'),
        ("", '""'),
        ("---", '"---"'),
        ("-", '"-"'),
        ('"', '"\\""'),
        ("a\nb\u200b\U000e0001", '"a\\nb\\u200B\\U000E0001"'),
        ("##vso[x]", '"#\\x23vso[x]"'),
        ("::error::", '":\\x3Aerror:\\x3A"'),
    ],
)
def test_quotes_stand_where_they_are_needed(text: str, written: str) -> None:
    assert scalar(text) == written
    assert reads_back(text) is (written == text)


def test_commands_of_ci_systems_are_broken_up() -> None:
    assert not is_plain_sight("a ##[group]")
    assert "".join(escaped("###")) == "#\\x23#"
