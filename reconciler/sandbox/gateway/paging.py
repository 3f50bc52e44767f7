"""Lists in pages, linked as ARM links them: an absolute `nextLink` with an opaque `$skiptoken`.

The token holds the key of the last entry of its page, so a list that changes between two pages neither repeats nor
skips what stayed. Source of the link's form: recorded traffic (lists of resource groups: absolute, `%24`-encoded,
opaque token). A list of one page has no `nextLink` at all.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar
from urllib.parse import quote

from reconciler.sandbox.gateway.answers import Answer, ArmRefusalError, by_gateway
from reconciler.sandbox.gateway.calls import Call
from reconciler.sandbox.state import Key

T = TypeVar("T")


def resume_after(call: Call) -> Key | None:
    """The key that the asked page follows, None for the first page.

    Raises:
        ArmRefusalError: 400, not a token that this sandbox gave out. Source: assumed.
    """
    token = call.query.get("$skiptoken")
    if token is None:
        return None
    try:
        value = json.loads(base64.urlsafe_b64decode(token.encode("ascii")))
    except (binascii.Error, ValueError) as error:
        raise _invalid_token() from error
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise _invalid_token()
    return tuple(value)


def page(call: Call, items: Iterator[T], key_of: Callable[[T], Key], show: Callable[[T], object]) -> Answer:
    """One page of a list whose items already begin after `resume_after`."""
    size = _page_size(call)
    shown = list(islice(items, size))
    body: dict[str, object] = {"value": [show(item) for item in shown]}
    if next(items, None) is not None:
        body["nextLink"] = _next_link(call, key_of(shown[-1]))
    return Answer(200, body)


def _page_size(call: Call) -> int:
    # Source: OpenAPI ($top of the list of resource groups); lists of identities declare none.
    top = call.query.get("$top")
    if top is None:
        return call.settings.page_size
    if not top.isascii() or not top.isdigit() or int(top) < 1:
        raise by_gateway(400, "InvalidQueryParameter", f"The value '{top}' of $top is not a positive number.")
    return min(int(top), call.settings.page_size)


def _next_link(call: Call, last: Key) -> str:
    token = base64.urlsafe_b64encode(json.dumps(last).encode()).decode()
    query = {**call.query, "$skiptoken": token}
    pairs = "&".join(f"{quote(name, safe='-')}={quote(value, safe='')}" for name, value in query.items())
    return f"{call.base_url}{call.path}?{pairs}"


def _invalid_token() -> ArmRefusalError:
    return by_gateway(400, "InvalidSkipToken", "The $skiptoken of the request is not valid.")
