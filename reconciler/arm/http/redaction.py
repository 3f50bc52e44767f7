"""Keeps a request's own token, and whatever else a login sends, out of all that is quoted about them.

The service is not trusted to be discreet: an error page, a header or a link may echo what was sent. Every text that
leaves this package about an answer passes through here.
"""

import re
from collections.abc import Iterable

import httpx

from reconciler.files.secrets import hide_values

_SCHEME = "Bearer "
_REPLACEMENT = "[token]"
_SHORTEST_SECRET = 8
_LONGEST_WORD = 80
# Source: RFC 7519; the first two parts are JSON objects, so that they begin with what `{"` is in base64, each by itself
# too where somebody has taken a token apart.
_JSON_WEB_TOKEN = re.compile(r"\beyJ[\w-]+(\.[\w-]+){1,2}|\beyJ[\w-]{12,}")


def redact(text: str, request: httpx.Request) -> str:
    """The text with the token of this request, if it carries one, replaced wherever it stands."""
    return _replace(text, str(request.headers.get("Authorization", "")).removeprefix(_SCHEME))


def redact_login(text: str, secrets: Iterable[str]) -> str:
    """The text with these secrets, and whatever looks like a JSON Web Token, replaced wherever they stand."""
    for secret in secrets:
        text = _replace(text, secret)
    return _JSON_WEB_TOKEN.sub(_REPLACEMENT, text)


def _replace(text: str, secret: str) -> str:
    if len(secret) >= _SHORTEST_SECRET:
        return hide_values(text, (secret,), _REPLACEMENT)
    # `test`, good enough for an emulator, is no secret; replaced inside words it would garble every text.
    return re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", _REPLACEMENT, text) if secret else text


def quote_answer(text: str, request: httpx.Request, limit: int = 1000) -> str:
    """Text of an answer as one bounded paragraph without the token, cut between two words where there are any."""
    # Redacted first: a token cut in half by the bound would not be found.
    paragraph = " ".join(redact(text, request).split())
    if len(paragraph) <= limit:
        return paragraph
    end = max(paragraph.rfind(mark, max(0, limit - _LONGEST_WORD), limit + 1) for mark in " ,")
    return f"{paragraph[: end if end > 0 else limit].rstrip(' ,')}..."
