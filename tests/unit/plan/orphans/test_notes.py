"""What the plan of a removal says beside its changes."""

from dataclasses import replace

import pytest

from reconciler.plan.orphans.notes import not_judged_note, orphan_notes
from tests.builders import SUBSCRIPTION
from tests.orphans import EVIDENCE, IN_SUBSCRIPTION, OTHER_PRINCIPAL, PRINCIPAL, orphan

ABOVE = "/providers/Microsoft.Management/managementGroups/all"


def test_a_removal_says_how_it_is_known_and_what_stays() -> None:
    orphans = [
        orphan(),
        orphan(IN_SUBSCRIPTION),
        orphan(principal_id=OTHER_PRINCIPAL, evidence="the identity rg-app/id-api is another principal now"),
        orphan(ABOVE),
        replace(orphan(ABOVE), principal_type="User"),
        replace(orphan(ABOVE), doubt="only a journal says it"),
        replace(orphan(), doubt="only a journal says it"),
        orphan(is_ours=False),
        orphan(IN_SUBSCRIPTION, is_ours=False),
    ]

    assert [*orphan_notes(orphans, SUBSCRIPTION)] == [
        f"Gone: principal {PRINCIPAL}: {EVIDENCE}.",
        f"Gone: principal {OTHER_PRINCIPAL}: the identity rg-app/id-api is another principal now.",
        "1 orphaned role assignment of ours above the subscription stays: a run over one removes none there.",
        "1 orphaned role assignment with a mark of ours stays: uami gives roles to identities alone.",
        "2 orphaned role assignments of ours stay: only a journal says it.",
        "2 orphaned role assignments of others stay: only what is ours is removed.",
    ]


def test_what_is_known_of_several_alike_is_said_once() -> None:
    orphans = [orphan(), orphan(principal_id=OTHER_PRINCIPAL)]

    assert [*orphan_notes(orphans, SUBSCRIPTION)] == [
        f"Gone: principals {PRINCIPAL}, {OTHER_PRINCIPAL}; of each of them: {EVIDENCE}."
    ]


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, ()), (1, ("1 principal was not judged",)), (3, ("3 principals were not judged",))],
)
def test_principals_that_were_not_judged_are_counted(number: int, said: tuple[str, ...]) -> None:
    assert tuple(one.partition(",")[0] for one in not_judged_note(number)) == said


def test_where_all_is_removed_nothing_is_said_to_stay() -> None:
    assert [*orphan_notes([orphan()], SUBSCRIPTION)] == [f"Gone: principal {PRINCIPAL}: {EVIDENCE}."]
