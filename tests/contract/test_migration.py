"""GitHub's subjects move to those with ids, round by round, and at no call of any apply is one refused that is listed
before it and after it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from reconciler.journal.call import Outcome
from reconciler.manifest.desired import Desired
from reconciler.manifest.load import load_manifest
from reconciler.migration.choose import Step
from reconciler.migration.ids import read_ids
from reconciler.model import MAX_CREDENTIALS, Trust
from reconciler.sandbox.login.tokens import encode
from reconciler.sandbox.state.kinds import FederatedCredential
from reconciler.workflow.declare import Request, load_declaration
from reconciler.workflow.subjects.migrate import Migration, propose_migration
from tests.builders import GROUP, SUBSCRIPTION, TENANT, TODAY
from tests.contract.access import full_plan
from tests.contract.applying import apply_now, outcomes
from tests.contract.arm import Arm, contents, in_process, there
from tests.contract.faults import ALWAYS, Fault, Forward

AUDIENCE = "api://AzureADTokenExchange"
OTHER_GROUP = "rg-full"
IDS = {f"contoso/app{number}": {"owner_id": 12, "repository_id": 1000 + number} for number in range(40)}
FORM = "application/x-www-form-urlencoded"


def entry(number: int) -> str:
    """An entry by name alone, in either form; a comment behind it is its own."""
    if number % 2:
        return (
            f"- {{name: gh-{number}, github: {{repository: contoso/app{number}, legacySubject: true, branch: main}}}}"
        )
    return (
        f"- {{name: gh-{number}, issuer: https://token.actions.githubusercontent.com,"
        f" subject: 'repo:contoso/app{number}:pull_request', accept: [{{code: trust-by-name, reason: r}}]}}  # {number}"
    )


def written() -> str:
    """Few credentials and a default, many near the limit, and an identity that has all it may have."""
    lines = [
        "# First comment",
        "version: 1",
        f"subscription: {SUBSCRIPTION}",
        "policy: {identities: exact}",
        "defaults:",
        "  federatedCredentials:  # for all",
        f"    {entry(0)}",
        "resourceGroups:",
        f"  {GROUP}:",
        "    identities:",
        "      - name: id-few",
        "        federatedCredentials:",
        "          - name: cluster",
        "            kubernetes: {issuer: 'https://oidc.example/c1', namespace: a, serviceAccount: b}",
        "          # in lines of its own",
        "          - name: in-lines  # kept",
        "            github:",
        "              repository: contoso/app1",
        "              legacySubject: true",
        "              environment: prod",
        "",
        "      - name: id-many",
        "        federatedCredentials:",
        *(f"          {entry(number)}" for number in range(2, 18)),
        "---",
        "version: 1",
        f"subscription: {SUBSCRIPTION}",
        "policy: {identities: exact}",
        "resourceGroups:",
        f"  {OTHER_GROUP}:",
        "    identities:",
        "      - name: id-full",
        "        federatedCredentials:",
        *(f"          {entry(number)}" for number in range(18, 38)),
    ]
    return "\n".join([*lines, ""])


def trust_of(desired: Desired) -> dict[str, set[Trust]]:
    """What each identity trusts by the manifest."""
    return {
        identity.resource_id.name: {one.trust for one in identity.federated_credentials or ()}
        for group in desired.groups
        for identity in group.identities
    }


@dataclass
class Watch:
    """Signs in with every subject that must be taken, after each write of an apply."""

    arm: Arm | None = None
    kept: Mapping[str, set[Trust]] = field(default_factory=dict)
    refused: list[tuple[str, str]] = field(default_factory=list)
    most: int = 0
    writes: int = 0

    def __call__(self, request: httpx.Request, forward: Forward) -> httpx.Response:
        """Let a call through, and look."""
        response = forward(request)
        self.look()
        self.writes += 1
        return response

    def look(self) -> None:
        """Sign in as every identity with all that it must take."""
        assert self.arm is not None
        live = self.arm.application.state.contents().of(FederatedCredential)
        for name, kept in self.kept.items():
            self.most = max(self.most, sum(one.identity_id.endswith(f"/{name}") for one in live))
            self.refused += [(name, one.subject) for one in kept if not self.signs_in(name, one)]

    def signs_in(self, name: str, trust: Trust) -> bool:
        """Whether a token of that subject is exchanged."""
        assert self.arm is not None
        form = {
            "grant_type": "client_credentials",
            "client_id": f"client-of-{name}",
            "client_assertion": encode({"iss": trust.issuer, "sub": trust.subject, "aud": trust.audience}),
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "scope": "https://management.azure.com/.default",
        }
        path = f"/{TENANT}/oauth2/v2.0/token"
        return self.arm.others.post(path, data=form, headers={"Content-Type": FORM}).is_success


def loaded() -> Desired:
    """The manifest as it is now."""
    return load_manifest(["m.yaml"], {}, {}, lambda: b"")


def proposed(arm: Arm, *targets: str) -> Migration:
    """The next round."""
    request = Request(("m.yaml",), {}, {}, lambda: b"", targets=targets, judged_on=TODAY)
    return propose_migration(load_declaration(request), arm.azure, read_ids("ids", json.dumps(IDS).encode()))


def check_lines(found: Migration) -> None:
    """Nothing but whole entries comes and goes: what stays is in its order, letter by letter."""
    (edit,) = found.edits
    before, after = edit.before.splitlines(), edit.after.splitlines()
    kinds = {change.step for change in edit.changes}
    longer, shorter = (after, before) if kinds == {Step.ADD} else (before, after)
    if len(kinds) == 1:
        rest = iter(longer)
        assert all(line in rest for line in shorter)
    assert [line for line in before if line.strip().startswith("#")] == [
        line for line in after if line.strip().startswith("#")
    ]


def test_no_login_is_refused_on_the_way_and_the_limit_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.yaml").write_text(written())
    desired, watch, rounds = loaded(), Watch(), 0
    trusted = [
        FederatedCredential(str(one.resource_id), credential.name, *credential.trust.who, (AUDIENCE,))
        for group in desired.groups
        for one in group.identities
        for credential in one.federated_credentials or ()
    ]
    start = contents("id-few", "id-many", there("id-full", group=OTHER_GROUP), groups=(GROUP, OTHER_GROUP))
    faults = [Fault(method, "", watch, times=ALWAYS) for method in ("PUT", "DELETE")]

    with in_process(start.having(FederatedCredential, tuple(trusted)), *faults) as arm:
        watch.arm = arm
        while (found := proposed(arm)).edits:
            check_lines(found)
            (edit,) = found.edits
            Path("m.yaml").write_text(edit.after)
            before, desired = trust_of(desired), loaded()
            watch.kept = {name: before[name] & trust for name, trust in trust_of(desired).items()}
            result = apply_now(arm, full_plan(arm, *desired.groups))
            watch.kept = trust_of(desired)
            watch.look()
            assert {outcome for _, outcome in outcomes(result)} == {Outcome.DONE}
            rounds += 1
            assert rounds < 60

    subjects = {one.subject for name in ("id-few", "id-many") for one in trust_of(desired)[name]}
    legacy = {one for one in subjects if one.startswith("repo:") and "@" not in one}
    assert (legacy, watch.refused) == (set(), [])
    assert watch.most <= MAX_CREDENTIALS
    assert watch.writes == 2 * (2 + 1 + 16)
    (note,) = found.notes
    assert "id-full has no room for one more of its 20 credentials" in note
    assert note.count("m.yaml:") == 20


def test_line_that_counts_beyond_the_target_is_left_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.yaml").write_text(written())

    with in_process(contents("id-few", "id-many")) as arm:
        found = proposed(arm, f"{GROUP}/id-few")

    (edit,) = found.edits
    assert [change.identities for change in edit.changes] == [(f"{SUBSCRIPTION}/{GROUP}/id-few",)]
    assert found.notes == ("m.yaml:7:7: it counts for identities beyond --target too.",)
    assert edit.count(Step.ADD) == 1
