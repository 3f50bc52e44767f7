"""The report of `uami orphans`, for people and as a document."""

import json
from dataclasses import replace
from typing import Any

from reconciler.live.orphans.judge import NotJudged, Reason
from reconciler.model.access import NO_DETAILS
from reconciler.model.identity import Subscription
from reconciler.model.not_read import NotRead
from reconciler.outputs.orphans.document import orphans_document
from reconciler.outputs.orphans.forms import OrphansFormat, write_orphans
from reconciler.report.rows import Header
from reconciler.schemas import schema_text
from tests.builders import SUBSCRIPTION, TENANT, address
from tests.cli.hostile import ALL, TOKEN, faults
from tests.unit.live.orphans.judging import PRINCIPAL, SCOPE, holder
from tests.unit.outputs.orphans.reports import (
    ABOVE,
    FOREIGN,
    GROUP_SCOPE,
    NOT_JUDGED,
    OTHER,
    OURS,
    UNMARKED,
    USERS,
    report,
)

ROLES = "providers/Microsoft.Authorization/roleAssignments"


def text(*orphans: Any, not_judged: Any = ()) -> str:
    return str(write_orphans(report(*orphans, not_judged=not_judged), OrphansFormat.TEXT, color=False))


def test_text_says_of_each_principal_how_it_is_known_to_be_gone_and_whose_its_roles_are() -> None:
    shown = text(OURS, FOREIGN, UNMARKED, ABOVE, USERS, not_judged=(NOT_JUDGED,))

    assert shown == (
        f"Tenant        {TENANT}\n"
        f"Subscription  Payments ({SUBSCRIPTION})\n"
        "Ours          team-a\n"
        "Journals      3 of this place read, 1 that cannot be read\n"
        "\n"
        f"rg-app/id-a, principal {PRINCIPAL}\n"
        "  gone      a journal says which identity it was, and that has another principal\n"
        "            now\n"
        "  again     it is there again as the principal\n"
        "            0b2c0000-0000-4000-8000-0000000000aa: `uami plan` gives it its roles\n"
        "            again\n"
        "  ours      Reader on rg-app, given 3 days ago\n"
        "  others'   Reader on subscription Payments, given 3 days ago; uami gave it for\n"
        "            the owner team-b: --owner team-b counts it as ours\n"
        "  others'   Reader on rg-app, given 3 days ago; it has the name that uami gives,\n"
        "            and no mark of an owner\n"
        f"            az role assignment delete --ids {SCOPE}/{ROLES}/{UNMARKED.assignment.name}\n"
        "  others'   Reader on management group contoso, above the subscription, given 3\n"
        "            days ago\n"
        f"            az role assignment delete --ids {GROUP_SCOPE}/{ROLES}/{ABOVE.assignment.name}\n"
        "\n"
        f"{OTHER}, user\n"
        "  gone      Microsoft Graph did not know it, asked twice, 30s apart\n"
        "  others'   Reader on rg-app, given at an unknown time\n"
        f"            az role assignment delete --ids {SCOPE}/{ROLES}/{USERS.assignment.name}\n"
        "\n"
        "Not judged\n"
        "  1 principal with 1 role assignment: its id is none of a principal\n"
        "    principal-z\n"
        "\n"
        "A deleted user, Microsoft 365 group or application can be restored for 30 days,\n"
        "and has its roles again then; an identity or a security group cannot. Whom\n"
        "Microsoft Graph does not know may be of another tenant, as the publisher of a\n"
        "managed application is: look before you delete what is others'.\n"
        "\n"
        "Looked at: 40 role assignments of 12 principals; 1 principal not judged.\n"
        "Orphans: 5 role assignments of 2 principals; 1 is ours.\n"
    )


def test_without_orphans_the_text_is_short_and_says_what_was_not_read() -> None:
    one = report()
    unread = replace(one, owners=(), found=replace(one.found, not_read=(NotRead("Identities", "/s", "missing x"),)))

    lines = str(write_orphans(unread, OrphansFormat.TEXT, color=False)).splitlines()

    assert lines[2:] == [
        "Ours          nothing: no --owner is given, and no journal of the state folder has one",
        "Journals      3 of this place read, 1 that cannot be read",
        "",
        "Not judged",
        "  Identities at /s: missing x",
        "",
        "Looked at: 40 role assignments of 12 principals.",
        "Orphans: none.",
    ]


def test_of_many_that_were_not_judged_a_few_are_named() -> None:
    many = tuple(NotJudged(holder(principal_id=f"p{n:02}"), Reason.NOT_READ, "not read") for n in range(12))

    shown = text(not_judged=many)

    assert "  12 principals with 12 role assignments: not read\n" in shown
    assert "p09 and 2 more\n" in shown
    assert "p10" not in shown


def test_name_that_a_shell_would_obey_is_quoted_in_the_command() -> None:
    scope = "/subscriptions/s/resourceGroups/a;b"
    bad = replace(ABOVE, assignment=replace(ABOVE.assignment, scope=scope))

    assert f"az role assignment delete --ids '{scope}/{ROLES}/{ABOVE.assignment.name}'\n" in text(bad)


def test_no_line_is_obeyed_whatever_others_have_named_things() -> None:
    details = replace(FOREIGN.assignment.details or NO_DETAILS, owner=ALL, description=ALL)
    given = replace(FOREIGN.assignment, scope=f"/{ALL}", name=ALL, principal_id=ALL, details=details)
    bad = replace(
        FOREIGN, assignment=given, role=ALL, principal_type=ALL, identity=None, created_again=ALL, evidence=ALL
    )
    others = replace(bad, assignment=replace(given, details=None))
    one = report(bad, others, not_judged=(NotJudged(holder(principal_id=ALL), Reason.NOT_READ, ALL),))
    one = replace(one, owners=(ALL,), subscription=Subscription(ALL, ALL, ALL), header=Header(ALL, ALL))

    shown, document = (str(write_orphans(one, form, color=False)) for form in OrphansFormat)

    assert faults(shown.replace(TOKEN, "").replace(TOKEN[-20:], "")) == []
    assert json.loads(document)["principals"][0]["evidence"] == ALL
    assert document.isascii()
    assert "##" not in document


def test_document_is_what_its_schema_says() -> None:
    whole = report(OURS, ABOVE, USERS, not_judged=(NOT_JUDGED,))
    document: Any = json.loads(str(write_orphans(whole, OrphansFormat.JSON, color=False)))
    schema: Any = json.loads(schema_text("orphans.v1.schema.json"))

    assert document == orphans_document(whole)
    first, second = document["principals"]
    assert (first["identity"], second["identity"]) == (address("id-a"), None)
    assert [one["whose"] for one in first["role_assignments"]] == ["ours", "others"]
    assert [one["above_subscription"] for one in first["role_assignments"]] == [False, True]
    assert [one["created_on"] for one in (*first["role_assignments"], *second["role_assignments"])] == [
        "2027-01-12T08:00:00Z",
        "2027-01-12T08:00:00Z",
        None,
    ]
    assert document["not_judged"][0]["reason"] == "elsewhere"
    assert set(document) == set(schema["required"])
    assert set(first) == set(schema["$defs"]["principal"]["required"])
