"""`uami sandbox`: the commands of the ARM emulator."""

import typer

from reconciler.cli.commands.sandbox_serve import HELP_OF_SERVE, serve
from reconciler.cli.commands.sandbox_snapshot import snapshot
from reconciler.cli.help.page import OF_AZURE, PlainCommand, PlainGroup, help_notes

sandbox_app = typer.Typer(cls=PlainGroup)


@sandbox_app.callback()
@help_notes("uami sandbox serve --state state.json", codes=OF_AZURE)
def sandbox() -> None:
    """A local emulator of Azure Resource Manager."""


sandbox_app.command(cls=PlainCommand, help=HELP_OF_SERVE)(serve)
sandbox_app.command(cls=PlainCommand)(snapshot)
