"""An emulator of Azure Resource Manager, for people without a subscription and for every test.

It imports nothing of the rest of the package: a parser shared with the client would let one misreading of ARM pass on
both sides. Each rule names where it comes from: "recorded traffic" is what public test recordings of azure-cli,
azure-service-operator and the Azure SDKs show, "OpenAPI" is Microsoft's own description, "as quoted by users" is the
text that public issues report, and "assumed" is our guess, on which no client may rest.

The rooms, in the order in which they build on each other; each imports only what stands above it:

    state             what exists, in memory
    gateway           ARM's front door: routes, callers, pages, answers, and what a kind of resource is
    rules             what holds for every resource: rights, locks, scopes, tags, locations
    rates             how fast a client may be
    login             endpoints of the cloud, tokens, workload identity
    microsoft_graph   the reads of Microsoft Graph that Azure's clients make
    insights          the Activity Log
    resources         subscriptions, resource groups, resources of any other type
    managed_identity  identities and their credentials
    authorization     roles, role assignments, deny assignments, locks, permissions
    catalog           every kind of resource in one table, and the lists that are made of all of them
    state_file        the state as readable JSON, and the file that holds it
    resource_graph    queries over tables made from the state
    log_analytics     queries over the log of the sign-ins
    faults            what goes wrong on purpose
    serving           the WSGI application, in process and over HTTP

This module is the only door: `cli` and the tests of commands import nothing inside. What is behind it comes with the
extra `sandbox` and is imported when a function is called, so that a start of the command line does not wait for it;
without the extra each function raises ModuleNotFoundError.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.sandbox.serving.serving import NOT_SERVED, Served, Serving
from reconciler.sandbox.state import FaultFileError, ServeError, StateError, StateNotSavedError

if TYPE_CHECKING:
    import httpx

    from reconciler.sandbox.state import Contents

__all__ = [
    "NOT_SERVED",
    "FaultFileError",
    "ServeError",
    "Served",
    "Serving",
    "StateError",
    "StateNotSavedError",
    "access_token",
    "embed",
    "load",
    "parse_rates",
    "release_locks",
    "require_libraries",
    "serve",
    "state_text",
]


def require_libraries() -> None:
    """Raise ModuleNotFoundError where the extra `sandbox` is not installed."""
    import reconciler.sandbox.serving.run  # noqa: F401


def embed(path: Path, *, writable: bool) -> "AbstractContextManager[httpx.BaseTransport]":
    """A sandbox in this process over an existing state file, for the time of the block.

    Args:
        writable: hold the file for this process alone, and save what changed at the end, after an exception too.
            Otherwise the file is only read, by any number of processes, and what changes is forgotten.

    Raises:
        StateError: on entering the block: the file is missing, damaged or in use.
        StateNotSavedError: on leaving the block: what changed cannot be written.
    """
    from reconciler.sandbox.serving.transport import embedded

    return embedded(path, writable=writable)


def release_locks() -> None:
    """For a process that ends within a block of `embed`, without leaving it: nothing is saved, no lock's file stays."""
    from reconciler.sandbox.state_file import file

    file.release_locks()


def serve(asked: Serving) -> AbstractContextManager[Served]:
    """A sandbox over HTTP on loopback, for the time of the block.

    Raises:
        StateError: on entering the block: the state file is damaged or in use.
        StateNotSavedError: on entering or leaving the block: the state file cannot be written.
        FaultFileError: the script of faults makes no sense.
        ServeError: the port cannot be used.
    """
    from reconciler.sandbox.serving import run

    return run.serve(asked)


def parse_rates(text: str) -> float | None:
    """What `off`, `azure` or `xN` asks for, as in `Serving.rates`.

    Raises:
        ValueError: it is none of these.
    """
    from reconciler.sandbox.rates.rates import parse_speed

    return parse_speed(text)


def load(path: Path) -> "Contents":
    """What a state file holds.

    Raises:
        StateError: it is missing, unreadable or damaged.
    """
    from reconciler.sandbox.state_file.file import load_state

    return load_state(path)


def state_text(tenant_id: str, collections: Mapping[str, Sequence[object]]) -> str:
    """The text of a state file with these collections of ARM's JSON, by their names in the file.

    Raises:
        StateError: no sandbox could load it.
    """
    from reconciler.sandbox.state_file.document import state_text_of

    return state_text_of(tenant_id, collections)


def access_token(claims: Mapping[str, object]) -> str:
    """A bearer token with these claims, as the sandbox signs them; it accepts those of others too."""
    from reconciler.sandbox.login.tokens import encode

    return encode(claims)
