"""When a principal is called gone, and when nothing is said of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.live.orphans.judge import (
    YOUNG_S,
    DirectoryLook,
    Evidence,
    Gone,
    Holder,
    NotJudged,
    Reason,
    gains_nothing,
    judge,
    judge_all,
)
from reconciler.model.access import AssignmentDetails, RoleAssignment
from reconciler.model.ids import ResourceId
from tests.builders import live_identity, resource_id
from tests.unit.live.orphans.judging import DAY_S, NOW_S, PRINCIPAL, holder, role

ID = resource_id("id-a")
KEY = PRINCIPAL.casefold()
MISSED = Evidence(NOW_S, directory=DirectoryLook(missing=frozenset({KEY}), apart=", 30s apart"))
"""The directory was asked twice and did not know it."""
KNOWN = Evidence(NOW_S, directory=DirectoryLook(known=frozenset({KEY})))
UNREAD = Evidence(NOW_S, directory=DirectoryLook(not_read="missing Directory.Read.All in Microsoft Graph"))
BLIND = Evidence(NOW_S)


def with_identity(evidence: Evidence, principal_id: str | None) -> Evidence:
    """The same where ARM says which principal `id-a` has; None that it does not exist."""
    found = None if principal_id is None else live_identity("id-a", principal_id=principal_id)
    return replace(evidence, identities={ID: found})


def reason(found: Gone | NotJudged | None) -> Reason | None:
    return found.reason if isinstance(found, NotJudged) else None


def test_who_was_missing_twice_is_gone() -> None:
    assert judge(holder(), MISSED) == Gone(
        holder(), None, None, "Microsoft Graph did not know it, asked twice, 30s apart"
    )


YOUNG = holder(role(NOW_S - 180.0))
UNCONFIRMED = "only a journal that was named says which identity it was, and Microsoft Graph cannot confirm it: "


@pytest.mark.parametrize(
    ("who", "evidence", "doubt"),
    [
        (holder(), MISSED, ""),
        (holder(), UNREAD, "not read, because missing Directory.Read.All in Microsoft Graph"),
        (holder(), BLIND, "not read, because Microsoft Graph showed no service principal at all: that needs"),
        (YOUNG, MISSED, "given 3 minutes ago, and the directory may not know it yet"),
    ],
    ids=["missed", "unread", "blind", "young"],
)
@pytest.mark.parametrize("now", [None, "new"])
def test_word_of_somebody_else_is_doubted_where_the_directory_does_not_confirm_it(
    who: Holder, evidence: Evidence, doubt: str, now: str | None
) -> None:
    own = judge(replace(who, identity=ID), with_identity(evidence, now))
    hearsay = judge(replace(who, identity=ID, is_hearsay=True), with_identity(evidence, now))

    assert isinstance(own, Gone)
    assert isinstance(hearsay, Gone)
    assert own.doubt == ""
    assert hearsay.doubt.startswith(UNCONFIRMED + doubt if doubt else "")
    assert bool(hearsay.doubt) is bool(doubt)


@pytest.mark.parametrize(
    ("who", "now", "expected"),
    [
        (holder(identity=ID), None, True),
        (holder(identity=ID), "new", True),
        (holder(identity=ID), PRINCIPAL, True),
        (replace(holder(identity=ID), is_hearsay=True), None, False),
        (holder(), None, False),
        (YOUNG, None, True),
    ],
    ids=["gone", "again", "there", "hearsay", "unknown", "young"],
)
def test_second_look_is_for_those_of_whom_it_tells_more(who: Holder, now: str | None, expected: bool) -> None:
    assert gains_nothing(who, with_identity(Evidence(NOW_S), now)) is expected


def test_who_is_known_or_of_an_identity_that_lives_is_not() -> None:
    listed = replace(MISSED, living=frozenset({KEY}))

    assert judge(holder(), KNOWN) is None
    assert judge(replace(holder(), principal_id=PRINCIPAL.upper()), listed) is None
    assert judge(holder(identity=ID), with_identity(MISSED, PRINCIPAL.upper())) is None


@pytest.mark.parametrize("evidence", [MISSED, UNREAD, BLIND], ids=["missed", "unread", "blind"])
def test_identity_that_does_not_exist_proves_it_without_the_directory(evidence: Evidence) -> None:
    said = "a journal says which identity it was, and that does not exist"

    assert judge(holder(identity=ID), with_identity(evidence, None)) == Gone(holder(identity=ID), ID, None, said)


@pytest.mark.parametrize("evidence", [MISSED, UNREAD, BLIND], ids=["missed", "unread", "blind"])
def test_identity_with_another_principal_proves_it_too(evidence: Evidence) -> None:
    said = "a journal says which identity it was, and that has another principal now"

    assert judge(holder(identity=ID), with_identity(evidence, "new")) == Gone(holder(identity=ID), ID, "new", said)


@pytest.mark.parametrize("now", [None, "new"])
def test_journal_proves_nothing_against_a_directory_that_knows_the_principal(now: str | None) -> None:
    assert reason(judge(holder(identity=ID), with_identity(KNOWN, now))) is Reason.STILL_KNOWN


def test_identity_that_could_not_be_read_says_nothing() -> None:
    assert reason(judge(holder(identity=ID), UNREAD)) is Reason.NOT_READ
    found = judge(holder(identity=ID), MISSED)
    assert isinstance(found, Gone)
    assert found.identity == ID


@pytest.mark.parametrize(
    ("roles", "because"),
    [
        ((role(principal_type="ForeignGroup"),), "a group of another tenant, whose directory is not asked"),
        ((role(principal_type=""),), "ARM calls it nothing, which is not looked up"),
        (
            (role(), role(principal_type="User")),
            "ARM calls it ServicePrincipal, User, which is not looked up",
        ),
        (
            (role(), role(details=AssignmentDetails(delegated_managed_identity_resource_id="/x"))),
            "given on behalf of another tenant, whose directory is not asked",
        ),
        ((role(principal_type="Robot"),), "ARM calls it Robot, which is not looked up"),
    ],
)
def test_who_is_of_no_directory_here_is_not_judged(roles: tuple[RoleAssignment, ...], because: str) -> None:
    one = holder(*roles)

    assert judge(one, MISSED) == NotJudged(one, Reason.ELSEWHERE, because)


def test_id_that_is_none_is_not_judged() -> None:
    found = judge(holder(principal_id="principal"), BLIND)

    assert isinstance(found, NotJudged)
    assert found.because == "its id is none of a principal"


def test_user_is_no_identity_whatever_a_journal_says() -> None:
    one = holder(role(principal_type="User"), identity=ID)

    assert reason(judge(one, with_identity(UNREAD, None))) is Reason.NOT_READ


@pytest.mark.parametrize(
    ("ages_s", "because"),
    [
        ((180.0,), "given 3 minutes ago, and the directory may not know it yet"),
        ((YOUNG_S - 1, 5.0), "given 59 minutes ago, and the directory may not know it yet"),
        ((None,), "ARM does not say when its roles were given, and the directory may not know it yet"),
    ],
)
def test_who_may_be_young_is_not_judged(ages_s: tuple[float | None, ...], because: str) -> None:
    one = holder(*(role(None if age_s is None else NOW_S - age_s) for age_s in ages_s))

    assert judge(one, MISSED) == NotJudged(one, Reason.YOUNG, because)


def test_one_old_role_says_that_a_principal_is_old() -> None:
    assert isinstance(judge(holder(role(None), role(NOW_S - 5), role(NOW_S - DAY_S)), MISSED), Gone)


def test_without_the_time_of_arm_nobody_is_old() -> None:
    assert reason(judge(holder(), replace(MISSED, now_s=None))) is Reason.YOUNG


def test_young_principal_whose_identity_is_gone_is_gone() -> None:
    assert isinstance(judge(holder(role(NOW_S - 5), identity=ID), with_identity(UNREAD, None)), Gone)


@pytest.mark.parametrize(
    ("principal_type", "name"), [("ServicePrincipal", "service principal"), ("User", "user"), ("Group", "group")]
)
def test_directory_that_showed_nobody_of_the_type_proves_nothing(principal_type: str, name: str) -> None:
    one = holder(role(principal_type=principal_type))

    assert judge(one, BLIND) == NotJudged(
        one,
        Reason.NOT_READ,
        f"not read, because Microsoft Graph showed no {name} at all: that needs Directory.Read.All",
    )


def test_directory_that_was_not_read_is_said_with_its_reason() -> None:
    assert judge(holder(), UNREAD) == NotJudged(
        holder(), Reason.NOT_READ, "not read, because missing Directory.Read.All in Microsoft Graph"
    )


def test_all_are_judged_in_their_order() -> None:
    living = holder(principal_id="0b2c0000-0000-4000-8000-00000000000b")
    foreign = holder(role(principal_type="ForeignGroup"))

    gone, not_judged = judge_all([foreign, living, holder()], replace(MISSED, living=frozenset({living.key})))

    assert ([one.holder for one in gone], [one.holder for one in not_judged]) == ([holder()], [foreign])


IDENTITIES: st.SearchStrategy[dict[ResourceId, str | None]] = st.dictionaries(
    st.just(ID), st.sampled_from([None, PRINCIPAL, "new"]), max_size=1
)
KEYS = st.frozensets(st.just(KEY))
LOOKS = st.builds(DirectoryLook, KEYS, KEYS, st.sampled_from(["", "no token"]))
TYPES = st.sampled_from(["ServicePrincipal", "User", "ForeignGroup", ""])


@given(
    roles=st.lists(st.tuples(st.one_of(st.none(), st.floats(0, 9_000)), TYPES), min_size=1, max_size=3),
    identity=st.sampled_from([None, ID]),
    arm=IDENTITIES,
    living=KEYS,
    look=LOOKS,
)
def test_nobody_is_called_gone_without_a_proof(
    roles: list[tuple[float | None, str]],
    identity: ResourceId | None,
    arm: dict[ResourceId, str | None],
    living: frozenset[str],
    look: DirectoryLook,
) -> None:
    one: Holder = holder(*(role(None if age is None else NOW_S - age, kind) for age, kind in roles), identity=identity)
    now = {key: None if who is None else live_identity("id-a", principal_id=who) for key, who in arm.items()}

    found = judge(one, Evidence(NOW_S, living, now, look))

    if isinstance(found, Gone):
        assert KEY not in living | look.known
        by_arm = identity is not None and arm.get(identity, PRINCIPAL) != PRINCIPAL
        by_directory = KEY in look.missing and not look.not_read and not one.is_young(NOW_S)
        assert by_arm or by_directory
        assert not one.elsewhere
