"""What the tests of the Activity Log share: how it is asked, and the short form of an event."""

from typing import Any

import httpx

from tests.sandbox.arm import IN_SUBSCRIPTION

VALUES = "/providers/microsoft.insights/eventtypes/management/values"
LOG_VERSION = "2015-04-01"
SINCE = "eventTimestamp ge '2026-03-01T00:00:00Z'"


def ask(arm: httpx.Client, filter_text: str | None = SINCE, *, scope: str = IN_SUBSCRIPTION, **query: str) -> Any:
    """The answer to a list of events."""
    filters = {} if filter_text is None else {"$filter": filter_text}
    return arm.get(f"{scope}{VALUES}", params={"api-version": LOG_VERSION, **filters, **query})


def events(arm: httpx.Client, filter_text: str | None = SINCE, **query: str) -> list[dict[str, Any]]:
    """The events of a list, newest first."""
    answer = ask(arm, filter_text, **query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["value"]
    return found


def short(found: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Of each event the operation, the status and the status of the answer."""
    return [(one["operationName"]["value"], one["status"]["value"], one["subStatus"]["value"]) for one in found]
