"""What a run's caller lifts: single guards at single addresses or groups, and limits. There is no way to lift all of
them."""

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.errors import UsageError
from reconciler.guards.words import named
from reconciler.model import AddressBook, AnyId, ResourceGroupId, same_name
from reconciler.plan import Change, Changes, IdentityChange

LIFTED_BY_ALLOW = (
    "foreign-owner",
    "grant",
    "in-use",
    "managed-credential",
    "managed-group",
    "recently-used",
    "self",
    "trusted",
    "use-unknown",
)
"""Guards that `--allow CODE=ADDRESS` lifts; every other one has a way of its own."""

ADDRESS_ONLY = ("grant", "managed-credential", "self")
"""Of those, the ones that are lifted at one address and never for a whole group: what they refuse, each time, is more
power, or the loss of a sign-in."""

GROUP_ONLY = ("managed-group",)
"""Those that are lifted for a whole group alone."""

FOREIGN_OWNER = "foreign-owner"
"""The one that is lifted for an owner, too."""

_OTHER_WAYS = {
    "delete-limit": "--max-deletes raises it",
    "revoke-limit": "--max-revokes raises it",
    "location": "a location cannot change; list the identity under a new name",
    "group-missing": "create the resource group",
    "scope-missing": "create what the role is given on",
    "locked": "remove the lock in Azure",
    "description-limit": "write a shorter description",
    "tag-limit": "list fewer tags, or remove some from the identity",
    "role-unknown": "name a role that can be assigned there",
    "role-ambiguous": "write the GUID of the role that is meant",
    "role-ignored": "list the role, or ignore it",
    "role-listed-twice": "list the role once",
    "inexpressible": "list the credential under another name",
    "credential-limit": "list fewer federated credentials",
    "trust-taken": "list the credential that already has the trust",
    "protected": "apply protect: false first",
    "principal-changed": "correct the principalId that the manifest names",
    "guardrail": "change what is asked for, or have those change the guardrails who keep them",
}


@dataclass(frozen=True, slots=True)
class Allowance:
    """`--allow CODE=VALUE`: one guard lifted at one address, for one group (where the guard may be), or, for
    `foreign-owner`, for one owner."""

    code: str
    value: str

    @property
    def text(self) -> str:
        """What it is on the command line."""
        return f"{self.code}={self.value}"

    def lifts(self, code: str, about: AnyId | ResourceGroupId, book: AddressBook) -> bool:
        """Whether it lifts a guard at what the guard is about, named whole or shortly, or by its group."""
        if self.code != code:
            return False
        if isinstance(about, ResourceGroupId):
            return book.names_group(self.value, about)
        in_group = code not in ADDRESS_ONLY and book.names_group(self.value, about.group_id)
        return in_group or book.names(self.value, about)


@dataclass(frozen=True, slots=True)
class Allowances:
    """What this run's caller lifts; `max_deletes` and `max_revokes` (counts) and `max_delete_percent` raise the
    manifest's limits.

    `accept_lifts`: whether a line of the manifest lifts a guard for itself by its `accept`.
    """

    allowed: tuple[Allowance, ...] = ()
    max_deletes: int | None = None
    max_delete_percent: int | None = None
    max_revokes: int | None = None
    accept_lifts: bool = True

    def lift(self, code: str, about: AnyId | ResourceGroupId, book: AddressBook) -> bool:
        """Whether a guard is lifted at what it is about."""
        return any(one.lifts(code, about, book) for one in self.allowed)

    def lift_owner(self, owner: str | None) -> bool:
        """Whether touching what bears an owner is allowed, whatever its address."""
        return any(one.code == FOREIGN_OWNER and one.value == owner for one in self.allowed)


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


def check_allowances(
    allowances: Allowances, listed: Iterable[ResourceGroupId], in_run: Iterable[ResourceGroupId]
) -> None:
    """See that each address of `--allow` can be one of the manifest's; what it lifts there the plan will show.

    Args:
        listed: the groups of the whole manifest.
        in_run: those of them that the run looks at, by which short forms are told apart.

    Raises:
        UsageError: a group that the manifest does not list, or one of several of that name; a group where one address
            is needed, or the other way round.
    """
    listed, in_run = tuple(listed), tuple(in_run)
    for one in allowances.allowed:
        # Its value may be an owner, and owners are written freely.
        if one.code != FOREIGN_OWNER:
            _check_address(one, listed, in_run)


def _check_address(one: Allowance, listed: tuple[ResourceGroupId, ...], in_run: tuple[ResourceGroupId, ...]) -> None:
    below = {group: rest for group in listed if (rest := _below_group(one.value, group)) is not None}
    if not below:
        groups = dict.fromkeys(AddressBook(listed).short_group(group) for group in listed)
        raise UsageError(
            f"--allow {one.text}: it names no resource group of this run", f"Groups: {named(list(groups))}."
        )
    several = [group for group in below if group in in_run]
    if len(several) > 1:
        forms = ", ".join(group.address for group in several)
        raise UsageError(f"--allow {one.text} is ambiguous", f"Write the subscription in front: {forms}.")
    group, rest = next(iter(below.items()))
    if one.code in ADDRESS_ONLY and not rest:
        raise UsageError(
            f"--allow {one.text}: {one.code} is lifted at one address, and this is a resource group",
            "Write the address that the refusal names.",
        )
    if one.code in GROUP_ONLY and rest:
        raise UsageError(
            f"--allow {one.text}: {one.code} is lifted for a whole resource group",
            f"Write {one.code}={AddressBook(listed).short_group(group)}.",
        )


def _below_group(text: str, group: ResourceGroupId) -> str | None:
    """What an address says below a group that it names, whole or shortly; None where it does not name the group."""
    parts = text.split("/")
    for form in (group.address, group.resource_group):
        length = form.count("/") + 1
        if same_name("/".join(parts[:length]), form):
            return "/".join(parts[length:])
    return None


def parse_allowances(
    allow: tuple[str, ...], max_deletes: tuple[str, ...], max_revokes: int | None = None
) -> Allowances:
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
    allowed = tuple(_parse_allowance(text) for text in dict.fromkeys(allow))
    return Allowances(allowed, counts.get(False), counts.get(True), max_revokes)


def _parse_allowance(text: str) -> Allowance:
    code, _, value = text.partition("=")
    if not code or not value:
        raise UsageError(
            f"--allow {text}: not an allowance", "Write CODE=ADDRESS, such as foreign-owner=rg-app/id-api."
        )
    if code in _OTHER_WAYS:
        raise UsageError(f"--allow {text}: {code} is not lifted by --allow", f"Instead, {_OTHER_WAYS[code]}.")
    if code not in LIFTED_BY_ALLOW:
        raise UsageError(f"--allow {text}: no guard is called {code}", f"Guards: {', '.join(LIFTED_BY_ALLOW)}.")
    return Allowance(code, value)
