"""What the doctor says of clocks, tokens and endpoints that are not as they should be."""

from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
import pytest

from reconciler.arm.login.auth import CachedCredentialAuth
from reconciler.arm.login.credentials import Token, TokenSource
from reconciler.arm.resources import Resources
from reconciler.doctor.checkup import Check, Checkup, RightCheck, Standing
from reconciler.doctor.doctor import Caller, run_doctor
from reconciler.errors import ExitCode, lines_of
from reconciler.live.azure import Azure
from reconciler.manifest.desired import Desired
from tests.builders import SUBSCRIPTION, TENANT, desired_group, group_id
from tests.unit.arm.fakes import ENDPOINT, FakeTime, answer, arm_client, jwt, refusal

NOTHING = Desired(())
CALLER = Caller(ENDPOINT, "token", lambda: None, lambda: None)


def look(*script: httpx.Response | Exception, caller: Caller = CALLER, desired: Desired = NOTHING) -> dict[str, Check]:
    """What is found of a service that answers like this; the manifest asks for nothing unless it is given."""
    time = FakeTime()
    with arm_client(*script, time=time) as (client, _):
        azure = Azure("AzureCloud", Resources(client), None, lambda: None, lambda: None)
        return {one.name: one for one in run_doctor(desired, (), azure, caller).checks}


def operations(ahead_s: float) -> httpx.Response:
    """An answer by a clock that is ahead of ours."""
    date = format_datetime(datetime.fromtimestamp(FakeTime().now_s + ahead_s, UTC), usegmt=True)
    return answer(200, {"value": [{"name": "x"}]}, {"Date": date})


@pytest.mark.parametrize(
    ("ahead_s", "standing", "detail"),
    [
        (0, Standing.OK, "this machine's clock agrees with ARM's"),
        (300, Standing.OK, "this machine's clock agrees with ARM's"),
        (-300, Standing.OK, "this machine's clock agrees with ARM's"),
        (600, Standing.WARNING, "this machine's clock is 10 minutes behind ARM's"),
        (-7200, Standing.WARNING, "this machine's clock is 120 minutes ahead of ARM's"),
    ],
)
def test_clock_is_held_against_that_of_arm(ahead_s: float, standing: Standing, detail: str) -> None:
    found = look(operations(ahead_s))["clock"]

    assert (found.standing, found.detail) == (standing, detail)


@pytest.mark.parametrize("date", [{}, {"Date": "yesterday"}])
def test_clock_of_a_service_that_does_not_say_the_time_is_not_checked(date: dict[str, str]) -> None:
    found = look(answer(200, {"value": []}, date))["clock"]

    assert found.standing is Standing.NOT_CHECKED


def test_endpoint_that_does_not_answer_ends_the_lines() -> None:
    found = look(*[httpx.ConnectError("Name or service not known")] * 20)

    assert list(found) == ["cloud", "credential", "principal", "token", "tenant", "endpoint", "clock"]
    assert found["endpoint"].standing is Standing.FAILED
    assert lines_of(found["endpoint"].hint)[0].startswith("Check the network and the proxy settings")


def test_login_at_a_host_that_is_not_microsofts_is_a_warning_before_all_that_comes_of_it() -> None:
    caller = replace(CALLER, foreign_authority="login.evil.example")

    found = look(operations(0), caller=caller)

    assert list(found)[:3] == ["cloud", "authority", "credential"]
    assert found["authority"] == Check(
        "authority",
        Standing.WARNING,
        "the login is sent to login.evil.example, which is none of Microsoft's hosts",
        "Unset AZURE_AUTHORITY_HOST, unless that host is yours.",
    )


def test_token_that_arm_refuses_is_missing_a_login() -> None:
    found = look(refusal(401, "InvalidAuthenticationToken", "The access token is invalid."))

    assert (found["token"].standing, "".join(found["token"].hint)) == (
        Standing.MISSING,
        "ARM refused the token. Sign in again.",
    )


@pytest.mark.parametrize("asked", ["subscription", "group", "rights"])
def test_token_that_arm_refuses_on_the_way_is_no_missing_right(asked: str) -> None:
    subscription = {"subscriptionId": SUBSCRIPTION, "displayName": "contoso", "tenantId": TENANT}
    group = {"id": str(group_id()), "location": "westeurope"}
    answers = {"operations": operations(0), "subscription": answer(200, subscription), "group": answer(200, group)}
    before = list(answers)[: [*answers, "rights"].index(asked)]
    refused = refusal(401, "ExpiredAuthenticationToken", "The access token expiry is in the past.")

    found = look(*(answers[one] for one in before), refused, desired=Desired((desired_group("id-a"),)))

    login = ["cloud", "credential", "principal", "token", "tenant"]
    seen = [] if asked == "subscription" else ["subscription"]
    assert list(found) == [*login, "endpoint", "api-version", *seen, "clock"]
    assert found["token"].standing is Standing.MISSING
    assert "ExpiredAuthenticationToken" in found["token"].detail


@pytest.mark.parametrize(
    ("source", "claim", "expiry"), [(2000.0, None, 2000.0), (float("inf"), 1500, 1500.0), (float("inf"), None, None)]
)
def test_token_ends_when_its_source_or_itself_says(source: float, claim: int | None, expiry: float | None) -> None:
    text = "opaque" if claim is None else jwt({"exp": claim})
    auth = CachedCredentialAuth(
        TokenSource(lambda: Token(text, source), renewable=False), endpoint=ENDPOINT, clock=lambda: 1000.0
    )

    assert auth.token_expiry() == expiry


@pytest.mark.parametrize(
    ("checks", "rights", "code"),
    [
        ([], [], ExitCode.DONE),
        ([Standing.WARNING], [Standing.NOT_CHECKED], ExitCode.DONE),
        ([Standing.FAILED], [Standing.OK], ExitCode.ERROR),
        ([Standing.OK], [Standing.MISSING], ExitCode.NOT_ALLOWED),
        ([Standing.MISSING, Standing.FAILED], [], ExitCode.NOT_ALLOWED),
    ],
)
def test_exit_code_is_0_only_where_nothing_is_missing(
    checks: list[Standing], rights: list[Standing], code: ExitCode
) -> None:
    checkup = Checkup(
        "AzureCloud",
        ENDPOINT,
        "token",
        tuple(Check("clock", one, "") for one in checks),
        tuple(RightCheck("/", "x", "x/read", one, None) for one in rights),
    )

    assert checkup.exit_code is code
