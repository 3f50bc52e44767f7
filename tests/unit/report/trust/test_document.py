"""Who can become each identity, in JSON."""

import json

from reconciler.report.trust.document import trust_report_document, trust_text
from tests.builders import SUBSCRIPTION
from tests.unit.report.trust.trusting import EVERYTHING, FINDING, UNREAD, report

ADDRESS = f"{SUBSCRIPTION}/rg-app/id-a"


def test_document_is_whole() -> None:
    document = json.loads(json.dumps(trust_report_document(report(EVERYTHING, findings=(FINDING,), accepted=2))))

    (one,) = document["identities"]
    assert (one["address"], one["principal_id"], one["client_id"]) == (ADDRESS, "principal-of-id-a", "client-of-id-a")
    assert [(who["by_credential"], who["text"]) for who in one["trusted"]] == [
        ("gh", "GitHub `contoso/payments`, environment `prod`"),
        ("flex", "whoever the credential `flex` means, which this api-version cannot show"),
        (None, "virtualMachines vm-a (rg-data)"),
    ]
    assert f"can act as {ADDRESS}: Reader on /subscriptions/{SUBSCRIPTION}" in one["trusted"][0]["sentence"]
    assert one["memberships"]["found"] == [{"kind": "group", "object_id": "0b2c", "name": "Payments"}]
    assert one["app_roles"]["found"] == [{"role": "User.Read.All", "application": "Microsoft Graph"}]
    assert document["not_live"] == [f"{SUBSCRIPTION}/rg-app/id-missing"]
    assert (len(document["warnings"]), document["accepted_warnings"]) == (1, 2)


def test_what_was_not_read_is_null_with_its_reason() -> None:
    (one,) = json.loads(trust_text(report(UNREAD)))["identities"]

    assert one["federated_credentials"] == {"found": None, "not_checked": "no right"}
    assert one["memberships"] == {"found": None, "not_checked": "no token"}
    assert one["not_looked_at"] == ["Entra groups", "app roles", "data-plane grants", "identityProfile"]
