"""The one JSON form of each value: what is written is read back, and what is damaged is refused."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reconciler
from reconciler.errors import SourcePos
from reconciler.model.access import (
    NO_DETAILS,
    AssignmentDetails,
    Children,
    FederatedCredential,
    PlannedAssignment,
    RoleAssignment,
    Trust,
)
from reconciler.model.document import (
    assignment_document,
    children_document,
    credential_document,
    identity_document,
    impact_document,
    planned_assignment_document,
    planned_document,
    read_assignment,
    read_children,
    read_credential,
    read_identity,
    read_impact,
    read_planned,
    read_planned_assignment,
    read_source,
    read_trust,
    source_document,
    trust_document,
)
from reconciler.model.identity import IsolationScope, PlannedIdentity, Tags
from reconciler.model.ids import CredentialId
from reconciler.model.impact import AttachedResource, HeldRole, Impact, Lock, Part
from tests.builders import given_role, live_identity, resource_id
from tests.strategies import tag_maps

PACKAGE = Path(reconciler.__file__).parent
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
ID = resource_id("id-a")
TRUST = Trust("https://issuer", "repo:a/b", "api://x")
CREDENTIAL = FederatedCredential(CredentialId(ID, "main"), TRUST)
FLEXIBLE = FederatedCredential(CredentialId(ID, "flexible"), None)
OURS = given_role("team-a", "/subscriptions/1", "p-1", READER)
THEIRS = RoleAssignment("11111111-0000-0000-0000-000000000000", "/subscriptions/1", READER, "p-1")

CONDITIONAL = replace(OURS, details=AssignmentDetails("x", "2.0", "why", "/subscriptions/2", "team-b"))
DETAILS = [name for name, _ in NO_DETAILS.named()]

SCOPES = st.sampled_from([*IsolationScope, "Galactic"])


@given(tag_maps(), SCOPES)
def test_identity_is_read_back(tags: dict[str, str], scope: IsolationScope | str) -> None:
    identity = live_identity("id-a", tags=tags, isolation_scope=scope)

    assert read_identity(identity_document(identity), ID) == identity


@given(tag_maps(), SCOPES, st.sampled_from(["westeurope", None]))
def test_planned_identity_is_read_back(tags: dict[str, str], scope: IsolationScope | str, location: str | None) -> None:
    planned = PlannedIdentity(location, Tags(tags), scope)

    assert read_planned(planned_document(planned)) == planned


def test_location_that_is_left_out_is_not_known_yet() -> None:
    assert read_planned({"tags": {}, "isolation_scope": "None"}).location is None


def test_trust_is_read_back() -> None:
    assert read_trust(trust_document(TRUST)) == TRUST


@pytest.mark.parametrize("credential", [CREDENTIAL, FLEXIBLE])
def test_credential_is_read_back(credential: FederatedCredential) -> None:
    assert read_credential(credential_document(credential), credential.credential_id) == credential


def test_assignment_is_read_back_with_its_guid_in_lower_case() -> None:
    document = {**assignment_document(OURS, "Reader"), "role_guid": READER.upper()}

    assert (document["role"], read_assignment(document)) == ("Reader", OURS)


@pytest.mark.parametrize("principal_id", ["p-1", None])
def test_planned_assignment_is_read_back(principal_id: str | None) -> None:
    planned = PlannedAssignment(READER, "/", principal_id)

    document = planned_assignment_document(planned, "Reader")

    assert (read_planned_assignment(document), "principal_id" in document) == (planned, principal_id is not None)


@pytest.mark.parametrize(
    "children",
    [
        Children(),
        Children((), (), (), ()),
        Children((CREDENTIAL, FLEXIBLE), (OURS, THEIRS), ("/subscriptions/1/vm",), ("roles: not allowed",)),
    ],
)
def test_children_are_read_back(children: Children) -> None:
    assert read_children(children_document(children, "team-a"), ID) == children


@pytest.mark.parametrize(
    ("owner", "ours"), [("team-a", [True, False]), ("team-b", [False, False]), (None, [False, False])]
)
def test_children_tell_which_roles_this_tool_gave_for_the_owner(owner: str | None, ours: list[bool]) -> None:
    document: Any = children_document(Children(assignments=(OURS, THEIRS)), owner)

    assert [one["ours"] for one in document["role_assignments"]] == ours


def test_impact_is_read_back() -> None:
    impact = Impact(
        Part((AttachedResource("/subscriptions/1/resourceGroups/g/providers/Microsoft.Web/sites/a"),), "more"),
        Part(
            (HeldRole("Reader", READER, "/subscriptions/1", removed=True), HeldRole("Owner", "g", "/", removed=False))
        ),
        Part((CREDENTIAL, FLEXIBLE)),
        Part((), "not allowed"),
    )

    assert read_impact(impact_document(impact, ID), ID) == impact


def test_lock_above_an_identity_is_inherited_and_one_at_it_is_not() -> None:
    locks = (Lock("ReadOnly", "above", f"/subscriptions/{ID.subscription_id}"), Lock("CanNotDelete", "own", str(ID)))

    document: Any = impact_document(Impact(locks=Part(locks)), ID)

    assert [one["inherited"] for one in document["locks"]["found"]] == [True, False]
    assert read_impact(document, ID).locks == Part(locks)


def test_place_is_read_back() -> None:
    place = SourcePos("a.yaml", 3, 5)

    assert read_source(source_document(place)) == place


IDENTITY = identity_document(live_identity("id-a", tags={"env": "prod"}))
ASSIGNMENT = assignment_document(OURS, "Reader")


@pytest.mark.parametrize("damage", [None, 1, True, [], {}])
@pytest.mark.parametrize(
    ("document", "key", "read"),
    [
        *((IDENTITY, key, lambda one: read_identity(one, ID)) for key in IDENTITY if key != "tags"),
        *((trust_document(TRUST), key, read_trust) for key in trust_document(TRUST)),
        *((ASSIGNMENT, key, read_assignment) for key in ASSIGNMENT if key != "role"),
        (planned_document(PlannedIdentity("x", Tags(), "None")), "isolation_scope", read_planned),
    ],
)
def test_field_of_another_type_is_refused_by_name(
    document: dict[str, object], key: str, read: Callable[[Any], object], damage: object
) -> None:
    if damage is None and key in DETAILS:
        pytest.skip("there may be none")
    with pytest.raises(ValueError, match=f"`{key}` is missing"):
        read({**document, key: damage})


@pytest.mark.parametrize("assignment", [OURS, replace(OURS, details=None), CONDITIONAL])
def test_role_assignment_is_read_back_with_its_details(assignment: RoleAssignment) -> None:
    assert read_assignment(assignment_document(assignment, "Reader")) == assignment


@pytest.mark.parametrize("lost", [one for one in DETAILS if one != "owner"])
def test_half_of_the_details_is_refused(lost: str) -> None:
    document = assignment_document(CONDITIONAL, "Reader")
    del document[lost]

    with pytest.raises(ValueError, match=f"`{lost}` is missing"):
        read_assignment(document)


def test_role_assignment_of_a_version_that_marked_nothing_has_no_owner() -> None:
    document = assignment_document(CONDITIONAL, "Reader")
    del document["owner"]

    assert read_assignment(document).details == replace(CONDITIONAL.details or NO_DETAILS, owner=None)


def test_planned_assignment_is_read_back_with_its_details() -> None:
    planned = PlannedAssignment(READER, "/subscriptions/1", None, AssignmentDetails("x", "2.0", "why", None))

    assert read_planned_assignment(planned_assignment_document(planned, "Reader")) == planned


@pytest.mark.parametrize("tags", [None, [], "x", {"env": 1}, {"env": None}])
def test_tags_that_are_not_texts_by_name_are_refused(tags: object) -> None:
    with pytest.raises(ValueError, match="not texts by name"):
        read_identity({**IDENTITY, "tags": tags}, ID)


def test_tags_that_differ_in_case_alone_are_refused() -> None:
    with pytest.raises(ValueError, match="given twice"):
        read_identity({**IDENTITY, "tags": {"env": "a", "ENV": "b"}}, ID)


TRUST_KEYS = {"issuer", "subject", "audience"}
IDENTITY_KEYS = {"client_id", "principal_id", "tenant_id", "isolation_scope"}
OTHER_LANGUAGES = ("arm", "export", "manifest", "sandbox")
"""Rooms that speak ARM's JSON or the manifest's, not that of our documents."""


def _functions() -> Iterator[tuple[str, ast.AST]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE)
        if place.parts[0] not in OTHER_LANGUAGES and place != Path("model/document.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            yield from (
                (f"{place}:{node.name}", node)
                for node in ast.walk(tree)
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            )


def _keys(function: ast.AST) -> set[object]:
    """The texts by which a function makes or reads JSON objects: in displays, subscripts and calls of `get`."""
    found: list[ast.expr | None] = []
    for node in ast.walk(function):
        match node:
            case ast.Dict(keys=keys):
                found += keys
            case ast.Subscript(slice=key):
                found.append(key)
            case ast.Call(args=arguments):
                found += arguments
    return {one.value for one in found if isinstance(one, ast.Constant)}


def test_only_the_one_form_spells_the_fields_of_trust_and_identity() -> None:
    spelled = [name for name, node in _functions() if _keys(node) >= TRUST_KEYS or _keys(node) >= IDENTITY_KEYS]

    assert spelled == []


@pytest.mark.parametrize(
    "source",
    [
        'def f(t): return {"issuer": t.a, "subject": t.b, "audience": t.c}',
        'def f(t): return T(t["issuer"], t["subject"], t["audience"])',
        'def f(t): return T(t.get("issuer"), text(t, "subject"), t["audience"])',
    ],
)
def test_every_way_of_spelling_a_trust_is_seen(source: str) -> None:
    assert _keys(ast.parse(source)) >= TRUST_KEYS
