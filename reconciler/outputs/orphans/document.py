"""What `uami orphans` writes as a document."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from reconciler import __version__
from reconciler.arm.role_assignments import delete_command
from reconciler.model import FORMAT_VERSION, JsonObject, Orphan, assignment_document
from reconciler.outputs.orphans.report import OrphansReport
from reconciler.report.visible import SafeText, safe_json


def write_orphans_json(report: OrphansReport) -> SafeText:
    """The text of the document."""
    return safe_json(json.dumps(orphans_document(report), indent=2) + "\n")


def orphans_document(report: OrphansReport) -> JsonObject:
    """The document that `schemas/orphans.v1.schema.json` describes."""
    found, journals = report.found, report.journals
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "cloud": report.cloud,
        "subscription": {
            "id": report.subscription.subscription_id,
            "name": report.subscription.display_name,
            "tenant": report.subscription.tenant_id,
        },
        "owners": list(report.owners),
        "journals": {
            "read": journals.read,
            "elsewhere": journals.elsewhere,
            "unreadable": journals.unreadable,
            "left_out": journals.left_out,
        },
        "looked_at": {"role_assignments": found.assignments, "principals": found.principals},
        "principals": [_principal_document(report, group) for group in report.by_principal],
        "not_judged": [
            {
                "principal_id": one.holder.principal_id,
                "principal_type": one.holder.principal_type,
                "role_assignments": len(one.holder.assignments),
                "reason": one.reason.value,
                "because": one.because,
            }
            for one in found.not_judged
        ],
        "not_read": [{"what": one.what, "scope": one.where, "because": one.because} for one in found.not_read],
    }


def _principal_document(report: OrphansReport, group: tuple[Orphan, ...]) -> JsonObject:
    first = group[0]
    return {
        "principal_id": first.assignment.principal_id,
        "principal_type": first.principal_type,
        "identity": None if first.identity is None else first.identity.address,
        "created_again": first.created_again,
        "evidence": first.evidence,
        "doubt": first.doubt or None,
        "role_assignments": [dict(_assignment_fields(report, one)) for one in group],
    }


def _assignment_fields(report: OrphansReport, orphan: Orphan) -> Iterator[tuple[str, object]]:
    created_s = orphan.assignment.created_s
    yield from assignment_document(orphan.assignment, orphan.role).items()
    yield "whose", report.whose(orphan).value
    yield "above_subscription", report.is_above(orphan)
    created_on = None if created_s is None else f"{datetime.fromtimestamp(created_s, UTC):%Y-%m-%dT%H:%M:%SZ}"
    yield "created_on", created_on
    yield "delete_command", delete_command(orphan.assignment)
