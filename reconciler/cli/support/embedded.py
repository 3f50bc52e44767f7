"""The emulator inside this process, and what every command needs that touches it.

What it is made of comes with the extra `sandbox` and is imported only when it is asked for, so that the command line
itself starts without it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.support.signals import clean_up
from reconciler.errors import InputFileError, ReconcilerError, UsageError
from reconciler.files.read import check_argument
from reconciler.files.replace import OutputError

if TYPE_CHECKING:
    import httpx

    from reconciler.sandbox import StateNotSavedError

_EXTRA = ("cheroot", "trustme", "werkzeug")


@contextmanager
def open_embedded(path: Path, *, writable: bool) -> "Iterator[httpx.BaseTransport]":
    """The emulator in this process over an existing state file, for the commands that take `--sandbox FILE`.

    Args:
        writable: hold the file for this process alone and save what changed at the end; otherwise it is only read.

    Raises:
        InputFileError: the file is missing, damaged, or in use by another process.
        OutputError: what changed cannot be saved.
        ReconcilerError: the extra `sandbox` is not installed.
    """
    from reconciler import sandbox

    with extra_needed():
        opening = sandbox.embed(path, writable=writable)
    check_argument(str(path))
    clean_up(sandbox.release_locks)
    try:
        with opening as transport:
            yield transport
    except sandbox.StateNotSavedError as error:
        lost = "the file is as it was before this run, and what the run changed in the sandbox is lost, whatever its"
        raise not_saved(error, f"{lost} journal says") from error
    except sandbox.StateError as error:
        raise InputFileError(
            str(error),
            "Name a whole state file that no other command is using; `uami sandbox snapshot` takes one from Azure.",
        ) from error


def not_saved(error: "StateNotSavedError", lost: str) -> OutputError:
    """The error of a command whose sandbox could not be saved; `lost` says what that means."""
    hint = "Make room on that disk" if error.is_full else "Make the file and its folder writable"
    return OutputError(f"{error}; {lost}.", f"{hint}, and run the same command again.")


@contextmanager
def extra_needed() -> Iterator[None]:
    """Within it, a library of the extra that is missing is an error that says how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in _EXTRA:
            raise
        raise ReconcilerError(
            f"The sandbox needs {error.name}, which is not installed.",
            'Install it with: pip install "uami-reconciler[sandbox]"',
        ) from error


def check_subscriptions(subscriptions: Iterable[str]) -> None:
    """Raise UsageError for what is no subscription id."""
    from reconciler.model import is_guid

    for subscription_id in subscriptions:
        if not is_guid(subscription_id):
            raise UsageError(f"--subscription must be a GUID, not {subscription_id!r}.")
