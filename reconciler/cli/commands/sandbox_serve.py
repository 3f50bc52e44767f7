"""`uami sandbox serve`: the ARM emulator over HTTP.

What it is made of comes with the extra `sandbox` and is imported only when it is asked for, so that the command line
itself starts without it.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.collector import resume_collector
from reconciler.cli.flags.groups import FlagGroup, with_flag_groups
from reconciler.cli.help.page import help_notes
from reconciler.cli.support.embedded import check_subscriptions, extra_needed, not_saved
from reconciler.cli.support.output import print_note, print_part
from reconciler.cli.support.signals import end_in_order
from reconciler.errors import ExitCode, InputFileError, ReconcilerError, UsageError
from reconciler.files.read import check_argument, read_argument
from reconciler.files.replace import check_folder
from reconciler.report.visible import safe_line
from reconciler.stop import Stop

if TYPE_CHECKING:
    from reconciler.sandbox import Serving

_LOOK_INTERVAL_S = 0.1
_LONGEST_SCRIPT = 10 * 1024 * 1024
_FAULTS_HINT = "Fix the script of faults, or name another one with --faults."


HELP_OF_SERVE = """Serve the emulator over HTTP until Ctrl-C or SIGTERM.

The first line on stdout is the base URL, printed once it answers. Any bearer token is accepted.

What Azure has and the emulator has not is answered with 501 and NotServedBySandbox, and said once on stderr:

- deployments, deployment stacks and what-if; with them Bicep, azd and `az deployment`

- Azure Policy, PIM schedules, access reviews, and making deny assignments

- management groups; a role assignment or a lock may stand at one

- moving and exporting resources, `tagNames`, `providerOperations`, unregistering a provider

- actions of other providers, such as `start` and `listKeys`

- `$expand` of providers, `includeExtendedLocations`, `forceDeletionTypes`, some forms of `$filter`

- in Resource Graph: `join`, `union`, `parse`, `has_any`, arithmetic, dates, time spans, other tables

- in Microsoft Graph: all but reads of users, groups, service principals, their memberships and app roles
"""
"""The list is the sandbox's own, written out so that the command line starts without it; a test compares the two."""


@dataclass(frozen=True, slots=True)
class ServeFlags(FlagGroup):
    """What is served, and how it behaves."""

    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes any that is free.")] = 0
    state: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Load this state and save what changes; created if missing.")
    ] = None
    subscription: Annotated[
        tuple[str, ...], typer.Option(metavar="ID", help="A subscription to have; may be repeated.")
    ] = ()
    tls: Annotated[
        bool, typer.Option("--tls", help="Serve https; stderr says which certificate the clients have to trust.")
    ] = False
    rates: Annotated[
        str,
        typer.Option(metavar="off|azure|xN", help="Throttle as Azure does, xN with a clock that runs N times faster."),
    ] = "off"
    latency_ms: Annotated[int, typer.Option(min=0, help="Milliseconds that every call takes at least.")] = 0
    page_size: Annotated[int, typer.Option(min=1, help="Entries of one page of a list.")] = 1000
    faults: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What goes wrong with which calls: a script, YAML or JSON.")
    ] = None
    random_seed: Annotated[
        int, typer.Option(min=0, help="New ids, the directory's delay and the faults' dice depend on it.")
    ] = 0


@help_notes(
    "uami sandbox serve --port 8750 --state state.json",
    codes=(ExitCode.DONE, ExitCode.ERROR, ExitCode.USAGE, ExitCode.INVALID_INPUT),
)
@with_flag_groups
def serve(asked: ServeFlags) -> None:
    """Serve the emulator over HTTP until Ctrl-C or SIGTERM; its help is `HELP_OF_SERVE`."""
    check_subscriptions(asked.subscription)
    from reconciler.sandbox import Serving

    resume_collector()
    with extra_needed():
        serving = Serving(
            asked.port,
            asked.state,
            asked.subscription,
            asked.tls,
            _speed(asked.rates),
            asked.latency_ms / 1000,
            asked.page_size,
            None if asked.faults is None else _script(asked.faults),
            asked.random_seed,
        )
        _serve(serving, asked.faults)


def _serve(asked: "Serving", faults: Path | None) -> None:
    from reconciler import sandbox as door

    if asked.state is not None and check_folder(asked.state, flag="--state", subject="the state") is not None:
        check_argument(str(asked.state))
    try:
        stop = Stop()
        end_in_order(stop)
        with door.serve(asked) as served:
            if served.certificate is not None:
                print_note(
                    f"Trust this certificate authority (REQUESTS_CA_BUNDLE, SSL_CERT_FILE): {served.certificate}"
                )
            print_part(safe_line(served.url))
            while not stop.requested:
                time.sleep(_LOOK_INTERVAL_S)
    except door.StateNotSavedError as error:
        raise not_saved(error, "what changed since it was written last is lost") from error
    except door.StateError as error:
        raise InputFileError(str(error), "Fix the state file, or name another one with --state.") from error
    except door.FaultFileError as error:
        raise InputFileError(f"{faults}: {error}", _FAULTS_HINT) from error
    except door.ServeError as error:
        raise ReconcilerError(str(error), "Name another port with --port, or 0 for any that is free.") from error


def _speed(rates: str) -> float | None:
    from reconciler.sandbox import parse_rates

    try:
        return parse_rates(rates)
    except ValueError as error:
        raise UsageError(f"--rates {error}.") from error


def _script(path: Path) -> str:
    """The text of a script of faults."""
    try:
        return read_argument(str(path), _LONGEST_SCRIPT).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputFileError(f"{path}: not UTF-8: {error.reason} at byte {error.start}", _FAULTS_HINT) from error
