"""What a run's caller lifts: single guards at single ids_of, and limits. There is no way to lift all of them."""

from dataclasses import dataclass

from reconciler.errors import UsageError
from reconciler.model import AddressBook, AnyId, ResourceGroupId
from reconciler.plan import Change, Changes, IdentityChange

LIFTED_BY_ALLOW = (
    "foreign-owner",
    "in-use",
    "managed-credential",
    "managed-group",
    "self",
    "trusted",
    "use-unknown",
)
"""Guards that `--allow CODE=ADDRESS` lifts; every other one has a way of its own."""

_OTHER_WAYS = {
    "delete-limit": "--max-deletes raises it",
    "location": "a location cannot change; list the identity under a new name",
    "group-missing": "create the resource group",
    "scope-missing": "create what the role is given on",
    "locked": "remove the lock in Azure",
    "tag-limit": "list fewer tags, or remove some from the identity",
    "role-unknown": "name a role that can be assigned there",
    "role-ambiguous": "write the GUID of the role that is meant",
    "role-ignored": "list the role, or ignore it",
    "inexpressible": "list the credential under another name",
    "credential-limit": "list fewer federated credentials",
    "trust-taken": "list the credential that already has the trust",
    "protected": "apply protect: false first",
    "principal-changed": "correct the principalId that the manifest names",
}


@dataclass(frozen=True, slots=True)
class Allowance:
    """`--allow CODE=VALUE`: one guard lifted at one address (for `foreign-owner` also for one owner)."""

    code: str
    value: str


@dataclass(frozen=True, slots=True)
class Allowances:
    """What this run's caller lifts; `max_deletes` (a count) and `max_delete_percent` raise the manifest's limits."""

    allowed: tuple[Allowance, ...] = ()
    max_deletes: int | None = None
    max_delete_percent: int | None = None

    def lift(self, code: str, resource_id: AnyId, book: AddressBook) -> bool:
        """Whether a guard is lifted at a resource, named whole or shortly."""
        return any(one.code == code and book.names(one.value, resource_id) for one in self.allowed)

    def lift_in_group(self, code: str, group_id: ResourceGroupId, book: AddressBook) -> bool:
        """Whether a guard is lifted for a whole resource group, named whole or shortly."""
        return any(one.code == code and book.names_group(one.value, group_id) for one in self.allowed)


NO_ALLOWANCES = Allowances()
"""Every guard at its own limit."""


def lifted_by_removal(code: str, change: Change) -> bool:
    """Whether the entry of `remove` that asks for a delete lifts a guard for it."""
    return isinstance(change, IdentityChange) and change.removal is not None and code in change.removal.allow


def is_lifted(code: str, change: Change, changes: Changes, allowances: Allowances) -> bool:
    """Whether a guard is lifted for a change, by this run's caller or by the entry of `remove` that asks for it."""
    return lifted_by_removal(code, change) or allowances.lift(code, change.resource_id, changes.addresses)


def ways_to_lift(code: str, change: IdentityChange, changes: Changes) -> str:
    """How a guard is lifted for a delete, where both its entry of `remove` and a flag can."""
    flag = f"--allow {code}={changes.addresses.short(change.resource_id)}"
    if change.removal is None:
        return flag
    ended = {ended.value: end for ended, end in change.removal.expires}.get(code)
    past = "" if ended is None else f" (what allows it there has ended on {ended})"
    return f"allow: [{code}] at {change.removal.source}{past}, or {flag}"


def parse_allowances(allow: tuple[str, ...], max_deletes: tuple[str, ...]) -> Allowances:
    """Read `CODE=ADDRESS` and `N` or `N%` as given on the command line.

    Raises:
        UsageError: malformed, an unknown guard, or one that is lifted in another way.
    """
    counts: dict[bool, int] = {}
    for text in max_deletes:
        percent = text.endswith("%")
        digits = text.removesuffix("%")
        if not (digits.isascii() and digits.isdigit()) or (percent and int(digits) > 100):
            raise UsageError(f"--max-deletes {text}: not a limit", "Write a count such as 12, or a share such as 40%.")
        counts[percent] = int(digits)
    return Allowances(tuple(_parse_allowance(text) for text in allow), counts.get(False), counts.get(True))


def _parse_allowance(text: str) -> Allowance:
    code, separator, value = text.partition("=")
    if not separator or not code or not value:
        raise UsageError(
            f"--allow {text}: not an allowance", "Write CODE=ADDRESS, such as foreign-owner=rg-app/id-api."
        )
    if code in _OTHER_WAYS:
        raise UsageError(f"--allow {text}: {code} is not lifted by --allow", f"Instead, {_OTHER_WAYS[code]}.")
    if code not in LIFTED_BY_ALLOW:
        raise UsageError(f"--allow {text}: no guard is called {code}", f"Guards: {', '.join(LIFTED_BY_ALLOW)}.")
    return Allowance(code, value)
