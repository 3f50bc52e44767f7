"""`uami sandbox`: the ARM emulator from the command line.

What it is made of comes with the extra `sandbox` and is imported only when it is asked for, so that the command line
itself starts without it.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.embedded import check_subscriptions, extra_needed, not_saved
from reconciler.cli.snapshot import snapshot
from reconciler.errors import InputFileError, ReconcilerError, UsageError
from reconciler.files.read import check_argument, read_argument
from reconciler.files.replace import check_folder

if TYPE_CHECKING:
    from reconciler.sandbox.limits.faults import Fault
    from reconciler.sandbox.limits.rates import Rates
    from reconciler.sandbox.serving.tls import Authority

sandbox_app = typer.Typer(no_args_is_help=True, help="A local emulator of Azure Resource Manager.")

_LOOK_INTERVAL_S = 0.1
_LONGEST_SCRIPT = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Serving:
    """What `serve` was asked for; the command line's words, in its order."""

    port: int
    state: Path | None
    subscriptions: tuple[str, ...]
    tls: bool
    rates: str
    latency_s: float
    page_size: int
    faults: Path | None
    random_seed: int


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
    tls: Annotated[
        bool, typer.Option("--tls", help="Serve https; stderr says which certificate the clients have to trust.")
    ] = False,
    rates: Annotated[
        str,
        typer.Option(metavar="off|azure|xN", help="Throttle as Azure does, xN with a clock that runs N times faster."),
    ] = "off",
    latency_ms: Annotated[int, typer.Option(min=0, help="Milliseconds that every call takes at least.")] = 0,
    page_size: Annotated[int, typer.Option(min=1, help="Entries of one page of a list.")] = 1000,
    faults: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What goes wrong with which calls: a script, YAML or JSON.")
    ] = None,
    random_seed: Annotated[int, typer.Option(min=0, help="New ids and the faults' dice depend on it.")] = 0,
) -> None:
    """Serve the emulator over HTTP until Ctrl-C or SIGTERM.

    The first line on stdout is the base URL, printed once it answers. Any bearer token is accepted.
    """
    subscriptions = tuple(subscription or ())
    check_subscriptions(subscriptions)
    with extra_needed():
        _serve(_Serving(port, state, subscriptions, tls, rates, latency_ms / 1000, page_size, faults, random_seed))


sandbox_app.command()(snapshot)


def _serve(asked: _Serving) -> None:
    from reconciler.sandbox.gateway.calls import Settings
    from reconciler.sandbox.serving import server
    from reconciler.sandbox.serving.application import Application
    from reconciler.sandbox.state.node import StateError, StateNotSavedError
    from reconciler.sandbox.state.state import DEFAULT_SUBSCRIPTION

    if asked.state is not None and check_folder(asked.state, flag="--state", subject="the state") is not None:
        check_argument(str(asked.state))
    try:
        with _stop_signals() as stopped, server.held(asked.state), _authority(asked.tls) as authority:
            contents = server.open_contents(asked.state, asked.subscriptions, DEFAULT_SUBSCRIPTION, asked.random_seed)
            application = Application(
                contents,
                settings=Settings(page_size=asked.page_size),
                latency_s=asked.latency_s,
                rates=_rates(asked.rates),
                faults=_faults(asked.faults),
                random_seed=asked.random_seed,
            )
            with (
                server.saved_behind(asked.state, application.state),
                server.running(application, asked.port, authority=authority) as url,
            ):
                typer.echo(url)
                while not stopped:
                    time.sleep(_LOOK_INTERVAL_S)
    except StateNotSavedError as error:
        raise not_saved(error, "what changed since it was written last is lost") from error
    except StateError as error:
        raise InputFileError(str(error), "Mend the state file, or name another one with --state.") from error
    except server.ServeError as error:
        raise ReconcilerError(str(error), "Name another port with --port, or 0 for any that is free.") from error


def _rates(asked: str) -> "Rates | None":
    from reconciler.sandbox.limits.rates import Rates, parse_speed

    try:
        speed = parse_speed(asked)
    except ValueError as error:
        raise UsageError(f"--rates {error}.") from error
    return None if speed is None else Rates(speed)


def _faults(path: Path | None) -> "tuple[Fault, ...]":
    from reconciler.sandbox.limits.faults import FaultFileError, parse_faults

    if path is None:
        return ()
    hint = "Mend the script of faults, or name another one with --faults."
    try:
        return parse_faults(read_argument(str(path), _LONGEST_SCRIPT).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputFileError(f"{path}: not UTF-8: {error.reason} at byte {error.start}", hint) from error
    except FaultFileError as error:
        raise InputFileError(f"{path}: {error}", hint) from error


@contextmanager
def _authority(wanted: bool) -> "Iterator[Authority | None]":
    """The certificate authority of this run, told on stderr; None where plain http is served."""
    if not wanted:
        yield None
        return
    from reconciler.sandbox.serving.tls import throw_away_authority

    with throw_away_authority() as authority:
        typer.echo(
            f"Trust this certificate authority (REQUESTS_CA_BUNDLE, SSL_CERT_FILE): {authority.certificate}", err=True
        )
        yield authority


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
