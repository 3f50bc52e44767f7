"""What could not be read: reported with its reason, never taken for empty."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NotRead:
    """Something that could not be read.

    Attributes:
        what: the things, in words that begin a sentence: `Locks`.
        where: the scope at which they were to be read; "" where `what` says it.
        because: why, the same for the same live state: no times and no ids of requests, since plans hold it.
    """

    what: str
    where: str
    because: str


def sentences(not_read: Iterable[NotRead]) -> tuple[str, ...]:
    """A sentence for each thing and reason, with all the scopes that it concerns."""
    places: dict[tuple[str, str], list[str]] = {}
    for one in not_read:
        places.setdefault((one.what, one.because), []).append(one.where)
    return tuple(f"{what} were not looked for{_at(scopes)}: {because}." for (what, because), scopes in places.items())


def _at(scopes: Iterable[str]) -> str:
    named = ", ".join(scope for scope in scopes if scope)
    return f" at {named}" if named else ""


def why_incomplete(not_read: Iterable[NotRead]) -> str | None:
    """Why there may be more than a list shows, each reason once; None where this is all there is."""
    return "; ".join(dict.fromkeys(one.because for one in not_read)) or None


def noted(what: str, notes: Iterable[str]) -> str | None:
    """The sentence by which these say that something was not looked for; None where they do not say so."""
    begin = f"{what} were not looked for".casefold()
    return next((note for note in notes if note.casefold().startswith(begin)), None)


def roles_elsewhere(root: str) -> str:
    """What is not seen where a subscription, or a scope of none, may not be read as a whole."""
    return f"Role assignments elsewhere in {root}"


def roles_of_deleted(scope: str) -> str:
    """What is not seen where not even the scope of an identity that would be deleted may be read."""
    return f"Role assignments at {scope} of identities that would be deleted"


def roles_unnamed() -> str:
    """What is not seen where the index of the tenant may not be asked."""
    return "Role assignments in subscriptions that the manifest does not name"
