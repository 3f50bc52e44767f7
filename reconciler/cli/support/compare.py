"""What `plan` and `drift` share: a connection that only reads, and the comparison."""

from dataclasses import replace
from functools import partial

from reconciler.apply.forecast import apply_time_s
from reconciler.arm.http.budget import rough_duration
from reconciler.cli.flags.shared import AzureFlags
from reconciler.cli.support.output import print_note
from reconciler.cli.support.session import check_guid, open_session
from reconciler.guards import Runner
from reconciler.plan import Plan
from reconciler.report.rows import Header
from reconciler.stop import Stop
from reconciler.workflow.declare import Request, load_declaration
from reconciler.workflow.plan import run_plan

_WORTH_SAYING_S = 10.0


def compare(request: Request, azure: AzureFlags, applier: str | None = None) -> tuple[Plan, Header, float]:
    """Compare the manifest with the live side.

    Returns:
        The plan, what its report says of the connection, and how many seconds applying it takes at least.

    Args:
        applier: the principal id of who will apply the plan; None stands for who is signed in.
    """
    if applier is not None:
        check_guid("--applier", applier, "a principal", "`az identity show --query principalId` prints it.")
    declaration = load_declaration(request)
    with open_session(azure, Stop(), writes=False) as session:
        # Either id of an identity tells which one it is, and who passes its client id means that one.
        live = session.azure if applier is None else replace(session.azure, runner=partial(Runner, applier, applier))
        plan = run_plan(declaration, live)
        return plan, session.header, apply_time_s(plan, session.retries)


def note_apply_time(seconds: float) -> None:
    """Say on stderr how long an apply takes, where somebody would wait for it."""
    if seconds > _WORTH_SAYING_S:
        print_note(f"Apply will take about {rough_duration(seconds)} by Azure's rates.")
