"""What a text report says of an undo where it would speak of manifests and `--target` otherwise."""

from reconciler.plan import NotUndone, Plan, SkipReason
from reconciler.report.page import Page
from reconciler.report.rows import addresses_of

NOTHING_TO_UNDO = "No changes. Nothing of the run is left that could be taken back."

NOT_OF_THE_RUN = {
    SkipReason.NOT_TARGETED: "not changed by the run that is undone",
    SkipReason.UNRESOLVED: "stays while a role that is to return is not known",
}
"""Why something stays, in the words of an undo."""


def write_not_undone(page: Page, plan: Plan) -> None:
    """What stays of the run, each with why, and with what the reader can do about it."""
    for one in plan.not_undone or ():
        page.line(("Not taken back: ", "bold yellow"), f"{what_stays(plan, one)}: {one.because}")
        page.line("     ", one.advice)
    if plan.not_undone:
        page.line()


def count_not_undone(plan: Plan, where: str = "above") -> str:
    """How much of the run stays, and `where` it is said; empty where nothing does, and of a plan that is no undo."""
    number = len(plan.not_undone or ())
    if not number:
        return ""
    return f"Not taken back: {number} {'part' if number == 1 else 'parts'} of the run, as said {where}."


def what_stays(plan: Plan, one: NotUndone) -> str:
    """What of the run one entry is about."""
    address = addresses_of(plan).short(one.resource_id)
    return f"{one.part} of {address}" if one.part else address
