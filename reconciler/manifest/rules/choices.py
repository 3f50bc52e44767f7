"""What to say about keys of which only one set may be there, by the title of the part of the schema that says so.

A JSON Schema says of such a choice only that it is not met. Whoever wrote half of one set has left out the rest;
whoever wrote of several has to take one away; whoever wrote of none needs to see what there is.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """A rule for keys of which exactly one set may be there: `none` and `hint` are for a mapping that has none.

    `several` says what to do where there are keys of more than one set.
    """

    code: str
    none: str
    hint: str
    several: str


CHOICES = {
    "Federated credential": Choice(
        "credential-form",
        "does not say who is trusted",
        "Write `issuer` and `subject`, or one of the forms `github` and `kubernetes`.",
        "Keep one: a form stands for both an issuer and a subject.",
    ),
    "GitHub ids": Choice(
        "github-ids",
        "does not say whether the repository's subjects contain ids",
        "Write `ownerId` and `repositoryId`, as `gh api repos/OWNER/REPOSITORY --jq '.owner.id, .id'` prints them; or"
        " `legacySubject: true` for a repository from before 15 July 2026 that has not been renamed or transferred"
        " since and has not opted in.",
        "Keep the ids if the subjects that the repository's workflows send have them, and `legacySubject` if not.",
    ),
    "GitHub context": Choice(
        "github-context",
        "does not say which workflows of the repository are trusted",
        "Write one of `branch`, `tag`, `environment` and `pullRequest: true`.",
        "Keep one: a job that names an environment has its subject from that, on any branch. To trust several,"
        " list a credential for each.",
    ),
    "Roles of an assignment": Choice(
        "assignment-roles",
        "names no role",
        "Write `role` for one, or `roles` for a list of them.",
        "Keep one: `roles` lists all of them.",
    ),
    "Scopes of an assignment": Choice(
        "assignment-scopes",
        "names no scope",
        "Write `scope` for one, or `scopes` for a list of them.",
        "Keep one: `scopes` lists all of them.",
    ),
}
"""By the `title` of the part of the schema that offers the choice."""
