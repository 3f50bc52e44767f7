"""Outputs for people."""

from dataclasses import replace

from reconciler.outputs.formats.text import TextForm
from reconciler.report.rows import Header
from tests.builders import SUBSCRIPTION, TENANT, listed
from tests.unit.outputting import CLIENT, PRINCIPAL, living, outputs_of

RESOURCE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-app/providers/Microsoft.ManagedIdentity"


def test_each_identity_is_a_block_and_a_missing_one_a_line() -> None:
    outputs = outputs_of([listed("id-a"), listed("id-b")], [living("id-a", 1)])

    shown = TextForm(color=False).write(replace(outputs, header=Header("s.json", "me")))

    assert shown == (
        "SANDBOX       s.json\n"
        f"Tenant        {TENANT}\n"
        f"Subscription  Payments ({SUBSCRIPTION})\n"
        "Principal     me\n"
        "\n"
        "rg-app/id-a\n"
        f"  client id     {CLIENT.format(1)}\n"
        f"  principal id  {PRINCIPAL.format(1)}\n"
        f"  tenant id     {TENANT}\n"
        f"  resource id   {RESOURCE}/userAssignedIdentities/id-a\n"
        "  location      westeurope\n"
        "\n"
        "rg-app/id-b  (not live yet)\n"
    )
    assert TextForm(color=False).notes(outputs) == ()


def test_colour_changes_no_word() -> None:
    outputs = outputs_of([listed("id-a")], [])

    colored = TextForm(color=True).write(outputs)

    assert "\x1b[1mrg-app/id-a\x1b[0m" in colored
    assert "\x1b[33m  (not live yet)\x1b[0m" in colored


def test_that_nothing_is_listed_is_said() -> None:
    assert TextForm(color=False).write(outputs_of([], [])) == "\nNo identity is listed.\n"


def test_location_is_shown_and_not_obeyed() -> None:
    outputs = outputs_of([listed("id-a")], [living("id-a", location="x\n##[error]y")])

    assert TextForm(color=False).write(outputs).endswith("  location      x\\n#\\x23[error]y\n")
