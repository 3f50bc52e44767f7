"""Each rule at its edge: the last thing that it lets through, and the first that it does not."""

import pytest

from reconciler.guardrails.model import Guardrails, RoleRule
from reconciler.guardrails.rules import (
    denied_breach,
    entries_for,
    group_breaches,
    location_breach,
    removal_breaches,
    role_breach,
    tenant_breach,
    trust_breach,
)
from reconciler.guardrails.words import Breach
from reconciler.manifest.desired import RemovalAllowance
from reconciler.model import Trust
from tests.builders import SUBSCRIPTION, TENANT, desired_group, removed, resource_id
from tests.unit.guardrails.rails import rails

DATA = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-data"
GITHUB = "https://token.actions.githubusercontent.com"
IDENTITY = resource_id("id-web-1")


def rules(*found: Breach | None) -> list[tuple[str, int]]:
    """Rule and line of each breach."""
    return [(one.rule, one.source.line) for one in found if one is not None]


def test_only_the_tenant_that_is_named_passes_and_one_that_is_not_known_does_not() -> None:
    limited = rails(f"tenant: {TENANT}")

    assert tenant_breach(limited, TENANT.upper()) is None
    assert rules(tenant_breach(limited, SUBSCRIPTION), tenant_breach(limited, "")) == [("tenant", 2)] * 2
    assert tenant_breach(rails(), "") is None


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ((), []),
        ((f"subscriptions: [{SUBSCRIPTION}]", "resourceGroups: [RG-*]", "owners: [us]"), []),
        (("subscriptions: []", "resourceGroups: []", "owners: []"), ["subscriptions", "resourceGroups", "owners"]),
        (("resourceGroups: [rg]", "owners: [US]"), ["resourceGroups", "owners"]),
    ],
)
def test_resource_group_needs_subscription_name_and_owner(lines: tuple[str, ...], found: list[str]) -> None:
    group = desired_group("id-a", owner="us")

    assert [one.rule for one in group_breaches(rails(*lines), group)] == found


def test_manifest_without_an_owner_does_not_pass_where_owners_are_listed() -> None:
    (breach,) = group_breaches(rails("owners: [us]"), desired_group("id-a"))

    assert breach.what == "the manifest has no owner, which is not listed"


def test_denied_identity_is_any_that_a_pattern_matches() -> None:
    limited = rails("identities: {deny: ['ID-web-?']}")

    assert rules(denied_breach(limited, IDENTITY)) == [("identities.deny", 2)]
    assert denied_breach(limited, resource_id("id-web-10")) is None


def test_region_is_one_of_the_list_and_one_that_is_not_known_is_not() -> None:
    limited = rails("locations: [West Europe]")

    assert location_breach(limited, "westeurope") is None
    assert rules(location_breach(limited, "westus"), location_breach(limited, None)) == [("locations", 2)] * 2
    assert location_breach(rails(), None) is None


TRUSTING = rails(
    f"trust: [{{identities: ['id-web-*'], issuer: '{GITHUB}', subjects: ['repo:o/r:environment:prod-*',"
    " 'repo:o/r:x']}]"
)


@pytest.mark.parametrize(
    ("issuer", "subject", "passes"),
    [
        (GITHUB, "repo:o/r:environment:prod-eu", True),
        (GITHUB, "repo:o/r:x", True),
        (GITHUB, "repo:o/r:X", False),
        (GITHUB, "repo:evil/r:environment:prod-eu", False),
        (f"{GITHUB}/", "repo:o/r:x", False),
        (GITHUB.upper(), "repo:o/r:x", False),
        (f"{GITHUB}.evil.example", "repo:o/r:x", False),
        ("https://t\u043eken.actions.githubusercontent.com", "repo:o/r:x", False),
    ],
)
def test_trust_is_of_one_issuer_and_a_subject_that_is_listed(issuer: str, subject: str, passes: bool) -> None:
    breach = trust_breach(TRUSTING, IDENTITY, Trust(issuer, subject, "audience"))

    assert (breach is None) is passes


def test_trust_is_for_the_identities_of_its_entry_alone() -> None:
    trust = Trust(GITHUB, "repo:o/r:x", "audience")

    assert rules(trust_breach(TRUSTING, resource_id("id-api"), trust)) == [("trust", 2)]
    assert trust_breach(rails(), resource_id("id-api"), trust) is None
    assert rules(trust_breach(rails("trust: []"), IDENTITY, trust)) == [("trust", 2)]


GIVING = rails(
    "roles:",
    f"  - {{identities: ['id-web-*'], role: Reader, scopes: ['{DATA}/**']}}",
    f"  - {{identities: ['*'], role: Owner, scopes: ['{DATA}'], condition: required}}",
)


def given(
    guardrails: Guardrails, role: str, scope: str, name: str = "id-web-1", *, has_condition: bool = False
) -> list[tuple[str, int]]:
    """Rule and line of what speaks against a role, by its name."""

    def is_role(entry: RoleRule) -> bool:
        return entry.role == role

    return rules(role_breach(guardrails, resource_id(name), role, scope, is_role, has_condition=has_condition))


@pytest.mark.parametrize(
    ("role", "scope", "name", "found"),
    [
        ("Reader", f"{DATA}/providers/x/y/z", "id-web-1", []),
        ("Reader", DATA.upper(), "ID-WEB-1", []),
        ("Reader", f"/subscriptions/{SUBSCRIPTION}", "id-web-1", [("roles", 2)]),
        ("Reader", DATA, "id-api", [("roles", 2)]),
        ("Contributor", DATA, "id-web-1", [("roles", 2)]),
        ("Owner", DATA, "id-web-1", [("roles", 4)]),
        ("Owner", f"{DATA}/providers/x/y/z", "id-web-1", [("roles", 2)]),
        ("Reader", "/", "id-web-1", [("always", 1)]),
        ("Reader", "/providers/Microsoft.Management/managementGroups/m", "id-web-1", [("always", 1)]),
    ],
)
def test_role_is_given_where_an_entry_has_identity_role_and_scope(
    role: str, scope: str, name: str, found: list[tuple[str, int]]
) -> None:
    assert given(GIVING, role, scope, name) == found


def test_role_that_needs_a_condition_passes_with_one() -> None:
    assert given(GIVING, "Owner", DATA, has_condition=True) == []


def test_entry_without_a_condition_is_enough_beside_one_that_needs_it() -> None:
    both = rails(
        f"roles: [{{identities: ['*'], role: R, scopes: ['{DATA}'], condition: required}},"
        f" {{identities: ['*'], role: R, scopes: ['{DATA}']}}]"
    )

    assert given(both, "R", DATA) == []


def test_without_the_key_no_role_is_given() -> None:
    assert given(rails(), "Reader", DATA) == [("roles", 1)]


def test_no_role_is_given_on_an_identity_that_is_never_touched() -> None:
    host = f"{resource_id('id-uami-x')}"
    everything = rails(
        "identities: {deny: ['id-uami-*']}", "roles: [{identities: ['*'], role: R, scopes: ['/subscriptions/*/**']}]"
    )

    assert given(everything, "R", host) == [("identities.deny", 2)]
    assert given(everything, "R", f"{host}/federatedIdentityCredentials/x") == [("identities.deny", 2)]
    assert given(everything, "R", str(resource_id("id-other"))) == []


def test_entries_are_found_by_identity_and_scope_whatever_their_role() -> None:
    assert [one.role for one in entries_for(GIVING, IDENTITY, DATA)] == ["Reader", "Owner"]
    assert [one.role for one in entries_for(GIVING, resource_id("id-api"), DATA)] == ["Owner"]


def test_entry_of_remove_is_pinned_and_lifts_only_what_it_may() -> None:
    limited = rails("deletes: {pinned: true, allow: [in-use]}")

    loose = removed("id-a", RemovalAllowance.IN_USE, RemovalAllowance.TRUSTED)
    assert [one.rule for one in removal_breaches(limited, loose)] == ["deletes.pinned", "deletes.allow"]
    assert list(removal_breaches(limited, removed("id-a", RemovalAllowance.IN_USE, principal_id="p"))) == []
    assert list(removal_breaches(rails(), loose)) == []
