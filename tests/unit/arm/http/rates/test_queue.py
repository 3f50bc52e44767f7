"""Which call goes next: none too early for the service, and none later than a limit that it could use lies idle."""

import math
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.arm.http.rates.bucket import MARGIN_S
from reconciler.arm.http.rates.documented import Limit, limits_of
from reconciler.arm.http.rates.queue import Limits, Queue, Ticket

MOMENT = 1e-6


def path_of(subscription: str, name: str, more: str = "") -> str:
    group = f"/subscriptions/{subscription}/resourceGroups/rg"
    return f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}{more}"


def write(subscription: str, name: str) -> Limits:
    return limits_of("PUT", path_of(subscription, name))


@dataclass
class Service:
    """The service's own buckets, which fill to the brim, in as few lines as that takes."""

    speed: float = 1.0
    margin_s: float = 0.0
    levels: dict[Limit, tuple[float, float]] = field(default_factory=dict)

    def left(self, limit: Limit, now_s: float) -> float:
        most = max(1.0, limit.rate.capacity - self.margin_s * self.speed * limit.rate.refill_per_s)
        level, at_s = self.levels.get(limit, (most, now_s))
        return min(most, level + (now_s - at_s) * limit.rate.refill_per_s * self.speed)

    def admits(self, limits: Limits, now_s: float) -> bool:
        return all(self.left(limit, now_s) >= 1 - MOMENT for limit in limits)

    def take(self, limits: Limits, now_s: float) -> None:
        for limit in limits:
            self.levels[limit] = (self.left(limit, now_s) - 1, now_s)


CALLS = st.lists(
    st.builds(
        lambda method, subscription, name, more: limits_of(method, path_of(subscription, name, more)),
        st.sampled_from(("GET", "PUT", "DELETE", "POST")),
        st.sampled_from(("s1", "s2", "s3")),
        st.sampled_from(("a", "b", "c", "d")),
        st.sampled_from(("", "/federatedIdentityCredentials", "/listAssociatedResources")),
    ),
    max_size=120,
)
"""Many calls of few kinds, so that their limits are used up."""


@settings(max_examples=15)
@given(calls=CALLS, gaps_s=st.lists(st.floats(0, 3), min_size=1, max_size=5), speed=st.sampled_from((0.5, 1.0, 7.0)))
def test_no_limit_is_overdrawn_and_none_lies_idle_while_a_call_waits_that_could_use_it(
    calls: list[Limits], gaps_s: list[float], speed: float
) -> None:
    queue, real, ours = Queue(), Service(speed), Service(speed, MARGIN_S)
    queue.take_speed(speed)
    now_s, arrivals = 0.0, []
    for index, limits in enumerate(calls):
        now_s += gaps_s[index % len(gaps_s)] if index % 20 == 0 else 0.0
        arrivals.append((now_s, limits))
    waiting: set[int] = set()
    known: dict[int, Ticket] = {}
    now_s = 0.0
    while arrivals or waiting:
        while arrivals and arrivals[0][0] <= now_s:
            ticket = queue.join(arrivals.pop(0)[1])
            waiting.add(ticket.number)
            known[ticket.number] = ticket
        for ticket in queue.grant(now_s):
            assert real.admits(ticket.limits, now_s)
            real.take(ticket.limits, now_s)
            ours.take(ticket.limits, now_s)
            waiting.remove(ticket.number)
        assert [one for one in waiting if ours.admits(known[one].limits, now_s - MOMENT)] == []
        following_s = min(queue.next_s(), arrivals[0][0] if arrivals else math.inf)
        assert (following_s < math.inf) == bool(arrivals or waiting)
        now_s = max(following_s, now_s) if following_s < math.inf else now_s


def test_subscriptions_take_turns_at_what_they_share_and_so_do_identities() -> None:
    queue = Queue()
    tenant = next(one for one in write("s1", "a") if one.level == "tenant")
    queue.lower(tenant, 0.0, 0.0)
    for subscription, name in [("s1", "a")] * 3 + [("s1", "b")] * 2 + [("s2", "c")] * 2:
        queue.join(write(subscription, name))

    order = [ticket.limits[-1].of[-1] for at_s in range(1, 8) for ticket in queue.grant(at_s / 10)]

    assert order == ["a", "c", "b", "c", "a", "b", "a"]


def test_identity_that_must_wait_holds_no_other() -> None:
    queue = Queue()
    for _ in range(6):
        queue.join(write("s1", "a"))
    other = queue.join(write("s1", "b"))

    granted = queue.grant(0.0)

    assert (len(granted), other.granted) == (5, True)
    # Of its five tokens at once, one is a little less than whole.
    assert queue.next_s() == pytest.approx(MARGIN_S)


def test_call_whose_time_is_over_says_so_before_it_has_waited_for_nothing() -> None:
    queue = Queue()
    own = write("s1", "a")
    queue.hold(own[0], 50.0, 0.0)
    ticket = queue.join(own, lambda: 20.0)

    queue.grant(0.0)

    assert ticket.is_over(0.0)
    assert queue.next_s() == 20.0


def test_call_that_leaves_is_granted_no_more() -> None:
    queue = Queue()
    ticket = queue.join(write("s1", "a"))

    queue.leave(ticket)

    assert (queue.grant(0.0), queue.next_s(), list(queue.waiting)) == ([], math.inf, [])


def test_turn_that_is_given_back_is_the_next_ones() -> None:
    queue = Queue()
    own = limits_of("POST", path_of("s1", "a", "/listAssociatedResources"))
    queue.join(own)
    second = queue.join(own)
    queue.grant(0.0)

    queue.give_back(own)
    queue.grant(0.0)

    assert second.granted


def test_service_without_rates_makes_nobody_wait() -> None:
    queue = Queue()
    queue.take_speed(math.inf)
    for _ in range(1000):
        queue.join(write("s1", "a"))

    assert len(queue.grant(0.0)) == 1000
    queue.take_speed(1.0)
    queue.join(write("s1", "a"))
    queue.grant(0.0)
    assert queue.next_s() <= 4.0


def test_refusal_that_names_a_limit_holds_that_one() -> None:
    queue = Queue()
    own = write("s1", "a")

    queue.refuse("/a", own, own[2], 5.0, 0.0)

    waits = [queue.join(limits) for limits in (write("s1", "b"), write("s2", "c"))]
    queue.grant(0.0)
    assert [one.granted for one in waits] == [False, True]
    assert queue.next_s() == 5.0


def test_refusal_that_names_none_holds_the_limit_that_is_nearly_empty() -> None:
    queue = Queue()
    own = write("s1", "a")
    queue.lower(own[2], 1.0, 0.0)

    queue.refuse("/a", own, None, 5.0, 0.0)

    other = queue.join(write("s1", "b"))
    queue.grant(0.0)
    assert not other.granted


def test_refusals_that_name_none_hold_what_two_calls_have_in_common() -> None:
    queue = Queue()
    queue.refuse("/a", write("s1", "a"), None, 5.0, 0.0)
    queue.refuse("/A", write("s1", "a"), None, 5.0, 1.0)
    free = queue.join(write("s1", "b"))
    queue.grant(1.0)

    queue.refuse("/b", write("s1", "b"), None, 5.0, 2.0)

    held = [queue.join(limits) for limits in (write("s1", "c"), write("s2", "c"))]
    queue.grant(2.0)
    assert (free.granted, [one.granted for one in held]) == (True, [False, True])


def test_last_of_many_calls_waits_for_the_narrowest_limit() -> None:
    many = [write("s1", f"id-{number}") for number in range(100)]
    one = [write("s1", "id-a")] * 6

    assert Queue().last_of_s(Counter(chain.from_iterable(many)), 0.0) == 30.0 + MARGIN_S
    assert Queue().last_of_s(Counter(chain.from_iterable(one)), 0.0) == 4.0 + MARGIN_S
    assert Queue().last_of_s({}, 0.0) == 0.0


def test_limits_that_are_full_again_are_forgotten() -> None:
    queue = Queue()
    for number in range(5000):
        queue.join(limits_of("GET", path_of("s1", f"id-{number}")))
        queue.grant(float(number))

    assert len(queue._buckets) < 2048
