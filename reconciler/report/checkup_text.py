"""What the doctor found, as a table for people."""

from itertools import groupby

from reconciler.doctor.checkup import Check, Checkup, RightCheck, Standing
from reconciler.errors import lines_of
from reconciler.plan import NOT_CHECKED
from reconciler.report.page import Page
from reconciler.report.visible import SafeText

_STYLES = {
    Standing.OK: "green",
    Standing.WARNING: "yellow",
    Standing.MISSING: "bold red",
    Standing.FAILED: "bold red",
    Standing.NOT_CHECKED: "yellow",
}
_WIDTH = max(len(one.value) for one in Standing)


def render_checkup(checkup: Checkup, *, color: bool) -> SafeText:
    """What was looked at, the rights by scope, the commands that give what is missing, and the outcome."""
    page = Page(color=color)
    for check in checkup.checks:
        _write_check(page, check)
    for scope, rights in groupby(checkup.rights, key=lambda one: one.scope):
        page.line()
        page.line(("Rights at ", "bold"), (scope, "bold"))
        for right in rights:
            why = why_not_there(right)
            page.line("  ", _standing(right.standing), f"  {right.right}", f"  ({why})" if why else "")
    if checkup.commands:
        page.line()
        page.line(("To be given, by whoever administers these scopes:", "bold"))
        for command in checkup.commands:
            page.line("  ", command)
    page.line()
    page.line((NOT_CHECKED, "dim"))
    page.line((checkup_line(checkup), "bold"))
    return page.text()


def _write_check(page: Page, check: Check) -> None:
    page.line(_standing(check.standing), f"  {check.name:<12}  ", check.detail)
    for line in lines_of(check.hint):
        page.line(" " * (_WIDTH + 16), line)


def why_not_there(right: RightCheck) -> str:
    """Of a right that is not there: its action, and the role that has it; empty for one that is."""
    if right.standing is Standing.NOT_CHECKED:
        return "it does not exist, or you may not read your permissions there"
    if right.standing is not Standing.MISSING:
        return ""
    return f"{right.action}; {f'the role {right.role} has it' if right.role else 'no built-in role known here has it'}"


def _standing(standing: Standing) -> tuple[str, str]:
    return (f"{standing.value.replace('-', ' '):<{_WIDTH}}", _STYLES[standing])


def checkup_line(checkup: Checkup) -> str:
    """Whether everything needed is there."""
    missing, failed = checkup.count(Standing.MISSING), checkup.count(Standing.FAILED)
    if missing + failed == 0:
        unknown = checkup.count(Standing.NOT_CHECKED)
        known = "Everything that plan and apply of this manifest need is there"
        return f"{known}, as far as it could be checked." if unknown else f"{known}."
    return f"Plan and apply of this manifest do not have all that they need: {missing} missing, {failed} failed."
