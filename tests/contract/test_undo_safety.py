"""Whatever a run did, and whatever others did after it: its undo gives back nothing that was not there."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import assume
from hypothesis import given as when
from hypothesis import strategies as st

from reconciler.guards import Allowance, Allowances
from reconciler.manifest.desired import DesiredGroup, DesiredIdentity, IdentitiesPolicy, Policy
from reconciler.model.identity import OWNER_TAG
from reconciler.sandbox.state.kinds import FederatedCredential, RoleAssignment
from reconciler.sandbox.state.state import Contents, Identity
from reconciler.workflow.apply import ApplyOptions, planned, run_apply
from tests.builders import desired_group, listed
from tests.contract.access import (
    CONTRIBUTOR,
    IN_GROUP,
    IN_SUBSCRIPTION,
    OWNER,
    READER,
    full_plan,
    given,
    lives,
    role,
    trusts,
    with_roles,
    with_trusts,
)
from tests.contract.applying import Run
from tests.contract.arm import Arm, contents, in_process
from tests.contract.journaling import apply_with_journal, undo_of
from tests.strategies import FEW_EXAMPLES

NAMES = ("id-a", "id-b", "id-c")
ROLES = {"Reader": READER, "Contributor": CONTRIBUTOR}
SCOPES = (IN_GROUP, IN_SUBSCRIPTION)
CONDITION = "@Resource[Microsoft.Storage/storageAccounts:name] StringEquals 'data'"

EVERYTHING = Allowances(
    tuple(Allowance(code, "rg-app") for code in ("in-use", "trusted", "use-unknown", "foreign-owner"))
    + tuple(
        Allowance("grant", f"rg-app/{name}{child}")
        for name in NAMES
        for child in ("", *(f"/federatedCredentials/fic-{one}" for one in "ab"))
    ),
    max_deletes=1000,
    max_delete_percent=100,
    max_revokes=1000,
)

Details = Mapping[str, str | None]
Right = tuple[str, str, str, str | None, str | None]
"""Identity, role, scope, condition and description of a role assignment."""


@dataclass(frozen=True, slots=True)
class Rights:
    """Who may become which identity, and what each may do; by names, since an identity made again has new ids."""

    trust: frozenset[tuple[str, str, str | None]]
    roles: frozenset[Right]

    def __or__(self, other: "Rights") -> "Rights":
        return Rights(self.trust | other.trust, self.roles | other.roles)

    def __le__(self, other: "Rights") -> bool:
        return self.trust <= other.trust and self.roles <= other.roles


def rights_in(arm: Arm) -> Rights:
    """What the emulator keeps now; roles of principals that are gone give nobody anything."""
    found = arm.application.state.contents()
    names = {one.principal_id: one.name for one in found.of(Identity)}
    return Rights(
        frozenset((one.identity_id.rpartition("/")[2], one.name, one.subject) for one in found.of(FederatedCredential)),
        frozenset(
            (names[one.principal_id], one.role_definition_id[-36:], one.scope, one.condition, one.description)
            for one in found.of(RoleAssignment)
            if one.principal_id in names
        ),
    )


_subjects = st.dictionaries(st.sampled_from(["fic-a", "fic-b"]), st.sampled_from(["s-1", "s-2", "s-3"])).filter(
    lambda drawn: len(set(drawn.values())) == len(drawn)
)
_given = st.sets(st.tuples(st.sampled_from(sorted(ROLES)), st.sampled_from(SCOPES)))


@st.composite
def _starts(draw: st.DrawFn) -> Contents:
    """Identities with credentials and roles; some roles are ours, some have a condition."""
    names = draw(st.sets(st.sampled_from(NAMES)).map(sorted))
    start = contents(*(lives(name, {OWNER_TAG: OWNER} if draw(st.booleans()) else {}) for name in names))
    for name in names:
        start = with_trusts(start, name, draw(_subjects))
        for of_role, scope in sorted(draw(_given)):
            one = given(name, ROLES[of_role], scope, owner=draw(st.sampled_from([OWNER, None])))
            condition = draw(st.sampled_from([None, CONDITION]))
            version = None if condition is None else "2.0"
            start = with_roles(start, replace(one, condition=condition, condition_version=version))
    return start


@st.composite
def _manifests(draw: st.DrawFn) -> DesiredGroup:
    def entry(name: str) -> DesiredIdentity:
        subjects = draw(st.none() | _subjects)
        given_roles = draw(st.none() | _given)
        details: Details = draw(st.sampled_from([{}, {"description": "by uami"}, {"condition": None}]))
        return listed(
            name,
            tags={"env": "prod"} if draw(st.booleans()) else {},
            federated_credentials=None
            if subjects is None
            else trusts(**{fic.replace("-", "_"): subject for fic, subject in sorted(subjects.items())}),
            role_assignments=None
            if given_roles is None
            else [role(of_role, scope, details) for of_role, scope in sorted(given_roles)],
        )

    names = draw(st.sets(st.sampled_from(NAMES)).map(sorted))
    policy = draw(st.sampled_from([IdentitiesPolicy.EXACT, IdentitiesPolicy.OWNED, IdentitiesPolicy.MERGE]))
    return desired_group(*(entry(name) for name in names), owner=OWNER, policy=Policy(identities=policy))


def _meddle(arm: Arm, number: int) -> None:
    """What others do between a run and its undo: take a role or a credential away, or put a condition on a role."""
    state = arm.application.state
    found = state.contents()
    for credential in found.of(FederatedCredential)[: number % 2]:
        state.remove(credential)
    for assignment in found.of(RoleAssignment)[: number % 3]:
        if number % 2:
            state.remove(assignment)
        else:
            state.put(replace(assignment, condition=CONDITION, condition_version="2.0"))


@FEW_EXAMPLES
@when(_starts(), _manifests(), st.integers(0, 5))
def test_undo_gives_back_no_more_than_was_there(start: Contents, wanted: DesiredGroup, meddling: int) -> None:
    with in_process(start) as arm, tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "run.jsonl"
        before = rights_in(arm)
        plan = full_plan(arm, wanted, allowances=EVERYTHING)
        assume(plan.applicable)
        apply_with_journal(arm, plan, journal)
        _meddle(arm, meddling)
        after = rights_in(arm)

        run_apply(
            planned(undo_of(arm, journal, EVERYTHING), arm.azure),
            arm.azure,
            Run(arm).tools(),
            ApplyOptions(skip_refused=True),
            show=lambda _: None,
            confirm=lambda _: None,
        )

        assert rights_in(arm) <= before | after
