"""Errors name what is truly wrong, and what helps: whole messages of real commands, each in a file of `golden/causes/`.

A file shows what was typed, what was said on stdout and stderr, and the exit code; of reports only their end. To renew
one, write the new text there by hand or by copying it, and read it as somebody who has to mend what it is about.
"""

import json
import re
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.cli.command import Ended, Uami
from tests.cli.conftest import Serve
from tests.cli.inputs import SUBSCRIPTION, add_to_state, grant, group_scope, write_manifest, write_state

GOLDEN = Path(__file__).parent / "golden" / "causes"
TOKEN = {"UAMI_ACCESS_TOKEN": "x"}

_NAMED = (
    (re.compile(r"http://(127\.0\.0\.1|localhost):\d+"), "URL"),
    (re.compile(r"127\.0\.0\.1:\d+"), "HOST:PORT"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "DIGEST"),
    (re.compile(r"([Cc]orrelation id[^\n]* )[0-9a-f-]{36}"), r"\1ID"),
    (re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ", re.MULTILINE), "TIME "),
)
"""What differs from run to run, and what stands for it."""


class Transcript:
    """What several commands said."""

    def __init__(self, uami: Uami) -> None:
        self._uami = uami
        self._said: list[str] = []

    def run(self, *arguments: str, flags: Sequence[str] = (), home: str | None = None) -> Ended:
        """Run a command; `flags` say where, and are not shown, and neither is a plan above its totals."""
        environment = TOKEN if home is None else {**TOKEN, "HOME": home}
        ended = self._uami(*arguments, *flags, environment=environment)
        report = ended.stdout[max(0, ended.stdout.find("\nPlan: ") + 1) :]
        self._said.append(f"$ uami {' '.join(arguments)}\n{report}{ended.stderr}(exit {ended.code})\n")
        return ended

    def matches(self, name: str) -> bool:
        """Whether all that was said is what a golden file holds."""
        text = "\n".join(self._said)
        for pattern, stand_in in _NAMED:
            text = pattern.sub(stand_in, text)
        text = text.replace(str(self._uami.folder), "FOLDER")
        assert text == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
        return True


@pytest.fixture
def said(uami: Uami) -> Transcript:
    """What is said in one test."""
    return Transcript(uami)


def faults(folder: Path, *scripts: str) -> str:
    """A file of faults, one a line in YAML's short form."""
    path = folder / "faults.yaml"
    path.write_text("faults:\n" + "".join(f"- {one}\n" for one in scripts), encoding="utf-8")
    return str(path)


def answering(method: str, path: str, status: int, code: str, message: str, times: int | None = None) -> str:
    """A fault that answers in ARM's words."""
    body = {"error": {"code": code, "message": message}}
    known = {"method": method, "path": path, "answer": {"status": status, "body": body}}
    return json.dumps(known if times is None else {**known, "times": times})


EXPIRED = ("ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than now.")


def two_groups(folder: Path) -> None:
    """A manifest with two identities to make, and the empty groups for them."""
    write_manifest(folder / "m.yaml", {"rg-a": ["id-one", "id-two"]})
    write_state(folder / "s.json", {"rg-a": {}})


def test_token_that_ends_is_a_login_problem_wherever_it_ends(said: Transcript, folder: Path, serve: Serve) -> None:
    two_groups(folder)
    at_rights = answering("GET", "*/providers/Microsoft.Authorization/permissions", 401, *EXPIRED)
    arm = serve("s.json", "--faults", faults(folder, at_rights))
    said.run("plan", "m.yaml", flags=arm.flags)
    said.run("doctor", "m.yaml", flags=arm.flags)

    assert said.matches("expired-token")


def test_token_that_ends_while_applying_says_how_to_renew_it(said: Transcript, folder: Path, serve: Serve) -> None:
    two_groups(folder)
    arm = serve("s.json", "--faults", faults(folder, answering("PUT", "*/id-two", 401, *EXPIRED)))
    said.run("apply", "m.yaml", "-y", "--parallelism", "1", "--journal", "run.jsonl", flags=arm.flags)

    assert said.matches("expired-while-applying")


def test_policy_stops_its_own_change_and_is_named(said: Transcript, folder: Path, serve: Serve) -> None:
    two_groups(folder)
    info = {"policyDefinitionDisplayName": "Names end in -prod", "policyAssignmentDisplayName": "Landing zone"}
    error = {
        "code": "RequestDisallowedByPolicy",
        "message": "Resource 'id-one' was disallowed by policy.",
        "additionalInfo": [{"type": "PolicyViolation", "info": info}],
    }
    fault = {"method": "PUT", "path": "*/id-one", "answer": {"status": 403, "body": {"error": error}}}
    arm = serve("s.json", "--faults", faults(folder, json.dumps(fault)))
    said.run("apply", "m.yaml", "-y", "--parallelism", "1", "--journal", "run.jsonl", flags=arm.flags)

    assert said.matches("policy")


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine that nobody else gets and nobody listens at."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_endpoint_that_is_dead_is_named(said: Transcript, folder: Path, closed_port: int) -> None:
    two_groups(folder)
    said.run("plan", "m.yaml", flags=("--endpoint", f"http://127.0.0.1:{closed_port}", "--credential", "token"))

    assert said.matches("dead-endpoint")


def test_what_is_tried_again_is_said(said: Transcript, folder: Path, serve: Serve) -> None:
    two_groups(folder)
    busy = answering("GET", f"/subscriptions/{SUBSCRIPTION}", 503, "ServiceUnavailable", "Busy.", times=2)
    arm = serve("s.json", "--faults", faults(folder, busy))
    ended = said.run("plan", "m.yaml", flags=arm.flags)

    assert ended.code == 0
    waits = re.sub(r"in \d\.\d s", "in a moment", ended.stderr.partition(" ")[2].partition(" ")[2])
    assert waits == f"WARNING GET /subscriptions/{SUBSCRIPTION}: answered 503; attempt 3 of 6 in a moment\n"


def test_saved_plan_of_somebody_who_sees_more_is_told_as_that(said: Transcript, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": ["id-stays"]}, owner="us")
    state = write_state(folder / "s.json", {"rg-a": {"id-stays": {}, "id-old": {"uami-owner": "us"}}, "rg-b": {}})
    add_to_state(state, roleAssignments=[_reader_at("rg-b")])
    said.run("plan", "m.yaml", "-o", "plan.json", "--sandbox", "s.json")
    (folder / "m.yaml").unlink()
    add_to_state(state, permissions=[grant(group_scope("rg-a"), "*")])
    said.run("apply", "plan.json", "-y", "--sandbox", "s.json")

    assert said.matches("other-rights")


def _reader_at(group: str) -> dict[str, object]:
    scope, name = group_scope(group), "00000000-0000-4000-8000-0000000000a1"
    definition = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
    return {
        "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "properties": {
            "principalId": "0b2c0000-0000-4000-8000-000000000001",
            "principalType": "ServicePrincipal",
            "roleDefinitionId": f"{definition}/acdd72a7-3385-48ef-bd42-f606fba81ae7",
            "scope": scope,
        },
    }


def test_role_keeps_its_name_and_address_when_its_line_and_its_definition_are_gone(uami: Uami, folder: Path) -> None:
    place = ("m.yaml", "--sandbox", "s.json")
    roles = [{"role": "acdd72a7-3385-48ef-bd42-f606fba81ae7", "scope": group_scope("rg-a")}]
    state = write_state(folder / "s.json", {"rg-a": {"id-one": {}}})

    write_manifest(folder / "m.yaml", {"rg-a": [{"name": "id-one", "roleAssignments": roles}]}, owner="us")
    given = uami("plan", *place).stdout
    uami("apply", *place, "-y", "--journal", "run.jsonl")
    write_manifest(folder / "m.yaml", {"rg-a": [{"name": "id-one", "roleAssignments": []}]}, owner="us")
    but_definitions = [f"Microsoft.Authorization/{one}/*" for one in ("roleAssignments", "permissions", "locks")]
    allowed = grant("/", "Microsoft.ManagedIdentity/*", "Microsoft.Resources/*", *but_definitions)
    add_to_state(state, permissions=[allowed])
    taken = uami("plan", *place).stdout

    assert " + role Reader on rg-a  will be created" in given
    assert "- role Reader on rg-a" in taken


@pytest.mark.parametrize(
    ("name", "status", "code", "message"),
    [
        (
            "no-registered-provider",
            400,
            "NoRegisteredProviderFound",
            "No registered resource provider found for location 'westeurope' and API version '2024-11-30' for type"
            " 'userAssignedIdentities'. The supported api-versions are '2018-11-30, 2023-01-31'. The supported"
            " locations are 'eastus, westeurope'.",
        ),
        (
            "unregistered-provider",
            409,
            "MissingSubscriptionRegistration",
            "The subscription is not registered to use namespace 'Microsoft.ManagedIdentity'.",
        ),
        ("throttled", 429, "429", "Request is temporarily throttled. Retry after 1 seconds."),
    ],
)
def test_what_arm_lacks_or_limits_is_said_once_with_what_helps(  # noqa: PLR0913 - a table and three fixtures
    said: Transcript, folder: Path, serve: Serve, name: str, status: int, code: str, message: str
) -> None:
    two_groups(folder)
    listing = answering("GET", "*/userAssignedIdentities", status, code, message)
    arm = serve("s.json", "--faults", faults(folder, listing))
    said.run("plan", "m.yaml", "--timeout", "1s", flags=arm.flags)

    assert said.matches(name)


def test_region_that_is_none_is_answered_with_the_one_that_is_meant(said: Transcript, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-a": [{"name": "id-one", "location": "westeuropa"}]})
    write_state(folder / "s.json", {"rg-a": {}})
    said.run("apply", "m.yaml", "-y", "--journal", "run.jsonl", "--sandbox", "s.json")

    assert said.matches("region")


def test_other_writer_is_no_azure_that_is_not_ready(said: Transcript, folder: Path, serve: Serve) -> None:
    trust = {"name": "main", "issuer": "https://issuer.example", "subject": "s"}
    write_manifest(folder / "m.yaml", {"rg-a": [{"name": "id-one", "federatedCredentials": [trust]}]})
    write_state(folder / "s.json", {"rg-a": {"id-one": {}}})
    code = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"
    arm = serve("s.json", "--faults", faults(folder, answering("PUT", "*/main", 409, code, "Busy.", times=1)))
    said.run("apply", "m.yaml", "-y", "--journal", "run.jsonl", flags=arm.flags)

    assert said.matches("other-writer")


def test_commands_that_do_not_exist_lead_to_those_that_do(said: Transcript) -> None:
    for words in ("pln", "version", "help", "help plan", "sandbox srve", "plan --targte x m.yaml"):
        said.run(*words.split())

    assert said.matches("unknown-commands")


def test_files_that_are_not_there_are_said_to_be_that(said: Transcript, quickstart: Path) -> None:
    said.run("plan", "nofile.yaml", "--sandbox", "sandbox.json")
    said.run("plan", "identities.yaml", "--sandbox", "nofile.json")
    said.run("apply", "nofile.json", "-y", "--sandbox", "sandbox.json")
    said.run("show", "nofile")
    said.run("undo", "nofile", "--sandbox", "sandbox.json")

    assert said.matches("missing-files")


def test_files_that_are_damaged_are_answered_with_how_to_get_a_whole_one(said: Transcript, quickstart: Path) -> None:
    (quickstart / "plan.json").write_text('{"format_version": "1.0", "changes"')
    (quickstart / "run.jsonl").write_text('{"kind":"run","run\n')
    (quickstart / "state.json").write_text('{"version": 1')
    said.run("apply", "plan.json", "-y", "--sandbox", "sandbox.json")
    said.run("show", "run.jsonl")
    said.run("plan", "identities.yaml", "--sandbox", "state.json")

    assert said.matches("damaged-files")


def test_refused_plan_that_is_saved_names_no_command_that_cannot_succeed(said: Transcript, folder: Path) -> None:
    write_manifest(folder / "m.yaml", {"rg-missing": ["id-new"]})
    write_state(folder / "s.json", {"rg-a": {}})
    said.run("plan", "m.yaml", "-o", "plan.json", "--sandbox", "s.json")

    assert said.matches("refused-plan")


def test_home_in_which_no_journal_can_lie_is_named_before_anything_is_asked(said: Transcript, quickstart: Path) -> None:
    (quickstart / "home").write_text("no folder")
    said.run("apply", "identities.yaml", "-y", "--sandbox", "sandbox.json", home=str(quickstart / "home"))

    assert said.matches("no-journal")


def test_slips_of_a_manifest_get_hints_that_fit(said: Transcript, folder: Path) -> None:
    head = f"version: 1\nsubscription: {SUBSCRIPTION}\npolicy: {{identities: merge}}\n"
    (folder / "list.yaml").write_text(f"{head}resourceGroups:\n  rg-a: [id-a]\n")
    (folder / "key.yaml").write_text(f"{head}permissions: []\nresourceGroups:\n  rg-a: {{identities: [id-a]}}\n")
    (folder / "entry.yaml").write_text(f"{head}resourceGroups:\n  rg-a:\n    identities:\n      -\n      - id-b\n")
    for name in ("list.yaml", "key.yaml", "entry.yaml"):
        said.run("validate", name)

    assert said.matches("manifest-slips")
