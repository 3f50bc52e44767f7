"""A run of the server on a state file: loaded, served, and written behind the calls.

A save after every write would make each call as slow as the state is big.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

from reconciler.sandbox.faults.script import parse_faults
from reconciler.sandbox.gateway import Settings
from reconciler.sandbox.rates.rates import Rates
from reconciler.sandbox.serving.application import Application, Options
from reconciler.sandbox.serving.server import running
from reconciler.sandbox.serving.serving import Served, Serving
from reconciler.sandbox.serving.tls import Authority, throw_away_authority
from reconciler.sandbox.state import DEFAULT_SUBSCRIPTION, Contents, Key, State, StateError, Subscription
from reconciler.sandbox.state_file.file import StateSaver, is_there, load_state, locked, save_state

_FLUSH_INTERVAL_S = 1.0

_CREDENTIAL_WRITE_S = 0.05
"""Long enough for calls that a client sends in parallel to arrive; a write in Azure takes longer. In process, where one
client writes credentials one after the other, nothing is held back."""

_log = logging.getLogger(__name__)


@contextmanager
def serve(asked: Serving) -> Iterator[Served]:
    """Serve a sandbox until the block ends, and save what changed.

    Raises:
        StateError: the state file is damaged or in use, or cannot be written.
        FaultFileError: the script of faults makes no sense.
        ServeError: the port cannot be used.
    """
    faults = () if asked.faults is None else parse_faults(asked.faults)
    with _held(asked.state), _authority(asked.tls) as authority:
        options = Options(
            Settings(page_size=asked.page_size),
            asked.random_seed,
            asked.latency_s,
            _CREDENTIAL_WRITE_S,
            None if asked.rates is None else Rates(asked.rates),
            faults,
        )
        application = Application(_open_contents(asked), options)
        certificate = None if authority is None else authority.certificate
        with (
            _saved_behind(asked.state, application.state),
            running(application, asked.port, authority=authority) as url,
        ):
            yield Served(url, certificate)


def _open_contents(asked: Serving) -> Contents:
    """What to serve: the state of a file, or an empty one, with the subscriptions added that it has to have."""
    path = asked.state
    contents = load_state(path, asked.random_seed) if path is not None and is_there(path) else Contents()
    known = {item.key for item in contents.of(Subscription)}
    needed = asked.subscriptions or (() if known else (DEFAULT_SUBSCRIPTION,))
    added: dict[Key, Subscription] = {}
    for subscription_id in needed:
        item = Subscription(subscription_id, f"Sandbox {subscription_id}")
        if item.key not in known:
            added.setdefault(item.key, item)
    opened = contents.having(Subscription, (*contents.of(Subscription), *added.values()))
    if path is not None and (opened != contents or not is_there(path)):
        save_state(path, opened)
    return opened


@contextmanager
def _authority(tls: bool) -> Iterator[Authority | None]:
    """The certificate authority of this run; None where plain http is served."""
    with throw_away_authority() if tls else nullcontext() as authority:
        yield authority


@contextmanager
def _held(path: Path | None) -> Iterator[None]:
    """Hold a state file for this process alone; nothing where there is none."""
    with ExitStack() as stack:
        if path is not None:
            if not is_there(path.parent):
                raise StateError(f"{path}: its directory does not exist")
            stack.enter_context(locked(path))
        yield


@contextmanager
def _saved_behind(path: Path | None, state: State) -> Iterator[None]:
    """Keep a state file close behind the state while it is served, and bring it up to date at the end.

    Raises:
        StateError: at the end, where the last state could not be written.
    """
    if path is None:
        yield
        return
    saver, stop = StateSaver(path, state), threading.Event()
    thread = threading.Thread(target=_flush, args=(saver.save_if_changed, stop), name="sandbox-saver")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        saver.save_if_changed()


def _flush(save: Callable[[], None], stop: threading.Event) -> None:
    pause_s = _FLUSH_INTERVAL_S
    while not stop.wait(pause_s):
        started = time.monotonic()
        try:
            save()
        except StateError as error:
            _log.warning("the state is not saved, and will be tried again: %s", error)
        # Writing a big state must not take more than a small share of the time from the calls.
        pause_s = max(_FLUSH_INTERVAL_S, 10 * (time.monotonic() - started))
