"""What guardrails say of what a run takes away."""

import pytest

from reconciler.errors import SourcePos
from reconciler.guardrails.deletes import check_deletes, check_protection, check_revokes
from reconciler.manifest.desired import DesiredCredential, RemovalAllowance
from reconciler.model import PROTECT_TAG, Access, CredentialId, FederatedCredential, Trust
from reconciler.plan import Changes
from reconciler.plan.diff_access import diff_access
from tests.builders import (
    SUBSCRIPTION,
    compare,
    desired_group,
    listed,
    live_group,
    live_identity,
    removed,
    resource_id,
)
from tests.unit.guardrails.rails import rails


def deleting(*extras: str, **removals: tuple[RemovalAllowance, ...] | str) -> Changes:
    """Deletes of extras, and of what `remove` names: with a principal, or with these guards lifted."""
    entries = [
        removed(name, principal_id=of) if isinstance(of, str) else removed(name, *of) for name, of in removals.items()
    ]
    return compare(desired_group("kept", remove=entries), live_group("kept", *extras, *removals))


@pytest.mark.parametrize(
    ("line", "changes", "found"),
    [
        ("deletes: {}", deleting("one", gone=()), []),
        ("deletes: {onlyNamed: true}", deleting(gone=()), []),
        ("deletes: {onlyNamed: false}", deleting("one"), []),
        ("deletes: {onlyNamed: true}", deleting("one", gone=()), [("deletes.onlyNamed", "rg-app/one", ["one"])]),
        ("deletes: {onlyNamed: true}", deleting("one", "two"), [("deletes.onlyNamed", "rg-app", ["one", "two"])]),
        ("deletes: {pinned: true}", deleting("one", gone="principal-of-gone"), []),
        ("deletes: {pinned: true}", deleting(gone=()), [("deletes.pinned", "rg-app/gone", ["gone"])]),
        ("deletes: {maxPerRun: 2}", deleting("one", gone=()), []),
        ("deletes: {maxPerRun: 1}", deleting("one", gone=()), [("deletes.maxPerRun", "", ["gone", "one"])]),
        ("deletes: {maxPerRun: 0}", deleting(gone=()), [("deletes.maxPerRun", "", ["gone"])]),
        ("deletes: {allow: [in-use]}", deleting(gone=(RemovalAllowance.IN_USE,)), []),
        (
            "deletes: {allow: [in-use]}",
            deleting(gone=(RemovalAllowance.IN_USE, RemovalAllowance.TRUSTED)),
            [("deletes.allow", "rg-app/gone", ["gone"])],
        ),
    ],
)
def test_deletes_are_refused_where_a_rule_is_broken(
    line: str, changes: Changes, found: list[tuple[str, str, list[str]]]
) -> None:
    violations = list(check_deletes(rails(line), changes))

    assert [
        (one.message.split(": ")[1], one.address.removeprefix(f"{SUBSCRIPTION}/"), sorted(map(name_of, one.refused)))
        for one in violations
    ] == found


def name_of(resource: object) -> str:
    return str(resource).rpartition("/")[2]


def test_removal_that_is_done_already_breaks_no_rule() -> None:
    changes = compare(desired_group("kept", remove=[removed("gone", RemovalAllowance.TRUSTED)]), live_group("kept"))

    assert list(check_deletes(rails("deletes: {pinned: true, allow: [], maxPerRun: 0}"), changes)) == []


def test_names_of_many_deletes_are_told_in_one_refusal() -> None:
    names = [f"id-{number:02}" for number in range(12)]

    (violation,) = check_deletes(rails("deletes: {onlyNamed: true}"), deleting(*names))

    assert violation.message.startswith("g.yaml:2: deletes.onlyNamed: 12 identities would be deleted that no entry of")
    assert violation.message.endswith("rg-app/id-09 and 2 more")


def revoking(count: int, *, goes: bool = False) -> Changes:
    """Unlisted credentials of an identity that stays, or that goes with them."""
    identity = resource_id("id-api")
    entry = listed("id-api", federated_credentials=[DesiredCredential("kept", trust("kept"), SourcePos("a", 1, 1))])
    live = [credential("kept"), *(credential(f"extra-{number}") for number in range(count))]
    group = desired_group("other") if goes else desired_group("other", entry)
    return diff_access(compare(group, live_group("other", live_identity("id-api"))), Access({identity: tuple(live)}))


def trust(subject: str) -> Trust:
    return Trust("https://issuer.example", subject, "audience")


def credential(name: str) -> FederatedCredential:
    return FederatedCredential(CredentialId(resource_id("id-api"), name), trust(name))


@pytest.mark.parametrize(
    ("most", "count", "goes", "refused"), [(2, 2, False, 0), (2, 3, False, 3), (0, 1, False, 1), (0, 3, True, 0)]
)
def test_revokes_are_counted_where_their_identity_stays(most: int, count: int, goes: bool, refused: int) -> None:
    violations = list(check_revokes(rails(f"revokes: {{maxPerRun: {most}}}"), revoking(count, goes=goes)))

    assert [len(one.refused) for one in violations] == ([refused] if refused else [])
    assert list(check_revokes(rails(), revoking(count, goes=goes))) == []


@pytest.mark.parametrize(
    ("protect", "tags", "line", "refused"),
    [
        (False, {PROTECT_TAG: "true"}, "protect: {lift: false}", True),
        (False, {PROTECT_TAG: "false"}, "protect: {lift: false}", True),
        (False, {}, "protect: {lift: false}", False),
        (None, {PROTECT_TAG: "true"}, "protect: {lift: false}", False),
        (True, {}, "protect: {lift: false}", False),
        (False, {PROTECT_TAG: "true"}, "protect: {lift: true}", False),
        (False, {PROTECT_TAG: "true"}, "protect: {}", False),
    ],
)
def test_protection_is_not_taken_away(protect: bool | None, tags: dict[str, str], line: str, refused: bool) -> None:
    changes = compare(
        desired_group(listed("id-api", protect=protect, tags={"a": "b"})),
        live_group(live_identity("id-api", tags=tags)),
    )

    violations = list(check_protection(rails(line), changes))

    assert [one.refused for one in violations] == ([(resource_id("id-api"),)] if refused else [])
