"""The starters hold what they are held to: the schemas of their systems, zizmor, shellcheck, and their own pins."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from tests.starters.scripts import (
    ACTION,
    AZURE_DEVOPS,
    CONTAINERFILE,
    EXAMPLES,
    GITLAB,
    HOOKS,
    KUBERNETES,
    ROOT,
    WORKFLOWS,
    Script,
    commands,
    containers,
    load,
    scripts,
)

CONSTRAINTS = EXAMPLES / "constraints.txt"
TOOLS = Path(sys.executable).parent
SCHEMAS = {
    "vendor.github-workflows": (*WORKFLOWS.values(),),
    "vendor.github-actions": (ACTION,),
    "vendor.gitlab-ci": (GITLAB,),
    "vendor.azure-pipelines": AZURE_DEVOPS,
}
ZIZMOR_RULES = """
rules:
  self-repository:  # GitHub Enterprise Server knows `./` alone
    disable: true
"""


def run_tool(name: str, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a tool that a package of the tests brings; without one that is installed, its test fails."""
    # Of an environment that builds upon another, the tools may be in that one's folder alone.
    folders = [TOOLS, *(Path(entry).parents[2] / "bin" for entry in sys.path if entry.endswith("site-packages"))]
    path = next((folder / name for folder in folders if (folder / name).is_file()), Path(name))
    return subprocess.run(
        [str(path), *arguments], input=given, capture_output=True, text=True, check=False, env={**os.environ}
    )


@pytest.mark.parametrize("schema", SCHEMAS)
def test_starters_are_valid_by_the_schema_of_their_system(schema: str) -> None:
    paths = [str(path) for path in SCHEMAS[schema]]

    # The patterns of one schema are no regular expressions in the unicode mode of ECMAScript.
    ended = run_tool("check-jsonschema", "--regex-variant", "nonunicode", "--builtin-schema", schema, *paths)

    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_starter_that_is_not_valid_would_be_noticed(tmp_path: Path) -> None:
    path = tmp_path / "plan.yml"
    path.write_text("on: push\njobs: {x: {runs-onn: y}}\n", encoding="utf-8")

    ended = run_tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(path))

    assert ended.returncode == 1


@pytest.mark.parametrize("path", KUBERNETES, ids=lambda path: path.name)
def test_objects_for_kubernetes_are_valid(path: Path) -> None:
    for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


def test_zizmor_finds_nothing_in_workflows(tmp_path: Path) -> None:
    rules = tmp_path / "zizmor.yml"
    rules.write_text(ZIZMOR_RULES, encoding="utf-8")
    paths = [str(path) for path in (*WORKFLOWS.values(), ACTION)]

    ended = run_tool("zizmor", "--offline", "--no-progress", "--config", str(rules), *paths)

    assert ended.returncode == 0, ended.stdout
    assert ended.stderr.count("completed") == len(paths)


def test_zizmor_would_find_an_action_that_is_not_pinned(tmp_path: Path) -> None:
    workflow = tmp_path / "plan.yml"
    text = WORKFLOWS["plan.yml"].read_text(encoding="utf-8")
    workflow.write_text(re.sub(r"@[0-9a-f]{40} # v", "@v", text), encoding="utf-8")

    assert run_tool("zizmor", "--offline", "--no-progress", str(workflow)).returncode != 0


@pytest.mark.parametrize("script", scripts(), ids=lambda script: script.where)
def test_shellcheck_finds_nothing(script: Script) -> None:
    ended = run_tool("shellcheck", "--shell", script.shell, "-", given=script.text)

    assert ended.returncode == 0, ended.stdout


def test_shellcheck_would_find_a_mistake() -> None:
    assert run_tool("shellcheck", "--shell", "sh", "-", given="echo $1\n").returncode == 1


def test_every_starter_calls_uami() -> None:
    assert [*sorted(command.split()[1] for command in commands())] == [
        *["apply"] * 4,
        *["drift"] * 5,
        *["plan"] * 5,
        *["validate"] * 4,
    ]


def requirements() -> dict[str, tuple[str, list[str]]]:
    """Version and hashes of each package in the constraints, by its name."""
    found: dict[str, tuple[str, list[str]]] = {}
    name = ""
    for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines():
        text = line.strip().removesuffix("\\").strip()
        if not text or text.startswith("#"):
            continue
        if text.startswith("--hash="):
            found[name][1].append(text.removeprefix("--hash="))
            continue
        pinned = re.fullmatch(r"([a-z0-9-]+)==([\w.]+)(?: ; .+)?", text)
        assert pinned is not None, text
        name = pinned[1]
        assert name not in found
        found[name] = (pinned[2], [])
    return found


PINNED = requirements()


def declared() -> list[Requirement]:
    """What pyproject.toml says that uami needs, and what builds it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [Requirement(text) for text in (*project["project"]["dependencies"], *project["build-system"]["requires"])]


def closure(roots: list[Requirement]) -> Iterator[Requirement]:
    """These and all that they need here, by the metadata of what is installed."""
    seen: set[tuple[str, frozenset[str]]] = set()
    left = [*roots]
    while left:
        one = left.pop()
        key = (canonical(one.name), frozenset(one.extras))
        yield one
        if key in seen:
            continue
        seen.add(key)
        for text in importlib.metadata.requires(one.name) or ():
            inner = Requirement(text)
            if inner.marker is None or any(inner.marker.evaluate({"extra": extra}) for extra in ("", *one.extras)):
                left.append(inner)


def canonical(name: str) -> str:
    """A name as packages are compared by it."""
    return re.sub(r"[-_.]+", "-", name).casefold()


def test_constraints_cover_what_uami_needs_at_versions_that_will_do() -> None:
    needed = [*closure(declared())]

    assert len(needed) > 30
    missing = {one.name for one in needed if canonical(one.name) not in PINNED}
    assert missing == set()
    # Of what the others need, versions that fit each other are pip's to check: `.ci/run` installs them.
    unfit = {str(one) for one in declared() if not one.specifier.contains(Version(PINNED[canonical(one.name)][0]))}
    assert unfit == set()


def test_constraints_pin_every_package_by_hash_and_name_no_host() -> None:
    text = CONSTRAINTS.read_text(encoding="utf-8")

    # At least a wheel and a source of each.
    assert {name for name, (_, hashes) in PINNED.items() if len({*hashes}) < 2} == set()
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for _, hashes in PINNED.values() for one in hashes)
    assert re.search(r"://|--(?:extra-)?index|--find-links|-i ", text) is None


@pytest.mark.parametrize("path", [ACTION, AZURE_DEVOPS[1], CONTAINERFILE], ids=lambda path: path.name)
def test_packages_are_installed_by_hash_and_uami_without_any_other(path: Path) -> None:
    installs = re.findall(r"-m pip install (.+?)(?: \\)?$", path.read_text(encoding="utf-8"), re.MULTILINE)

    by_hash, itself = installs
    assert by_hash.startswith("--quiet --no-deps --only-binary :all: --require-hashes -r ")
    assert by_hash.endswith("examples/constraints.txt")
    assert re.fullmatch(r"--quiet --no-deps --no-build-isolation --no-index \.\S*", itself)


def test_images_are_pinned_by_digest() -> None:
    built = re.findall(r"^FROM (\S+)", CONTAINERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    run = [container["image"] for _, container in containers()]

    assert len({*built}) == 1
    assert [one for one in (*built, *run) if not re.search(r"@sha256:[0-9a-f]{64}$", one)] == []
    # GitLab's is a variable of the project.
    assert load(GITLAB)["default"]["image"]["name"] == "$UAMI_IMAGE"


def test_starters_run_one_at_a_time() -> None:
    gitlab = load(GITLAB)
    cron, tenants = (
        next(one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one["kind"] in ("CronJob", "Job"))
        for path in KUBERNETES
    )

    assert gitlab["apply"]["resource_group"]
    assert gitlab["apply"]["interruptible"] == "false"
    assert load(AZURE_DEVOPS[0])["lockBehavior"] == "sequential"
    assert cron["spec"]["concurrencyPolicy"] == "Forbid"
    assert "generateName" not in tenants["metadata"]


def test_jobs_of_kubernetes_do_not_look_again_where_drift_is_found() -> None:
    for path in KUBERNETES:
        for one in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if one["kind"] == "ServiceAccount":
                continue
            job = one["spec"].get("jobTemplate", one)["spec"]
            (rule,) = job["podFailurePolicy"]["rules"]
            assert rule["action"] in ("FailJob", "FailIndex")
            assert 2 in rule["onExitCodes"]["values"]
            names = [container["name"] for container in job["template"]["spec"]["containers"]]
            assert rule["onExitCodes"]["containerName"] in names


def test_hook_checks_the_folder_and_not_the_files_that_changed() -> None:
    (hook,) = yaml.safe_load(HOOKS.read_text(encoding="utf-8"))

    assert (hook["language"], hook["pass_filenames"]) == ("python", False)
    assert re.search(hook["files"], "manifests/a.yml")
    assert re.search(hook["files"], "manifests/a.md") is None
