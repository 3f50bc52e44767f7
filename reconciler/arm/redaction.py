"""Keeps a request's own token out of whatever is quoted about that request.

The service is not trusted to be discreet: an error page, a header or a link may echo what was sent. Every text that
leaves this package about an answer passes through here.
"""

import re

import httpx

_SCHEME = "Bearer "
_REPLACEMENT = "[token]"
_SHORTEST_SECRET = 8


def redact(text: str, request: httpx.Request) -> str:
    """The text with the token of this request, if it carries one, replaced wherever it stands."""
    token = str(request.headers.get("Authorization", "")).removeprefix(_SCHEME)
    if len(token) >= _SHORTEST_SECRET:
        return text.replace(token, _REPLACEMENT)
    # `test`, good enough for an emulator, is no secret; replaced inside words it would garble every text.
    return re.sub(rf"(?<!\w){re.escape(token)}(?!\w)", _REPLACEMENT, text) if token else text


def quote_answer(text: str, request: httpx.Request, limit: int = 1000) -> str:
    """Text of an answer as one bounded paragraph without the token."""
    # Redacted first: a token cut in half by the bound would not be found.
    paragraph = " ".join(redact(text, request).split())
    return paragraph if len(paragraph) <= limit else paragraph[:limit] + "..."
