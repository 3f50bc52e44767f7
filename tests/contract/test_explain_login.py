"""What `uami explain-login` says of a token is what the sandbox's token endpoint does with it: thirty misses, and every
match."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.live.azure import Azure
from reconciler.logins.claims import claims_document, claims_of_token, read_claims
from reconciler.logins.compare import Field
from reconciler.logins.verdict import LoginReport
from reconciler.manifest.load import load_manifest
from reconciler.model import AddressBook
from reconciler.report.login.form import LoginFormat, render_login_report
from reconciler.sandbox.login.tokens import encode
from reconciler.sandbox.state.kinds import FederatedCredential
from reconciler.sandbox.state.state import Grant
from reconciler.workflow.declare import Request, load_declaration
from reconciler.workflow.subjects.explain_login import Login, explain_login
from tests.builders import GROUP, SUBSCRIPTION, TENANT, TODAY
from tests.contract.arm import Arm, contents, in_process

OTHER_TENANT = "33333333-3333-3333-3333-333333333333"
AUDIENCE = "api://AzureADTokenExchange"
GITHUB = "https://token.actions.githubusercontent.com"
AKS = "https://westeurope.oic.prod-aks.azure.com/22222222-2222-2222-2222-222222222222/0a0a/"
GITLAB = "https://gitlab.com"
PIPELINES = "https://vstoken.dev.azure.com/0f0f0f0f-0000-4000-8000-000000000001"
REUSABLE = "job_workflow_ref:contoso/shared/.github/workflows/deploy.yml@refs/heads/main"

TRUSTED = {
    "id-branch": (GITHUB, "repo:contoso/app:ref:refs/heads/main"),
    "id-environment": (GITHUB, "repo:contoso/app:environment:Prod"),
    "id-immutable": (GITHUB, "repo:contoso@12/app@34:ref:refs/heads/main"),
    "id-pull": (GITHUB, "repo:contoso/app:pull_request"),
    "id-reusable": (GITHUB, f"repo:contoso/app:{REUSABLE}"),
    "id-pod": (AKS, "system:serviceaccount:payments:api"),
    "id-gitlab": (GITLAB, "project_path:contoso/app:ref_type:branch:ref:main"),
    "id-pipeline": (PIPELINES, "sc://contoso/app/azure"),
}
ISSUER, SUBJECT = "iss", "sub"
FORM = "application/x-www-form-urlencoded"

MISSES: tuple[tuple[str, Mapping[str, object], Field, str], ...] = (
    ("id-branch", {SUBJECT: "repo:contoso/app:ref:refs/heads/maim"}, Field.SUBJECT, "AADSTS700213"),
    ("id-branch", {SUBJECT: "repo:contoso/app:ref:refs/heads/mai"}, Field.SUBJECT, "AADSTS700213"),
    ("id-branch", {SUBJECT: "repo:contoso/app:ref:refs/heads/main2"}, Field.SUBJECT, "AADSTS700213"),
    ("id-branch", {SUBJECT: "repo:contoso/app:ref:refs/tags/main"}, Field.SUBJECT, "AADSTS700213"),
    ("id-branch", {SUBJECT: "repo:contoso/app:environment:main"}, Field.SUBJECT, "AADSTS700213"),
    ("id-branch", {SUBJECT: "repo:contoso/app:pull_request"}, Field.SUBJECT, "AADSTS700213"),
    ("id-branch", {SUBJECT: "repo:contoso/other:ref:refs/heads/main"}, Field.SUBJECT, "AADSTS700213"),
    ("id-branch", {SUBJECT: "repo:Contoso/app:ref:refs/heads/main"}, Field.SUBJECT, "AADSTS7002138"),
    ("id-branch", {SUBJECT: "repo:contoso/app:ref:refs/heads/Main"}, Field.SUBJECT, "AADSTS7002138"),
    ("id-branch", {SUBJECT: "repo:contoso@12/app@34:ref:refs/heads/main"}, Field.SUBJECT, "AADSTS700213"),
    ("id-branch", {SUBJECT: f"repo:contoso/app:{REUSABLE}"}, Field.SUBJECT, "AADSTS700213"),
    ("id-branch", {ISSUER: f"{GITHUB}/"}, Field.ISSUER, "AADSTS700211"),
    ("id-branch", {ISSUER: f"{GITHUB}/contoso"}, Field.ISSUER, "AADSTS700211"),
    ("id-branch", {ISSUER: GITLAB}, Field.ISSUER, "AADSTS700211"),
    ("id-branch", {"aud": "https://github.com/contoso"}, Field.AUDIENCE, "AADSTS700212"),
    ("id-branch", {"aud": "api://AzureADTokenExchangeUSGov"}, Field.AUDIENCE, "AADSTS700212"),
    ("id-branch", {"aud": "api://AzureADTokenExchangeChina"}, Field.AUDIENCE, "AADSTS700212"),
    ("id-branch", {"aud": "api://azureadtokenexchange"}, Field.AUDIENCE, "AADSTS700212"),
    ("id-branch", {"exp": 1}, Field.EXPIRY, "AADSTS700024"),
    ("id-branch", {"tenant": OTHER_TENANT}, Field.TENANT, "AADSTS700016"),
    ("id-environment", {SUBJECT: "repo:contoso/app:environment:prod"}, Field.SUBJECT, "AADSTS7002138"),
    ("id-environment", {SUBJECT: "repo:contoso/app:ref:refs/heads/Prod"}, Field.SUBJECT, "AADSTS700213"),
    ("id-immutable", {SUBJECT: "repo:contoso/app:ref:refs/heads/main"}, Field.SUBJECT, "AADSTS700213"),
    ("id-immutable", {SUBJECT: "repo:contoso@12/app@35:ref:refs/heads/main"}, Field.SUBJECT, "AADSTS700213"),
    ("id-pull", {SUBJECT: "repo:contoso/app:ref:refs/heads/main"}, Field.SUBJECT, "AADSTS700213"),
    ("id-reusable", {SUBJECT: "repo:contoso/app:ref:refs/heads/main"}, Field.SUBJECT, "AADSTS700213"),
    ("id-pod", {ISSUER: AKS.rstrip("/")}, Field.ISSUER, "AADSTS700211"),
    ("id-pod", {SUBJECT: "system:serviceaccount:default:api"}, Field.SUBJECT, "AADSTS700213"),
    ("id-pod", {ISSUER: AKS.replace("0a0a", "0b0b")}, Field.ISSUER, "AADSTS700211"),
    ("id-gitlab", {SUBJECT: "project_path:contoso/app:ref_type:tag:ref:main"}, Field.SUBJECT, "AADSTS700213"),
    ("id-gitlab", {ISSUER: "https://gitlab.contoso.example"}, Field.ISSUER, "AADSTS700211"),
    ("id-pipeline", {SUBJECT: "sc://contoso/app/other"}, Field.SUBJECT, "AADSTS700213"),
    (
        "id-pipeline",
        {ISSUER: "https://vstoken.dev.azure.com/0f0f0f0f-0000-4000-8000-000000000002"},
        Field.ISSUER,
        "AADSTS700211",
    ),
)


def written() -> str:
    """The manifest; each identity has its issuer, subject and audience on lines of their own."""
    lines = [
        "version: 1",
        f"subscription: {SUBSCRIPTION}",
        f"tenant: {TENANT}",
        "policy: {identities: exact}",
        "resourceGroups:",
        f"  {GROUP}:",
        "    identities:",
    ]
    for name, (issuer, subject) in TRUSTED.items():
        lines += [
            f"      - name: {name}",
            "        federatedCredentials:",
            "          - name: job",
            f"            issuer: {issuer}",
            f"            subject: {subject}",
            f"            audience: {AUDIENCE}",
        ]
    return "\n".join([*lines, ""])


def line_of(name: str, field: Field) -> int | None:
    """The line of the manifest that a miss in a field is to be found at."""
    if field is Field.TENANT:
        return 3
    if field is Field.EXPIRY:
        return None
    first = 8 + 6 * list(TRUSTED).index(name)
    return first + {Field.ISSUER: 3, Field.SUBJECT: 4, Field.AUDIENCE: 5}[field]


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the manifest, in the working directory."""
    (tmp_path / "m.yaml").write_text(written())
    monkeypatch.chdir(tmp_path)
    return "m.yaml"


@pytest.fixture
def arm(manifest: str) -> Iterator[Arm]:
    """The sandbox as that manifest says."""
    desired = load_manifest([manifest], {}, {}, lambda: b"")
    trust = [
        FederatedCredential(str(identity.resource_id), one.name, one.trust.issuer, one.trust.subject, (AUDIENCE,))
        for group in desired.groups
        for identity in group.identities
        for one in identity.federated_credentials or ()
    ]
    with in_process(contents(*TRUSTED).having(FederatedCredential, tuple(trust))) as opened:
        yield opened


def explained(arm: Arm, manifest: str, name: str, login: Login, *, live: bool) -> LoginReport:
    """What is said of a login of one identity."""

    @contextmanager
    def connect() -> Iterator[Azure]:
        yield arm.azure

    request = Request((manifest,), {}, {}, lambda: b"", targets=(f"{GROUP}/{name}",), judged_on=TODAY)
    return explain_login(load_declaration(request), login, connect if live else None)


def entra_says(arm: Arm, name: str, token: str, tenant: str) -> tuple[int, str]:
    """Status and AADSTS code of the sandbox; the code is empty where it gives a token."""
    form = {
        "grant_type": "client_credentials",
        "client_id": f"client-of-{name}",
        "client_assertion": token,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "scope": "https://management.azure.com/.default",
    }
    answer = arm.others.post(f"/{tenant}/oauth2/v2.0/token", data=form, headers={"Content-Type": FORM})
    codes = answer.json().get("error_codes", [])
    return answer.status_code, f"AADSTS{codes[0]}" if codes else ""


def token_of(name: str, changes: Mapping[str, object]) -> tuple[str, str]:
    """A token that the identity trusts but for these claims, and the tenant that its login asks."""
    issuer, subject = TRUSTED[name]
    claims = {"iss": issuer, "sub": subject, "aud": AUDIENCE, "exp": int(time.time()) + 600, **changes}
    tenant = str(claims.pop("tenant", TENANT))
    return encode(claims), tenant


def all_texts(report: LoginReport) -> str:
    """The report in every form."""
    book = AddressBook(())
    return "".join(render_login_report(report, book, form, color=False) for form in LoginFormat)


@pytest.mark.parametrize(("name", "changes", "field", "code"), MISSES)
def test_miss_is_refused_and_named_with_its_place(
    arm: Arm, manifest: str, name: str, changes: Mapping[str, object], field: Field, code: str
) -> None:
    token, tenant = token_of(name, changes)
    claims = claims_of_token(token)
    taken_along = read_claims(json.dumps(claims_document(claims)).encode())

    refused = entra_says(arm, name, token, tenant)
    reports = [
        explained(arm, manifest, name, Login(one, "test", tenant, f"client-of-{name}", time.time()), live=live)
        for one in (claims, taken_along)
        for live in (False, True)
    ]

    assert refused == (400 if field is Field.TENANT else 401, code)
    for report in reports:
        nearest = report.basis.nearest
        differences = (*report.basis.timing, *(nearest.differences if nearest else ()))
        places = [one.place.line if one.place else None for one in differences]
        assert not report.succeeds
        assert [(one.field, one.code) for one in differences] == [(field, code)]
        assert places == [line_of(name, field)]
        assert not any(part in all_texts(report) for part in token.split("."))


@pytest.mark.parametrize("name", TRUSTED)
def test_match_is_named_and_the_login_succeeds(arm: Arm, manifest: str, name: str) -> None:
    token, tenant = token_of(name, {})
    login = Login(claims_of_token(token), "test", tenant, None, time.time())

    status, _ = entra_says(arm, name, token, tenant)
    reports = [explained(arm, manifest, name, login, live=live) for live in (False, True)]

    assert status == 200
    for report in reports:
        assert report.succeeds
        assert [one.credential_id.address for one in report.basis.matches] == [
            f"{SUBSCRIPTION}/{GROUP}/{name}/federatedCredentials/job"
        ]


def test_what_the_manifest_lists_and_azure_does_not_know_yet_waits_for_apply(arm: Arm, manifest: str) -> None:
    subject = "repo:contoso/app:ref:refs/heads/next"
    Path(manifest).write_text(written().replace(TRUSTED["id-branch"][1], subject, 1))
    token, tenant = token_of("id-branch", {SUBJECT: subject})
    login = Login(claims_of_token(token), "test", tenant, None, time.time())

    report = explained(arm, manifest, "id-branch", login, live=True)

    assert (report.succeeds, report.listed.succeeds) == (False, True)
    assert [*report.advice] == ["The manifest lists what the token needs, and it does not live yet: run `uami apply`."]


def test_what_cannot_be_read_is_said_and_the_manifest_decides(manifest: str) -> None:
    token, tenant = token_of("id-branch", {})
    login = Login(claims_of_token(token), "test", tenant, None, time.time())

    with in_process(contents(permissions=[Grant("*", "/", ())])) as arm:
        report = explained(arm, manifest, "id-branch", login, live=True)

    (note,) = report.notes
    assert (report.live, report.succeeds) == (None, True)
    assert note.startswith("Live credentials were not read: ")


def test_client_that_no_listed_identity_has_is_said(arm: Arm, manifest: str) -> None:
    token, tenant = token_of("id-branch", {})
    login = Login(claims_of_token(token), "test", tenant, "somebody", time.time())

    report = explained(arm, manifest, "id-branch", login, live=True)

    assert report.notes == ("The client id somebody is of no identity that the manifest lists and that lives.",)
