"""README.md lists every key of a manifest, in the words of its schema."""

import re

import pytest

from reconciler.manifest.rules.keys import all_keys
from tests.blocks import ROOT
from tests.editor.key_reference import BEGIN, END, with_key_tables

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_reference_is_what_the_schema_says_now() -> None:
    assert with_key_tables(README) == README, "run `python -m tests.editor`"


def test_reference_has_every_key_with_what_it_is_for() -> None:
    tables = README.partition(BEGIN)[2].partition(END)[0].replace("\\|", "|")
    rows = dict.fromkeys(re.findall(r"^\| `(\w+)` \| .+ \| (.+) \|$", tables, re.MULTILINE))
    keys = [key for path, key in all_keys().items() if key.name and not path.startswith("guardrails")]

    assert len(keys) > 100
    assert [key.path for key in keys if (key.name, key.summary) not in rows] == []


def test_mapping_that_stands_in_several_places_has_one_table() -> None:
    titles = re.findall(r"^\*\*.+$", README.partition(BEGIN)[2].partition(END)[0], re.MULTILINE)

    assert "**The document**" in titles
    assert len(titles) == len(set(titles))
    assert titles.count("**`accept`**, wherever it stands") == 1


def test_document_without_the_marks_is_not_written() -> None:
    with pytest.raises(AssertionError, match="the marks are missing"):
        with_key_tables("# A page\n")
