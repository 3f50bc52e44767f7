"""Tokens and credentials of the tests on logins."""

from reconciler.errors import SourcePos
from reconciler.logins.claims import Claims
from reconciler.logins.compare import Candidate, Comparison, compare
from reconciler.logins.verdict import LoginReport
from reconciler.model import CredentialId, Trust
from tests.builders import TENANT, resource_id

GITHUB = "https://token.actions.githubusercontent.com"
AUDIENCE = "api://AzureADTokenExchange"
MAIN = "repo:contoso/app:ref:refs/heads/main"
NOW_S = 1_800_000_000
LINE = SourcePos("m.yaml", 9, 11)
SUBJECT_LINE = SourcePos("m.yaml", 10, 22)


def claims(subject: str = MAIN, *, issuer: str = GITHUB, audience: str = AUDIENCE, exp: int = NOW_S + 60) -> Claims:
    """What a token says."""
    return Claims(issuer, subject, (audience,), exp)


def candidate(
    name: str, subject: str = MAIN, *, issuer: str = GITHUB, is_live: bool = False, listed: bool = True
) -> Candidate:
    """A credential of `id-a`."""
    places = (("subject", SUBJECT_LINE),) if listed else ()
    trust = Trust(issuer, subject, AUDIENCE)
    return Candidate(
        CredentialId(resource_id("id-a"), name), trust, LINE if listed else None, places, TENANT, is_live=is_live
    )


def report(of: Claims, listed: Comparison | None = None, live: Comparison | None = None, *notes: str) -> LoginReport:
    """What is said of a token, of one credential for the branch main unless a test says otherwise."""
    found = listed or compare(of, [candidate("job")], None, NOW_S)
    return LoginReport("file t", of, False, NOW_S, found, live, notes)
