"""The example workflows are safe to copy: what triggers them, what they may do, and every command line in them."""

import itertools
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from reconciler.cli.app import command_line

EXAMPLE = Path(__file__).parent.parent / "examples" / "github-actions"
FOLDERS = (EXAMPLE, EXAMPLE.parent / "guardrails")
WORKFLOWS = {path.name: path for folder in FOLDERS for path in sorted((folder / "workflows").iterdir())}
DOCUMENTS = sorted([*EXAMPLE.parent.glob("*/README.md"), EXAMPLE.parent.parent / "README.md"])
APPLYING = ("apply.yml", "guardrails.yml")
ACTIONS = {"actions/checkout", "actions/setup-python", "actions/upload-artifact", "actions/download-artifact"}


def load(name: str) -> dict[str, Any]:
    """A workflow; every scalar a string, since YAML 1.1 would read the key `on` as true."""
    document = yaml.load(WORKFLOWS[name].read_text(encoding="utf-8"), yaml.BaseLoader)
    assert isinstance(document, dict)
    return document


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every step of every job."""
    for job in workflow["jobs"].values():
        yield from job["steps"]


def commands_of_workflows() -> list[str]:
    """Every command line of ours in a workflow."""
    scripts = [step["run"] for name in WORKFLOWS for step in steps(load(name)) if "run" in step]
    return [line.strip() for script in scripts for line in script.splitlines() if line.strip().startswith("uami ")]


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


def parse(command: str) -> None:
    """Read a command line as the command itself does, without running it; fails as wrong usage does."""
    # What follows belongs to the shell.
    words = [
        *itertools.takewhile(lambda word: not re.match(r"[&|]|\d?[<>]", word), shlex.split(command, comments=True)[1:])
    ]
    context = command_line().make_context("uami", words)
    while isinstance(context.command, typer.core.TyperGroup):
        name, inner, rest = context.command.resolve_command(context, [*context._protected_args, *context.args])
        assert name is not None
        assert inner is not None
        context = inner.make_context(name, rest, parent=context)


def test_command_lines_of_every_workflow_are_found() -> None:
    assert [command.split()[1] for command in commands_of_workflows()] == [
        *("plan", "apply", "drift", "validate", "plan"),
        *("plan", "apply"),
    ]


@pytest.mark.parametrize("command", [*commands_of_workflows(), *commands_of_documents()])
def test_command_line_is_one(command: str) -> None:
    parse(command)


@pytest.mark.parametrize(
    "command", ["uami plan", "uami plna x", "uami plan x --no-such", "uami sandbox serve --port x"]
)
def test_command_line_that_is_none_would_be_noticed(command: str) -> None:
    with pytest.raises(typer.TyperException):
        parse(command)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflow_uses_only_actions_of_github_by_their_major_version(name: str) -> None:
    used = [step["uses"] for step in steps(load(name)) if "uses" in step]

    assert used
    assert [
        one for one in used if not re.fullmatch(r"[a-z/-]+@v\d+", one) or one.partition("@")[0] not in ACTIONS
    ] == []


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflow_gives_each_job_no_more_than_it_needs(name: str) -> None:
    workflow = load(name)

    logs_in = {
        job: any("--credential github" in step.get("run", "") for step in body["steps"])
        for job, body in workflow["jobs"].items()
    }
    assert workflow["permissions"] == {}
    for job, body in workflow["jobs"].items():
        assert set(body["permissions"].items()) <= {("contents", "read"), ("id-token", "write")}
        # A login without an environment would be one that any branch can have.
        assert ("id-token" in body["permissions"], "environment" in body) == (logs_in[job], logs_in[job])
    assert "secrets." not in WORKFLOWS[name].read_text(encoding="utf-8")


def test_workflows_are_started_by_what_cannot_be_abused() -> None:
    triggers = {name: sorted(load(name)["on"]) for name in WORKFLOWS}

    assert triggers == {
        "apply.yml": ["push"],
        "drift.yml": ["schedule", "workflow_dispatch"],
        "guardrails.yml": ["push"],
        "plan.yml": ["pull_request"],
    }
    assert [load(name)["on"]["push"]["branches"] for name in ("apply.yml", "guardrails.yml")] == [["main"]] * 2


def test_pull_request_of_a_fork_is_only_validated() -> None:
    jobs = load("plan.yml")["jobs"]

    assert jobs["plan"]["if"] == "github.event.pull_request.head.repo.full_name == github.repository"
    assert "id-token" not in jobs["validate"]["permissions"]


def test_guardrails_come_from_the_environment_and_lie_outside_of_the_checkout() -> None:
    jobs = load("guardrails.yml")["jobs"]

    for job in jobs.values():
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
    jobs = load(name)["jobs"]
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
    assert jobs["apply"]["if"] == "needs.plan.outputs.code == '2'"


@pytest.mark.parametrize("name", APPLYING)
def test_journal_of_an_apply_is_kept_however_it_ends(name: str) -> None:
    *_, apply, upload = load(name)["jobs"]["apply"]["steps"]

    assert "--journal run.jsonl" in apply["run"]
    assert (upload["uses"].partition("@")[0], upload["if"]) == ("actions/upload-artifact", "always()")
    assert upload["with"]["path"] == "run.jsonl"


def test_pull_request_and_merge_are_planned_by_one_measure() -> None:
    plans = [command for command in commands_of_workflows() if command.split()[1] in ("plan", "apply", "validate")]

    assert [command for command in plans if "--strict" not in command.split()] == []


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflow_installs_the_tool_from_a_file_of_the_repository(name: str) -> None:
    installs = [step["run"] for step in steps(load(name)) if "pip install" in step.get("run", "")]

    assert installs
    assert set(installs) == {"pip install tools/uami_reconciler-*.whl"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflow_puts_no_text_of_others_into_a_script(name: str) -> None:
    scripts = [step["run"] for step in steps(load(name)) if "run" in step]

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
