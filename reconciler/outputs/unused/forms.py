"""What `uami unused` writes, for people and as a document."""

import json
from enum import StrEnum

from reconciler import __version__
from reconciler.model import FORMAT_VERSION, JsonObject, day_text, last_sign_in_document
from reconciler.outputs.unused.judge import Unused, Verdict
from reconciler.report.page import Page
from reconciler.report.parts.header import write_connection
from reconciler.report.visible import SafeText, safe_json

SILENCE = (
    "No sign-in is no proof that nothing uses an identity: one that was made lately has had no time for one, and an app"
    " may hold a token for up to 24 hours."
)
"""What stands below every report. Source: Microsoft Entra documentation (tokens of managed identities are cached)."""


class UnusedFormat(StrEnum):
    """How the report is written."""

    TEXT = "text"
    JSON = "json"


def write_unused(unused: Unused, form: UnusedFormat, *, color: bool) -> SafeText:
    """The report in a form; `color` is for the one that knows colour."""
    if form is UnusedFormat.JSON:
        return safe_json(json.dumps(unused_document(unused), indent=2) + "\n")
    page = Page(color=color)
    write_connection(page, unused.cloud, unused.subscriptions, unused.header)
    page.line("Sign-in log: ", _log(unused))
    for verdict, heading, style in _HEADINGS:
        found = unused.having(verdict)
        if found:
            page.line()
            page.line((heading, "bold"))
            for one in found:
                page.line("  ", (one.address, style), f": {one.words(unused.days)}")
    if unused.not_live:
        page.line()
        page.line(("Not live", "bold"))
        for address in unused.not_live:
            page.line("  ", address)
    page.line()
    page.line((SILENCE, "dim"))
    page.line()
    counts = (f"{len(unused.having(verdict))} {heading.lower()}" for verdict, heading, _ in _HEADINGS)
    page.line((f"Identities: {', '.join(counts)}.", "bold"))
    return page.text()


_HEADINGS = (
    (Verdict.USED, "In use", ""),
    (Verdict.UNKNOWN, "Not known", "yellow"),
    (Verdict.UNUSED, "Unused", "yellow"),
)


def _log(unused: Unused) -> str:
    since = unused.log.log_since
    if since is None:
        return f"{unused.workspace} has no row of any identity"
    return f"{unused.workspace}, since {day_text(since)}{unused.log.gaps}"


def unused_document(unused: Unused) -> JsonObject:
    """The document that `schemas/unused.v1.schema.json` describes."""
    log = last_sign_in_document(unused.log)
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "cloud": unused.cloud,
        "days": unused.days,
        "log": {
            "workspace": unused.workspace,
            "as_of": log["as_of"],
            "since": log["log_since"],
            "days_without_rows": log["days_without_rows"],
        },
        "identities": [
            {
                "address": one.identity.resource_id.address,
                "principal_id": one.identity.principal_id,
                "verdict": one.verdict.value,
                "last": last_sign_in_document(one.last_sign_in)["last"],
                "words": one.words(unused.days),
            }
            for one in unused.identities
        ],
        "not_live": list(unused.not_live),
    }
