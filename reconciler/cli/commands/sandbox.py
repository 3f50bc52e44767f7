"""`uami sandbox`: the commands of the ARM emulator."""

import typer

from reconciler.cli.commands.sandbox_serve import HELP_OF_SERVE, serve
from reconciler.cli.commands.sandbox_snapshot import snapshot

sandbox_app = typer.Typer(no_args_is_help=True, help="A local emulator of Azure Resource Manager.")


@sandbox_app.callback()
def sandbox() -> None:
    """A local emulator of Azure Resource Manager."""


sandbox_app.command(help=HELP_OF_SERVE)(serve)
sandbox_app.command()(snapshot)
