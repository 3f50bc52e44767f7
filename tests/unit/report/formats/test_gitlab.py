"""Reports for GitLab: what its own parsers take."""

import json
from typing import Any

from reconciler.errors import Diagnostic, ManifestError, SourcePos, UsageError
from reconciler.files.checkout import Checkout
from reconciler.guardrails import DeclaredVerdict
from reconciler.manifest.desired import Desired
from reconciler.manifest.finding import Finding
from reconciler.report.formats import ReportKind
from reconciler.report.formats.gitlab import GitlabFormat
from reconciler.report.rows import Header
from tests.builders import desired_group, resource_id
from tests.unit.reporting import plan_of_everything, refused_plan

CHECKOUT = Checkout("/repo", "/repo/teams")
FORM = GitlabFormat(CHECKOUT, "validate")
COUNTS = GitlabFormat(CHECKOUT, "plan")
(COMPANION,) = COUNTS.companions(ReportKind.PLAN)
PROBLEMS = COMPANION.form
HEADER = Header("", "")
SEVERITIES = ("info", "minor", "major", "critical", "blocker")


def quality_of(text: str) -> list[dict[str, Any]]:
    """The problems of a code quality report, each such that GitLab keeps and shows it."""
    assert not text.startswith("\ufeff")
    problems = json.loads(text)
    assert isinstance(problems, list)
    for one in problems:
        assert {*one} == {"description", "check_name", "fingerprint", "severity", "location"}
        assert all(isinstance(one[key], str) and one[key] for key in one if key != "location")
        assert one["severity"] in SEVERITIES
        assert {*one["location"]} == {"path", "lines"}
        assert not one["location"]["path"].startswith(("/", "./"))
        assert isinstance(one["location"]["lines"]["begin"], int)
        assert one["location"]["lines"]["begin"] >= 1
    assert len({one["fingerprint"] for one in problems}) == len(problems)
    return problems


def test_plan_is_three_counts_without_what_is_refused() -> None:
    assert json.loads(COUNTS.plan(plan_of_everything(), HEADER)) == {"create": 1, "update": 2, "delete": 1}
    assert json.loads(COUNTS.plan(refused_plan(), HEADER)) == {"create": 1, "update": 0, "delete": 0}


def test_refusals_of_a_plan_are_problems_at_their_lines() -> None:
    problems = quality_of(PROBLEMS.plan(refused_plan(), HEADER))

    assert {one["check_name"] for one in problems} == {"location", "foreign-owner", "group-missing"}
    assert {one["severity"] for one in problems} == {"critical"}
    assert {one["location"]["path"] for one in problems} == {"teams/identities.yaml"}
    assert PROBLEMS.plan(plan_of_everything(), HEADER) == "[]\n"


def test_warnings_of_a_manifest_are_problems() -> None:
    one = Finding("remove-unpinned", resource_id("id-a"), SourcePos("a.yaml", 7, 3), "is odd", "Pin it.")

    text = FORM.validated(Desired((desired_group("id-a"),)), [one, one], (), DeclaredVerdict(), strict=False)

    first, second = quality_of(text)
    assert (first["description"], first["severity"]) == ("rg-app/id-a is odd. Pin it.", "minor")
    assert first["location"] == {"path": "teams/a.yaml", "lines": {"begin": 7}}
    assert second["fingerprint"] == f"{first['fingerprint']}-2"


def test_a_file_of_counts_brings_problems_along_and_one_of_problems_nothing() -> None:
    assert COMPANION.infix == "codequality"
    assert COUNTS.companions(ReportKind.SAVED_PLAN) == (COMPANION,)
    assert FORM.companions(ReportKind.VALIDATION) == ()


def test_problems_of_a_file_are_the_worst() -> None:
    error = ManifestError((Diagnostic("unknown-key", SourcePos("a.yaml", 2, 1), "unknown key", "Remove it."),))

    (one,) = quality_of(FORM.error(error))

    assert (one["check_name"], one["severity"]) == ("unknown-key", "blocker")
    assert PROBLEMS.error(error) == FORM.error(error)
    # Without the three counts, GitLab's parser says that keys are missing.
    assert {*json.loads(COUNTS.error(error))} == {"error"}


def test_other_error_is_what_gitlab_calls_a_report_that_failed() -> None:
    error = UsageError("no such flag", "See --help.")

    documents = [json.loads(form.error(error)) for form in (FORM, COUNTS, PROBLEMS)]

    assert documents == [{"error": {"code": "usage", "message": "no such flag", "hint": "See --help."}}] * 3
