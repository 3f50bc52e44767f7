"""Which of Azure's limits a call draws on, as the documents have them.

Two of those that are documented are left out, since others are always met first: what all callers of a subscription
have together at ARM (15 times as much as one), and how many identities a tenant or a subscription may create within 20
seconds in one region (twice as many as it may write anywhere).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote

from reconciler.arm.http.rates.bucket import Rate

BURST_S = 20
"""How many seconds' worth of calls Microsoft.ManagedIdentity takes at once.

Source: Azure's limits of managed identities, which count creates in windows of 20 seconds; for other calls assumed.
"""

ARM = "arm"
"""The level of ARM's own limit; those of a provider are `tenant`, `subscription` and `resource`."""

_ARM_RATES = {"reads": Rate(250, 25), "writes": Rate(200, 10), "deletes": Rate(200, 10)}
"""For one principal in one subscription, or in the tenant for calls that name no subscription.

Source: Azure documentation, "Understand how Azure Resource Manager throttles requests" (token buckets, since 2024).
"""

_PROVIDER_RATES: Mapping[str, Mapping[str, Rate]] = {
    operation: {level: Rate(max(1.0, per_second * BURST_S), per_second) for level, per_second in levels.items()}
    for operation, levels in {
        "write": {"tenant": 10, "subscription": 2, "resource": 0.25},
        "get": {"tenant": 30, "subscription": 10, "resource": 0.5},
        "list": {"tenant": 15, "subscription": 5, "resource": 0.25},
        "delete": {"tenant": 10, "subscription": 2, "resource": 0.25},
    }.items()
}
"""Calls a second by what they do and whom they concern.

Source: Microsoft Entra documentation, considerations for workload identity federation (requests to user-assigned
managed identities).
"""

_ASSOCIATED = Rate(1, 1)
"""listAssociatedResources, for a tenant; that it takes two at once is said nowhere.

Source: Microsoft Entra documentation, "View associated resources for a user-assigned managed identity".
"""

_QUERIES = Rate(15, 3)
"""Resource Graph, for a user. Source: Azure documentation, guidance for throttled requests (15 in 5 seconds)."""

_QUERY_WORDS = ("providers", "microsoft.resourcegraph", "resources")
_PROVIDER = "microsoft.managedidentity"
_RATED_TYPES = ("userassignedidentities", "identities")

# Source: recorded traffic (azure-service-operator), for the subscription; for the other two assumed to read alike.
_LEVEL = re.compile(r"throttled because (tenant|subscription|resource) ")
_OF_ARM = "RequestsThrottled"
"""Source: recorded traffic (azure-cli: SubscriptionRequestsThrottled)."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of Azure's: of which operations, at which level, and of what (a subscription, an identity)."""

    operation: str
    level: str
    of: str
    # Follows from the others; limits are looked up thousands of times.
    rate: Rate = field(compare=False)

    def allows_at_once(self, calls: int) -> bool:
        """Whether a full limit lets so many calls come together."""
        return calls <= self.rate.capacity


@lru_cache(maxsize=1024)
def limits_of(method: str, path: str) -> tuple[Limit, ...]:
    """What a call draws on, ARM's own limit first; nothing where it is no call to ARM.

    Args:
        path: as it goes over the wire, percent-encoded, without a query.
    """
    words = tuple(unquote(word).casefold() for word in path.split("/") if word)
    if words[:1] not in (("subscriptions",), ("providers",)):
        return ()
    kind = _arm_kind(method, words)
    of = words[1] if words[0] == "subscriptions" and len(words) > 1 else ""
    own = Limit(kind, ARM, of, _ARM_RATES[kind])
    if words == _QUERY_WORDS:
        return (own, Limit("queries", "tenant", "", _QUERIES))
    return (own, *_provider_limits(method, words, of))


def refused_limit(limits: Sequence[Limit], body: str) -> Limit | None:
    """Which of the limits of a call the answer to it says is used up; None where it says none."""
    match = _LEVEL.search(body)
    level = match[1] if match else ARM if _OF_ARM in body else None
    return next((one for one in limits if one.level == level), None)


def _arm_kind(method: str, words: tuple[str, ...]) -> str:
    """Which of ARM's limits; a query counts as a read. Source: recorded traffic (`-tenant-reads` in its answers)."""
    if words == _QUERY_WORDS:
        return "reads"
    return {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}.get(method, "writes")


def _provider_limits(method: str, words: tuple[str, ...], subscription: str) -> tuple[Limit, ...]:
    last = max((index for index, word in enumerate(words) if word == "providers"), default=len(words))
    provider, below = words[last + 1 : last + 3], words[last + 3 :]
    if provider[:1] != (_PROVIDER,) or provider[1:] == () or provider[1] not in _RATED_TYPES:
        return ()
    if below[1:] == ("listassociatedresources",):
        return (Limit("associated", "tenant", "", _ASSOCIATED),)
    operation = _operation(method, below)
    identity = "/".join(words[: last + 4]) if below else None
    names = {"tenant": "", "subscription": subscription or None, "resource": identity}
    return tuple(
        Limit(operation, level, name, rate)
        for level, rate in _PROVIDER_RATES[operation].items()
        if (name := names[level]) is not None
    )


def _operation(method: str, below: tuple[str, ...]) -> str:
    if method in ("GET", "HEAD"):
        return "get" if len(below) % 2 else "list"
    return "delete" if method == "DELETE" else "write"
