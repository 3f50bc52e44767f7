"""Trust that is usually a mistake is found where it is listed, and nothing else is."""

import inspect
import json
import re
from dataclasses import replace

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest import findings
from reconciler.manifest.desired import Acceptance, Desired, DesiredAssignment, DesiredCredential
from reconciler.manifest.findings import (
    PRIVILEGED,
    Finding,
    accepted_note,
    find_accepted,
    find_doubts,
    find_risky_trust,
    finding_document,
    finding_violation,
)
from reconciler.manifest.rules.schema import MANIFEST_SCHEMA
from reconciler.model.access import Trust
from reconciler.model.ids import AssignmentId, CredentialId, ResourceId
from reconciler.model.violation import Violation
from reconciler.sandbox.rules.built_in_roles import BUILT_IN_ROLES
from reconciler.schemas import schema_text
from tests.builders import MANIFEST, SUBSCRIPTION, desired_group, listed, resource_id

GITHUB = "https://token.actions.githubusercontent.com"
AUDIENCE = "api://AzureADTokenExchange"
SAFE = "repo:contoso@12/pay@34:ref:refs/heads/main"


def credential(
    subject: str, *, name: str = "cred", issuer: str = GITHUB, audience: str = AUDIENCE, line: int = 7
) -> DesiredCredential:
    return DesiredCredential(name, Trust(issuer, subject, audience), SourcePos(MANIFEST, line, 13))


def desired_with(*credentials: DesiredCredential) -> Desired:
    """One identity with these credentials."""
    return Desired((desired_group(listed("id-a", federated_credentials=credentials)),))


def name_of(found: Finding) -> str:
    """The name of the credential that a finding is about."""
    assert isinstance(found.resource_id, CredentialId)
    return found.resource_id.name


def codes_of(*credentials: DesiredCredential) -> list[tuple[str, str]]:
    """Name and code of everything that is found of one identity's credentials."""
    found = find_risky_trust(desired_with(*credentials), AUDIENCE)
    return [(name_of(one), one.code) for one in found]


def test_finding_says_where_the_credential_is_listed() -> None:
    (found,) = find_risky_trust(desired_with(credential("repo:contoso@12/pay@34:pull_request")), AUDIENCE)

    assert found == Finding(
        code="trust-pull-request",
        resource_id=CredentialId(resource_id("id-a"), "cred"),
        pos=SourcePos(MANIFEST, 7, 13),
        message=(
            "trusts every pull request of the repository: whoever can push a branch can become the identity with a"
            " workflow that nobody has reviewed, and so can forks that the repository sends write tokens to"
        ),
        hint=(
            "Trust a branch, or an environment with required reviewers; give pull requests an identity of their own,"
            " with no more than they need."
        ),
    )


@pytest.mark.parametrize(
    ("listed_credential", "codes"),
    [
        (credential(SAFE), []),
        (credential("repo:contoso@12/pay@34:environment:prod"), []),
        (credential("repo:contoso@12/pay@34:pull_request"), ["trust-pull-request"]),
        (credential("repo:contoso/pay:ref:refs/heads/main"), ["trust-by-name"]),
        (credential("repo:contoso/pay:pull_request"), ["trust-pull-request", "trust-by-name"]),
        (
            credential("repo:contoso/pay:pull_request", issuer=f"{GITHUB}/contoso"),
            ["trust-pull-request", "trust-by-name"],
        ),
        (
            credential("repo:a/b:pull_request", issuer="https://ghes.contoso.com/_services/token"),
            ["trust-pull-request"],
        ),
        (credential("repo:a/b:pull_request", issuer="https://oidc.contoso.com"), []),
        (credential(SAFE, audience="api://other"), ["trust-audience"]),
        (credential(SAFE, audience="api://azureadtokenexchange"), ["trust-audience"]),
        (credential("system:serviceaccount:a:b", issuer="https://oidc.contoso.com/"), ["trust-issuer-slash"]),
        (credential("system:serviceaccount:a:b", issuer="https://x.oic.prod-aks.azure.com/t/c/"), []),
        (credential("a", issuer="https://contoso.auth0.com/"), []),
        (credential(SAFE, issuer=f"{GITHUB}.evil.example"), ["trust-issuer-similar"]),
        (credential(SAFE, issuer="https://token.action.githubusercontent.com"), ["trust-issuer-similar"]),
    ],
)
def test_risky_trust_is_told_from_other_trust(listed_credential: DesiredCredential, codes: list[str]) -> None:
    assert codes_of(listed_credential) == [("cred", code) for code in codes]


def test_audience_of_another_cloud_is_found_and_its_own_is_not() -> None:
    government = "api://AzureADTokenExchangeUSGov"

    found = find_risky_trust(
        desired_with(credential(SAFE, name="a-gov", audience=government), credential("x", name="b-public", line=8)),
        government,
    )

    assert [(name_of(one), one.code) for one in found] == [("b-public", "trust-audience")]
    assert "not the cloud's `api://AzureADTokenExchangeUSGov`" in found[0].message


def test_same_trust_of_two_identities_is_found_at_the_second_with_the_place_of_the_first() -> None:
    desired = Desired(
        (
            desired_group(listed("id-b", group="rg-a", federated_credentials=[credential(SAFE, line=9)]), name="rg-a"),
            desired_group(
                listed("id-a", group="rg-b", federated_credentials=[credential(SAFE, name="other", line=5)]),
                name="rg-b",
            ),
        )
    )

    (found,) = find_risky_trust(desired, AUDIENCE)

    assert (found.code, found.address) == ("trust-shared", f"{SUBSCRIPTION}/rg-b/id-a/federatedCredentials/other")
    assert found.message == (
        f"trusts the same issuer and subject as rg-a/id-b at {MANIFEST}:9:13: one workload can become both, and has the"
        " roles of both"
    )


@pytest.mark.parametrize(("subject", "issuer"), [(SAFE.upper(), GITHUB), (SAFE, f"{GITHUB}/contoso")])
def test_trust_of_two_identities_is_compared_with_case(subject: str, issuer: str) -> None:
    desired = Desired(
        (
            desired_group(
                listed("id-a", federated_credentials=[credential(SAFE)]),
                listed("id-b", federated_credentials=[credential(subject, issuer=issuer)]),
            ),
        )
    )

    assert [one for one in find_risky_trust(desired, AUDIENCE) if one.code == "trust-shared"] == []


def test_findings_are_in_order_of_the_credentials() -> None:
    desired = Desired(
        (
            desired_group(
                listed(
                    "id-a",
                    federated_credentials=[
                        credential("repo:a/b:pull_request", name="a", audience="x"),
                        credential("repo:a/b:environment:e", name="b"),
                    ],
                ),
                listed("id-b", federated_credentials=[credential("repo:a/b:pull_request", name="c")]),
            ),
        )
    )

    found = find_risky_trust(desired, AUDIENCE)

    assert [(name_of(one), one.code) for one in found] == [
        ("a", "trust-pull-request"),
        ("a", "trust-by-name"),
        ("a", "trust-audience"),
        ("b", "trust-by-name"),
        ("c", "trust-pull-request"),
        ("c", "trust-by-name"),
        ("c", "trust-shared"),
    ]


def test_identities_that_list_no_credentials_have_none_to_look_at() -> None:
    desired = Desired((desired_group("id-a", listed("id-b", federated_credentials=[])),))

    assert find_risky_trust(desired, AUDIENCE) == ()


def test_finding_becomes_a_violation_that_holds_back_the_credential() -> None:
    (found,) = find_risky_trust(desired_with(credential(SAFE, audience="x")), AUDIENCE)

    credential_id = CredentialId(ResourceId(SUBSCRIPTION, "rg-app", "id-a"), "cred")
    assert finding_violation(found) == Violation(
        "trust-audience", credential_id, found.message, found.hint, (credential_id,)
    )


def test_finding_has_a_document() -> None:
    (found,) = find_risky_trust(desired_with(credential(SAFE, audience="x")), AUDIENCE)

    assert finding_document(found) == {
        "code": "trust-audience",
        "address": f"{SUBSCRIPTION}/rg-app/id-a/federatedCredentials/cred",
        "message": found.message,
        "hint": found.hint,
        "source": {"file": MANIFEST, "line": 7, "column": 13},
    }


IN_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION}"
MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/all"


def role(name: str, scope: str = f"{IN_SUBSCRIPTION}/resourceGroups/rg", *accept: str) -> DesiredAssignment:
    accepted = tuple(Acceptance(code, "why not") for code in accept)
    return DesiredAssignment(name, scope, SourcePos(MANIFEST, 8, 13), (), accepted)


def doubts(
    *, credentials: list[DesiredCredential] | None = None, roles: list[DesiredAssignment] | None = None
) -> Desired:
    """One identity with these entries."""
    return Desired((desired_group(listed("id-a", federated_credentials=credentials, role_assignments=roles)),))


@pytest.mark.parametrize(
    ("listed_role", "codes"),
    [
        (role("Reader"), []),
        (role("Reader", IN_SUBSCRIPTION), ["role-at-subscription"]),
        (role("Reader", IN_SUBSCRIPTION.upper()), ["role-at-subscription"]),
        (role("Reader", "/"), ["role-above-subscriptions"]),
        (role("Reader", MANAGEMENT_GROUP), ["role-above-subscriptions"]),
        (role("owner"), ["role-privileged"]),
        (role("8E3AF657-A8FF-443C-A75C-2FE8C4BCB635"), ["role-privileged"]),
        (role("User Access Administrator", IN_SUBSCRIPTION), ["role-privileged"]),
        (role("Role Based Access Control Administrator", "/"), ["role-privileged", "role-above-subscriptions"]),
        (role("Storage Blob Data Owner"), []),
    ],
)
def test_broad_roles_are_told_from_others(listed_role: DesiredAssignment, codes: list[str]) -> None:
    found = find_doubts(doubts(roles=[listed_role]), AUDIENCE)

    assert [(one.resource_id, one.code) for one in found] == [
        (AssignmentId(resource_id("id-a"), listed_role.role, "", listed_role.scope), code) for code in codes
    ]


def test_privileged_roles_are_known_by_the_guids_that_azure_gives_them() -> None:
    guids = {one.guid for one in BUILT_IN_ROLES if one.role_name.casefold() in PRIVILEGED}

    assert guids == set(PRIVILEGED.values())


def test_line_that_accepts_a_warning_has_it_no_more_and_is_counted() -> None:
    risky = replace(credential("repo:contoso/pay:pull_request"), accept=(Acceptance("trust-by-name", "known"),))
    desired = doubts(credentials=[risky], roles=[role("Reader", IN_SUBSCRIPTION, "role-at-subscription", "grant")])

    accepted = find_accepted(desired, AUDIENCE)

    assert [one.code for one in find_doubts(desired, AUDIENCE)] == ["trust-pull-request"]
    assert [one.code for one in accepted] == ["trust-by-name", "role-at-subscription"]
    assert accepted_note(accepted) == ("The manifest accepts 2 warnings: role-at-subscription (1), trust-by-name (1).",)
    assert (accepted_note(()), len(accepted_note(accepted[:1]))) == ((), 1)


def test_line_that_accepts_what_nobody_says_is_warned_about() -> None:
    (found,) = find_doubts(
        doubts(roles=[role("Reader", f"{IN_SUBSCRIPTION}/resourceGroups/rg", "role-privileged")]), AUDIENCE
    )

    assert (found.code, found.message, found.pos) == (
        "accept-unused",
        "accepts the warning role-privileged, which there is no reason for",
        SourcePos(MANIFEST, 8, 13),
    )


def test_line_accepts_for_itself_alone() -> None:
    other = replace(role("Tag Contributor", IN_SUBSCRIPTION), source=SourcePos(MANIFEST, 9, 13))
    roles = [role("Reader", IN_SUBSCRIPTION, "role-at-subscription"), other]

    assert [one.code for one in find_doubts(doubts(roles=roles), AUDIENCE)] == ["role-at-subscription"]


def test_every_warning_of_a_line_can_be_accepted() -> None:
    schema = json.loads(schema_text(MANIFEST_SCHEMA))
    source = inspect.getsource(findings)
    of_lines = set(re.findall(r'"((?:trust|role)-[a-z-]+)"', source))

    assert set(schema["$defs"]["acceptance"]["properties"]["code"]["enum"]) == {"grant", *of_lines}
