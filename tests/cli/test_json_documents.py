"""`--format json`: one document on stdout whatever happens, the same bytes for the same inputs, as its schema says."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reconciler.sandbox import access_token
from tests.cli.command import Uami
from tests.cli.conftest import EXAMPLES, Serve
from tests.cli.documents import ERROR_DOCUMENT, SCHEMAS, problems
from tests.cli.inputs import grant, write_manifest, write_state

QUICKSTART = ("identities.yaml", "--sandbox", "sandbox.json", "--format", "json")
TOKEN = {"UAMI_ACCESS_TOKEN": "x"}
KNOWN = {"UAMI_ACCESS_TOKEN": access_token({"oid": "someone"})}
"""A token that says whose it is; with any other, a plan that deletes says that it cannot know."""


@pytest.fixture
def refused(folder: Path) -> Path:
    """`m.yaml` and `s.json`, whose plan several guards refuse in part, and which leaves identities alone."""
    (folder / "m.yaml").write_text(
        """
version: 1
subscription: 00000000-0000-0000-0000-000000000001
owner: us
ignore: {identities: ["aks-*"], tags: ["hidden-*"]}
resourceGroups:
  rg-a: {identities: []}
  rg-b:
    policy: {identities: owned, tags: exact}
    identities:
      - {name: id-moved, location: northeurope, isolationScope: Regional, tags: {old: null}}
      - id-theirs
  rg-missing: {identities: [id-new]}
policy: {identities: exact}
"""
    )
    write_state(
        folder / "s.json",
        {
            "rg-a": {"id-one": {"uami-owner": "us"}, "aks-pool": {}},
            "rg-b": {"id-moved": {"uami-owner": "us"}, "id-other": {}, "id-theirs": {"uami-owner": "them"}},
        },
    )
    return folder


@pytest.mark.parametrize(
    "name",
    [
        "manifest",
        "plan",
        "apply",
        "drift",
        "output",
        "trust",
        "explain-login",
        "unused",
        "orphans",
        "doctor",
        "journal",
        "guardrails",
    ],
)
def test_schema_is_printed_as_it_lies_in_the_repository(uami: Uami, name: str) -> None:
    ended = uami("schema", name)

    assert (ended.code, ended.stdout) == (0, (SCHEMAS / f"{name}.v1.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "name", ["plan", "apply", "drift", "output", "trust", "explain-login", "unused", "orphans", "doctor", "journal"]
)
def test_schema_is_valid_itself(name: str) -> None:
    Draft202012Validator.check_schema(json.loads((SCHEMAS / f"{name}.v1.schema.json").read_text(encoding="utf-8")))


def test_schema_notices_what_is_missing_wrong_or_not_described(uami: Uami, quickstart: Path) -> None:
    document = uami("plan", *QUICKSTART).document
    del document["scope"]["targets"]
    document["changes"][0]["actions"] = ["replace"]
    document["changes"][1]["source"]["colour"] = "red"

    assert problems(document, "plan:v1") == [
        "$.scope: 'targets' is a required property",
        "$.changes[0].actions[0]: 'replace' is not one of ['create', 'update', 'delete', 'no-op']",
        "$.changes[1].source.colour: not described",
    ]


def test_plan_is_as_its_schema_says(uami: Uami, quickstart: Path) -> None:
    ended = uami("plan", *QUICKSTART)

    assert (ended.code, ended.stderr) == (0, "")
    assert problems(ended.document, "plan:v1") == []
    assert ended.document["summary"] == {"create": 2, "update": 2, "delete": 1, "no_op": 1, "refused": 0}


def test_plan_of_several_subscriptions_is_as_its_schema_says(uami: Uami) -> None:
    example = EXAMPLES / "landing-zone"

    ended = uami("plan", str(example), "--sandbox", str(example / "sandbox.json"), "--format", "json")

    assert problems(ended.document, "plan:v1") == []
    assert len(ended.document["scope"]["subscriptions"]) > 1


def test_refused_plan_is_as_its_schema_says(uami: Uami, refused: Path) -> None:
    ended = uami("plan", "m.yaml", "--sandbox", "s.json", "--format", "json")

    violations = [(one["code"], one["address"].partition("/")[2]) for one in ended.document["violations"]]
    assert ended.code == 3
    assert problems(ended.document, "plan:v1") == []
    assert violations == [
        ("group-missing", "rg-missing"),
        ("location", "rg-b/id-moved"),
        ("foreign-owner", "rg-b/id-theirs"),
        ("delete-limit", "rg-a"),
    ]


def test_plan_is_the_same_bytes_in_process_over_http_and_again(uami: Uami, quickstart: Path, serve: Serve) -> None:
    arm = serve("sandbox.json", "--page-size", "1")

    in_process = uami("plan", *QUICKSTART)
    over_http = uami("plan", "identities.yaml", *arm.flags, "--format", "json", environment=KNOWN)
    again = uami("plan", "identities.yaml", *arm.flags, "--format=json", "--parallelism", "1", environment=KNOWN)

    assert in_process == over_http == again
    assert problems(in_process.document, "plan:v1") == []


def test_apply_is_as_its_schema_says(uami: Uami, quickstart: Path) -> None:
    ended = uami("apply", *QUICKSTART, "-y")

    assert ended.code == 0
    assert problems(ended.document, "apply:v1") == []
    assert ended.document["result"]["summary"] == {
        **{"added": 2, "changed": 2, "destroyed": 1, "done": 5},
        **{"failed": 0, "stale": 0, "skipped": 0, "not_tried": 0, "in_doubt": 0},
    }


def test_apply_contains_the_plan_that_was_carried_out(uami: Uami, quickstart: Path) -> None:
    planned = uami("plan", *QUICKSTART)

    applied = uami("apply", *QUICKSTART, "-y")

    assert applied.document["plan"] == planned.document


def test_refused_apply_is_as_its_schema_says(uami: Uami, refused: Path) -> None:
    ended = uami("apply", "m.yaml", "--sandbox", "s.json", "--format", "json", "-y")

    assert ended.code == 3
    assert problems(ended.document, "apply:v1") == []
    assert ended.document["error"]["code"] == "plan-refused"
    assert ended.document["error"]["violations"] == ended.document["plan"]["violations"]


def test_apply_that_failed_in_part_is_as_its_schema_says(uami: Uami, folder: Path, serve: Serve) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"], "rg-b": ["id-two"]})
    write_state(folder / "s.json", {"rg-a": {}, "rg-b": {}})
    (folder / "faults.yaml").write_text(
        'faults: [{method: PUT, path: "*/id-two", answer: {status: 403, body: {error: {code: Refused, message: No.}}}}]'
    )
    arm = serve("s.json", "--faults", str(folder / "faults.yaml"))

    ended = uami("apply", "m.yaml", *arm.flags, "--format", "json", "-y", environment=TOKEN)

    error = ended.document["result"]["changes"][1]["error"]
    assert ended.code == 5
    assert problems(ended.document, "apply:v1") == []
    assert (error["status"], error["code"]) == (403, "Refused")


def test_apply_that_lacks_a_right_is_an_error_document(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"]})
    write_state(folder / "s.json", {"rg-a": {}}, [grant("/", "*/read")])

    ended = uami("apply", "m.yaml", "--sandbox", "s.json", "--format", "json", "-y")

    assert (ended.code, ended.document["error"]["code"]) == (77, "not-allowed")
    assert problems(ended.document, ERROR_DOCUMENT) == []


def test_drift_is_as_its_schema_says(uami: Uami, quickstart: Path) -> None:
    ended = uami("drift", *QUICKSTART)

    assert ended.code == 2
    assert problems(ended.document, "drift:v1") == []
    assert ended.document["summary"] == {"missing": 2, "unexpected": 1, "changed": 2}


def test_drift_of_what_guards_would_refuse_is_as_its_schema_says(uami: Uami, refused: Path) -> None:
    ended = uami("drift", "m.yaml", "--sandbox", "s.json", "--format", "json")

    fields = [[one["field"] for one in change["differences"]] for change in ended.document["changed"]]
    assert ended.code == 2
    assert problems(ended.document, "drift:v1") == []
    assert fields == [["location", "isolation_scope"], ["tags.uami-owner"]]


def test_output_is_as_its_schema_says(uami: Uami, quickstart: Path) -> None:
    ended = uami("output", *QUICKSTART, "--allow-missing")

    assert (ended.code, ended.stderr) == (0, "")
    assert problems(ended.document, "output:v1") == []
    assert [one["live"] for one in ended.document["identities"]] == [False, True, True, False, True]


def test_validate_says_what_the_manifest_declares(uami: Uami, quickstart: Path) -> None:
    ended = uami("validate", "identities.yaml", "--format", "json")

    summary = {"resource_groups": 2, "identities": 5, "accepted_warnings": 0}
    nothing: dict[str, list[object]] = {"violations": [], "notes": [], "warnings": [], "skipped_files": []}
    assert ended.document == {"format_version": "1.0", "outcome": "valid", "summary": summary, **nothing}


@pytest.mark.parametrize(
    ("arguments", "code", "error_code"),
    [
        (("plan", *QUICKSTART, "--force"), 64, "usage"),
        (("plan", "--format=json"), 64, "usage"),
        (("apply", *QUICKSTART), 1, "declined"),
        (("plan", *QUICKSTART, "--target", "rg-data-prod/id-x"), 64, "usage"),
        (("output", *QUICKSTART), 1, "not-live-as-listed"),
        (("drift", "broken.yaml", *QUICKSTART), 65, "manifest-invalid"),
        (("validate", "broken.yaml", "--format", "json"), 65, "manifest-invalid"),
        (("plan", "identities.yaml", "--sandbox", "nowhere.json", "--format", "json"), 65, "file-invalid"),
        (("plan", "identities.yaml", "--credential", "token", "--format", "json"), 77, "not-allowed"),
    ],
)
def test_failure_is_one_document_as_its_schema_says(
    uami: Uami, quickstart: Path, arguments: tuple[str, ...], code: int, error_code: str
) -> None:
    (quickstart / "broken.yaml").write_text("version: 2\nresourceGroups: []\n")

    ended = uami(*arguments)

    assert (ended.code, ended.stderr) == (code, "")
    assert problems(ended.document, ERROR_DOCUMENT) == []
    assert ended.document["error"]["code"] == error_code


def test_invalid_manifest_is_told_with_the_place_of_each_problem(uami: Uami, folder: Path) -> None:
    (folder / "m.yaml").write_text("version: 2\nresourceGroups: []\n")

    ended = uami("validate", "m.yaml", "--format", "json")

    places = [(one["file"], one["line"], one["column"]) for one in ended.document["error"]["diagnostics"]]
    assert sorted(places) == places
    assert places == [("m.yaml", 1, 1), ("m.yaml", 1, 10), ("m.yaml", 2, 1)]
