"""`uami trust --migrate-github`: propose how a manifest comes to GitHub's subjects with ids, a round at a time."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.errors import InputFileError, SourcePos
from reconciler.files.read import read_argument
from reconciler.live.azure import Azure
from reconciler.manifest.desired import CredentialsPolicy, Desired, DesiredIdentity
from reconciler.migration.choose import Change, Step, propose
from reconciler.migration.edit import edit_text
from reconciler.migration.ids import RepositoryIds
from reconciler.model import ResourceId
from reconciler.outputs.collect import listed_identities
from reconciler.workflow.declare import Declaration
from reconciler.workflow.subjects.listed_credentials import read_listed_credentials

_MAX_BYTES = 64 * 1024 * 1024
_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class FileEdit:
    """A file of the manifest, before and after; `changes` are those that are in it."""

    name: str
    before: str
    after: str
    changes: tuple[Change, ...]

    def count(self, step: Step) -> int:
        """How many lines are added, or removed."""
        return sum(change.step is step for change in self.changes)


@dataclass(frozen=True, slots=True)
class Migration:
    """One round: what to change, and what is left for later or for people, a sentence each."""

    edits: tuple[FileEdit, ...]
    notes: tuple[str, ...]


def propose_migration(declaration: Declaration, azure: Azure, ids: Mapping[str, RepositoryIds]) -> Migration:
    """Read what lives, decide, and edit the texts of the files; no file is written.

    Raises:
        UsageError: a target that the manifest does not list.
        InputFileError: a file of the manifest cannot be read again.
        AuthError: no token, of another tenant, or without the right to read a list of identities whole.
    """
    live = {one.resource_id: part for one, part in read_listed_credentials(declaration, azure)}
    asked = listed_identities(declaration.desired, declaration.targets)
    beyond = _lines_beyond(declaration.desired, asked)
    keeping = frozenset(_keeping(declaration.desired))
    proposal = propose(asked, live, ids, keeping, declaration.judged_on)
    by_file: dict[str, list[Change]] = {}
    for change in proposal.changes:
        if change.line not in beyond:
            by_file.setdefault(change.line.file, []).append(change)
    shared = [one.line for one in proposal.changes if one.line in beyond]
    edits, notes = [], [*proposal.notes, *(f"{line}: it counts for identities beyond --target too." for line in shared)]
    for name, changes in by_file.items():
        before = _read(name)
        # The mark at the beginning is no part of the text, and no position counts it.
        mark = _MARK if before.startswith(_MARK) else ""
        after, left = edit_text(before.removeprefix(_MARK), changes)
        notes += [f"{line}: left as it is: {why}." for line, why in left.items()]
        made = tuple(one for one in changes if one.line not in left)
        if made:
            edits.append(FileEdit(name, before, mark + after, made))
    return Migration(tuple(edits), tuple(notes))


def _keeping(desired: Desired) -> Iterator[ResourceId]:
    """The identities of which a credential that is no longer listed stays."""
    for group in desired.groups:
        merges = group.policy.federated_credentials is CredentialsPolicy.MERGE
        yield from (one.resource_id for one in group.identities if merges or not one.lists_all_credentials)


def _lines_beyond(desired: Desired, asked: Iterable[DesiredIdentity]) -> frozenset[SourcePos]:
    """The lines, of defaults or shared ones, that give a credential to identities that nobody asked about."""
    looked_at = {one.resource_id for one in asked}
    others = (one for group in desired.groups for one in group.identities if one.resource_id not in looked_at)
    return frozenset(credential.line for one in others for credential in one.federated_credentials or ())


def _read(name: str) -> str:
    content = read_argument(name, _MAX_BYTES)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputFileError(f"{name}: it is no longer UTF-8.", "Run the same command again.") from error
