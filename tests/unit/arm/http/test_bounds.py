"""Whatever a server sends, and however slowly: a call ends in time, within memory, with an error that says why."""

import gzip
from collections.abc import Callable

import httpx
import pytest

from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.receive import MAX_BODY_BYTES
from reconciler.arm.http.wire import ANSWER_TIMEOUT_S, BoundedTransport
from reconciler.errors import ArmError
from tests.steps import that_ends
from tests.unit.arm.fakes import FakeArm, FakeTime, answer, endless_server, http_client, loopback_client, raw_server

TIMEOUT_S = 0.2
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
TOO_LARGE = "reading /x: the answer is larger than 64 MiB"
TOO_SLOW = "reading /x: no answer (ReadTimeout: the answer was not whole after 0.2 s)"


def failure(url: str, read: Callable[[ArmClient], object] = lambda client: client.get("/x", "1", dict)) -> ArmError:
    """The error of a call to a server whose answers may take a fifth of a second."""
    wire = BoundedTransport(proxy=None, max_connections=2, answer_timeout_s=TIMEOUT_S)
    with loopback_client(url, FakeTime(), wire) as client, pytest.raises(ArmError) as raised:
        read(client)
    return raised.value


@pytest.mark.parametrize(
    ("head", "piece", "every_s"),
    [
        (OK + b"Content-Length: 1000000\r\n\r\n", b" ", 0.02),
        (CHUNKED, b"1\r\n \r\n", 0.02),
        (b"", b"H", 0.02),
        (OK, b"X-Y: z\r\n", 0.02),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.0),
        (CHUNKED, CHUNK[:9] + b" " * 7, 600.0),
    ],
    ids=["body", "chunks", "status line", "headers", "100 Continue", "silence"],
)
def test_answer_that_is_not_whole_in_time_is_an_error(head: bytes, piece: bytes, every_s: float) -> None:
    with endless_server(head, piece, every_s) as url:
        error = that_ends(lambda: failure(url))

    assert error.message == TOO_SLOW
    assert (error.status, error.transient, error.in_doubt) == (None, True, False)


def test_write_without_a_whole_answer_in_time_is_in_doubt_and_sent_once() -> None:
    with endless_server(OK, b"X-Y: z\r\n", 0.02) as url:
        error = that_ends(lambda: failure(url, lambda client: client.put("/x", "1", {}, dict)))

    assert (error.message, error.in_doubt) == (TOO_SLOW.replace("reading", "creating"), True)


def test_body_without_an_end_is_an_error_once_it_is_too_large() -> None:
    with (
        endless_server(CHUNKED, CHUNK) as url,
        loopback_client(url, FakeTime()) as client,
        pytest.raises(ArmError) as raised,
    ):
        client.get("/x", "1", dict)

    assert (raised.value.message, raised.value.transient) == (TOO_LARGE, False)
    assert raised.value.hint == "Check that the endpoint is ARM and that nothing in between rewrites its answers."


def test_small_body_that_decompresses_to_a_huge_one_is_an_error() -> None:
    bomb = gzip.compress(b" " * (MAX_BODY_BYTES + 1), 1)
    reply = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb

    with raw_server(reply) as (url, _), loopback_client(url, FakeTime()) as client, pytest.raises(ArmError) as raised:
        client.delete("/x", "1")

    assert raised.value.message == TOO_LARGE.replace("reading", "deleting")
    assert raised.value.in_doubt


def test_only_what_can_be_decompressed_within_bounds_is_asked_for_and_taken() -> None:
    twice = httpx.Response(200, headers={"Content-Encoding": "gzip, gzip"}, stream=httpx.ByteStream(b"x"))
    arm = FakeArm([twice])

    with http_client(arm) as client, pytest.raises(httpx.DecodingError) as raised:
        client.get("/x")

    assert arm.requests[0].headers["Accept-Encoding"] == "gzip"
    assert str(raised.value) == "the body is encoded as 'gzip, gzip', which was not asked for"


@pytest.mark.parametrize("body", [b"", b'{"name": "x"}', b" " * 1_000_000], ids=["empty", "small", "large"])
def test_compressed_body_is_read(body: bytes) -> None:
    sent = httpx.Response(
        200, headers={"Content-Encoding": "GZIP"}, stream=httpx.ByteStream(gzip.compress(body) if body else b"")
    )

    with http_client(FakeArm([sent])) as client:
        response = client.get("/x")

    assert (response.content, response.headers.get("Content-Encoding")) == (body, None)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (gzip.compress(b"x" * 1000)[:-4], "the body's gzip data ends early"),
        (b"plain", "the body is not gzip: Error -3 while decompressing data: incorrect header check"),
    ],
    ids=["cut off", "not compressed"],
)
def test_compressed_body_that_is_damaged_is_an_error(body: bytes, detail: str) -> None:
    sent = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(body))

    with http_client(FakeArm([sent])) as client, pytest.raises(httpx.DecodingError) as raised:
        client.get("/x")

    assert str(raised.value) == detail


@pytest.mark.parametrize(("pages", "whole"), [(3, True), (4, False)])
def test_list_of_too_many_pages_is_an_error_that_names_it(pages: int, whole: bool) -> None:
    links = [f"https://management.azure.com/list?page={number}" for number in range(1, pages)]
    arm = FakeArm([answer(200, {"value": [], "nextLink": link}) for link in links] + [answer(200, {"value": []})])

    with http_client(arm) as http:
        client = ArmClient(http, FakeTime().clock, max_pages=3)
        if whole:
            assert list(client.get_pages("/list", "1", dict)) == []
            return
        with pytest.raises(ArmError) as raised:
            list(client.get_pages("/list", "1", dict))

    assert raised.value.message == "reading /list: the list has more than 3 pages"


def test_bounds_are_those_of_the_contract() -> None:
    with http_client(FakeArm([])) as http:
        assert ArmClient(http, FakeTime().clock).max_pages == 10_000
    assert (MAX_BODY_BYTES, ANSWER_TIMEOUT_S) == (64 * 1024 * 1024, 120.0)
