"""Plays a workflow of GitHub Actions on this machine: jobs, conditions, outputs, artifacts, and the very scripts.

What a runner brings is stood in for: actions by what they do here, `gh` by a program over a JSON file, `uami` by the
same program over a sandbox. Source: GitHub documentation, "Workflow syntax", "Workflow commands" (environment files).
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.starters.expressions import evaluate, interpolate, names_status
from tests.starters.scripts import load

OUR_ACTION = ".github/actions/uami"

_UAMI = """#!{python}
import os, sys
words = sys.argv[1:]
if "--credential" in words:
    at = words.index("--credential")
    words[at : at + 2] = ["--sandbox", {state!r}]
os.execv(sys.executable, [sys.executable, "-m", "reconciler", *words])
"""

_GH = """#!{python}
import sys
from tests.starters.gh import main
sys.exit(main(sys.argv[1:], {github!r}))
"""


@dataclass(slots=True)
class Job:
    """How a job ended: `success`, `failure` or `skipped`; its outputs, its summary and what it printed."""

    result: str
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    log: str = ""


class Runner:
    """A repository on GitHub, its comments, issues and environments, and the Azure that its workflows plan for."""

    def __init__(self, folder: Path, repository: Path, state: Path) -> None:
        self.folder = folder
        self.repository = repository
        self.state = state
        self.github = folder / "github.json"
        self.artifacts = folder / "artifacts"
        self.tools = folder / "tools"
        self.tools.mkdir()
        self._tool("uami", _UAMI.format(python=sys.executable, state=str(state)))
        self._tool("gh", _GH.format(python=sys.executable, github=str(self.github)))
        self.write({"comments": [], "issues": [], "environments": {}})
        self.variables: dict[str, str] = {}

    def _tool(self, name: str, text: str) -> None:
        (self.tools / name).write_text(text, encoding="utf-8")
        (self.tools / name).chmod(0o755)

    def read(self) -> dict[str, Any]:
        """What is on GitHub: comments, issues, environments."""
        document: dict[str, Any] = json.loads(self.github.read_text(encoding="utf-8"))
        return document

    def write(self, document: Mapping[str, object]) -> None:
        """Put this on GitHub."""
        self.github.write_text(json.dumps(document), encoding="utf-8")

    def run(self, workflow: Path, event: Mapping[str, Any]) -> dict[str, Job]:
        """Play every job of a workflow for an event, in the order of its file, which is that of their needs."""
        shutil.rmtree(self.artifacts, ignore_errors=True)
        self.artifacts.mkdir()
        jobs: dict[str, Job] = {}
        context = {"github": {"event": event, "repository": "contoso/identities", "token": "t"}, "vars": self.variables}
        for name, body in load(workflow)["jobs"].items():
            needs = body.get("needs", [])
            before = {one: jobs[one] for one in ([needs] if isinstance(needs, str) else needs)}
            known = {one: {"result": job.result, "outputs": job.outputs} for one, job in before.items()}
            succeeded = all(job.result == "success" for job in before.values())
            inner = {**context, "needs": known}
            jobs[name] = _JobRun(self, name, body, inner).run() if _is_due(body, inner, succeeded) else Job("skipped")
        return jobs


def _is_due(body: Mapping[str, Any], context: Mapping[str, Any], succeeded: bool) -> bool:
    condition = body.get("if", "success()")
    status = {"always": True, "success": succeeded, "failure": not succeeded, "cancelled": False}
    value = bool(evaluate(condition, context, status))
    return value if names_status(condition) else value and succeeded


class _JobRun:
    """One run of one job, in a workspace of its own."""

    def __init__(self, runner: Runner, name: str, body: Mapping[str, Any], context: Mapping[str, Any]) -> None:
        self._runner = runner
        self._body = body
        self._context: dict[str, Any] = {**context, "steps": {}}
        self._workspace = runner.folder / f"workspace-{name}"
        shutil.rmtree(self._workspace, ignore_errors=True)
        self._workspace.mkdir()
        self._files = runner.folder / f"files-{name}"
        shutil.rmtree(self._files, ignore_errors=True)
        self._files.mkdir()
        self._job = Job("success")
        self._environment: dict[str, str] = {}

    def run(self) -> Job:
        """Every step that is due, and what they leave."""
        for number, step in enumerate(self._body["steps"]):
            succeeded = self._job.result == "success"
            if _is_due(step, self._context, succeeded) and not self._step(step, number):
                self._job.result = "failure"
        outputs = self._body.get("outputs", {})
        self._job.outputs = {name: interpolate(text, self._context) for name, text in outputs.items()}
        return self._job

    def _step(self, step: Mapping[str, Any], number: int) -> bool:
        if "run" in step:
            return self._script(step, number)
        action, with_ = step["uses"].partition("@")[0], step.get("with", {})
        match action:
            case "actions/checkout":
                self._check_out(with_)
                return True
            case "actions/upload-artifact":
                return self._upload(with_)
            case "actions/download-artifact":
                shutil.copytree(self._runner.artifacts / with_["name"], self._workspace, dirs_exist_ok=True)
                return True
            case _:
                assert action == f"./{OUR_ACTION}"
                # It is the repository's own, so it is there once the repository is; what it installs is here already.
                return (self._workspace / OUR_ACTION / "action.yml").is_file()

    def _check_out(self, with_: Mapping[str, str]) -> None:
        assert with_["persist-credentials"] == "false"
        depth = with_.get("fetch-depth", "1")
        source = self._runner.repository.as_uri()
        command = ["git", "clone", "--quiet", "--depth", depth, source, str(self._workspace)]
        subprocess.run(command, check=True, capture_output=True)

    def _upload(self, with_: Mapping[str, str]) -> bool:
        source = self._workspace / with_["path"]
        if not source.is_file():
            return with_["if-no-files-found"] == "ignore"
        target = self._runner.artifacts / with_["name"]
        target.mkdir()
        shutil.copy(source, target)
        return True

    def _script(self, step: Mapping[str, Any], number: int) -> bool:
        output, summary = self._files / f"output-{number}", self._files / f"summary-{number}"
        event = self._files / "event.json"
        event.write_text(json.dumps(self._context["github"]["event"]), encoding="utf-8")
        for_later = self._files / f"environment-{number}"
        for path in (output, summary, for_later):
            path.touch()
        given = {**self._body.get("env", {}), **step.get("env", {})}
        own = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "GITHUB_", "UAMI_"))}
        environment = {
            **own,
            **{name: interpolate(text, self._context) for name, text in given.items()},
            **self._environment,
            "PATH": os.pathsep.join((str(self._runner.tools), os.environ["PATH"])),
            "PYTHONPATH": str(Path(__file__).parent.parent.parent),
            "XDG_STATE_HOME": str(self._files / "state"),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ENV": str(for_later),
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_REPOSITORY": "contoso/identities",
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_WORKSPACE": str(self._workspace),
            "RUNNER_TEMP": str(self._files),
        }
        # As GitHub starts the shell of a step that names none.
        ended = subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=self._workspace,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        self._job.log += ended.stdout + ended.stderr
        self._job.summary += summary.read_text(encoding="utf-8")
        self._environment |= outputs_of(for_later.read_text(encoding="utf-8"))
        if "id" in step:
            self._context["steps"][step["id"]] = {"outputs": outputs_of(output.read_text(encoding="utf-8"))}
        return ended.returncode == 0


def outputs_of(text: str) -> dict[str, str]:
    """What a file of outputs says: `NAME=VALUE`, or `NAME<<WORD`, lines, and that word again."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        heredoc = re.fullmatch(r"([\w-]+)<<(.+)", line)
        if heredoc is None:
            name, equals, value = line.partition("=")
            if not equals:
                pytest.fail(f"not an output: {line!r}")
            found[name] = value
            continue
        value_lines = []
        for inner in lines:
            if inner == heredoc[2]:
                break
            value_lines.append(inner)
        else:
            pytest.fail(f"{heredoc[1]} has no end")
        found[heredoc[1]] = "\n".join(value_lines)
    return found
