"""Where answers may differ from the documents, and why: what was recorded of ARM wins over what is written about it."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.conformance.exchanges import Violation


@dataclass(frozen=True, slots=True)
class Known:
    """A difference that is understood.

    Attributes:
        operations: glob over the operations' labels, as in `Microsoft.Authorization 2022-04-01 RoleAssignments_Get`.
        place: glob over places in the body.
        text: glob over what is said of the difference.
        recorded: the recordings of these very operations show it.
    """

    operations: str
    place: str
    kind: str
    reason: str
    text: str = "*"
    recorded: bool = False

    def explains(self, violation: Violation) -> bool:
        """Whether this is the reason of a violation."""
        return (
            violation.kind == self.kind
            and fnmatchcase(violation.operation.label, self.operations)
            and fnmatchcase(violation.place, self.place)
            and fnmatchcase(violation.text, self.text)
        )


_UNSET = "what is not set is null, where the schema has a string or nothing"

KNOWN: tuple[Known, ...] = (
    *(
        Known("* RoleAssignments_*", f"*properties.{name}", "null", _UNSET, recorded=True)
        for name in ("condition", "conditionVersion", "delegatedManagedIdentityResourceId", "description")
    ),
    Known(
        "* RoleAssignments_Create*",
        "properties.createdBy",
        "null",
        "the answer to a PUT does not know it",
        recorded=True,
    ),
    Known("* RoleDefinitions_*", "*properties.description", "null", _UNSET),
    *(
        # Recordings have them in 2022-05-01-preview, of which there is no document.
        Known("* RoleDefinitions_*", f"*properties.{name}", "null", "built-in roles were made by nobody")
        for name in ("createdBy", "updatedBy")
    ),
    *(
        # A transcript of the list of subscriptions (2020-01-01) that was published shows neither a link nor null.
        Known(f"* {name}", "", "required", "a list of one page has no link", "'nextLink' is *")
        for name in ("Subscriptions_List", "Tenants_List")
    ),
    Known(
        "* FederatedIdentityCredentials_*",
        "*properties",
        "required",
        "a flexible credential has no subject; what the versions before it show of one was never seen, and to show "
        "an empty subject would be a lie that clients believe",
        "'subject' is *",
    ),
    *(
        Known("* Resources", f"error.details[].{name}", "type", "public recordings of refused queries show them")
        for name in ("line", "characterPositionInLine", "token")
    ),
    Known(
        "* Resources", "data", "type", "rows come as an array unless a table is asked for", "* is not of type 'object'"
    ),
)

OF_TESTS: tuple[Known, ...] = tuple(
    Known("*", f"*properties.{name}", "format", "ids in words tell whose they are", f"'{kind}?of?*' is not a 'uuid'")
    for name, kind in (("principalId", "principal"), ("clientId", "client"))
) + tuple(
    Known("Microsoft.Authorization *", f"*properties.{name}", "null", "a state written by hand has no history")
    for name in ("createdOn", "updatedOn", "createdBy", "updatedBy")
)
"""Differences that are no matter of the sandbox: tests begin with states that no Azure would have."""


def is_known(violation: Violation) -> bool:
    """Whether ARM itself differs so from its documents."""
    return any(known.explains(violation) for known in KNOWN)


def is_of_tests(violation: Violation) -> bool:
    """Whether what a test put into the sandbox explains a violation."""
    return any(known.explains(violation) for known in OF_TESTS)
