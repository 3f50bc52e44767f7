"""Checkups, journals and valid manifests as documents."""

from reconciler.doctor.checkup import Check, Checkup, RightCheck, Standing
from reconciler.errors import SourcePos
from reconciler.guardrails import DeclaredVerdict
from reconciler.manifest.desired import Desired
from reconciler.manifest.finding import Finding
from reconciler.report.formats.markdown import MarkdownFormat
from reconciler.report.markdown.findings import checkup_head, journal_head, validated_head
from tests.builders import desired_group, resource_id
from tests.unit.report.hostile import record

MARKDOWN = MarkdownFormat("x")


def test_checkup_names_what_is_missing_before_the_whole_list() -> None:
    rights = (RightCheck("/a", "read identities", "a/read", Standing.MISSING, "Reader"),)
    checkup = Checkup("c", "e", "cli", (Check("token", Standing.FAILED, "none", "Sign in."),), rights, ("az role x",))

    text = MARKDOWN.checkup(checkup)

    assert checkup_head(checkup)[0].endswith("1 missing, 1 failed.**")
    lines = (
        "- `token` none",
        "  - Sign in.",
        "- read identities at `/a`",
        "  - `a/read`, role `Reader`",
        "- `az role x`",
    )
    places = [text.index(line) for line in (*lines, "<summary>All that was looked at</summary>")]
    assert places == sorted(places)


def test_journal_names_what_is_in_doubt_and_holds_the_whole_text() -> None:
    text = MARKDOWN.journal(record())

    assert journal_head(record())[0] == "**The run was cut short: its journal has no end.**"
    assert text.index("In doubt") < text.index("<summary>Calls: 1</summary>") < text.index("The whole journal")


def test_valid_manifest_says_so_with_each_warning_open() -> None:
    desired = Desired((desired_group("id-a"),))
    finding = Finding("code", resource_id("id-a"), SourcePos("m.yaml", 2, 1), "is odd", "Look.")

    text = MARKDOWN.validated(desired, (finding,), (finding,), DeclaredVerdict((), ("Left open.",)), strict=False)

    head = validated_head(desired, 0, DeclaredVerdict((), ()), ())
    assert head == ("**The manifest is valid: 1 identity in 1 resource group.**",)
    assert "The manifest accepts 1 warning: code (1)." in text
    assert "- `m.yaml:2:1` `rg-app/id-a` is odd (`code`)\n  - Look.\n" in text
