"""A call of each form that a journal may keep, and the run that they are of."""

from dataclasses import replace

from reconciler.errors import SourcePos
from reconciler.journal.call import Call, Outcome
from reconciler.journal.record import Actor, Place, PlaceKind, RunGroup, RunHeader
from reconciler.model.access import NO_DETAILS, Children, FederatedCredential, RoleAssignment, Trust
from reconciler.model.call_error import CallError
from reconciler.model.identity import Identity, IsolationScope, PlannedIdentity, Tags
from reconciler.model.ids import AssignmentId, CredentialId, ResourceId
from reconciler.plan.changes import Action
from tests.builders import SUBSCRIPTION, TENANT, given_role, group_id

OWNER = "team-a"
AT = "2026-01-02T03:04:05.678Z"
HEADER = RunHeader(
    "c0ffee00-0000-0000-0000-000000000000",
    "apply",
    "0.1.0",
    AT,
    "AzureCloud",
    TENANT,
    Place(PlaceKind.SANDBOX, "/state.json"),
    Actor("0b1ec7", None, "Zoë"),
    (RunGroup(group_id(), OWNER), RunGroup(group_id("rg-other"), None)),
)

SOURCE = SourcePos("identities.yaml", 5, 9)
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
SCOPE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-app"
IDENTITY_ID = ResourceId(SUBSCRIPTION, "rg-app", "id-api")
CREDENTIAL_ID = CredentialId(IDENTITY_ID, "main")
ASSIGNMENT_ID = AssignmentId(IDENTITY_ID, "Reader", READER, SCOPE)

IDENTITY = Identity(
    IDENTITY_ID, "westeurope", Tags({"env": "prod"}), IsolationScope.REGIONAL, "principal", "client", TENANT
)
PLANNED = PlannedIdentity("westeurope", Tags({"env": "test", "Zoë": "\u2028"}), IsolationScope.NONE)
TRUST = Trust("https://i.example", "repo:a/b", "api://x")
CREDENTIAL = FederatedCredential(CREDENTIAL_ID, TRUST)
OURS = given_role(OWNER, SCOPE, "principal", READER)
THEIRS = replace(OURS, name="11111111-1111-1111-1111-111111111111", details=NO_DETAILS)
CHILDREN = Children(
    (CREDENTIAL, FederatedCredential(CredentialId(IDENTITY_ID, "odd"), None)), (OURS, THEIRS), ("/vm",), ("a gap",)
)
UNREAD = Children(None, None, None, ("nothing could be read",))

ERROR = CallError(409, "Conflict", "updating id-api: 409 Conflict", "Wait.", "c0ffee")
NO_ANSWER = CallError(None, "", "no answer", "", "")


def call(number: int, action: Action, before: object, after: object) -> Call:
    """A call that has begun, on what its states are of."""
    ids = {Identity: IDENTITY_ID, PlannedIdentity: IDENTITY_ID, FederatedCredential: CREDENTIAL_ID}
    ids |= {Trust: CREDENTIAL_ID, RoleAssignment: ASSIGNMENT_ID}
    resource_id = ids[type(after if before is None else before)]
    return Call(resource_id, action, 1, SOURCE, before, after, number=number, at=AT)  # type: ignore[arg-type]


CREATED = call(1, Action.CREATE, None, PLANNED)
UPDATED = call(2, Action.UPDATE, IDENTITY, PLANNED)
DELETED = replace(call(3, Action.DELETE, IDENTITY, None), children=CHILDREN)
CALLS = (
    CREATED,
    UPDATED,
    replace(UPDATED, number=10, attempt=2, before=replace(IDENTITY, isolation_scope="Unheard")),
    DELETED,
    replace(DELETED, number=4, children=UNREAD),
    call(5, Action.CREATE, None, TRUST),
    call(6, Action.UPDATE, CREDENTIAL, TRUST),
    call(7, Action.DELETE, FederatedCredential(CREDENTIAL_ID, None), None),
    call(8, Action.CREATE, None, OURS),
    call(9, Action.DELETE, OURS, None),
)

ENDS = (
    (Outcome.DONE, None, IDENTITY),
    (Outcome.DONE, ERROR, None),
    (Outcome.FAILED, ERROR, None),
    (Outcome.IN_DOUBT, NO_ANSWER, None),
    (Outcome.DONE, None, None),
)
