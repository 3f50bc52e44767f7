"""What ARM says about itself rather than about anybody's resources: the api-versions it knows, and the time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from functools import lru_cache

import httpx

from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.fields import JsonObject, text

_OPERATIONS = "/providers/Microsoft.ManagedIdentity/operations"


def check_api_version(client: ArmClient, api_version: str) -> None:
    """Raises ArmError where Microsoft.ManagedIdentity does not answer an api-version; needs no right anywhere.

    Source: Microsoft.ManagedIdentity 2024-11-30 OpenAPI (Operations_List).
    """

    def read(item: JsonObject) -> str:
        return text(item, "name")

    for _ in client.get_pages(_OPERATIONS, api_version, read):
        return


class ClockWatch:
    """By how much ARM's clock differs from ours; None before it has answered with a `Date`.

    A `Date` has whole seconds and was written before the answer travelled, so a second or two mean nothing.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.ahead_s: float | None = None

    def __call__(self, response: httpx.Response) -> None:
        """Note the time of an answer, whatever it says."""
        try:
            date_s = _epoch_s(response.headers.get("Date", ""))
        except ValueError:
            return
        self.ahead_s = date_s - self._clock()

    def now_s(self) -> float | None:
        """ARM's time in epoch seconds, late by a second or two at most; None before it has answered with a `Date`."""
        ahead_s = self.ahead_s
        return None if ahead_s is None else self._clock() + ahead_s


@lru_cache(maxsize=64)
def _epoch_s(date: str) -> float:
    """The time of a `Date`, which many answers of a second share; raises ValueError where it is none."""
    return parsedate_to_datetime(date).timestamp()


@contextmanager
def watched_clock(client: ArmClient) -> Iterator[ClockWatch]:
    """Watch every answer to a client until the end of the block."""
    watch, hooks = ClockWatch(client.clock), client.http.event_hooks
    client.http.event_hooks = {**hooks, "response": [*hooks["response"], watch]}
    try:
        yield watch
    finally:
        client.http.event_hooks = hooks
