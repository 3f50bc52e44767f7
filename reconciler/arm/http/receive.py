"""Receives the body of an answer within bounds: whatever a server sends, it takes only so much memory.

httpx decompresses whatever it is sent, in one go, and a small compressed body can become as large as it likes. So the
body is decompressed here, piece by piece and no further than the limit.
"""

import zlib
from collections.abc import Iterable

import httpx

MAX_BODY_BYTES = 64 * 1024 * 1024
"""Of one answer, decompressed."""

ENCODING = "gzip"
"""The only encoding that is asked for: the others cannot be decompressed up to a limit."""

_FRAMING = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


class CallEnded(httpx.RequestError):
    """A call that we end, and do not try again; the message says why, and `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class TimeOver(CallEnded):
    """A call that is not begun, since the time of the run is over."""


def receive(response: httpx.Response) -> httpx.Response:
    """The same answer with its body received and decompressed; the one given is closed.

    Raises:
        CallEnded: the body is larger than MAX_BODY_BYTES.
        httpx.RequestError: it breaks off, or is not what its encoding says.
    """
    stream = response.stream
    if not isinstance(stream, httpx.SyncByteStream):
        raise TypeError("an answer of an asynchronous wire")
    encoding = response.headers.get("Content-Encoding", "").strip().casefold()
    try:
        if encoding in ("", "identity"):
            body = _join(stream)
        elif encoding == ENCODING:
            body = _decompress(stream)
        else:
            raise httpx.DecodingError(f"the body is encoded as {encoding!r}, which was not asked for")
    finally:
        response.close()
    headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _FRAMING]
    return httpx.Response(response.status_code, headers=headers, content=body, extensions=response.extensions)


def _join(pieces: Iterable[bytes]) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        _check_size(body)
    return bytes(body)


def _decompress(pieces: Iterable[bytes]) -> bytes:
    body, inflate = bytearray(), zlib.decompressobj(zlib.MAX_WBITS | 16)
    sent = False
    try:
        for piece in pieces:
            sent = sent or bool(piece)
            body += inflate.decompress(piece, MAX_BODY_BYTES + 1 - len(body))
            _check_size(body)
    except zlib.error as error:
        raise httpx.DecodingError(f"the body is not {ENCODING}: {error}") from error
    if sent and not inflate.eof:
        raise httpx.DecodingError(f"the body's {ENCODING} data ends early")
    return bytes(body)


def _check_size(body: bytearray) -> None:
    if len(body) > MAX_BODY_BYTES:
        raise CallEnded(
            f"the answer is larger than {MAX_BODY_BYTES // 1024**2} MiB",
            "Check that the endpoint is ARM and that nothing in between rewrites its answers.",
        )
