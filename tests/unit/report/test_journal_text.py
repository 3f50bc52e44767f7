"""A journal told to an auditor: whole pages of runs that came to their end, and of one that did not."""

from dataclasses import replace

import pytest

from reconciler.journal import Actor, Call, Outcome, Place, PlaceKind, RunHeader, RunRecord
from reconciler.journal.record import RunEnd
from reconciler.model import AssignmentId, Children, IsolationScope, PlannedIdentity, Tags
from reconciler.plan import Action
from reconciler.report.journal_text import render_cut_short, render_journal
from tests.builders import SUBSCRIPTION, TENANT
from tests.orphans import PRINCIPAL, orphan, removal_of
from tests.unit.journal.calls import (
    AT,
    CALLS,
    CHILDREN,
    CREATED,
    DELETED,
    ERROR,
    HEADER,
    IDENTITY,
    IDENTITY_ID,
    OURS,
    SCOPE,
    UPDATED,
)

HEAD = (
    f"Run           uami apply 0.1.0, started {AT}\n"
    f"Correlation   {HEADER.run_id}\n"
    "Where         SANDBOX /state.json\n"
    "Cloud         AzureCloud\n"
    f"Tenant        {TENANT}\n"
    "Principal     Zoë (object id 0b1ec7)\n"
    f"Group         {SUBSCRIPTION}/rg-app (owner 'team-a')\n"
    f"Group         {SUBSCRIPTION}/rg-other (no owner)\n"
    "\n"
)
COUNTS = ((Outcome.DONE, 1), (Outcome.FAILED, 0), (Outcome.SKIPPED, 2))
END = RunEnd(AT, complete=True, interrupted=False, counts=COUNTS)
PLANNED = PlannedIdentity("westeurope", Tags({"env": "test"}), IsolationScope.REGIONAL)


def lines_of(call: Call) -> list[str]:
    """What is said of one call."""
    page = render_journal(RunRecord(HEADER, (call,), END, torn=False))
    return page.removeprefix(HEAD).partition("\n\n")[0].splitlines()


def test_run_without_calls_is_its_header_and_its_end() -> None:
    page = render_journal(RunRecord(HEADER, (), END, torn=False))

    assert page == f"{HEAD}Complete, {AT}. Changes: 1 done, 2 skipped.\n"


@pytest.mark.parametrize(
    ("end", "torn", "last"),
    [
        (replace(END, counts=()), False, [f"Complete, {AT}. Changes: none."]),
        (replace(END, complete=False), False, [f"Incomplete, {AT}. Changes: 1 done, 2 skipped."]),
        (replace(END, interrupted=True), False, [f"Interrupted, {AT}. Changes: 1 done, 2 skipped."]),
        (None, False, ["The run was cut short: its journal has no end."]),
        (
            None,
            True,
            [
                "The last line is cut off, as a crash leaves it, and was passed over.",
                "The run was cut short: its journal has no end.",
            ],
        ),
    ],
)
def test_end_of_a_run_is_told(end: RunEnd | None, torn: bool, last: list[str]) -> None:
    assert render_journal(RunRecord(HEADER, (), end, torn=torn)).removeprefix(HEAD).splitlines() == last


@pytest.mark.parametrize(
    ("header", "line"),
    [
        (replace(HEADER, tenant=None), "Tenant        several"),
        (replace(HEADER, actor=Actor()), "Principal     (the token did not say)"),
        (replace(HEADER, actor=Actor("o", "c")), "Principal     object id o, client id c"),
        (replace(HEADER, actor=Actor(name="me")), "Principal     me"),
        (replace(HEADER, place=Place(PlaceKind.AZURE, "https://x")), "Where         Azure https://x"),
        (replace(HEADER, place=Place(PlaceKind.ENDPOINT, "https://x")), "Where         Endpoint https://x"),
    ],
)
def test_header_says_what_is_known(header: RunHeader, line: str) -> None:
    assert line in render_journal(RunRecord(header, (), END, torn=False)).splitlines()


def test_created_identity_is_told_with_the_ids_that_arm_gave() -> None:
    assert lines_of(replace(CREATED, after=PLANNED, outcome=Outcome.DONE, made=IDENTITY)) == [
        f"   1  {AT}  + create rg-app/id-api: done  identities.yaml:5",
        "      location        westeurope",
        "      isolationScope  Regional",
        '      tags.env        "test"',
        "      principalId     principal",
        "      clientId        client",
    ]


def test_update_is_told_by_what_differs_and_why_it_failed() -> None:
    call = replace(UPDATED, after=PLANNED, number=12, attempt=2, outcome=Outcome.FAILED, error=ERROR, made=IDENTITY)

    assert lines_of(call) == [
        f"  12  {AT}  ~ update rg-app/id-api: failed, attempt 2  identities.yaml:5",
        '      tags.env  "prod" -> "test"',
        "      updating id-api: 409 Conflict",
        "      correlation id c0ffee",
    ]


def test_deleted_identity_is_told_with_its_children() -> None:
    children = replace(
        CHILDREN, credentials=(CHILDREN.credentials or ())[:1], assignments=(CHILDREN.assignments or ())[:1]
    )

    assert lines_of(replace(DELETED, outcome=Outcome.IN_DOUBT, children=children)) == [
        f"   3  {AT}  - delete rg-app/id-api: in-doubt  identities.yaml:5",
        "      location        westeurope",
        "      isolationScope  Regional",
        '      tags.env        "prod"',
        "      principalId     principal",
        "      clientId        client",
        "      with the federated credential main",
        "      with the role Reader on rg-app",
        "      attached to /vm",
        "      not read: a gap",
    ]
    assert lines_of(replace(DELETED, children=Children()))[0].endswith(
        "in doubt: no answer was written down  identities.yaml:5"
    )


def test_children_are_told_by_their_own_fields() -> None:
    create, update, delete, give = (replace(one, outcome=Outcome.DONE) for one in CALLS[5:9])

    assert [lines_of(one)[1:] for one in (create, update, delete, give)] == [
        ['      issuer    "https://i.example"', '      subject   "repo:a/b"', '      audience  "api://x"'],
        [],
        [],
        [
            '      role         "Reader"',
            "      principalId  principal",
            '      owner        "team-a"',
        ],
    ]


CUSTOM = "0c0ffee0-0000-0000-0000-000000000001"
VAULT = f"{SCOPE}/providers/Microsoft.KeyVault/vaults/kv"


def test_roles_have_the_name_that_any_call_of_the_run_knows_and_a_short_scope() -> None:
    """A custom role, at scopes of three kinds: as a child that goes with its identity, and as a call of its own."""
    named = replace(CALLS[8], resource_id=AssignmentId(IDENTITY_ID, "Reads Much", CUSTOM, VAULT), outcome=Outcome.DONE)
    unnamed = replace(CALLS[9], resource_id=AssignmentId(IDENTITY_ID, CUSTOM, CUSTOM, f"/subscriptions/{SUBSCRIPTION}"))
    here = replace(OURS, role_guid=CUSTOM, scope=VAULT)
    children = Children(assignments=(here, replace(here, scope="/"), replace(here, role_guid="unknown")))
    deleted = replace(DELETED, children=children)

    page = render_journal(RunRecord(HEADER, (named, unnamed, deleted), END, torn=False))

    assert [line.strip() for line in page.splitlines() if "e role " in line] == [
        f"8  {AT}  + create role Reads Much on vaults kv (rg-app) of rg-app/id-api: done  identities.yaml:5",
        f"9  {AT}  - delete role Reads Much on subscription {SUBSCRIPTION} of rg-app/id-api:"
        " in doubt: no answer was written down  identities.yaml:5",
        "with the role Reads Much on vaults kv (rg-app)",
        "with the role Reads Much on the root scope /",
        "with the role unknown on vaults kv (rg-app)",
        f"delete role Reads Much on subscription {SUBSCRIPTION} of rg-app/id-api",
    ]


def test_calls_in_doubt_are_named_at_the_end() -> None:
    page = render_journal(RunRecord(HEADER, (replace(CREATED, outcome=Outcome.DONE), DELETED), None, torn=False))

    assert page.splitlines()[-3:] == [
        "In doubt: a call went out, and no answer says whether it took effect:",
        "  delete rg-app/id-api",
        "The run was cut short: its journal has no end.",
    ]


@pytest.mark.parametrize(
    ("calls", "lines"),
    [
        ((), []),
        (
            (UPDATED,),
            [
                "These calls of it may or may not have taken effect; the plan is made from the live state now:",
                "  update rg-app/id-api",
            ],
        ),
    ],
)
def test_run_that_was_cut_short_is_told_to_the_next_one(calls: tuple[Call, ...], lines: list[str]) -> None:
    assert render_cut_short("a b.jsonl", RunRecord(HEADER, calls, None, torn=False)).splitlines() == [
        f"Note: an earlier run was cut short: apply of {AT}, correlation id {HEADER.run_id}.",
        *lines,
        "  See: uami show 'a b.jsonl'",
    ]


def test_call_on_an_orphan_names_its_principal_and_no_line_of_a_manifest() -> None:
    (change,) = removal_of(orphan()).changes
    call = Call(change.resource_id, Action.DELETE, 1, change.source, orphan().assignment, None, number=1, at=AT)

    lines = render_journal(RunRecord(HEADER, (call,), None, torn=False)).splitlines()

    role = f"role Reader on rg-app of principal {PRINCIPAL} (gone)"
    assert f"   1  {AT}  - delete {role}: in doubt: no answer was written down" in lines
    assert f"  delete {role}" in lines
