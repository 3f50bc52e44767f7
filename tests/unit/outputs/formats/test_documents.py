"""Outputs as JSON and YAML: the same document, exact whatever stands in it, and inert."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.outputs.formats.documents import JsonForm, YamlForm, yaml_text
from tests.builders import listed
from tests.unit.outputting import living, outputs_of

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize("text", ["", "on", "1e3", "~", "##[error]x", "a\n---\nb", "\u2028\x85é😀\x00\x7f", " x: &y "])
def test_both_documents_say_the_same_of_whatever_azure_sends(text: str) -> None:
    outputs = outputs_of([listed("id-a"), listed("id-b")], [living("id-a", location=text)])

    as_json, as_yaml = JsonForm().write(outputs), YamlForm().write(outputs)

    document = json.loads(as_json)
    assert document == yaml.safe_load(as_yaml)
    assert [one["location"] for one in document["identities"]] == [text, None]
    assert [one["live"] for one in document["identities"]] == [True, False]


def test_neither_document_leaves_anything_out() -> None:
    outputs = outputs_of([listed("id-a")], [])

    assert (JsonForm().notes(outputs), YamlForm().notes(outputs)) == ((), ())


@given(st.lists(st.dictionaries(TEXTS, TEXTS | st.none() | st.booleans(), max_size=3), max_size=3))
def test_yaml_is_exact_and_nothing_in_it_is_obeyed(documents: list[dict[str, object]]) -> None:
    text = yaml_text(documents)

    assert list(yaml.safe_load_all(text)) == documents
    assert text.isascii()
    assert all(line.isprintable() for line in text.splitlines())
    assert "##" not in text
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())
