"""Every line of both streams keeps the rules, whatever stands in what the command reads: in every form of report, in
prompts, progress, logs and errors.

Hostile text goes into every text of every document: manifest, guardrails, sandbox state, ARM's answers and errors,
saved plan, journal, command line.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.cli.command import Ended, Uami
from tests.cli.conftest import Serve
from tests.cli.hostile import (
    ALL,
    FRAGMENTS,
    TOKEN,
    faults,
    html_faults,
    json_faults,
    leaves,
    with_text,
    without_own_commands,
    without_token,
)
from tests.cli.inputs import SUBSCRIPTION, TENANT, group_scope, identity_scope, write_manifest, write_state
from tests.cli.mangling_wire import mangling_wire
from tests.unit.report.markdown_faults import markdown_faults
from tests.unit.saving import sealed

WITH_TOKEN = {"UAMI_ACCESS_TOKEN": TOKEN}
SANDBOX = ("--sandbox", "s.json")
FORMS = ((), ("--format", "json"))
JOBS = (("--format", "github"), ("--format", "azure-devops"))
"""The forms for jobs are the text and what a job obeys, so that they go along only where that has much to say."""
FILES = {"r.html": html_faults, "r.md": markdown_faults}
"""The files beside stdout, and what is looked for in each."""
REPORTING = ("validate", "plan", "apply", "drift", "doctor", "show", "undo")
"""The commands that have a report."""
GUARDRAILS = "../rails.json"
ORPHANS = ("--subscription", SUBSCRIPTION, "--pause", "0s")

TEXTS = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=5), min_size=1, max_size=3).map("".join)
FEW = settings(max_examples=3, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])

MANIFEST: dict[str, Any] = {
    "version": 1,
    "subscription": SUBSCRIPTION,
    "tenant": TENANT,
    "owner": "us",
    "policy": {"identities": "owned", "roleAssignments": "merge"},
    "ignore": {"identities": ["aks-*"], "tags": ["hidden-*"], "federatedCredentials": ["azwi-*"]},
    "accept": [{"code": "role-privileged", "reason": "known"}],
    "resourceGroups": {
        "rg-a": {
            "identities": [
                {
                    "name": "id-kept",
                    "location": "westeurope",
                    "isolationScope": "Regional",
                    "tags": {"note": "good"},
                    "expect": {"principalId": "0b2c0000-0000-4000-8000-000000000000"},
                    "federatedCredentials": [
                        {
                            "name": "one",
                            "issuer": "https://oidc.example/c1",
                            "subject": "s",
                            "audience": "a",
                            "accept": [{"code": "trust-audience", "reason": "known"}],
                        }
                    ],
                    "roleAssignments": [
                        {"role": "Reader", "scope": group_scope("rg-a"), "condition": "c", "description": "d"}
                    ],
                },
                {
                    "name": "id-new",
                    "location": "westeurope",
                    "hold": "reason",
                    "accept": [{"code": "value-blanks", "reason": "known"}],
                    "roleAssignments": [{"roles": ["Reader"], "scopes": ["rg-a", "rg-a/id-other", "subscription"]}],
                },
                {"name": "id-other", "tags": {"x": "y"}},
            ],
            "remove": [
                {
                    "name": "id-gone",
                    "principalId": "9d1e0000-0000-4000-8000-000000000000",
                    "after": "2027-01-31",
                    "allow": ["in-use", {"code": "trusted", "expires": "2027-03-31"}],
                }
            ],
        }
    },
}

RAILS: dict[str, Any] = {
    "version": 1,
    "tenant": TENANT,
    "subscriptions": [SUBSCRIPTION],
    "resourceGroups": ["rg-*"],
    "identities": {"deny": ["id-secret"]},
    "owners": ["us"],
    "locations": ["westeurope"],
    "trust": [{"identities": ["id-*"], "issuer": "https://oidc.example/c1", "subjects": ["other"]}],
    "roles": [{"identities": ["id-*"], "role": "Reader", "scopes": [f"{group_scope('rg-a')}/**"]}],
}


def _write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document), encoding="utf-8")


def check(ended: Ended, arguments: tuple[str, ...]) -> None:
    """What every run has printed."""
    form = next((one for one in ("github", "azure-devops") if one in arguments), "")
    stdout, stderr = (without_own_commands(text, form) for text in (ended.stdout, ended.stderr))
    assert "Traceback" not in stderr, stderr
    assert faults(stderr) == [], arguments
    assert (json_faults if "json" in arguments else faults)(stdout) == [], arguments
    if "json" in arguments:
        assert isinstance(ended.document, dict)


def run(uami: Uami, *arguments: str, stdin: bytes = b"") -> Ended:
    """Run with a token that nothing may print, and look at all that is printed, and at the files beside it."""
    for name in FILES:
        (uami.folder / name).unlink(missing_ok=True)
    beside = ("--format", "html=r.html", "--format", "markdown=r.md") if arguments[0] in REPORTING else ()
    ended = uami(*arguments, *beside, environment=WITH_TOKEN, stdin=stdin)
    check(ended, arguments)
    for name, other_faults in FILES.items():
        if (uami.folder / name).exists():
            text = (uami.folder / name).read_text(encoding="utf-8")
            assert (faults(text), other_faults(text)) == ([], []), (name, arguments)
    return ended


@pytest.fixture
def world(folder: Path) -> Path:
    """`m.json`, guardrails, and `s.json`, which differs from the manifest in most ways."""
    _write(folder / "m.json", MANIFEST)
    _write(folder / GUARDRAILS, RAILS)
    note = {"note": ALL, "uami-owner": "us"}
    write_state(folder / "s.json", {"rg-a": {"id-kept": note, "id-old": note, "id-other": {"uami-owner": ALL}}})
    state = json.loads((folder / "s.json").read_text())
    state["subscriptions"][0]["displayName"] = ALL
    state["federatedIdentityCredentials"] = [
        {
            "id": f"{identity_scope('rg-a', name)}/federatedIdentityCredentials/one",
            "properties": {"issuer": f"https://x/{ALL}", "subject": ALL, "audiences": ["a"]},
        }
        for name in ("id-kept", "id-old")
    ]
    _write(folder / "s.json", state)
    return folder


@FEW
@given(st.integers(0), TEXTS, st.booleans())
@example(0, f"={ALL}", True)
def test_manifest_of_any_text(uami: Uami, world: Path, place: int, text: str, strict: bool) -> None:
    places = [*leaves(MANIFEST)]
    _write(world / "m.json", with_text(MANIFEST, places[place % len(places)], text))

    for form in FORMS:
        run(uami, "validate", "m.json", *form, "--guardrails", GUARDRAILS, *(("--strict",) if strict else ()))
        run(uami, "plan", "m.json", *SANDBOX, *form)


@FEW
@given(st.integers(0), TEXTS)
def test_guardrails_of_any_text(uami: Uami, world: Path, place: int, text: str) -> None:
    places = [*leaves(RAILS)]
    _write(world / GUARDRAILS, with_text(RAILS, places[place % len(places)], text))

    for form in FORMS:
        run(uami, "validate", "m.json", *form, "--guardrails", GUARDRAILS)
        run(uami, "plan", "m.json", *SANDBOX, *form, "--guardrails", GUARDRAILS)


@pytest.mark.parametrize("form", [*FORMS, *JOBS])
@pytest.mark.parametrize(
    "command",
    [
        ("plan", "--log-level", "debug"),
        ("drift", "--color", "never"),
        ("apply", "-y", "--skip-refused"),
        ("doctor",),
        ("plan", "-o", "p.json"),
        ("output", "--allow-missing"),
        ("trust",),
    ],
)
def test_live_state_of_every_text(uami: Uami, world: Path, command: tuple[str, ...], form: tuple[str, ...]) -> None:
    ended = run(uami, command[0], "m.json", *SANDBOX, *form, *command[1:])

    if command[0] in ("plan", "drift") and form in ((), *JOBS):
        assert "[secret]" in ended.stdout
        assert r"#\x23vso[task.setvariable variable=a]b" in ended.stdout


def test_json_has_the_same_values(uami: Uami, world: Path) -> None:
    ended = run(uami, "plan", "m.json", *SANDBOX, "--format", "json")

    (tags,) = (one["before"]["tags"] for one in ended.document["changes"] if one["address"].endswith("/id-kept"))
    # What is base64 of more than the token is hidden as far as it is the token's.
    shown, hidden = tags["note"].split(" "), without_token(ALL).split(" ")
    assert len(shown) == len(hidden)
    assert [one for one in zip(shown, hidden, strict=True) if one[0] != one[1] and "[secret]" not in one[0]] == []


KEYS = (
    *("displayName", "tag", "location", "id", "name", "principalId", "clientId", "tenantId", "issuer", "subject"),
    *(
        "audiences",
        "roleName",
        "roleDefinitionId",
        "principalType",
        "scope",
        "description",
        "condition",
        "type",
        "value",
        "actions",
    ),
)

OF_IDENTITIES = ("displayName", "tag", "location", "name", "tenantId")
"""What those commands show that read little else."""

WAITED_FOR = ("issuer", "audiences", "description", "condition")
"""What an apply waits for to come back as it was sent, and says in the same words as the subject."""


@pytest.mark.parametrize("key", KEYS)
def test_answers_of_any_text(uami: Uami, world: Path, serve: Serve, key: str) -> None:
    ours = {"uami-owner": "us"}
    write_state(world / "t.json", {"rg-a": {"id-kept": {"note": "x", **ours}, "id-old": ours}})
    with mangling_wire(serve("t.json").url) as wire:
        wire.key, wire.text = key, ALL
        commands = (("apply", "-y", "--skip-refused"), ("drift", "--format", "json"), ("trust", "--format", "mermaid"))
        for command in commands:
            quick = ("--no-verify",) if command[0] == "apply" and key in WAITED_FOR else ()
            run(uami, command[0], "m.json", *wire.flags, *command[1:], *quick, "--log-level", "debug")
        for flags in ((), ("--remove", "-y")):
            run(uami, "orphans", *ORPHANS, *wire.flags, *flags, "--log-level", "debug")
        if key in OF_IDENTITIES:
            run(uami, "doctor", "m.json", *wire.flags)
            run(uami, "output", "m.json", *wire.flags, "--allow-missing")
            run(uami, "sandbox", "snapshot", "--subscription", SUBSCRIPTION, *wire.flags)


@pytest.mark.parametrize("command", [("plan", "-o", "p.json"), ("apply", "-y", "--journal", "p.json")])
def test_no_file_holds_the_token_of_its_run(uami: Uami, folder: Path, serve: Serve, command: tuple[str, ...]) -> None:
    write_manifest(folder / "m.json", {"rg-a": [{"name": "id-kept", "tags": {"note": "good"}}]})
    write_state(folder / "t.json", {"rg-a": {"id-kept": {"note": "x"}}})
    with mangling_wire(serve("t.json").url) as wire:
        wire.key, wire.text = "tag", TOKEN
        ended = run(uami, command[0], "m.json", *wire.flags, *command[1:])

    assert ended.code == 1
    assert "Azure holds the very token of this run" in ended.stderr
    assert not (folder / "p.json").exists()


@pytest.mark.parametrize("text", [ALL, FRAGMENTS[0], TOKEN])
def test_errors_of_any_text(uami: Uami, world: Path, serve: Serve, text: str) -> None:
    with mangling_wire("") as wire:
        wire.fails, wire.text = True, text
        for form in (*FORMS, *JOBS):
            run(uami, "plan", "m.json", *wire.flags, *form, "--log-level", "debug")
        run(uami, "doctor", "m.json", *wire.flags)


@pytest.fixture
def applied(uami: Uami, folder: Path) -> Path:
    """A saved plan `p.json`, and `run.jsonl` of its run."""
    manifest = with_text(MANIFEST, ("resourceGroups", "rg-a", "identities", 2, "tags", "x"), "## x")
    manifest["resourceGroups"]["rg-a"]["identities"][0] = {"name": "id-kept", "tags": {"note": "good"}}
    _write(folder / "m.json", manifest)
    write_state(folder / "s.json", {"rg-a": {"id-kept": {"note": "##[x]", "uami-owner": "us"}, "id-other": {}}})
    saved = run(uami, "plan", "m.json", *SANDBOX, "-o", "p.json")
    assert saved.code == 0, saved.stdout
    ended = run(uami, "apply", "m.json", *SANDBOX, "-y", "--journal", "run.jsonl")
    assert ended.code == 0, ended.stderr
    return folder


@FEW
@given(st.integers(0), TEXTS)
@example(0, ALL)
def test_saved_plan_of_any_text(uami: Uami, applied: Path, place: int, text: str) -> None:
    plan = json.loads((applied / "p.json").read_text())
    places = [*leaves(plan)]
    # With a fingerprint that fits: anybody can make one.
    (applied / "forged.json").write_bytes(sealed(with_text(plan, places[place % len(places)], text)))

    for form in FORMS:
        run(uami, "show", "forged.json", *form)
        run(uami, "apply", "forged.json", *SANDBOX, *form)


HOSTILE = " ".join((FRAGMENTS[0], FRAGMENTS[3], FRAGMENTS[6], FRAGMENTS[9], TOKEN))
"""As much as a tag holds."""


def with_hostile_tag(content: str) -> str:
    """A saved plan or journal with another text wherever it has the live tag of `applied`, as nothing contradicts."""
    old = json.dumps("##[x]")
    assert old in content
    return content.replace(old, json.dumps(HOSTILE))


def test_saved_plan_with_hostile_texts_gets_past_the_reader_and_is_shown(uami: Uami, applied: Path) -> None:
    plan = with_hostile_tag((applied / "p.json").read_text())
    (applied / "forged.json").write_bytes(sealed(json.loads(plan)))

    for form in FORMS:
        ended = run(uami, "show", "forged.json", *form)
        assert ended.code == 0, ended.stderr
        assert "[secret]" in ended.stdout


def test_shown_plan_is_what_its_document_says_and_not_its_text(uami: Uami, applied: Path) -> None:
    text = (applied / "p.json").read_text()
    (applied / "p.json").write_text(json.dumps(json.loads(text), ensure_ascii=False).replace('": "', '": \r"', 1))

    ended = run(uami, "show", "p.json", "--format", "json")

    assert ended.document == json.loads(text)


@FEW
@given(st.integers(0), TEXTS)
@example(0, ALL)
def test_journal_of_any_text(uami: Uami, applied: Path, place: int, text: str) -> None:
    lines = [json.loads(line) for line in (applied / "run.jsonl").read_text().splitlines()]
    places = [*leaves(lines)]
    forged = with_text(lines, places[place % len(places)], text)
    (applied / "forged.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in forged))

    for form in FORMS:
        run(uami, "show", "forged.jsonl", *form)
        run(uami, "orphans", "forged.jsonl", *ORPHANS, *SANDBOX, *form)
        run(uami, "orphans", "forged.jsonl", *ORPHANS, *SANDBOX, "--remove", *form)
    digest = hashlib.sha256((applied / "forged.jsonl").read_bytes()).hexdigest()
    run(uami, "undo", "forged.jsonl", *SANDBOX, "-y", "--digest", digest, "--journal", "undone.jsonl")
    (applied / "undone.jsonl").unlink(missing_ok=True)


def test_journal_with_hostile_texts_gets_past_the_reader_and_is_shown_and_undone(uami: Uami, applied: Path) -> None:
    content = with_hostile_tag((applied / "run.jsonl").read_text()).encode()
    (applied / "forged.jsonl").write_bytes(content)

    shown = run(uami, "show", "forged.jsonl")
    digest = hashlib.sha256(content).hexdigest()
    undone = run(uami, "undo", "forged.jsonl", *SANDBOX, "-y", "--digest", digest, "--journal", "undone.jsonl")

    assert shown.code == 0, shown.stderr
    assert "[secret]" in shown.stdout
    assert undone.stdout != "", undone.stderr


def test_question_of_an_undo_of_any_text(uami: Uami, applied: Path) -> None:
    with uami.at_terminal("undo", "run.jsonl", *SANDBOX, environment=WITH_TOKEN) as running:
        running.wait_for("Answer: ")
        running.type("yes\n")
        ended = running.end()

    assert ended.code == 0, ended.stderr
    check(ended, ())


ARGUMENTS = (
    ("{}",),
    ("plan", "{}"),
    ("plan", "m.json", "--{}"),
    ("plan", "m.json", "--sandbox", "{}"),
    ("plan", "m.json", "--var", "{}"),
    ("plan", "m.json", *SANDBOX, "--target", "{}"),
    ("plan", "m.json", *SANDBOX, "--target", "rg-a/{}"),
    ("plan", "m.json", *SANDBOX, "--subscription", "{}"),
    ("plan", "m.json", *SANDBOX, "--allow", "in-use=rg-a/{}"),
    ("plan", "m.json", *SANDBOX, "--tenant", "{}"),
    ("plan", "m.json", *SANDBOX, "--guardrails", "{}"),
    ("plan", "m.json", *SANDBOX, "-o", "gone/{}"),
    ("plan", "m.json", "--endpoint", "https://{}", "--credential", "token"),
    ("plan", "m.json", "--format", "{}"),
    ("apply", "m.json", *SANDBOX, "-y", "--journal", "gone/{}"),
    ("apply", "p.json", *SANDBOX, "--digest", "{}"),
    ("show", "{}"),
    ("undo", "{}", *SANDBOX),
    ("sandbox", "snapshot", "--subscription", "{}"),
    ("schema", "{}"),
    ("orphans", "{}", *ORPHANS, *SANDBOX),
    ("orphans", *ORPHANS, *SANDBOX, "--owner", "{}"),
)


@FEW
@given(st.sampled_from(ARGUMENTS), TEXTS)
@example(ARGUMENTS[4], ALL)
@example(ARGUMENTS[7], ALL)
def test_arguments_of_any_text(uami: Uami, applied: Path, arguments: tuple[str, ...], text: str) -> None:
    # What no command line can hold.
    text = text.replace("\0", "").encode("utf-8", "ignore").decode()

    run(uami, *(argument.replace("{}", text) for argument in arguments))


def test_question_and_progress_of_any_text(uami: Uami, world: Path) -> None:
    with uami.at_terminal("apply", "m.json", *SANDBOX, "--skip-refused", environment=WITH_TOKEN) as running:
        running.wait_for("Answer: ")
        running.type("yes\n")
        ended = running.end()

    assert any(f": {word} (" in ended.stderr for word in ("created", "updated", "destroyed")), ended
    check(ended, ())
