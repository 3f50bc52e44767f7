"""`uami sandbox`: the ARM emulator from the command line.

What it is made of comes with the extra `sandbox` and is imported only when it is asked for, so that the command line
itself starts without it.
"""

import re
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.errors import InputFileError, ReconcilerError, UsageError

if TYPE_CHECKING:
    import httpx

sandbox_app = typer.Typer(no_args_is_help=True, help="A local emulator of Azure Resource Manager.")

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LOOK_INTERVAL_S = 0.1


@sandbox_app.callback()
def sandbox() -> None:
    """A local emulator of Azure Resource Manager."""


@sandbox_app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes any that is free.")] = 0,
    state: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Load this state and save what changes; created if missing.")
    ] = None,
    subscription: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="A subscription to have; may be repeated.")
    ] = None,
    latency_ms: Annotated[int, typer.Option(min=0, help="Milliseconds that every call takes at least.")] = 0,
    page_size: Annotated[int, typer.Option(min=1, help="Entries of one page of a list.")] = 1000,
) -> None:
    """Serve the emulator over HTTP until Ctrl-C or SIGTERM.

    The first line on stdout is the base URL, printed once it answers. Any bearer token is accepted.
    """
    subscriptions = tuple(subscription or ())
    _check_subscriptions(subscriptions)
    with _extra_needed():
        _serve(port, state, subscriptions, latency_ms / 1000, page_size)


@contextmanager
def open_embedded(path: Path, *, writable: bool) -> "Iterator[httpx.BaseTransport]":
    """The emulator in this process over an existing state file, for the commands that take `--sandbox FILE`.

    Args:
        writable: hold the file for this process alone and save what changed at the end; otherwise it is only read.

    Raises:
        InputFileError: the file is missing, damaged, in use by another process, or cannot be written.
        ReconcilerError: the extra `sandbox` is not installed.
    """
    with _extra_needed():
        from reconciler.sandbox.state_node import StateError
        from reconciler.sandbox.transport import embedded
    try:
        with embedded(path, writable=writable) as transport:
            yield transport
    except StateError as error:
        raise InputFileError(
            str(error), "Name an existing, whole state file that no other command is using."
        ) from error


@contextmanager
def _extra_needed() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in ("cheroot", "werkzeug"):
            raise
        raise ReconcilerError(
            f"The sandbox needs {error.name}, which is not installed.",
            'Install it with: pip install "uami-reconciler[sandbox]"',
        ) from error


def _serve(port: int, state: Path | None, subscriptions: Sequence[str], latency_s: float, page_size: int) -> None:
    from reconciler.sandbox import server
    from reconciler.sandbox.application import Application
    from reconciler.sandbox.calls import Settings
    from reconciler.sandbox.state import DEFAULT_SUBSCRIPTION
    from reconciler.sandbox.state_node import StateError

    try:
        with _stop_signals() as stopped, server.held(state):
            contents = server.open_contents(state, subscriptions, DEFAULT_SUBSCRIPTION)
            application = Application(contents, settings=Settings(page_size=page_size), latency_s=latency_s)
            with server.saved_behind(state, application.state), server.running(application, port) as url:
                typer.echo(url)
                while not stopped:
                    time.sleep(_LOOK_INTERVAL_S)
    except StateError as error:
        raise InputFileError(str(error), "Mend the state file, or name another one with --state.") from error
    except server.ServeError as error:
        raise ReconcilerError(str(error), "Name another port with --port, or 0 for any that is free.") from error


def _check_subscriptions(subscriptions: Sequence[str]) -> None:
    for subscription_id in subscriptions:
        if not _GUID.fullmatch(subscription_id):
            raise UsageError(f"--subscription must be a GUID, not {subscription_id!r}.")


@contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """A list that is empty until Ctrl-C or SIGTERM comes; the previous handlers return at the end."""
    received: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        # Nothing but this: a handler that took a lock could wait for the very code that it interrupted.
        received.append(number)

    previous = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
