"""Which identities principals were, by journals: those of one place, as far as they agree."""

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import InputFileError
from reconciler.journal.call import Call
from reconciler.journal.document import header_document, intent_document, line_of
from reconciler.journal.known import KnownPrincipals, known_by, read_known
from reconciler.journal.record import Place, PlaceKind, RunHeader, RunRecord
from reconciler.model.ids import AssignmentId, ResourceId
from reconciler.model.orphan import gone_identity
from reconciler.plan.changes import Action
from tests.builders import SUBSCRIPTION
from tests.unit.journal.calls import (
    CHILDREN,
    CREATED,
    DELETED,
    HEADER,
    IDENTITY,
    IDENTITY_ID,
    OURS,
    OWNER,
    READER,
    SCOPE,
    UPDATED,
    call,
)

OTHER_ID = ResourceId(SUBSCRIPTION, "rg-app", "id-other")


def record(*calls: Call, header: RunHeader = HEADER) -> RunRecord:
    """A run of these calls."""
    return RunRecord(header, calls, None, torn=False)


def known(*records: RunRecord | None, named: tuple[RunRecord, ...] = ()) -> KnownPrincipals:
    """What these journals of a folder say here, and others that are named."""
    own = [(one, True) for one in records]
    return known_by([*((one, False) for one in named), *own], HEADER.where)


@pytest.mark.parametrize(
    "one",
    [
        replace(CREATED, made=IDENTITY),
        UPDATED,
        DELETED,
        call(8, Action.CREATE, None, OURS),
        call(9, Action.DELETE, OURS, None),
        replace(DELETED, before=replace(IDENTITY, principal_id="another"), children=CHILDREN),
    ],
    ids=["made", "before", "deleted", "role-given", "role-taken", "role-of-deleted"],
)
def test_identity_is_known_wherever_a_call_has_it_beside_a_principal(one: Call) -> None:
    assert known(record(one)).identities["principal"] == IDENTITY_ID


def test_principals_are_known_without_case() -> None:
    loud = replace(UPDATED, before=replace(IDENTITY, principal_id="PRINCIPAL"))

    assert known(record(UPDATED, loud)).identities == {"principal": IDENTITY_ID}


def test_call_that_has_no_principal_says_nothing() -> None:
    assert known(record(CREATED)).identities == {}


def test_principal_of_which_journals_say_different_things_is_not_known() -> None:
    forged = replace(UPDATED, resource_id=OTHER_ID, before=replace(IDENTITY, resource_id=OTHER_ID))

    assert known(record(UPDATED), record(forged)).identities == {}


def test_removal_of_an_orphan_says_nothing_of_its_identity() -> None:
    gone = AssignmentId(gone_identity(SUBSCRIPTION, "00000000-0000-4000-8000-000000000001"), "Reader", READER, SCOPE)

    assert known(record(replace(call(9, Action.DELETE, OURS, None), resource_id=gone))).identities == {}


@pytest.mark.parametrize(
    "other",
    [
        replace(HEADER, cloud="AzureChinaCloud"),
        replace(HEADER, tenant="another"),
        replace(HEADER, tenant=None),
        replace(HEADER, place=Place(PlaceKind.AZURE, "/state.json")),
        replace(HEADER, place=Place(PlaceKind.SANDBOX, "/other.json")),
    ],
    ids=["cloud", "tenant", "tenants", "kind", "place"],
)
def test_journal_of_elsewhere_is_counted_and_says_nothing(other: RunHeader) -> None:
    assert known(record(UPDATED, header=other)) == KnownPrincipals(elsewhere=1)


def test_owners_are_those_of_the_groups() -> None:
    found = known(record(), None)

    assert (found.owners, found.read, found.unreadable) == (frozenset({OWNER}), 1, 1)


def test_journal_that_is_named_makes_nothing_ours_and_what_it_alone_says_is_hearsay() -> None:
    alone = known(named=(record(UPDATED),))
    confirmed = known(record(UPDATED), named=(record(UPDATED),))

    assert (alone.identities, alone.owners) == ({"principal": IDENTITY_ID}, frozenset())
    assert (alone.hearsay, confirmed.hearsay) == (frozenset({"principal"}), frozenset())
    assert confirmed.owners == frozenset({OWNER})


def test_journal_that_is_named_cannot_speak_against_one_of_the_folder() -> None:
    forged = replace(UPDATED, resource_id=OTHER_ID, before=replace(IDENTITY, resource_id=OTHER_ID))

    assert known(record(UPDATED), named=(record(forged),)).identities == {}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder with two journals, of which the newer one is damaged, and something else."""
    lines = (header_document(HEADER), intent_document(replace(UPDATED, number=1), OWNER))
    (tmp_path / "20260101T000000000Z-a.jsonl").write_bytes(b"".join(map(line_of, lines)))
    (tmp_path / "20260102T000000000Z-b.jsonl").write_text("damaged\n")
    (tmp_path / "20260102T000000000Z-b.jsonl.told").write_text("")
    return tmp_path


def test_journals_of_a_folder_are_read_and_damaged_ones_counted(written: Path) -> None:
    found = read_known((), written, HEADER.where)

    assert (found.identities, found.read, found.unreadable) == ({"principal": IDENTITY_ID}, 1, 1)


def test_journal_that_is_named_and_lies_in_the_folder_is_read_once(written: Path) -> None:
    named = written / "." / "20260101T000000000Z-a.jsonl"

    found = read_known((named, named), written, HEADER.where)

    assert (found.read, found.hearsay, found.owners) == (1, frozenset(), frozenset({OWNER}))


def test_journal_that_is_named_and_lies_elsewhere_is_none_of_the_folder(written: Path, tmp_path: Path) -> None:
    lying = tmp_path / "artefacts" / "run.jsonl"
    lying.parent.mkdir()
    (written / "20260101T000000000Z-a.jsonl").rename(lying)

    found = read_known((lying,), written, HEADER.where)

    assert (found.read, found.hearsay, found.owners) == (1, frozenset({"principal"}), frozenset())


def test_journal_that_is_named_must_be_one(written: Path) -> None:
    with pytest.raises(InputFileError, match="not a line of JSON"):
        read_known((written / "20260102T000000000Z-b.jsonl",), None, HEADER.where)


def test_folder_that_is_not_there_has_no_journals(tmp_path: Path) -> None:
    assert read_known((), tmp_path / "none", HEADER.where) == read_known((), None, HEADER.where) == KnownPrincipals()


def test_only_the_newest_journals_of_a_folder_are_read(written: Path) -> None:
    found = read_known((), written, HEADER.where, most=1)

    assert (found.read, found.unreadable, found.left_out) == (0, 1, 1)
