"""A journal under many threads: what is recorded before a call is on the disk when the call may go out."""

import hashlib
import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import JournalError
from reconciler.journal.call import Outcome
from reconciler.journal.file import FileJournal
from reconciler.journal.read_file import read_journal
from reconciler.plan.changes import Action
from tests.unit.journal.calls import AT, HEADER, IDENTITY, PLANNED, call

UPDATE = call(0, Action.UPDATE, IDENTITY, PLANNED)


def opened(path: Path) -> FileJournal:
    journal = FileJournal(path, lambda: AT)
    journal.open(HEADER)
    return journal


def test_calls_that_begin_side_by_side_are_each_on_the_disk_before_they_go_out(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    journal = opened(path)

    def one(_: int) -> bool:
        number = journal.begin(UPDATE)
        there = f'"call":{number},'.encode() in path.read_bytes()
        journal.end(number, Outcome.DONE, None, None)
        return there

    with ThreadPoolExecutor(16) as pool:
        there = list(pool.map(one, range(200)))
    journal.finish(complete=True, interrupted=False, counts=tuple((one, 0) for one in Outcome))
    journal.close()

    record = read_journal(path)
    assert all(there)
    assert [one.number for one in record.calls] == list(range(1, 201))
    assert {one.outcome for one in record.calls} == {Outcome.DONE}
    assert journal.digest == hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def no_larger_than(most: int) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_calls_whose_lines_find_no_room_do_not_begin_and_leave_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    journal = opened(path)
    begun: list[int] = []

    def one(_: int) -> None:
        begun.append(journal.begin(replace(UPDATE)))

    with no_larger_than(path.stat().st_size + 5000), ThreadPoolExecutor(8) as pool:
        results = [pool.submit(one, number) for number in range(100)]
        errors = [error for error in (result.exception() for result in results) if error is not None]
    journal.close()

    assert {type(error) for error in errors} == {JournalError}
    assert len(begun) + len(errors) == 100
    assert [one.number for one in read_journal(path).calls] == sorted(begun)


def test_nothing_begins_once_a_journal_is_closed(tmp_path: Path) -> None:
    journal = opened(tmp_path / "run.jsonl")
    journal.begin(UPDATE)
    journal.finish(complete=True, interrupted=False, counts=())

    with pytest.raises(JournalError, match="closed"):
        journal.begin(UPDATE)
