"""What a recording takes for granted: the resources that it finds without having made them."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.sandbox.state import DEFAULT_TENANT, Contents, Identity, ResourceGroup, Subscription
from tests.contract.recordings import RecordedExchange

_TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"
_IN_SUBSCRIPTION = r"/+subscriptions/(?P<subscription>[^/]+)"
_IN_GROUP = _IN_SUBSCRIPTION + r"/resourceGroups/(?P<group>[^/]+)"
_SERVED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"/+subscriptions",
        _IN_SUBSCRIPTION,
        _IN_SUBSCRIPTION + r"/resourceGroups",
        _IN_GROUP,
        _IN_SUBSCRIPTION + r"/operationresults/(?P<operation>[^/]+)",
        _IN_SUBSCRIPTION + rf"/providers/{_TYPE}",
        _IN_GROUP + rf"/providers/{_TYPE}",
        _IN_GROUP + rf"/providers/{_TYPE}/(?P<identity>[^/]+)",
        r"/.*/providers/Microsoft\.Authorization/permissions",
    )
)
"""The routes that the sandbox serves today, told apart here without its own router."""

_IDENTITY = next(pattern for pattern in _SERVED if "identity" in pattern.groupindex)


def served(exchange: RecordedExchange) -> re.Match[str] | None:
    """What the path of an exchange names, None where the sandbox serves no such path."""
    return next((match for pattern in _SERVED if (match := pattern.fullmatch(exchange.path))), None)


def start_of(exchanges: Iterable[RecordedExchange]) -> Contents:
    """The contents from which a recording makes sense."""
    seeds = _Seeds()
    for exchange in exchanges:
        match = served(exchange)
        if match is not None:
            seeds.learn(exchange, match)
    return seeds.contents()


class _Seeds:
    """What is learned on the way; `_seen` holds what was met before, and so was not taken for granted."""

    def __init__(self) -> None:
        self._groups: dict[str, ResourceGroup] = {}
        self._identities: dict[str, Identity] = {}
        self._subscriptions: set[str] = set()
        self._seen: set[str] = set()
        self._described: set[str] = set()

    def learn(self, exchange: RecordedExchange, match: re.Match[str]) -> None:
        names = match.groupdict()
        if "subscription" in names:
            self._subscriptions.add(names["subscription"])
        body = json.loads(exchange.body) if exchange.body and exchange.status == 200 else {}
        if "group" in names:
            own_body = body if body.get("type") == "Microsoft.Resources/resourceGroups" else {}
            self._group(names, own_body, absent=_shows_no_group(exchange, names))
        if "identity" in names:
            self._identity(names, body, present=exchange.status == 200)
        for item in body.get("value", ()):
            self._listed(item)

    def contents(self) -> Contents:
        return Contents(
            subscriptions=tuple(
                Subscription(subscription, subscription) for subscription in sorted(self._subscriptions)
            ),
            resource_groups=tuple(self._groups.values()),
            identities=tuple(self._identities.values()),
        )

    def _group(self, names: Mapping[str, str], body: Mapping[str, object], *, absent: bool) -> None:
        key = f"{names['subscription']}/{names['group']}".lower()
        if key not in self._seen and not absent:
            self._groups[key] = ResourceGroup(names["subscription"], names["group"], "westus")
        if key in self._groups and key not in self._described and body:
            # It may first be met by a DELETE or by what is in it, which do not show what it looks like.
            self._describe(key, body)
        self._seen.add(key)

    def _describe(self, key: str, body: Mapping[str, object]) -> None:
        tags, managed_by = body.get("tags"), body.get("managedBy")
        self._groups[key] = replace(
            self._groups[key],
            location=str(body["location"]),
            tags=tuple(tags.items()) if isinstance(tags, dict) else None,
            managed_by=None if managed_by is None else str(managed_by),
        )
        self._described.add(key)

    def _identity(self, names: Mapping[str, str], body: Mapping[str, object], *, present: bool) -> None:
        key = f"{names['subscription']}/{names['group']}/{names['identity']}".lower()
        if key not in self._seen and present:
            tags = body.get("tags")
            self._identities[key] = Identity(
                names["subscription"],
                names["group"],
                names["identity"],
                str(body.get("location", "westus")),
                tuple(tags.items()) if isinstance(tags, dict) else (),
                "00000000-0000-0000-0000-00000000000a",
                "00000000-0000-0000-0000-00000000000b",
                DEFAULT_TENANT,
            )
        self._seen.add(key)

    def _listed(self, item: Mapping[str, object]) -> None:
        match = _IDENTITY.fullmatch(str(item["id"]))
        if match is not None:
            self._identity(match.groupdict(), item, present=True)


def _shows_no_group(exchange: RecordedExchange, names: Mapping[str, str]) -> bool:
    created_or_missing = "identity" not in names and exchange.status in (201, 404)
    return created_or_missing or b"ResourceGroupNotFound" in exchange.body
