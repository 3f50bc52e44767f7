"""How fast ARM, Microsoft.ManagedIdentity and Microsoft.ResourceGraph let a client be, as documented.

A call passes two gates: ARM's own, by subscription and principal, and then its provider's, by tenant, subscription and
identity, or by user. Each gate takes a token from every bucket it has for the call, or from none. What ARM let through
has cost ARM a token, even where the provider refuses it. Time comes with each call, so that a test decides how it
passes.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from reconciler.sandbox.gateway import ArmRefusalError, throttled
from reconciler.sandbox.rates.buckets import Buckets, Rate, Subject, Wait
from reconciler.sandbox.rates.graph_quota import QUERY_WORDS, QUOTA, quota_headers

_ARM_RATES = {"reads": Rate(250, 25), "writes": Rate(200, 10), "deletes": Rate(200, 10)}
"""For one principal in one subscription, or in the tenant for calls that name no subscription.

Source: Azure documentation, "Understand how Azure Resource Manager throttles requests" (token buckets, since 2024).
"""

_ARM_GLOBAL_FACTOR = 15
"""For all principals of a subscription together. Source: the same document."""

_BURST_S = 20
"""How many seconds' worth of calls the provider takes at once.

Source: assumed, from the window of Azure's limits of managed identities (creates in 20 seconds); recorded traffic has
some writes to one identity within a few seconds.
"""

_PROVIDER_RATES: Mapping[str, Mapping[str, float]] = {
    "write": {"tenant": 10, "subscription": 2, "resource": 0.25},
    "get": {"tenant": 30, "subscription": 10, "resource": 0.5},
    "list": {"tenant": 15, "subscription": 5, "resource": 0.25},
    "delete": {"tenant": 10, "subscription": 2, "resource": 0.25},
    "associated": {"tenant": 1},
}
"""Calls a second by what they do and whom they concern.

Source: Microsoft Entra documentation, considerations for workload identity federation (requests to user-assigned
managed identities), and, for listAssociatedResources, "View associated resources". That a list of identities counts
for no resource is assumed.
"""

RATES_HEADER = "x-uami-sandbox-rates"
"""In every answer: how many times faster than in Azure the buckets fill, or `off` where there are none. ARM has none of
this: it lets a client that keeps to Azure's rates keep to those of a sandbox."""

_PROVIDER = "microsoft.managedidentity"
_RATED_TYPES = ("userassignedidentities", "identities")
"""That reading a system-assigned identity costs what reading another one does is assumed; for the provider's list of
operations no limit is documented."""


@dataclass(frozen=True, slots=True)
class RatedCall:
    """A call as rates see it; `words` are the segments of its path, decoded and casefolded."""

    method: str
    words: tuple[str, ...]
    tenant_id: str
    principal_id: str

    @property
    def subscription_id(self) -> str | None:
        """The subscription that the path names."""
        return self.words[1] if len(self.words) > 1 and self.words[0] == "subscriptions" else None

    @property
    def kind(self) -> str:
        """Which of ARM's budgets the call needs; a query is a read. Source: recorded traffic (`-tenant-reads`)."""
        if self.words == QUERY_WORDS:
            return "reads"
        return {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}.get(self.method, "writes")


class Rates:
    """The buckets of a sandbox; calls to it must not overlap.

    Attributes:
        text: how fast they fill, for `RATES_HEADER`.
    """

    def __init__(self, speed: float = 1.0) -> None:
        """All buckets are full.

        Args:
            speed: how many times faster than documented the buckets fill.
        """
        self._buckets = Buckets(speed)
        self.text = f"{speed:.6f}".rstrip("0").rstrip(".")

    def admit_to_arm(self, call: RatedCall, now_s: float) -> Mapping[str, str]:
        """Let a call into ARM.

        Returns:
            The headers that tell what is left, in both generations: of the principal's budget and of everybody's.

        Raises:
            ArmRefusalError: 429.
        """
        budgets = _arm_budgets(call)
        wait = self._buckets.take(budgets, now_s)
        if wait is not None:
            raise _refusal_by_arm(call, wait.seconds)
        names = ("subscription", "subscription-global") if call.subscription_id else ("tenant",)
        return {
            f"x-ms-ratelimit-remaining-{name}-{call.kind}": str(self._buckets.tokens(subject, rate, now_s))
            for name, (subject, rate) in zip(names, budgets, strict=True)
        }

    def admit_to_provider(self, call: RatedCall, now_s: float) -> Mapping[str, str]:
        """Let a call into its provider, where that is Microsoft.ManagedIdentity or Microsoft.ResourceGraph.

        Returns:
            The headers that tell what is left, where the provider does.

        Raises:
            ArmRefusalError: 429.
        """
        if call.words == QUERY_WORDS:
            return self._admit_query(call, now_s)
        wait = self._buckets.take(_provider_budgets(call), now_s)
        if wait is not None:
            raise _refusal_by_provider(wait)
        return {}

    def _admit_query(self, call: RatedCall, now_s: float) -> Mapping[str, str]:
        user = ("query", "user", call.tenant_id, call.principal_id)
        wait = self._buckets.take([(user, QUOTA)], now_s)
        headers = quota_headers(
            self._buckets.tokens(user, QUOTA, now_s), self._buckets.resets_after_s(user, QUOTA, now_s)
        )
        if wait is not None:
            refusal = {"Retry-After": str(wait.seconds), **headers}
            raise throttled(refusal, datetime.fromtimestamp(now_s, UTC))
        return headers


def parse_speed(text: str) -> float | None:
    """How fast `--rates` asks the buckets to fill: None for `off`, 1 for `azure`, N for `xN`.

    Raises:
        ValueError: it is none of these.
    """
    if text == "off":
        return None
    if text == "azure":
        return 1.0
    number = float(text[1:]) if text.startswith("x") and text[1:].replace(".", "", 1).isdecimal() else 0.0
    if not 0 < number < math.inf:
        raise ValueError(f"must be off, azure or xN with a number N above 0, not {text!r}")
    return number


def _arm_budgets(call: RatedCall) -> list[tuple[Subject, Rate]]:
    rate, subscription_id = _ARM_RATES[call.kind], call.subscription_id
    if subscription_id is None:
        return [((call.kind, "tenant", call.tenant_id, call.principal_id), rate)]
    everybody = Rate(_ARM_GLOBAL_FACTOR * rate.capacity, _ARM_GLOBAL_FACTOR * rate.refill_per_s)
    return [
        ((call.kind, "subscription", subscription_id, call.principal_id), rate),
        ((call.kind, "subscription", subscription_id), everybody),
    ]


def _provider_budgets(call: RatedCall) -> list[tuple[Subject, Rate]]:
    at = _provider_index(call.words)
    if at is None:
        return []
    identity, below = call.words[at + 3 : at + 4], call.words[at + 3 :]
    operation = _operation(call.method, below)
    names = {
        "tenant": call.tenant_id,
        "subscription": call.subscription_id,
        "resource": "/" + "/".join(call.words[: at + 4]) if identity else None,
    }
    return [
        ((operation, level, name), Rate(max(1.0, per_second * _BURST_S), per_second))
        for level, per_second in _PROVIDER_RATES[operation].items()
        if (name := names[level]) is not None
    ]


def _provider_index(words: tuple[str, ...]) -> int | None:
    """Where `providers` stands before a type of our provider that is limited; None where another answers the call."""
    found = [index for index, word in enumerate(words) if word == "providers"]
    after = words[found[-1] + 1 : found[-1] + 3] if found else ()
    return found[-1] if after[:1] == (_PROVIDER,) and after[1:] and after[1] in _RATED_TYPES else None


def _operation(method: str, below: tuple[str, ...]) -> str:
    if below[1:] == ("listassociatedresources",):
        return "associated"
    if method in ("GET", "HEAD"):
        return "get" if len(below) % 2 else "list"
    return "delete" if method == "DELETE" else "write"


def _refusal_by_arm(call: RatedCall, wait_s: int) -> ArmRefusalError:
    # Source: recorded traffic (azure-cli, media services tests) for code and text; Azure documentation for Retry-After.
    whose = f"subscription '{call.subscription_id}'" if call.subscription_id else f"tenant '{call.tenant_id}'"
    message = (
        f"Number of requests for {whose} and operation '{call.method}/{'/'.join(call.words)}' exceeded the backend "
        f"storage limit. Please try again after '{wait_s}' seconds."
    )
    return ArmRefusalError(
        429, "SubscriptionRequestsThrottled", message, from_gateway=True, headers={"Retry-After": str(wait_s)}
    )


def _refusal_by_provider(wait: Wait) -> ArmRefusalError:
    # Source: recorded traffic (azure-service-operator; the code is the number as a text, and there is no failure
    # cause). For a tenant or a resource in place of the subscription the text is assumed.
    _, level, name = wait.subject
    message = (
        f"Request is temporarily throttled because {level} {name} has issued too many requests. "
        f"Retry after {wait.seconds} seconds."
    )
    return ArmRefusalError(429, "429", message, from_gateway=False, headers={"Retry-After": str(wait.seconds)})
