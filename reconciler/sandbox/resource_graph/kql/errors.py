"""What is wrong with a query, in the codes of Resource Graph."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a token stands: the line from 1, the character in it from 0, and the token's text.

    Source: recorded traffic (`where where` fails at `<EOF>`, line 1, position 11).
    """

    line: int
    position: int
    token: str


class KqlError(Exception):
    """A query cannot be answered.

    Attributes:
        code: of the detail of the service's error.
        place: where the parser stopped, None for what is wrong with the meaning.
        stands_alone: the service says no more than this, not even that the query is invalid.
    """

    def __init__(self, code: str, message: str, place: Place | None = None, *, stands_alone: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.place = place
        self.stands_alone = stands_alone


def parser_failure(place: Place) -> KqlError:
    """The query is not of the grammar. Source: recorded traffic (azure-cli, resource graph tests)."""
    return KqlError("ParserFailure", "ParserFailure", place)


def unsupported_operator(name: str) -> KqlError:
    """An operator of Kusto that is not served. Source: as quoted by users (azure-powershell issue 13762, `parse`)."""
    return KqlError("InvalidQueryLanguage", "InvalidQueryLanguage", Place(-1, -1, name))


def unknown_function(name: str) -> KqlError:
    """Source: as quoted in the tests of grafana's data source."""
    return KqlError("UnknownFunction", f"Unknown function: '{name}'.")


def unknown_table(name: str) -> KqlError:
    """Source: as quoted by users (azqr issue 847)."""
    message = f"Table {name} is invalid, unsupported or disallowed."
    return KqlError("DisallowedLogicalTableName", message, stands_alone=True)


def semantic_error(message: str) -> KqlError:
    """The query makes no sense over this table. Source of the code: assumed."""
    return KqlError("SemanticError", message)
