"""What identities share, and what is left at each of them."""

from reconciler.export.choose import LiveIdentity
from reconciler.export.express import express
from reconciler.export.lift import entry_of, find_shared, name_parts
from reconciler.manifest.yaml.document import Plain
from tests.builders import group_id
from tests.unit.export.listing import CLUSTER, PLAIN, SUBSCRIPTION_SCOPE, credential, identity, role


def lifted(*identities: LiveIdentity) -> tuple[dict[str, Plain], list[Plain]]:
    """Defaults and entries."""
    expressed = express(group_id(), identities, PLAIN)
    shared = find_shared(expressed)
    return shared.defaults, [entry_of(one, shared) for one in expressed]


def test_tags_of_all_are_shared_and_others_are_not() -> None:
    assert lifted(
        identity("id-a", tags={"Env": "prod", "team": "x"}),
        identity("id-b", tags={"env": "prod"}),
        identity("id-c", tags={"Env": "test", "team": "x"}, location="northeurope"),
    ) == (
        {"location": "westeurope", "tags": {"Env": "prod"}},
        [
            {"name": "id-a", "tags": {"team": "x"}},
            "id-b",
            {"name": "id-c", "location": "northeurope", "tags": {"Env": "test", "team": "x"}},
        ],
    )


def test_one_identity_shares_its_location_alone() -> None:
    assert lifted(identity("id-a", tags={"env": "prod"}, roles=[role("Reader")])) == (
        {"location": "westeurope"},
        [
            {
                "name": "id-a",
                "tags": {"env": "prod"},
                "roleAssignments": [{"role": "Reader", "scope": "subscription"}],
            }
        ],
    )


def test_credentials_and_roles_of_all_are_shared_with_the_name_of_each_as_a_variable() -> None:
    both = [
        identity(
            name,
            tags={"uami-protect": "true"},
            trusts=[credential(name, "aks", f"system:serviceaccount:n:{name}"), *own],
            roles=[role("Reader"), role("Owner")],
        )
        for name, own in (("id-a", []), ("id-b", [credential("id-b", "other", "s")]))
    ]

    form = {"issuer": CLUSTER, "namespace": "n", "serviceAccount": "${identity.name}"}
    assert lifted(*both) == (
        {
            "location": "westeurope",
            "protect": True,
            "federatedCredentials": [{"name": "aks", "kubernetes": form}],
            "roleAssignments": [{"roles": ["Owner", "Reader"], "scope": "subscription"}],
        },
        ["id-a", {"name": "id-b", "federatedCredentials": [{"name": "other", "issuer": CLUSTER, "subject": "s"}]}],
    )


def test_text_that_looks_like_the_variable_is_not_it() -> None:
    defaults, _ = lifted(
        identity("id-a", trusts=[credential("id-a", "ci", "${identity.name}")]),
        identity("id-b", trusts=[credential("id-b", "ci", "id-b")]),
    )

    assert defaults == {"location": "westeurope"}


def test_roles_are_not_shared_where_one_identity_does_not_manage_them() -> None:
    defaults, _ = lifted(identity("id-a", roles=[role("Reader")]), identity("id-b", roles=None))

    assert defaults == {"location": "westeurope"}


def test_issuers_get_names_where_they_are_long_or_used_twice() -> None:
    long = f"https://{'x' * 60}.example"
    some = express(
        group_id(),
        [
            identity("id-a", trusts=[credential("id-a", "aks", "system:serviceaccount:n:a")]),
            identity("id-b", trusts=[credential("id-b", "aks", "system:serviceaccount:n:b", "https://once.example")]),
        ],
        PLAIN,
    )
    more = express(
        group_id(),
        [
            identity("id-c", trusts=[credential("id-c", "aks", "system:serviceaccount:n:c", long)]),
            identity("id-d", trusts=[credential("id-d", "aks", "system:serviceaccount:n:d")]),
        ],
        PLAIN,
    )

    assert name_parts(some, "X") == {}
    assert name_parts(more, "X") == {long: "cluster"}
    assert name_parts([*some, *more], "X") == {CLUSTER: "cluster1", long: "cluster2"}


def test_places_of_resources_get_the_name_of_their_type() -> None:
    place = f"{SUBSCRIPTION_SCOPE}/resourceGroups/rg-a/providers/Microsoft.Storage/storageAccounts"
    other = place.replace("rg-a", "rg-b")
    some = express(
        group_id(),
        [
            identity("id-a", roles=[role("Reader", f"{place}/one"), role("Owner", f"{other}/x")]),
            identity("id-b", roles=[role("Reader", f"{place}/two"), role("Reader", SUBSCRIPTION_SCOPE)]),
        ],
        PLAIN,
    )

    assert name_parts(some, "X") == {place: "storageAccounts"}
    assert name_parts(some, "storageAccounts") == {place: "storageAccounts1"}
    assert name_parts([*some, *some], "X") == {place: "storageAccounts1", other: "storageAccounts2"}
