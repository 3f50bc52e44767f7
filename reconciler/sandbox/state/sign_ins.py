"""Sign-ins of managed identities: the rows of the tenant's sign-in log, and the bounded collection that a state keeps.

A row is kept as one text of JSON, as the Activity Log keeps its events: a state is saved far more often than the log
is read.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SIGN_INS_KEPT_FOR = timedelta(days=90)
"""How long a row stays. Source: Azure documentation (90 days are free of charge with Sentinel); a workspace can keep
fewer or more."""

_MOST = 10_000
"""Rows of a state; the oldest go first. A workspace has no such limit."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """One row: `text` is its JSON by the columns of the table, `at` its time."""

    text: str
    at: datetime


class SignInLog:
    """The newest 10,000 rows of the last 90 days, oldest first.

    Attributes:
        recorded: counts every row that was added; those that a state was loaded with are not in it.
    """

    def __init__(self, rows: Iterable[SignIn] = ()) -> None:
        self.recorded = 0
        self._rows = deque(sorted(rows, key=lambda row: row.at), maxlen=_MOST)

    def __iter__(self) -> Iterator[SignIn]:
        return iter(self._rows)

    def add(self, row: SignIn) -> None:
        """Record a row, and forget those that are too old beside it."""
        while self._rows and self._rows[0].at < row.at - SIGN_INS_KEPT_FOR:
            self._rows.popleft()
        self._rows.append(row)
        self.recorded += 1


def sign_in_of(row: Mapping[str, object], at: datetime) -> SignIn:
    """The row with these columns; `at` is its `TimeGenerated`."""
    # Half a surrogate pair, from the form of a request, could not be saved.
    text = json.dumps({**row, "TimeGenerated": _time_text(at)}, ensure_ascii=False)
    return SignIn(text.encode("utf-8", "replace").decode("utf-8"), at)


def _time_text(at: datetime) -> str:
    """A time as the query language shows it. Source: Azure documentation (Kusto's datetime: units of 100 ns, UTC)."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "0Z"
