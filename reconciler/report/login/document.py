"""Whether a token matches, in JSON, as `schemas/explain-login.v1.schema.json` describes it."""

import json

from reconciler import __version__
from reconciler.logins.claims import Claims, claims_document
from reconciler.logins.compare import Candidate, Comparison, Difference, time_text
from reconciler.logins.verdict import LoginReport
from reconciler.manifest.trust.decoded import CLOUD_AUDIENCES, decode
from reconciler.model import FORMAT_VERSION, JsonObject, Trust, source_document
from reconciler.report.visible import SafeText, safe_json


def claims_text(claims: Claims) -> SafeText:
    """The claims alone, for `--claims-file`."""
    return _text(claims_document(claims))


def login_text(report: LoginReport) -> SafeText:
    """The document, with a line break at its end."""
    return _text(login_document(report))


def _text(document: JsonObject) -> SafeText:
    return safe_json(json.dumps(document, indent=2) + "\n")


def login_document(report: LoginReport) -> JsonObject:
    """The whole report."""
    claims = report.claims
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "succeeds": report.succeeds,
        "source": report.source,
        "claims": claims_document(claims),
        "means": decode(Trust(claims.issuer, claims.subject, min(CLOUD_AUDIENCES))).text,
        "judged_at": time_text(report.judged_at_s),
        "timing": [_difference(one) for one in report.basis.timing],
        "manifest": _comparison(report.listed),
        "live": None if report.live is None else _comparison(report.live),
        "notes": list(report.notes),
        "advice": list(report.advice),
    }


def _comparison(found: Comparison) -> JsonObject:
    return {
        "compared": found.compared,
        "matches": [_candidate(one) for one in found.matches],
        "nearest": None
        if found.nearest is None
        else {
            **_candidate(found.nearest.candidate),
            "entra_code": found.nearest.code,
            "differences": [_difference(one) for one in found.nearest.differences],
        },
    }


def _candidate(one: Candidate) -> JsonObject:
    return {
        "address": one.credential_id.address,
        "source": None if one.place is None else source_document(one.place),
    }


def _difference(one: Difference) -> JsonObject:
    return {
        "field": one.field.value,
        "token": one.token,
        "credential": one.credential,
        "token_spans": [list(span) for span in one.token_spans],
        "credential_spans": [list(span) for span in one.credential_spans],
        "why": one.why,
        "entra_code": one.code,
        "source": None if one.place is None else source_document(one.place),
    }
