"""What a code means whatever it is about: what tools show of a rule, beside the words of each single problem."""

from dataclasses import dataclass

from reconciler.report.issues.issue import Severity


@dataclass(frozen=True, slots=True)
class Meaning:
    """A code in words: what is refused or doubted, in a few, and what becomes of it."""

    summary: str
    description: str
    help: str


GUARDS = {
    "credential-limit": "More federated credentials than an identity can have",
    "delete-limit": "More deletes than the manifest's limits let pass",
    "description-limit": "A description that is too long with the owner's mark behind it",
    "foreign-owner": "Touches what has another owner, or never had this one",
    "grant": "Gives power over access: a role by which its holder can get more, or trust in an identity that has one",
    "group-missing": "Creates an identity in a resource group that does not exist",
    "guardrail": "Asks for what the guardrails of the run do not let through",
    "in-use": "Deletes an identity that a resource signs in as",
    "inexpressible": "Writes over a credential of which only a part can be read",
    "location": "Claims another location for an identity than the one it has",
    "locked": "Changes what a lock in Azure keeps as it is",
    "managed-credential": "Deletes or changes a credential that Azure writes itself",
    "managed-group": "Deletes in a resource group that Azure manages",
    "principal-changed": "Another principal stands behind the name than the manifest pins",
    "protected": "Deletes an identity that has the tag of protection",
    "recently-used": "Deletes an identity or a credential that somebody has signed in with lately",
    "revoke-limit": "Takes away more credentials and roles than the limit lets pass",
    "role-ambiguous": "Names a role whose name several have",
    "role-ignored": "Lists a role that another line ignores",
    "role-listed-twice": "Lists a role twice, with different details",
    "role-unknown": "Names a role that cannot be assigned there",
    "scope-missing": "Gives a role at a scope that does not exist",
    "self": "Changes or deletes the identity that the run is signed in as",
    "tag-limit": "More tags than a resource can have",
    "trust-taken": "Trusts an issuer and subject that a credential which stays has already",
    "trusted": "Deletes an identity that somebody outside of Azure may become",
    "use-unknown": "Deletes an identity of which it is not known whether it is used",
}
"""What each guard refuses."""

WARNINGS = {
    "accept-unused": "Accepts a warning that there is no reason for",
    "expires-soon": "Ends within days",
    "remove-unpinned": "A removal names no principal",
    "role-above-subscriptions": "Gives a role at a management group, or for the whole tenant",
    "role-at-subscription": "Gives a role in a whole subscription",
    "role-privileged": "Gives a role whose holder can give every other one",
    "trust-audience": "Takes tokens for another audience than the cloud's",
    "trust-by-name": "Trusts a repository or project by a name that somebody else can take over",
    "trust-issuer-similar": "Trusts an issuer that looks like one of a known service",
    "trust-issuer-slash": "Trusts an issuer with a slash at its end",
    "trust-pull-request": "Trusts pull requests, whose code nobody has reviewed",
    "trust-shared": "Trusts the issuer and subject that another identity trusts too",
    "trust-subject": "Trusts a subject that its service hardly sends",
    "value-blanks": "A value has blanks or line breaks at its ends",
    "value-control-character": "A value has an invisible character in it",
    "value-placeholder": "A value has a placeholder of another tool in it",
    "value-quotes": "A value stands in typographic quotes",
}
"""What each warning doubts."""

_HELP_OF_GUARD = (
    "The plan is refused (exit code 3), and what this guard holds back is not applied. Each refusal says what lifts it,"
    " if anything does; README.md lists the guards under Safety."
)
_HELP_OF_WARNING = (
    "Correct the manifest. Where it is meant, say so on that line: `accept: [{code: CODE, reason: ...}]`. With --strict"
    " a warning that is not accepted is refused (exit code 3)."
)
_HELP_OF_DIAGNOSTIC = (
    "Nothing is read from Azure or changed until the file is corrected (exit code 65). `uami explain KEY` describes a"
    " key of the manifest, `uami schema` prints the schema by which an editor shows the same problem."
)


def meaning_of(code: str, severity: Severity) -> Meaning:
    """What a code means; of a diagnostic, of which there are many, the code is its own summary."""
    if code in GUARDS:
        return _meaning(GUARDS[code], _HELP_OF_GUARD)
    if code in WARNINGS:
        return _meaning(WARNINGS[code], _HELP_OF_WARNING.replace("CODE", code))
    summary = code.replace("-", " ").capitalize()
    if severity is Severity.INVALID:
        return Meaning(summary, f"{summary}: the file is not valid.", _HELP_OF_DIAGNOSTIC)
    return _meaning(summary, _HELP_OF_GUARD if severity is Severity.REFUSED else _HELP_OF_WARNING.replace("CODE", code))


def _meaning(summary: str, help_text: str) -> Meaning:
    return Meaning(summary, f"{summary}.", help_text)
