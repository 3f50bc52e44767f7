"""The report of `uami unused`, for people and as a document."""

import json
from datetime import UTC, date, datetime
from typing import Any

from reconciler.model import LastSignIn, SignIn
from reconciler.outputs.unused.forms import SILENCE, UnusedFormat, unused_document, write_unused
from reconciler.outputs.unused.judge import JudgedIdentity, Unused, judge
from reconciler.schemas import schema_text
from tests.builders import live_identity

TODAY = date(2026, 11, 30)
SINCE = date(2026, 11, 29)
WORKSPACE = "/subscriptions/s/logs"


def report(*known: LastSignIn, log: LastSignIn = LastSignIn(TODAY, None, SINCE)) -> Unused:  # noqa: B008
    """What a log says of identities in order."""
    identities = tuple(
        JudgedIdentity(f"rg-app/id-{n}", live_identity(f"id-{n}"), judge(one, 30), one) for n, one in enumerate(known)
    )
    return Unused("AzureCloud", (), WORKSPACE, 30, log, identities, ("rg-app/id-z",))


USED = LastSignIn(TODAY, SignIn(datetime(2026, 11, 29, tzinfo=UTC), "Azure Storage"), SINCE)
SHORT = LastSignIn(TODAY, None, SINCE)
LONG = LastSignIn(TODAY, None, date(2026, 1, 1))


def test_text_names_the_log_each_verdict_and_its_reason() -> None:
    lines = str(write_unused(report(USED, SHORT, LONG), UnusedFormat.TEXT, color=False)).splitlines()

    assert f"Sign-in log: {WORKSPACE}, since 29 November 2026" in lines
    assert "  rg-app/id-0: last sign-in 1 day ago, for Azure Storage" in lines
    assert "  rg-app/id-1: none since 29 November 2026, as far as the log reaches" in lines
    assert "  rg-app/id-2: no sign-in for 30 days; none since 1 January 2026, as far as the log reaches" in lines
    assert "  rg-app/id-z" in lines
    assert SILENCE in lines
    assert lines[-1] == "Identities: 1 in use, 1 not known, 1 unused."


def test_log_that_begins_yesterday_never_says_30_days_and_an_empty_one_says_that_it_is() -> None:
    assert "30 days" not in str(write_unused(report(SHORT), UnusedFormat.TEXT, color=False))
    empty = str(write_unused(report(log=LastSignIn(TODAY)), UnusedFormat.TEXT, color=False))
    assert f"{WORKSPACE} has no row of any identity" in empty


def test_document_is_what_its_schema_says() -> None:
    document: Any = json.loads(str(write_unused(report(USED, SHORT, LONG), UnusedFormat.JSON, color=False)))
    schema: Any = json.loads(schema_text("unused.v1.schema.json"))

    assert document == unused_document(report(USED, SHORT, LONG))
    assert [one["verdict"] for one in document["identities"]] == ["used", "unknown", "unused"]
    assert set(document) == set(schema["required"])
    assert set(document["identities"][0]) == set(schema["$defs"]["identity"]["required"])
