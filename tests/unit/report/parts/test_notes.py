"""Notes of a plan: alone, and those of many identities that say the same put together."""

from dataclasses import replace

from reconciler.plan import Plan
from reconciler.report.names import names_of
from reconciler.report.page import Page
from reconciler.report.parts.notes import write_notes
from tests.builders import desired_group, live_group, plan_of

IDS = [f"id-{number}" for number in range(4)]
PLAN = plan_of(desired_group(*IDS), live_group(*IDS))


def said(*notes: str, group: bool = True, plan: Plan = PLAN) -> str:
    page, with_notes = Page(color=False), replace(plan, notes=notes)
    write_notes(page, with_notes, names_of(with_notes), group=group)
    return page.text()


def advice(number: int, line: int | None = None) -> str:
    place = f"m.yaml:{line or number + 7}"
    return f"{place}: change tags.env of rg-app/id-{number} in Git too, or the next apply sets it again."


def test_no_note_is_no_text() -> None:
    assert said() == ""


def test_advice_for_many_identities_is_told_once_with_the_place_of_each() -> None:
    assert said("First.", advice(3), advice(1), "Last of rg-app/id-9.", advice(0)) == (
        "Note: First.\n"
        "Note: 3 identities: change tags.env of GROUP/IDENTITY in Git too, or the next\n"
        "  apply sets it again.\n"
        "     rg-app (m.yaml): id-0:7, id-1:8, id-3:10\n"
        "Note: Last of rg-app/id-9.\n"
        "\n"
    )


def test_place_that_all_share_is_told_once() -> None:
    assert "     rg-app (m.yaml:5): id-0, id-1, id-2\n" in said(*(advice(number, line=5) for number in range(3)))


def test_note_without_a_place_names_its_identities_alone() -> None:
    text = said(*(f"Roles of rg-app/id-{number} in other subscriptions do not return." for number in range(4)))

    assert text == (
        "Note: 4 identities: Roles of GROUP/IDENTITY in other subscriptions do not\n"
        "  return.\n"
        "     rg-app: id-0, id-1, id-2, id-3\n"
        "\n"
    )


def test_ids_of_each_are_kept() -> None:
    guids = [f"{number}0000000-0000-4000-8000-000000000000" for number in range(3)]

    text = said(*(f"rg-app/id-{number} had principalId {guid}." for number, guid in enumerate(guids)))

    assert text == (
        "Note: 3 identities: GROUP/IDENTITY had principalId ....\n"
        f"     rg-app/id-0: {guids[0]}\n"
        f"     rg-app/id-1: {guids[1]}\n"
        f"     rg-app/id-2: {guids[2]}\n"
        "\n"
    )


def test_children_are_put_together_by_their_names() -> None:
    kinds = [
        f"change rg-app/id-{number}/federatedCredentials/{name} too." for name in ("a", "b") for number in (0, 1, 2)
    ]

    assert [line for line in said(*kinds).splitlines() if line.startswith("Note")] == [
        "Note: 3 identities: change GROUP/IDENTITY/federatedCredentials/a too.",
        "Note: 3 identities: change GROUP/IDENTITY/federatedCredentials/b too.",
    ]


def test_few_and_all_where_nothing_is_put_together_are_told_one_by_one() -> None:
    assert said(advice(0), advice(1)).count("Note: m.yaml:") == 2
    assert said(*(advice(number) for number in range(4)), group=False).count("Note: m.yaml:") == 4


def test_no_note_moves_the_cursor_or_forges_a_line() -> None:
    text = said(*(f"rg-app/id-{number} \x1b[2J\n::error::x." for number in range(3)))

    assert "\x1b" not in text
    assert [line for line in text.splitlines() if line.startswith("::")] == []
