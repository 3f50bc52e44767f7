"""What `uami explain-login` writes in JSON."""

import json

from reconciler.report.login.document import claims_text, login_document, login_text
from tests.cli.documents import problems
from tests.unit.logins.logging_in import NOW_S, claims, report


def test_document_is_as_its_schema_says() -> None:
    for token in (claims(), claims("repo:contoso/app:pull_request"), claims(exp=NOW_S - 1)):
        document = json.loads(login_text(report(token)))

        assert problems(document, "explain-login:v1") == []
        assert document["claims"] == json.loads(claims_text(token))


def test_miss_has_field_place_and_spans() -> None:
    document = login_document(report(claims("repo:contoso/app:ref:refs/heads/Main")))

    manifest = document["manifest"]
    assert isinstance(manifest, dict)
    (difference,) = manifest["nearest"]["differences"]
    assert (document["succeeds"], manifest["matches"], document["live"]) == (False, [], None)
    assert difference["source"] == {"file": "m.yaml", "line": 10, "column": 22}
    assert (difference["field"], difference["entra_code"]) == ("subject", "AADSTS7002138")
    assert (difference["token_spans"], difference["credential_spans"]) == ([[32, 33]], [[32, 33]])
