"""The lines of a journal: each form is written as the schema says, and read back as what was written."""

import json
from dataclasses import replace
from datetime import date

import pytest
from jsonschema import Draft202012Validator

from reconciler.journal.call import Call, Outcome
from reconciler.journal.document import (
    LineError,
    end_document,
    header_document,
    intent_document,
    line_of,
    outcome_document,
    read_end,
    read_header,
    read_intent,
    read_outcome,
)
from reconciler.journal.record import Place, PlaceKind, RunEnd, RunHeader
from reconciler.model.call_error import CallError
from reconciler.model.document import JsonObject
from reconciler.model.identity import Identity
from reconciler.schemas import schema_text
from tests.unit.journal.calls import AT, CALLS, CHILDREN, CREATED, DELETED, ENDS, HEADER, OWNER, UPDATED

SCHEMA = Draft202012Validator(json.loads(schema_text("journal.v1.schema.json")))
HEADERS = (
    HEADER,
    replace(HEADER, tenant=None, groups=(), command="undo"),
    *(replace(HEADER, place=Place(kind, "somewhere")) for kind in PlaceKind),
)


def line(document: JsonObject) -> JsonObject:
    """A document as it comes back from a file; it is one that the schema admits."""
    written = line_of(document)
    assert written.isascii()
    assert written.count(b"\n") == 1
    parsed: JsonObject = json.loads(written)
    SCHEMA.validate(parsed)
    return parsed


@pytest.mark.parametrize("header", HEADERS)
def test_first_line_comes_back_as_it_was_written(header: RunHeader) -> None:
    assert read_header(line(header_document(header))) == header


@pytest.mark.parametrize("call", CALLS)
def test_line_before_a_call_comes_back_as_it_was_written(call: Call) -> None:
    assert read_intent(line(intent_document(call, OWNER))) == call


@pytest.mark.parametrize(("outcome", "error", "made"), ENDS)
def test_line_after_a_call_comes_back_as_it_was_written(
    outcome: Outcome, error: CallError | None, made: Identity | None
) -> None:
    document = line(outcome_document(1, AT, outcome, error, made))

    assert read_outcome(CREATED, document) == replace(CREATED, ended_at=AT, outcome=outcome, error=error, made=made)


@pytest.mark.parametrize(("complete", "interrupted"), [(True, False), (False, True), (False, False)])
def test_last_line_comes_back_as_it_was_written(complete: bool, interrupted: bool) -> None:
    end = RunEnd(AT, complete, interrupted, tuple((outcome, number) for number, outcome in enumerate(Outcome)))

    assert read_end(line(end_document(end))) == end


def test_number_time_and_address_stand_in_the_line_before_a_call() -> None:
    document = line(intent_document(UPDATED, OWNER))

    assert {name: document[name] for name in ("kind", "call", "at", "action", "attempt")} == {
        "kind": "intent",
        "call": 2,
        "at": AT,
        "action": "update",
        "attempt": 1,
    }
    assert document["address"] == UPDATED.resource_id.address
    assert "hanging" not in document


def test_children_of_a_deleted_identity_say_which_roles_the_tool_gave() -> None:
    hers = line(intent_document(DELETED, OWNER))["hanging"]
    nobodys = line(intent_document(DELETED, None))["hanging"]

    assert isinstance(hers, dict)
    assert isinstance(nobodys, dict)
    assert [one["ours"] for one in hers["role_assignments"]] == [True, False]
    assert [one["ours"] for one in nobodys["role_assignments"]] == [False, False]
    assert [one["name"] for one in hers["credentials"]] == ["main", "odd"]
    assert (hers["attached"], hers["unread"]) == (list(CHILDREN.attached or ()), list(CHILDREN.unread))


INTENT = intent_document(DELETED, OWNER)
PLACE = UPDATED.resource_id.address


def changed_to(document: JsonObject, **values: object) -> JsonObject:
    """A line with some of its values changed."""
    return {**document, **values}


@pytest.mark.parametrize(
    "document",
    [
        changed_to(INTENT, address="id-api"),
        changed_to(INTENT, address=f"{PLACE}/federatedCredentials/main"),
        changed_to(INTENT, address=PLACE.replace("rg-app", "rg/../app")),
        changed_to(INTENT, after={"location": None, "tags": {}, "isolation_scope": "None"}),
        changed_to(INTENT, action="update"),
        changed_to(INTENT, action="create"),
        changed_to(intent_document(CALLS[0], OWNER), action="update"),
        changed_to(intent_document(CALLS[5], OWNER), address=PLACE),
        changed_to(intent_document(CALLS[5], OWNER), address=f"{PLACE}/federatedCredentials/.."),
        changed_to(intent_document(CALLS[8], OWNER), address=f"{PLACE}/roleAssignments/Owner@/"),
        changed_to(intent_document(CALLS[9], OWNER), before=None),
    ],
)
def test_line_whose_parts_contradict_each_other_is_refused(document: JsonObject) -> None:
    with pytest.raises(LineError):
        read_intent(document)


@pytest.mark.parametrize("name", ["..", "a/b", "x"])
def test_child_whose_name_no_manifest_may_have_is_refused(name: str) -> None:
    document = json.loads(line_of(INTENT))
    document["hanging"]["credentials"][0]["name"] = name

    with pytest.raises(LineError):
        read_intent(document)


@pytest.mark.parametrize(("number", "state"), [(8, "after"), (9, "before")])
def test_scope_that_leads_elsewhere_is_refused(number: int, state: str) -> None:
    written = line_of(intent_document(CALLS[number], OWNER)).decode()

    with pytest.raises(LineError, match="is not an ARM id"):
        read_intent(json.loads(written.replace("/resourceGroups/", "/../")))

    assert json.loads(written)[state] is not None


def test_scope_that_a_shell_would_run_is_refused() -> None:
    written = line_of(intent_document(CALLS[8], OWNER)).decode()

    with pytest.raises((LineError, ValueError), match=r"holds '\$\(', which no ARM id does"):
        read_intent(json.loads(written.replace("/resourceGroups/", "/resourceGroups/$(touch x)")))


def test_identity_made_by_a_call_on_something_else_is_refused() -> None:
    document = outcome_document(5, AT, Outcome.DONE, None, ENDS[0][2])

    with pytest.raises(LineError):
        read_outcome(CALLS[5], document)


@pytest.mark.parametrize("address", ["rg-app", f"{PLACE}", "../rg-app"])
def test_group_whose_address_is_none_is_refused(address: str) -> None:
    document = json.loads(line_of(header_document(HEADER)))
    document["scope"]["resource_groups"][0]["address"] = address

    with pytest.raises(LineError):
        read_header(document)


def test_group_that_stands_twice_is_refused() -> None:
    document = header_document(replace(HEADER, groups=(*HEADER.groups, HEADER.groups[0])))

    with pytest.raises(LineError, match="twice"):
        read_header(document)


def test_day_on_which_it_ends_comes_back_and_is_one_of_the_calendar() -> None:
    ended = replace(DELETED, expires=date(2027, 1, 31))
    written = line(intent_document(ended, OWNER))

    assert read_intent(written) == ended
    with pytest.raises(LineError, match="2027-02-30"):
        read_intent({**written, "expires": "2027-02-30"})
