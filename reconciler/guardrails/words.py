"""How messages about guardrails speak: what is wrong with the file, and what a change runs into.

Where guardrails have a rule of manifests, it is said in the same words.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.errors import SourcePos
from reconciler.guardrails.model import Guardrails
from reconciler.manifest.rules.schema import Vocabulary
from reconciler.manifest.rules.words import RULES, Rule
from reconciler.model import AnyId, ResourceGroupId, Violation

GUARDRAIL = "guardrail"
"""The code of every refusal by guardrails."""

_NEW_RULES = {
    "Name pattern": Rule(
        "name-pattern", "a pattern", "Write a name, with `*` or `?` in it where it may differ; or remove the entry."
    ),
    "Allowed owner": Rule("owner-invalid", "an owner", "Write 1 to 256 characters that can be seen, as `owner` has."),
    "Allowed issuer": Rule(
        "issuer-invalid",
        "an issuer",
        "Write the tokens' `iss` as it is: an https URL of up to 600 ASCII characters, without query and fragment.",
    ),
    "Subject pattern": Rule(
        "subject-pattern",
        "a pattern of subjects",
        "Write the tokens' `sub`, with `*` for what may differ between `:` and `/`: up to 600 ASCII characters, without"
        " blanks at the ends.",
    ),
    "Scope pattern": Rule(
        "scope-pattern",
        "a pattern of scopes",
        "Write an ARM id that begins with `/subscriptions/`; `*` stands for any characters of one segment, and `/**`"
        " may only come last. Management groups and `/` can never be listed.",
    ),
}
"""By the `title` of a definition in the schema of guardrails; the others are those of manifests."""

_NEW_MISSING = {
    "identities": 'Add `identities:` with patterns of their names; `["*"]` means all.',
    "subjects": "Add `subjects:` with the `sub` of the tokens, one or several.",
    "scopes": "Add `scopes:` with the ids of what the role may be given on.",
}

VOCABULARY = Vocabulary(
    "the guardrails file",
    RULES | _NEW_RULES,
    {
        "version": "Add `version: 1` as the first line.",
        "issuer": "Add `issuer:` with the `iss` of the tokens.",
        "role": "Add `role:` with the name or the GUID of a role.",
        **_NEW_MISSING,
    },
)
"""What diagnostics of a guardrails file say."""


@dataclass(frozen=True, slots=True)
class Breach:
    """What is not let through: by which rule, where that stands, and what goes against it, as the end of a sentence."""

    rule: str
    source: SourcePos
    what: str

    def violation(
        self, guardrails: Guardrails, about: AnyId | ResourceGroupId | None, refused: Iterable[AnyId] = ()
    ) -> Violation:
        """The refusal of what a breach is about, with everything that is held back by it."""
        return Violation(
            code=GUARDRAIL,
            about=about,
            message=f"{self.source.file}:{self.source.line}: {self.rule}: {self.what}",
            hint="No flag and no manifest lifts this. Change what is asked for, or have those who keep"
            f" {guardrails.file} change it.",
            refused=tuple(dict.fromkeys(refused)),
        )
