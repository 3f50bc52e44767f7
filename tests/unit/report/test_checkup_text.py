"""What the doctor found, as a whole page, and the sentence that it comes to."""

import pytest

from reconciler.doctor.checkup import Check, Checkup, RightCheck, Standing
from reconciler.plan import NOT_CHECKED
from reconciler.report.checkup_text import render_checkup


def checkup(*checks: Check, rights: tuple[RightCheck, ...] = (), commands: tuple[str, ...] = ()) -> Checkup:
    return Checkup("AzureCloud", "https://management.azure.com", "cli", checks, rights, commands)


def right(scope: str, standing: Standing, role: str | None = "Reader") -> RightCheck:
    return RightCheck(scope, "read identities", "a/read", standing, role)


def test_checkup_is_told_whole() -> None:
    found = checkup(
        Check("clock", Standing.OK, "2 s apart"),
        Check("token", Standing.FAILED, "none", ("Sign in.", "Or not.")),
        rights=(
            right("/a", Standing.OK),
            right("/a", Standing.MISSING),
            right("/b", Standing.MISSING, None),
            right("/b", Standing.NOT_CHECKED),
        ),
        commands=("az role assignment create",),
    )

    assert render_checkup(found, color=False) == (
        "ok           clock         2 s apart\n"
        "failed       token         none\n"
        "                           Sign in.\n"
        "                           Or not.\n"
        "\n"
        "Rights at /a\n"
        "  ok           read identities\n"
        "  missing      read identities  (a/read; the role Reader has it)\n"
        "\n"
        "Rights at /b\n"
        "  missing      read identities  (a/read; no built-in role known here has it)\n"
        "  not checked  read identities  (it does not exist, or you may not read your permissions there)\n"
        "\n"
        "To be given, by whoever administers these scopes:\n"
        "  az role assignment create\n"
        "\n"
        f"{NOT_CHECKED}\n"
        "Plan and apply of this manifest do not have all that they need: 2 missing, 1 failed.\n"
    )


@pytest.mark.parametrize(
    ("standing", "outcome"),
    [
        (Standing.OK, "Everything that plan and apply of this manifest need is there."),
        (
            Standing.NOT_CHECKED,
            "Everything that plan and apply of this manifest need is there, as far as it could be checked.",
        ),
        (
            Standing.MISSING,
            "Plan and apply of this manifest do not have all that they need: 1 missing, 0 failed.",
        ),
    ],
)
def test_last_line_says_what_it_comes_to(standing: Standing, outcome: str) -> None:
    page = render_checkup(checkup(rights=(right("/", standing),)), color=False)

    assert page.splitlines()[-2:] == [NOT_CHECKED, outcome]
