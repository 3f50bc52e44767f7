"""What a run looks at: files, directories, standard input, variables, and what narrows it."""

from pathlib import Path

import pytest

from tests.cli.command import Uami
from tests.cli.conftest import EXAMPLES
from tests.cli.inputs import SUBSCRIPTION, identity_names, write_manifest, write_state

OWNED = {"uami-owner": "us"}
PRODUCTION = "22222222-0000-4000-8000-000000000002"


@pytest.fixture
def with_variable(folder: Path) -> Path:
    """`m.yaml` and `s.json`; the manifest has a tag and a group named by the variable ENV."""
    write_manifest(folder / "m.yaml", {"rg-${ENV}": [{"name": "id-one", "tags": {"env": "${ENV}"}}]})
    write_state(folder / "s.json", {"rg-prod": {}, "rg-test": {}})
    return folder


def test_variable_comes_from_the_environment(uami: Uami, with_variable: Path) -> None:
    ended = uami("plan", "m.yaml", "--sandbox", "s.json", environment={"UAMI_VAR_ENV": "test"})

    assert " + rg-test/id-one  will be created  m.yaml:1\n" in ended.stdout
    assert '     tags.env     "test"\n' in ended.stdout


def test_variable_of_the_command_line_goes_before_the_environment(uami: Uami, with_variable: Path) -> None:
    ended = uami("plan", "m.yaml", "--sandbox", "s.json", "--var", "ENV=prod", environment={"UAMI_VAR_ENV": "test"})

    assert " + rg-prod/id-one  will be created  m.yaml:1\n" in ended.stdout


@pytest.mark.parametrize(
    ("flags", "value"),
    [
        ((), "environment"),
        (("--var-file", "a.yaml"), "first"),
        (("--var-file", "a.yaml", "--var-file", "b.yaml"), "second"),
        (("--var-file", "b.yaml", "--var-file", "a.yaml", "--var", "A=line"), "line"),
    ],
)
def test_variable_of_a_file_goes_before_the_environment_and_after_the_command_line(
    uami: Uami, folder: Path, flags: tuple[str, ...], value: str
) -> None:
    subscription = "00000000-0000-0000-0000-000000000001"
    (folder / "m.yaml").write_text(
        f"version: 1\nsubscription: {subscription}\nvars: {{A: document}}\nowner: 'bad${{A}}{'x' * 300}'\n"
        "resourceGroups: {rg: {identities: []}}\n"
    )
    (folder / "a.yaml").write_text("A: first\n")
    (folder / "b.yaml").write_text("A: second\n")

    ended = uami("validate", "m.yaml", *flags, environment={"UAMI_VAR_A": "environment"})

    assert ended.code == 65
    assert f"`bad{value}x" in ended.stderr


def test_file_of_variables_that_is_wrong_is_told_with_its_place(uami: Uami, folder: Path) -> None:
    (folder / "a.yaml").write_text("A: 5\n")

    ended = uami("validate", "m.yaml", "--var-file", "a.yaml")

    assert ended.code == 65
    assert ended.stderr.startswith("a.yaml:1:4: error: ")


def test_variable_that_is_the_documents_own_is_wrong_usage(uami: Uami, folder: Path) -> None:
    ended = uami("validate", "m.yaml", "--var", "subscription=x")

    assert (ended.code, ended.stderr.splitlines()[0]) == (
        64,
        "Error: --var subscription: `${subscription}` is the document's own",
    )


@pytest.mark.parametrize("flags", [(), ("--var", "ENV=")], ids=["unset", "empty"])
def test_variable_without_a_value_is_an_error(uami: Uami, with_variable: Path, flags: tuple[str, ...]) -> None:
    ended = uami("plan", "m.yaml", "--sandbox", "s.json", *flags)

    assert (ended.code, ended.stdout) == (65, "")
    assert "ENV" in ended.stderr


def test_directory_is_read_whole_and_in_order(uami: Uami, folder: Path) -> None:
    (folder / "tree" / "below").mkdir(parents=True)
    write_manifest(folder / "tree" / "b.yml", {"rg-b": ["id-two"]})
    write_manifest(folder / "tree" / "below" / "a.yaml", {"rg-a": ["id-one"]})
    (folder / "tree" / "notes.txt").write_text("not a manifest")
    write_state(folder / "s.json", {"rg-a": {}, "rg-b": {}})

    document = uami("plan", "tree", "--sandbox", "s.json", "--format", "json").document

    assert [(change["address"].partition("/")[2], change["source"]["file"]) for change in document["changes"]] == [
        ("rg-a/id-one", "tree/below/a.yaml"),
        ("rg-b/id-two", "tree/b.yml"),
    ]


def test_manifest_on_standard_input_is_planned(uami: Uami, folder: Path) -> None:
    manifest = write_manifest(folder / "m.yaml", {"rg-a": ["id-one"]}).read_bytes()
    write_state(folder / "s.json", {"rg-a": {}})

    ended = uami("plan", "-", "--sandbox", "s.json", stdin=manifest)

    assert ended.code == 0
    assert " + rg-a/id-one  will be created  " in ended.stdout


def test_manifest_on_standard_input_is_applied_when_approved_beforehand(uami: Uami, folder: Path) -> None:
    manifest = write_manifest(folder / "m.yaml", {"rg-a": ["id-one"]}).read_bytes()
    write_state(folder / "s.json", {"rg-a": {}})

    ended = uami("apply", "-", "--sandbox", "s.json", "-y", stdin=manifest)

    assert ended.code == 0
    assert ended.stdout.endswith("\nApply complete! Resources: 1 added, 0 changed, 0 destroyed.\n")


@pytest.fixture
def ten_live(folder: Path) -> Path:
    """`m.yaml` and `s.json`: six of the ten identities of `rg-a` are listed, and one of `rg-b` is yet to be."""
    live = {f"id-{number}": OWNED for number in range(10)}
    write_manifest(folder / "m.yaml", {"rg-a": list(live)[:6], "rg-b": ["id-new"]}, owner="us")
    write_state(folder / "s.json", {"rg-a": live, "rg-b": {}})
    return folder


def test_target_of_a_group_leaves_other_groups_out(uami: Uami, ten_live: Path) -> None:
    ended = uami("plan", "m.yaml", "--sandbox", "s.json", "--target", "rg-b")

    assert ended.code == 0
    assert ended.stdout.endswith("\nPlan: 1 to add, 0 to change, 0 to destroy.\n")


def test_target_of_a_group_includes_its_extras_and_keeps_its_limits(uami: Uami, ten_live: Path) -> None:
    ended = uami("plan", "m.yaml", "--sandbox", "s.json", "--target", "RG-A")

    assert ended.code == 3
    assert "4 of the 10 live identities of rg-a would be deleted, over 30 %" in " ".join(ended.stdout.split())


def test_target_of_an_identity_is_measured_against_the_whole_group(uami: Uami, ten_live: Path) -> None:
    ended = uami("apply", "m.yaml", "--sandbox", "s.json", "--target", "rg-a/id-9", "-y")

    assert ended.code == 0
    assert "Left alone: 9 outside --target.\n" in ended.stdout
    assert ended.stdout.endswith("\nApply complete! Resources: 0 added, 0 changed, 1 destroyed.\n")
    assert identity_names(ten_live / "s.json") == [f"id-{number}" for number in range(9)]


def test_raised_limit_lets_the_deletes_through(uami: Uami, ten_live: Path) -> None:
    ended = uami("plan", "m.yaml", "--sandbox", "s.json", "--max-deletes", "40%")

    assert ended.code == 0
    assert ended.stdout.endswith("\nPlan: 1 to add, 0 to change, 4 to destroy.\n")


def test_allowance_lifts_one_guard_at_one_address(uami: Uami, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-kept"]}, owner="us")
    write_state(folder / "s.json", {"rg-a": {"id-kept": OWNED, "id-one": {}, "id-two": {}}})

    flags = ("--allow", "foreign-owner=rg-a/id-one", "--max-deletes", "70%", "--format", "json")
    ended = uami("plan", "m.yaml", "--sandbox", "s.json", *flags)

    assert [change["address"].rpartition("/")[2] for change in ended.document["changes"]] == [
        "id-kept",
        "id-one",
        "id-two",
    ]
    assert [violation["address"].rpartition("/")[2] for violation in ended.document["violations"]] == ["id-two"]


def test_subscription_leaves_others_out(uami: Uami) -> None:
    example = EXAMPLES / "landing-zone"
    flags = ("--sandbox", str(example / "sandbox.json"), "--format", "json")

    document = uami("plan", str(example), *flags, "--subscription", PRODUCTION.upper()).document

    assert [one["subscription_id"] for one in document["scope"]["subscriptions"]] == [PRODUCTION]
    assert {change["address"].partition("/")[0] for change in document["changes"]} == {PRODUCTION}


def test_one_request_at_a_time_gives_the_same_plan(uami: Uami, ten_live: Path) -> None:
    flags = ("m.yaml", "--sandbox", "s.json")

    assert uami("plan", *flags, "--parallelism", "1") == uami("plan", *flags, "--parallelism", "100")


def test_names_that_differ_in_case_are_the_same_names(uami: Uami, folder: Path) -> None:
    write_manifest(
        folder / "m.yaml", {"RG-A": [{"name": "ID-One", "tags": {"Tier": "x"}}]}, defaults={"location": "West Europe"}
    )
    write_state(folder / "s.json", {"rg-a": {"id-one": {"tier": "x"}}})

    ended = uami("plan", "m.yaml", "--sandbox", "s.json")

    assert ended.stdout.endswith("\nNo changes. Live identities match the manifest.\n")
    assert SUBSCRIPTION in ended.stdout
