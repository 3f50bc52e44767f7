"""Why a token's issuer, subject or audience is not a credential's: what usually lies behind the characters.

Subjects are decoded as every report decodes them, and compared claim by claim.
"""

from reconciler.manifest.rules.issuers import known_issuer
from reconciler.manifest.rules.trust_forms import PULL_REQUEST, claims_of, is_by_name_only, is_github
from reconciler.manifest.trust.decoded import DecodedSubject, decode, ticked
from reconciler.model import Trust

_AUDIENCE_CLOUDS = {
    "api://AzureADTokenExchange": "AzureCloud",
    "api://AzureADTokenExchangeUSGov": "AzureUSGovernment",
    "api://AzureADTokenExchangeChina": "AzureChinaCloud",
}
"""Source: Microsoft Entra documentation (considerations for federated identity credentials)."""

_REUSABLE = "job_workflow_ref"


def why_issuer(token: str, credential: str) -> str:
    """Why the issuers differ."""
    if token.rstrip("/") == credential.rstrip("/"):
        return f"only the slash at the end differs: {_slash(token)}"
    if token.casefold() == credential.casefold():
        return "only the case of letters differs, and issuers compare exactly"
    services = tuple(_service(one) for one in (token, credential))
    if all(services) and services[0] != services[1]:
        return f"the token is of {services[0]}, and the credential trusts {services[1]}"
    if services[0] and services[0] == services[1]:
        return f"both are of {services[0]}, and of another tenant, organization or cluster there"
    return "the token comes from another issuer"


def _service(issuer: str) -> str:
    known = known_issuer(issuer)
    return "" if known is None else known.name


def _slash(issuer: str) -> str:
    known = known_issuer(issuer)
    if known is None:
        return f"this token's issuer {'has' if issuer.endswith('/') else 'does not have'} it"
    return f"the tokens of {known.name} {'have' if known.ends_in_slash else 'do not have'} it"


def why_audience(token: tuple[str, ...], credential: str) -> str:
    """Why the audiences differ."""
    if not token:
        return "the token has no audience"
    if any(one.casefold() == credential.casefold() for one in token):
        return "only the case of letters differs, and audiences compare exactly"
    asked, trusted = (
        next((_AUDIENCE_CLOUDS[one] for one in of if one in _AUDIENCE_CLOUDS), "") for of in (token, (credential,))
    )
    if asked and trusted:
        return f"the token is made for {asked}, and the credential is for {trusted}"
    if any(one.startswith("https://github.com/") for one in token):
        return "this is what GitHub puts there when a job asks for a token without naming an audience"
    if asked:
        return f"the token is made for the logins of {asked}, and the credential for another audience"
    return "the token was asked for another audience"


def why_subject(issuer: str, token: str, credential: str) -> str:
    """Why the subjects of tokens of one issuer differ."""
    if is_github(issuer):
        ids = _why_ids(token, credential)
        if ids:
            return ids
    ours, trusted = (decode(Trust(issuer, one, "")) for one in (token, credential))
    reasons = _by_claim(ours, trusted, is_from_github=is_github(issuer))
    if token.casefold() == credential.casefold():
        return f"only the case of letters differs, and subjects compare exactly: {'; '.join(reasons)}"
    return "; ".join(reasons)


def _why_ids(token: str, credential: str) -> str:
    """Where one of two subjects has the ids of owner and repository, and the other has not."""
    has_names = [is_by_name_only(one) for one in (token, credential)]
    if has_names[0] == has_names[1]:
        return ""
    rest = [[pair for pair in claims_of(one) if pair[0] != "repo"] for one in (token, credential)]
    more = "" if rest[0] == rest[1] else "; and so does what follows the repository"
    if has_names[1]:
        return (
            f"the token has GitHub's immutable subject, with ids, and the credential the one without{more}; list both"
            " for as long as GitHub sends either (`uami trust --migrate-github` proposes that)"
        )
    return f"the token has GitHub's subject without ids, and the credential the immutable one{more}"


def _by_claim(ours: DecodedSubject, trusted: DecodedSubject, *, is_from_github: bool) -> list[str]:
    """A reason for each claim in which two decoded subjects differ."""
    mine, theirs = _comparable(ours), _comparable(trusted)
    both = [name for name in mine if name in theirs and mine[name] != theirs[name]]
    reasons = [f"{_word(name)} {ticked(mine[name])} is not {ticked(theirs[name])}" for name in both]
    only_mine, only_theirs = (
        [name for name in one if name not in other] for one, other in ((mine, theirs), (theirs, mine))
    )
    if only_mine or only_theirs:
        reasons.append(f"the token is {_of(mine, only_mine)}, the credential {_of(theirs, only_theirs)}")
    if is_from_github and _REUSABLE in {*only_mine, *only_theirs}:
        reasons.append(
            f"the subject of a job of a reusable workflow names it where the repository asks for `{_REUSABLE}`"
        )
    return reasons or ["the subjects differ"]


def _comparable(decoded: DecodedSubject) -> dict[str, str]:
    return {name: value for name, value in decoded.claims if name != "audience"}


def _word(name: str) -> str:
    return {"serviceAccount": "service account", "serviceConnection": "service connection", "owner_id": "owner id",
            "repository_id": "repository id", _REUSABLE: "reusable workflow"}.get(name, name)  # fmt: skip


def _of(claims: dict[str, str], names: list[str]) -> str:
    """What a subject has that the other has not."""
    phrases = [
        "of a pull request" if one == PULL_REQUEST else f"of {_word(one)} {ticked(claims[one])}" for one in names
    ]
    return " and ".join(phrases) or "of neither"


def equal_claims(issuer: str, one: str, other: str) -> int:
    """How many claims two decoded subjects of an issuer have in common, without regard to case."""
    first, second = (
        {(name, value.casefold()) for name, value in _comparable(decode(Trust(issuer, text, ""))).items()}
        for text in (one, other)
    )
    return len(first & second)
