"""What the reversal of one identity gathers."""

from dataclasses import replace

from reconciler.journal import NetEffect
from reconciler.model import AddressBook, AssignmentId, Names
from reconciler.plan import NotUndone
from reconciler.undo.reversal import Reversal, roles_seen
from tests.builders import TODAY, group_id
from tests.unit.journal.calls import ASSIGNMENT_ID, CHILDREN, IDENTITY, IDENTITY_ID, OURS, SOURCE

ELSEWHERE = AssignmentId(IDENTITY_ID, "Owner", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "/")


def _deleted(children: object) -> NetEffect:
    return NetEffect(IDENTITY_ID, SOURCE, IDENTITY, None, children, None)  # type: ignore[arg-type]


def test_what_is_left_without_advice_of_its_own_is_compared_with_the_journal() -> None:
    way = Reversal(IDENTITY_ID, {IDENTITY_ID: SOURCE}, Names(AddressBook([group_id()]), {}, {}), "a b.jsonl", TODAY)

    way.leave(IDENTITY_ID, "it is now 'x'", part="tags.env")
    way.leave(ASSIGNMENT_ID, "it is gone", "give it again")

    assert way.name == "rg-app/id-api"
    assert way.not_undone == [
        NotUndone(IDENTITY_ID, "tags.env", "it is now 'x'", "what it was before the run: uami show 'a b.jsonl'"),
        NotUndone(ASSIGNMENT_ID, "", "it is gone", "give it again"),
    ]


def test_roles_of_a_deleted_identity_are_those_it_left_and_those_taken_before() -> None:
    taken = replace(OURS, role_guid=ELSEWHERE.role_guid, scope="/")
    before = NetEffect(ELSEWHERE, SOURCE, taken, None, None, None)

    assert set(roles_seen(_deleted(CHILDREN), [before])) == {ASSIGNMENT_ID, ELSEWHERE}
    assert roles_seen(_deleted(None), [before]) == {ELSEWHERE: taken}
