"""`uami sandbox snapshot`: a sandbox state taken from Azure.

Reading is our client's business and the form of the file is the emulator's: here the two meet. What was read goes
through the emulator's own parser before it is written, so that whatever is written can be loaded.
"""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconciler.cli.flags.groups import with_flag_groups
from reconciler.cli.flags.report import Log, LogLevel
from reconciler.cli.flags.shared import AzureFlags
from reconciler.cli.help.page import OF_AZURE, help_notes
from reconciler.errors import ReconcilerError, UsageError

if TYPE_CHECKING:
    from reconciler.snapshot.choose import Snapshot
    from reconciler.snapshot.read import SnapshotScope

_STDOUT = "-"
_FORMATS = ("json", "yaml", "text", "table")
"""What `-o` means to az and kubectl."""

_NOUNS = {
    "subscriptions": ("subscription", "subscriptions"),
    "resourceGroups": ("resource group", "resource groups"),
    "identities": ("identity", "identities"),
    "federatedIdentityCredentials": ("federated credential", "federated credentials"),
    "roleDefinitions": ("custom role", "custom roles"),
    "roleAssignments": ("role assignment", "role assignments"),
    "denyAssignments": ("deny assignment", "deny assignments"),
    "locks": ("lock", "locks"),
    "resources": ("resource", "resources"),
}

_RARE = ("denyAssignments",)
"""What is counted only where there is any."""

_PANEL = "Snapshot"
_Subscriptions = Annotated[
    list[str],
    typer.Option("--subscription", metavar="ID", help="A subscription to take. Repeatable.", rich_help_panel=_PANEL),
]
_Groups = Annotated[
    list[str] | None,
    typer.Option(
        "--resource-group",
        "-g",
        metavar="GROUP",
        help="Take only this group of the one subscription. Repeatable.",
        rich_help_panel=_PANEL,
    ),
]
_Out = Annotated[
    str,
    typer.Option(
        "--out",
        "-o",
        metavar="FILE",
        help="Where to write the state: a file that does not exist yet, or - for stdout.",
        rich_help_panel=_PANEL,
    ),
]


@help_notes("uami sandbox snapshot --subscription ID -o state.json", codes=OF_AZURE)
@with_flag_groups
def snapshot(
    subscription: _Subscriptions,
    *,
    resource_group: _Groups = None,
    out: _Out = _STDOUT,
    azure: AzureFlags,
    log_level: Log = LogLevel.WARNING,
) -> None:
    """Copy what Azure has into a sandbox state, to rehearse a change on; needs Reader, and changes nothing in Azure.

    It takes groups, identities with their credentials, the locks, role assignments and deny assignments that reach
    them, and the resources that have an identity; no properties of resources, and no secrets.
    """
    from reconciler import sandbox as door
    from reconciler.cli.support.embedded import extra_needed
    from reconciler.cli.support.output import configure_logging

    configure_logging(log_level)
    scopes = _scopes(subscription, resource_group or ())
    with extra_needed():  # what is missing is reported before the long part, not after it
        door.require_libraries()
    _take(scopes, azure, _file(out))


def _scopes(subscriptions: Iterable[str], groups: Iterable[str]) -> "tuple[SnapshotScope, ...]":
    from reconciler.cli.support.embedded import check_subscriptions
    from reconciler.snapshot.read import SnapshotScope

    check_subscriptions(subscriptions)
    ids = tuple({one.casefold(): one for one in subscriptions}.values())
    names = tuple({name.casefold(): name for name in groups}.values())
    if not names:
        return tuple(SnapshotScope(one) for one in ids)
    if len(ids) > 1:
        raise UsageError("--resource-group is of one subscription, and several are given", "Leave one of them out.")
    return tuple(SnapshotScope(ids[0], name) for name in names)


def _file(out: str) -> Path | None:
    """The file to write, None for stdout."""
    if out == _STDOUT:
        return None
    if out in _FORMATS:
        raise UsageError(
            f"--out {out}: a format where a file belongs",
            f"A state is always JSON. For a file of that name write --out ./{out}.",
        )
    return Path(out)


def _take(scopes: "tuple[SnapshotScope, ...]", flags: AzureFlags, path: Path | None) -> None:
    from reconciler.cli.support.output import print_note, print_report
    from reconciler.cli.support.session import open_session
    from reconciler.cli.support.signals import settle
    from reconciler.files.replace import output_file
    from reconciler.report.visible import safe_json
    from reconciler.snapshot.read import read_snapshot
    from reconciler.stop import Stop

    with ExitStack() as stack:
        write = None if path is None else stack.enter_context(output_file(path, flag="-o", subject="the state"))
        session = stack.enter_context(open_session(flags, Stop(), writes=False))
        taken = read_snapshot(scopes, session.azure.resources)
        text = state_text(taken)
        if write is not None:
            settle()
            write(text.encode())
    if write is None:
        print_report(safe_json(text))
    print_note(*taken.notes, f"{'Snapshot' if path is None else f'Wrote {path}'}: {_counts(taken)}.")


def state_text(taken: "Snapshot") -> str:
    """The text of the state file.

    Raises:
        ReconcilerError: what ARM answered is nothing that a sandbox could load.
    """
    from reconciler import sandbox

    try:
        return sandbox.state_text(taken.tenant_id, taken.collections)
    except sandbox.StateError as error:
        raise ReconcilerError(
            f"What was read does not make a sandbox state: {error}",
            "Check that the endpoint is ARM; if it is, this is a fault of this tool.",
        ) from error


def _counts(taken: "Snapshot") -> str:
    counts = []
    for name, (one, several) in _NOUNS.items():
        count = len(taken.collections[name])
        if not count and name in _RARE:
            continue
        counts.append(f"{count} {one if count == 1 else several}")
    return ", ".join(counts)
