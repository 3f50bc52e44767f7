"""Watches every answer that the sandbox gives in a process, and keeps what was seen and what was wrong.

It watches inside the script of faults: what a script breaks is broken on purpose.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.sandbox.serving.application import Application
from tests.conformance.exchanges import Exchange, Judge
from tests.conformance.known import is_known, is_of_tests

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Seen = Counter[tuple[str, int]]
"""How often an operation, by its label, was answered with a status."""


class Observer:
    """What the answers of a process came to; safe for many threads."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._lock = threading.Lock()
        self._seen: Seen = Counter()
        self._violations: list[str] = []

    @property
    def seen(self) -> Seen:
        """What was seen so far."""
        with self._lock:
            return self._seen.copy()

    def take_violations(self) -> list[str]:
        """The violations since the last time that one asked."""
        with self._lock:
            taken, self._violations = self._violations, []
            return taken

    def see(self, exchange: Exchange) -> None:
        """Judge one exchange."""
        for operation in self._judge.operations(exchange):
            found = [
                f"{one}\n    {exchange.method} {exchange.target}"
                for one in self._judge.violations(exchange, operation)
                if not is_known(one) and not is_of_tests(one)
            ]
            with self._lock:
                self._seen[operation.label, exchange.status] += 1
                self._violations += found

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """See every answer of every sandbox in this process from now on, until the patch is undone."""
        serve = Application._serve

        def watched(
            application: Application, environ: "WSGIEnvironment", start_response: "StartResponse"
        ) -> Iterable[bytes]:
            started: list[tuple[str, list[tuple[str, str]]]] = []

            def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
                started.append((status, headers))
                return start_response(status, headers, *error)

            body = b"".join(serve(application, environ, start))
            [(status, headers)] = started
            self.see(_exchange(environ, status, headers, body))
            return [body]

        patch.setattr(Application, "_serve", watched)


def _exchange(environ: "WSGIEnvironment", status: str, headers: list[tuple[str, str]], body: bytes) -> Exchange:
    return Exchange(
        str(environ["REQUEST_METHOD"]),
        str(environ["REQUEST_URI"]),
        int(status.split()[0]),
        {name.lower(): value for name, value in headers},
        body,
    )
