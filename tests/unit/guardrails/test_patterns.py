"""How guardrails compare what others wrote with what is let through."""

import subprocess
import sys

import pytest

from reconciler.guardrails.patterns import (
    is_listed,
    is_location_listed,
    is_plain_scope,
    matches_name,
    matches_scope,
    matches_subject,
)
from reconciler.model.ids import is_guid
from tests.steps import HANG_S

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-00000000000a"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-data"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-a"


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("id-web", "id-web", True),
        ("ID-Web", "id-wEB", True),
        ("id-web-1", "id-web-*", True),
        ("id-web", "id-web-*", False),
        ("xid-web", "id-web", False),
        ("id-web1", "id-web?", True),
        ("id-web1", "id-web[0-9]", True),
        ("id-key", "id-\u212aey", False),
        ("rg-\u212aey", "rg-key", False),
        ("rg-stra\u00dfe", "rg-strasse", False),
        ("rg-gr\u00f6\u00dfe", "RG-gr\u00f6\u00dfe", True),
        ("anything", "*", True),
    ],
)
def test_names_compare_without_case_and_only_ascii_has_one(name: str, pattern: str, expected: bool) -> None:
    assert matches_name(name, (pattern,)) is expected


def test_no_pattern_matches_nothing() -> None:
    assert not matches_name("id-web", ())
    assert not matches_subject("a", ())
    assert not matches_scope(GROUP, ())


@pytest.mark.parametrize(
    ("subject", "pattern", "expected"),
    [
        ("repo:o/r:environment:prod", "repo:o/r:environment:prod", True),
        ("repo:o/r:environment:Prod", "repo:o/r:environment:prod", False),
        ("repo:o/r:environment:prod-eu", "repo:o/r:environment:prod-*", True),
        ("repo:o/r:environment:prod-", "repo:o/r:environment:prod-*", True),
        ("repo:o/r:environment:prod-eu:x", "repo:o/r:environment:prod-*", False),
        ("repo:o/r:environment:prod-a/b", "repo:o/r:environment:prod-*", False),
        ("repo:o/evil:environment:prod", "repo:o/*:environment:prod", True),
        ("repo:o/r:ref:refs/heads/x:environment:prod", "repo:o/*:environment:prod", False),
        ("repo:o/r:environment:prod", "*", False),
        ("repo:o/r", "repo/o:r", False),
        ("repo:\u043e/r", "repo:*/r", False),
        ("a\nb", "a*b", False),
        ("a?b", "a?b", True),
        ("axb", "a?b", False),
        ("a[x]b", "a[x]b", True),
        ("axb", "a[x]b", False),
    ],
)
def test_subjects_compare_exactly_and_a_star_stays_between_colons_and_slashes(
    subject: str, pattern: str, expected: bool
) -> None:
    assert matches_subject(subject, (pattern,)) is expected


@pytest.mark.parametrize(
    ("scope", "pattern", "expected"),
    [
        (GROUP, GROUP, True),
        (GROUP.upper(), GROUP, True),
        (f"{GROUP}/", GROUP, True),
        (VAULT, GROUP, False),
        (VAULT, f"{GROUP}/**", True),
        (GROUP, f"{GROUP}/**", True),
        (f"{GROUP}-2", f"{GROUP}/**", False),
        (SUBSCRIPTION, f"{GROUP}/**", False),
        (GROUP, f"{SUBSCRIPTION}/resourceGroups/rg-*", True),
        (VAULT, f"{SUBSCRIPTION}/resourceGroups/rg-*", False),
        (VAULT, f"{SUBSCRIPTION}/resourceGroups/rg-*/providers/*/vaults/kv-?", False),
        (VAULT, f"{SUBSCRIPTION}/resourceGroups/rg-*/providers/*/vaults/kv-*", True),
        (f"{GROUP}/../rg-other", f"{GROUP}/**", False),
        (f"{GROUP}/./x", f"{GROUP}/**", False),
        (f"{GROUP}//x", f"{GROUP}/**", False),
        (f"{GROUP}/%2e%2e/x", f"{GROUP}/**", False),
    ],
)
def test_scopes_compare_segment_by_segment(scope: str, pattern: str, expected: bool) -> None:
    assert matches_scope(scope, (pattern,)) is expected


@pytest.mark.parametrize(
    "scope",
    [
        "/",
        "",
        "/subscriptions",
        "/subscriptions/",
        "/providers/Microsoft.Management/managementGroups/m",
        "subscriptions/a",
    ],
)
def test_what_is_in_no_subscription_is_no_plain_scope(scope: str) -> None:
    assert not is_plain_scope(scope)


def test_regions_compare_by_name_and_display_name() -> None:
    assert is_location_listed("West Europe", ("northeurope", "westeurope"))
    assert not is_location_listed("westus", ("West Europe",))


def test_ids_compare_without_case() -> None:
    assert is_listed("ABC", ("abc",))
    assert not is_listed("abcd", ("abc",))


@pytest.mark.parametrize(
    ("role", "expected"), [("8E3AF657-a8ff-443c-a75c-2fe8c4bcb635", True), ("Owner", False), ("8e3af657", False)]
)
def test_guid_of_a_role_is_told_from_its_name(role: str, expected: bool) -> None:
    assert is_guid(role) is expected


def test_many_stars_are_never_tried_in_all_the_ways_in_which_they_could_match() -> None:
    """Which would take longer than the world stands, inside of one call: only another process can end that."""
    program = (
        "from reconciler.guardrails.patterns import matches_name, matches_subject\n"
        "patterns = ('*a' * 200 + '*b',)\n"
        "print(matches_subject('a' * 600, patterns), matches_name('a' * 600, patterns))"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=HANG_S, check=True)

    assert ended.stdout == "False False\n"
