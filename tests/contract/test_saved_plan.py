"""A saved plan against the emulator: applied while it is still the plan, told apart and left alone once it is not."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from reconciler.errors import AuthError, ExitCode, PlanStale, UsageError
from reconciler.guards import parse_allowances
from reconciler.model.identity import OWNER_TAG
from reconciler.model.violation import PlanRefused
from reconciler.plan.document import plan_document
from reconciler.sandbox.state.kinds import FederatedCredential, Lock, RoleAssignment
from reconciler.sandbox.state.state import Contents, Identity, ResourceGroup, Subscription
from reconciler.workflow.declare import declare_saved, load_declaration
from reconciler.workflow.plan import run_plan
from tests.builders import OTHER_SUBSCRIPTION, SUBSCRIPTION, TENANT
from tests.contract.access import (
    CONTRIBUTOR,
    IN_SUBSCRIPTION,
    OWNER,
    READER,
    given,
    lives,
    principal_of,
    with_roles,
    with_trusts,
)
from tests.contract.arm import in_process, there
from tests.contract.impact import VM, with_users
from tests.contract.saved import (
    MANIFEST,
    OURS,
    Applying,
    Meddle,
    changed,
    count_by_action,
    declare,
    live,
    plan_file,
    request,
    without,
)


def added(*names: str, tags: Mapping[str, str] = OURS) -> Meddle:
    """Identities more."""
    return lambda start: start.having(Identity, (*start.of(Identity), *(lives(name, tags) for name in names)))


def retagged(name: str, **tags: str) -> Meddle:
    """An identity with these tags and no others but our owner."""
    return changed(name, tags=tuple({**OURS, **tags}.items()))


def trusting(**subjects: str) -> Meddle:
    """`id-api` with these credentials and no others."""
    return lambda start: with_trusts(start.having(FederatedCredential, ()), "id-api", subjects)


def ungranted(role_guid: str, *, ours: bool = True) -> Meddle:
    """A role less, which we gave or others."""
    names = {given(name, role_guid, owner=OWNER if ours else None).name for name in ("id-api", "id-old")}
    return lambda start: start.having(
        RoleAssignment, tuple(one for one in start.of(RoleAssignment) if one.name not in names)
    )


def granted(identity: str, role_guid: str, scope: str = IN_SUBSCRIPTION, owner: str | None = OWNER) -> Meddle:
    """A role more."""
    return lambda start: with_roles(start, given(identity, role_guid, scope, owner=owner))


def conditioned(identity: str, role_guid: str) -> Meddle:
    """A role that we gave, under a condition now."""
    name = given(identity, role_guid, owner=OWNER).name

    def meddle(start: Contents) -> Contents:
        found = start.of(RoleAssignment)
        bounded = (replace(one, condition="x", condition_version="2.0") if one.name == name else one for one in found)
        return start.having(RoleAssignment, tuple(bounded))

    return meddle


def _told(label: str, *messages: str) -> list[tuple[str, str]]:
    return [(label, message) for message in messages]


API, OLD, NEW, SAME = (f"rg-app/id-{name}" for name in ("api", "old", "new", "same"))
IN_GROUP = f"{IN_SUBSCRIPTION}/resourceGroups/rg-app"

MATTERS: dict[str, tuple[Meddle, list[tuple[str, str]]]] = {
    "identity gained": (added("id-extra"), _told("rg-app/id-extra", "is new, and would be deleted")),
    "listed identity gained": (added("id-new"), _told(NEW, "has been created")),
    "extra lost": (
        without("id-old"),
        [
            *_told(OLD, "has been deleted"),
            *_told(f"{OLD}/roleAssignments/Contributor@{IN_GROUP}", "has been deleted"),
        ],
    ),
    "listed identity lost": (without("id-same"), _told(SAME, "has been deleted")),
    "identity re-created": (
        changed("id-same", principal_id=principal_of("another")),
        _told(
            SAME,
            "is another principal: it has been deleted and created again (principal_id was"
            f" '{principal_of('id-same')}', is now '{principal_of('another')}')",
        ),
    ),
    "tag changed": (retagged("id-api", env="dev", team="x"), _told(API, "tags.env was 'test', is now 'dev'")),
    "tag set as wanted": (retagged("id-api", env="prod", team="x"), _told(API, "tags.env was 'test', is now 'prod'")),
    "tag lost": (retagged("id-api", team="x"), _told(API, "tags.env was 'test', is now absent")),
    "unwanted tag gained": (
        retagged("id-api", env="test", team="x", Old="1"),
        _told(API, "tags.old was absent, is now '1'"),
    ),
    "isolation scope changed": (
        changed("id-api", isolation_scope="Regional"),
        _told(API, "isolation_scope was 'None', is now 'Regional'"),
    ),
    "owner changed": (
        changed("id-same", tags=((OWNER_TAG, "team-b"),)),
        [
            *_told(SAME, "tags.uami-owner was 'team-a', is now 'team-b'"),
            *_told(
                SAME,
                "foreign-owner refuses: would update an identity that belongs to 'team-b'; this manifest's"
                " owner is 'team-a'",
            ),
        ],
    ),
    "credential changed": (
        trusting(main="s-else", other="s-other"),
        _told(f"{API}/federatedCredentials/main", "subject was 's-old', is now 's-else'"),
    ),
    "credential gained": (
        trusting(main="s-old", other="s-other", third="s-third"),
        _told(f"{API}/federatedCredentials/third", "is new, and would be deleted"),
    ),
    "unlisted credential lost": (
        trusting(main="s-old"),
        _told(f"{API}/federatedCredentials/other", "has been deleted"),
    ),
    "listed credential lost": (
        trusting(other="s-other"),
        _told(f"{API}/federatedCredentials/main", "has been deleted"),
    ),
    "role lost": (ungranted(READER), _told(f"{API}/roleAssignments/Reader@{IN_GROUP}", "has been deleted")),
    "role gained": (
        granted("id-api", CONTRIBUTOR),
        _told(f"{API}/roleAssignments/Contributor@{IN_SUBSCRIPTION}", "is new, and would be deleted"),
    ),
    "condition gained by a role that goes": (
        conditioned("id-old", CONTRIBUTOR),
        _told(
            f"{OLD}/roleAssignments/Contributor@{IN_GROUP}",
            "condition was absent, is now 'x'",
            "condition_version was absent, is now '2.0'",
        ),
    ),
    "role that others gave an identity that goes": (
        granted("id-old", READER, owner=None),
        _told(f"{OLD}/roleAssignments/Reader@{IN_SUBSCRIPTION}", "is new, and its identity would be deleted"),
    ),
    "role that others took from an identity that goes": (
        ungranted(READER, ours=False),
        _told(f"{OLD}/roleAssignments/Reader@{IN_GROUP}", "is gone, and its identity would be deleted"),
    ),
    "resource that has come to use an identity that goes": (
        lambda start: with_users(start, "id-old", [VM]),
        [
            *_told(OLD, f"impact.attachments.found now has {VM} Microsoft.Compute/virtualMachines"),
            *_told(
                OLD,
                "in-use refuses: in use; attached to 1 resource: virtualMachines vm-a (rg-app)",
            ),
        ],
    ),
    "identity that goes locked": (
        lambda start: start.having(Lock, (Lock(str(there("id-old").resource_id), "keep", "CanNotDelete"),)),
        _told(
            OLD,
            "impact.locks.found now has CanNotDelete keep"
            f" {IN_GROUP.replace('Groups', 'groups')}"
            "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-old",
            "locked refuses: the CanNotDelete lock 'keep' on userAssignedIdentities id-old (rg-app) stops 1 change:"
            " delete rg-app/id-old",
        ),
    ),
    "more deletes than the limit": (
        added("id-x1", "id-x2"),
        [
            *_told("rg-app/id-x1", "is new, and would be deleted"),
            *_told("rg-app/id-x2", "is new, and would be deleted"),
            *_told("", "delete-limit refuses: 3 identities would be deleted in this run, over the limit of 2"),
        ],
    ),
    "resource group elsewhere": (
        lambda start: start.having(
            ResourceGroup, tuple(replace(one, location="northeurope") for one in start.of(ResourceGroup))
        ),
        _told(NEW, "location was 'westeurope', is now 'northeurope'"),
    ),
}
"""By what it is: what happens between plan and apply, and what apply says of it, by address."""


@pytest.mark.parametrize("what", MATTERS)
def test_change_that_matters_is_told_and_nothing_is_done(what: str) -> None:
    meddle, told = MATTERS[what]
    content = plan_file(live())

    with in_process(meddle(live())) as arm:
        applying = Applying(arm)
        with pytest.raises(PlanStale) as stale:
            applying.run(declare(content))

        assert [(one.label, one.message) for one in stale.value.details] == told
        assert stale.value.exit_code == ExitCode.PLAN_STALE
        assert (applying.shown, arm.writes) == ([], [])


DOES_NOT_MATTER: dict[str, Meddle] = {
    "nothing": lambda start: start,
    "tag that is not managed": retagged("id-api", env="test", team="y", more="z"),
    "tag that is not managed, of an identity that stays": retagged("id-same", cost="1"),
    "tag of an identity that goes": retagged("id-old", env="prod"),
    "isolation scope that is not managed": changed("id-same", isolation_scope="Regional"),
    "identity that is ignored": added("aks-other"),
    "ignored identity lost": without("aks-pool"),
    "credential of an identity that lists none": lambda start: with_trusts(start, "id-same", {"fic": "s"}),
    "role of an identity that lists none": granted("id-same", READER),
    "condition of a role whose line names none": conditioned("id-api", READER),
    "role that others gave": granted("id-api", CONTRIBUTOR, owner=None),
    "name of the subscription": lambda start: start.having(
        Subscription, tuple(replace(one, display_name="Renamed") for one in start.of(Subscription))
    ),
}


@pytest.mark.parametrize("what", DOES_NOT_MATTER)
def test_change_that_does_not_matter_stops_nothing(what: str) -> None:
    content = plan_file(live())

    with in_process(DOES_NOT_MATTER[what](live())) as arm:
        result = Applying(arm).run(declare(content))

        assert result.complete
        assert run_plan(load_declaration(request()), arm.azure).applicable == ()


def test_plan_is_shown_whole_before_it_is_applied_and_is_the_one_that_was_saved() -> None:
    declaration = declare(plan_file(live()))

    with in_process(live()) as arm:
        applying = Applying(arm)
        applying.run(declaration)

    (shown,) = applying.shown
    assert declaration.saved is not None
    assert plan_document(shown) == plan_document(declaration.saved)
    assert count_by_action(shown) == {"create": 1, "update": 2, "delete": 3, "no-op": 2}


EXACT = f"""\
version: 1
subscription: {SUBSCRIPTION}
policy: {{identities: exact, tags: exact}}
ignore: {{tags: ["hidden-*"]}}
resourceGroups:
  rg-app: {{identities: [{{name: id-api, tags: {{Env: prod}}}}]}}
"""


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({"env": "test", "hidden-link": "x"}, []),
        ({"ENV": "test"}, []),
        ({"env": "test", "Team": "x"}, [("rg-app/id-api", "tags.team was absent, is now 'x'")]),
        ({"env": "dev"}, [("rg-app/id-api", "tags.Env was 'test', is now 'dev'")]),
    ],
)
def test_tags_under_an_exact_policy_matter_unless_they_are_ignored(
    tags: dict[str, str], told: list[tuple[str, str]]
) -> None:
    def lives_with(tags: dict[str, str]) -> Contents:
        return (
            live().having(Identity, (lives("id-api", tags),)).having(FederatedCredential, ()).having(RoleAssignment, ())
        )

    content = plan_file(lives_with({"env": "test"}), manifest=EXACT)

    with in_process(lives_with(tags)) as arm:
        found: list[tuple[str, str]] = []
        try:
            Applying(arm).run(declare(content))
        except PlanStale as stale:
            found = [(one.label, one.message) for one in stale.details]

    assert found == told


def test_applied_plan_is_stale() -> None:
    content = plan_file(live())

    with in_process(live()) as arm:
        Applying(arm).run(declare(content))
        written = arm.writes
        with pytest.raises(PlanStale):
            Applying(arm).run(declare(content))

        assert arm.writes == written


def test_targets_of_the_plan_are_kept() -> None:
    content = plan_file(live(), targets=("rg-app/id-old",))

    with in_process(live()) as arm:
        Applying(arm).run(declare(content))

        assert sorted(arm.live) == ["rg-app/aks-pool", "rg-app/id-api", "rg-app/id-same"]
        assert arm.live["rg-app/id-api"]["env"] == "test"


def test_target_that_is_gone_makes_the_plan_stale() -> None:
    content = plan_file(live(), targets=("rg-app/id-old",))

    with in_process(without("id-old")(live())) as arm, pytest.raises(PlanStale) as stale:
        Applying(arm).run(declare(content))

    assert stale.value.details[0].message == "has been deleted"


FOREIGN = added("id-theirs", tags={OWNER_TAG: "team-b"})


def test_plan_with_violations_is_refused() -> None:
    content = plan_file(FOREIGN(live()))

    with in_process(FOREIGN(live())) as arm:
        applying = Applying(arm)
        with pytest.raises(PlanRefused):
            applying.run(declare(content))

        assert (len(applying.shown), arm.writes) == (1, [])


def test_plan_with_violations_is_applied_but_for_what_is_refused_on_request() -> None:
    content = plan_file(FOREIGN(live()))

    with in_process(FOREIGN(live())) as arm:
        result = Applying(arm).run(declare(content), skip_refused=True)

        assert result.complete
        assert sorted(arm.live) == [
            f"rg-app/{name}" for name in ("aks-pool", "id-api", "id-new", "id-same", "id-theirs")
        ]


def test_allowance_that_the_plan_did_not_have_makes_it_another_plan() -> None:
    content = plan_file(FOREIGN(live()))
    allowances = parse_allowances(("foreign-owner=team-b",), ())

    with in_process(FOREIGN(live())) as arm, pytest.raises(PlanStale) as stale:
        Applying(arm).run(declare(content, allowances))

    assert [one.label for one in stale.value.details] == ["rg-app/id-theirs"]
    assert "apply needs the same --allow, --max-deletes and --strict as plan" in stale.value.hint


def test_plan_for_another_cloud_or_tenant_is_refused_before_anything_is_asked() -> None:
    saved = declare(plan_file(live())).saved
    assert saved is not None

    messages = []
    for cloud, tenant in (("AzureChinaCloud", None), ("AzureCloud", OTHER_SUBSCRIPTION)):
        with pytest.raises(UsageError) as refusal:
            declare_saved(saved, request(), cloud=cloud, tenant=tenant)
        messages.append(refusal.value.message)

    assert messages == [
        "The plan was made for AzureCloud, and this run is for AzureChinaCloud.",
        f"The plan was made for the tenant {TENANT}, and --tenant names {OTHER_SUBSCRIPTION}.",
    ]


def test_token_of_another_tenant_is_refused_before_anything_is_asked() -> None:
    declaration = declare(plan_file(live()))

    with in_process(live()) as arm:
        azure = replace(arm.azure, token_tenant=lambda: OTHER_SUBSCRIPTION)
        with pytest.raises(AuthError, match="the saved plan is of"):
            run_plan(declaration, azure)

        assert arm.asked == []


def test_subscription_that_has_moved_to_another_tenant_makes_the_plan_stale() -> None:
    content = plan_file(live())

    with in_process(replace(live(), tenant_id=OTHER_SUBSCRIPTION)) as arm, pytest.raises(PlanStale) as stale:
        Applying(arm).run(declare(content))

    assert (stale.value.details[0].label, stale.value.details[0].message) == (
        "",
        f"the tenant was '{TENANT}', is now '{OTHER_SUBSCRIPTION}'",
    )


def test_warnings_about_identities_outside_of_the_plan_are_kept() -> None:
    manifest = MANIFEST + (
        "  rg-other: {identities: [{name: id-far, federatedCredentials: [{name: main, issuer: 'https://issuer.example',"
        " subject: s-new}]}]}\n"
    )
    whole = load_declaration(request(manifest, ("rg-app",)))
    content = plan_file(live(), manifest=manifest, targets=("rg-app",))

    assert declare(content).findings == whole.findings
