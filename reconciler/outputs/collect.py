"""The identities that a manifest lists beside those that live: complete, or it says which are not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.errors import Lines, ReconcilerError, UsageError
from reconciler.manifest.desired import Desired, DesiredIdentity
from reconciler.model import AddressBook, Identity, Live, ResourceId, Subscription, Target, same_name
from reconciler.report.rows import Header

NOBODY = Header("", "")
"""Of outputs that no run has read."""


@dataclass(frozen=True, slots=True)
class IdentityOutput:
    """An identity that the manifest lists; `live` is None where it does not exist yet.

    Attributes:
        address: as short as the manifest allows.
    """

    address: str
    listed: DesiredIdentity
    live: Identity | None

    @property
    def resource_id(self) -> ResourceId:
        """As Azure spells it, or as the manifest does while nothing is live."""
        return self.listed.resource_id if self.live is None else self.live.resource_id

    @property
    def values(self) -> dict[str, str | None]:
        """What is known of it, by the names that documents use; None for what Azure has not given yet."""
        live, resource_id = self.live, self.resource_id
        return {
            "client_id": None if live is None else live.client_id,
            "principal_id": None if live is None else live.principal_id,
            "tenant_id": None if live is None else live.tenant_id,
            "resource_id": str(resource_id),
            "subscription_id": resource_id.subscription_id,
            "resource_group": resource_id.resource_group,
            "name": resource_id.name,
            "location": None if live is None else live.location,
        }


@dataclass(frozen=True, slots=True)
class Outputs:
    """The identities of a run in order of their ids, the subscriptions that they are in, and who looked, and where."""

    cloud: str
    subscriptions: tuple[Subscription, ...]
    identities: tuple[IdentityOutput, ...]
    header: Header = NOBODY

    @property
    def live(self) -> tuple[IdentityOutput, ...]:
        """Those that exist."""
        return tuple(one for one in self.identities if one.live is not None)

    @property
    def missing(self) -> tuple[IdentityOutput, ...]:
        """Those that do not."""
        return tuple(one for one in self.identities if one.live is None)


class NotLiveAsListed(ReconcilerError):
    """Identities of the manifest do not exist, or are not those that it pins."""

    code = "not-live-as-listed"


def listed_identities(desired: Desired, targets: Iterable[Target]) -> tuple[DesiredIdentity, ...]:
    """The identities that the manifest lists, as far as a run of these targets looks at them.

    Raises:
        UsageError: a target names an identity that the manifest does not list.
    """
    targets = tuple(targets)
    listed = [identity for group in desired.groups for identity in group.identities]
    for target in targets:
        if target.name is not None and not any(target.covers(one.resource_id) for one in listed):
            raise UsageError(
                f"--target {target.text}: the manifest lists no identity {target.name!r} there",
                "Check the name; `uami output` without --target shows those that are listed.",
            )
    return tuple(one for one in listed if not targets or any(target.covers(one.resource_id) for target in targets))


def addresses_of(listed: Sequence[DesiredIdentity]) -> AddressBook:
    """By which addresses these are named for people."""
    return AddressBook(dict.fromkeys(one.resource_id.group_id for one in listed))


def collect_outputs(listed: Sequence[DesiredIdentity], live: Live, *, cloud: str, allow_missing: bool) -> Outputs:
    """What is listed beside what lives.

    Raises:
        NotLiveAsListed: an identity does not exist and `allow_missing` does not let that pass, or it is not the one
            that the manifest pins; names every one.
    """
    by_id = {identity.resource_id: identity for group in live.groups for identity in group.identities}
    book = addresses_of(listed)
    outputs = tuple(
        IdentityOutput(book.short(one.resource_id), one, by_id.get(one.resource_id))
        for one in sorted(listed, key=lambda one: one.resource_id.key)
    )
    wrong = [(one, why) for one in outputs if (why := _why_wrong(one, allow_missing=allow_missing)) is not None]
    if wrong:
        missing = any(one.live is None and one.listed.expected_principal_id is None for one, _ in wrong)
        pinned = any(one.listed.expected_principal_id is not None for one, _ in wrong)
        raise NotLiveAsListed(
            (
                f"{len(wrong)} of {len(outputs)} {'identity' if len(outputs) == 1 else 'identities'}"
                f" {'is' if len(wrong) == 1 else 'are'} not as the manifest says:",
                *(f"  {one.address} ({one.listed.source}): {why}" for one, why in wrong),
            ),
            _hint(missing=missing, pinned=pinned),
        )
    return Outputs(cloud, live.subscriptions, outputs)


def _why_wrong(one: IdentityOutput, *, allow_missing: bool) -> str | None:
    """Why there are no values of an identity, None where there are, or need not be."""
    pinned, live = one.listed.expected_principal_id, one.live
    if live is None:
        if pinned is not None:
            return f"no identity of this name is live, and the manifest pins it to the principal {pinned}"
        return None if allow_missing else "not live yet"
    if pinned is not None and not same_name(pinned, live.principal_id):
        return f"the manifest pins it to the principal {pinned}, but the live identity is {live.principal_id}"
    return None


def _hint(*, missing: bool, pinned: bool) -> Lines:
    hints = []
    if missing:
        hints.append("`uami apply` creates what is missing; --allow-missing leaves it out.")
    if pinned:
        hints.append("`uami plan` says more of an identity that is not the pinned one.")
    return tuple(hints)
