"""What `plan` and `drift` share: open a connection that only reads, compare, and print one report."""

from collections.abc import Callable
from typing import Protocol

from reconciler.cli.output import print_report, stdout_color
from reconciler.cli.session import SessionFlags, open_session
from reconciler.plan.plan import Plan
from reconciler.report.text import Header
from reconciler.stop import Stop
from reconciler.workflow.declare import Request, load_declaration
from reconciler.workflow.plan import run_plan


class RenderText(Protocol):
    """A report for people."""

    def __call__(self, plan: Plan, header: Header, *, color: bool) -> str:
        """The whole report."""


def compare_and_report(
    request: Request,
    flags: SessionFlags,
    *,
    render_text: RenderText,
    render_json: Callable[[Plan], str],
    as_json: bool,
    no_color: bool,
) -> Plan:
    """Compare the manifest with the live side, print the report, and return the plan for its exit code."""
    declaration = load_declaration(request)
    with open_session(flags, Stop(), writes=False) as session:
        plan = run_plan(declaration, session.azure)
        if as_json:
            report = render_json(plan)
        else:
            report = render_text(plan, session.header, color=stdout_color(no_color=no_color))
    print_report(report)
    return plan
