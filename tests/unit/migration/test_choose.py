"""Which lines are added and removed, and when."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest.desired import DesiredCredential, DesiredIdentity
from reconciler.migration.choose import Live, Proposal, Step, propose, with_ids
from reconciler.migration.ids import RepositoryIds
from reconciler.model import CredentialId, FederatedCredential, Part, Trust
from tests.builders import TODAY, listed, resource_id

GITHUB = "https://token.actions.githubusercontent.com"
AUDIENCE = "api://AzureADTokenExchange"
IDS = {"contoso/app": RepositoryIds(12, 34)}
OLD, NEW = "repo:contoso/app:pull_request", "repo:contoso@12/app@34:pull_request"


def credential(name: str, subject: str, line: int = 1, issuer: str = GITHUB) -> DesiredCredential:
    return DesiredCredential(name, Trust(issuer, subject, AUDIENCE), SourcePos("m.yaml", line, 5))


def identity(*credentials: DesiredCredential, name: str = "id-a") -> DesiredIdentity:
    return listed(name, federated_credentials=credentials)


def named(subjects: dict[str, str]) -> Live:
    """What lives at `id-a`, by its names."""
    where = resource_id("id-a")
    found = (
        FederatedCredential(CredentialId(where, name), Trust(GITHUB, of, AUDIENCE)) for name, of in subjects.items()
    )
    return {where: Part(tuple(found))}


def lives(name: str = "id-a", *subjects: str, unread: str | None = None) -> Live:
    found = tuple(
        FederatedCredential(CredentialId(resource_id(name), f"live-{number}"), Trust(GITHUB, subject, AUDIENCE))
        for number, subject in enumerate(subjects)
    )
    return {resource_id(name): Part(found, unread)}


def steps(found: Proposal) -> list[tuple[Step, int, str]]:
    return [(one.step, one.line.line, one.suffix) for one in found.changes]


def test_old_line_gets_a_new_one_beside_it() -> None:
    found = propose([identity(credential("job", OLD))], lives("id-a", OLD), IDS)

    assert (steps(found), found.notes) == ([(Step.ADD, 1, "-ids")], ())


def test_name_that_is_taken_is_passed_over() -> None:
    found = propose([identity(credential("job", OLD), credential("JOB-ids", "x", 2))], {}, IDS)

    assert steps(found) == [(Step.ADD, 1, "-ids2")]


def test_name_that_would_be_too_long_is_left_to_people() -> None:
    found = propose([identity(credential("j" * 117, OLD))], {}, IDS)

    assert steps(found) == []
    too_long = "m.yaml:1:5: with `-ids` at its end the name would be longer than 120 characters, or is taken."
    assert found.notes == (too_long,)


def test_what_has_expired_gets_no_successor() -> None:
    ending = identity(replace(credential("job", OLD), expires=TODAY))

    before, after = (propose([ending], {}, IDS, judged_on=day) for day in (TODAY - timedelta(days=1), TODAY))

    assert (steps(before), steps(after)) == ([(Step.ADD, 1, "-ids")], [])
    assert after.notes == (f"m.yaml:1:5: it has expired on {TODAY}, and is left as it is.",)


def test_name_under_which_something_else_lives_is_passed_over() -> None:
    found = propose([identity(credential("live", OLD))], named({"live": OLD, "LIVE-ids": "other"}), IDS)
    same = propose([identity(credential("live", OLD))], named({"live": OLD, "live-ids": NEW}), IDS)

    assert (steps(found), steps(same)) == ([(Step.ADD, 1, "-ids2")], [(Step.ADD, 1, "-ids")])


def test_new_subject_that_lives_and_is_not_listed_is_left_to_people() -> None:
    found = propose([identity(credential("live", OLD))], named({"live": OLD, "by-hand": NEW}), IDS)

    assert steps(found) == []
    assert "/by-hand has the new subject already, and no line lists it: list it under its own name" in found.notes[0]


def test_old_line_is_removed_only_where_the_new_trust_lives() -> None:
    both = identity(credential("job", OLD), credential("job-ids", NEW, 2))

    waiting, ready = propose([both], lives("id-a", OLD), IDS), propose([both], lives("id-a", OLD, NEW), IDS)

    assert (steps(waiting), len(waiting.notes)) == ([], 1)
    assert waiting.notes[0].endswith(": run `uami apply`.")
    assert (steps(ready), ready.notes) == ([(Step.REMOVE, 1, "")], ())


def test_line_is_needed_until_the_old_one_is_gone_where_what_no_line_lists_is_kept() -> None:
    both = identity(credential("job", OLD), credential("job-ids", NEW, 2))

    there, gone = (
        propose([both], live, IDS, {both.resource_id}) for live in (lives("id-a", OLD, NEW), lives("id-a", NEW))
    )

    assert (steps(there), steps(gone), gone.notes) == ([], [(Step.REMOVE, 1, "")], ())
    assert "write `expires: DATE` on the line" in there.notes[0]


@pytest.mark.parametrize(("others", "added"), [(16, 2), (17, 1), (18, 0)])
def test_limit_is_kept_and_the_rest_waits_for_a_later_round(others: int, added: int) -> None:
    more = [credential(f"c{number}", f"s{number}", 9, "https://oidc.example") for number in range(others)]
    full = identity(credential("a", OLD, 1), credential("b", "repo:contoso/app:environment:x", 2), *more)

    found = propose([full], {}, IDS)

    assert steps(found) == [(Step.ADD, 1, "-ids"), (Step.ADD, 2, "-ids")][:added]
    waiting = ["m.yaml:1:5", "m.yaml:2:5"][added:]
    assert [note.partition(": left for a later round: ")[0] for note in found.notes] == [", ".join(waiting)][
        : 2 - added
    ]


def test_what_lives_and_is_not_listed_counts() -> None:
    found = propose([identity(credential("job", OLD))], lives("id-a", *(f"s{number}" for number in range(19))), IDS)

    assert (steps(found), len(found.notes)) == ([], 1)


def test_default_counts_for_every_identity_that_it_is_given_to() -> None:
    full = [credential(f"c{number}", f"s{number}", 9, "https://oidc.example") for number in range(19)]
    shared = credential("job", OLD)

    found = propose([identity(shared), identity(shared, *full, name="id-b")], {}, IDS)

    assert (steps(found), len(found.notes)) == ([], 1)
    assert "id-b has no room" in found.notes[0]


def test_line_that_stands_for_several_repositories_is_left_to_people() -> None:
    ids = {**IDS, "contoso/web": RepositoryIds(12, 35)}
    first, second = credential("job", OLD), credential("job", "repo:contoso/web:pull_request")

    found = propose([identity(first), identity(second, name="id-b")], {}, ids)

    assert (steps(found), len(found.notes)) == ([], 1)


def test_what_could_not_be_read_is_left_as_it_is() -> None:
    found = propose([identity(credential("job", OLD))], lives("id-a", unread="missing x"), IDS)

    assert (steps(found), len(found.notes)) == ([], 1)


@pytest.mark.parametrize(
    ("subject", "issuer"),
    [
        (NEW, GITHUB),
        ("repo:contoso/other:pull_request", GITHUB),
        ("repository_owner:contoso", GITHUB),
        (OLD, "https://ghes.example/_services/token"),
    ],
)
def test_other_credentials_are_nobodys_business(subject: str, issuer: str) -> None:
    assert propose([identity(credential("job", subject, issuer=issuer))], {}, IDS) == Proposal((), ())


def test_ids_stand_behind_the_names() -> None:
    assert with_ids("contoso/app", RepositoryIds(12, 34)) == "contoso@12/app@34"
