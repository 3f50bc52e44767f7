"""Rows in blocks: one for each identity, and what is the same but for the identity once."""

from reconciler.model import CredentialId, ResourceId
from reconciler.plan import Action
from reconciler.report.grouping import Block, alike_in_kind, blocks_of
from reconciler.report.rows import ChangeRow, FieldRow
from tests.builders import resource_id


def update(identity: str, value: str = "1") -> ChangeRow:
    fields = (FieldRow("tags.x", None, value),)
    return ChangeRow("~", Action.UPDATE, resource_id(identity), "", "will be updated", "m.yaml:1", fields)


def credential(identity: str, subject: str, action: Action = Action.CREATE) -> ChangeRow:
    child = CredentialId(resource_id(identity), "main")
    return ChangeRow(
        "+", action, child, "credential main", "will be", "m.yaml:2", (FieldRow("subject", None, subject),)
    )


def delete(identity: str, location: str = "westeurope") -> ChangeRow:
    fields = (
        FieldRow("location", location, None),
        FieldRow("principalId", f"principal-of-{identity}", None, of_identity=True),
    )
    return ChangeRow("-", Action.DELETE, resource_id(identity), "", "will be destroyed", "m.yaml:1", fields)


def shape(blocks: tuple[Block, ...]) -> list[tuple[list[str], bool, list[str]]]:
    """Of each block its identities, whether the identity itself changes, and its children."""

    def name(identity: ResourceId) -> str:
        return identity.name

    return [
        (
            [name(row.identity) for row in block.members] or [name(block.identity)],
            block.head is not None,
            [row.label for row in block.children],
        )
        for block in blocks
    ]


def test_children_stand_with_their_identity_whatever_lies_between() -> None:
    rows = [update("a", "1"), update("b", "2"), credential("a", "s")]

    assert shape(blocks_of(rows, group=True)) == [(["a"], True, ["credential main"]), (["b"], True, [])]


def test_role_of_an_identity_that_goes_stands_below_it() -> None:
    rows = [credential("a", "s", Action.DELETE), delete("a")]

    assert shape(blocks_of(rows, group=True)) == [(["a"], True, ["credential main"])]


def test_equal_changes_are_told_once() -> None:
    rows = [update("a"), update("b", "2"), update("c")]

    assert shape(blocks_of(rows, group=True)) == [(["a", "c"], True, []), (["b"], True, [])]


def test_without_grouping_each_is_told() -> None:
    assert shape(blocks_of([update("a"), update("b")], group=False)) == [(["a"], True, []), (["b"], True, [])]


def test_two_identities_to_which_other_things_happen_stay_whole() -> None:
    rows = [update("a"), credential("a", "1"), update("b"), credential("b", "2")]

    assert shape(blocks_of(rows, group=True)) == [
        (["a"], True, ["credential main"]),
        (["b"], True, ["credential main"]),
    ]


def test_three_equal_changes_are_told_once_whatever_else_happens() -> None:
    rows = [row for name in "abc" for row in (update(name), credential(name, name))]

    assert shape(blocks_of(rows, group=True)) == [
        (["a", "b", "c"], True, []),
        (["a"], False, ["credential main"]),
        (["b"], False, ["credential main"]),
        (["c"], False, ["credential main"]),
    ]


def test_identities_to_which_all_the_same_happens_are_one_block() -> None:
    rows = [row for name in "ab" for row in (update(name), credential(name, "same"))]

    assert shape(blocks_of(rows, group=True)) == [(["a", "b"], True, ["credential main"])]


def test_ids_that_no_two_identities_share_make_no_difference() -> None:
    rows = [delete("a"), delete("b"), delete("c", "uksouth")]

    assert shape(blocks_of(rows, group=True)) == [(["a", "b"], True, []), (["c"], True, [])]


def test_changes_of_one_kind_are_listed_together() -> None:
    rows = (update("a"), credential("a", "1"), update("b", "2"), credential("b", "2"))

    assert alike_in_kind(rows) == ((rows[0], rows[2]), (rows[1], rows[3]))
