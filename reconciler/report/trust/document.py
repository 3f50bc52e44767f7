"""Who can become each identity, in JSON, as `schemas/trust.v1.schema.json` describes it."""

import json

from reconciler import __version__
from reconciler.manifest.findings import finding_documents
from reconciler.model import FORMAT_VERSION, JsonObject, live_trust_document
from reconciler.plan.trust import standing_sentence, who_document
from reconciler.plan.trust.words import WholeNames
from reconciler.report.trust.current import IdentityTrust, TrustReport
from reconciler.report.visible import SafeText, safe_json


def trust_text(report: TrustReport) -> SafeText:
    """The document, with a line break at its end."""
    return safe_json(json.dumps(trust_report_document(report), indent=2) + "\n")


def trust_report_document(report: TrustReport) -> JsonObject:
    """The whole report."""
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "cloud": report.cloud,
        "identities": [_identity(one) for one in report.identities],
        "not_live": [one.address for one in report.missing],
        "warnings": finding_documents(report.findings),
        "accepted_warnings": report.accepted,
    }


def _identity(one: IdentityTrust) -> JsonObject:
    resource_id = one.identity.resource_id
    return {
        "address": resource_id.address,
        "principal_id": one.identity.principal_id,
        "client_id": one.identity.client_id,
        "trusted": [
            {
                **who_document(who),
                "by_credential": name or None,
                "sentence": standing_sentence(who, resource_id, one.rights, one.rights_not_read, WholeNames()),
            }
            for who, name in one.whos
        ],
        **live_trust_document(one.live),
        "not_looked_at": list(one.not_looked_at),
    }
