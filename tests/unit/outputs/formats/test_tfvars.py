"""Outputs as a variable of Terraform, read back by a parser of HCL."""

import re

import hcl2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import UsageError
from reconciler.outputs.formats.tfvars import TfvarsForm, hcl_text
from tests.builders import listed
from tests.unit.outputting import CLIENT, living, outputs_of

_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|U([0-9a-f]{8}))")


def meaning(quoted: str) -> str:
    """What a quoted template of HCL is as text; the parser leaves that to whoever reads it."""
    inner = quoted[1:-1]
    assert quoted == f'"{inner}"'
    assert re.search(r'["$%]', inner) is None
    return _ESCAPE.sub(lambda one: chr(int(one[1] or one[2], 16)), inner)


def test_variable_is_a_map_of_the_identities_that_live() -> None:
    outputs = outputs_of([listed("Id-A"), listed("id-b"), listed("1st")], [living("id-a", 1), living("1st", 2)])

    found = hcl2.loads(TfvarsForm().write(outputs))["uami_identities"]

    by_name = {meaning(name): {key: meaning(value) for key, value in one.items()} for name, one in found.items()}
    assert by_name == {one.listed.resource_id.name: one.values for one in outputs.live}
    assert by_name["Id-A"]["client_id"] == CLIENT.format(1)


def test_map_of_nothing_is_one() -> None:
    outputs = outputs_of([listed("id-a")], [])

    assert hcl2.loads(TfvarsForm().write(outputs)) == {"uami_identities": {}}
    assert TfvarsForm().notes(outputs) == ("rg-app/id-a is left out: it is not live yet (identities.yaml:5:9).",)


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.from_regex(r'[$%{}"\\#]{1,8}', fullmatch=True))
def test_text_is_exact_and_holds_no_template(text: str) -> None:
    quoted = hcl_text(text)

    assert meaning(hcl2.loads(f"x = {quoted}\n")["x"]) == text
    assert quoted.isascii()
    assert quoted.isprintable()
    assert "##" not in quoted


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("${x}", '"\\u0024{x}"'),
        ("%{x}", '"\\u0025{x}"'),
        ('"\\\n', '"\\u0022\\u005c\\u000a"'),
        ("é😀", '"\\u00e9\\U0001f600"'),
    ],
)
def test_text_is_escaped_as_hcl_says(text: str, quoted: str) -> None:
    assert hcl_text(text) == quoted


def test_names_that_differ_in_case_alone_are_refused() -> None:
    with pytest.raises(UsageError, match="--format tfvars would give several identities the same name"):
        TfvarsForm().check([listed("id-a"), listed("ID-A", group="rg-b")])

    TfvarsForm().check([listed("id-a"), listed("id_a")])
