"""Whatever manifest, live state, flags, token and guardrails say: nothing outside of the guardrails would be written.

What is outside is said here a second time, in words of the contract and without the guardrails' own code.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import SourcePos
from reconciler.guardrails import Facts, judge_changes
from reconciler.guards import Allowance, Allowances, Runner, judge
from reconciler.guards.allowances import LIFTED_BY_ALLOW
from reconciler.manifest.desired import Desired, DesiredAssignment, DesiredCredential, RemovalAllowance
from reconciler.model import (
    OWNER_TAG,
    PROTECT_TAG,
    Access,
    AssignmentDetails,
    CredentialId,
    FederatedCredential,
    GivenRole,
    HeldRoles,
    Impact,
    Impacts,
    PlannedAssignment,
    ResourceId,
    RoleAssignment,
    RoleDefinition,
    RoleLookup,
    Tags,
    Trust,
    identity_of,
    role_key,
)
from reconciler.plan import Action, AssignmentChange, Change, Changes, CredentialChange, IdentityChange, Plan, make_plan
from reconciler.plan.diff_access import diff_access
from reconciler.plan.diff_identities import diff_states
from tests.builders import (
    SUBSCRIPTION,
    TENANT,
    TODAY,
    address,
    desired_group,
    listed,
    live_group,
    live_identity,
    live_of,
    removed,
    resource_id,
)
from tests.strategies import GROUPS, OWNERS, World, worlds_with_access
from tests.unit.guardrails.rails import rails

_SCOPE = "/subscriptions/00000000-0000-0000-0000-000000000009"
_GUIDS = {"Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7", "Owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}
_NAMES = ("id-api", "id-job", "id-old", "aks-pool")


@dataclass(frozen=True, slots=True)
class Rules:
    """Guardrails in the tests' own words; None for a key that is absent."""

    tenant: str | None
    subscriptions: tuple[str, ...] | None
    groups: tuple[str, ...] | None
    denied: tuple[str, ...] | None
    owners: tuple[str, ...] | None
    locations: tuple[str, ...] | None
    trusted: tuple[str, ...] | None
    roles: tuple[str, ...] | None
    needs_condition: bool
    only_named: bool
    pinned: bool
    most_deletes: int | None
    allow: tuple[str, ...] | None
    most_revokes: int | None
    keeps_protection: bool

    def lines(self) -> Iterator[str]:
        """The file that says so."""
        lists = {
            "tenant": self.tenant,
            "subscriptions": _listed(self.subscriptions),
            "resourceGroups": _listed(self.groups),
            "identities": None if self.denied is None else f"{{deny: {_listed(self.denied)}}}",
            "owners": _listed(self.owners),
            "locations": _listed(self.locations),
        }
        yield from (f"{key}: {value}" for key, value in lists.items() if value is not None)
        if self.trusted is not None:
            names = _listed(self.trusted)
            yield f"trust: [{{identities: {names}, issuer: 'https://issuer.example', subjects: ['subject-fic-a']}}]"
        if self.roles is not None:
            more = ", condition: required" if self.needs_condition else ""
            entries = (f"{{identities: ['*'], role: {one}, scopes: ['{_SCOPE}']{more}}}" for one in self.roles)
            yield f"roles: [{', '.join(entries)}]"
        deletes = [f"onlyNamed: {_word(self.only_named)}", f"pinned: {_word(self.pinned)}"]
        deletes += [] if self.most_deletes is None else [f"maxPerRun: {self.most_deletes}"]
        deletes += [] if self.allow is None else [f"allow: {_listed(self.allow)}"]
        yield f"deletes: {{{', '.join(deletes)}}}"
        if self.most_revokes is not None:
            yield f"revokes: {{maxPerRun: {self.most_revokes}}}"
        yield f"protect: {{lift: {_word(not self.keeps_protection)}}}"


def _listed(values: tuple[str, ...] | None) -> str | None:
    return None if values is None else f"[{', '.join(repr(one) for one in values)}]"


def _word(value: bool) -> str:
    return str(value).lower()


OPEN = Rules(
    tenant=TENANT,
    subscriptions=(SUBSCRIPTION,),
    groups=GROUPS,
    denied=(),
    owners=None,
    locations=("westeurope", "northeurope"),
    trusted=None,
    roles=("Reader", "Owner"),
    needs_condition=False,
    only_named=False,
    pinned=False,
    most_deletes=None,
    allow=None,
    most_revokes=None,
    keeps_protection=False,
)
"""Lets everything of the generated worlds through."""

LIMITS: tuple[dict[str, object], ...] = (
    {"tenant": "00000000-0000-0000-0000-00000000000b"},
    {"subscriptions": ()},
    {"groups": GROUPS[:1]},
    {"denied": ("aks-*", "ID-API")},
    {"owners": OWNERS[:1]},
    {"locations": ("northeurope",)},
    {"trusted": ("id-api",)},
    {"trusted": ("*",)},
    {"roles": None},
    {"roles": ("Reader",)},
    {"roles": (_GUIDS["Owner"],)},
    {"needs_condition": True},
    {"only_named": True},
    {"pinned": True},
    {"most_deletes": 0},
    {"most_deletes": 1},
    {"allow": ("in-use",)},
    {"most_revokes": 0},
    {"most_revokes": 1},
    {"keeps_protection": True},
)
MANY = settings(max_examples=100)


_OWNER = OWNERS[0]
_HERE = SourcePos("a.yaml", 1, 1)
_TRUSTS = {name: Trust("https://issuer.example", f"subject-{name}", "audience") for name in ("fic-a", "fic-b")}
_FEW = st.sampled_from([(), ("fic-a",), ("fic-b",), ("fic-a", "fic-b")])
_GIVEN = st.sampled_from([(), ("Reader",), ("Owner",)])


@dataclass(frozen=True, slots=True)
class Fate:
    """What a manifest does with an identity, what it lists for it, and what it has."""

    what: str
    trusts: tuple[str, ...]
    roles: tuple[str, ...]
    live_trusts: tuple[str, ...]
    live_roles: tuple[str, ...]
    protect: bool | None
    location: str


_FATES = st.builds(
    Fate,
    st.sampled_from(["listed", "listed", "listed", "new", "extra", "removed", "pinned"]),
    _FEW,
    _GIVEN,
    _FEW,
    _GIVEN,
    st.sampled_from([None, False]),
    st.sampled_from(["westeurope", "northeurope"]),
)


@st.composite
def busy_worlds(draw: st.DrawFn) -> World:
    """Identities to each of which something happens, so that every rule has something to refuse."""
    entries, removals, lives = [], [], []
    credentials: dict[ResourceId, tuple[FederatedCredential, ...]] = {}
    assignments: dict[ResourceId, tuple[RoleAssignment, ...]] = {}
    for name in _NAMES:
        drawn = draw(_FATES)
        fate, identity = drawn.what, resource_id(name)
        if fate in ("listed", "new"):
            listed_trusts = [DesiredCredential(one, _TRUSTS[one], _HERE) for one in drawn.trusts]
            listed_roles = [DesiredAssignment(one, _SCOPE, _HERE) for one in drawn.roles]
            place = drawn.location if fate == "new" else None
            entries.append(
                listed(
                    name,
                    location=place,
                    protect=drawn.protect,
                    federated_credentials=listed_trusts,
                    role_assignments=listed_roles,
                )
            )
        elif fate != "extra":
            pin = f"principal-of-{name}" if fate == "pinned" else None
            removals.append(removed(name, RemovalAllowance.TRUSTED, principal_id=pin))
        if fate != "new":
            # What is protected is deleted by no run.
            protected = {PROTECT_TAG: "true"} if fate == "listed" else {}
            lives.append(live_identity(name, tags={OWNER_TAG: _OWNER, **protected}))
            credentials[identity] = tuple(
                FederatedCredential(CredentialId(identity, one), _TRUSTS[one]) for one in drawn.live_trusts
            )
            assignments[identity] = tuple(
                RoleAssignment("by-hand", _SCOPE, _GUIDS[one], f"principal-of-{name}") for one in drawn.live_roles
            )
    lookups = {
        role_key(name, _SCOPE): RoleLookup(name, _SCOPE, (RoleDefinition(guid, name),)) for name, guid in _GUIDS.items()
    }
    group = desired_group(*entries, owner=_OWNER, remove=removals)
    return World(Desired((group,)), live_of(live_group(*lives)), Access(credentials, assignments, lookups))


WORLDS = st.one_of(busy_worlds(), busy_worlds(), busy_worlds(), worlds_with_access())


def limited() -> Iterator[Rules]:
    """Each limit for itself: where everything is refused by one rule, no other has its turn."""
    return (replace(OPEN, **limit) for limit in LIMITS)  # type: ignore[arg-type]


_CHILDREN = (
    *(f"federatedCredentials/{name}" for name in ("fic-a", "fic-b")),
    *(f"roleAssignments/{role}@{_SCOPE}" for role in _GUIDS),
)
EVERY_FLAG = Allowances(
    tuple(
        Allowance(code, value)
        for code in LIFTED_BY_ALLOW
        for value in (
            *OWNERS,
            *GROUPS,
            *(f"{address(name, group)}/{one}" for name in _NAMES for group in GROUPS for one in _CHILDREN),
        )
    ),
    max_deletes=1000,
    max_delete_percent=100,
    max_revokes=1000,
)
RUNNERS = st.sampled_from([Runner(), Runner(), Runner("principal-of-id-api"), Runner("x", "client-of-id-old"), None])


def compared(world: World) -> Changes:
    """The whole comparison; nothing uses what is to go."""
    changes = diff_access(diff_states(world.desired, world.live, judged_on=TODAY), world.access)
    going = (one.resource_id for one in changes.identities() if one.action is Action.DELETE)
    held = {
        identity: tuple(GivenRole(one, None) for one in roles) for identity, roles in world.access.assignments.items()
    }
    return changes.with_impacts(Impacts({one: Impact() for one in going}, held_roles=HeldRoles(held)))


def plan_world(world: World, rules: Rules, runner: Runner | None, tenant: str) -> Plan:
    """The plan of a generated world under guardrails, with every flag that lifts something."""
    changes = compared(world)
    facts = Facts((tenant,), runner, world.access.lookups)
    refused = judge_changes((rails(*rules.lines()),), changes, facts)
    verdict = judge(changes, EVERY_FLAG, runner=runner, also=refused)
    return make_plan(world.desired, world.live, changes, verdict, cloud="AzureCloud", targets=())


@MANY
@given(WORLDS, RUNNERS, st.sampled_from([TENANT, TENANT, TENANT, ""]))
def test_nothing_outside_of_the_guardrails_would_be_written(world: World, runner: Runner | None, tenant: str) -> None:
    for rules in limited():
        plan = plan_world(world, rules, runner, tenant)

        wrong = [
            (change.resource_id.address, reason)
            for change in plan.applicable
            for reason in objections(change, rules, runner, tenant, world)
        ]
        assert (rules, wrong, too_many(plan, rules)) == (rules, [], [])


@MANY
@given(WORLDS, RUNNERS)
def test_guardrails_hold_nothing_back_but_what_is_outside_of_them(world: World, runner: Runner | None) -> None:
    changes = compared(world)
    for rules in limited():
        refused = {
            one
            for violation in judge_changes(
                (rails(*rules.lines()),), changes, Facts((TENANT,), runner, world.access.lookups)
            )
            if "maxPerRun" not in violation.message
            for one in violation.refused
        }

        inside = [change for change in changes if not objections(change, rules, runner, TENANT, world)]
        assert (rules, {change.resource_id for change in inside} & refused) == (rules, set())


def objections(change: Change, rules: Rules, runner: Runner | None, tenant: str, world: World) -> list[str]:
    """Why the contract forbids a change; a no-op is none."""
    if change.action is Action.NO_OP:
        return []
    group, name = change.group, identity_of(change.resource_id).name
    reasons = {
        "tenant": rules.tenant is not None and tenant != rules.tenant,
        "subscription": rules.subscriptions is not None and group.group_id.subscription_id not in rules.subscriptions,
        "group": rules.groups is not None and group.group_id.resource_group not in rules.groups,
        "owner": rules.owners is not None and group.owner not in rules.owners,
        "denied": rules.denied is not None and any(_is_like(name, one) for one in rules.denied),
    }
    match change:
        case IdentityChange():
            reasons |= _of_identity(change, rules)
        case CredentialChange():
            reasons |= _of_credential(change, name, rules, world)
        case AssignmentChange() if change.action is not Action.DELETE and not _marks_only(change):
            reasons["role"] = change.resource_id.role_guid not in _guids(rules)
            reasons["condition"] = rules.needs_condition and not (change.after and change.after.details.condition)
        case _:
            pass
    if not isinstance(change, IdentityChange) and change.identity is not None and not _marks_only(change):
        live = change.identity
        ours = {(live.principal_id.casefold(), "principal"), (live.client_id.casefold(), "client")}
        is_own = runner is not None and bool(ours & {(runner.object_id, "principal"), (runner.client_id, "client")})
        reasons["own"] = is_own or (runner is None and change.action is not Action.DELETE)
    return [reason for reason, holds in reasons.items() if holds]


def _marks_only(change: Change) -> bool:
    """Whether a role lives as it will be, but for the mark of its owner: nobody can do more or less afterwards."""
    match change:
        case AssignmentChange(
            before=RoleAssignment(details=AssignmentDetails() as live), after=PlannedAssignment() as new
        ):
            return new.details == replace(live, owner=new.details.owner)
    return False


def _of_identity(change: IdentityChange, rules: Rules) -> dict[str, bool]:
    deletes, removal = change.action is Action.DELETE, change.removal
    created = change.after.location if change.action is Action.CREATE and change.after else ""
    lost = (change.before.tags if change.before else Tags(), change.after.tags if change.after else Tags())
    return {
        "location": created != "" and rules.locations is not None and created not in rules.locations,
        "not named": deletes and rules.only_named and removal is None,
        "not pinned": deletes and rules.pinned and removal is not None and removal.principal_id is None,
        "lifts": deletes
        and removal is not None
        and rules.allow is not None
        and not set(removal.allow) <= set(rules.allow),
        "protection": not deletes
        and rules.keeps_protection
        and "uami-protect" in lost[0]
        and "uami-protect" not in lost[1],
    }


def _of_credential(change: CredentialChange, name: str, rules: Rules, world: World) -> dict[str, bool]:
    if change.action is Action.DELETE or change.after is None:
        return {}
    held = world.access.assignments.get(change.resource_id.identity, ())
    subject = change.after.subject
    fits = rules.trusted is None or (any(_is_like(name, one) for one in rules.trusted) and subject == "subject-fic-a")
    return {
        "trust": not fits,
        "held roles": any(
            one.role_guid not in _guids(rules) or (rules.needs_condition and not one.condition) for one in held
        ),
    }


def _guids(rules: Rules) -> set[str]:
    return {_GUIDS.get(one, one) for one in rules.roles or ()}


def _is_like(name: str, pattern: str) -> bool:
    if pattern.endswith("*"):
        return name.casefold().startswith(pattern[:-1].casefold())
    return name.casefold() == pattern.casefold()


def too_many(plan: Plan, rules: Rules) -> list[str]:
    """Which limits a plan would go over."""
    deletes = [one for one in plan.applicable if isinstance(one, IdentityChange) and one.action is Action.DELETE]
    going = {one.resource_id for one in deletes}
    revokes = [
        one
        for one in plan.applicable
        if isinstance(one, CredentialChange | AssignmentChange)
        and one.action is Action.DELETE
        and one.resource_id.identity not in going
    ]
    return [
        name
        for name, found, most in (("deletes", deletes, rules.most_deletes), ("revokes", revokes, rules.most_revokes))
        if most is not None and len(found) > most
    ]
