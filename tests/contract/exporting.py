"""What the tests of export share: generated states of a brownfield subscription, an export of one, and its plan."""

import string
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from reconciler.export.choose import Terms
from reconciler.guards import Allowances, parse_allowances
from reconciler.manifest.load import PUBLIC_AUDIENCE
from reconciler.plan import Plan
from reconciler.sandbox.state.kinds import (
    ClaimsExpression,
    FederatedCredential,
    Permission,
    Resource,
    RoleAssignment,
    RoleDefinition,
)
from reconciler.sandbox.state.state import Contents, Identity, ResourceGroup
from reconciler.workflow.declare import Request, load_declaration
from reconciler.workflow.export import Exported, ExportRequest, run_export
from reconciler.workflow.plan import run_plan
from tests.builders import SUBSCRIPTION, TENANT, TODAY
from tests.contract.access import CONTRIBUTOR, IN_SUBSCRIPTION, READER
from tests.contract.arm import Arm, contents

OWNER = "team-a#prod"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
CUSTOM, NAMESAKE = "00000000-0000-4000-8000-0000000000c1", "00000000-0000-4000-8000-0000000000c2"
"""A custom role with a name of its own, and one that is called Reader as well."""

OWN_TAGS = ("uami-owner", "uami-protect")
GITHUB = "https://token.actions.githubusercontent.com"
ISSUER = "https://oidc.example/c1/"


def terms(owner: str | None = None, *exclude: str, roles: bool = True) -> Terms:
    """How manifests are to be, in the public cloud."""
    return Terms(owner, exclude, PUBLIC_AUDIENCE, role_assignments=roles)


def export_now(arm: Arm, owner: str | None = None, *groups: str) -> Exported:
    """The subscription as manifests."""
    return run_export(ExportRequest(SUBSCRIPTION, groups, terms(owner)), arm.azure)


def text_of(exported: Exported) -> str:
    """All manifests in one text."""
    return "---\n".join(group.text for group in exported.groups)


def said(text: str) -> str:
    """A text without its comments, which stand on lines of their own."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.lstrip().startswith("#"))


def plan_text(arm: Arm, text: str, allowances: Allowances | None = None) -> Plan:
    """The plan of manifests against what lives now."""
    request = Request(("-",), {}, {}, text.encode, allowances=allowances or parse_allowances((), ()), judged_on=TODAY)
    return run_plan(load_declaration(request), arm.azure)


def allow_all(plan: Plan) -> Allowances:
    """What the plan names to lift its guards, for those that can be lifted."""
    named = {f"{one.code}={one.about.address}" for one in plan.violations if one.about is not None}
    return parse_allowances(tuple(sorted(named)), ())


_TAG_NAMES = st.sampled_from(
    [
        "env",
        "Env",
        "team",
        "costCenter",
        "cost: center",
        "hidden-title",
        "on",
        "ü",
        "a ${b}",
        "x" * 130,
        "1",
        "::x",
        "a##",
    ]
)
_TAG_VALUES = st.sampled_from(
    [
        "",
        "prod",
        "Prod",
        "4711",
        "no",
        "null",
        "2027-01-31",
        "a: b #c",
        " x ",
        "l1\nl2\t",
        "${NAME} $${x}",
        "ü\u200b",
        "y" * 256,
        "long words " * 20,
        "\"quoted\" \\ 'both'",
        "##vso[x]",
        "::error::x",
        "- a",
        "{a}",
        "\U0001f600",
        "12:30",
        "~",
        "=",
        "#",
    ]
)
_TEXTS = st.text(string.printable + "äß中\u2028\x85\u202e\ufeff\U0001f600", max_size=60)
_TRUSTS = st.sampled_from(
    [
        (GITHUB, "repo:contoso@1234/pay.ments@5678:ref:refs/heads/main"),
        (GITHUB, "repo:contoso@1234/payments@5678:environment:prod%3Aeu"),
        (GITHUB, "repo:contoso/payments:ref:refs/tags/v1"),
        (GITHUB, "repo:contoso/payments:pull_request"),
        (GITHUB, "repo:contoso/payments:ref:refs/heads/main:workflow:x"),
        (GITHUB, "repository_id:1:environment:prod"),
        (ISSUER, "system:serviceaccount:payments:worker"),
        (ISSUER, "system:serviceaccount:Payments:worker"),
        (
            "https://westeurope.oic.prod-aks.azure.com/" + "5e1f2a3b-0000-4000-8000-00000000c0de/" * 2,
            "system:serviceaccount:a:b",
        ),
        ("https://issuer.example", "anything: at #all"),
        ("https://issuer.example", "s" * 590),
        ("https://issuer.example", "${subject}"),
    ]
)
_ODD_TRUSTS = st.sampled_from(
    [
        ("https://ib.oic.prod-aks.azure.com/t/c", "system:serviceaccount:a:b"),
        ("http://issuer.example", "plain"),
        ("https://issuer.example", "with*star"),
        ("https://token.actions.githubusercontent.com/", "repo:a/b:pull_request"),
        ("https://issuer.example", " blanks "),
    ]
)
_AUDIENCES = st.sampled_from([PUBLIC_AUDIENCE, PUBLIC_AUDIENCE, "api://other"])
_DETAILS: st.SearchStrategy[dict[str, str | None]] = st.sampled_from(
    [
        {},
        {},
        {"description": "for the worker"},
        {"description": "long " * 80 + "end"},
        {"condition": "@Resource[Microsoft.Storage/storageAccounts:name] StringEquals 'a'", "condition_version": "2.0"},
        {"description": "d [uami-owner team-b]"},
        {"description": f"d [uami-owner {OWNER}]"},
    ]
)
_ODD_DETAILS: st.SearchStrategy[dict[str, str | None]] = st.sampled_from(
    [
        {"condition": "x", "condition_version": "1.0"},
        {"description": " blank "},
        {"description": "z" * 1024},
        {"description": f"a [uami-owner x] b [uami-owner {OWNER}]", "condition": "x", "condition_version": None},
        {"delegated_identity_id": "not an id"},
    ]
)


@dataclass(frozen=True, slots=True)
class _Kinds:
    """What credentials and roles are drawn from."""

    trusts: st.SearchStrategy[tuple[str, str]]
    details: st.SearchStrategy[dict[str, str | None]]
    names: st.SearchStrategy[str]


_LISTABLE = _Kinds(_TRUSTS, _DETAILS, st.sampled_from(["github-main", "aks", "Aks-2", "other"]))
_ANY = _Kinds(
    _TRUSTS | _ODD_TRUSTS,
    _DETAILS | _ODD_DETAILS,
    st.sampled_from(["github-main", "aks", "aks-identity-binding", "other"]),
)


_STORAGE = Resource(
    f"{IN_SUBSCRIPTION}/resourceGroups/rg-app/providers/Microsoft.Storage/storageAccounts/{'a' * 24}",
    "Microsoft.Storage/storageAccounts",
    "a" * 24,
    "westeurope",
)


def brownfields(*, listable: bool = False) -> st.SearchStrategy[Contents]:
    """A subscription as people left it; with `listable`, a manifest can list all that its identities have."""
    return _brownfields(_LISTABLE if listable else _ANY, listable)


@st.composite
def _brownfields(draw: st.DrawFn, kinds: _Kinds, listable: bool) -> Contents:
    groups = [
        ResourceGroup(SUBSCRIPTION, name, draw(st.sampled_from(["westeurope", "northeurope"])), None, keeper)
        for name, keeper in (("rg-app", None), ("RG-Data.(ü)", None), ("MC_aks", f"{IN_SUBSCRIPTION}/aks"))
    ]
    identities = draw(
        st.lists(
            _identities(groups, listable), min_size=1, max_size=6, unique_by=lambda one: one.resource_id.casefold()
        )
    )
    start = contents(*identities, groups=())
    children = [item for one in identities for item in draw(_children(one, identities, kinds, listable))]
    return replace(start, items=(*start.items, *groups, _STORAGE, *_roles(), *children))


@st.composite
def _identities(draw: st.DrawFn, groups: Sequence[ResourceGroup], listable: bool) -> Identity:
    tags = draw(
        st.dictionaries(_TAG_NAMES, _TAG_VALUES | _TEXTS, max_size=4).map(
            lambda drawn: {name.casefold(): (name, value) for name, value in drawn.items()}
        )
    )
    own = draw(
        st.sampled_from([(), (), (("uami-owner", OWNER),), (("uami-owner", "team-b"),), (("uami-protect", "false"),)])
    )
    if listable:
        tags.pop("a ${b}", None)
    name = draw(st.sampled_from(["id-api", "ID-Job", "id-web", "id-" + "n" * 125, "aks-agentpool", "123", "null"]))
    return Identity(
        SUBSCRIPTION,
        draw(st.sampled_from(groups)).name,
        name,
        draw(st.sampled_from(["westeurope", "northeurope"])),
        (*tags.values(), *own),
        str(draw(st.uuids(version=4))),
        str(draw(st.uuids(version=4))),
        TENANT,
        draw(st.sampled_from([None, "None", "Regional"])),
    )


@st.composite
def _children(
    draw: st.DrawFn, identity: Identity, all_of_them: Sequence[Identity], kinds: _Kinds, listable: bool
) -> list[FederatedCredential | RoleAssignment]:
    drawn = draw(
        st.lists(
            st.tuples(kinds.names, kinds.trusts, _AUDIENCES),
            max_size=4,
            unique_by=(lambda one: one[0], lambda one: one[1]),
        )
    )
    credentials = [
        FederatedCredential(identity.resource_id, name, *trust, (audience,)) for name, trust, audience in drawn
    ]
    if not listable and draw(st.booleans()):
        expression = ClaimsExpression("claims['sub'] matches 'x*'", 1)
        credentials.append(
            FederatedCredential(identity.resource_id, "flexible", ISSUER, None, (PUBLIC_AUDIENCE,), expression)
        )
        credentials.append(FederatedCredential(identity.resource_id, "several", ISSUER, "s", ("one", "two")))
    scopes = [
        IN_SUBSCRIPTION,
        f"{IN_SUBSCRIPTION}/resourceGroups/rg-app",
        f"{IN_SUBSCRIPTION}/resourcegroups/RG-APP/providers/Microsoft.Storage/storageAccounts/{'a' * 24}",
        f"{IN_SUBSCRIPTION}/resourceGroups/RG-Data.(ü)",
        "/providers/Microsoft.Management/managementGroups/mg",
        "/",
    ]
    given = draw(
        st.lists(
            st.tuples(
                st.sampled_from(scopes),
                st.sampled_from([READER, CONTRIBUTOR, BLOB_READER, CUSTOM, NAMESAKE]),
                kinds.details,
            ),
            max_size=4,
            unique_by=lambda one: one[:2],
        )
    )
    return [*credentials, *(_assignment(identity, *one) for one in given)]


def _assignment(identity: Identity, scope: str, role: str, details: dict[str, str | None]) -> RoleAssignment:
    name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{identity.principal_id}{scope}{role}"))
    role_id = f"/providers/Microsoft.Authorization/roleDefinitions/{role}"
    return RoleAssignment(scope, name, role_id, identity.principal_id, "ServicePrincipal", **details)


def _roles() -> list[RoleDefinition]:
    permissions = (Permission(("Microsoft.Storage/*/read",)),)
    return [
        RoleDefinition(CUSTOM, "Contoso: Reader #1", None, permissions, ("/",)),
        RoleDefinition(NAMESAKE, "Reader", None, permissions, ("/",)),
    ]


def without_listed(start: Contents, exported: Exported) -> Contents:
    """The same contents less the identities that manifests list, their credentials and their roles."""
    listed = {str(one).casefold() for group in exported.groups for one in group.identities}
    gone = [one for one in start.of(Identity) if one.resource_id.casefold() in listed]
    ids, principals = {one.resource_id for one in gone}, {one.principal_id for one in gone}
    return (
        start.having(Identity, tuple(one for one in start.of(Identity) if one not in gone))
        .having(FederatedCredential, tuple(one for one in start.of(FederatedCredential) if one.identity_id not in ids))
        .having(RoleAssignment, tuple(one for one in start.of(RoleAssignment) if one.principal_id not in principals))
    )
