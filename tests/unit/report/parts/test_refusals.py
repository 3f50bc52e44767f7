"""Refusals: a paragraph for each guard, in which what is the same of several places is said once."""

from reconciler.model import AddressBook, AnyId, AssignmentId, ResourceGroupId, Violation
from reconciler.report.names import Names
from reconciler.report.page import Page
from reconciler.report.parts.refusals import write_refusals
from tests.builders import SUBSCRIPTION, group_id, resource_id

NAMES = Names(AddressBook([group_id()]), {}, {})


def lines(*violations: Violation) -> list[str]:
    page = Page(color=False)
    write_refusals(page, violations, NAMES)
    return page.text().splitlines()


def in_use(name: str, message: str = "may be in use") -> Violation:
    return Violation("in-use", resource_id(name), message, f"If it is meant: --allow in-use=rg-app/{name}.")


def test_refusal_that_is_alone_keeps_its_own_words() -> None:
    assert lines(in_use("id-a")) == [
        " ! in-use  rg-app/id-a: may be in use",
        "     If it is meant: --allow in-use=rg-app/id-a.",
        "",
    ]


def test_refusals_in_the_same_words_are_one_with_a_general_hint() -> None:
    assert lines(in_use("id-a"), in_use("id-b")) == [
        " ! in-use  2 identities: may be in use",
        "         rg-app: id-a, id-b",
        "     If it is meant: --allow in-use=GROUP/IDENTITY.",
        "",
    ]


def test_refusals_of_one_guard_in_other_words_share_a_paragraph_and_their_hint() -> None:
    assert lines(in_use("id-a", "used by x"), in_use("id-b", "used by y")) == [
        " ! in-use  2 places",
        "     rg-app/id-a: used by x",
        "     rg-app/id-b: used by y",
        "       If it is meant: --allow in-use=GROUP/IDENTITY.",
        "",
    ]


def test_guards_have_paragraphs_of_their_own_wherever_they_speak() -> None:
    other = Violation("self", None, "no", "Nothing lifts this.")

    found = lines(in_use("id-a"), other, in_use("id-b"))

    assert [line for line in found if line.startswith(" ! ")] == [
        " ! in-use  2 identities: may be in use",
        " ! self  this run: no",
    ]


def test_refusals_of_groups_name_the_groups() -> None:
    def limit(group: str) -> Violation:
        return Violation("limit", ResourceGroupId(SUBSCRIPTION, group), f"too many in {group}", "Fewer.")

    assert lines(limit("rg-app"), limit("rg-b")) == [
        " ! limit  2 groups: too many in GROUP",
        "         rg-app, rg-b",
        "     Fewer.",
        "",
    ]


def test_refusals_of_one_role_are_listed_by_identity() -> None:
    def grant(name: str) -> Violation:
        role: AnyId = AssignmentId(resource_id(name), "Owner", "g", f"/subscriptions/{SUBSCRIPTION}")
        return Violation("grant", role, "would give", f"--allow 'grant=rg-app/{name}/roleAssignments/Owner@/x'")

    assert lines(grant("id-a"), grant("id-b")) == [
        f" ! grant  role Owner on subscription {SUBSCRIPTION} of 2",
        "       identities: would give",
        "         rg-app: id-a, id-b",
        "     --allow 'grant=GROUP/IDENTITY/roleAssignments/Owner@/x'",
        "",
    ]


def test_name_that_is_part_of_another_stays() -> None:
    first = Violation("code", resource_id("id"), "beside rg-app/id-b", "Hint.")

    assert lines(first, Violation("code", resource_id("id-c"), "beside rg-app/id-b", "Hint."))[0] == (
        " ! code  2 identities: beside rg-app/id-b"
    )
