"""Which lines of a manifest to add and which to remove, so that neither subject is ever refused on the way.

A line is added beside the old one while the identity has room for it, counted with whatever lives. The old line is
removed by a later run, and only where the new credential lives: an apply that did both at once would delete the old one
while the new one is not there. Where no line means that nothing is deleted, the line is needed until the old one is
gone. What a removal makes room for is used by the run after that: within one apply, creates
can come before deletes, and an identity with more than its limit is refused.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto

from reconciler.errors import SourcePos
from reconciler.manifest.desired import DesiredCredential, DesiredIdentity, has_expired
from reconciler.manifest.rules.trust_forms import claims_of, has_lasting_subjects, is_by_name_only
from reconciler.migration.ids import RepositoryIds
from reconciler.model import MAX_CREDENTIALS, FederatedCredential, Part, ResourceId, Trust

MAX_NAME = 120
"""Source: Microsoft.ManagedIdentity 2024-11-30 OpenAPI (name of a federated identity credential)."""


class Step(Enum):
    """What is proposed for a line."""

    ADD = auto()
    REMOVE = auto()


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the manifest to add another one beside, or to remove.

    Attributes:
        repository: `OWNER/REPOSITORY` as the line has it.
        suffix: what the new credential's name ends with, behind the old one's.
        identities: that the line counts for, as addresses.
    """

    step: Step
    line: SourcePos
    repository: str
    ids: RepositoryIds
    suffix: str
    identities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed, in order of the lines, and what is left for later or for people, a sentence each."""

    changes: tuple[Change, ...]
    notes: tuple[str, ...]


Live = Mapping[ResourceId, Part[FederatedCredential]]
"""The credentials of each listed identity that lives."""


@dataclass(frozen=True, slots=True)
class _Old:
    """A credential by name alone, and the trust that is to take its place."""

    identity: DesiredIdentity
    credential: DesiredCredential
    repository: str
    ids: RepositoryIds
    new: Trust

    @property
    def is_paired(self) -> bool:
        """Whether the manifest lists the new trust too."""
        return any(one.trust == self.new for one in self.identity.federated_credentials or ())

    def lives_new(self, live: Live) -> bool:
        """Whether the new trust is there already, so that nobody needs the old one for Azure's sake."""
        return self._lives(self.new, live)

    def lives_old(self, live: Live) -> bool:
        """Whether the old trust is still there."""
        return self._lives(self.credential.trust, live)

    def _lives(self, trust: Trust, live: Live) -> bool:
        return any(one.trust == trust for one in self.found(live))

    def found(self, live: Live) -> Iterable[FederatedCredential]:
        """What lives at the identity."""
        part = live.get(self.identity.resource_id)
        return () if part is None else part.found

    def is_free(self, name: str, live: Live) -> bool:
        """Whether no line has this name, and nothing lives under it but what the new line asks for."""
        listed = {one.name.casefold() for one in self.identity.federated_credentials or ()}
        others = {one.credential_id.name.casefold() for one in self.found(live) if one.trust != self.new}
        return len(name) <= MAX_NAME and name.casefold() not in listed | others

    def unlisted_new(self, live: Live, name: str) -> FederatedCredential | None:
        """What has the new trust already, under a name that is neither in the manifest nor this one."""
        new = (one for one in self.found(live) if one.trust is not None and one.trust.who == self.new.who)
        return next((one for one in new if one.credential_id.name.casefold() != name.casefold()), None)


def propose(
    listed: Iterable[DesiredIdentity],
    live: Live,
    ids: Mapping[str, RepositoryIds],
    keeping: Container[ResourceId] = (),
    judged_on: date = date.min,
) -> Proposal:
    """Decide about every credential by name alone whose repository is among the ids.

    Args:
        keeping: identities of which a credential stays when its line goes: their policy is to merge, or defaults alone
            give them some.
        judged_on: the day, in UTC: what has expired by then gets no successor.
    """
    listed = tuple(listed)
    unread = {one.resource_id for one in listed if (part := live.get(one.resource_id)) and part.not_checked}
    notes = [f"{one.address} is left as it is: its credentials could not be read." for one in sorted(unread, key=_key)]
    state = _State(live, keeping, judged_on, {one.resource_id: MAX_CREDENTIALS - _count(one, live) for one in listed})
    changes = []
    for line, olds in sorted(_by_line(listed, ids).items(), key=lambda pair: _place(pair[0])):
        if any(one.identity.resource_id in unread for one in olds):
            continue
        change, note = _decide(line, olds, state)
        changes += [change] if change else []
        notes += [note] if note else []
    notes += [_no_room(one, state.waiting[one]) for one in sorted(state.waiting, key=_key)]
    return Proposal(tuple(changes), tuple(notes))


@dataclass(frozen=True, slots=True)
class _State:
    """What a round is decided by, and what it has used.

    Attributes:
        rooms: how many credentials each identity may still be given.
        waiting: the lines for which an identity had no room.
    """

    live: Live
    keeping: Container[ResourceId]
    judged_on: date
    rooms: dict[ResourceId, int]
    waiting: dict[ResourceId, list[SourcePos]] = field(default_factory=dict)


def _key(resource_id: ResourceId) -> tuple[str, str, str]:
    return resource_id.key


def _place(line: SourcePos) -> tuple[str, int, int]:
    return (line.file, line.line, line.column)


def _count(identity: DesiredIdentity, live: Live) -> int:
    """Credentials of an identity, listed or live: which of those that live go, is for plan to say."""
    part = live.get(identity.resource_id)
    names = {one.name.casefold() for one in identity.federated_credentials or ()}
    return len(names | {one.credential_id.name.casefold() for one in (part.found if part else ())})


def _by_line(listed: Iterable[DesiredIdentity], ids: Mapping[str, RepositoryIds]) -> dict[SourcePos, list[_Old]]:
    lines: dict[SourcePos, list[_Old]] = {}
    for identity in listed:
        for credential in identity.federated_credentials or ():
            old = _old(identity, credential, ids)
            if old is not None:
                lines.setdefault(credential.line, []).append(old)
    return lines


def _old(identity: DesiredIdentity, one: DesiredCredential, ids: Mapping[str, RepositoryIds]) -> _Old | None:
    trust = one.trust
    if not has_lasting_subjects(trust.issuer) or not is_by_name_only(trust.subject):
        return None
    name, repository = claims_of(trust.subject)[0]
    found = ids.get(repository.casefold()) if name == "repo" else None
    if found is None:
        return None
    subject = trust.subject.replace(f"repo:{repository}", f"repo:{with_ids(repository, found)}", 1)
    return _Old(identity, one, repository, found, Trust(trust.issuer, subject, trust.audience))


def with_ids(repository: str, ids: RepositoryIds) -> str:
    """`OWNER@ID/REPOSITORY@ID`. Source: GitHub, "OpenID Connect reference", "Immutable subject claims"."""
    owner, _, name = repository.partition("/")
    return f"{owner}@{ids.owner_id}/{name}@{ids.repository_id}"


def _decide(line: SourcePos, olds: list[_Old], state: _State) -> tuple[Change | None, str]:
    """What to do about a line, which counts for every identity that it gives a credential to."""
    first, identities = olds[0], [one.identity.resource_id for one in olds]
    if len({one.repository for one in olds}) > 1:
        return None, f"{line}: this line stands for several repositories: give each identity a line of its own."
    if all(one.is_paired for one in olds):
        return _removal(line, olds, state)
    if has_expired(first.credential, state.judged_on):
        return None, f"{line}: it has expired on {first.credential.expires}, and is left as it is."
    full = next((one for one in identities if state.rooms[one] < 1), None)
    if full is not None:
        state.waiting.setdefault(full, []).append(line)
        return None, ""
    suffix = next(_suffixes(olds, state.live), None)
    if suffix is None:
        return None, f"{line}: with `-ids` at its end the name would be longer than {MAX_NAME} characters, or is taken."
    there = next(filter(None, (one.unlisted_new(state.live, f"{one.credential.name}{suffix}") for one in olds)), None)
    if there is not None:
        return None, (
            f"{line}: {there.credential_id.address} has the new subject already, and no line lists it: list it under"
            " its own name, since under another it would be deleted before it is made again."
        )
    for one in identities:
        state.rooms[one] -= 1
    addresses = tuple(one.address for one in identities)
    return Change(Step.ADD, line, first.repository, first.ids, suffix, addresses), ""


def _removal(line: SourcePos, olds: list[_Old], state: _State) -> tuple[Change | None, str]:
    """The removal of a line whose new one is listed, once that lives wherever the old one does."""
    waiting = next((one for one in olds if not one.lives_new(state.live)), None)
    if waiting is not None:
        where = waiting.identity.resource_id.address
        return None, f"{line}: both subjects are listed, and the new one does not live at {where}: run `uami apply`."
    staying = (one.identity.resource_id for one in olds if one.lives_old(state.live))
    kept = next((one for one in staying if one in state.keeping), None)
    if kept is not None:
        return None, (
            f"{line}: without this line the old credential would stay at {kept.address}, where what no line lists is"
            " kept: once GitHub sends the new subject, write `expires: DATE` on the line, with a day that has come, run"
            " `uami apply`, and then this again."
        )
    addresses = tuple(one.identity.resource_id.address for one in olds)
    return Change(Step.REMOVE, line, olds[0].repository, olds[0].ids, "", addresses), ""


def _no_room(identity: ResourceId, lines: Iterable[SourcePos]) -> str:
    return (
        f"{', '.join(map(str, lines))}: left for a later round: {identity.address} has no room for one more of its"
        f" {MAX_CREDENTIALS} credentials. Apply this round, have the old lines removed by the next run, and apply that;"
        " where there is no other round, remove a credential that nobody uses, or give one of its workloads another"
        " identity."
    )


def _suffixes(olds: list[_Old], live: Live) -> Iterator[str]:
    """Endings by which the new name is neither taken nor too long, at any identity."""
    for number in range(1, 10):
        suffix = "-ids" if number == 1 else f"-ids{number}"
        if all(one.is_free(f"{one.credential.name}{suffix}", live) for one in olds):
            yield suffix
