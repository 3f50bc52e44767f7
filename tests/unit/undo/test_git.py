"""What must change in Git after an undo: at its line, and nothing that a manifest cannot say."""

from dataclasses import replace

import pytest

from reconciler.journal import Before, NetEffect
from reconciler.model import AnyId, PlannedIdentity, RoleAssignment, Tags
from reconciler.undo.git import in_git, may_be_in_git
from tests.unit.journal.calls import (
    ASSIGNMENT_ID,
    CREDENTIAL,
    CREDENTIAL_ID,
    IDENTITY,
    IDENTITY_ID,
    OURS,
    PLANNED,
    SOURCE,
    TRUST,
)

AT = "identities.yaml:5: "


def effect(resource_id: AnyId, before: Before, after: object) -> NetEffect:
    """What a run did to a resource, for a line of a manifest."""
    return NetEffect(resource_id, SOURCE, before, after, None, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("resource_id", "before", "after", "advice"),
    [
        (IDENTITY_ID, None, PLANNED, "take X off the list in Git, or the next apply creates it again."),
        (
            IDENTITY_ID,
            IDENTITY,
            None,
            "list X again, and not under `remove`, in Git, or the next apply deletes it again.",
        ),
        (CREDENTIAL_ID, None, TRUST, "take X off the list in Git, or the next apply creates it again."),
        (CREDENTIAL_ID, CREDENTIAL, TRUST, "change X in Git too, or the next apply changes it again."),
        (CREDENTIAL_ID, CREDENTIAL, None, "list X again in Git, or the next apply deletes it again."),
        (ASSIGNMENT_ID, None, OURS, "take X off the list in Git, or the next apply creates it again."),
        (ASSIGNMENT_ID, OURS, OURS, "change X in Git too, or the next apply changes it again."),
        (ASSIGNMENT_ID, OURS, None, "list X again in Git, or the next apply deletes it again."),
    ],
)
def test_each_kind_of_effect_has_its_own_advice(
    resource_id: AnyId, before: Before, after: PlannedIdentity | RoleAssignment | None, advice: str
) -> None:
    assert in_git(effect(resource_id, before, after), "X") == AT + advice


OFF = "take X off the list in Git, or the next apply "


@pytest.mark.parametrize(
    ("before", "after", "fields", "advice"),
    [
        ({}, {"uami-owner": "us"}, ["tags.uami-owner"], f"{OFF}adopts it again."),
        ({}, {"uami-owner": "us", "env": "p"}, ["tags.env", "tags.uami-owner"], f"{OFF}adopts it again."),
        ({"uami-owner": "them"}, {"uami-owner": "us"}, ["tags.Uami-Owner"], f"{OFF}takes it over again."),
        (
            {"uami-owner": "us"},
            {},
            ["tags.uami-owner"],
            "list X again in Git, or the next apply may delete it.",
        ),
        (
            {},
            {"uami-protect": "true"},
            ["tags.uami-protect"],
            "take `protect: true` of X out in Git, or the next apply does the same again.",
        ),
        (
            {"uami-protect": "true"},
            {"env": "p"},
            ["tags.env", "tags.uami-protect"],
            "take `protect: false` of X out in Git, or the next apply does the same again; change tags.env of X in Git"
            " too, or the next apply sets it again.",
        ),
        (
            {},
            {"env": "p"},
            ["tags.env", "isolationScope"],
            "change tags.env, isolationScope of X in Git too, or the next apply sets them again.",
        ),
    ],
)
def test_update_of_an_identity_names_the_line_that_made_it_and_no_tag_of_ours(
    before: dict[str, str], after: dict[str, str], fields: list[str], advice: str
) -> None:
    updated = effect(IDENTITY_ID, replace(IDENTITY, tags=Tags(before)), replace(PLANNED, tags=Tags(after)))

    said = in_git(updated, "X", fields)

    assert said == AT + advice
    assert "uami-" not in said


def test_create_that_may_have_taken_effect_is_named_too() -> None:
    assert may_be_in_git(effect(IDENTITY_ID, None, PLANNED), "X") == (
        f"{AT}if X is to go, take it off the list in Git too, or the next apply creates it again."
    )
