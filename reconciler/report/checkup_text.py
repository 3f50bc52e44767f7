"""What the doctor found, as a table for people."""

from itertools import groupby

from reconciler.doctor.checkup import Check, Checkup, RightCheck, Standing
from reconciler.doctor.least_privilege import TASKS, LeastPrivilege, Task
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
    if checkup.least_privilege is not None:
        _write_least(page, checkup.least_privilege)
    page.line()
    page.line((NOT_CHECKED, "dim"))
    page.line((checkup_line(checkup), "bold"))
    return page.text()


PRINCIPAL = "OBJECT-ID"
"""What stands in commands for who gets a role: nobody knows that here."""

LEAST_INTRODUCTION = (
    f"The least rights, as commands for whoever administers these scopes; {PRINCIPAL} is the principal that gets them."
)
NOT_NARROWED = "What Azure cannot narrow:"


def _write_least(page: Page, least: LeastPrivilege) -> None:
    page.line()
    page.line((LEAST_INTRODUCTION, "bold"))
    for task in Task:
        commands = least_commands(least, task)
        if commands:
            page.line()
            page.line((task.value, "bold"), f": {TASKS[task]}")
        for command in commands:
            page.line("  ", command)
    for title, lines in ((NOT_NARROWED, least.not_narrowed), ("Not known:", least.notes)):
        if lines:
            page.line()
            page.line((title, "bold"))
        for line in lines:
            page.line("  ", line)


def least_commands(least: LeastPrivilege, task: Task) -> tuple[str, ...]:
    """The commands that create the roles of a task, and then those that assign them."""
    created = (one.command for one in least.roles if one.task is task)
    assigned = (one.command(PRINCIPAL) for one in least.assignments if one.role.task is task)
    return (*created, *assigned)


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
