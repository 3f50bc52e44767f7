"""Whom a refusal holds, and whom it does not."""

import threading

import httpx

from reconciler.arm.http.throttle import Throttle

FIRST, SECOND = (f"https://arm/subscriptions/00000000-0000-0000-0000-00000000000{number}" for number in (1, 2))
NEVER = float("-inf")


def url(text: str) -> httpx.URL:
    return httpx.URL(text)


def test_one_resource_that_is_told_to_wait_holds_no_other() -> None:
    throttle = Throttle()

    throttle.note(url(f"{FIRST}/a"), 100.0, 5.0)
    throttle.note(url(f"{FIRST}/A?again"), 101.0, 5.0)

    assert throttle.until_s(url(f"{FIRST}/b")) == NEVER


def test_two_resources_that_are_told_to_wait_hold_their_subscription_until_the_first_may_go_on() -> None:
    throttle = Throttle()

    throttle.note(url(f"{FIRST}/a"), 100.0, 5.0)
    throttle.note(url(f"{FIRST}/b"), 101.0, 2.0)

    places = [f"{FIRST}/c", FIRST.upper().replace("HTTPS://ARM", "https://arm"), SECOND, FIRST.replace("arm", "other")]
    assert [throttle.until_s(url(place)) for place in places] == [103.0, 103.0, NEVER, NEVER]


def test_wait_that_is_over_counts_no_more() -> None:
    throttle = Throttle()

    throttle.note(url(f"{FIRST}/a"), 100.0, 5.0)
    throttle.note(url(f"{FIRST}/b"), 105.0, 5.0)

    assert throttle.until_s(url(f"{FIRST}/c")) == NEVER


def test_calls_without_a_subscription_share_a_place() -> None:
    throttle = Throttle()

    throttle.note(url("https://arm/providers/a"), 100.0, 5.0)
    throttle.note(url("https://arm/subscriptions"), 100.0, 7.0)

    assert (throttle.until_s(url("https://arm/providers/b")), throttle.until_s(url(FIRST))) == (105.0, NEVER)


def test_each_thread_has_waited_for_itself() -> None:
    throttle = Throttle()
    throttle.count(2.0)
    throttle.count(3.0)
    others: list[float] = []

    thread = threading.Thread(target=lambda: others.append(throttle.waited_s))
    thread.start()
    thread.join()

    assert (throttle.waited_s, others) == (5.0, [0.0])
