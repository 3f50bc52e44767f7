"""What `plan` and `drift` share: a connection that only reads, and the comparison."""

from reconciler.cli.session import SessionFlags, open_session
from reconciler.plan.plan import Plan
from reconciler.report.text import Header
from reconciler.stop import Stop
from reconciler.workflow import Request, load_declaration, run_plan


def compare(request: Request, flags: SessionFlags) -> tuple[Plan, Header]:
    """Compare the manifest with the live side; with the plan comes what its report says of the connection."""
    declaration = load_declaration(request)
    with open_session(flags, Stop(), writes=False) as session:
        return run_plan(declaration, session.azure), session.header
