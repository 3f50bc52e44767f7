"""How the Activity Log is asked: the filters that it takes and no others, `$select`, pages, rights, how far back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from reconciler.sandbox.state.events import KEPT, ActivityLog
from reconciler.sandbox.state.state import Grant, Subscription
from tests.sandbox.activity import LOG_VERSION, SINCE, VALUES, ask, events, short
from tests.sandbox.arm import (
    GROUP,
    GROUPS_VERSION,
    IDENTITIES,
    IN_SUBSCRIPTION,
    SUBSCRIPTION,
    TENANT,
    TYPE,
    VERSION,
    Clock,
    application,
    client,
    contents,
    error,
    group,
    token_of,
)

BODY = {"location": "westeurope"}
RUN = "0a1b2c3d-0000-0000-0000-00000000000f"
OTHER = "rg-other"
READ = "Microsoft.Insights/eventtypes/values/read"


def create(arm: httpx.Client, name: str, **headers: str) -> None:
    arm.put(f"{IDENTITIES}/{name}", params=VERSION, json=BODY, headers=headers).raise_for_status()


def named(found: list[dict[str, Any]]) -> list[str]:
    """The last names of the resources of the events that end an operation."""
    return [one["resourceId"].rpartition("/")[2] for one in found if one["eventName"]["value"] == "EndRequest"]


def filled(arm: httpx.Client, clock: Clock) -> None:
    """A second apart: two identities in one group, another with a run of its own, a lock, a group, a refusal."""
    elsewhere = IDENTITIES.replace("rg-Payments", OTHER)
    locks = {"api-version": "2020-05-01"}
    create(arm, "id-a")
    clock.advance(1)
    create(arm, "id-b", **{"x-ms-correlation-request-id": RUN})
    clock.advance(1)
    arm.put(f"{elsewhere}/id-c", params=VERSION, json=BODY).raise_for_status()
    clock.advance(1)
    lock = f"{IDENTITIES}/id-a/providers/Microsoft.Authorization/locks/lock"
    arm.put(lock, params=locks, json={"properties": {"level": "CanNotDelete"}}).raise_for_status()
    clock.advance(1)
    arm.patch(f"{IN_SUBSCRIPTION}/resourceGroups/{OTHER}", params=GROUPS_VERSION, json={}).raise_for_status()
    clock.advance(1)
    arm.delete(f"{IDENTITIES}/id-a", params=VERSION)


@pytest.mark.parametrize(
    ("filter_text", "found"),
    [
        ("eventTimestamp ge '2026-03-01T12:00:00Z'", ["id-a", OTHER, "lock", "id-c", "id-b", "id-a"]),
        ("eventTimestamp ge '2026-03-01T12:00:02.0000000Z'", ["id-a", OTHER, "lock", "id-c"]),
        ("eventTimestamp ge '2026-03-01T12:00:00Z' and eventTimestamp le '2026-03-01T12:00:01Z'", ["id-b", "id-a"]),
        ("eventTimestamp ge '2026-03-01T14:00:00+02:00' and eventTimestamp le '2026-03-01T12:00:00'", ["id-a"]),
        ("EVENTTIMESTAMP GE 2026-03-01T12:00:04Z AND eventtimestamp Le 2999-01-01T00:00:00+00:00", ["id-a", OTHER]),
        ("eventTimestamp ge 2026-03-02", []),
        (f"{SINCE} and resourceGroupName eq 'RG-OTHER'", [OTHER, "id-c"]),
        (f"{SINCE} and resourceUri eq '{IDENTITIES.upper()}/ID-A'", ["id-a", "id-a"]),
        (f"{SINCE} and resourceId eq '{IDENTITIES}/id-b'", ["id-b"]),
        (f"{SINCE} and resourceProvider eq 'microsoft.authorization'", ["lock"]),
        (f"resourceProvider eq Microsoft.Resources and {SINCE}", [OTHER]),
        (f"{SINCE} and correlationId eq '{RUN.upper()}'", ["id-b"]),
        (f"{SINCE} and status eq 'failed'", ["id-a"]),
        (f"{SINCE} and resourceGroupName eq '{OTHER}' and caller eq 'ME'", [OTHER, "id-c"]),
        (f"{SINCE} and caller eq 'o''hara'", []),
        (f"{SINCE} and eventChannels eq 'Admin, Operation' and resourceUri eq '{GROUP}'", []),
        (f"{SINCE} and eventChannels eq 'Admin'", []),
    ],
)  # fmt: skip
def test_list_has_what_the_filter_asks_newest_first(filter_text: str, found: list[str]) -> None:
    clock = Clock()

    with client(application(contents(groups=[group(), group(OTHER)]), clock=clock), token_of("me")) as arm:
        filled(arm, clock)
        listed = events(arm, filter_text)

    assert named(listed) == found


@pytest.mark.parametrize(
    "filter_text",
    [
        None,
        "",
        "eventTimestamp le '2026-03-01'",
        "resourceGroupName eq 'rg-Payments'",
        "eventTimestamp gt '2026-03-01'",
        "eventTimestamp eq '2026-03-01'",
        "eventTimestamp ge 'yesterday'",
        "eventTimestamp ge '2026-13-01'",
        "eventTimestamp ge '0001-01-01T00:00:00+02:00'",
        f"{SINCE} and",
        f"{SINCE} and {SINCE}",
        f"{SINCE} or resourceGroupName eq 'rg-Payments'",
        f"({SINCE})",
        f"{SINCE} and resourceGroupName eq 'rg-Payments' and resourceProvider eq 'Microsoft.Resources'",
        f"{SINCE} and resourceGroupName ge 'rg-Payments'",
        f"{SINCE} and operationName eq '{TYPE}/write'",
        f"{SINCE} and level eq 'Error'",
        f"{SINCE} and contains(caller, 'me')",
        f"{SINCE} and caller eq 'me",
    ],
)
def test_any_other_filter_is_refused_without_the_envelope_of_arm(filter_text: str | None) -> None:
    with client(application()) as arm:
        refused = ask(arm, filter_text)

    assert (refused.status_code, refused.json()) == (
        400,
        {"code": "BadRequest", "message": "$filter searching parameters invalid."},
    )


def test_list_goes_back_90_days_and_no_further() -> None:
    clock = Clock()

    with client(application(clock=clock)) as arm:
        create(arm, "id-a")
        clock.advance(timedelta(days=90).total_seconds())
        kept = events(arm, "eventTimestamp ge '2026-03-01T12:00:00Z'")
        clock.advance(1)
        refused = ask(arm, "eventTimestamp ge '2026-03-01T12:00:00Z'")

    assert named(kept) == ["id-a"]
    assert (refused.status_code, refused.json()) == (
        400,
        {"code": "BadRequest", "message": "The start time cannot be more than 90 days in the past."},
    )


def test_select_keeps_the_named_properties_and_no_others() -> None:
    with client(application()) as arm:
        create(arm, "id-a")
        listed = events(arm, SINCE, **{"$select": "eventName, RESOURCEID,status"})

    assert listed == [
        {
            "eventName": {"value": "EndRequest", "localizedValue": "End request"},
            "resourceId": f"{IDENTITIES}/id-a",
            "status": {"value": "Succeeded", "localizedValue": "Succeeded"},
        },
        {
            "eventName": {"value": "BeginRequest", "localizedValue": "Begin request"},
            "resourceId": f"{IDENTITIES}/id-a",
            "status": {"value": "Started", "localizedValue": "Started"},
        },
    ]


def test_select_of_what_events_do_not_have_is_refused() -> None:
    with client(application()) as arm:
        refused = ask(arm, SINCE, **{"$select": "status,verb"})

    assert (refused.status_code, refused.json()) == (
        400,
        {"code": "BadRequest", "message": "$select names the property 'verb', which is not known."},
    )


def test_pages_go_on_where_they_ended_while_others_write() -> None:
    with client(application(page_size=3)) as arm:
        for name in ("id-a", "id-b", "id-c"):
            create(arm, name)
        first = ask(arm, f"{SINCE} and resourceProvider eq 'Microsoft.ManagedIdentity'")
        create(arm, "id-d")
        second = arm.get(first.json()["nextLink"])

    found = [*first.json()["value"], *second.json()["value"]]
    assert [one["resourceId"].rpartition("/")[2] for one in found] == ["id-c"] * 2 + ["id-b"] * 2 + ["id-a"] * 2
    assert "nextLink" not in second.json()


def test_subscriptions_have_logs_of_their_own() -> None:
    other = IN_SUBSCRIPTION.replace(SUBSCRIPTION, TENANT)
    start = contents()
    start = start.having(Subscription, (*start.of(Subscription), Subscription(TENANT, "Other")))

    with client(application(start)) as arm:
        create(arm, "id-a")
        arm.put(f"{other}/resourceGroups/rg-there", params=GROUPS_VERSION, json=BODY).raise_for_status()
        here, there = ask(arm), ask(arm, scope=other)

    assert (named(here.json()["value"]), named(there.json()["value"])) == (["id-a"], ["rg-there"])


def test_list_is_filtered_by_rights() -> None:
    may_look = Grant("reader", f"{IN_SUBSCRIPTION}/resourceGroups/{OTHER}", (READ,))
    start = contents((), [may_look, Grant("writer", "/", ("*/write",))], [group(), group(OTHER)])
    app = application(start)

    with client(app, token_of("writer")) as arm:
        create(arm, "id-a")
        arm.put(f"{IDENTITIES.replace('rg-Payments', OTHER)}/id-b", params=VERSION, json=BODY).raise_for_status()
        refused = ask(arm)
    with client(app, token_of("reader")) as arm:
        listed = events(arm)

    assert named(listed) == ["id-b"]
    assert error(refused)[:2] == (403, "AuthorizationFailed")
    assert "'microsoft.insights/eventtypes/values/read' over scope '/subscriptions/" in error(refused)[2]


def test_what_happens_above_all_subscriptions_is_in_the_log_of_the_tenant() -> None:
    role = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    body = {"properties": {"roleDefinitionId": role, "principalId": TENANT, "principalType": "ServicePrincipal"}}
    name = f"/providers/Microsoft.Authorization/roleAssignments/{SUBSCRIPTION}"

    with client(application()) as arm:
        create(arm, "id-a")
        arm.put(name, params={"api-version": "2022-04-01"}, json=body).raise_for_status()
        whole, since = ask(arm, None, scope=""), ask(arm, scope="")

    action = "Microsoft.Authorization/roleAssignments/write"
    found = whole.json()["value"]
    assert short(found) == [(action, "Succeeded", "Created"), (action, "Started", "")]
    assert (found[0]["resourceId"], found[0]["subscriptionId"], found[0]["resourceGroupName"]) == (name, "", "")
    assert since.json() == whole.json()


def test_log_of_the_tenant_needs_a_right_at_its_own_scope() -> None:
    with client(application(contents((), [Grant("me", IN_SUBSCRIPTION, ("*",))])), token_of("me")) as arm:
        refused = ask(arm, scope="")

    assert error(refused) == (
        403,
        "AuthorizationFailed",
        "The client 'app-1' with object id 'me' does not have authorization to perform action "
        "'microsoft.insights/eventtypes/values/read' over scope '/providers/microsoft.insights/eventtypes/management' "
        "or the scope is invalid. If access was recently granted, please refresh your credentials.",
    )


def test_other_api_version_is_refused() -> None:
    with client(application()) as arm:
        refused = arm.get(f"{IN_SUBSCRIPTION}{VALUES}", params={"api-version": "2017-04-01", "$filter": SINCE})

    assert error(refused)[:2] == (404, "InvalidResourceType")
    assert LOG_VERSION in error(refused)[2]


def test_resources_of_the_same_provider_are_kept_as_those_of_any_other() -> None:
    alert = f"{GROUP}/providers/Microsoft.Insights/components/c"

    with client(application()) as arm:
        created = arm.put(alert, params={"api-version": "2020-02-02"}, json=BODY)

    assert (created.status_code, created.json()["type"]) == (201, "Microsoft.Insights/components")


def test_log_keeps_the_newest_events_and_none_that_is_too_old() -> None:
    clock = Clock()
    app = application(clock=clock)
    with client(app) as arm:
        create(arm, "id-a")
    old = next(iter(app.state.activity))
    log = ActivityLog(replace(old, status=str(number)) for number in range(KEPT + 5))

    full = [event.status for event in log]
    log.add(replace(old, status="new", at=old.at + timedelta(days=91)))

    assert (len(full), full[0], [event.status for event in log]) == (KEPT, "5", ["new"])
