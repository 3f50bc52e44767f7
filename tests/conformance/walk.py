"""Asks for documented operations as their documents write them, and keeps what came of it."""

from collections.abc import Mapping

import httpx

from reconciler.sandbox.serving.application import Application
from tests.conformance.documents import Operation, Specification
from tests.conformance.exchanges import Exchange, Judge, Violation
from tests.conformance.observer import Seen
from tests.sandbox.arm import client

_NO_NAMES: Mapping[str, str] = {}


class Walk:
    """A client that walks through a specification.

    Attributes:
        seen: what the operations that were asked for answered.
        violations: what of it the documents do not allow, known differences included.
    """

    def __init__(self, specification: Specification, application: Application) -> None:
        self.seen = Seen()
        self.violations: list[Violation] = []
        self.http = client(application)
        self._judge = Judge(specification)
        self._operations = {operation.label: operation for operation in specification.operations}

    def document(self, namespace: str, api_version: str) -> "Document":
        """One document's operations."""
        return Document(self, f"{namespace} {api_version}")

    def has(self, label: str) -> bool:
        """Whether there is such an operation."""
        return label in self._operations

    def ask(
        self,
        label: str,
        names: Mapping[str, str],
        body: object = None,
        query: Mapping[str, str] | None = None,
        token: str | None = "any",
    ) -> httpx.Response:
        """Ask for an operation; `names` stand in its path for the placeholders, and no token is None."""
        operation = self._operations[label]
        # Put together by hand: a scope that begins with a slash doubles it, as Azure's own clients do.
        url = f"http://arm.localhost{operation.template.format_map(names)}"
        parameters = {"api-version": operation.api_version, **(query or {})}
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        request = httpx.Request(operation.method, url, params=parameters, json=body, headers=headers)
        answer = self.http.send(request)
        self._note(operation, request, answer)
        return answer

    def _note(self, operation: Operation, request: httpx.Request, answer: httpx.Response) -> None:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        target = request.url.raw_path.decode("ascii")
        exchange = Exchange(request.method, target, answer.status_code, headers, answer.content)
        assert operation in self._judge.operations(exchange), f"{operation.label}: {target} is another operation's"
        self.seen[operation.label, exchange.status] += 1
        self.violations += self._judge.violations(exchange, operation)


class Document:
    """The operations of one document, by their names in it."""

    def __init__(self, walk: Walk, label: str) -> None:
        self.walk = walk
        self._label = label

    def has(self, name: str) -> bool:
        """Whether the document has an operation."""
        return self.walk.has(f"{self._label} {name}")

    def __call__(
        self,
        name: str,
        names: Mapping[str, str] = _NO_NAMES,
        *,
        body: object = None,
        query: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Ask for an operation; `names` stand in its path for the placeholders."""
        return self.walk.ask(f"{self._label} {name}", names, body, query)
