"""Rows: what every format shows of a plan, of drift and of a result."""

import pytest

from reconciler.apply.result import ApplyResult, ChangeResult
from reconciler.errors import SourcePos
from reconciler.journal.call import Outcome
from reconciler.manifest.desired import DesiredCredential
from reconciler.model.access import Access, Trust
from reconciler.plan.changes import Action
from reconciler.plan.diff_access import diff_access
from reconciler.report.names import Names
from reconciler.report.rows import (
    ChangeRow,
    FieldRow,
    change_row,
    change_rows,
    drift_rows,
    not_held,
    outcome_heading,
    refused_rows,
)
from tests.builders import MANIFEST, compare, desired_group, label, listed, live_group, plan_of, resource_id
from tests.unit.reporting import plan_of_everything, refused_plan, result_of_everything

KNOWN_LATER = (FieldRow("principalId", None, None, known=False), FieldRow("clientId", None, None, known=False))


def test_adoption_has_a_symbol_of_its_own() -> None:
    assert change_rows(plan_of_everything())[0] == ChangeRow(
        "<=",
        Action.UPDATE,
        resource_id("id-adopt"),
        "",
        "will be adopted: already there, without an owner",
        "identities.yaml:5",
        (FieldRow("tags.uami-owner", None, "team-a"),),
    )


def test_update_shows_each_field_before_and_after() -> None:
    assert change_rows(plan_of_everything())[1] == ChangeRow(
        "~",
        Action.UPDATE,
        resource_id("id-api"),
        "",
        "will be updated in place",
        "identities.yaml:8",
        (
            FieldRow("tags.env", None, "prod"),
            FieldRow("tags.old", "x", None),
            FieldRow("isolationScope", "None", "Regional"),
        ),
    )


def test_create_shows_what_is_known_and_what_is_not() -> None:
    assert change_rows(plan_of_everything())[2] == ChangeRow(
        "+",
        Action.CREATE,
        resource_id("id-new"),
        "",
        "will be created",
        "identities.yaml:12",
        (
            FieldRow("location", None, "northeurope"),
            FieldRow("tags.env", None, "prod"),
            FieldRow("tags.uami-owner", None, "team-a"),
            *KNOWN_LATER,
        ),
    )


def test_delete_shows_what_goes_with_it() -> None:
    assert change_rows(plan_of_everything())[3] == ChangeRow(
        "-",
        Action.DELETE,
        resource_id("id-old"),
        "",
        "will be destroyed: the manifest does not list it",
        "identities.yaml:3",
        (
            FieldRow("location", "westeurope", None),
            FieldRow("tags.env", "test", None),
            FieldRow("tags.uami-owner", "team-a", None),
            FieldRow("principalId", "principal-of-id-old", None, of_identity=True),
            FieldRow("clientId", "client-of-id-old", None, of_identity=True),
        ),
        (("impact", "none found: no attached resource, no federated credential, no orphaned role, no lock"),),
        not_looked_at="not looked at: Entra groups, app roles, data-plane grants, identityProfile",
    )


def test_identity_that_is_as_it_should_be_has_no_row() -> None:
    names = [row.identity.name for row in change_rows(plan_of_everything())]

    assert names == ["id-adopt", "id-api", "id-new", "id-old"]


def test_what_is_refused_is_in_rows_of_its_own() -> None:
    plan = refused_plan()

    assert [(row.action, row.identity.name) for row in change_rows(plan)] == [(Action.CREATE, "id-new")]
    assert [(row.action, row.identity.name) for row in refused_rows(plan)] == [
        (Action.CREATE, "id-far"),
        (Action.DELETE, "id-theirs"),
    ]


def test_create_in_a_missing_group_has_no_location_yet() -> None:
    (row,) = refused_rows(plan_of(desired_group("id-a"), live_group(location=None)))

    assert row.fields == (FieldRow("location", None, None, known=False), *KNOWN_LATER)


def test_drift_is_told_whether_or_not_guards_refuse_to_mend_it() -> None:
    drift = drift_rows(refused_plan())

    assert [(row.identity.name, row.summary) for row in drift.missing] == [
        ("id-new", "is not live"),
        ("id-far", "is not live"),
    ]
    assert [(row.identity.name, row.summary) for row in drift.unexpected] == [("id-theirs", "is not listed")]
    assert drift.changed == (
        ChangeRow(
            "~",
            Action.UPDATE,
            resource_id("id-api"),
            "",
            "differs from the manifest",
            "identities.yaml:5",
            (FieldRow("location", "westeurope", "uksouth"),),
        ),
    )
    assert drift.count == 4


def test_adoption_is_a_difference_like_any_other_in_drift() -> None:
    assert [(row.symbol, row.identity.name) for row in drift_rows(plan_of_everything()).changed] == [
        ("~", "id-adopt"),
        ("~", "id-api"),
    ]


def test_contradicted_location_comes_first_among_the_fields_of_drift() -> None:
    plan = plan_of(desired_group(listed("id-a", location="UK South", tags={"env": "prod"})), live_group("id-a"))

    (row,) = drift_rows(plan).changed

    assert row.fields == (FieldRow("location", "westeurope", "uksouth"), FieldRow("tags.env", None, "prod"))


def test_states_that_match_have_no_drift() -> None:
    assert drift_rows(plan_of(desired_group("id-a"), live_group("id-a"))).count == 0


def test_changes_that_did_not_hold_are_picked_out() -> None:
    plan = plan_of_everything()

    assert [label(one.change) for one in not_held(result_of_everything(plan))] == ["id-new"]


@pytest.mark.parametrize("outcome", Outcome)
def test_each_outcome_has_a_heading_of_its_own(outcome: Outcome) -> None:
    others = {outcome_heading(one) for one in Outcome if one is not outcome}

    assert outcome_heading(outcome)
    assert outcome_heading(outcome) not in others


def test_result_is_complete_only_when_everything_is_done_and_holds() -> None:
    change = plan_of_everything().applicable[0]
    done, stale = ChangeResult(change, Outcome.DONE), ChangeResult(change, Outcome.STALE)
    slipped = ChangeResult(change, Outcome.DONE, not_held=("is not there",))

    assert [ApplyResult(results, "").complete for results in ((), (done,), (done, stale), (slipped,))] == [
        True,
        True,
        False,
        False,
    ]


def test_row_of_what_a_default_gives_has_both_places() -> None:
    default = SourcePos(MANIFEST, 3, 5)
    credential = DesiredCredential("aks", Trust("https://i", "s", "a"), SourcePos(MANIFEST, 5, 9), (), default)

    desired = desired_group(listed("id-a", federated_credentials=[credential]))
    changes = diff_access(compare(desired, live_group()), Access())

    places = [change_row(one, Names(changes.addresses, {}, {})).place for one in changes]

    assert places == [f"{MANIFEST}:5", f"{MANIFEST}:5 (default {MANIFEST}:3)"]
