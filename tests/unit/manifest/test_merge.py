"""What a group means once defaults, policy and ignore of its document are merged in."""

from datetime import date

import pytest

from reconciler.errors import SourcePos
from reconciler.manifest.declared import DeclaredDocument, read_declared
from reconciler.manifest.desired import (
    AssignmentsPolicy,
    CredentialsPolicy,
    Desired,
    DesiredAssignment,
    DesiredCredential,
    DesiredGroup,
    DesiredIdentity,
    DesiredTenant,
    IdentitiesPolicy,
    Ignore,
    IgnoredAssignment,
    Limits,
    Policy,
    RemovalAllowance,
    TagsPolicy,
)
from reconciler.manifest.finding import Acceptance
from reconciler.manifest.load import load_manifest
from reconciler.manifest.merge import merge_document
from reconciler.manifest.yaml.source import parse_documents
from reconciler.manifest.yaml.text import decode_source
from reconciler.model.access import Trust
from reconciler.model.identity import IsolationScope
from reconciler.model.ids import ResourceGroupId, ResourceId
from tests.unit.manifest.manifests import (
    EXACT,
    GROUP,
    HEAD,
    SUBSCRIPTION,
    credential_with,
    identity_with,
    load_group,
    load_identity,
    load_text,
)

FULL = f"""\
version: 1
subscription: {SUBSCRIPTION}
owner: contoso/identities#prod
defaults:
  location: West Europe
  tags: {{costCenter: "4711", env: on}}
policy: {{identities: owned, tags: exact}}
limits: {{maxDeletes: 0, maxDeletePercent: 100}}
ignore: {{identities: ["aks-*"], tags: ["hidden-*"]}}
resourceGroups:
  rg-b:
    policy: {{identities: merge}}
    defaults: {{location: northeurope, tags: {{ENV: prod, tier: x}}}}
    ignore: {{identities: ["b-*", "AKS-1"], tags: ["created-*"]}}
    identities:
      - id-two
      - name: ID-one
        location: North Europe
        isolationScope: None
        tags: {{costCenter: null, Tier: backend}}
  rg-a:
    identities: []
tenant: 22222222-2222-2222-2222-222222222222
"""

TENANT = DesiredTenant("22222222-2222-2222-2222-222222222222", SourcePos("<stdin>", 23, 9))


def test_group_narrows_what_its_document_says() -> None:
    desired = load_text(FULL)

    group_id = ResourceGroupId(SUBSCRIPTION, "rg-b")
    narrowed = DesiredGroup(
        group_id=group_id,
        tenant=TENANT,
        owner="contoso/identities#prod",
        policy=Policy(IdentitiesPolicy.MERGE, TagsPolicy.EXACT),
        limits=Limits(max_deletes=0, max_delete_percent=100),
        ignore=Ignore(identities=("aks-*", "AKS-1", "b-*"), tags=("created-*", "hidden-*")),
        identities=(
            DesiredIdentity(
                resource_id=ResourceId(SUBSCRIPTION, "rg-b", "ID-one"),
                location="North Europe",
                isolation_scope=IsolationScope.NONE,
                tags=(("costCenter", None), ("ENV", "prod"), ("Tier", "backend")),
                source=SourcePos("<stdin>", 17, 9),
            ),
            DesiredIdentity(
                resource_id=ResourceId(SUBSCRIPTION, "rg-b", "id-two"),
                location=None,
                isolation_scope=None,
                tags=(("costCenter", "4711"), ("ENV", "prod"), ("tier", "x")),
                source=SourcePos("<stdin>", 16, 9),
                default_location="northeurope",
            ),
        ),
        source=SourcePos("<stdin>", 11, 3),
    )
    untouched = DesiredGroup(
        group_id=ResourceGroupId(SUBSCRIPTION, "rg-a"),
        tenant=TENANT,
        owner="contoso/identities#prod",
        policy=Policy(IdentitiesPolicy.OWNED, TagsPolicy.EXACT),
        limits=Limits(max_deletes=0, max_delete_percent=100),
        ignore=Ignore(identities=("aks-*",), tags=("hidden-*",)),
        identities=(),
        source=SourcePos("<stdin>", 21, 3),
    )
    assert desired == Desired(groups=(untouched, narrowed))


def test_names_keep_their_spelling() -> None:
    (group,) = load_text(f"{HEAD}resourceGroups: {{RG-One: {{identities: [Id-A]}}}}\n{EXACT}").groups

    assert (group.group_id.resource_group, group.identities[0].resource_id.name) == ("RG-One", "Id-A")


def test_manifest_that_says_little_takes_the_standard() -> None:
    group = load_group(HEAD + GROUP)

    assert group == DesiredGroup(
        group_id=ResourceGroupId(SUBSCRIPTION, "rg"),
        tenant=None,
        owner=None,
        policy=Policy(IdentitiesPolicy.EXACT, TagsPolicy.MERGE),
        limits=Limits(max_deletes=10, max_delete_percent=30),
        ignore=Ignore(),
        identities=(),
        source=SourcePos("<stdin>", 3, 18),
    )


def test_documents_do_not_share_what_they_say() -> None:
    second = f"{HEAD}resourceGroups: {{rg-2: {{identities: [id-b]}}}}\n{EXACT}"

    desired = load_text(f"{HEAD}owner: x\ndefaults: {{tags: {{a: b}}}}\n{GROUP}---\n{second}")

    assert [group.owner for group in desired.groups] == ["x", None]
    assert desired.groups[1].identities[0].tags == ()


def test_tags_may_be_shared_by_an_alias() -> None:
    group = load_group(
        f"{HEAD}defaults: {{tags: &t {{a: b}}}}\n"
        f"resourceGroups: {{rg: {{defaults: {{tags: *t}}, identities: [id-a]}}}}\n" + EXACT
    )

    assert group.identities[0].tags == (("a", "b"),)


ACCESS = f"""\
version: 1
subscription: {SUBSCRIPTION}
resourceGroups:
  rg:
    identities:
      - name: id-a
        federatedCredentials:
          - name: k8s
            kubernetes: {{issuer: "https://oidc.contoso.com", namespace: payments, serviceAccount: api}}
          - name: GitHub
            github: {{repository: contoso/pay, ownerId: 12, repositoryId: "34", environment: prod}}
          - {{name: aws, issuer: "https://a", subject: b, audience: "api://other"}}
        roleAssignments:
          - {{role: reader, scope: "/Subscriptions/{SUBSCRIPTION}/resourceGroups/RG/"}}
          - {{role: Owner, scope: "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"}}
          - {{role: Reader, scope: /}}
{EXACT}"""


def test_what_an_identity_is_for_is_written_out_and_in_order() -> None:
    identity = load_identity(ACCESS)

    standard = "api://AzureADTokenExchange"
    github = Trust("https://token.actions.githubusercontent.com", "repo:contoso@12/pay@34:environment:prod", standard)
    kubernetes = Trust("https://oidc.contoso.com", "system:serviceaccount:payments:api", standard)
    assert identity.federated_credentials == (
        DesiredCredential("aws", Trust("https://a", "b", "api://other"), SourcePos("<stdin>", 12, 13)),
        DesiredCredential("GitHub", github, SourcePos("<stdin>", 10, 13)),
        DesiredCredential("k8s", kubernetes, SourcePos("<stdin>", 8, 13)),
    )
    assert identity.role_assignments == (
        DesiredAssignment("Reader", "/", SourcePos("<stdin>", 16, 13)),
        DesiredAssignment("Owner", f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg", SourcePos("<stdin>", 15, 13)),
        DesiredAssignment("reader", f"/Subscriptions/{SUBSCRIPTION}/resourceGroups/RG", SourcePos("<stdin>", 14, 13)),
    )


def test_what_a_line_accepts_stays_on_that_line() -> None:
    accept = "accept: [{code: grant, reason: 'why not'}]"
    lines = f"federatedCredentials: [{{name: cred, issuer: 'https://a', subject: b, {accept}}}], "
    lines += f"roleAssignments: [{{role: Owner, scope: /, {accept}}}, {{role: Reader, scope: /}}]"

    identity = load_identity(identity_with(lines))

    def said(one: DesiredCredential | DesiredAssignment) -> list[tuple[str, str]]:
        return [(entry.code, entry.reason) for entry in one.accept]

    accepted = [("grant", "why not")]
    assert [said(one) for one in identity.federated_credentials or ()] == [accepted]
    assert [(one.role, said(one)) for one in identity.role_assignments or ()] == [("Owner", accepted), ("Reader", [])]


def test_what_is_accepted_above_a_line_stays_where_it_is_written() -> None:
    entry = "accept: [{code: value-blanks, reason: '%s'}]"
    groups = f"{{rg: {{identities: [{{name: id-a, {entry % 'identity'}}}], {entry % 'group'},"
    groups += f" remove: [{{name: id-old, {entry % 'removal'}}}]}}}}"

    group = load_group(f"{HEAD}{entry % 'document'}\nresourceGroups: {groups}\n{EXACT}")

    holders = (group.document_accept, group.accept, group.identities[0].accept, group.remove[0].accept)
    assert [[(one.reason, one.source.line) for one in accept] for accept in holders] == [
        [("document", 3)],
        [("group", 4)],
        [("identity", 4)],
        [("removal", 4)],
    ]


def test_form_that_says_that_a_subject_has_no_ids_accepts_that() -> None:
    forms = "github: {repository: a/b, legacySubject: true, branch: main}"

    identity = load_identity(identity_with(f"federatedCredentials: [{{name: cred, {forms}}}]"))

    assert [one.accept for one in identity.federated_credentials or ()] == [
        (Acceptance("trust-by-name", "legacySubject: true", SourcePos("<stdin>", 5, 67)),)
    ]


@pytest.mark.parametrize("identities", ["[id-a]", "[{name: id-a}]"])
def test_what_is_not_written_is_not_managed(identities: str) -> None:
    identity = load_identity(f"{HEAD}resourceGroups: {{rg: {{identities: {identities}}}}}\n{EXACT}")

    assert (identity.federated_credentials, identity.role_assignments) == (None, None)


def test_empty_lists_are_managed() -> None:
    identity = load_identity(identity_with("federatedCredentials: [], roleAssignments: []"))

    assert (identity.federated_credentials, identity.role_assignments) == ((), ())


def test_audience_that_is_not_written_is_the_clouds() -> None:
    text = credential_with("name: cred, issuer: 'https://a', subject: b")

    desired = load_manifest(["-"], {}, {}, text.encode, audience="api://AzureADTokenExchangeUSGov")

    (credential,) = desired.groups[0].identities[0].federated_credentials or ()
    assert credential.trust == Trust("https://a", "b", "api://AzureADTokenExchangeUSGov")


@pytest.mark.parametrize(
    ("document", "group", "policy"),
    [
        ("{}", "{}", CredentialsPolicy.EXACT),
        ("{federatedCredentials: merge}", "{}", CredentialsPolicy.MERGE),
        ("{federatedCredentials: merge}", "{federatedCredentials: exact}", CredentialsPolicy.EXACT),
        ("{}", "{federatedCredentials: merge}", CredentialsPolicy.MERGE),
        ("{federatedCredentials: merge}", "{tags: exact}", CredentialsPolicy.MERGE),
    ],
)
def test_policy_of_credentials_is_the_groups_before_the_documents(
    document: str, group: str, policy: CredentialsPolicy
) -> None:
    text = f"{HEAD}owner: x\npolicy: {document}\nresourceGroups: {{rg: {{policy: {group}, identities: []}}}}"

    assert load_group(text).policy.federated_credentials is policy


def declared_of(text: str) -> DeclaredDocument:
    """A document as it is read, checked by nothing."""
    source, _ = decode_source("a.yaml", text.encode())
    assert source is not None
    (document,), _ = parse_documents(source)
    return read_declared(document)


INCOMPLETE = f"""\
{HEAD}\
ignore: {{roleAssignments: [{{role: Reader}}, {{scope: /a}}, {{role: Owner, scope: /b}}]}}
resourceGroups:
  rg:
    identities:
      - tags: {{env: prod}}
      - name: id-a
        federatedCredentials:
          - {{name: no-issuer, subject: s}}
          - {{name: no-subject, issuer: "https://i"}}
          - {{issuer: "https://i", subject: s}}
          - {{name: whole, issuer: "https://i", subject: s}}
        roleAssignments: [{{role: Reader}}, {{scope: /a}}, {{role: Owner, scope: /b}}]
    remove:
      - {{principalId: 22222222-2222-2222-2222-222222222222}}
      - {{name: id-b, allow: [{{expires: 2030-01-01}}, {{code: in-use}}, {{code: trusted, expires: 2030-01-01}}]}}
"""


def test_entry_that_lacks_a_part_means_nothing() -> None:
    (group,) = merge_document(declared_of(INCOMPLETE), "a")

    (identity,) = group.identities
    assert identity.resource_id.name == "id-a"
    assert [one.name for one in identity.federated_credentials or ()] == ["whole"]
    assert [(one.role, one.scope) for one in identity.role_assignments or ()] == [("Owner", "/b")]
    assert group.ignore.role_assignments == (IgnoredAssignment("Owner", "/b"),)
    (removal,) = group.remove
    assert removal.resource_id.name == "id-b"
    assert [one.value for one in removal.allow] == ["in-use", "trusted"]
    assert removal.expires == ((RemovalAllowance.TRUSTED, date(2030, 1, 1)),)


def test_document_without_a_subscription_has_no_groups() -> None:
    assert merge_document(declared_of(f"version: 1\n{GROUP}"), "a") == ()


LAYERS = f"""\
{HEAD}owner: team-a
policy: {{identities: exact, tags: exact, federatedCredentials: merge, roleAssignments: merge}}
defaults: {{location: eastus}}
resourceGroups:
  rg-a: {{identities: [id-a]}}
  rg-b:
    policy: {{identities: merge, tags: merge, federatedCredentials: exact}}
    defaults: {{location: uksouth}}
    identities:
      - id-a
      - {{name: id-b, location: northeurope}}
      - name: id-c
        hold: why
        expect: {{principalId: 22222222-2222-2222-2222-222222222222}}
"""


def test_every_policy_and_location_of_a_group_goes_over_that_of_its_document() -> None:
    outer, inner = load_text(LAYERS).groups
    (plain,) = load_text(f"{HEAD}owner: team-a\nresourceGroups: {{rg: {{identities: [id-a]}}}}\n").groups

    assert outer.policy == Policy(
        IdentitiesPolicy.EXACT, TagsPolicy.EXACT, CredentialsPolicy.MERGE, AssignmentsPolicy.MERGE
    )
    assert inner.policy == Policy(
        IdentitiesPolicy.MERGE, TagsPolicy.MERGE, CredentialsPolicy.EXACT, AssignmentsPolicy.MERGE
    )
    assert plain.policy == Policy(
        IdentitiesPolicy.OWNED, TagsPolicy.MERGE, CredentialsPolicy.EXACT, AssignmentsPolicy.OWNED
    )
    assert [one.default_location for one in (*plain.identities, *outer.identities, *inner.identities)] == [
        None,
        "eastus",
        "uksouth",
        None,
        "uksouth",
    ]
    assert [one.location for one in inner.identities] == [None, "northeurope", None]
    assert [one.hold and one.hold.reason for one in inner.identities] == [None, None, "why"]
    assert [one.expected_principal_id for one in inner.identities] == [
        None,
        None,
        "22222222-2222-2222-2222-222222222222",
    ]


def test_group_alone_may_keep_the_roles_that_it_does_not_list() -> None:
    text = LAYERS.replace(", roleAssignments: merge", "")
    text = text.replace("federatedCredentials: exact}", "federatedCredentials: exact, roleAssignments: merge}")

    outer, inner = load_text(text).groups

    assert (outer.policy.role_assignments, inner.policy.role_assignments) == (
        AssignmentsPolicy.OWNED,
        AssignmentsPolicy.MERGE,
    )


def test_location_that_a_saved_plan_gives_an_identity_goes_over_every_default() -> None:
    text = LAYERS.replace("      - id-a\n", "      - {name: id-a, given: {location: westus}}\n")

    _, inner = merge_document(declared_of(text), "a")

    assert inner.identities[0].default_location == "westus"


@pytest.mark.parametrize(
    ("line", "details"),
    [
        ("", {}),
        ("description: why", {"description": "why"}),
        ("description: null", {"description": None}),
        ("condition: c", {"condition": "c", "condition_version": "2.0"}),
        ('condition: c, conditionVersion: "1.0"', {"condition": "c", "condition_version": "1.0"}),
        ("condition: null", {"condition": None, "condition_version": None}),
        ('condition: null, conditionVersion: "2.0"', {"condition": None, "condition_version": None}),
    ],
)
def test_line_of_a_role_means_the_details_that_it_names(line: str, details: dict[str, str | None]) -> None:
    role = ", ".join(("role: Reader", "scope: /a", *([line] if line else [])))
    text = f"{HEAD}resourceGroups: {{rg: {{identities: [{{name: id-a, roleAssignments: [{{{role}}}]}}]}}}}\n"

    (group,) = merge_document(declared_of(text), "a")

    (assignment,) = group.identities[0].role_assignments or ()
    assert dict(assignment.details) == details


def test_removal_means_its_principal_and_its_day() -> None:
    entries = "[{name: id-a}, {name: id-b, principalId: p, after: 2030-01-02}]"
    text = f"{HEAD}resourceGroups: {{rg: {{remove: {entries}}}}}\n"

    (group,) = merge_document(declared_of(text), "a")

    assert [(one.principal_id, one.after) for one in group.remove] == [(None, None), ("p", date(2030, 1, 2))]


def test_allowance_whose_day_is_no_day_has_no_end() -> None:
    text = f"{HEAD}resourceGroups: {{rg: {{remove: [{{name: id-a, allow: [{{code: in-use, expires: soon}}]}}]}}}}\n"

    (group,) = merge_document(declared_of(text), "a")

    assert group.remove[0].expires == ()
