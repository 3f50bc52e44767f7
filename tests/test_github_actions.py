"""The example workflows are safe to copy: what triggers them, what they may do, and every command line in them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from tests.starters.scripts import ACTION, EXAMPLES, ROOT, WORKFLOWS, commands, commands_in, load, parse, steps

EXAMPLE = EXAMPLES / "github-actions"
DOCUMENTS = sorted([*EXAMPLES.glob("*/README.md"), ROOT / "README.md"])
APPLYING = ("apply.yml", "guardrails.yml")
ACTIONS = {"actions/checkout", "actions/setup-python", "actions/upload-artifact", "actions/download-artifact"}
OURS = "./.github/actions/uami"

READ, LOGIN = ("contents", "read"), ("id-token", "write")
PERMISSIONS = {
    "plan.yml": {
        "validate": {READ},
        "plan": {READ, LOGIN},
        "comment": {("pull-requests", "write")},
        "gate": set(),
    },
    "apply.yml": {"plan": {READ, LOGIN}, "reviewers": {("actions", "read")}, "apply": {READ, LOGIN}},
    "guardrails.yml": {"plan": {READ, LOGIN}, "reviewers": {("actions", "read")}, "apply": {READ, LOGIN}},
    "drift.yml": {"drift": {READ, LOGIN}, "issue": {("issues", "write")}},
}
"""What each job may do: what logs in to Azure writes nothing on GitHub, and the other way round."""


def commands_of_workflows() -> list[str]:
    """Every command line of ours in a workflow."""
    scripts = [step["run"] for name in sorted(WORKFLOWS) for step in steps(load(WORKFLOWS[name])) if "run" in step]
    return [line for script in scripts for line in commands_in(script)]


def commands_of_documents() -> list[str]:
    """Every command line of ours in a fenced block of a README, and those that this example's sentences quote."""
    found = []
    for path in DOCUMENTS:
        fenced = re.findall(r"```\w+\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
        for line in "".join(fenced).replace("\\\n", " ").splitlines():
            match = re.search(r"(?:^\s*|\$ |&& |[A-Z_]+=\S+ |\.venv/bin/)(uami .*)", line)
            found += [match[1]] if match else []
    prose = re.sub(r"```.*?```", "", (EXAMPLE / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    return [*found, *(" ".join(one.split()) for one in re.findall(r"`(uami \w+ [^`]+)`", prose))]


def test_command_lines_of_every_workflow_are_found() -> None:
    assert [command.split()[1] for command in commands_of_workflows()] == [
        *("plan", "apply"),
        "drift",
        *("plan", "apply"),
        *("validate", "plan"),
    ]


@pytest.mark.parametrize("command", [*commands(), *commands_of_documents()])
def test_command_line_is_one(command: str) -> None:
    parse(command)


@pytest.mark.parametrize(
    "command", ["uami plan", "uami plna x", "uami plan x --no-such", "uami sandbox serve --port x"]
)
def test_command_line_that_is_none_would_be_noticed(command: str) -> None:
    with pytest.raises(typer.TyperException):
        parse(command)


@pytest.mark.parametrize("path", [*WORKFLOWS.values(), ACTION], ids=lambda path: path.name)
def test_only_actions_of_github_are_used_and_each_by_its_commit(path: Path) -> None:
    lines = re.findall(r"uses: (.+)", path.read_text(encoding="utf-8"))
    others = [line for line in lines if line != OURS]

    assert others
    assert [line for line in others if not re.fullmatch(r"[a-z/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []
    assert {line.partition("@")[0] for line in others} <= ACTIONS


def test_an_action_has_one_commit_everywhere() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in (*WORKFLOWS.values(), ACTION))
    pins = {*re.findall(r"uses: ([a-z/-]+)@(.+)", texts)}

    assert len(pins) == len({action for action, _ in pins})


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflow_gives_each_job_no_more_than_it_needs(name: str) -> None:
    workflow = load(WORKFLOWS[name])

    assert workflow["permissions"] == {}
    assert {job: {*body["permissions"].items()} for job, body in workflow["jobs"].items()} == PERMISSIONS[name]
    for body in workflow["jobs"].values():
        logs_in = any("--credential github" in step.get("run", "") for step in body["steps"])
        # A login without an environment would be one that any branch can have.
        assert ("id-token" in body["permissions"], "environment" in body) == (logs_in, logs_in)
    assert "secrets." not in WORKFLOWS[name].read_text(encoding="utf-8")


@pytest.mark.parametrize("name", WORKFLOWS)
def test_two_runs_of_a_workflow_do_not_meet(name: str) -> None:
    concurrency = load(WORKFLOWS[name])["concurrency"]

    assert concurrency["group"]
    # What is begun on Azure is never cut short by the next run; a plan of an older commit is worth nothing.
    assert concurrency["cancel-in-progress"] == ("true" if name == "plan.yml" else "false")


def test_workflows_are_started_by_what_cannot_be_abused() -> None:
    triggers = {name: sorted(load(WORKFLOWS[name])["on"]) for name in WORKFLOWS}

    assert triggers == {
        "apply.yml": ["push"],
        "drift.yml": ["schedule", "workflow_dispatch"],
        "guardrails.yml": ["push"],
        "plan.yml": ["pull_request"],
    }
    assert [load(WORKFLOWS[name])["on"]["push"]["branches"] for name in ("apply.yml", "guardrails.yml")] == [
        ["main"]
    ] * 2


def test_pull_request_of_a_fork_is_only_validated() -> None:
    jobs = load(WORKFLOWS["plan.yml"])["jobs"]

    assert jobs["plan"]["if"].endswith("&& github.event.pull_request.head.repo.full_name == github.repository")
    assert "id-token" not in jobs["validate"]["permissions"]


def test_gate_is_a_check_that_always_ends() -> None:
    workflow = load(WORKFLOWS["plan.yml"])

    # A filter of paths would leave a required check waiting for ever.
    assert workflow["on"] == {"pull_request": ""}
    assert workflow["jobs"]["gate"]["if"] == "always()"
    assert workflow["jobs"]["gate"]["needs"] == ["validate", "plan"]


def test_guardrails_come_from_the_environment_and_lie_outside_of_the_checkout() -> None:
    jobs = load(WORKFLOWS["guardrails.yml"])["jobs"]

    for job in (jobs["plan"], jobs["apply"]):
        scripts = [step.get("run", "") for step in job["steps"]]
        written = next(number for number, script in enumerate(scripts) if '> "$RUNNER_TEMP/guardrails.yaml"' in script)
        assert job["env"]["GUARDRAILS"] == "${{ vars.GUARDRAILS }}"
        assert 'echo "UAMI_GUARDRAILS=$RUNNER_TEMP/guardrails.yaml" >> "$GITHUB_ENV"' in scripts[written]
        runs = [number for number, script in enumerate(scripts) if re.search(r"^\s*uami ", script, re.MULTILINE)]
        assert runs
        assert min(runs) > written


@pytest.mark.parametrize(
    ("code", "ended", "written"), [(0, 0, "code=0\n"), (2, 0, "code=2\n"), (3, 3, ""), (77, 77, "")]
)
@pytest.mark.parametrize("name", APPLYING)
def test_plan_without_changes_asks_nobody_and_one_that_failed_ends_the_run(
    name: str, code: int, ended: int, written: str, tmp_path: Path
) -> None:
    jobs = load(WORKFLOWS[name])["jobs"]
    script = next(step["run"] for step in jobs["plan"]["steps"] if step.get("id") == "plan")
    stub = tmp_path / "uami"
    stub.write_text(f"#!/bin/sh\nexit {code}\n", encoding="utf-8")
    stub.chmod(0o755)
    output = tmp_path / "output"
    output.touch()
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "GITHUB_OUTPUT": str(output)}

    completed = subprocess.run(["bash", "-e", "-c", script], env=environment, check=False)

    assert (completed.returncode, output.read_text(encoding="utf-8")) == (ended, written)
    assert jobs["plan"]["outputs"]["code"] == "${{ steps.plan.outputs.code }}"
    assert jobs["apply"]["if"] == jobs["reviewers"]["if"] == "needs.plan.outputs.code == '2'"
    assert jobs["apply"]["needs"] == ["plan", "reviewers"]


@pytest.mark.parametrize("name", APPLYING)
def test_journal_of_an_apply_is_kept_however_it_ends(name: str) -> None:
    *_, apply, upload = load(WORKFLOWS[name])["jobs"]["apply"]["steps"]

    assert "--journal run.jsonl" in apply["run"]
    assert (upload["uses"].partition("@")[0], upload["if"]) == ("actions/upload-artifact", "always()")
    assert upload["with"]["path"] == "run.jsonl"


def test_pull_request_and_merge_are_planned_by_one_measure() -> None:
    plans = [command for command in commands_of_workflows() if command.split()[1] in ("plan", "apply", "validate")]

    assert [command for command in plans if "--strict" not in command.split()] == []


@pytest.mark.parametrize("name", WORKFLOWS)
def test_uami_is_there_before_it_is_called(name: str) -> None:
    for body in load(WORKFLOWS[name])["jobs"].values():
        calls = [number for number, step in enumerate(body["steps"]) if commands_in(step.get("run", ""))]
        installs = [number for number, step in enumerate(body["steps"]) if step.get("uses") == OURS]
        assert len(installs) == bool(calls)
        assert calls == [] or min(calls) > installs[0]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflow_puts_no_text_of_others_into_a_script(name: str) -> None:
    scripts = [step["run"] for step in steps(load(WORKFLOWS[name])) if "run" in step]

    assert [script for script in scripts if "${{" in script] == []


def test_identities_of_the_pipeline_converge_in_one_apply(tmp_path: Path) -> None:
    subscription = "00000000-0000-0000-0000-000000000001"
    groups = ("rg-identity-pipeline", "rg-payments-prod")
    state = {
        "version": 1,
        "tenantId": "5e1f2a3b-0000-4000-8000-00000000c0de",
        "subscriptions": [{"subscriptionId": subscription, "displayName": "contoso"}],
        "resourceGroups": [
            {"id": f"/subscriptions/{subscription}/resourceGroups/{group}", "location": "westeurope"}
            for group in groups
        ],
    }
    (tmp_path / "state.json").write_text(json.dumps(state))
    manifest = str(EXAMPLE / "manifests" / "pipeline.yaml")
    place = ("--sandbox", str(tmp_path / "state.json"), "--var", f"SUBSCRIPTION_ID={subscription}", "--strict")

    codes = [
        subprocess.run([sys.executable, "-m", "reconciler", *command, manifest, *place], check=False).returncode
        for command in (("plan", "--detailed-exitcode"), ("apply", "--yes"), ("plan", "--detailed-exitcode"))
    ]

    assert codes == [2, 0, 0]
