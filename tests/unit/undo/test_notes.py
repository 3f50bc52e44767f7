"""What an undo says of an identity that returns as another principal."""

import pytest

from reconciler.model import IsolationScope
from reconciler.undo.notes import gone_for_good
from tests.builders import live_identity


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("Galactic", ["The isolation scope 'Galactic' of rg-app/id-old is none that a manifest knows; it is not set."]),
        (IsolationScope.REGIONAL, []),
        (IsolationScope.NONE, []),
    ],
)
def test_isolation_scope_that_no_manifest_knows_is_said_not_to_return(
    scope: IsolationScope | str, told: list[str]
) -> None:
    notes = gone_for_good(live_identity("id-old", isolation_scope=scope), None, "rg-app/id-old")

    assert [note for note in notes if note.startswith("The isolation scope")] == told
