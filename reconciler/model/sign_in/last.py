"""When an identity, or who has one of its credentials, has signed in last, as far as a log tells.

A log proves use and never its absence: it begins on some day, has gaps, and can be empty. So "none" never stands alone
here: it comes with the day since which the log has rows, and with the days of which it has none.
"""

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

_NAMED = 3
"""So many runs of days without rows are named; of the others stands how many days they are."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in; also one that Entra refused, since whoever tries uses the identity.

    Attributes:
        at: when, in UTC.
        resource: what for, as the log calls it; "" where it does not say.
        is_federated: whether a federated credential was used.
        credential: the name of that one, where it can only be this; the log names it by an id that ARM never shows.
    """

    at: datetime
    resource: str
    is_federated: bool = False
    credential: str | None = None


@dataclass(frozen=True, slots=True)
class LastSignIn:
    """What a log says of an identity, or of one of its federated credentials.

    Attributes:
        as_of: the day, in UTC, on which the log was read.
        last: the newest sign-in; None where the log shows none.
        log_since: the day of the log's oldest row, of whatever identity; None where it has no row.
        days_without_rows: those between it and `as_of` of which the log has no row of any identity; sorted.
        not_read: why the log could not be read; nothing else is known then.
    """

    as_of: date
    last: SignIn | None = None
    log_since: date | None = None
    days_without_rows: tuple[date, ...] = ()
    not_read: str | None = None

    @property
    def days_ago(self) -> int | None:
        """Whole days of the calendar since the last sign-in; None where none is known."""
        return None if self.last is None else max((self.as_of - self.last.at.date()).days, 0)

    def is_within(self, days: int) -> bool:
        """Whether a sign-in of that many last days is known."""
        return self.days_ago is not None and self.days_ago <= days

    @property
    def text(self) -> str:
        """`3 days ago, for Azure Key Vault`; `none since 2 November 2026, as far as the log reaches`; or why not."""
        if self.not_read is not None:
            return f"not read, because {self.not_read}"
        if self.last is not None:
            return "".join(_described(self.last, self.days_ago or 0))
        if self.log_since is None:
            return "not known: the log has no row of any identity"
        return f"none since {day_text(self.log_since)}, as far as the log reaches{self.gaps}"

    @property
    def gaps(self) -> str:
        """The days without rows, as the end of a sentence; empty where there are none."""
        if not self.days_without_rows:
            return ""
        return f"; the log has no row of any identity on {days_text(self.days_without_rows)}"


def _described(last: SignIn, days: int) -> Iterator[str]:
    yield "today" if days == 0 else f"{days} {'day' if days == 1 else 'days'} ago"
    if last.resource:
        yield f", for {last.resource}"
    if last.credential is not None:
        yield f", through the federated credential {last.credential}"
    elif last.is_federated:
        yield ", through a federated credential that the log does not name"


def day_text(day: date) -> str:
    """`2 November 2026`."""
    return f"{day.day} {calendar.month_name[day.month]} {day.year}"


def days_text(days: Iterable[date]) -> str:
    """Days in runs: `2 November 2026, 5 November 2026 to 9 November 2026 and 4 more days`."""
    runs: list[list[date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    named = [
        day_text(run[0]) if len(run) == 1 else f"{day_text(run[0])} to {day_text(run[-1])}" for run in runs[:_NAMED]
    ]
    more = sum(map(len, runs[_NAMED:]))
    return ", ".join(named) + (f" and {more} more {'day' if more == 1 else 'days'}" if more else "")
