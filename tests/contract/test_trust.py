"""What a plan says of trust and rights is what a login of those subjects may do, before the apply and after it."""

import time
from dataclasses import dataclass, replace
from itertools import product

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.arm.http.client import OtherService
from reconciler.guards import Allowance, Allowances
from reconciler.live.may_read import MayRead
from reconciler.live.trust.current import read_current_trust
from reconciler.manifest.desired import (
    AssignmentsPolicy,
    CredentialsPolicy,
    Desired,
    DesiredGroup,
    DesiredIdentity,
    Policy,
)
from reconciler.model import AttachedResource, Trust, is_within
from reconciler.plan import Plan, plan_document
from reconciler.plan.trust import Right, TrustRow, Verb, trust_rows
from reconciler.sandbox.login.tokens import encode
from reconciler.sandbox.rules.built_in_roles import BUILT_IN_ROLES
from reconciler.sandbox.state.state import Contents, Grant, Identity
from tests.builders import TENANT, desired_group, listed, resource_id
from tests.contract.access import (
    AUDIENCE,
    CONTRIBUTOR,
    IN_GROUP,
    IN_SUBSCRIPTION,
    ISSUER,
    OWNER,
    READER,
    full_plan,
    lives,
    role,
    trusts,
    with_roles,
    with_trusts,
)
from tests.contract.access import (
    given as given_role,
)
from tests.contract.applying import apply_now
from tests.contract.arm import PIPELINE, Arm, OpenArm, contents, in_process
from tests.contract.faults import ALWAYS, Fault, answer
from tests.contract.impact import GRAPH, VM, with_users

BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
ROLES = {READER: "Reader", CONTRIBUTOR: "Contributor", BLOB_READER: "Storage Blob Data Reader"}
SCOPES = (IN_GROUP, f"{IN_SUBSCRIPTION}/resourceGroups/rg-data", IN_SUBSCRIPTION)
SUBJECTS = ("repo:contoso/app:environment:prod", "repo:contoso/app:ref:refs/heads/main", "system:serviceaccount:a:b")
NAMES = ("github", "deploy")
IDENTITIES = ("id-a", "id-b")
TAGS = {"uami-owner": OWNER}
LOOK = ("Microsoft.Authorization/permissions/read",)
"""What everybody may do, so that whoever has no role can say so."""
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_TRUSTED = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(SUBJECTS), min_size=1, max_size=2).filter(
    lambda trusted: len(set(trusted.values())) == len(trusted)
)
_HELD = st.frozensets(st.tuples(st.sampled_from([*ROLES]), st.sampled_from(SCOPES)), max_size=2)

_MOSTLY = st.sampled_from([True, True, True, False])


@dataclass(frozen=True)
class OneIdentity:
    """How an identity lives, and how a manifest lists it; None for what is not so, or not managed."""

    lives: bool
    trusted: dict[str, str]
    held: frozenset[tuple[str, str]]
    ours: bool
    listed: bool
    wants_trust: dict[str, str] | None
    wants_roles: frozenset[tuple[str, str]] | None


_ONE = st.builds(
    OneIdentity,
    lives=_MOSTLY,
    trusted=st.just({}) | _TRUSTED,
    held=_HELD,
    ours=_MOSTLY,
    listed=_MOSTLY,
    wants_trust=st.none() | st.just({}) | _TRUSTED,
    wants_roles=st.none() | _HELD,
)
_POLICIES = st.builds(
    Policy,
    federated_credentials=st.sampled_from([CredentialsPolicy.EXACT, CredentialsPolicy.MERGE]),
    role_assignments=st.sampled_from([AssignmentsPolicy.OWNED, AssignmentsPolicy.MERGE]),
)


def emulated(worlds: dict[str, OneIdentity]) -> Contents:
    """The live side, where everybody but the pipeline has the roles that they were given, and no other right."""
    living = {name: one for name, one in worlds.items() if one.lives}
    start = contents(*(_identity(name) for name in living), groups=("rg-app", "rg-data"))
    start = replace(start, permissions=(Grant(PIPELINE, "/", ("*",)), Grant("*", "/", LOOK)))
    for name, one in living.items():
        start = with_trusts(start, name, one.trusted)
        owner = OWNER if one.ours else None
        start = with_roles(start, *(given_role(name, guid, scope, owner=owner) for guid, scope in one.held))
    return start


def _identity(name: str) -> Identity:
    number = IDENTITIES.index(name)
    return replace(lives(name, tags=TAGS), client_id=f"cccccccc-0000-4000-8000-00000000000{number}")


def declared(worlds: dict[str, OneIdentity], policy: Policy) -> DesiredGroup:
    """The manifest's side."""
    entries = [_entry(name, one) for name, one in worlds.items() if one.listed]
    return desired_group(*entries, owner=OWNER, default_location="westeurope", policy=policy)


def _entry(name: str, one: OneIdentity) -> DesiredIdentity:
    roles = None if one.wants_roles is None else [role(ROLES[guid], scope) for guid, scope in sorted(one.wants_roles)]
    return listed(
        name,
        federated_credentials=None if one.wants_trust is None else trusts(**one.wants_trust),
        role_assignments=roles,
    )


Rights = dict[str, list[tuple[str, ...]]]
"""By scope, the actions of each permission there."""


def logged_in(arm: Arm, name: str, subject: str) -> Rights | None:
    """What a login as an identity may do by a token for an assertion of this subject; None where there is none."""
    kept = arm.application.state.contents().of(Identity)
    client_id = next((one.client_id for one in kept if one.name == name), None)
    if client_id is None:
        return None
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": subject, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 300}
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_assertion": encode(claims),
        "client_assertion_type": ASSERTION_TYPE,
        "scope": "https://management.azure.com/.default",
    }
    answered = arm.others.post(f"/{TENANT}/oauth2/v2.0/token", data=form, headers={"Content-Type": _FORM})
    if answered.status_code != httpx.codes.OK:
        assert answered.json()["error"] in ("invalid_client", "unauthorized_client", "invalid_request"), answered.text
        return None
    return {scope: _permissions(arm, scope, answered.json()["access_token"]) for scope in SCOPES}


_FORM = "application/x-www-form-urlencoded"


def _permissions(arm: Arm, scope: str, token: str) -> list[tuple[str, ...]]:
    path = f"{scope}/providers/Microsoft.Authorization/permissions"
    answered = arm.others.get(path, params={"api-version": "2022-04-01"}, headers={"Authorization": f"Bearer {token}"})
    assert answered.status_code == httpx.codes.OK, answered.text
    return sorted(actions for one in answered.json()["value"] if (actions := tuple(one["actions"])) != LOOK)


def given_by(rights: set[Right]) -> Rights:
    """The same of rights that a sentence names."""
    actions = {one.guid: one.permissions[0].actions for one in BUILT_IN_ROLES}
    return {scope: sorted(actions[one.role_guid] for one in rights if is_within(scope, one.scope)) for scope in SCOPES}


def everything(arm: Arm) -> dict[tuple[str, str], Rights | None]:
    """Every login of every subject as every identity."""
    return {pair: logged_in(arm, *pair) for pair in product(IDENTITIES, SUBJECTS)}


def rows_of(rows: tuple[TrustRow, ...], name: str, subject: str) -> dict[Verb, TrustRow]:
    """What a plan says of a subject and an identity."""
    trust = Trust(ISSUER, subject, AUDIENCE)
    return {row.verb: row for row in rows if row.who == trust and row.identity == resource_id(name)}


@settings(max_examples=15)
@given(a=_ONE, b=_ONE, policy=_POLICIES, deletes_trusted=st.booleans())
def test_sentences_are_what_logins_may_do(
    a: OneIdentity, b: OneIdentity, policy: Policy, deletes_trusted: bool
) -> None:
    worlds = dict(zip(IDENTITIES, (a, b), strict=True))
    lifted = (Allowance("trusted", "rg-app"),) if deletes_trusted else ()
    allowances = Allowances(lifted, max_deletes=100, max_delete_percent=100, max_revokes=100)
    with in_process(emulated(worlds)) as arm:
        plan = full_plan(arm, declared(worlds, policy), allowances=allowances)
        rows = trust_rows(plan)
        before = everything(arm)
        result = apply_now(arm, plan)
        assert result.complete, [one.because for one in result.results]
        after = everything(arm)

    assert {row.not_read for row in rows} <= {None}
    for (name, subject), old in before.items():
        assert_says(rows_of(rows, name, subject), old, after[name, subject])


def assert_says(said: dict[Verb, TrustRow], old: Rights | None, new: Rights | None) -> None:
    """Whether what a plan says of one subject is what its login may do before and after."""
    if old is None and new is not None:
        assert given_by({*said.pop(Verb.GAINS_TRUST).rights}) == new
    elif old is not None and new is None:
        assert given_by({*said.pop(Verb.LOSES_TRUST).rights}) == old
    elif old is not None and new is not None:
        gained = given_by({*said.pop(Verb.GAINS_RIGHTS).rights}) if Verb.GAINS_RIGHTS in said else {}
        lost = given_by({*said.pop(Verb.LOSES_RIGHTS).rights}) if Verb.LOSES_RIGHTS in said else {}
        for scope in SCOPES:
            assert sorted([*old[scope], *gained.get(scope, [])]) == sorted([*new[scope], *lost.get(scope, [])])
    assert said == {}


PROD = Trust(ISSUER, SUBJECTS[0], AUDIENCE)
VM_A = AttachedResource(VM)
FORBIDDEN = answer(403, "AuthorizationFailed")
GIVES_READER = listed("id-a", role_assignments=[role("Reader")])
NO_RIGHT = "403 AuthorizationFailed"


def said(plan: Plan) -> list[tuple[object, Verb, str | None]]:
    """Who, verb and what was not read of each row."""
    return [(row.who, row.verb, row.not_read) for row in trust_rows(plan)]


def test_role_goes_to_those_that_nobody_manages_and_to_what_is_attached(arm: OpenArm) -> None:
    start = with_users(with_trusts(contents(lives("id-a")), "id-a", {"github": SUBJECTS[0]}), "id-a", [VM])

    plan = full_plan(arm(start), desired_group(GIVES_READER, owner=OWNER))

    assert said(plan) == [
        (PROD, Verb.GAINS_RIGHTS, None),
        (VM_A, Verb.GAINS_RIGHTS, None),
    ]


@pytest.mark.parametrize(
    ("fault", "who", "because"),
    [
        (Fault("GET", "/federatedIdentityCredentials", FORBIDDEN, times=ALWAYS), VM_A, NO_RIGHT),
        (
            Fault("POST", GRAPH, FORBIDDEN, times=ALWAYS),
            PROD,
            f"Resource Graph: {NO_RIGHT}",
        ),
    ],
    ids=["credentials", "attachments"],
)
def test_who_could_not_be_read_is_said_and_is_no_error(arm: OpenArm, fault: Fault, who: object, because: str) -> None:
    start = with_users(with_trusts(contents(lives("id-a")), "id-a", {"github": SUBJECTS[0]}), "id-a", [VM])

    plan = full_plan(arm(start, fault), desired_group(GIVES_READER))

    assert said(plan) == [(who, Verb.GAINS_RIGHTS, None), (None, Verb.GAINS_RIGHTS, because)]


def test_nothing_is_asked_for_a_plan_that_changes_neither(arm: OpenArm) -> None:
    opened = arm(contents(lives("id-a")))

    plan = full_plan(opened, desired_group(listed("id-a", tags={"a": "b"})))

    assert plan_document(plan)["live_trust"] == []
    assert not [path for _, path in opened.asked if path.endswith("/federatedIdentityCredentials") or path == GRAPH]


def test_trust_as_it_lives_is_read_whole(arm: OpenArm) -> None:
    start = with_users(
        with_trusts(contents(lives("id-a"), lives("id-b")), "id-a", {"github": SUBJECTS[0]}), "id-a", [VM]
    )
    opened = arm(with_roles(start, given_role("id-a", READER), given_role("id-a", CONTRIBUTOR, IN_SUBSCRIPTION)))
    identities = opened.read(Desired((desired_group("id-a", "id-b"),))).groups[0].identities

    read = read_current_trust(
        identities, replace(opened.resources, graph=OtherService(why_not="no token")), MayRead(opened.client)
    )

    whole, none = (read[resource_id(name)] for name in ("id-a", "id-b"))
    assert whole.roles is not None and whole.attachments is not None and whole.directory is not None
    assert [one.trust for one in whole.credentials.found] == [PROD]
    assert {(one.role, one.scope) for one in whole.roles.found} == {
        ("Reader", IN_GROUP),
        ("Contributor", IN_SUBSCRIPTION),
    }
    assert whole.attachments.found == (VM_A,)
    assert whole.directory.memberships.not_checked == "no token"
    assert (none.credentials.found, none.roles and none.roles.found) == ((), ())
