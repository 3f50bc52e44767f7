"""Addresses as Terraform spells them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import RoleAssignment
from reconciler.terraform.values import (
    StateAssignment,
    instance_key,
    is_identifier,
    quoted_text,
    resource_address,
    without_keys,
)

GUID = "Aaaaaaaa-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (None, ""),
        (0, "[0]"),
        ("a", '["a"]'),
        ('a"b', r'["a\"b"]'),
        ("c[d]", '["c[d]"]'),
        ("back\\slash", r'["back\\slash"]'),
        ("nl\nx", r'["nl\nx"]'),
        ("tab\there", r'["tab\there"]'),
        ("é€😀", '["é€😀"]'),
        ("${x} %{y} $ {", '["$${x} %%{y} $ {"]'),
        ("<&>'", '["<&>\'"]'),
        ("\x1b\u202e\U000e0001", r'["\u001b\u202e\U000e0001"]'),
    ],
)
def test_instance_key_is_spelled_as_terraform_lists_it(key: str | int | None, text: str) -> None:
    assert instance_key(key) == text


@given(st.text())
def test_quoted_text_is_one_line_that_nothing_in_it_ends(text: str) -> None:
    quoted = quoted_text(text)

    inner = quoted[1:-1].replace("\\\\", "").replace('\\"', "")
    assert quoted.isprintable()
    assert '"' not in inner
    assert "${" not in inner.replace("$${", "")


@pytest.mark.parametrize(
    ("module", "plain"),
    [
        ("", ""),
        ("module.a", "module.a"),
        ("module.a[0].module.b-c", "module.a.module.b-c"),
        (r'module.a["k\"].module.x[\""].module.b["[0]"]', "module.a.module.b"),
    ],
)
def test_module_without_keys(module: str, plain: str) -> None:
    assert without_keys(module) == plain


@pytest.mark.parametrize(
    "module",
    ["a", "module.", "module.a.", "module.a[x]", 'module.a["x]', "module.a b", "module.a\n", "module.a}\nresource"],
)
def test_what_is_no_module_is_refused(module: str) -> None:
    with pytest.raises(ValueError, match="is no address of a module"):
        without_keys(module)


@pytest.mark.parametrize(("name", "known"), [("a-b_1", True), ("_x", True), ("é", True), ("", False), ("1a", False)])
def test_identifiers_are_terraforms(name: str, *, known: bool) -> None:
    assert is_identifier(name) is known


@pytest.mark.parametrize("name", ["-a", "a b", 'a"', "a\n", "a.b", "a[0]", "a }"])
def test_resource_with_another_name_has_no_address(name: str) -> None:
    with pytest.raises(ValueError, match="is no name of Terraform's"):
        resource_address("", name, "azurerm_role_assignment")


def test_address_says_module_and_mode() -> None:
    assert resource_address("module.a[0]", "b", "t") == "module.a[0].t.b"
    assert resource_address("", "b", "t", is_managed=False) == "data.t.b"


@pytest.mark.parametrize("scope", ["/", "/subscriptions/S", "/subscriptions/s/resourceGroups/rg-App"])
def test_assignment_of_a_state_is_the_live_one_in_any_case(scope: str) -> None:
    live = RoleAssignment(GUID, scope, "role", "principal")
    text = f"{scope.rstrip('/')}/providers/Microsoft.Authorization/roleAssignments/{GUID}"

    assert StateAssignment.parse(text.upper()) == StateAssignment.of(live)


@pytest.mark.parametrize("text", ["", GUID, f"/subscriptions/s/providers/Microsoft.Authorization/locks/{GUID}"])
def test_what_is_no_assignment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not the id of a role assignment"):
        StateAssignment.parse(text)
