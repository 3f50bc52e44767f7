"""How guards count, name, and find the children of an identity."""

from dataclasses import replace

import pytest

from reconciler.errors import SourcePos
from reconciler.guards.words import NAMES_AT_MOST, changes_below, count, ids_of, named
from reconciler.manifest.desired import DesiredCredential
from reconciler.model import Access, CredentialId, Trust
from reconciler.plan.diff_access import diff_access
from tests.builders import MANIFEST, compare, desired_group, listed, live_group, resource_id


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "change", "0 changes"),
        (1, "identity", "1 identity"),
        (1, "change", "1 change"),
        (2, "identity", "2 identities"),
        (12, "resource", "12 resources"),
    ],
)
def test_number_bears_its_noun(number: int, noun: str, text: str) -> None:
    assert count(number, noun) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, ""),
        (1, "0"),
        (3, "0, 1, 2"),
        (NAMES_AT_MOST, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"),
        (NAMES_AT_MOST + 1, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 1 more"),
        (100, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 90 more"),
    ],
)
def test_ten_names_are_told_and_the_rest_is_counted(number: int, text: str) -> None:
    assert named([str(one) for one in range(number)]) == text


def test_children_are_found_below_their_own_identity() -> None:
    credentials = [DesiredCredential(one, Trust("https://i", one, "a"), SourcePos(MANIFEST, 7, 7)) for one in "xy"]
    entries = [
        listed("id-a", federated_credentials=credentials),
        listed("id-b", federated_credentials=credentials[:1]),
        listed("id-c"),
    ]
    changes = diff_access(compare(desired_group(*entries), live_group("id-a")), Access())

    below = changes_below(changes)

    assert {identity.name: ids_of(found) for identity, found in below.items()} == {
        "id-a": tuple(CredentialId(resource_id("id-a"), name) for name in "xy"),
        "id-b": (CredentialId(resource_id("id-b"), "x"),),
    }
    assert changes_below(replace(changes, groups=())) == {}
