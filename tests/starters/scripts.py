"""Every script of the starters, with the shell that it is for, and every command line of ours in it."""

import itertools
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
import yaml

from reconciler.cli.app import command_line
from reconciler.cli.flags.report import ReportFlags

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"
WORKFLOWS = {
    path.name: path
    for folder in ("github-actions", "guardrails")
    for path in (EXAMPLES / folder / "workflows").iterdir()
}
ACTION = EXAMPLES / "github-actions" / "actions" / "uami" / "action.yml"
GITLAB = EXAMPLES / "gitlab" / "gitlab-ci.yml"
AZURE_DEVOPS = (EXAMPLES / "azure-devops" / "azure-pipelines.yml", EXAMPLES / "azure-devops" / "install.yml")
KUBERNETES = tuple(sorted((EXAMPLES / "kubernetes").glob("*.yaml")))
CONTAINERFILE = EXAMPLES / "container" / "Containerfile"
HOOKS = ROOT / ".pre-commit-hooks.yaml"


@dataclass(frozen=True, slots=True)
class Script:
    """A script of a starter, for `bash` or `sh`."""

    where: str
    shell: str
    text: str


def load(path: Path) -> dict[str, Any]:
    """A YAML document; every scalar a string, since YAML 1.1 would read the key `on` as true."""
    document = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
    assert isinstance(document, dict)
    return document


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every step of every job of a workflow of GitHub."""
    for job in workflow["jobs"].values():
        yield from job["steps"]


def scripts() -> list[Script]:
    """Every script of every starter."""
    return [*_of_github(), *_of_gitlab(), *azure_devops_scripts(), *_of_kubernetes(), *_of_containerfile()]


def _of_github() -> Iterator[Script]:
    for name, path in sorted(WORKFLOWS.items()):
        runs = [step["run"] for step in steps(load(path)) if "run" in step]
        yield from (Script(f"{name}:{number}", "bash", run) for number, run in enumerate(runs))
    for number, step in enumerate(load(ACTION)["runs"]["steps"]):
        if "run" in step:
            yield Script(f"action.yml:{number}", step["shell"], step["run"])


def _of_gitlab() -> Iterator[Script]:
    for job, body in load(GITLAB).items():
        for key in ("before_script", "script"):
            if isinstance(body, dict) and key in body:
                yield Script(f"gitlab:{job}:{key}", "bash", "\n".join(body[key]))


def azure_devops_scripts() -> Iterator[Script]:
    """Every script of the pipeline for Azure DevOps."""
    for path in AZURE_DEVOPS:
        for number, (key, text) in enumerate(_texts(load(path))):
            if key in ("bash", "inlineScript"):
                yield Script(f"{path.name}:{number}", "bash", text)


def _texts(value: object) -> Iterator[tuple[str, str]]:
    """Every text of a document under its key."""
    if isinstance(value, dict):
        for key, below in value.items():
            if isinstance(below, str):
                yield key, below
            yield from _texts(below)
    elif isinstance(value, list):
        for below in value:
            yield from _texts(below)


def containers() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every container of the starters for Kubernetes, by the name of its job."""
    for path in KUBERNETES:
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            spec = document.get("spec", {})
            template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
            if template is not None:
                for one in template["spec"]["containers"]:
                    yield document["metadata"]["name"], one


def _of_kubernetes() -> Iterator[Script]:
    for name, container in containers():
        for text in container["args"]:
            yield Script(f"kubernetes:{name}", "sh", text)


def _of_containerfile() -> Iterator[Script]:
    text = CONTAINERFILE.read_text(encoding="utf-8").replace("\\\n", "\n")
    for number, run in enumerate(re.findall(r"^RUN ((?:.+\n)+?)(?=^\n|^[A-Z]+ )", text, re.MULTILINE)):
        yield Script(f"Containerfile:{number}", "sh", run.replace("\n", " "))


def commands_in(text: str) -> list[str]:
    """The command lines of ours in a script, each in one line."""
    lines = (line.strip() for line in text.replace("\\\n", " ").splitlines())
    return [line.removeprefix("exec ") for line in lines if re.match(r"(?:exec )?uami ", line)]


def commands() -> list[str]:
    """Every command line of ours in every starter."""
    found = [command for script in scripts() for command in commands_in(script.text)]
    (hook,) = yaml.safe_load(HOOKS.read_text(encoding="utf-8"))
    return [*found, shlex.join([*shlex.split(hook["entry"]), *hook["args"]])]


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
    # The flags know the formats of a report, of which several may be given; other commands have one form of their own.
    given = context.params.get("format")
    if isinstance(given, list | tuple):
        ReportFlags(format=tuple(given))
