"""Which principals Microsoft Graph knows, asked twice where it does not, and believed only as far as it shows others.

Graph answers who may read little with little, and without an error: what it does not show is gone only where it shows
somebody else of the same type. The caller proves nothing there: who may see nobody else may see themselves.

Source: Microsoft Graph documentation ("Limited information returned for inaccessible member objects"); Microsoft Entra
documentation (restricted guests see their own object alone).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from reconciler.arm.http.budget import duration_text
from reconciler.arm.microsoft_graph import MAX_IDS, MicrosoftGraph
from reconciler.arm.resources import Resources
from reconciler.errors import CallFailed
from reconciler.live.orphans.judge import KINDS, DirectoryLook, Holder
from reconciler.live.trust.directory import why_unread

PERMISSION = "Directory.Read.All"
"""What lets a caller look up any object. Source: Microsoft Graph v1.0 documentation (directoryObject: getByIds)."""

READING = "Looking up principals in Microsoft Graph"

MOST_WITNESSES = 100
"""Principals that are known to be there and asked for beside the others: room enough in one call for all of them."""


@dataclass(frozen=True, slots=True)
class Pause:
    """How long to wait before the second look; `sleep` waits for seconds, or raises Interrupted."""

    seconds: float
    sleep: Callable[[float], None]

    @property
    def words(self) -> str:
        """How far the two looks are apart, behind `asked twice`."""
        return f", {duration_text(self.seconds)} apart" if self.seconds else ""

    def wait(self, missing: int, resources: Resources) -> None:
        """Wait, and say what for."""
        with resources.activity.part(f"Waiting to look again for {missing} that Microsoft Graph does not know"):
            self.sleep(self.seconds)


def look_twice(
    holders: Sequence[Holder],
    is_young: Callable[[Holder], bool],
    witnesses: Iterable[str],
    resources: Resources,
    pause: Pause,
) -> DirectoryLook:
    """Look up all of these, and after a pause again who was missing and is not too young to tell.

    Args:
        witnesses: other principals that are there; neither they nor the holders are the run's own.

    Raises:
        Interrupted, OutOfTime: only these; whatever else keeps the answer away is said.
    """
    if not holders:
        return DirectoryLook()
    if resources.graph.open_client is None:
        return DirectoryLook(not_read=resources.graph.why_not)
    graph = MicrosoftGraph(resources.graph.open_client())
    try:
        first = _kinds_of((*(one.key for one in holders), *islice(witnesses, MOST_WITNESSES)), graph, resources)
        missing = [one for one in holders if one.key not in first and not is_young(one)]
        missing = _of_shown(missing, first)
        again = {kind: key for key, kind in first.items()}
        if not missing:
            return DirectoryLook(frozenset(first), shown=again)
        pause.wait(len(missing), resources)
        # One of each type that was there before says that the second answer is no blind one.
        second = _kinds_of((*(one.key for one in missing), *again.values()), graph, resources)
    except CallFailed as error:
        return DirectoryLook(not_read=why_unread(error, PERMISSION))
    gone = (one.key for one in _of_shown(missing, second) if one.key not in second)
    return DirectoryLook(frozenset({**first, **second}), frozenset(gone), apart=pause.words, shown=again)


def _of_shown(holders: Iterable[Holder], shown: Mapping[str, str]) -> list[Holder]:
    """Those of types of which somebody was shown."""
    kinds = set(shown.values())
    return [one for one in holders if KINDS[one.principal_type] in kinds]


def _kinds_of(ids: Sequence[str], graph: MicrosoftGraph, resources: Resources) -> dict[str, str]:
    unique = list(dict.fromkeys(ids))
    chunks = [unique[start : start + MAX_IDS] for start in range(0, len(unique), MAX_IDS)]
    found: dict[str, str] = {}
    for kinds in resources.map(READING, graph.kinds_of, chunks):
        found |= kinds
    return found
