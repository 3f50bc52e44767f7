"""`--guardrails` and UAMI_GUARDRAILS as their users meet them: which files count, exit codes, words."""

import hashlib
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.cli.command import Uami
from tests.cli.conftest import Serve
from tests.cli.documents import problems
from tests.cli.inputs import SUBSCRIPTION, TENANT, write_manifest, write_state


@pytest.fixture
def owned(folder: Path) -> Path:
    """`m.yaml` of the owner `us`; guardrails `us.yaml` and `them.yaml` beside the folder, each for one owner."""
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one"]}, owner="us")
    for owner in ("us", "them"):
        (folder.parent / f"{owner}.yaml").write_text(f"version: 1\nowners: [{owner}]\n")
    return folder


def test_manifest_within_the_guardrails_is_valid(uami: Uami, owned: Path) -> None:
    ended = uami("validate", "m.yaml", "--guardrails", "../us.yaml")

    assert (ended.code, ended.stdout) == (0, "The manifest is valid: 1 identity in 1 resource group.\n")


def test_manifest_outside_the_guardrails_is_refused_with_rule_and_line(uami: Uami, owned: Path) -> None:
    ended = uami("validate", "m.yaml", "--guardrails", "../them.yaml")

    assert (ended.code, ended.stderr) == (3, "")
    assert ended.stdout == (
        "Refused (exit 3): guardrails do not let the manifest through. Looked at: 1 identity in 1 resource group.\n\n"
        "Refused by guardrails:\n\n"
        " ! guardrail  rg-a: ../them.yaml:2: owners: the manifest has the owner 'us',\n"
        "       which is not listed (m.yaml:1:141)\n"
        "     No flag and no manifest lifts this. Change what is asked for, or have those\n"
        "     who keep ../them.yaml change it.\n\n"
    )


@pytest.mark.parametrize(
    ("flag", "variable", "code"),
    [("us", "us", 0), ("us", "them", 3), ("them", "us", 3), (None, "them", 3), (None, "us", 0)],
)
def test_both_files_must_let_it_through(uami: Uami, owned: Path, flag: str | None, variable: str, code: int) -> None:
    flags = () if flag is None else ("--guardrails", f"../{flag}.yaml")

    ended = uami("validate", "m.yaml", *flags, environment={"UAMI_GUARDRAILS": f"../{variable}.yaml"})

    assert ended.code == code


@pytest.mark.parametrize("value", ["", "../gone.yaml", "../damaged.yaml", "m.yaml"])
def test_mandatory_guardrails_that_cannot_be_used_exit_65(uami: Uami, owned: Path, value: str) -> None:
    (owned.parent / "damaged.yaml").write_text("version: 1\nowner: us\n")

    ended = uami("validate", "m.yaml", environment={"UAMI_GUARDRAILS": value})

    assert (ended.code, ended.stdout) == (65, "")
    assert ended.stderr


def test_problem_of_the_guardrails_is_shown_where_it_stands(uami: Uami, owned: Path) -> None:
    (owned.parent / "damaged.yaml").write_text("version: 1\nowner: us\n")

    ended = uami("validate", "m.yaml", "--guardrails", "../damaged.yaml")

    assert ended.stderr == (
        "../damaged.yaml:2:1: error: `owner` is not a key of the guardrails file\n"
        "    owner: us\n    ^\n    hint: Did you mean `owners`?\n"
        "Error: 1 problem in the guardrails\n"
        "Hint: Nothing was changed. Fix the guardrails; `uami schema guardrails` describes them.\n"
    )


RUN = ("m.yaml", "--sandbox", "s.json")
COMMANDS = (("plan",), ("apply", "-y"), ("apply", "-y", "--skip-refused"))
LIFTED = (
    *("--allow", "foreign-owner=them", "--allow", "foreign-owner=rg-a/id-theirs", "--max-deletes", "100%"),
    *("--max-deletes", "1000"),
)
GITHUB = "https://token.actions.githubusercontent.com"


def attack(folder: Path, manifest: Mapping[str, object], lives: Mapping[str, Mapping[str, str]], *rules: str) -> Path:
    """A manifest of a pull request, what lives, and guardrails beside the folder."""
    (folder / "m.yaml").write_text(json.dumps({"version": 1, "subscription": SUBSCRIPTION, **manifest}))
    (folder.parent / "g.yaml").write_text("\n".join(("version: 1", *rules, "")))
    return write_state(folder / "s.json", {"rg-a": lives})


def is_stopped(uami: Uami, state: Path, *rules: str, lifted: Sequence[str] = LIFTED) -> None:
    """Whatever command and flags: refused by these rules, and nothing is written."""
    before = json.loads(state.read_text())
    for command in COMMANDS:
        ended = uami(*command, *RUN, "--guardrails", "../g.yaml", *lifted, "--format", "json")
        plan = ended.document.get("plan", ended.document)
        found = {one["message"].split(": ")[1] for one in plan["violations"] if one["code"] == "guardrail"}
        assert (ended.code, found) == (3, set(rules)), command
        after = json.loads(state.read_text())
        assert [after.get(key) for key in STATE] == [before.get(key) for key in STATE]


STATE = ("identities", "federatedIdentityCredentials", "roleAssignments")


def test_attack_16_owner_of_the_subscription_for_another_repository(uami: Uami, folder: Path) -> None:
    """A pull request that grants everything to whoever sends it."""
    entry = {
        "name": "id-one",
        "federatedCredentials": [{"name": "mine", "issuer": GITHUB, "subject": "repo:evil/x:environment:prod"}],
        "roleAssignments": [{"role": "Owner", "scope": f"/subscriptions/{SUBSCRIPTION}"}],
    }
    state = attack(
        folder,
        {"owner": "us", "resourceGroups": {"rg-a": {"identities": [entry]}}},
        {"id-one": {"uami-owner": "us"}},
        f"trust: [{{identities: ['*'], issuer: '{GITHUB}', subjects: ['repo:us/*:environment:prod']}}]",
    )

    children = ("federatedCredentials/mine", f"roleAssignments/Owner@/subscriptions/{SUBSCRIPTION}")
    lifted = [word for one in children for word in ("--allow", f"grant=rg-a/id-one/{one}")]
    assert uami("plan", *RUN, *lifted).code == 0
    is_stopped(uami, state, "trust", "roles", lifted=lifted)


def test_attack_18_owner_of_another_team(uami: Uami, folder: Path) -> None:
    """A pull request that claims what another team owns, and thereby deletes what it does not list."""
    state = attack(
        folder,
        {"owner": "them", "resourceGroups": {"rg-a": {"identities": ["id-one"]}}},
        {"id-one": {"uami-owner": "them"}, "id-theirs": {"uami-owner": "them"}},
        "owners: [us]",
    )

    assert uami("plan", *RUN, "--max-deletes", "100%").code == 0
    is_stopped(uami, state, "owners")


def test_attack_19_deletes_that_lift_every_guard_themselves(uami: Uami, folder: Path) -> None:
    """A pull request that removes everything, and allows itself to."""
    lives: dict[str, dict[str, str]] = {f"id-{number}": {} for number in range(12)}
    codes = ["in-use", "use-unknown", "foreign-owner"]
    removals = [{"name": name, "allow": codes} for name in lives]
    state = attack(
        folder,
        {
            "owner": "us",
            "limits": {"maxDeletes": 1000, "maxDeletePercent": 100},
            "resourceGroups": {"rg-a": {"identities": [], "remove": removals}},
        },
        lives,
        "deletes: {pinned: true, maxPerRun: 5, allow: []}",
    )

    assert uami("plan", *RUN).code == 0
    is_stopped(uami, state, "deletes.pinned", "deletes.maxPerRun", "deletes.allow")


def test_attack_20_owner_tag_on_what_nobody_lists(uami: Uami, folder: Path) -> None:
    """Somebody who may write tags marks identities as ours, so that our next run deletes them."""
    state = attack(
        folder,
        {"owner": "us", "resourceGroups": {"rg-a": {"identities": ["id-one"]}}},
        {"id-one": {"uami-owner": "us"}, "id-theirs": {"uami-owner": "us"}},
        "deletes: {onlyNamed: true}",
    )

    assert uami("plan", *RUN, "--max-deletes", "100%").code == 0
    is_stopped(uami, state, "deletes.onlyNamed")


def test_no_flag_is_called_after_the_guard(uami: Uami, owned: Path) -> None:
    ended = uami("plan", *RUN, "--allow", "guardrail=rg-a/id-one", "--guardrails", "../us.yaml")

    assert ended.code == 64
    assert ended.stderr.startswith("Error: --allow guardrail=rg-a/id-one: guardrail is not lifted by --allow\n")


@pytest.fixture
def living(owned: Path) -> Path:
    """The same, where `id-one` is still to be made."""
    write_state(owned / "s.json", {"rg-a": {}})
    return owned


def test_plan_and_drift_name_the_digest_of_the_file(uami: Uami, living: Path) -> None:
    digest = hashlib.sha256((living.parent / "us.yaml").read_bytes()).hexdigest()

    for command in ("plan", "drift"):
        text = uami(command, *RUN, "--guardrails", "../us.yaml").stdout
        document = uami(command, *RUN, "--guardrails", "../us.yaml", "--format", "json").document
        assert f"\nGuardrails    sha256 {digest}\n" in text
        assert document["guardrails"] == digest
        assert problems(document, f"{command}:v1") == []
    assert uami("plan", *RUN, "--format", "json").document["guardrails"] is None


def test_drift_is_a_fact_and_guardrails_alone_exit_3(uami: Uami, living: Path) -> None:
    missing = uami("drift", *RUN, "--guardrails", "../them.yaml", "--format", "json")
    write_state(living / "s.json", {"rg-a": {"id-one": {"uami-owner": "us"}}})
    equal = uami("drift", *RUN, "--guardrails", "../them.yaml", "--format", "json")

    assert (missing.code, equal.code) == (2, 3)
    assert [len(one.document["violations"]) for one in (missing, equal)] == [1, 1]
    assert problems(missing.document, "drift:v1") == []


def test_saved_plan_is_applied_under_the_guardrails_that_it_was_made_under(uami: Uami, living: Path) -> None:
    planned = uami("plan", *RUN, "--guardrails", "../us.yaml", "-o", "p.json")
    apply = ("apply", "p.json", "--sandbox", "s.json", "-y")
    digest = hashlib.sha256((living / "p.json").read_bytes()).hexdigest()

    codes = [
        uami(*apply, "--digest", digest).code,
        uami(*apply, "--digest", digest, "--guardrails", "../them.yaml").code,
        uami(*apply, "--digest", digest, environment={"UAMI_GUARDRAILS": "../us.yaml"}).code,
    ]

    assert "--guardrails ../us.yaml" in planned.stderr
    assert codes == [4, 4, 0]


@pytest.mark.parametrize("command", [("apply", "p.json"), ("undo", "run.jsonl"), ("plan", "-"), ("drift", "m.yaml")])
@pytest.mark.parametrize("mandatory", [False, True])
def test_guardrails_in_the_checkout_are_refused_by_every_command(
    uami: Uami, living: Path, command: tuple[str, ...], mandatory: bool
) -> None:
    subprocess.run(["git", "init", "-q", str(living)], check=True)
    write_state(living / "s.json", {"rg-a": {}})
    assert uami("plan", *RUN, "-o", "p.json").code == 0
    assert uami("apply", *RUN, "-y", "--journal", "run.jsonl").code == 0
    (living / "g.yaml").write_text("version: 1\n")
    flags, environment = ((), {"UAMI_GUARDRAILS": "g.yaml"}) if mandatory else (("--guardrails", "g.yaml"), {})

    ended = uami(
        *command, "--sandbox", "s.json", *flags, stdin=(living / "m.yaml").read_bytes(), environment=environment
    )

    assert ended.code == 65
    assert "the git work tree" in ended.stderr


def test_undo_meets_the_guardrails(uami: Uami, living: Path) -> None:
    (living.parent / "g.yaml").write_text("version: 1\ndeletes: {onlyNamed: true}\n")
    assert uami("apply", *RUN, "-y", "--journal", "run.jsonl").code == 0
    digest = hashlib.sha256((living / "run.jsonl").read_bytes()).hexdigest()
    undo = ("undo", "run.jsonl", "--sandbox", "s.json", "-y", "--digest", digest, "--max-deletes", "100%")

    refused = uami(*undo, "--guardrails", "../g.yaml")

    assert refused.code == 3
    told = " ".join(refused.stdout.split())
    assert "! guardrail rg-a/id-one: ../g.yaml:2: deletes.onlyNamed: 1 identity would be deleted" in told
    assert uami(*undo).code == 0


def test_tenant_is_that_of_the_run(uami: Uami, living: Path) -> None:
    (living.parent / "g.yaml").write_text(f"version: 1\ntenant: {TENANT}\n")
    (living.parent / "other.yaml").write_text(f"version: 1\ntenant: {SUBSCRIPTION}\n")

    codes = [uami("plan", *RUN, "--guardrails", f"../{name}.yaml").code for name in ("g", "other")]

    assert codes == [0, 3]


def test_guardrails_hold_over_http_too(uami: Uami, living: Path, serve: Serve) -> None:
    server = serve("s.json")
    environment = {"UAMI_ACCESS_TOKEN": "anything"}
    run = ("apply", "m.yaml", "-y", "--endpoint", server.url, "--credential", "token")

    codes = [
        uami(*run, "--guardrails", f"../{name}.yaml", environment=environment).code for name in ("them", "us", "us")
    ]

    assert codes == [3, 0, 0]


@pytest.mark.parametrize("command", ["doctor", "show"])
def test_commands_that_judge_nothing_do_not_ask_for_guardrails(uami: Uami, living: Path, command: str) -> None:
    assert uami("plan", *RUN, "-o", "p.json").code == 0
    arguments = ("show", "p.json") if command == "show" else ("doctor", *RUN)

    assert uami(*arguments, environment={"UAMI_GUARDRAILS": "../gone.yaml"}).code == 0
