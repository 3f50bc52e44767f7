"""Trust that is usually a mistake is found where it is listed, and nothing else is."""

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest.desired import Desired, DesiredCredential
from reconciler.manifest.finding import Finding
from reconciler.manifest.risky_trust import find_risky_trust
from reconciler.model.access import MAX_CREDENTIALS, Trust
from reconciler.model.ids import CredentialId
from tests.builders import MANIFEST, SUBSCRIPTION, desired_group, listed, resource_id

GITHUB = "https://token.actions.githubusercontent.com"
AUDIENCE = "api://AzureADTokenExchange"
OTHER = "repo:contoso@12/pay@34:environment:prod"
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
        desired_with(credential(SAFE, name="a-gov", audience=government), credential(OTHER, name="b-public", line=8)),
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


def hint_of(code: str, *credentials: DesiredCredential) -> str:
    """The hint of the first finding of a code."""
    return next(one.hint for one in find_risky_trust(desired_with(*credentials), AUDIENCE) if one.code == code)


@pytest.mark.parametrize("named", [1, MAX_CREDENTIALS // 2, MAX_CREDENTIALS // 2 + 1, MAX_CREDENTIALS])
def test_hint_never_advises_more_credentials_than_an_identity_has(named: int) -> None:
    listed_ones = [credential(f"repo:contoso/pay-{one}:ref:refs/heads/main", name=f"c{one}") for one in range(named)]

    hint = hint_of("trust-by-name", *listed_ones)

    assert ("list both" in hint) is (2 * named <= MAX_CREDENTIALS)
    assert "legacySubject: true" in hint


@pytest.mark.parametrize(
    ("issuer", "subject", "codes"),
    [
        ("https://gitlab.com", "project_path:contoso/pay:ref_type:branch:ref:main", ["trust-by-name"]),
        ("https://gitlab.contoso.com", "project_path:contoso/pay:ref_type:tag:ref:v1", ["trust-by-name"]),
        ("https://oidc.contoso.com", "contoso/pay", []),
    ],
)
def test_path_of_a_gitlab_project_is_trust_by_name(issuer: str, subject: str, codes: list[str]) -> None:
    assert codes_of(credential(subject, issuer=issuer)) == [("cred", code) for code in codes]


def test_subject_that_no_workflow_sends_is_found_with_the_one_that_was_meant() -> None:
    wrong = "repo:contoso@12/pay@34:environment/Production"

    (found,) = find_risky_trust(desired_with(credential(wrong)), AUDIENCE)

    assert (found.code, found.pos) == ("trust-subject", SourcePos(MANIFEST, 7, 13))
    assert found.message == (
        f"trusts the subject `{wrong}`, which GitHub hardly sends: `environment/Production` is none of its claims"
    )
    assert found.hint == (
        "Write `repo:contoso@12/pay@34:environment:Production`; where the subject is customised, compare it with the"
        " `sub` of a token."
    )


def test_subject_that_nobody_can_correct_is_found_with_its_form() -> None:
    hint = hint_of("trust-subject", credential("repo:contoso:pull_request"))

    assert hint == "Its form is `repo:OWNER/REPOSITORY:CONTEXT`: compare it with the `sub` of a token."
