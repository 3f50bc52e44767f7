"""How fast a client may be: every documented bucket, what is told of them, and how a refusal looks."""

import httpx
import pytest

from reconciler.cli.commands.sandbox_serve import serve
from reconciler.errors import UsageError
from reconciler.sandbox.gateway.answers import ArmRefusalError
from reconciler.sandbox.rates.rates import RatedCall, Rates, parse_speed
from reconciler.sandbox.serving.application import Application, Options
from tests.sandbox.arm import (
    GROUP,
    GROUPS_VERSION,
    IDENTITIES,
    SUBSCRIPTION,
    TENANT,
    VERSION,
    Clock,
    client,
    contents,
    error,
    group,
    identity,
    token_of,
)
from tests.sandbox.test_server import serving

START_S = 1_772_366_400.0
STEP_S = 0.01
IN_SUBSCRIPTION = ("subscriptions", SUBSCRIPTION)
GROUP_WORDS = (*IN_SUBSCRIPTION, "resourcegroups", "rg")
QUERY = ("providers", "microsoft.resourcegraph", "resources")
IDENTITIES_WORDS = (*GROUP_WORDS, "providers", "microsoft.managedidentity", "userassignedidentities")


def call(method: str, *words: str, principal_id: str = "me") -> RatedCall:
    return RatedCall(method, words, TENANT, principal_id)


def admitted(
    gate: str, calls: list[RatedCall], seconds: int, rates: Rates | None = None, step_s: float = STEP_S
) -> int:
    """How many of these calls, sent in turn as fast as can be, get through a gate."""
    rates = rates or Rates()
    admit = getattr(rates, f"admit_to_{gate}")
    passed = 0
    for step in range(round(seconds / step_s)):
        try:
            admit(calls[step % len(calls)], START_S + step * step_s)
        except ArmRefusalError:
            continue
        passed += 1
    return passed


@pytest.mark.parametrize(
    ("method", "capacity", "per_second"), [("GET", 250, 25), ("PUT", 200, 10), ("PATCH", 200, 10), ("DELETE", 200, 10)]
)
def test_arm_lets_a_principal_be_as_fast_as_documented(method: str, capacity: int, per_second: int) -> None:
    passed = admitted("arm", [call(method, *GROUP_WORDS)], seconds=100)

    assert passed == pytest.approx(capacity + 100 * per_second, rel=0.02)


@pytest.mark.parametrize(
    ("method", "words", "capacity", "per_second"),
    [
        ("GET", ("subscriptions",), 250, 25),
        ("PUT", ("providers", "microsoft.authorization", "roleassignments", "a"), 200, 10),
        ("DELETE", ("providers", "microsoft.authorization", "roleassignments", "a"), 200, 10),
        # A query is a read, though it is a POST.
        ("POST", QUERY, 250, 25),
    ],
)
def test_arm_lets_a_caller_without_a_subscription_be_as_fast_as_documented(
    method: str, words: tuple[str, ...], capacity: int, per_second: int
) -> None:
    passed = admitted("arm", [call(method, *words)], seconds=100)

    assert passed == pytest.approx(capacity + 100 * per_second, rel=0.02)


@pytest.mark.parametrize(
    ("method", "capacity", "per_second"), [("GET", 3750, 375), ("PUT", 3000, 150), ("DELETE", 3000, 150)]
)
def test_arm_lets_all_principals_of_a_subscription_together_be_as_fast_as_documented(
    method: str, capacity: int, per_second: int
) -> None:
    calls = [call(method, *GROUP_WORDS, principal_id=f"principal {number}") for number in range(40)]

    passed = admitted("arm", calls, seconds=20, step_s=0.001)

    assert passed == pytest.approx(capacity + 20 * per_second, rel=0.02)


def test_principals_do_not_slow_each_other_until_the_subscription_is_used_up() -> None:
    rates = Rates()

    passed = [
        sum(
            admitted("arm", [call("PUT", *GROUP_WORDS, principal_id=f"principal {number}")], 3, rates)
            for number in numbers
        )
        for numbers in (range(15), range(15, 16))
    ]

    # Fifteen principals use what all of them have together; the sixteenth finds what came in since.
    assert passed == [pytest.approx(15 * 230, rel=0.02), pytest.approx(230, rel=0.02)]
    assert sum(admitted("arm", [call("PUT", *GROUP_WORDS, principal_id=f"late {n}")], 3, rates) for n in range(2)) > 0


@pytest.mark.parametrize(
    ("method", "below", "subscriptions", "per_second"),
    [
        ("PUT", ["id-{}"], 1, 2),
        ("PUT", ["id-{}"], 8, 10),
        ("PATCH", ["id-a"], 1, 0.25),
        ("PUT", ["id-a", "federatedidentitycredentials", "fic-{}"], 1, 0.25),
        ("GET", ["id-{}"], 1, 10),
        ("GET", ["id-{}"], 8, 30),
        ("GET", ["id-a"], 1, 0.5),
        ("GET", ["id-a", "federatedidentitycredentials", "fic-{}"], 1, 0.5),
        ("GET", [], 1, 5),
        ("GET", [], 8, 15),
        ("GET", ["id-a", "federatedidentitycredentials"], 1, 0.25),
        ("DELETE", ["id-{}"], 1, 2),
        ("DELETE", ["id-{}"], 8, 10),
        ("DELETE", ["id-a"], 1, 0.25),
    ],
)
def test_managed_identity_lets_callers_be_as_fast_as_documented(
    method: str, below: list[str], subscriptions: int, per_second: float
) -> None:
    calls = [
        call(
            method,
            "subscriptions",
            str(number % subscriptions),
            *IDENTITIES_WORDS[2:],
            *(word.format(number) for word in below),
        )
        for number in range(1000)
    ]

    passed = admitted("provider", calls, seconds=200)

    assert passed == pytest.approx((200 + 20) * per_second, rel=0.02)


def test_associated_resources_are_listed_once_a_second_in_the_whole_tenant() -> None:
    calls = [call("POST", *IDENTITIES_WORDS, f"id-{number}", "listassociatedresources") for number in range(100)]

    passed = admitted("provider", calls, seconds=200)

    assert passed == pytest.approx(200 + 20, rel=0.02)


@pytest.mark.parametrize(("speed", "per_second"), [(1, 3), (5, 15)])
def test_resource_graph_answers_a_caller_as_fast_as_documented(speed: float, per_second: float) -> None:
    passed = admitted("provider", [call("POST", *QUERY)], 100, Rates(speed))

    assert passed == pytest.approx(100 * per_second, rel=0.02)


def test_resource_graph_answers_each_caller_by_themselves() -> None:
    calls = [call("POST", *QUERY, principal_id=name) for name in ("first", "second")]

    passed = admitted("provider", calls, seconds=100)

    assert passed == pytest.approx(2 * 100 * 3, rel=0.02)


def test_window_of_resource_graph_is_used_up_at_once_and_not_a_call_more() -> None:
    passed = [admitted("provider", [call("POST", *QUERY)], seconds) for seconds in (1, 4, 5, 6)]

    assert passed == [15, 15, 15, 30]


def test_revocations_of_tokens_are_as_slow_as_other_writes_to_an_identity() -> None:
    calls = [call("POST", *IDENTITIES_WORDS, "id-a", "revoketokens")]

    passed = admitted("provider", calls, seconds=200)

    assert passed == pytest.approx((200 + 20) * 0.25, rel=0.02)


@pytest.mark.parametrize(("resource", "per_second"), [("vm-{}", 10), ("vm-a", 0.5)])
def test_system_assigned_identities_are_read_as_fast_as_others(resource: str, per_second: float) -> None:
    below = ("providers", "microsoft.managedidentity", "identities", "default")
    calls = [
        call("GET", *GROUP_WORDS, "providers", "microsoft.x", "vms", resource.format(number), *below)
        for number in range(1000)
    ]

    passed = admitted("provider", calls, seconds=200)

    assert passed == pytest.approx((200 + 20) * per_second, rel=0.02)


@pytest.mark.parametrize(
    "words",
    [
        GROUP_WORDS,
        (*IDENTITIES_WORDS, "id-a", "providers", "microsoft.authorization", "locks", "lock"),
        ("providers", "microsoft.managedidentity", "operations"),
        ("providers", "microsoft.managedidentity"),
    ],
)
def test_calls_to_other_providers_do_not_count_for_managed_identity(words: tuple[str, ...]) -> None:
    passed = admitted("provider", [call("PUT", *words)], seconds=10)

    assert passed == 1000


def test_faster_clock_fills_the_buckets_faster() -> None:
    passed = admitted("arm", [call("PUT", *GROUP_WORDS)], 20, Rates(speed=5))

    assert passed == pytest.approx(200 + 20 * 5 * 10, rel=0.02)


def test_waiting_as_long_as_told_is_enough_and_less_is_not() -> None:
    rates = Rates()
    put = call("PATCH", *IDENTITIES_WORDS, "id-a")
    while True:
        try:
            rates.admit_to_provider(put, START_S)
        except ArmRefusalError as refusal:
            wait_s = int(refusal.answer.headers["Retry-After"])
            break

    with pytest.raises(ArmRefusalError):
        rates.admit_to_provider(put, START_S + wait_s - 0.1)
    rates.admit_to_provider(put, START_S + wait_s)

    assert wait_s == 4


def test_what_managed_identity_refuses_has_cost_arm_a_token() -> None:
    clock = Clock()
    app = Application(contents([identity("id-a")]), Options(rates=Rates()), clock=clock)

    with client(app) as arm:
        answers = [arm.get(f"{IDENTITIES}/id-a", params=VERSION) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[-1].headers["x-ms-ratelimit-remaining-subscription-reads"] == "239"


def test_refusal_of_managed_identity_looks_as_recorded() -> None:
    app = Application(contents([], groups=[group()]), Options(rates=Rates()), clock=Clock())

    with client(app) as arm:
        names = (f"{IDENTITIES}/id-{number}" for number in range(41))
        answers = [arm.put(name, params=VERSION, json={"location": "westeurope"}) for name in names]

    assert [answer.status_code for answer in answers] == [201] * 40 + [429]
    assert error(answers[-1]) == (
        429,
        "429",
        f"Request is temporarily throttled because subscription {SUBSCRIPTION} has issued too many requests. "
        "Retry after 1 seconds.",
    )
    assert (answers[-1].headers["Retry-After"], "x-ms-failure-cause" in answers[-1].headers) == ("1", False)


def test_refusal_of_arm_looks_as_recorded_and_says_nothing_of_what_is_left() -> None:
    app = Application(contents(), Options(rates=Rates()), clock=Clock())

    with client(app) as arm:
        answers = [arm.get(GROUP, params=GROUPS_VERSION) for _ in range(251)]

    refused = answers[-1]
    assert [answer.status_code for answer in answers] == [200] * 250 + [429]
    assert error(refused) == (
        429,
        "SubscriptionRequestsThrottled",
        f"Number of requests for subscription '{SUBSCRIPTION}' and operation "
        f"'GET{GROUP.lower()}' exceeded the backend storage limit. Please try again after '1' seconds.",
    )
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["x-ms-failure-cause"] == "gateway"
    assert [name for name in refused.headers if "ratelimit" in name] == []


def test_what_is_left_is_counted_down_and_filled_up_in_both_generations() -> None:
    clock = Clock()
    app = Application(contents(), Options(rates=Rates()), clock=clock)

    def left(arm: httpx.Client) -> tuple[str, str]:
        headers = arm.get(GROUP, params=GROUPS_VERSION).headers
        return (
            headers["x-ms-ratelimit-remaining-subscription-reads"],
            headers["x-ms-ratelimit-remaining-subscription-global-reads"],
        )

    with client(app, token_of("first")) as first, client(app, token_of("second")) as second:
        seen = [left(first), left(first), left(second)]
        clock.advance(1)
        seen.append(left(first))

    assert seen == [("249", "3749"), ("248", "3748"), ("249", "3747"), ("249", "3749")]


def test_calls_without_a_subscription_are_told_what_is_left_of_the_tenant() -> None:
    app = Application(contents(), Options(rates=Rates()), clock=Clock())

    with client(app) as arm:
        headers = arm.get("/subscriptions", params={"api-version": "2022-12-01"}).headers

    assert {name: value for name, value in headers.items() if "ratelimit" in name} == {
        "x-ms-ratelimit-remaining-tenant-reads": "249"
    }


@pytest.mark.parametrize(("text", "speed"), [("off", None), ("azure", 1.0), ("x1", 1.0), ("x60", 60.0), ("x0.5", 0.5)])
def test_speed_is_read_from_what_was_asked(text: str, speed: float | None) -> None:
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["", "x", "x0", "x-1", "60", "xinf", "on"])
def test_speed_that_makes_no_sense_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        serve(rates=text)

    assert caught.value.message == f"--rates must be off, azure or xN with a number N above 0, not {text!r}."


@pytest.mark.parametrize(("rates", "text"), [(None, "off"), (Rates(), "1"), (Rates(20.0), "20"), (Rates(0.5), "0.5")])
def test_every_answer_says_how_fast_the_buckets_fill(rates: Rates | None, text: str) -> None:
    application = Application(contents(), Options(rates=rates))
    with client(application) as arm:
        answers = [arm.get(f"/subscriptions/{SUBSCRIPTION}", params=params) for params in (GROUPS_VERSION, {})]

    assert [one.status_code for one in answers] == [200, 400]
    assert {one.headers["x-uami-sandbox-rates"] for one in answers} == {text}


def test_command_throttles_when_it_is_asked_to() -> None:
    with serving("--rates", "azure") as (_process, arm):
        headers = arm.get(f"/subscriptions/{SUBSCRIPTION}", params={"api-version": "2022-12-01"}).headers
        again = arm.get(f"/subscriptions/{SUBSCRIPTION}", params={"api-version": "2022-12-01"}).headers

    left = "x-ms-ratelimit-remaining-subscription-reads"
    assert (headers[left], again[left]) == ("249", "248")
