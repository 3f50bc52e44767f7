"""What `uami orphans` writes for people."""

from collections.abc import Iterator

from reconciler.arm.role_assignments import delete_command
from reconciler.live.orphans.judge import NAMES
from reconciler.model import Orphan, shell_command
from reconciler.outputs.orphans.report import OrphansReport, Whose, journal_words
from reconciler.plan.orphans.removal import is_of_identity
from reconciler.report.page import Page
from reconciler.report.parts.header import write_connection
from reconciler.report.parts.wrap import write_text
from reconciler.report.visible import SafeText

RESTORED = (
    "A deleted user, Microsoft 365 group or application can be restored for 30 days, and has its roles again then; an"
    " identity or a security group cannot."
)
"""What stands below a report that names an orphan whose principal can have been one of these.

Source: Microsoft Graph documentation (directory deletedItems: restore); Microsoft.ManagedIdentity OpenAPI, all versions
(no operation brings an identity back). That roles count again with their principal, whose id they bear: assumed.
"""

OTHERS = (
    "Whom Microsoft Graph does not know may be of another tenant, as the publisher of a managed application is: look"
    " before you delete what is others'."
)
"""What stands below a report that names an orphan of others."""

NOBODYS = "nothing: no --owner is given, and no journal of the state folder has one"
"""Whose role assignments are ours, where that is nobody's."""

_LABEL = 10
"""Columns of the labels below a principal."""

_NAMED = 10
"""So many principals that were not judged are named for each reason; of the others stands how many they are."""


def write_orphans_text(report: OrphansReport, *, color: bool) -> SafeText:
    """All of it."""
    page = Page(color=color)
    write_connection(page, report.cloud, (report.subscription,), report.header)
    page.line(f"{'Ours':<14}", ", ".join(report.owners) or NOBODYS)
    page.line(f"{'Journals':<14}", journal_words(report.journals))
    for group in report.by_principal:
        page.line()
        _write_principal(page, report, group)
    _write_not_judged(page, report)
    page.line()
    lasting = " ".join(_lasting(report))
    if lasting:
        write_text(page, lasting, style="dim")
        page.line()
    page.line(report.looked_at)
    page.line((report.totals, "bold"))
    if report.how_to_remove:
        page.line(f"Remove ours: {report.how_to_remove}")
    return page.text()


def _lasting(report: OrphansReport) -> Iterator[str]:
    """What to bear in mind; nothing where all that is named are ours, of identities."""
    if any(not one.is_ours or not is_of_identity(one) for one in report.found.orphans):
        yield RESTORED
    if any(not one.is_ours for one in report.found.orphans):
        yield OTHERS


def _write_principal(page: Page, report: OrphansReport, group: tuple[Orphan, ...]) -> None:
    first = group[0]
    principal_id, kind = first.assignment.principal_id, NAMES.get(first.principal_type, first.principal_type)
    behind = f", {kind}" if first.identity is None else f", principal {principal_id}"
    page.line((report.name(first), "bold yellow"), behind)
    _labelled(page, "gone", first.evidence)
    if first.doubt:
        _labelled(page, "stays", f"with --remove, too: {first.doubt}")
    if first.created_again is not None:
        again = f"it is there again as the principal {first.created_again}: `uami plan` gives it its roles again"
        _labelled(page, "again", again)
    for one in group:
        above = ", above the subscription" if report.is_above(one) else ""
        said = f"{one.role} on {report.scope(one)}{above}, {report.age(one)}{_whose_words(report, one)}"
        _labelled(page, "ours" if one.is_ours else "others'", said)
        if report.whose(one) in (Whose.OTHERS, Whose.UNMARKED):
            page.line(" " * (2 + _LABEL), delete_command(one.assignment))


def _whose_words(report: OrphansReport, orphan: Orphan) -> str:
    match report.whose(orphan):
        case Whose.OTHER_OWNER:
            owner = orphan.assignment.owner or ""
            return f"; uami gave it for the owner {owner}: {shell_command('--owner', owner)} counts it as ours"
        case Whose.UNMARKED:
            return "; it has the name that uami gives, and no mark of an owner"
        case Whose.OURS | Whose.OTHERS:
            return ""


def _labelled(page: Page, label: str, text: str) -> None:
    write_text(page, text, indent=2 + _LABEL, lead=((f"  {label:<{_LABEL}}", "dim"),))


def _write_not_judged(page: Page, report: OrphansReport) -> None:
    lines = [*report.not_judged]
    if not lines and not report.found.not_read:
        return
    page.line()
    page.line(("Not judged", "bold"))
    for said, principals in lines:
        write_text(page, said, indent=4, lead=(("  ", ""),))
        more = len(principals) - _NAMED
        named = ", ".join(principals[:_NAMED]) + (f" and {more} more" if more > 0 else "")
        write_text(page, named, indent=4, lead=(("    ", ""),), style="dim")
    for one in report.found.not_read:
        write_text(page, f"{one.what} at {one.where}: {one.because}", indent=4, lead=(("  ", ""),))
