"""Which credential a token matches, or misses by least, and in what."""

import pytest

from reconciler.errors import SourcePos
from reconciler.logins.claims import Claims
from reconciler.logins.compare import Candidate, Field, compare, time_text
from reconciler.model import CredentialId, Trust
from tests.builders import TENANT, resource_id
from tests.unit.logins.logging_in import AUDIENCE, GITHUB, LINE, MAIN, NOW_S, SUBJECT_LINE, candidate, claims


def test_match_has_no_nearest_miss() -> None:
    found = compare(claims(), [candidate("b"), candidate("a"), candidate("c", "other")], TENANT, NOW_S)

    assert [one.credential_id.name for one in found.matches] == ["a", "b"]
    assert (found.nearest, found.timing, found.compared, found.succeeds) == (None, (), 3, True)


def test_nearest_has_the_fewest_fields_then_the_most_claims_then_the_most_characters() -> None:
    others = [candidate("x", "repo:contoso/web:pull_request"), candidate("z", "repo:contoso/ap:ref:refs/heads/main")]
    token = claims("repo:contoso/app:ref:refs/heads/Main")

    found = compare(token, [*others, candidate("near")], None, NOW_S)

    assert found.nearest is not None
    assert found.nearest.candidate.credential_id.name == "near"
    (difference,) = found.nearest.differences
    assert (difference.field, difference.code, difference.place) == (Field.SUBJECT, "AADSTS7002138", SUBJECT_LINE)
    assert (difference.token_spans, difference.credential_spans) == (((32, 33),), ((32, 33),))


def test_code_is_of_the_whole_identity_and_the_nearest_is_what_helps() -> None:
    slash = candidate("slash", issuer=f"{GITHUB}/")
    other = candidate("other", "repo:contoso/web:pull_request")

    found = compare(claims(), [slash, other], None, NOW_S)

    assert found.nearest is not None
    assert [one.field for one in found.nearest.differences] == [Field.ISSUER]
    assert (found.nearest.candidate, found.nearest.code) == (slash, "AADSTS700213")


def test_of_equally_near_ones_that_is_the_nearest_which_fails_last() -> None:
    issuer = candidate("a", issuer=f"{GITHUB}/")
    audience = Candidate(CredentialId(resource_id("id-a"), "b"), Trust(GITHUB, MAIN, "api://other"))

    found = compare(claims(), [issuer, audience], None, NOW_S)

    assert found.nearest is not None
    assert (found.nearest.candidate, found.nearest.code) == (audience, "AADSTS700212")


def test_every_field_that_differs_is_named_in_order() -> None:
    token = Claims("https://other.example", "x", ("y",), NOW_S + 1)

    found = compare(token, [candidate("job")], "33333333-3333-3333-3333-333333333333", NOW_S)

    assert found.nearest is not None
    assert [(one.field, one.code, one.place) for one in found.nearest.differences] == [
        (Field.TENANT, "AADSTS700016", LINE),
        (Field.ISSUER, "AADSTS700211", LINE),
        (Field.SUBJECT, "AADSTS700213", SUBJECT_LINE),
        (Field.AUDIENCE, "AADSTS700212", LINE),
    ]


def test_one_of_several_audiences_is_enough_and_tenants_compare_without_case() -> None:
    token = Claims(GITHUB, MAIN, ("other", AUDIENCE))

    assert compare(token, [candidate("job")], TENANT.upper(), NOW_S).succeeds


@pytest.mark.parametrize(
    ("expires_at", "not_before", "fields"),
    [
        (NOW_S, None, [Field.EXPIRY]),
        (NOW_S + 1, None, []),
        (None, NOW_S + 1, [Field.NOT_BEFORE]),
        (None, NOW_S, []),
        (NOW_S - 7200, NOW_S + 120, [Field.EXPIRY, Field.NOT_BEFORE]),
    ],
)
def test_token_is_good_from_its_beginning_until_before_its_end(
    expires_at: int | None, not_before: int | None, fields: list[Field]
) -> None:
    found = compare(Claims(GITHUB, MAIN, (AUDIENCE,), expires_at, not_before), [candidate("job")], None, NOW_S)

    assert [one.field for one in found.timing] == fields
    assert (found.succeeds, len(found.matches)) == (not fields, 1)


@pytest.mark.parametrize(
    ("ago_s", "text"),
    [(0, "0 seconds"), (1, "1 second"), (119, "119 seconds"), (150, "2 minutes"), (86_400 * 3, "3 days")],
)
def test_how_long_ago_a_token_ended_is_said(ago_s: int, text: str) -> None:
    (timing,) = compare(claims(exp=NOW_S - ago_s), [], None, NOW_S).timing

    assert timing.why.startswith(f"the token had ended {text} before: ")


def test_nothing_to_compare_with_is_no_match() -> None:
    found = compare(claims(), [], None, NOW_S)

    assert (found.nearest, found.compared, found.succeeds) == (None, 0, False)


def test_place_of_what_no_manifest_says_is_none() -> None:
    assert candidate("job", listed=False).place_of(Field.SUBJECT) is None
    assert candidate("job").place_of(Field.ISSUER) == SourcePos("m.yaml", 9, 11)


def test_time_is_shown_in_utc() -> None:
    assert time_text(NOW_S) == "2027-01-15T08:00:00Z"
    assert time_text(-62_135_596_800) == "0001-01-01T00:00:00Z"
