"""What is said of a login, and what to change."""

from reconciler.logins.claims import Claims
from reconciler.logins.compare import compare
from reconciler.logins.verdict import listed_candidates
from reconciler.manifest.desired import Desired, DesiredCredential
from reconciler.model import Trust
from tests.builders import desired_group, listed
from tests.unit.logins.logging_in import AUDIENCE, GITHUB, LINE, MAIN, NOW_S, SUBJECT_LINE, candidate, claims, report


def test_manifest_decides_where_nothing_live_was_read() -> None:
    assert report(claims()).succeeds
    assert [*report(claims()).advice] == []


def test_what_lives_decides_where_it_was_read() -> None:
    live = compare(claims(), [candidate("job", "other", is_live=True)], None, NOW_S)

    found = report(claims(), None, live)

    assert not found.succeeds
    assert [*found.advice] == ["The manifest lists what the token needs, and it does not live yet: run `uami apply`."]


def test_line_to_change_is_named_for_a_subject() -> None:
    token = claims("repo:contoso/app:pull_request")

    assert [*report(token).advice] == [
        "If this workload is to be trusted, write the subject `repo:contoso/app:pull_request` at m.yaml:10:22; if not,"
        " run the workload that the line means."
    ]


def test_line_of_another_workload_is_not_to_be_changed() -> None:
    token = claims("repo:contoso/app:pull_request", issuer="https://gitlab.com")
    slash = claims("repo:contoso/app:pull_request", issuer=f"{GITHUB}/")

    (advice,) = report(token).advice

    assert advice == (
        "None is near: this one is of another issuer and subject, and hardly meant. If this workload is to be trusted,"
        " list a credential of its own, with the issuer `https://gitlab.com` and the subject"
        " `repo:contoso/app:pull_request`."
    )
    assert len([*report(slash).advice]) == 2


def test_audience_and_tenant_are_for_the_login_to_change() -> None:
    token = Claims(GITHUB, MAIN, ("other",))

    found = report(token, compare(token, [candidate("job")], "33333333-3333-3333-3333-333333333333", NOW_S))

    assert [*found.advice] == [
        "Sign in to the tenant 22222222-2222-2222-2222-222222222222, as the identity's (AZURE_TENANT_ID or `tenant-id`"
        " of the login).",
        f"Ask for the token with the audience `{AUDIENCE}`; or change m.yaml:9:11.",
    ]


def test_credential_that_only_lives_is_not_for_the_manifest_to_change() -> None:
    token = Claims(GITHUB, "x", ("other",))
    live = compare(token, [candidate("job", is_live=True, listed=False)], None, NOW_S)

    assert [*report(token, None, live).advice] == [
        "The manifest does not list this one: list a credential there with the subject `x`.",
        f"Ask for the token with the audience `{AUDIENCE}`.",
    ]


def test_manifest_without_credentials_is_told_so() -> None:
    found = report(claims(), compare(claims(), [], None, NOW_S))

    assert [*found.advice] == [
        "No federated credential was compared: list one under `federatedCredentials` of the identity."
    ]


def test_candidates_of_a_manifest_have_the_lines_of_their_fields() -> None:
    one = DesiredCredential("job", Trust(GITHUB, MAIN, AUDIENCE), LINE, places={"subject": SUBJECT_LINE})
    desired = Desired((desired_group(listed("id-a", federated_credentials=(one,)), listed("id-b")),))

    (found,) = listed_candidates(desired)

    assert (found.place, dict(found.places)["subject"], dict(found.places)["issuer"]) == (LINE, SUBJECT_LINE, LINE)
    assert (found.credential_id.address.rpartition("/")[2], found.tenant) == ("job", None)
