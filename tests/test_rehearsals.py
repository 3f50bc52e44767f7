"""The starters, played: their very scripts, over a repository with a base and a head, and over a sandbox as Azure."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.starters.runner import OUR_ACTION, Runner
from tests.starters.scripts import ACTION, GITLAB, WORKFLOWS, azure_devops_scripts, commands_in, containers, load

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
STATE = {
    "version": 1,
    "tenantId": "5e1f2a3b-0000-4000-8000-00000000c0de",
    "subscriptions": [{"subscriptionId": SUBSCRIPTION, "displayName": "contoso"}],
    "resourceGroups": [{"id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-app", "location": "westeurope"}],
}
REVIEWED = {"protection_rules": [{"type": "required_reviewers", "reviewers": [{"type": "User"}]}]}
"""An environment that somebody has to approve."""


def manifest(*names: str, group: str = "rg-app") -> str:
    """A manifest that lists identities by their names."""
    listed = ", ".join(names)
    return (
        f"version: 1\nsubscription: {SUBSCRIPTION}\nowner: contoso/identities#prod\n"
        f"resourceGroups:\n  {group}:\n    identities: [{listed}]\n"
    )


class Repository:
    """A repository with the starters and one manifest, on whose `main` changes are merged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._git("init", "--quiet", "--initial-branch", "main")
        (folder / OUR_ACTION).mkdir(parents=True)
        shutil.copy(ACTION, folder / OUR_ACTION)
        self.commit("manifests/app.yaml", manifest("id-api"))

    def commit(self, name: str, text: str) -> None:
        """A new commit with this file."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", name)

    def propose(self, name: str, text: str) -> None:
        """What is checked out for a pull request: a branch with this file, merged into its base."""
        self._git("checkout", "--quiet", "-B", "change", "main")
        self.commit(name, text)
        self._git("checkout", "--quiet", "-B", "merged", "main")
        self._git("merge", "--quiet", "--no-ff", "--message", "merge", "change")

    def _git(self, *words: str) -> None:
        own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        who = {
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@b",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@b",
        }
        environment = {**own, **who, "GIT_CONFIG_GLOBAL": os.devnull}
        subprocess.run(["git", *words], cwd=self.folder, env=environment, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture
def runner(tmp_path: Path, repository: Repository) -> Runner:
    state = tmp_path / "azure.json"
    state.write_text(json.dumps(STATE), encoding="utf-8")
    return Runner(tmp_path, repository.folder, state)


def pull_request(head: str = "contoso/identities") -> dict[str, Any]:
    """The event of a pull request from a repository."""
    return {"pull_request": {"number": 7, "head": {"repo": {"full_name": head}}}}


def plan(runner: Runner, head: str = "contoso/identities") -> dict[str, str]:
    """How each job of `plan.yml` ends for a pull request."""
    jobs = runner.run(WORKFLOWS["plan.yml"], pull_request(head))
    return {name: job.result for name, job in jobs.items()}


def live(runner: Runner) -> list[str]:
    """The names of the identities that there are."""
    state = json.loads(runner.state.read_text(encoding="utf-8"))
    return sorted(one["id"].rpartition("/")[2] for one in state.get("identities", []))


def test_pull_request_gets_its_plan_in_one_comment(repository: Repository, runner: Runner) -> None:
    repository.propose("manifests/app.yaml", manifest("id-api", "id-worker"))

    jobs = runner.run(WORKFLOWS["plan.yml"], pull_request())
    (first,) = runner.read()["comments"]
    # Somebody says the same, before it: that one is not ours to change.
    runner.write({**runner.read(), "comments": [{**first, "id": 9, "user": {"login": "somebody"}}, first]})
    repository.propose("manifests/app.yaml", manifest("id-api", "id-web"))
    second = plan(runner)

    assert {name: job.result for name, job in jobs.items()} == dict.fromkeys(
        ("validate", "plan", "comment", "gate"), "success"
    )
    assert "id-worker" in jobs["plan"].summary
    assert second == dict.fromkeys(("validate", "plan", "comment", "gate"), "success")
    # The second push has changed the comment of the first.
    other, comment = runner.read()["comments"]
    assert "id-worker" in first["body"]
    assert other["body"] == first["body"]
    assert "id-web" in comment["body"]
    assert "id-worker" not in comment["body"]
    assert live(runner) == []


def test_pull_request_of_a_fork_is_validated_and_its_gate_ends(repository: Repository, runner: Runner) -> None:
    repository.propose("manifests/app.yaml", manifest("id-api", "id-worker"))

    jobs = runner.run(WORKFLOWS["plan.yml"], pull_request("mallory/identities"))

    assert {name: job.result for name, job in jobs.items()} == {
        "validate": "success",
        "plan": "skipped",
        "comment": "skipped",
        "gate": "success",
    }
    assert jobs["gate"].summary.startswith("From a fork: validated, and not planned")
    assert runner.read()["comments"] == []


def test_pull_request_that_changes_no_manifest_needs_no_plan(repository: Repository, runner: Runner) -> None:
    repository.propose("README.md", "words\n")

    jobs = runner.run(WORKFLOWS["plan.yml"], pull_request())

    assert (jobs["plan"].result, jobs["gate"].result) == ("skipped", "success")
    assert jobs["gate"].summary == "No manifest changes: nothing is planned.\n"


def test_manifest_that_is_not_valid_stops_at_the_gate(repository: Repository, runner: Runner) -> None:
    repository.propose("manifests/app.yaml", manifest("id-api").replace("identities:", "identitties:"))

    jobs = runner.run(WORKFLOWS["plan.yml"], pull_request("mallory/identities"))

    assert {name: job.result for name, job in jobs.items()} == {
        "validate": "failure",
        "plan": "skipped",
        "comment": "skipped",
        "gate": "failure",
    }
    assert "::error file=manifests/app.yaml,line=6" in jobs["validate"].log


def test_plan_that_is_refused_is_shown_and_stops_at_the_gate(repository: Repository, runner: Runner) -> None:
    repository.propose("manifests/app.yaml", manifest("id-api", group="rg-missing"))

    ended = plan(runner)

    assert ended == {"validate": "success", "plan": "failure", "comment": "success", "gate": "failure"}
    (comment,) = runner.read()["comments"]
    assert "group-missing" in comment["body"]


def test_merge_is_applied_as_planned_and_then_asks_nobody(runner: Runner) -> None:
    runner.write({**runner.read(), "environments": {"identities-apply": REVIEWED}})

    first = runner.run(WORKFLOWS["apply.yml"], {})
    journal = (runner.artifacts / "journal" / "run.jsonl").read_text(encoding="utf-8")
    second = runner.run(WORKFLOWS["apply.yml"], {})

    assert {name: job.result for name, job in first.items()} == dict.fromkeys(("plan", "reviewers", "apply"), "success")
    assert live(runner) == ["id-api"]
    assert "id-api" in journal
    assert {name: job.result for name, job in second.items()} == {
        "plan": "success",
        "reviewers": "skipped",
        "apply": "skipped",
    }


@pytest.mark.parametrize(
    ("guardrails", "plan", "names"),
    [
        ('{version: 1, resourceGroups: ["rg-app"]}', "success", ["id-api"]),
        ('{version: 1, resourceGroups: ["rg-other"]}', "failure", []),
        ("", "failure", []),
    ],
)
def test_merge_is_applied_within_guardrails_alone(guardrails: str, plan: str, names: list[str], runner: Runner) -> None:
    runner.write({**runner.read(), "environments": {"identities-apply": REVIEWED}})
    runner.variables["GUARDRAILS"] = guardrails

    jobs = runner.run(WORKFLOWS["guardrails.yml"], {})

    assert (jobs["plan"].result, live(runner)) == (plan, names)


@pytest.mark.parametrize("environments", [{}, {"identities-apply": {"protection_rules": [{"type": "branch_policy"}]}}])
def test_nothing_is_applied_where_nobody_would_be_asked(environments: dict[str, Any], runner: Runner) -> None:
    runner.write({**runner.read(), "environments": environments})

    jobs = runner.run(WORKFLOWS["apply.yml"], {})

    assert {name: job.result for name, job in jobs.items()} == {
        "plan": "success",
        "reviewers": "failure",
        "apply": "skipped",
    }
    assert "::error::The environment identities-apply has no required reviewers" in jobs["reviewers"].log
    assert live(runner) == []


def test_plan_that_is_no_longer_true_is_not_applied_and_its_journal_is_kept(runner: Runner) -> None:
    runner.write({**runner.read(), "environments": {"identities-apply": REVIEWED}})
    # Somebody makes the identity while the approval is waited for.
    gh = runner.tools / "gh"
    made = {"id": f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg-app/providers/Microsoft.ManagedIdentity/"}
    made["id"] += "userAssignedIdentities/id-api"
    state = {**STATE, "identities": [{**made, "location": "westeurope"}]}
    lines = gh.read_text(encoding="utf-8").splitlines()
    lines.insert(1, f"open({str(runner.state)!r}, 'w').write({json.dumps(state)!r})")
    gh.write_text("\n".join(lines), encoding="utf-8")

    jobs = runner.run(WORKFLOWS["apply.yml"], {})

    assert jobs["apply"].result == "failure"
    assert "stale" in jobs["apply"].log


def test_drift_is_one_issue_that_ends_with_it(repository: Repository, runner: Runner) -> None:
    ended = []
    for _ in range(2):
        jobs = runner.run(WORKFLOWS["drift.yml"], {})
        ended.append([job.result for job in jobs.values()])
    github = runner.read()
    repository.commit("manifests/app.yaml", manifest())
    jobs = runner.run(WORKFLOWS["drift.yml"], {})

    assert [*ended, [job.result for job in jobs.values()]] == [["success", "success"]] * 3
    (issue,) = github["issues"]
    assert (issue["title"], issue["state"]) == ("Azure differs from the manifests", "open")
    assert "id-api" in issue["body"]
    (issue,) = runner.read()["issues"]
    assert issue["state"] == "closed"


def test_drift_that_nobody_knows_fails_and_touches_no_issue(repository: Repository, runner: Runner) -> None:
    repository.commit("manifests/app.yaml", "version: 1\n")

    jobs = runner.run(WORKFLOWS["drift.yml"], {})

    assert [job.result for job in jobs.values()] == ["failure", "skipped"]
    assert runner.read()["issues"] == []


def test_indexed_job_looks_at_each_tenant_once(tmp_path: Path, runner: Runner) -> None:
    script = next(container for name, container in containers() if name == "uami-tenants")["args"][0]
    manifests = tmp_path / "manifests"
    for name, listed in (("a", ("id-api",)), ("b", ()), ("c", ("id-web",))):
        (manifests / name).mkdir(parents=True)
        (manifests / name / "app.yaml").write_text(manifest(*listed), encoding="utf-8")
        (manifests / name / "tenant.env").write_text("AZURE_TENANT_ID=t\nAZURE_CLIENT_ID=c\n", encoding="utf-8")

    processes = [
        subprocess.Popen(
            ["/bin/sh", "-euc", script],
            env={
                **os.environ,
                "PATH": f"{runner.tools}{os.pathsep}{os.environ['PATH']}",
                "PYTHONPATH": str(Path(__file__).parent.parent),
                "MANIFESTS": str(manifests),
                "JOB_COMPLETION_INDEX": str(index),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for index in range(4)
    ]
    printed = [process.communicate()[0] for process in processes]

    # 2 where an identity is missing, 0 where there is no difference, 64 where there is no such directory.
    assert [process.returncode for process in processes] == [2, 0, 2, 64]
    assert [
        f"tenant directory: {manifests}/{name}/" in text for name, text in zip("abc", printed[:3], strict=True)
    ] == [True] * 3
    assert "no directory for index 3" in printed[3]
    assert ("id-api" in printed[0], "id-web" in printed[2]) == (True, True)


def play(script: str, folder: Path, runner: Runner, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a script of another system in a folder, with the programs that stand in for what it brings."""
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{runner.tools}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(Path(__file__).parent.parent),
            "XDG_STATE_HOME": str(folder.parent / "state"),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_pipeline_of_gitlab_applies_what_it_planned_and_leaves_its_reports(
    repository: Repository, runner: Runner, tmp_path: Path
) -> None:
    jobs, folder, token = load(GITLAB), repository.folder, tmp_path / "token"
    before = "\n".join(jobs[".azure"]["before_script"])
    scripts = {name: "\n".join(jobs[name]["script"]) for name in ("validate", "plan", "apply", "drift")}
    login = {"AZURE_ID_TOKEN": "t", "AZURE_FEDERATED_TOKEN_FILE": str(token)}

    codes = [play(scripts["validate"], folder, runner).returncode]
    codes.append(play(f"{before}\n{scripts['drift']}", folder, runner, **login).returncode)
    codes.append(play(f"{before}\n{scripts['plan']}", folder, runner, **login).returncode)
    name, _, digest = (folder / "plan.env").read_text(encoding="utf-8").strip().partition("=")
    codes.append(play(f"{before}\n{scripts['apply']}", folder, runner, **login, **{name: digest}).returncode)

    assert codes == [0, 2, 0, 0]
    assert live(runner) == ["id-api"]
    assert token.stat().st_mode & 0o777 == 0o600
    reports = {**jobs["validate"]["artifacts"]["reports"], **jobs["plan"]["artifacts"]["reports"]}
    others = [path for job in ("plan", "apply", "drift") for path in jobs[job]["artifacts"]["paths"]]
    assert [path for path in (*reports.values(), *others) if not (folder / path).is_file()] == []
    assert json.loads((folder / reports["terraform"]).read_text(encoding="utf-8"))["create"] == 1
    assert json.loads((folder / reports["codequality"]).read_text(encoding="utf-8")) == []


def test_pipeline_of_azure_devops_applies_what_it_planned(
    repository: Repository, runner: Runner, tmp_path: Path
) -> None:
    scripts = {command.split()[1]: one.text for one in azure_devops_scripts() for command in commands_in(one.text)}
    staging = tmp_path / "staging"
    staging.mkdir()

    planned = play(scripts["plan"], repository.folder, runner, PLAN=str(staging))
    said = dict(re.findall(r"##vso\[task\.setvariable variable=(\w+);isOutput=true\](\w+)", planned.stdout))
    applied = play(
        scripts["apply"],
        repository.folder,
        runner,
        PLAN=str(staging),
        DIGEST=said["digest"],
        JOURNAL=str(tmp_path / "run.jsonl"),
    )
    drift = play(scripts["drift"], repository.folder, runner)

    assert (planned.returncode, said["code"], applied.returncode, drift.returncode) == (0, "2", 0, 0)
    assert live(runner) == ["id-api"]
    assert (tmp_path / "run.jsonl").is_file()


def test_python_of_the_tools_is_this_one(runner: Runner) -> None:
    assert runner.tools.joinpath("uami").read_text(encoding="utf-8").startswith(f"#!{sys.executable}\n")
