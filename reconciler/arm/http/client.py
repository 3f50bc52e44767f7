"""One method for each HTTP verb of ARM; answers are checked and read here, or are errors.

Each method takes the function that reads the answer's JSON (`read`, ValueError where it is not what was promised), so
that a malformed answer is reported with its operation, resource and correlation id, and no caller handles raw JSON.
"""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlencode

import httpx

from reconciler.arm.http.answers import QUERY, Call, error_answer, malformed_answer, no_answer, too_many_pages
from reconciler.arm.http.endpoints import origin_of
from reconciler.arm.http.fields import JsonObject, object_list, optional_text, parse_object
from reconciler.arm.http.retry_transport import REPEATABLE
from reconciler.errors import NotFound

T = TypeVar("T")
_WITH_BODY = frozenset({HTTPStatus.OK, HTTPStatus.CREATED})


@dataclass(frozen=True, slots=True)
class ArmClient:
    """ARM at one endpoint, for any number of threads.

    Every method takes a percent-encoded path (see `paths`) and an api-version, and raises ArmError (NotFound, Conflict,
    Throttled, ArmAuthError) or AuthError. Reads have been tried again before they fail; writes are sent once.

    Attributes:
        http: as `transport.open_http_client` makes it; its owner closes it.
        clock: epoch seconds, for a `Retry-After` that is a date.
        max_pages: of one list; a longer one is an error.
        sign_in: what to do where ARM refuses the token; see `credentials.sign_in_hint`.
        link_name: what answers call the link to the next page of a list.
    """

    http: httpx.Client
    clock: Callable[[], float]
    max_pages: int = 10_000
    sign_in: str = "Sign in again."
    link_name: str = "nextLink"

    @property
    def correlation_id(self) -> str:
        """The run's `x-ms-correlation-request-id`."""
        return str(self.http.headers.get("x-ms-correlation-request-id", ""))

    def get(self, path: str, api_version: str, read: Callable[[JsonObject], T]) -> T:
        """Read one resource."""
        call = self._call("GET", path)
        return _read_body(call, self._send(call, self._url(path, _versioned(api_version))), read)

    def find(self, path: str, api_version: str, read: Callable[[JsonObject], T], absent: Container[str]) -> T | None:
        """Read one resource, or None for a 404 whose code is among `absent`; any other 404 is an error."""
        try:
            return self.get(path, api_version, read)
        except NotFound as error:
            if error.arm_code in absent:
                return None
            raise

    def get_pages(
        self, path: str, api_version: str, read: Callable[[JsonObject], T], query: str | None = None
    ) -> Iterator[T]:
        """Yield the items of a list, page after page: all of them that `query` (`$filter`) lets through, or an error.

        A link is followed only to the client's own origin, and never twice; a page may be empty.
        """
        call = self._call("GET", path)
        params = _versioned(api_version) | ({} if query is None else {"$filter": query})
        response = self._send(call, self._url(path, params))
        seen = {str(response.request.url)}
        for _ in range(self.max_pages):
            items, link = _read_body(call, response, lambda body: _read_page(body, read, self.link_name))
            yield from items
            if link is None:
                return
            next_url = self._checked_link(call, response, link, seen)
            seen.add(str(next_url))
            response = self._send(call, next_url)
        raise too_many_pages(str(call), self.max_pages)

    def query(
        self,
        path: str,
        api_version: str,
        body: JsonObject | None,
        read: Callable[[JsonObject], T],
        parameters: Mapping[str, str] | None = None,
    ) -> T:
        """Ask by POST what no GET can ask; it changes nothing, and is tried again like any read."""
        call = self._call(QUERY, path)
        url = self._url(path, {**_versioned(api_version), **(parameters or {})})
        return _read_body(call, self._send(call, url, body), read)

    def put(self, path: str, api_version: str, body: JsonObject, read: Callable[[JsonObject], T]) -> tuple[T, bool]:
        """Create or replace a resource; also whether ARM says that it created one (201) rather than updated it (200).

        Source: recorded traffic (identities and federated credentials; a role assignment is answered 201 always).
        """
        call = self._call("PUT", path)
        response = self._send(call, self._url(path, {"api-version": api_version}), body)
        return _read_body(call, response, read), response.status_code == HTTPStatus.CREATED

    def patch(self, path: str, api_version: str, body: JsonObject, read: Callable[[JsonObject], T]) -> T:
        """Change the given properties of a resource."""
        call = self._call("PATCH", path)
        return _read_body(call, self._send(call, self._url(path, {"api-version": api_version}), body), read)

    def delete(self, path: str, api_version: str) -> bool:
        """Delete a resource; False where there was none (204).

        Source: recorded traffic (200 with or without a body for what was there, 204 for what was not).
        """
        call = self._call("DELETE", path)
        response = self._send(call, self._url(path, {"api-version": api_version}))
        if response.status_code not in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
            raise malformed_answer(call, response, f"{response.status_code} to a DELETE")
        return response.status_code == HTTPStatus.OK

    def _call(self, method: str, path: str) -> Call:
        return Call(method, path, self.correlation_id)

    def _url(self, path: str, parameters: Mapping[str, str]) -> httpx.URL:
        query = f"?{urlencode(parameters)}" if parameters else ""
        return _parse_url(f"{str(self.http.base_url).rstrip('/')}{path}{query}")

    def _send(self, call: Call, url: httpx.URL, body: JsonObject | None = None) -> httpx.Response:
        try:
            response = self.http.request(
                "POST" if call.method == QUERY else call.method,
                url,
                json=body,
                extensions={REPEATABLE: True} if not call.is_write else None,
            )
        except httpx.RequestError as error:
            raise no_answer(call, error) from error
        if not response.is_success:
            raise error_answer(call, response, self.clock(), self.sign_in)
        return response

    def _checked_link(self, call: Call, response: httpx.Response, link: str, seen: set[str]) -> httpx.URL:
        try:
            url = httpx.URL(link)
        except httpx.InvalidURL:
            raise malformed_answer(call, response, "`nextLink` is not a URL") from None
        # The token goes where the link says, so a link elsewhere is refused before anything is sent.
        if origin_of(url) != origin_of(self.http.base_url) or url.userinfo:
            raise malformed_answer(call, response, f"`nextLink` leads to {url.host!r}, away from the endpoint")
        if str(url) in seen:
            raise malformed_answer(call, response, "`nextLink` leads to a page that was read before")
        return url


@dataclass(frozen=True, slots=True)
class OtherService:
    """A service beside ARM, which has an address and tokens of its own and is asked in ARM's way.

    Attributes:
        open_client: gives its client, always the same one; None where it is not asked, as `why_not` says.
    """

    open_client: Callable[[], ArmClient] | None = None
    why_not: str = "nothing was looked at"


@lru_cache(maxsize=256)
def _parse_url(text: str) -> httpx.URL:
    """Parsed once: a read is followed by a write to the same place. The library would parse each part several times."""
    return httpx.URL(text)


def _read_body(call: Call, response: httpx.Response, read: Callable[[JsonObject], T]) -> T:
    if response.status_code not in _WITH_BODY:
        raise malformed_answer(call, response, f"{response.status_code} to a {call.method}")
    try:
        return read(parse_object(response.content))
    except ValueError as error:
        raise malformed_answer(call, response, str(error)) from error


def _read_page(body: JsonObject, read: Callable[[JsonObject], T], link_name: str) -> tuple[tuple[T, ...], str | None]:
    return tuple(read(item) for item in object_list(body, "value")), optional_text(body, link_name)


def _versioned(api_version: str) -> dict[str, str]:
    """The parameter of ARM's that names a version; services whose paths do that already get none."""
    return {"api-version": api_version} if api_version else {}
