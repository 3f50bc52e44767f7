"""The JSON form of what a sign-in log says, and its reader."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from reconciler.model.sign_in.last import LastSignIn, SignIn


def last_sign_in_document(known: LastSignIn) -> dict[str, object]:
    """What a log says of an identity or of a credential; null where it says nothing."""
    last = known.last
    return {
        "as_of": known.as_of.isoformat(),
        "last": None
        if last is None
        else {
            "at": last.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "resource": last.resource,
            "federated": last.is_federated,
            "credential": last.credential,
        },
        "log_since": None if known.log_since is None else known.log_since.isoformat(),
        "days_without_rows": [day.isoformat() for day in known.days_without_rows],
        "not_read": known.not_read,
    }


def read_last_sign_in(document: Mapping[str, Any]) -> LastSignIn:
    """What a document says; a schema has checked it. Raises ValueError for days and times that are none."""
    last, since = document["last"], document["log_since"]
    return LastSignIn(
        date.fromisoformat(document["as_of"]),
        None
        if last is None
        else SignIn(
            datetime.strptime(last["at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
            last["resource"],
            last["federated"],
            last["credential"],
        ),
        None if since is None else date.fromisoformat(since),
        tuple(date.fromisoformat(day) for day in document["days_without_rows"]),
        document["not_read"],
    )
