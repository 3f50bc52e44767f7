"""`--format FORMAT[=FILE]`: one run leaves its report in several places, each whole, and over nothing but its own."""

import json
import re
import signal
import time
from pathlib import Path

import pytest

from tests.cli.command import SCRIPT, TIMEOUT_S, Uami
from tests.cli.conftest import Serve
from tests.cli.inputs import write_manifest, write_state

PLAN = ("plan", "identities.yaml", "--sandbox", "sandbox.json")
SUMMARY = "GITHUB_STEP_SUMMARY"


def of_files(*forms: str) -> tuple[str, ...]:
    return tuple(word for form in forms for word in ("--format", form))


def test_one_run_serves_log_comment_and_artefact(uami: Uami, quickstart: Path) -> None:
    ended = uami(*PLAN, *of_files("markdown=c.md", "json=p.json", "text=p.txt"))

    alone = uami(*PLAN)
    assert (ended.code, ended.stdout, ended.stderr) == (0, alone.stdout, "")
    assert (quickstart / "p.txt").read_text() == f"Report of uami\n\n{alone.stdout}"
    assert (quickstart / "p.json").read_text() == uami(*PLAN, "--format", "json").stdout
    assert (quickstart / "c.md").read_text() == uami(*PLAN, "--format", "markdown").stdout


def test_file_of_an_earlier_report_is_replaced_and_holds_the_error_where_there_is_one(
    uami: Uami, quickstart: Path
) -> None:
    forms = of_files("json", "markdown=c.md", "json=p.json", "text=p.txt")
    uami(*PLAN, *forms)

    ended = uami("plan", "identities.yaml", "--sandbox", "nowhere.json", *forms)

    assert (ended.code, ended.document["error"]["code"]) == (65, "file-invalid")
    assert json.loads((quickstart / "p.json").read_text()) == ended.document
    assert (quickstart / "p.txt").read_text().startswith("Report of uami\n\nError: nowhere.json: no such file.")
    assert "**Error:** `nowhere.json`: no such file." in (quickstart / "c.md").read_text()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("json=identities.yaml", "this is where the run reads identities.yaml"),
        ("json=sandbox.json", "this is where the run reads sandbox.json"),
        ("json=notes", "something else is there already, and only a JSON report of uami is replaced"),
        ("json=saved.json", "a saved plan is there already"),
        ("markdown=old.txt", "something else is there already, and only a Markdown report of uami is replaced"),
        ("json=link", "this is a link"),
        ("json=no/p.json", "there is no directory no"),
        ("json=", "this names no file\nHint: For stdout write --format json."),
        ("json=-", "this names no file"),
        ("github=x", "this form is read from the log of a job, and is of no use in a file"),
    ],
)
def test_report_goes_over_nothing_but_an_earlier_one_of_its_kind(
    uami: Uami, quickstart: Path, form: str, said: str
) -> None:
    (quickstart / "notes").write_text("precious")
    (quickstart / "link").symlink_to("notes")
    uami(*PLAN, "-o", "saved.json", "--format", "text=old.txt")
    before = {path.name: path.read_bytes() for path in quickstart.iterdir()}

    ended = uami(*PLAN, "--format", form)

    assert (ended.code, ended.stdout) == (64, "")
    assert ended.stderr.startswith("Error: --format ")
    assert said in ended.stderr
    assert {path.name: path.read_bytes() for path in quickstart.iterdir()} == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            of_files("json", "text"),
            "stdout takes one report\nHint: Name a file for each other one: --format text=FILE.",
        ),
        (of_files("json=a", "text=./a"), "--format: a and a are one file"),
        ((*of_files("json=a"), "-o", "a"), "a and a are one file"),
        (
            of_files("xml=a"),
            "--format must be text, json, html, markdown, github, azure-devops, sarif or gitlab, not 'xml'.",
        ),
        (("--comment-key", "x"), "--comment-key is for a report that has a marker"),
        ((*of_files("markdown=a"), "--comment-key", "x-->"), "--comment-key x-->: not a key"),
    ],
)
def test_forms_that_cannot_be_are_wrong_usage(uami: Uami, quickstart: Path, words: tuple[str, ...], said: str) -> None:
    ended = uami(*PLAN, *words)

    assert ended.code == 64
    assert said in ended.stderr
    assert not (quickstart / "a").exists()


def test_report_that_finds_no_room_is_an_error_and_the_others_are_there(uami: Uami, quickstart: Path) -> None:
    (quickstart / "p.json").write_text('{"format_version": "1.0"}')
    no_room = ("/bin/sh", "-c", 'ulimit -f 8; exec "$@"', "sh", *SCRIPT)

    ended = uami(*PLAN, *of_files("text=p.txt", "json=p.json"), form=no_room)

    assert ended.code == 1
    assert ended.stdout.endswith("Plan: 2 to add, 2 to change, 1 to destroy.\n")
    assert "Error: p.json: the report cannot be written: File too large" in ended.stderr
    assert (quickstart / "p.json").read_text() == '{"format_version": "1.0"}'
    assert (quickstart / "p.txt").read_text().endswith(ended.stdout)


def test_apply_leaves_the_plan_and_what_became_of_it_in_each_file(uami: Uami, quickstart: Path) -> None:
    command = ("apply", *PLAN[1:], "-y", "--journal", "run.jsonl")

    ended = uami(*command, *of_files("text=r.txt", "json=r.json", "markdown=r.md"))

    assert ended.code == 0, ended.stderr
    assert (quickstart / "r.txt").read_text() == f"Report of uami\n\n{ended.stdout}"
    assert json.loads((quickstart / "r.json").read_text())["result"]["complete"] is True
    assert "**Apply complete! Resources: 2 added, 2 changed, 1 destroyed.**" in (quickstart / "r.md").read_text()


def test_refused_apply_leaves_the_refusals_in_its_files(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": [{"name": "id-one", "location": "uksouth"}]})
    write_state(folder / "s.json", {"rg-a": {"id-one": {}}})

    ended = uami("apply", "m.yaml", "--sandbox", "s.json", "-y", "--format", "markdown=r.md")

    assert ended.code == 3
    text = (folder / "r.md").read_text()
    assert "**Error: The plan is refused by " in text
    assert "- `location` at `rg-a/id-one`" in text


def test_marker_is_of_the_command_and_what_it_is_about(uami: Uami, quickstart: Path) -> None:
    def marker(*words: str) -> str:
        return uami(*words, "--sandbox", "sandbox.json", "--format", "markdown").stdout.split("\n")[0]

    plan = marker("plan", "identities.yaml")
    assert re.fullmatch(r"<!-- uami:plan-[0-9a-f]{12} -->", plan)
    assert marker("plan", "./identities.yaml") == marker("plan", str(quickstart / "identities.yaml")) == plan
    others = (("drift", "identities.yaml"), ("plan", "."), ("plan", "identities.yaml", "--target", "rg-data-prod"))
    assert len({plan, *(marker(*one) for one in others)}) == 4
    assert marker("plan", "identities.yaml", "--comment-key", "plan-prod") == "<!-- uami:plan-prod -->"


def test_job_of_github_gets_annotations_a_summary_and_outputs(uami: Uami, quickstart: Path) -> None:
    (quickstart / "summary").write_text("earlier\n")
    (quickstart / "output").touch()
    files = {SUMMARY: str(quickstart / "summary"), "GITHUB_OUTPUT": str(quickstart / "output")}

    ended = uami(*PLAN, "--format", "github", environment={**files, "GITHUB_WORKSPACE": str(quickstart.parent)})

    (line,) = (one for one in ended.stdout.split("\n") if one.startswith("::"))
    assert line.startswith("::warning file=folder/identities.yaml,line=14,title=uami%3A deleted::rg-payments-prod/")
    assert (quickstart / "summary").read_text().startswith("earlier\n<!-- uami:plan-")
    outputs = dict(re.findall(r"^(\w+)<<(?:uami_\w+)\n(.*)\nuami_", (quickstart / "output").read_text(), re.MULTILINE))
    assert outputs | {"outcome": "changes", "changes": "5", "deletes": "1", "refused": "0"} == outputs


def test_outside_of_a_job_the_form_says_what_has_no_place(uami: Uami, quickstart: Path) -> None:
    ended = uami(*PLAN, "--format", "github")

    assert ended.code == 0
    assert ended.stderr == (
        "Note: GITHUB_STEP_SUMMARY is not set, as outside of a job, so there is no place for the summary of the job.\n"
        "Note: GITHUB_OUTPUT is not set, as outside of a job, so there is no place for the outputs of the step.\n"
    )


def test_file_of_a_job_that_is_not_there_is_wrong_usage(uami: Uami, quickstart: Path) -> None:
    ended = uami(*PLAN, "--format", "github", environment={SUMMARY: "nowhere"})

    assert ended.code == 64
    assert "Error: GITHUB_STEP_SUMMARY nowhere: the summary of the job cannot be written there: No such file" in (
        ended.stderr
    )


def test_job_of_azure_pipelines_finds_the_page_that_the_log_names(uami: Uami, quickstart: Path) -> None:
    ended = uami("plan", "nope.yaml", "--format", "azure-devops", environment={"AGENT_TEMPDIRECTORY": str(quickstart)})

    assert ended.code == 65
    (page,) = re.findall(r"^##vso\[task\.uploadsummary\](.*)$", ended.stderr, re.MULTILINE)
    assert "- `nope.yaml:1:1` no such file" in Path(page).read_text()
    assert "##vso[task.logissue type=error;sourcepath=nope.yaml;linenumber=1]uami: file-unreadable: " in ended.stderr
    assert "##vso[task.setvariable variable=outcome;isOutput=true]error\n" in ended.stderr


def test_signal_that_ends_the_command_is_told_in_its_files(uami: Uami, quickstart: Path, serve: Serve) -> None:
    arm = serve("sandbox.json", "--latency-ms", "20000")
    command = ("plan", "identities.yaml", *arm.flags, *of_files("json=p.json"))

    with uami.started(*command, environment={"UAMI_ACCESS_TOKEN": "x"}) as running:
        deadline = time.monotonic() + TIMEOUT_S
        while not [*quickstart.glob(".uami-*")]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        running.signal(signal.SIGTERM)
        ended = running.end()

    assert ended.code == 143, ended
    assert json.loads((quickstart / "p.json").read_text())["error"]["code"] == "interrupted"
    assert [*quickstart.glob(".uami-*")] == []
