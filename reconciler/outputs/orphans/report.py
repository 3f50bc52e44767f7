"""What `uami orphans` has to say: whose the orphans are, what becomes of them, and what was not judged."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from reconciler.journal import KnownPrincipals
from reconciler.live.orphans.read import FoundOrphans
from reconciler.model import (
    AddressBook,
    Names,
    Orphan,
    Subscription,
    bears_our_name,
    gone_identity,
)
from reconciler.model.age import age_text
from reconciler.outputs.collect import NOBODY
from reconciler.plan.orphans.removal import is_removable, is_within_subscription
from reconciler.report.rows import Header


class Whose(StrEnum):
    """Whose role assignment an orphan is."""

    OURS = "ours"
    """This tool gave it, for an owner of this run."""
    OTHER_OWNER = "other-owner"
    """This tool gave it, for another owner."""
    UNMARKED = "unmarked"
    """It has the name that this tool gives, and no mark of an owner: nothing says whose it is."""
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class OrphansReport:
    """What was found in a subscription.

    Attributes:
        owners: whose role assignments are ours, in order.
        journals: what journals said of principals.
        remove_with: the command that removes what is ours.
    """

    cloud: str
    subscription: Subscription
    owners: tuple[str, ...]
    journals: KnownPrincipals
    found: FoundOrphans
    header: Header = NOBODY
    remove_with: str = ""

    @property
    def by_principal(self) -> tuple[tuple[Orphan, ...], ...]:
        """The orphans of each principal, what is ours first."""
        groups: dict[str, list[Orphan]] = {}
        for one in self.found.orphans:
            groups.setdefault(one.assignment.principal_id.casefold(), []).append(one)
        ordered = [tuple(sorted(group, key=lambda one: not one.is_ours)) for group in groups.values()]
        return tuple(sorted(ordered, key=lambda group: (not group[0].is_ours, self.name(group[0]))))

    def name(self, orphan: Orphan) -> str:
        """Which identity its principal was, shortly, where that is known; else the principal's id."""
        if orphan.identity is None:
            return orphan.assignment.principal_id
        is_here = orphan.identity.subscription_id.casefold() == self.subscription.subscription_id.casefold()
        return self._names.identity(orphan.identity) if is_here else orphan.identity.address

    def scope(self, orphan: Orphan) -> str:
        """What it is given on, in few words."""
        of = gone_identity(self.subscription.subscription_id, orphan.assignment.principal_id)
        return self._names.scope(orphan.assignment.scope, of)

    def is_above(self, orphan: Orphan) -> bool:
        """Whether it is given above the subscription, and so is orphaned in others too."""
        return not is_within_subscription(orphan, self.subscription.subscription_id)

    def whose(self, orphan: Orphan) -> Whose:
        """Whose it is."""
        if orphan.is_ours:
            return Whose.OURS
        if orphan.assignment.owner is not None:
            return Whose.OTHER_OWNER
        return Whose.UNMARKED if bears_our_name(None, orphan.assignment) else Whose.OTHERS

    def age(self, orphan: Orphan) -> str:
        """When it was given."""
        created_s = orphan.assignment.created_s
        if created_s is None or self.found.now_s is None:
            return "given at an unknown time"
        return f"given {age_text(self.found.now_s - created_s)}"

    @property
    def looked_at(self) -> str:
        """How much was looked at, and how much of it was not judged."""
        found, not_judged = self.found, len(self.found.not_judged)
        rest = f"; {_count(not_judged, 'principal')} not judged" if not_judged else ""
        of = _count(found.principals, "principal")
        return f"Looked at: {_count(found.assignments, 'role assignment')} of {of}{rest}."

    @property
    def totals(self) -> str:
        """The last line."""
        orphans = self.found.orphans
        if not orphans:
            return "Orphans: none."
        ours = sum(one.is_ours for one in orphans)
        of = _count(len(self.by_principal), "principal")
        return (
            f"Orphans: {_count(len(orphans), 'role assignment')} of {of}; {ours} {'is' if ours == 1 else 'are'} ours."
        )

    @property
    def how_to_remove(self) -> str:
        """The command that removes what is ours; empty where it would remove nothing."""
        removable = any(is_removable(one, self.subscription.subscription_id) for one in self.found.orphans)
        return self.remove_with if removable else ""

    @property
    def not_judged(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """How many principals were not judged for each reason, and which."""
        reasons: dict[str, list[str]] = {}
        roles: dict[str, int] = {}
        for one in self.found.not_judged:
            reasons.setdefault(one.because, []).append(one.holder.principal_id)
            roles[one.because] = roles.get(one.because, 0) + len(one.holder.assignments)
        for because, principals in reasons.items():
            counts = f"{_count(len(principals), 'principal')} with {_count(roles[because], 'role assignment')}"
            yield f"{counts}: {because}", tuple(principals)

    @property
    def _names(self) -> Names:
        return Names(
            AddressBook(()), {self.subscription.subscription_id.casefold(): self.subscription.display_name}, {}
        )


def journal_words(known: KnownPrincipals) -> str:
    """How many journals were read, and how many say nothing here."""
    parts = [
        f"{known.read} of this place read",
        *_some(known.elsewhere, "of another place or tenant"),
        *_some(known.unreadable, "that cannot be read"),
        *_some(known.left_out, "older ones left out"),
    ]
    return ", ".join(parts)


def _some(count: int, what: str) -> Iterable[str]:
    return (f"{count} {what}",) if count else ()


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
