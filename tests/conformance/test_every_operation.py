"""Every documented operation is asked for, and answers every documented status, but for what is listed here with its
reason.

A list says what is not there, so that an entry fails once it is: what is served has to leave it.
"""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

import pytest

from reconciler.sandbox.rules.rights import DenyAssignment
from reconciler.sandbox.state.state import Grant
from tests.conformance.documents import FOLDER_VARIABLE, Operation, Specification, specification_folder
from tests.conformance.known import KNOWN, is_known
from tests.conformance.report import long_report
from tests.conformance.scenarios import A_DENY_ASSIGNMENT, IN_GROUP, MANAGEMENT_GROUP, walk_through
from tests.conformance.walk import Walk
from tests.sandbox.arm import application, contents

_OPERATIONS_OF_ALL = "a list of what a provider can do, which nothing about identities asks for"

NOT_SERVED: Mapping[str, str] = {
    "Microsoft.Resources * Operations_List": _OPERATIONS_OF_ALL,
    "Microsoft.Resources * Subscriptions_CheckZonePeers": "identities have no zones",
    "Microsoft.Resources * checkResourceName": "which words are reserved is not known, and nothing asks",
}
"""Operations, as globs over their labels."""

NEVER_ANSWERED: Mapping[tuple[str, int], str] = {
    ("* RoleAssignments_Create*", 200): "a PUT of what exists is a 201 too: recorded, 192 of 192",
}
"""Documented statuses that a served operation does not answer."""


class Nothing(dict[str, str]):
    """Names of things that are not there, but for those that are given."""

    def __missing__(self, name: str) -> str:
        """A name of nothing."""
        return "nothing"


@pytest.fixture(scope="module")
def specification() -> Specification:
    folder = specification_folder()
    if folder is None:
        pytest.skip(f"no OpenAPI documents here; {FOLDER_VARIABLE} names their folder")
    return Specification(folder)


@pytest.fixture(scope="module")
def walk(specification: Specification) -> Iterator[Walk]:
    """A walk through everything."""
    walk = Walk(specification, application(contents().having(DenyAssignment, (A_DENY_ASSIGNMENT,))))
    with walk.http:
        walk_through(walk)
        yield walk


def matching(specification: Specification, labels: str) -> list[Operation]:
    """The operations that an entry of a table means."""
    return [operation for operation in specification.operations if fnmatchcase(operation.label, labels)]


def test_every_documented_operation_is_asked_for(specification: Specification, walk: Walk) -> None:
    asked = {label for label, _ in walk.seen}

    assert asked == {operation.label for operation in specification.operations}


def test_every_documented_status_is_answered_unless_a_table_says_why_not(
    specification: Specification, walk: Walk
) -> None:
    not_answered = {
        (operation.label, status)
        for operation in specification.operations
        for status in operation.statuses
        if (operation.label, status) not in walk.seen
    }

    print("\n".join(long_report(specification.operations, walk.seen)))
    not_served = {
        (one.label, status)
        for labels in NOT_SERVED
        for one in matching(specification, labels)
        for status in one.statuses
    }
    never = {(one.label, status) for labels, status in NEVER_ANSWERED for one in matching(specification, labels)}
    assert not_answered == not_served | never


def test_every_entry_of_the_tables_means_a_documented_operation(specification: Specification) -> None:
    entries = [*NOT_SERVED, *(labels for labels, _ in NEVER_ANSWERED), *(known.operations for known in KNOWN)]

    unknown = [labels for labels in entries if not matching(specification, labels)]

    assert unknown == []


def test_every_answer_is_as_documented_but_for_known_differences(walk: Walk) -> None:
    violations = [str(one) for one in walk.violations if not is_known(one)]

    assert violations == []


def test_every_known_difference_is_still_there(specification: Specification, walk: Walk) -> None:
    served = {label for label, status in walk.seen if status < 400}
    due = [known for known in KNOWN if any(one.label in served for one in matching(specification, known.operations))]

    gone = [known for known in due if not any(known.explains(one) for one in walk.violations)]

    assert gone == []


def test_every_operation_refuses_in_its_documented_form(specification: Specification) -> None:
    somebody = Grant("somebody", "/", ("*",))
    without_rights = Walk(specification, application(contents(permissions=[somebody])))
    with_rights = Walk(specification, application())
    names = Nothing(
        IN_GROUP,
        scope=MANAGEMENT_GROUP,
        roleAssignmentId="/providers/Microsoft.Authorization/roleAssignments/nothing",
        denyAssignmentId="/providers/Microsoft.Authorization/denyAssignments/nothing",
        roleId="/providers/Microsoft.Authorization/roleDefinitions/nothing",
    )

    for operation in specification.operations:
        without_rights.ask(operation.label, names, token=None)
        without_rights.ask(operation.label, names)
        with_rights.ask(operation.label, names)

    violations = [one for walk in (without_rights, with_rights) for one in walk.violations]
    assert [str(one) for one in violations if not is_known(one)] == []
    refused = {label for label, status in without_rights.seen if status == 401}
    assert refused == {operation.label for operation in specification.operations}
