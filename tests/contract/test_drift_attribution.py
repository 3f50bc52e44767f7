"""Who made each difference: generated histories by several callers, of which drift has to name the right ones.

What happened is written down here as it is done; what drift says is compared with that alone.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import httpx
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.transport import Sender, open_http_client
from reconciler.arm.login.auth import CachedCredentialAuth
from reconciler.arm.login.credentials import fixed_token
from reconciler.arm.resources import Resources
from reconciler.guards import Runner
from reconciler.live.azure import Azure
from reconciler.parallel import Pool
from reconciler.plan.drift.attribution import (
    AnyAttribution,
    Attribution,
    CallerKind,
    ChangeLog,
    Event,
    Unattributed,
    UnknownReason,
)
from reconciler.plan.plan import Plan
from reconciler.sandbox.gateway.calls import Settings, claims_of
from reconciler.sandbox.login.tokens import encode
from reconciler.sandbox.serving.application import Application, Options
from reconciler.sandbox.serving.transport import SandboxTransport
from reconciler.sandbox.state.resource_changes import ChangeHistory, change_of
from reconciler.sandbox.state.state import Grant
from reconciler.workflow.declare import Request, load_declaration
from reconciler.workflow.drift import run_drift
from tests.builders import SUBSCRIPTION, TENANT, TODAY
from tests.contract.access import AUDIENCE, IN_GROUP, ISSUER, READER, lives, with_roles, with_trusts
from tests.contract.access import given as given_role
from tests.contract.arm import PIPELINE, contents
from tests.sandbox.arm import Clock, token_of
from tests.unit.arm.fakes import FakeTime

CLI_ID = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
NAMES = ("id-a", "id-b")
URL = "https://management.azure.com"
IDENTITIES = f"{IN_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
TOKENS = f"/{TENANT}/oauth2/v2.0/token"

MANIFEST = json.dumps(
    {
        "version": 1,
        "subscription": SUBSCRIPTION,
        "policy": {"identities": "exact", "roleAssignments": "merge"},
        "resourceGroups": {
            "rg-app": {
                "identities": [
                    {
                        "name": name,
                        "tags": {"env": "prod"},
                        "federatedCredentials": [{"name": "main", "issuer": ISSUER, "subject": "s-main"}],
                        "roleAssignments": [{"role": "Reader", "scope": "rg-app"}],
                    }
                    for name in NAMES
                ]
            }
        },
    }
)

FEW = settings(max_examples=10, phases=(Phase.explicit, Phase.reuse, Phase.generate))
"""A failing history is short as it is; making it shorter would take minutes."""

SEES_ALL = ("*/read",)
WITHOUT_GRAPH = ("Microsoft.ManagedIdentity/*/read", "Microsoft.Authorization/*/read", "Microsoft.Insights/*/read")
WITHOUT_BOTH = WITHOUT_GRAPH[:2]
GROUPS = ("Microsoft.Resources/subscriptions/read", "Microsoft.Resources/subscriptions/resourceGroups/read")


@dataclass(frozen=True)
class Caller:
    """Somebody with a token: how each log names them and their program."""

    token: str
    user_agent: str
    in_graph: tuple[str, str]
    in_activity: tuple[str, str, str]


@dataclass
class World:
    """A sandbox in which others are at work, and what they have done to what: item, then who, when and what."""

    application: Application
    clock: Clock
    callers: Sequence[Caller] = ()
    blame: dict[str, tuple[Caller, float, Event]] = field(default_factory=dict)
    last_write: dict[str, tuple[Caller, float, Event]] = field(default_factory=dict)
    env: dict[str, str | None] = field(default_factory=lambda: dict.fromkeys(NAMES, "prod"))
    main: dict[str, str | None] = field(default_factory=lambda: dict.fromkeys(NAMES, "s-main"))
    role: dict[str, str | None] = field(default_factory=dict)
    other: set[str] = field(default_factory=set)

    def send(self, caller: Caller, method: str, path: str, body: object = None, version: str = "2024-11-30") -> None:
        """A call that has to succeed, some time after the one before."""
        self.clock.advance(90)
        headers = {"Authorization": f"Bearer {caller.token}", "User-Agent": caller.user_agent}
        with httpx.Client(transport=SandboxTransport(self.application), base_url=URL, headers=headers) as arm:
            answer = arm.request(method, path, params={"api-version": version}, json=body)
            assert answer.is_success, answer.text

    def note(self, item: str, caller: Caller, event: Event) -> None:
        """Write down that an item is as it is because of a caller."""
        self.blame[item] = (caller, self.clock().timestamp(), event)

    def wrote(self, name: str, caller: Caller, event: Event) -> None:
        """Write down who wrote an identity last."""
        self.last_write[name] = (caller, self.clock().timestamp(), event)


def set_env(world: World, caller: Caller, name: str, value: str) -> None:
    """Give an identity a tag's value; one that is not there is made with it."""
    if name not in world.env or world.env[name] is None:
        world.send(caller, "PUT", f"{IDENTITIES}/{name}", {"location": "westeurope", "tags": {"env": value}})
        world.note(name, caller, Event.CREATED)
        world.wrote(name, caller, Event.CREATED)
    else:
        world.send(caller, "PATCH", f"{IDENTITIES}/{name}", {"tags": {"env": value}})
        world.wrote(name, caller, Event.WRITTEN)
        # Of what no manifest lists, who made it is meant.
        if world.env[name] != value and name in NAMES:
            world.note(name, caller, Event.CHANGED)
    world.env[name] = value


def make_noise(world: World, caller: Caller, name: str, value: str) -> None:
    """Write an identity without changing what the manifest says."""
    if world.env.get(name) is not None:
        tags = {"env": world.env[name], "note": value + str(world.clock().timestamp())}
        world.send(caller, "PATCH", f"{IDENTITIES}/{name}", {"tags": tags})
        world.wrote(name, caller, Event.WRITTEN)


def delete(world: World, caller: Caller, name: str, _: str) -> None:
    """Delete an identity, with its credentials, and without its roles, which are of nobody then."""
    if world.env.get(name) is None:
        return
    world.send(caller, "DELETE", f"{IDENTITIES}/{name}")
    world.note(name, caller, Event.DELETED)
    if world.main.get(name) is not None:
        world.note(f"{name}/main", caller, Event.IDENTITY_DELETED)
    world.note(f"{name}/role", caller, Event.IDENTITY_DELETED)
    world.env[name] = world.main[name] = world.role[name] = None
    world.other.discard(name)


def set_main(world: World, caller: Caller, name: str, value: str) -> None:
    """Let somebody become an identity."""
    if world.env.get(name) is not None:
        existed = world.main.get(name) is not None
        put_credential(world, caller, name, "main", value)
        world.note(f"{name}/main", caller, Event.WRITTEN if existed else Event.CREATED)
        world.main[name] = value


def set_other(world: World, caller: Caller, name: str, value: str) -> None:
    """The same with a credential that no manifest lists: who made it is meant, whoever changed it since."""
    if world.env.get(name) is not None:
        put_credential(world, caller, name, "other", f"other-{value}")
        if name not in world.other:
            world.note(f"{name}/other", caller, Event.CREATED)
        world.other.add(name)


def put_credential(world: World, caller: Caller, name: str, credential: str, subject: str) -> None:
    properties = {"issuer": ISSUER, "subject": subject, "audiences": [AUDIENCE]}
    path = f"{IDENTITIES}/{name}/federatedIdentityCredentials/{credential}"
    world.send(caller, "PUT", path, {"properties": properties})


def drop_main(world: World, caller: Caller, name: str, _: str) -> None:
    """Take trust away."""
    if world.main.get(name) is not None:
        world.send(caller, "DELETE", f"{IDENTITIES}/{name}/federatedIdentityCredentials/main")
        world.note(f"{name}/main", caller, Event.DELETED)
        world.main[name] = None


def take_role(world: World, caller: Caller, name: str, _: str) -> None:
    """Take the role away that an identity had from the beginning."""
    if world.role.get(name) is not None:
        path = f"{IN_GROUP}/providers/Microsoft.Authorization/roleAssignments/{world.role[name]}"
        world.send(caller, "DELETE", path, version="2022-04-01")
        world.note(f"{name}/role", caller, Event.DELETED)
        world.role[name] = None


Deed = Callable[[World, Caller, str, str], None]
DEEDS: tuple[Deed, ...] = (set_env, set_env, make_noise, delete, set_main, set_other, drop_main, take_role)

histories = st.lists(
    st.tuples(
        st.sampled_from(DEEDS),
        st.integers(0, 3),
        st.sampled_from((*NAMES, *NAMES, "id-extra")),
        st.sampled_from(("prod", "dev", "s-main")),
    ),
    min_size=1,
    max_size=9,
)


def person(name: str) -> Caller:
    """Somebody who signed in to az."""
    upn = f"{name}@contoso.com"
    token = encode({"oid": f"oid-of-{name}", "appid": CLI_ID, "upn": upn})
    return Caller(token, "AZURECLI/2.91.0 (DEB)", (upn, "Azure CLI"), (upn, "Azure CLI", CLI_ID))


def program(application: Application, number: int) -> Caller:
    """A service principal with a token of the sandbox's own token endpoint."""
    client_id = f"aaaaaaaa-0000-4000-8000-00000000000{number}"
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": "x",
        "scope": f"{URL}/.default",
    }
    with httpx.Client(transport=SandboxTransport(application), base_url=URL) as entra:
        token = str(entra.post(TOKENS, data={**form, "scope": f"{URL}/.default"}).json()["access_token"])
    claims = claims_of(token) or {}
    return Caller(token, "Terraform/1.9", (client_id, ""), (str(claims["oid"]), "", client_id))


def new_world(actions: Sequence[str]) -> World:
    """A sandbox as the manifest says; what our client may read is these actions."""
    start = contents(*(lives(name, {"env": "prod"}) for name in NAMES))
    for name in NAMES:
        start = with_trusts(start, name, {"main": "s-main"})
    roles = {name: given_role(name, READER) for name in NAMES}
    clock = Clock()
    application = Application(with_roles(start, *roles.values()), Options(Settings()), clock=clock)
    callers = (person("jo"), person("kim"), program(application, 1), program(application, 2))
    names = [str((claims_of(one.token) or {})["oid"]) for one in callers]
    application.state.set_permissions(
        (*(Grant(one, "/", ("*",)) for one in names), Grant(PIPELINE, "/", (*actions, *GROUPS)))
    )
    return World(application, clock, callers, role={name: role.name for name, role in roles.items()})


def drift_of(
    world: World,
    own_runs: Sequence[str] = (),
    wire: Callable[[httpx.BaseTransport], httpx.BaseTransport] = lambda one: one,
) -> Plan:
    """What drift says now, through a wire of the test's."""
    time = FakeTime(world.clock().timestamp())
    http = open_http_client(
        URL,
        CachedCredentialAuth(fixed_token(token_of(PIPELINE)), endpoint=URL, clock=time.wall),
        Sender("c0ffee00-0000-0000-0000-000000000000", lambda: "00000000-0000-0000-0000-0000000000ff", {}),
        retries=time.retries(),
        max_connections=1,
        transport=wire(SandboxTransport(world.application)),
    )
    with http:
        resources = Resources(ArmClient(http, time.wall), pool=Pool(1))
        azure = Azure("AzureCloud", resources, None, lambda: None, lambda: Runner(PIPELINE))
        declaration = load_declaration(Request(("-",), {}, {}, MANIFEST.encode, judged_on=TODAY))
        return run_drift(declaration, azure, lambda ids: [one for one in ids if one in own_runs])


def attributions(plan: Plan) -> dict[str, AnyAttribution]:
    """Who made each difference, by `IDENTITY[/CREDENTIAL]`, or `IDENTITY/role`."""
    assert plan.drift is not None
    found = {}
    for resource_id, one in plan.drift.attributions.items():
        words = resource_id.address.split("/")[2:]
        found["/".join([words[0], *(["role"] if "roleAssignments" in words else words[2:3])])] = one
    return found


def check(found: AnyAttribution, expected: tuple[Caller, float, Event], item: str) -> None:
    """It names who did it, by what, when, and what was done."""
    caller, at_s, event = expected
    assert isinstance(found, Attribution), (item, found)
    assert (found.event, found.at[:19]) == (event, _time(at_s)), item
    if found.log is ChangeLog.RESOURCE_GRAPH:
        assert (found.caller, found.client) == caller.in_graph, item
    else:
        assert (found.caller, found.client, found.application_id) == caller.in_activity, item
    assert not found.by_uami


def _time(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat()[:19]


def expected_by_log(world: World, item: str) -> tuple[Caller, float, Event]:
    """Of an identity that is there and differs, the Activity Log knows but the last write."""
    expected = world.blame[item]
    is_change = "/" not in item and expected[2] in (Event.CHANGED, Event.CREATED) and item in NAMES
    return world.last_write[item] if is_change else expected


@settings(FEW, max_examples=15)
@given(histories)
def test_drift_names_who_made_each_difference(history: list[tuple[Deed, int, str, str]]) -> None:
    world = new_world(SEES_ALL)
    for deed, number, name, value in history:
        deed(world, world.callers[number], name, value)

    plan = drift_of(world)

    for item, found in attributions(plan).items():
        check(found, world.blame[item], item)
        own = "/" not in item
        assert isinstance(found, Attribution) and (found.log is ChangeLog.RESOURCE_GRAPH) >= own, item


@settings(FEW)
@given(histories)
def test_without_resource_graph_the_activity_log_names_who_wrote_last(
    history: list[tuple[Deed, int, str, str]],
) -> None:
    world = new_world(WITHOUT_GRAPH)
    for deed, number, name, value in history:
        deed(world, world.callers[number], name, value)

    plan = drift_of(world)

    for item, found in attributions(plan).items():
        check(found, expected_by_log(world, item), item)


@settings(FEW, max_examples=5)
@given(histories)
def test_with_rights_to_neither_drift_says_so_of_every_difference(history: list[tuple[Deed, int, str, str]]) -> None:
    world = new_world(WITHOUT_BOTH)
    for deed, number, name, value in history:
        deed(world, world.callers[number], name, value)

    for found in attributions(drift_of(world)).values():
        assert isinstance(found, Unattributed)
        assert found.reason is UnknownReason.NOT_ALLOWED
        assert "the activity log: missing microsoft.insights/eventtypes/values/read" in found.because.casefold()


def test_what_is_older_than_either_log_is_told_from_the_other_and_then_from_none() -> None:
    world = new_world(SEES_ALL)
    jo = world.callers[0]
    set_env(world, jo, "id-a", "dev")
    told = []
    for days in (13, 2, 76):
        world.clock.advance(days * 86400)
        told.append(attributions(drift_of(world))["id-a"])

    first, second, third = told
    assert isinstance(first, Attribution) and isinstance(second, Attribution)
    assert (first.log, first.event) == (ChangeLog.RESOURCE_GRAPH, Event.CHANGED)
    assert (second.log, second.event, second.caller) == (ChangeLog.ACTIVITY_LOG, Event.WRITTEN, "jo@contoso.com")
    assert third == Unattributed(UnknownReason.OLDER, "older than the Activity Log (90 days)")


def test_change_that_resource_graph_does_not_have_yet_is_not_blamed_on_the_one_before() -> None:
    world = new_world(SEES_ALL)
    jo, kim = world.callers[:2]
    set_env(world, jo, "id-a", "test")
    known = list(world.application.state.resource_changes)
    set_env(world, kim, "id-a", "dev")
    world.application.state.resource_changes = ChangeHistory(known)

    found = attributions(drift_of(world))["id-a"]

    assert isinstance(found, Attribution)
    assert (found.log, found.event, found.caller) == (ChangeLog.ACTIVITY_LOG, Event.WRITTEN, "kim@contoso.com")


def test_what_azure_did_by_itself_is_the_systems() -> None:
    world = new_world(SEES_ALL)
    set_env(world, world.callers[0], "id-a", "dev")
    (change,) = world.application.state.resource_changes
    body = json.loads(change.text)
    body["properties"]["changeAttributes"] |= {
        "changedBy": "System",
        "changedByType": "System",
        "clientType": "Unknown",
    }
    world.application.state.resource_changes = ChangeHistory([change_of(body, change.at)])

    found = attributions(drift_of(world))["id-a"]

    assert isinstance(found, Attribution)
    assert (found.caller_kind, found.caller) == (CallerKind.SYSTEM, "System")


def test_run_of_this_tool_is_known_by_its_correlation_id() -> None:
    world = new_world(SEES_ALL)
    set_env(world, world.callers[0], "id-a", "dev")
    first = attributions(drift_of(world))["id-a"]
    assert isinstance(first, Attribution)

    again = attributions(drift_of(world, [first.correlation_id]))["id-a"]

    assert (first.by_uami, again) == (False, replace(first, by_uami=True))


def test_group_that_is_deleted_with_all_its_identities_has_one_name_to_it() -> None:
    world = new_world(SEES_ALL)
    world.send(world.callers[1], "DELETE", IN_GROUP, version="2024-07-01")
    world.clock.advance(3600)

    found = attributions(drift_of(world))

    assert {one.caller for one in found.values() if isinstance(one, Attribution)} == {"kim@contoso.com"}
    assert {item: one.event for item, one in found.items() if isinstance(one, Attribution)} == {
        "id-a": Event.DELETED,
        "id-a/main": Event.IDENTITY_DELETED,
        "id-a/role": Event.IDENTITY_DELETED,
        "id-b": Event.DELETED,
        "id-b/main": Event.IDENTITY_DELETED,
        "id-b/role": Event.IDENTITY_DELETED,
    }


class Broken(httpx.BaseTransport):
    """A wire to a service whose logs answer nothing that anybody could use."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self.asked: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer questions to logs with nonsense."""
        path = request.url.path.casefold()
        if "resourcegraph" in path or "eventtypes" in path:
            self.asked.append(path)
            return httpx.Response(200, json={"value": [{"eventTimestamp": 1}, 7], "data": "none"})
        return self._inner.handle_request(request)


def test_logs_that_cannot_be_read_end_no_drift() -> None:
    world = new_world(SEES_ALL)
    delete(world, world.callers[0], "id-a", "")
    broken: list[Broken] = []

    def wire(inner: httpx.BaseTransport) -> httpx.BaseTransport:
        broken.append(Broken(inner))
        return broken[0]

    found = attributions(drift_of(world, wire=wire))

    assert set(found) == {"id-a", "id-a/main", "id-a/role"}
    assert {one.reason for one in found.values() if isinstance(one, Unattributed)} == {UnknownReason.NOT_READ}
    assert found["id-a"] == Unattributed(
        UnknownReason.NOT_READ, "Resource Graph: no usable answer; the Activity Log: no usable answer"
    )
    # However much differs: one question, and a list of each provider.
    assert len(broken[0].asked) == 3


def test_credential_of_an_identity_that_was_made_again_is_none_of_who_made_the_first_one() -> None:
    world = new_world(SEES_ALL)
    jo, kim, terraform = world.callers[:3]
    for deed, caller in ((set_other, jo), (delete, kim), (set_env, terraform), (set_other, kim), (set_other, jo)):
        deed(world, caller, "id-b", "prod")

    check(attributions(drift_of(world))["id-b/other"], world.blame["id-b/other"], "id-b/other")
