"""How late the directory of the tenant is with principals that are new."""

import math
from datetime import datetime, timedelta
from random import Random

from reconciler.sandbox.gateway import Settings
from reconciler.sandbox.state import State

_SHORTEST_S, _MEDIAN_S, _LONGEST_S = 6, 38, 269
"""How late the directory was. Source: recorded traffic (41 sequences of PUTs, repeated until one succeeded)."""


def is_too_new(state: State, settings: Settings, principal_id: str, now: datetime) -> bool:
    """Whether an identity was created so lately that the directory does not know its principal yet."""
    sought = principal_id.casefold()
    since = state.principals_since.get(sought)
    return since is not None and now < since + _delay(state, settings, sought)


def _delay(state: State, settings: Settings, principal_id: str) -> timedelta:
    """How late the directory is with a principal: the same for the same seed.

    Half are within the median that was recorded; that the logarithms are spread evenly on either side of it is assumed.
    """
    if settings.directory_delay is not None:
        return settings.directory_delay
    share = 2 * Random(f"{state.random_seed} {principal_id}").random()  # noqa: S311  a delay, not a secret
    least, most = (_SHORTEST_S, _MEDIAN_S) if share < 1 else (_MEDIAN_S, _LONGEST_S)
    return timedelta(seconds=math.exp(math.log(least) + (share % 1) * math.log(most / least)))
