"""An undo's report: what stays of the run, why, and what to do, and how much of it in the last lines."""

from dataclasses import replace

import pytest

from reconciler.plan import NotUndone
from reconciler.report.page import Page
from reconciler.report.parts.undo import count_not_undone, write_not_undone
from tests.unit.journal.calls import CREDENTIAL_ID, IDENTITY_ID
from tests.unit.report.test_plan_text import EMPTY

TAG = NotUndone(IDENTITY_ID, "tags.env", "it is now 'x'", "compare")
CHILD = NotUndone(CREDENTIAL_ID, "", "it is \x1b[2Jgone", "create it\n::error::x")


def test_what_stays_is_shown_with_why_and_with_what_to_do() -> None:
    page = Page(color=False)

    write_not_undone(page, replace(EMPTY, not_undone=(TAG, CHILD)))

    assert page.text() == (
        "Not taken back: tags.env of rg-app/id-api: it is now 'x'\n"
        "     compare\n"
        "Not taken back: credential main of rg-app/id-api: it is \\x1b[2Jgone\n"
        "     create it\\n::error::x\n"
        "\n"
    )


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (None, ""),
        ((), ""),
        ((TAG,), "Not taken back: 1 part of the run, as said above."),
        ((TAG, CHILD), "Not taken back: 2 parts of the run, as said above."),
    ],
)
def test_what_stays_is_counted(left: tuple[NotUndone, ...] | None, said: str) -> None:
    assert count_not_undone(replace(EMPTY, not_undone=left)) == said
