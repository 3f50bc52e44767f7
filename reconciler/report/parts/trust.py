"""The section of a plan that says what it lets whom do that they could not, and what it takes from whom."""

from reconciler.plan import Plan
from reconciler.report.names import Names
from reconciler.report.page import Page
from reconciler.report.parts.members import write_places
from reconciler.report.parts.wrap import write_pieces, write_text
from reconciler.report.trust import plan_lines

HEADING = "Trust and rights:"

_BELOW = 3
"""Where the lines of a sentence begin, behind its sign."""


def write_trust(page: Page, plan: Plan, names: Names, *, group: bool) -> None:
    """A sentence each; nothing where nobody's trust or rights change."""
    lines = plan_lines(plan, names, group=group)
    if not lines:
        return
    page.line((HEADING, "bold"))
    page.line()
    for line in lines:
        begin = (" + " if line.is_gain else " - ", "yellow" if line.is_gain else "")
        place = [] if line.members else [(line.place, "dim")]
        write_pieces(page, [(line.text, ""), *place], indent=_BELOW, lead=begin)
        write_places(page, line.members, names, indent=_BELOW)
        for who in line.whos:
            write_text(page, who, indent=_BELOW + 2, lead=[(" " * _BELOW, "")])
    page.line()
