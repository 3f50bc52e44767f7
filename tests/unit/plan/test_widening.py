"""Which changes give more than there was, and which only keep, narrow or rename it."""

from dataclasses import replace

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest.desired import Desired, DesiredAssignment, DesiredCredential
from reconciler.model.access import (
    NO_DETAILS,
    Access,
    AssignmentDetails,
    FederatedCredential,
    RoleAssignment,
    RoleDefinition,
    RoleLookup,
    Trust,
    role_key,
)
from reconciler.model.ids import CredentialId
from reconciler.model.violation import Violation
from reconciler.plan.changes import Action, Change, Changes
from reconciler.plan.diff_access import diff_access
from reconciler.plan.plan import make_plan
from reconciler.plan.widening import is_new_trust, is_wider_role, revocation_note
from tests.builders import MANIFEST, TODAY, compare, desired_group, listed, live_group, live_of, resource_id

READER = RoleDefinition("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader")
SCOPE = "/subscriptions/1"
HERE = SourcePos(MANIFEST, 7, 7)
TRUST, OTHER = Trust("https://i", "s", "a"), Trust("https://i", "s-2", "a")
BOUNDED = AssignmentDetails("x", "2.0")


def only_change(
    *,
    credential: tuple[Trust | None, Trust | None] = (None, None),
    role: tuple[AssignmentDetails | None, dict[str, str | None] | None] = (None, None),
) -> Change:
    """The change of one credential or one role: what lives, and what is listed."""
    live, trust = credential
    given, details = role
    entry = listed(
        "id-a",
        federated_credentials=[] if trust is None else [DesiredCredential("c", trust, HERE)],
        role_assignments=[]
        if details is None
        else [DesiredAssignment("Reader", SCOPE, HERE, tuple(sorted(details.items())))],
    )
    access = Access(
        {
            resource_id("id-a"): ()
            if live is None
            else (FederatedCredential(CredentialId(resource_id("id-a"), "c"), live),)
        },
        {resource_id("id-a"): () if given is None else (RoleAssignment("n", SCOPE, READER.guid, "p", given),)},
        {role_key("Reader", SCOPE): RoleLookup("Reader", SCOPE, (READER,))},
    )
    (change,) = diff_access(compare(desired_group(entry), live_group("id-a")), access).access()
    return change


@pytest.mark.parametrize(
    ("live", "listed_trust", "new"),
    [(None, TRUST, True), (TRUST, OTHER, True), (TRUST, TRUST, False), (TRUST, None, False)],
    ids=["create", "update", "no-op", "delete"],
)
def test_trust_is_new_where_somebody_can_sign_in_who_could_not(
    live: Trust | None, listed_trust: Trust | None, new: bool
) -> None:
    change = only_change(credential=(live, listed_trust))

    assert (is_new_trust(change), is_wider_role(change)) == (new, False)


@pytest.mark.parametrize(
    ("live", "details", "action", "wider"),
    [
        (None, {}, Action.CREATE, True),
        (None, {"condition": "x", "condition_version": "2.0"}, Action.CREATE, True),
        (NO_DETAILS, {}, Action.NO_OP, False),
        (BOUNDED, {}, Action.NO_OP, False),
        (BOUNDED, {"condition": None, "condition_version": None}, Action.UPDATE, True),
        (BOUNDED, {"condition": "y", "condition_version": "2.0"}, Action.UPDATE, True),
        (NO_DETAILS, {"condition": "x", "condition_version": "2.0"}, Action.UPDATE, False),
        (BOUNDED, {"description": "text"}, Action.UPDATE, False),
    ],
    ids=str,
)
def test_role_is_wider_where_it_is_given_or_loses_what_narrowed_it(
    live: AssignmentDetails | None, details: dict[str, str | None], action: Action, wider: bool
) -> None:
    change = only_change(role=(live, details))

    assert change.action is action
    assert (is_wider_role(change), is_new_trust(change)) == (wider, False)


def test_change_of_a_listed_role_knows_what_it_gives() -> None:
    change = only_change(role=(None, {}))

    assert is_wider_role(change)
    assert change.definition == READER


@pytest.mark.parametrize(
    ("live", "listed_trust", "said"), [(TRUST, None, True), (TRUST, OTHER, False), (None, TRUST, False)]
)
@pytest.mark.parametrize("refused", [False, True])
def test_plan_that_takes_away_says_what_that_does_not_end(
    live: Trust | None, listed_trust: Trust | None, *, said: bool, refused: bool
) -> None:
    change = only_change(credential=(live, listed_trust))
    held_back = (Violation("x", None, "m", "h", (change.resource_id,)),) if refused else ()
    group = replace(compare(desired_group("id-a"), live_group("id-a")).groups[0], access=(change,))  # type: ignore[arg-type]
    plan = make_plan(
        Desired((desired_group("id-a"),)),
        live_of(live_group("id-a")),
        Changes((group,), judged_on=TODAY),
        held_back,
        cloud="c",
        targets=(),
    )

    assert revocation_note(plan) == (
        ("What is revoked ends no token: those that are already issued stay valid for up to 24 hours.",)
        if said and not refused
        else ()
    )
