"""Rows as groups and blocks: what is open, what is told while it is closed, and where the manifest says it."""

from dataclasses import replace

import pytest

from reconciler.model import AttachedResource, Impact, Part
from reconciler.plan import Action, IdentityChange, Plan
from reconciler.report.html.changes import (
    ALL_OPEN,
    GROUPS_OPEN,
    groups_of,
    kinds_of,
    members_at,
    members_by_id,
    tallies_of,
    tone_of,
    values_of,
)
from reconciler.report.html.views import Group, Members, Tally, Tone, Value
from reconciler.report.names import names_of
from reconciler.report.rows import FieldRow, change_rows
from tests.builders import MANIFEST, desired_group, listed, live_group, live_identity, plan_of, resource_id
from tests.unit.reporting import plan_of_everything


def groups(plan: Plan, *, group: bool = True) -> tuple[Group, ...]:
    return groups_of(change_rows(plan), names_of(plan), group=group)


def creates(number: int) -> Plan:
    identities = [listed(f"id-{one:03}", tags={"number": str(one)}) for one in range(number)]
    return plan_of(desired_group(*identities, default_location="westeurope"), live_group())


def test_each_row_has_the_tone_of_what_is_done() -> None:
    rows = change_rows(plan_of_everything())

    assert [tone_of(row) for row in rows] == [Tone.ADOPT, Tone.UPDATE, Tone.CREATE, Tone.DELETE]


def test_group_has_a_block_for_each_identity_with_its_place_and_values() -> None:
    (group,) = groups(plan_of_everything())

    assert (group.title, group.is_open) == ("rg-app", True)
    assert [block.title for block in group.blocks] == ["id-adopt", "id-api", "id-new", "id-old"]
    head = group.blocks[1].head
    assert head is not None
    assert (head.symbol, head.summary, head.place) == ("~", "will be updated in place", f"{MANIFEST}:8")
    assert head.values == (
        Value("tags.env", None, '"prod"', is_update=True),
        Value("tags.old", '"x"', None, is_update=True),
        Value("isolationScope", "None", "Regional", is_update=True),
    )


def test_numbers_of_a_group_are_by_what_is_done() -> None:
    tallies = tallies_of(change_rows(plan_of_everything()))

    assert tallies == (
        Tally(1, "to add", Tone.CREATE),
        Tally(1, "to adopt", Tone.ADOPT),
        Tally(1, "to change", Tone.UPDATE),
        Tally(1, "to destroy", Tone.DELETE),
    )


def test_delete_says_first_what_it_breaks_also_while_it_is_closed() -> None:
    plan = plan_of(desired_group(), live_group("id-old"))
    vm = AttachedResource("/subscriptions/1/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm")
    (change,) = plan.changes
    assert isinstance(change, IdentityChange)
    used = replace(plan, changes=(replace(change, impact=Impact(Part((vm, vm)))),), violations=())

    ((block,),) = (group.blocks for group in groups(used))

    assert block.brief == "attached to 2"
    assert block.head is not None
    assert [(one.label, one.text, one.tone) for one in block.head.lines] == [
        ("attached to", "virtualMachines vm (rg)", Tone.WARNING)
    ] * 2
    assert block.head.footnote == "not looked at: Entra groups, app roles, data-plane grants, identityProfile"


def test_delete_that_breaks_nothing_found_has_nothing_to_say_while_it_is_closed() -> None:
    plan = replace(plan_of(desired_group(), live_group("id-old")), violations=())

    ((block,),) = (group.blocks for group in groups(plan))

    assert block.brief == ""
    assert block.head is not None
    assert [(one.label, one.tone) for one in block.head.lines] == [("impact", Tone.QUIET)]


def test_equal_changes_are_told_once_unless_each_is_asked_for() -> None:
    names = [f"id-{one}" for one in range(3)]
    plan = plan_of(desired_group(*names, default_location="westeurope"), live_group())

    (once,), (each,) = groups(plan), groups(plan, group=False)

    (block,) = once.blocks
    assert block.title == "3 identities"
    assert block.members == (Members("rg-app", MANIFEST, tuple((name, ":5") for name in names)),)
    assert [one.title for one in each.blocks] == names
    assert once.tallies == each.tallies == (Tally(3, "to add", Tone.CREATE),)


def test_ids_of_identities_that_are_deleted_together_stand_in_their_list() -> None:
    lives = [live_identity(f"id-{one}", principal_id="p", tags={}) for one in range(3)]
    plan = replace(plan_of(desired_group(), live_group(*lives)), violations=())

    ((block,),) = (group.blocks for group in groups(plan))

    assert [name for name, _ in block.members[0].names] == ["id-0", "id-1", "id-2"]
    assert block.members[0].names[1][1] == ":3  principalId p  clientId client-of-id-1"
    assert block.head is not None
    assert [one.name for one in block.head.values] == ["location"]


@pytest.mark.parametrize(
    ("number", "group_is_open", "block_is_open"),
    [(ALL_OPEN, True, True), (ALL_OPEN + 1, True, False), (GROUPS_OPEN, True, False), (GROUPS_OPEN + 1, False, False)],
)
def test_many_blocks_are_closed_at_first(number: int, group_is_open: bool, block_is_open: bool) -> None:
    (group,) = groups(creates(number))

    assert group.is_open is group_is_open
    assert {block.is_open for block in group.blocks} == {block_is_open}


def test_rows_of_which_something_was_said_have_its_tone_and_are_closed() -> None:
    plan = plan_of_everything()

    (group,) = groups_of(change_rows(plan), names_of(plan), group=True, tone=Tone.REFUSED)

    assert group.tallies == (Tally(4, "refused", Tone.REFUSED),)
    assert {tone for block in group.blocks for tone, _ in block.marks} == {Tone.REFUSED}
    assert {block.is_open for block in group.blocks} == {False}


@pytest.mark.parametrize(
    ("field", "action", "value"),
    [
        (FieldRow("location", None, "westeurope"), Action.CREATE, Value("location", None, "westeurope")),
        (FieldRow("tags.a", "b", None), Action.DELETE, Value("tags.a", '"b"', None)),
        (FieldRow("tags.a", None, "b"), Action.UPDATE, Value("tags.a", None, '"b"', is_update=True)),
        (FieldRow("clientId", None, None, known=False), Action.CREATE, Value("clientId", later="(known after apply)")),
    ],
)
def test_value_shows_the_sides_that_its_change_has(field: FieldRow, action: Action, value: Value) -> None:
    assert values_of([field], action) == (value,)


def test_kinds_of_changes_name_what_is_one_and_list_what_is_many() -> None:
    plan = plan_of_everything()
    names, rows = names_of(plan), change_rows(plan)

    kinds = kinds_of([*rows[2:3], *rows[3:4]], names)
    (many,) = kinds_of(change_rows(creates(2)), names)

    assert kinds == (("create rg-app/id-new", ()), ("delete rg-app/id-old", ()))
    assert many == (
        "create 2 identities",
        (Members("rg-app", MANIFEST, (("id-000", ":5"), ("id-001", ":5"))),),
    )


def test_lists_of_identities_are_by_group_and_by_file() -> None:
    names = names_of(plan_of_everything())
    one, two = resource_id("id-a"), resource_id("id-b", "rg-b")

    assert members_by_id([one, two], names) == (
        Members("rg-app", "", (("id-a", ""),)),
        Members("rg-b", "", (("id-b", ""),)),
    )
    assert members_at([(one, "x.yaml:3"), (one, "y.yaml:4"), (one, "x.yaml:5")], names) == (
        Members("rg-app", "x.yaml", (("id-a", ":3"), ("id-a", ":5"))),
        Members("rg-app", "y.yaml", (("id-a", ":4"),)),
    )
