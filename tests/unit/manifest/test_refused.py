"""What manifests refuse, by the path of what is refused."""

from reconciler.manifest.refused import find_refused, why_no_owner
from reconciler.manifest.yaml.document import Plain
from tests.builders import SUBSCRIPTION


def manifest(*identities: Plain) -> dict[str, Plain]:
    """A manifest with these entries."""
    return {
        "version": 1,
        "subscription": SUBSCRIPTION,
        "policy": {"identities": "merge", "roleAssignments": "merge"},
        "resourceGroups": {"rg-a": {"identities": [*identities]}},
    }


def test_nothing_is_refused_of_a_manifest() -> None:
    assert find_refused(manifest("id-a", {"name": "id-b", "tags": {"a": "${NAME}"}})) == {}


def test_each_thing_is_refused_where_it_stands() -> None:
    refused = find_refused(
        manifest(
            {"name": "id-a", "tags": {"azure-x": "1", "ok": "2"}},
            {
                "name": "id-b",
                "federatedCredentials": [
                    {"name": "ok-1", "issuer": "https://i.example", "subject": "s"},
                    {"name": "no-1", "issuer": "http://i.example", "subject": "t"},
                ],
            },
        )
    )

    entries = ("resourceGroups", "rg-a", "identities")
    assert set(refused) == {(*entries, 0, "tags", "azure-x"), (*entries, 1, "federatedCredentials", 1, "issuer")}


def test_owner_that_no_manifest_can_have_is_refused_with_why() -> None:
    assert [why_no_owner(one) for one in ("team-a", "contoso/orders#prod")] == [None, None]
    assert why_no_owner("team-a ") == "`team-a ` is not an owner"
