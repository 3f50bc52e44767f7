"""Which identities principals were, by the journals of the runs of one place.

Azure forgets a deleted identity, and what is left of it is a principal id that says nothing; a journal that has the two
side by side does. Journals are files, and so untrusted: what they say is a question to put to ARM, never an answer.
Those that are named may come from anywhere, as the artefacts of a pipeline do: whose roles are ours is never theirs to
say, and what they alone say of a principal is kept apart. Those of the state folder are this user's own.

A principal is of one identity for as long as both live, and that stays where it is. Source: Microsoft Entra
documentation (managed identities FAQ: a user-assigned identity cannot be moved).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.errors import InputFileError
from reconciler.journal.folder import newest_journals
from reconciler.journal.read_file import read_journal
from reconciler.journal.record import RunRecord, Where
from reconciler.model import Identity, ResourceId, RoleAssignment, identity_of, is_gone

MOST_JOURNALS = 1000
"""Of a folder, the newest; how many are left out is said."""


@dataclass(frozen=True, slots=True)
class KnownPrincipals:
    """What journals say of principals.

    Attributes:
        identities: which identity a principal was, by its id in lower case; one of which journals say different things
            is left out.
        hearsay: those of `identities`, by the same ids, of which only journals that are named say it.
        owners: of the groups of the runs whose journals lie in the folder.
        read: how many journals this is of.
        elsewhere: how many were of another cloud, place or tenant, and say nothing here.
        unreadable: how many of a folder could not be read.
        left_out: how many of a folder were not looked at, all of them older.
    """

    identities: Mapping[str, ResourceId] = field(default_factory=dict)
    hearsay: frozenset[str] = frozenset()
    owners: frozenset[str] = frozenset()
    read: int = 0
    elsewhere: int = 0
    unreadable: int = 0
    left_out: int = 0


def read_known(named: Iterable[Path], folder: Path | None, where: Where, most: int = MOST_JOURNALS) -> KnownPrincipals:
    """Read the journals that are named, and the newest of a folder, each once: what lies there is of the folder.

    Raises:
        InputFileError: one that is named cannot be read; those of a folder are passed over, and counted.
    """
    files, left_out = newest_journals(folder, most) if folder is not None else ((), 0)
    return known_by(_records(named, files), where, left_out=left_out)


def _records(named: Iterable[Path], listed: Sequence[Path]) -> Iterator[tuple[RunRecord | None, bool]]:
    """One after the other: a thousand journals at once could be more than there is memory for."""
    own = {path.resolve() for path in listed}
    chosen = {path.resolve(): path for path in named}
    for resolved, path in chosen.items():
        yield read_journal(path), resolved in own
    for path in listed:
        if path.resolve() not in chosen:
            try:
                yield read_journal(path), True
            except InputFileError:
                yield None, True


def known_by(records: Iterable[tuple[RunRecord | None, bool]], where: Where, *, left_out: int = 0) -> KnownPrincipals:
    """What these journals say, as far as they are of this cloud, tenant and place.

    Args:
        records: each with whether it is of the folder; None is one that is unreadable.
    """
    identities: dict[str, dict[ResourceId, None]] = {}
    vouched: set[str] = set()
    owners: set[str] = set()
    read = elsewhere = unreadable = 0
    for record, is_own in records:
        if record is None:
            unreadable += 1
            continue
        if record.header.where != where:
            elsewhere += 1
            continue
        read += 1
        if is_own:
            owners |= {group.owner for group in record.header.groups if group.owner is not None}
            vouched |= {principal_id.casefold() for principal_id, _ in _pairs(record)}
        for principal_id, identity in _pairs(record):
            identities.setdefault(principal_id.casefold(), {})[identity] = None
    agreed = {principal_id: next(iter(found)) for principal_id, found in identities.items() if len(found) == 1}
    return KnownPrincipals(
        agreed,
        frozenset(agreed.keys() - vouched),
        frozenset(owners),
        read,
        elsewhere,
        unreadable,
        left_out,
    )


def _pairs(record: RunRecord) -> Iterator[tuple[str, ResourceId]]:
    """Principal and identity, wherever a call has both: what was live, what ARM has made, and whom a role is of."""
    for call in record.calls:
        identity = identity_of(call.resource_id)
        if is_gone(identity):
            continue  # it stands for a principal that nobody knew the identity of
        for one in (call.before, call.made, call.after):
            if isinstance(one, Identity | RoleAssignment):
                yield one.principal_id, identity
        for role in (call.children.assignments or ()) if call.children else ():
            yield role.principal_id, identity
