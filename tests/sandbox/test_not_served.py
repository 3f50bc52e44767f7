"""What Azure has and the sandbox has not: told from what ARM refuses, and listed where people look."""

import re
from pathlib import Path

import httpx
import pytest

from reconciler.cli.commands.sandbox_serve import HELP_OF_SERVE
from reconciler.sandbox import NOT_SERVED
from reconciler.sandbox.gateway.not_served import NotServedError
from tests.sandbox.arm import (
    GROUP,
    IDENTITIES,
    IN_SUBSCRIPTION,
    application,
    client,
    contents,
    error,
    identity,
)

ROOT = Path(__file__).parents[2]
RESOURCES, AUTHORIZATION = "2022-09-01", "2022-04-01"
GRAPH = "/providers/Microsoft.ResourceGraph/resources"
DEPLOYMENTS = "providers/Microsoft.Resources/deployments"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm"
POLICIES = f"{IN_SUBSCRIPTION}/providers/Microsoft.Authorization"

Asked = tuple[str, str, str]

GAPS: dict[str, list[Asked]] = {
    NOT_SERVED[0]: [
        ("PUT", f"{GROUP}/{DEPLOYMENTS}/d", RESOURCES),
        ("POST", f"{GROUP}/{DEPLOYMENTS}/d/whatIf", RESOURCES),
        ("GET", f"{IN_SUBSCRIPTION}/{DEPLOYMENTS}", RESOURCES),
        ("GET", f"{IN_SUBSCRIPTION}/{DEPLOYMENTS}/d/operations", RESOURCES),
        ("PUT", f"{GROUP}/providers/Microsoft.Resources/deploymentStacks/s", "2024-03-01"),
    ],
    NOT_SERVED[1]: [
        ("GET", f"{POLICIES}/policyAssignments", "2024-04-01"),
        ("GET", f"{POLICIES}/policyDefinitions/p/versions/1", "2023-04-01"),
        ("GET", f"{GROUP}/providers/Microsoft.PolicyInsights/policyStates/latest/queryResults", "2019-10-01"),
        ("PUT", f"{POLICIES}/roleEligibilityScheduleRequests/r", "2020-10-01"),
        ("GET", f"{POLICIES}/accessReviewScheduleDefinitions", "2021-12-01-preview"),
        ("PUT", f"{POLICIES}/denyAssignments/d", AUTHORIZATION),
        ("GET", f"{POLICIES}/denyAssignments", "2024-07-01-preview"),
    ],
    NOT_SERVED[2]: [
        ("GET", "/providers/Microsoft.Management/managementGroups", "2020-05-01"),
        ("PUT", "/providers/Microsoft.Management/managementGroups/mg/subscriptions/s", "2020-05-01"),
    ],
    NOT_SERVED[3]: [
        ("POST", f"{GROUP}/moveResources", RESOURCES),
        ("POST", f"{GROUP}/exportTemplate", RESOURCES),
        ("GET", f"{IN_SUBSCRIPTION}/tagNames", RESOURCES),
        ("GET", "/providers/Microsoft.Authorization/providerOperations", AUTHORIZATION),
        ("POST", f"{IN_SUBSCRIPTION}/providers/Microsoft.Web/unregister", RESOURCES),
    ],
    NOT_SERVED[4]: [
        ("POST", f"{VM}/start", "2024-07-01"),
        ("POST", f"{GROUP}/providers/Microsoft.Storage/storageAccounts/st/listKeys", "2023-05-01"),
        ("GET", f"{VM}/instanceView", "2024-07-01"),
        ("GET", f"{IN_SUBSCRIPTION}/providers/Microsoft.Compute/locations/westeurope/usages", "2024-07-01"),
        ("GET", f"{VM}/providers/Microsoft.Insights/diagnosticSettings", "2021-05-01-preview"),
        ("HEAD", f"{IDENTITIES}/id-a", "2024-11-30"),
    ],
    NOT_SERVED[5]: [
        ("GET", f"{IN_SUBSCRIPTION}/providers?$expand=metadata", RESOURCES),
        ("GET", f"{IN_SUBSCRIPTION}/locations?includeExtendedLocations=true", RESOURCES),
        ("DELETE", f"{GROUP}?forceDeletionTypes=Microsoft.Compute/virtualMachines", RESOURCES),
        ("GET", f"{IN_SUBSCRIPTION}/resources?$filter=substringof('a',name)", RESOURCES),
        ("GET", f"{IN_SUBSCRIPTION}/resources?$filter=location ne 'westus'", RESOURCES),
        ("GET", f"{IN_SUBSCRIPTION}/providers/Microsoft.Authorization/locks", "2015-01-01"),
    ],
    NOT_SERVED[6]: [
        ("POST", f"{GRAPH}?query=resources | join (resourcecontainers) on id", AUTHORIZATION),
        ("POST", f"{GRAPH}?query=resources | where name has_any ('a')", AUTHORIZATION),
        ("POST", f"{GRAPH}?query=resources | where properties.at > ago(1d)", AUTHORIZATION),
        ("POST", f"{GRAPH}?query=policyresources", AUTHORIZATION),
    ],
    NOT_SERVED[7]: [
        ("GET", "/v1.0/applications", ""),
        ("GET", "/v1.0/servicePrincipals/aaaaaaaa-0000-4000-8000-000000000001/owners", ""),
        ("POST", "/v1.0/servicePrincipals", ""),
        ("DELETE", "/beta/users/aaaaaaaa-0000-4000-8000-000000000001", ""),
    ],
}
"""What stands behind each line of the list."""


def ask(arm: httpx.Client, asked: Asked) -> httpx.Response:
    method, target, version = asked
    path, _, query = target.partition("?")
    name, _, value = query.partition("=")
    if path == GRAPH:
        return arm.post(path, params={"api-version": "2024-04-01"}, json={"query": value})
    options = {name: value} if query else {}
    return arm.request(method, path, params={"api-version": version, **options})


@pytest.mark.parametrize(
    ("line", "asked"), [(line, asked) for line, some in GAPS.items() for asked in some], ids=lambda part: str(part)[:60]
)
def test_what_only_the_sandbox_lacks_says_so(line: str, asked: Asked, caplog: pytest.LogCaptureFixture) -> None:
    app = application(contents([identity("id-a")]))

    with client(app) as arm:
        refused, again = ask(arm, asked), ask(arm, asked)
        log = [event["resourceId"] for event in arm.get("/_sandbox/state").json().get("activityLog", [])]

    assert line in NOT_SERVED
    assert [one.status_code for one in (refused, again)] == [501, 501]
    assert refused.headers["x-uami-sandbox"] == "not-served"
    if asked[0] != "HEAD":
        assert error(refused)[1] == "NotServedBySandbox"
        assert error(refused)[2].startswith("Azure has ")
    assert len([record for record in caplog.records if "not served: " in record.getMessage()]) == 1
    assert log == []


def test_every_line_of_the_list_has_requests_behind_it() -> None:
    assert list(GAPS) == list(NOT_SERVED)


def test_list_is_in_the_help_of_the_command_and_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    section = readme.partition("\n## The sandbox\n")[2].partition("\n## ")[0]
    listed = section.partition("It does not serve\n\n")[2].partition("\n\n")[0]

    helped = re.findall(r"^- (.*)$", HELP_OF_SERVE, re.MULTILINE)

    assert helped == list(NOT_SERVED)
    assert listed.removesuffix(".").split(";\n") == [f"- {line}" for line in NOT_SERVED]


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        (("GET", f"{GROUP}/providers/Contoso.Nothing/things", "2024-01-01"), 404, "InvalidResourceNamespace"),
        (("GET", f"{IN_SUBSCRIPTION}/providers/Microsoft.Compute/robots", "2024-07-01"), 404, "InvalidResourceType"),
        (("GET", f"{IDENTITIES}/id-a/robots/r", "2024-11-30"), 404, "InvalidResourceType"),
        (("POST", f"{IDENTITIES}/id-a/start", "2024-11-30"), 404, "InvalidResourceType"),
        (("GET", IDENTITIES, "2031-01-01"), 404, "InvalidResourceType"),
        (("GET", f"{POLICIES}/locks", "2031-01-01"), 404, "InvalidResourceType"),
        (("GET", f"{GROUP}/robots", RESOURCES), 404, "InvalidResourceType"),
        (("GET", f"{GROUP}/robots", "2031-01-01"), 400, "InvalidApiVersionParameter"),
        (("PATCH", f"{IDENTITIES}/id-a/federatedIdentityCredentials/f", "2024-11-30"), 405, "MethodNotAllowed"),
        (("PUT", IDENTITIES, "2024-11-30"), 405, "MethodNotAllowed"),
        (("GET", f"{IN_SUBSCRIPTION}/resources?$filter=size eq 'x'", RESOURCES), 400, "InvalidFilterInQueryString"),
    ],
)
def test_what_arm_lacks_too_is_refused_in_its_own_words(asked: Asked, status: int, code: str) -> None:
    with client(application(contents([identity("id-a")]))) as arm:
        refused = ask(arm, asked)

    assert error(refused)[:2] == (status, code)
    assert "x-uami-sandbox" not in refused.headers


@pytest.mark.parametrize(
    "asked",
    [
        ("GET", f"{GROUP}/providers/Microsoft.ManagedIdentity/robots", "2024-11-30"),
        ("GET", IDENTITIES, "2031-01-01"),
        ("GET", f"{POLICIES}/robots", "2022-04-01"),
        ("GET", f"{POLICIES}/locks", "2014-01-01"),
    ],
)
def test_refused_api_version_is_not_among_those_that_are_called_supported(asked: Asked) -> None:
    with client(application()) as arm:
        message = error(ask(arm, asked))[2]

    refused, _, supported = message.partition("The supported api-versions are ")
    assert f"for api version '{asked[2]}'" in refused
    assert asked[2] not in supported


def test_options_that_ask_for_nothing_are_passed_over() -> None:
    with client(application()) as arm:
        listed = ask(arm, ("GET", f"{IN_SUBSCRIPTION}/locations?includeExtendedLocations=False", RESOURCES))

    assert listed.status_code == 200


def test_line_on_stderr_has_no_control_characters_of_a_path(caplog: pytest.LogCaptureFixture) -> None:
    with client(application()) as arm:
        arm.post(f"{VM}/st%0Aart%1b[31m", params={"api-version": "2024-07-01"})

    [said] = [record.getMessage() for record in caplog.records]
    assert said == "not served: POST: `Microsoft.Compute/virtualMachines/st?art?[31m` at this path"


def test_error_has_the_code_and_the_status_of_what_is_not_implemented() -> None:
    answer = NotServedError("`Contoso.X/y`").answer

    assert (answer.status, answer.from_gateway) == (501, False)
