"""Warnings as text: each in a line of its own, with its place, whatever the manifest says."""

import re

from reconciler.errors import SourcePos
from reconciler.manifest.desired import Desired
from reconciler.manifest.findings import Finding
from reconciler.model.ids import CredentialId
from reconciler.report.warnings import render_warnings
from tests.builders import OTHER_SUBSCRIPTION, SUBSCRIPTION, desired_group, resource_id

ONE_GROUP = Desired((desired_group("id-a"),))


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

    text = render_warnings((of_a, of_b, other), ONE_GROUP, strict=False)

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


def test_no_text_of_others_moves_the_cursor_or_forges_a_line() -> None:
    evil = "\x1b[2J\r\nForged\u202e"

    text = render_warnings((finding(message=evil, file=f"{evil}.yaml"),), ONE_GROUP, strict=False)

    assert re.findall(r"[^\n\x20-\x7e]", text) == []
    assert [line for line in text.splitlines() if line.startswith("Forged")] == []
