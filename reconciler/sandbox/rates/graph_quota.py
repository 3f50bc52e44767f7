"""How many queries Resource Graph answers a caller, and the headers that tell what is left.

Source: Azure documentation (guidance for throttled requests: 15 queries in each window of 5 seconds, after which both
headers begin again) and recorded traffic (the headers, in errors too). That a window begins with its first query is
assumed.
"""

from collections.abc import Mapping

from reconciler.sandbox.rates.buckets import Window

QUERY_WORDS = ("providers", "microsoft.resourcegraph", "resources")
"""The path of a query, decoded and casefolded."""

QUOTA = Window(15, 5)
"""For one principal. Source: Azure documentation; the real number depends on the user and may change."""


def quota_headers(remaining: int, resets_after_s: int) -> Mapping[str, str]:
    """What every answer to a query tells. Source: recorded traffic (`14`, `00:00:05`)."""
    minutes, seconds = divmod(resets_after_s, 60)
    hours, minutes = divmod(minutes, 60)
    return {
        "x-ms-user-quota-remaining": str(remaining),
        "x-ms-user-quota-resets-after": f"{hours:02}:{minutes:02}:{seconds:02}",
        "x-ms-ratelimit-remaining-tenant-resource-requests": str(remaining),
    }
