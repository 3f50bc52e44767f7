"""Every code of a guard and of a warning has a meaning of its own."""

import json
from itertools import chain

from reconciler.guards.allowances import _OTHER_WAYS, LIFTED_BY_ALLOW
from reconciler.manifest.findings import UNUSED
from reconciler.report.issues.codes import GUARDS, WARNINGS, meaning_of
from reconciler.report.issues.issue import Severity
from reconciler.schemas import schema_text


def test_every_guard_has_a_meaning() -> None:
    assert {*GUARDS} == {*LIFTED_BY_ALLOW, *_OTHER_WAYS}


def test_every_warning_has_a_meaning() -> None:
    schema = json.loads(schema_text("manifest.v1.schema.json"))
    acceptable = schema["$defs"]["acceptance"]["properties"]["code"]["enum"]

    assert {*WARNINGS} == {*acceptable, UNUSED} - {*GUARDS}


def test_meaning_says_what_becomes_of_it() -> None:
    guard, warning = meaning_of("in-use", Severity.REFUSED), meaning_of("trust-by-name", Severity.REFUSED)
    diagnostic = meaning_of("unknown-key", Severity.INVALID)

    assert "exit code 3" in guard.help
    assert "`accept: [{code: trust-by-name, reason: ...}]`" in warning.help
    assert (diagnostic.summary, "exit code 65" in diagnostic.help) == ("Unknown key", True)


def test_code_that_is_not_listed_has_a_meaning_all_the_same() -> None:
    found = [meaning_of("no-such", severity) for severity in Severity]

    assert {one.summary for one in found} == {"No such"}
    assert len({one.help for one in found}) == 3


def test_texts_fit_what_code_scanning_shows() -> None:
    meanings = [meaning_of(code, Severity.REFUSED) for code in chain(GUARDS, WARNINGS)]

    assert max(len(text) for one in meanings for text in (one.summary, one.description)) <= 1024
