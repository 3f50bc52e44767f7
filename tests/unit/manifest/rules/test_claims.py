"""One group belongs to one document, one identity to one entry, one subscription to one tenant."""

from pathlib import Path

import pytest

from reconciler.errors import ManifestError, SourcePos
from reconciler.manifest.desired import DesiredTenant
from reconciler.manifest.load import load_manifest
from tests.unit.manifest.manifests import (
    EXACT,
    GROUP,
    HEAD,
    SUBSCRIPTION,
    diagnostics_of,
    group_with,
    load_text,
    places_of,
)


def test_group_in_two_documents_of_a_file_is_claimed_twice() -> None:
    (found,) = diagnostics_of(f"{HEAD}{GROUP}---\n{HEAD}resourceGroups: {{RG: {{identities: []}}}}\n{EXACT}")

    assert (found.code, found.pos) == ("group-claimed-twice", SourcePos("<stdin>", 7, 18))
    assert found.message == "the resource group `RG` is already listed at <stdin>:3:18"


def test_group_in_two_files_is_claimed_twice(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text(HEAD + GROUP)
    second.write_text(HEAD + GROUP)

    with pytest.raises(ManifestError) as caught:
        load_manifest([str(second), str(first)], {}, {}, bytes)

    (found,) = caught.value.diagnostics
    assert (found.code, found.pos) == ("group-claimed-twice", SourcePos(str(first), 3, 18))
    assert found.message == f"the resource group `rg` is already listed at {second}:3:18"


def test_spelling_of_the_subscription_makes_no_second_group() -> None:
    head = "version: 1\nsubscription: %s\n"
    upper, lower = head % "ABCDEF00-0000-0000-0000-000000000001", head % "abcdef00-0000-0000-0000-000000000001"

    assert places_of(f"{upper}{GROUP}---\n{lower}{GROUP}") == [("group-claimed-twice", 7, 18)]


def test_same_name_in_another_subscription_is_another_group() -> None:
    other = f"version: 1\nsubscription: {SUBSCRIPTION[:-1]}2\n"

    assert len(load_text(f"{HEAD}{GROUP}---\n{other}{GROUP}").groups) == 2


def tenant(number: int, subscription: str = SUBSCRIPTION, group: str = "rg") -> str:
    """A document of one group that names its tenant; its value stands at column 9 of the third line."""
    head = f"version: 1\nsubscription: {subscription}\ntenant: 00000000-0000-0000-0000-00000000000{number:x}\n"
    return f"{head}resourceGroups: {{{group}: {{identities: []}}}}\n{EXACT}"


def test_subscription_of_two_tenants_names_the_first_place() -> None:
    (found,) = diagnostics_of(f"{tenant(1)}---\n{tenant(2, group='rg-2')}")

    assert (found.code, found.pos) == ("tenant-contradicts", SourcePos("<stdin>", 9, 9))
    assert found.message == f"the tenant of `{SUBSCRIPTION}` is `00000000-0000-0000-0000-000000000001` at <stdin>:3:9"


def test_subscriptions_may_be_of_different_tenants() -> None:
    desired = load_text(f"{tenant(1)}---\n{tenant(2, SUBSCRIPTION[:-1] + '2')}")

    named = [group.tenant for group in desired.groups]
    assert named == [
        DesiredTenant("00000000-0000-0000-0000-000000000001", SourcePos("<stdin>", 3, 9)),
        DesiredTenant("00000000-0000-0000-0000-000000000002", SourcePos("<stdin>", 9, 9)),
    ]


def test_tenant_in_another_spelling_is_the_same() -> None:
    upper = tenant(10, group="rg-2").replace("00000000000a", "00000000000A")

    assert diagnostics_of(f"{tenant(10)}---\n{upper}") == ()


def test_groups_are_compared_even_where_the_subscription_is_missing() -> None:
    text = "version: 1\nresourceGroups: {rg: {identities: []}, RG: {identities: []}}\n" + EXACT

    assert places_of(text) == [("missing-key", 1, 1), ("group-claimed-twice", 2, 40)]


@pytest.mark.parametrize("second", ["ID-A", "{name: id-A}"])
def test_identity_listed_twice_names_the_first_place(second: str) -> None:
    (found,) = diagnostics_of(group_with(f"[id-a, id-b, {second}]"))

    assert found.code == "identity-listed-twice"
    assert found.message.lower() == "the identity `id-a` is already listed at <stdin>:4:21"


def test_identity_listed_twice_is_shown_at_its_name() -> None:
    assert places_of(group_with("[id-a, {location: x, name: id-a}]")) == [("identity-listed-twice", 4, 47)]


def test_identity_repeated_by_an_alias_is_shown_at_the_alias() -> None:
    (found,) = diagnostics_of(group_with("[&i {name: id-a}, *i]"))

    assert (found.code, found.pos) == ("identity-listed-twice", SourcePos("<stdin>", 4, 38))
    assert found.message == "the identity `id-a` is already listed at <stdin>:4:21"


def test_same_identity_name_in_another_group_is_another_identity() -> None:
    groups = "rg-a: {identities: [id-a]}, rg-b: {identities: [id-a]}"

    assert diagnostics_of(f"{HEAD}resourceGroups: {{{groups}}}\n{EXACT}") == ()
