"""Which identities had no sign-in for some days, and of which the log cannot tell.

Nothing here says more than the log holds: where it begins within the days that are asked for, or anew after a silence,
no identity is called unused, and the number of days is not said of it either.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from reconciler.manifest.desired import DesiredIdentity
from reconciler.model import Identity, LastSignIn, ResourceId, Subscription
from reconciler.outputs.collect import NOBODY, addresses_of
from reconciler.report.rows import Header

LONGEST_SILENCE_DAYS = 7
"""So many days on end without a row of any identity are taken for days of which no log was kept, after which it begins
anew: a row from long ago does not make a log that begins yesterday one that tells of 30 days. The number is assumed."""


class Verdict(StrEnum):
    """What the log says of an identity."""

    UNUSED = "unused"
    """It has no sign-in of the days that were asked for, and the log begins before them."""
    UNKNOWN = "unknown"
    """It has none either, but the log begins within these days, or anew in them after a week without a row."""
    USED = "used"


@dataclass(frozen=True, slots=True)
class JudgedIdentity:
    """A live identity; `address` is as short as the manifest allows."""

    address: str
    identity: Identity
    verdict: Verdict
    last_sign_in: LastSignIn

    def words(self, days: int) -> str:
        """The verdict and its reason; `days` are those that were asked for."""
        known = self.last_sign_in
        match self.verdict:
            case Verdict.USED:
                return f"last sign-in {known.text}"
            case Verdict.UNKNOWN:
                return f"last sign-in {known.text}{known.gaps}" if known.last else known.text
            case Verdict.UNUSED:
                last = f"the last one {known.text}{known.gaps}" if known.last else known.text
                return f"no sign-in for {days} {'day' if days == 1 else 'days'}; {last}"


@dataclass(frozen=True, slots=True)
class Unused:
    """What the log of a workspace says of the listed identities.

    Attributes:
        days: that were asked for.
        log: what it says of no identity: when it was read, since when it has rows, and of which days it has none.
        identities: those that live, in order of their ids.
        not_live: short addresses of those that do not, by their ids.
    """

    cloud: str
    subscriptions: tuple[Subscription, ...]
    workspace: str
    days: int
    log: LastSignIn
    identities: tuple[JudgedIdentity, ...]
    not_live: Mapping[ResourceId, str]
    header: Header = NOBODY

    def having(self, verdict: Verdict) -> tuple[JudgedIdentity, ...]:
        """Those of one verdict."""
        return tuple(one for one in self.identities if one.verdict is verdict)


def judge(known: LastSignIn, days: int) -> Verdict:
    """The verdict on an identity for that many last days. The first day of the log may be a part of one."""
    if known.is_within(days):
        return Verdict.USED
    first = known.as_of - timedelta(days=days)
    since = _log_begins(known, min(days, LONGEST_SILENCE_DAYS))
    if known.not_read is not None or since is None or since >= first:
        return Verdict.UNKNOWN
    return Verdict.UNUSED


def _log_begins(known: LastSignIn, silence: int) -> date | None:
    """The first day of the log, or the one after its last `silence` days on end without a row; None of an empty one."""
    begins, run = known.log_since, 0
    for number, day in enumerate(known.days_without_rows):
        goes_on = number > 0 and day - known.days_without_rows[number - 1] == timedelta(days=1)
        run = run + 1 if goes_on else 1
        if run >= silence:
            begins = day + timedelta(days=1)
    return begins


def judge_all(
    listed: Sequence[DesiredIdentity], found: Mapping[ResourceId, tuple[Identity, LastSignIn]], days: int
) -> tuple[tuple[JudgedIdentity, ...], Mapping[ResourceId, str]]:
    """The listed identities that live, each with its verdict, and the short addresses of those that do not."""
    book = addresses_of(listed)
    judged: list[JudgedIdentity] = []
    not_live: dict[ResourceId, str] = {}
    for one in _in_order(listed):
        address = book.short(one.resource_id)
        if one.resource_id in found:
            identity, known = found[one.resource_id]
            judged.append(JudgedIdentity(address, identity, judge(known, days), known))
        else:
            not_live[one.resource_id] = address
    return tuple(judged), not_live


def _in_order(listed: Iterable[DesiredIdentity]) -> list[DesiredIdentity]:
    return sorted(listed, key=lambda one: one.resource_id.key)
