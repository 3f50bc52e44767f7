"""What `plan` and `drift` share: a connection that only reads, and the comparison."""

from reconciler.cli.support.flags import AzureFlags
from reconciler.cli.support.session import open_session
from reconciler.plan import Plan
from reconciler.report.rows import Header
from reconciler.stop import Stop
from reconciler.workflow.declare import Request, load_declaration
from reconciler.workflow.plan import run_plan


def compare(request: Request, azure: AzureFlags) -> tuple[Plan, Header]:
    """Compare the manifest with the live side; with the plan comes what its report says of the connection."""
    declaration = load_declaration(request)
    with open_session(azure, Stop(), writes=False) as session:
        return run_plan(declaration, session.azure), session.header
