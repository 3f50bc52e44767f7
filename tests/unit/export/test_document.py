"""The manifest of a group as a person reads it."""

from reconciler.export.choose import ChosenGroup, Ignored, LiveIdentity, Terms
from reconciler.export.document import ExportedGroup, write_group
from reconciler.manifest.load import load_manifest
from reconciler.model.access import AssignmentDetails
from reconciler.model.identity import ResourceGroup
from tests.builders import SUBSCRIPTION, group_id
from tests.unit.export.listing import OWNED, PLAIN, SUBSCRIPTION_SCOPE, credential, identity, role

HEAD = f"""\
version: 1
subscription: "${{SUBSCRIPTION_ID}}"
vars: {{SUBSCRIPTION_ID: {SUBSCRIPTION}}}
"""
TAGS = """\
  # Managed by Azure: the portal writes such tags for itself, and hides them.
  tags: [hidden-*]
"""


def write(*identities: LiveIdentity, terms: Terms = PLAIN, ignored: tuple[Ignored, ...] = ()) -> ExportedGroup:
    """The manifest of a group with these identities; it is one that can be loaded."""
    chosen = ChosenGroup(
        ResourceGroup(group_id(), "westeurope"), tuple(one.identity for one in identities), ignored, True
    )
    exported = write_group(chosen, identities, terms)
    load_manifest(["-"], {}, {}, exported.text.encode)
    return exported


def test_manifest_has_the_keys_in_the_order_of_the_readme() -> None:
    storage = f"{SUBSCRIPTION_SCOPE}/resourceGroups/rg-a/providers/Microsoft.Storage/storageAccounts/s"
    exported = write(
        identity(
            "id-a",
            tags={"n": "1", "p": "${X}"},
            trusts=[credential("id-a", "ci-1", "s"), credential("id-a", "x-1", None)],
        ),
        identity("id-b", tags={"n": "1"}, roles=[role("Reader", storage, AssignmentDetails("c", "2.0"))]),
        terms=OWNED,
        ignored=(Ignored("aks-*", "Managed by Azure."),),
    )

    assert exported.text == (
        HEAD.replace("vars", "owner: us\nvars")
        + """\
defaults:
  location: westeurope
  tags: {n: "1"}
policy: {identities: owned}
ignore:
  # Managed by Azure.
  identities: [aks-*]
"""
        + TAGS
        + """\
  # Managed by Azure: AKS writes aks-identity-binding for an identity binding.
  federatedCredentials: [aks-identity-binding]
resourceGroups:
  rg-app:
    identities:
      # Not listed: the credential x-1, which is flexible or has several audiences; it is kept.
      - name: id-a
        tags: {p: "$${X}"}
        federatedCredentials: [{name: ci-1, issuer: https://oidc.example/c1/, subject: s}]
      - name: id-b
        roleAssignments:
          - role: Reader
            scope: "/subscriptions/${SUBSCRIPTION_ID}/resourceGroups/rg-a/providers/Microsoft.Storage/storageAccounts/s"
            condition: c
"""
    )
    assert [one.name for one in exported.identities] == ["id-a", "id-b"]
    assert [one.name for one in exported.credentials] == ["ci-1"]
    assert [(one.role_guid, one.scope) for one in exported.assignments] == [("guid-Reader", storage)]


def test_credential_that_cannot_be_listed_is_ignored_by_name() -> None:
    text = write(identity("id-a", trusts=[credential("id-a", "star", "a*")])).text

    assert "  federatedCredentials: [aks-identity-binding, star]\n" in text


def test_credentials_are_merged_where_the_name_of_an_unlisted_one_is_listed_elsewhere() -> None:
    text = write(
        identity("id-a", trusts=[credential("id-a", "ci-1", "a*")]),
        identity("id-b", trusts=[credential("id-b", "ci-1", "s")]),
    ).text

    assert "policy: {identities: merge, roleAssignments: merge, federatedCredentials: merge}\n" in text
    assert "  federatedCredentials: [aks-identity-binding]\n" in text


def test_group_of_which_nothing_is_listed_says_why() -> None:
    text = write(ignored=(Ignored("*", "Azure manages this whole group."),)).text

    assert text == HEAD + (
        "policy: {identities: merge, roleAssignments: merge}\nignore:\n  # Azure manages this whole group.\n"
        f'  identities: ["*"]\n{TAGS}'
        "  # Managed by Azure: AKS writes aks-identity-binding for an identity binding.\n"
        "  federatedCredentials: [aks-identity-binding]\nresourceGroups:\n  rg-app:\n    identities: []\n"
    )
