"""Whose orphans are, in which order they stand, and what the counts say."""

import pytest

from reconciler.journal.known import KnownPrincipals
from reconciler.model.orphan import Orphan
from reconciler.outputs.orphans.report import Whose, journal_words
from tests.builders import OTHER_SUBSCRIPTION, SUBSCRIPTION, resource_id
from tests.unit.outputs.orphans.reports import ABOVE, FOREIGN, NOT_JUDGED, OURS, UNMARKED, USERS, orphan, report


@pytest.mark.parametrize(
    ("one", "whose"),
    [
        (OURS, Whose.OURS),
        (FOREIGN, Whose.OTHER_OWNER),
        (UNMARKED, Whose.UNMARKED),
        (ABOVE, Whose.OTHERS),
        (USERS, Whose.OTHERS),
    ],
)
def test_orphan_is_of_whom_its_mark_or_name_says(one: Orphan, whose: Whose) -> None:
    assert report(one).whose(one) is whose


def test_ours_come_first_among_principals_and_among_roles() -> None:
    assert report(USERS, ABOVE, FOREIGN, OURS).by_principal == ((OURS, ABOVE, FOREIGN), (USERS,))


def test_only_what_stands_above_the_subscription_is_called_so() -> None:
    found = report(OURS, FOREIGN, ABOVE)

    assert [found.is_above(one) for one in (OURS, FOREIGN, ABOVE)] == [False, False, True]


def test_identity_of_another_subscription_is_named_whole() -> None:
    elsewhere = Orphan(
        OURS.assignment, "Reader", "ServicePrincipal", resource_id("id-a", "rg-x", OTHER_SUBSCRIPTION), None, True, ""
    )

    assert [report().name(one) for one in (OURS, elsewhere, USERS)] == [
        "rg-app/id-a",
        f"{OTHER_SUBSCRIPTION}/rg-x/id-a",
        USERS.assignment.principal_id,
    ]


def test_scopes_are_said_in_few_words() -> None:
    assert [report().scope(one) for one in (OURS, FOREIGN, ABOVE, orphan(scope="/"))] == [
        "rg-app",
        "subscription Payments",
        "management group contoso",
        "the root scope /",
    ]


def test_age_that_is_not_known_is_said_to_be() -> None:
    assert (report().age(OURS), report().age(USERS)) == ("given 3 days ago", "given at an unknown time")


@pytest.mark.parametrize(
    ("orphans", "totals"),
    [
        ((), "Orphans: none."),
        ((OURS,), "Orphans: 1 role assignment of 1 principal; 1 is ours."),
        ((OURS, ABOVE, USERS), "Orphans: 3 role assignments of 2 principals; 1 is ours."),
        ((ABOVE,), "Orphans: 1 role assignment of 1 principal; 0 are ours."),
    ],
)
def test_totals_count_what_is_ours(orphans: tuple[Orphan, ...], totals: str) -> None:
    assert report(*orphans).totals == totals


def test_what_was_not_judged_is_counted() -> None:
    whole = report(not_judged=(NOT_JUDGED,))

    assert report().looked_at == "Looked at: 40 role assignments of 12 principals."
    assert whole.looked_at == "Looked at: 40 role assignments of 12 principals; 1 principal not judged."
    assert list(whole.not_judged) == [
        ("1 principal with 1 role assignment: its id is none of a principal", ("principal-z",))
    ]


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (KnownPrincipals(), "0 of this place read"),
        (
            KnownPrincipals(read=2, elsewhere=1, unreadable=3, left_out=4),
            "2 of this place read, 1 of another place or tenant, 3 that cannot be read, 4 older ones left out",
        ),
    ],
)
def test_journals_are_counted_by_what_became_of_them(known: KnownPrincipals, words: str) -> None:
    assert journal_words(known) == words


def test_builders_speak_of_one_subscription() -> None:
    assert report().subscription.subscription_id == SUBSCRIPTION
