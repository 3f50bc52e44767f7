"""What a manifest gives for a time only, and when that is warned about."""

from datetime import date

import pytest

from reconciler.manifest.desired import Desired
from reconciler.manifest.expiry.soon import DAYS_AHEAD, EXPIRES_SOON, Ahead, find_expiring, role_id
from reconciler.manifest.findings import UNUSED, find_accepted, find_doubts
from reconciler.model.ids import AssignmentId, CredentialId
from tests.builders import SUBSCRIPTION, resource_id
from tests.unit.manifest.manifests import load_text

END = date(2027, 1, 31)
ACCEPT = "accept: [{code: expires-soon, reason: known}]"


def desired(accept: str = "accept: []", expires: str = "expires: 2027-01-31", default: str = "[]") -> Desired:
    trust = "issuer: https://issuer.example, subject: s"
    return load_text(
        f"""\
version: 1
subscription: {SUBSCRIPTION}
owner: me
defaults: {{roleAssignments: {default}}}
resourceGroups:
  rg-app:
    identities:
      - name: id-api
        federatedCredentials: [{{name: guest, {trust}, {expires}, {accept}}}]
        roleAssignments: [{{role: Reader, scope: rg-app}}]
"""
    )


@pytest.mark.parametrize(
    ("today", "days", "is_covered"),
    [
        (date(2027, 1, 16), 14, False),
        (date(2027, 1, 17), 14, True),
        (date(2027, 1, 30), 14, True),
        (date(2027, 1, 30), 1, True),
        (date(2027, 1, 30), 0, False),
        (date(2027, 1, 31), 14, False),
        (date(2027, 2, 1), 14, False),
        (date(2027, 1, 1), 999_999, True),
    ],
)
def test_days_ahead_begin_tomorrow_and_end_with_the_last(today: date, days: int, is_covered: bool) -> None:
    assert Ahead(today, days).covers(END) == is_covered


def test_what_never_ends_is_never_ahead() -> None:
    assert not Ahead(END).covers(None)
    assert DAYS_AHEAD == Ahead(END).days == 14


def test_line_that_ends_within_days_is_found_at_its_place() -> None:
    (found,) = find_expiring(desired(), Ahead(date(2027, 1, 20)))

    assert (found.code, found.resource_id) == (EXPIRES_SOON, CredentialId(resource_id("id-api"), "guest"))
    assert (found.pos.line, found.message.partition(":")[0]) == (9, "expires on 2027-01-31")
    assert not [*find_expiring(desired(), Ahead(date(2027, 1, 1)))]


def test_role_of_a_default_is_found_at_the_default() -> None:
    given = desired(
        expires="accept: []", accept="audience: a", default="[{role: Owner, scope: rg-x, expires: 2027-01-31}]"
    )
    (identity,) = given.groups[0].identities
    (role,) = identity.given_assignments

    assert role.expires == END
    assert not [*find_expiring(given, Ahead(END))]


def test_role_is_named_without_the_guid_that_no_manifest_says() -> None:
    (identity,) = desired().groups[0].identities
    (role,) = identity.role_assignments or ()

    assert role_id(identity, role) == AssignmentId(identity.resource_id, "Reader", "", role.scope)


def test_allowance_that_ends_is_warned_about_at_its_removal() -> None:
    text = f"""\
version: 1
subscription: {SUBSCRIPTION}
owner: me
resourceGroups:
  rg-app:
    identities: []
    remove: [{{name: id-old, principalId: {SUBSCRIPTION}, allow: [{{code: in-use, expires: 2027-01-31}}, trusted]}}]
"""
    (found,) = find_expiring(load_text(text), Ahead(date(2027, 1, 30)))

    assert (found.resource_id, found.pos.line) == (resource_id("id-old"), 7)
    assert found.message.startswith("allows in-use until 2027-01-31")


def test_answer_to_a_line_that_ends_is_for_all_of_its_time() -> None:
    answered = desired(ACCEPT)

    for today, accepted in ((date(2026, 1, 1), []), (date(2027, 1, 30), [EXPIRES_SOON]), (date(2027, 2, 1), [])):
        ahead = Ahead(today)
        assert EXPIRES_SOON not in [one.code for one in find_doubts(answered, "", ahead)]
        assert UNUSED not in [one.code for one in find_doubts(answered, "", ahead)]
        assert [one.code for one in find_accepted(answered, "", ahead) if one.code == EXPIRES_SOON] == accepted


def test_answer_to_a_line_that_never_ends_is_for_nothing() -> None:
    found = find_doubts(desired(ACCEPT, expires="audience: a"), "", Ahead(END))

    assert UNUSED in [one.code for one in found]
