"""Warnings as text: each in a line of its own, with its place, whatever the manifest says."""

import re
from dataclasses import replace

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding
from reconciler.model import AddressBook
from reconciler.model.ids import AnyId, CredentialId
from reconciler.report.names import Names
from reconciler.report.page import Page
from reconciler.report.warnings import render_warnings, write_warnings
from tests.builders import OTHER_SUBSCRIPTION, SUBSCRIPTION, desired_group, group_id, resource_id

ONE_GROUP = Desired((desired_group("id-a"),))
NAMES = Names(AddressBook([group_id()]), {}, {})


def finding(name: str = "cred", message: str = "trusts too much", file: str = "m.yaml") -> Finding:
    pos = SourcePos(file, 7, 13)
    return Finding("trust-shared", CredentialId(resource_id("id-a"), name), pos, message, "Trust less.")


def test_no_finding_is_no_text() -> None:
    assert render_warnings((), ONE_GROUP, strict=True) == ""


def test_finding_is_shown_with_its_place_its_code_and_what_to_do() -> None:
    text = render_warnings((finding(),), ONE_GROUP, strict=False)

    assert text == (
        "\n"
        "m.yaml:7:13: warning: rg-app/id-a/federatedCredentials/cred trusts too much [trust-shared]\n"
        "    hint: Trust less.\n"
        "\n"
        "1 warning.\n"
    )


def test_warning_of_a_default_is_told_once_at_the_default() -> None:
    default = SourcePos("m.yaml", 3, 5)
    of_a, of_b, other = (
        Finding("code", CredentialId(resource_id(name), "cred"), pos, "is odd", hint, (), default)
        for name, pos, hint in (
            ("id-a", SourcePos("m.yaml", 7, 9), "Look."),
            ("id-b", SourcePos("m.yaml", 8, 9), "Look."),
            ("id-c", SourcePos("m.yaml", 9, 9), "Look again."),
        )
    )

    text, of_a_file = (
        render_warnings(many, ONE_GROUP, strict=False)
        for many in ((of_a, of_b, other), (replace(of_a, identities=2), other))
    )

    assert text == of_a_file
    assert text.splitlines()[1:] == [
        "m.yaml:3:5: warning: rg-app/id-a/federatedCredentials/cred (a default, of 2 identities) is odd [code]",
        "    hint: Look.",
        "m.yaml:3:5: warning: rg-app/id-c/federatedCredentials/cred (a default, taken at m.yaml:9:9) is odd [code]",
        "    hint: Look again.",
        "",
        "2 warnings.",
    ]


def test_findings_are_counted_and_a_strict_run_says_that_it_refuses_them() -> None:
    text = render_warnings((finding(), finding("other")), ONE_GROUP, strict=True)

    assert text.splitlines()[-1] == "2 warnings, refused because of --strict."


def test_address_has_its_subscription_where_groups_share_a_name() -> None:
    desired = Desired((desired_group("id-a"), desired_group("id-a", subscription=OTHER_SUBSCRIPTION)))

    assert f" {SUBSCRIPTION}/rg-app/id-a/federatedCredentials/cred " in render_warnings(
        (finding(),), desired, strict=False
    )


def pointed_at(number: int, group: str, name: str = "main") -> Finding:
    """The same warning of another identity, a line further down."""
    about = CredentialId(resource_id(f"id-{number}", group), name)
    return Finding("trust", about, SourcePos(f"{group}.yaml", number, 3), "trusts too much", "Trust less.")


def test_same_warning_of_many_is_told_once_with_the_place_of_each() -> None:
    same = [pointed_at(number, group) for group in ("rg-a", "rg-b") for number in (1, 2)]
    other = finding(message="trusts nobody")
    desired = Desired(tuple(desired_group(name=name) for name in ("rg-a", "rg-b", "rg-app")))

    text = render_warnings((other, *same), desired, strict=False)

    assert text == (
        "\n"
        "m.yaml:7:13: warning: rg-app/id-a/federatedCredentials/cred trusts nobody [trust-shared]\n"
        "    hint: Trust less.\n"
        "rg-a.yaml:1:3: warning: credential main of 4 identities: trusts too much [trust]\n"
        "    hint: Trust less.\n"
        "     rg-a (rg-a.yaml): id-1:1, id-2:2\n"
        "     rg-b (rg-b.yaml): id-1:1, id-2:2\n"
        "\n"
        "5 warnings.\n"
    )


@pytest.mark.parametrize("number", [1, 2])
def test_few_warnings_keep_a_line_of_their_own(number: int) -> None:
    text = render_warnings([pointed_at(one, "rg-app") for one in range(1, number + 1)], ONE_GROUP, strict=False)

    assert text.count(": warning: rg-app/id-") == number


@pytest.mark.parametrize(
    ("ids", "title"),
    [
        ([CredentialId(resource_id("id-a"), name) for name in ("one", "two", "six")], "3 credentials"),
        ([resource_id(f"id-{number}") for number in range(3)], "3 identities"),
        (
            [resource_id("id-a"), resource_id("id-b"), CredentialId(resource_id("id-a"), "one")],
            "3 identities and credentials",
        ),
    ],
)
def test_many_are_called_what_they_are(ids: list[AnyId], title: str) -> None:
    same = [Finding("code", one, SourcePos("m.yaml", line, 1), "m", "h") for line, one in enumerate(ids, start=1)]

    assert f"m.yaml:1:1: warning: {title}: m [code]\n" in render_warnings(same, ONE_GROUP, strict=False)


def test_documents_and_groups_are_told_one_by_one() -> None:
    same = [Finding("code", about, SourcePos("m.yaml", 1, 1), "m", "h") for about in (None, group_id()) for _ in "123"]

    assert render_warnings(same, ONE_GROUP, strict=False).count("warning: ") == 6


def test_every_warning_is_told_where_nothing_is_put_together() -> None:
    page = Page(color=False)

    write_warnings(page, [pointed_at(one, "rg-app") for one in (1, 2, 3)], NAMES, group=False)

    assert page.text().count(": warning: rg-app/id-") == 3


def test_no_text_of_others_moves_the_cursor_or_forges_a_line() -> None:
    evil = "\x1b[2J\r\nForged\u202e"

    text = render_warnings((finding(message=evil, file=f"{evil}.yaml"),), ONE_GROUP, strict=False)

    assert re.findall(r"[^\n\x20-\x7e]", text) == []
    assert [line for line in text.splitlines() if line.startswith("Forged")] == []
