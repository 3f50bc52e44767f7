"""`--format sarif` and `--format gitlab` as jobs use them: beside the report on stdout, in files of their own."""

import json
from pathlib import Path

from tests.cli.command import Uami

PLAN = ("plan", "identities.yaml", "--sandbox", "sandbox.json")


def test_plan_brings_its_code_quality_along_and_replaces_both(uami: Uami, quickstart: Path) -> None:
    files = (quickstart / "gl-plan.json", quickstart / "gl-plan.codequality.json")

    first = uami(*PLAN, "--format", "gitlab=gl-plan.json", "--format", "sarif=uami.sarif")
    counts, problems = (json.loads(path.read_text(encoding="utf-8")) for path in files)
    manifest = quickstart / "identities.yaml"
    manifest.write_text(manifest.read_text(encoding="utf-8") + "limits: {maxDeletes: 0}\n", encoding="utf-8")
    refused = uami(*PLAN, "--format", "gitlab=gl-plan.json", "--format", "sarif=uami.sarif")

    assert (first.code, counts, problems) == (0, {"create": 2, "update": 2, "delete": 1}, [])
    assert first.stdout.endswith("Plan: 2 to add, 2 to change, 1 to destroy.\n")
    (problem,) = json.loads(files[1].read_text(encoding="utf-8"))
    (result,) = json.loads((quickstart / "uami.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert refused.code == 3
    assert json.loads(files[0].read_text(encoding="utf-8")) == {"create": 2, "update": 2, "delete": 0}
    assert (problem["check_name"], result["ruleId"]) == ("delete-limit", "delete-limit")
    assert problem["location"]["path"] == "identities.yaml"
    assert result["message"]["text"] == problem["description"]


def test_manifest_that_is_not_valid_is_in_every_file(uami: Uami, quickstart: Path) -> None:
    manifest = quickstart / "identities.yaml"
    manifest.write_text(manifest.read_text(encoding="utf-8") + "unknown: 1\n", encoding="utf-8")

    planned = uami(*PLAN, "--format", "gitlab=gl-plan.json")
    checked = uami("validate", "identities.yaml", "--format", "gitlab=quality.json")

    problems = json.loads((quickstart / "quality.json").read_text(encoding="utf-8"))
    assert (planned.code, checked.code) == (65, 65)
    assert [(one["check_name"], one["severity"]) for one in problems] == [("unknown-key", "blocker")]
    assert json.loads((quickstart / "gl-plan.codequality.json").read_text(encoding="utf-8")) == problems
    # GitLab says of a report without its three counts that it failed.
    assert {*json.loads((quickstart / "gl-plan.json").read_text(encoding="utf-8"))} == {"error"}


def test_companion_replaces_no_file_of_another_kind(uami: Uami, quickstart: Path) -> None:
    other = quickstart / "gl-plan.codequality.json"
    other.write_text('{"mine": 1}', encoding="utf-8")

    ended = uami(*PLAN, "--format", "gitlab=gl-plan.json")

    assert ended.code == 64
    assert "gl-plan.codequality.json: something else is there already" in ended.stderr
    assert other.read_text(encoding="utf-8") == '{"mine": 1}'
    assert not (quickstart / "gl-plan.json").exists()


def test_what_has_no_problems_at_lines_has_no_such_form(uami: Uami, quickstart: Path) -> None:
    ended = uami("drift", "identities.yaml", "--sandbox", "sandbox.json", "--format", "gitlab=x.json")

    assert ended.code == 64
    assert "These commands report in it: validate, plan, show of a saved plan." in ended.stderr
