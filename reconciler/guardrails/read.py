"""The bytes of a guardrails file to what it says, by the strict YAML reader of manifests, or every problem of it.

It has no variables: what a run may do at most must not depend on what the run is started with.
"""

import hashlib
from collections.abc import Iterator

from reconciler.errors import Diagnostic, GuardrailsError, SourcePos
from reconciler.guardrails.model import (
    DeleteRules,
    Guardrails,
    LimitRule,
    ListRule,
    RoleRule,
    RoleRules,
    TrustRule,
    TrustRules,
)
from reconciler.guardrails.words import VOCABULARY
from reconciler.manifest.diagnostics import in_order
from reconciler.manifest.reading import items, mapping, texts_at, whole_number
from reconciler.manifest.rules.schema import check_document, schema_of
from reconciler.manifest.yaml.document import Document, Path, Plain
from reconciler.manifest.yaml.source import parse_documents
from reconciler.manifest.yaml.text import SourceText, decode_source

GUARDRAILS_SCHEMA = "guardrails.v1.schema.json"


def parse_guardrails(file: str, content: bytes) -> Guardrails:
    """What a guardrails file says; `file` is its name in messages.

    Raises:
        GuardrailsError: anything at all is wrong; carries every diagnostic, in order of place.
    """
    source, problems = decode_source(file, content)
    documents, mistakes = ([], []) if source is None else parse_documents(source)
    problems = [*problems, *mistakes, *(problem for one in documents for problem in _check(one))]
    if len(documents) > 1 and not documents[-1].is_empty:
        problems.append(_several(documents[1]))
    if problems or not documents:
        raise GuardrailsError(_reported(file, problems or [_empty(file)], source))
    return _Reader(documents[0]).guardrails(file, hashlib.sha256(content).hexdigest())


def _check(document: Document) -> Iterator[Diagnostic]:
    if document.data is None:
        if not document.is_empty:
            yield _empty(document.file)
        return
    yield from check_document(document, schema_of(GUARDRAILS_SCHEMA), VOCABULARY)
    for path, value in _texts(document.data, ()):
        if "${" in value and path not in document.broken_values:
            yield Diagnostic(
                "variable-in-guardrails",
                document.value_pos(path),
                "guardrails have no variables",
                "Write the value itself: what a run may do must not depend on how it is started.",
            )


def _texts(value: Plain, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from _texts(inner, (*path, key))


def _several(document: Document) -> Diagnostic:
    message = "a guardrails file has one document, and this is another"
    return Diagnostic("several-documents", document.value_pos(()), message, "Write all rules in one document.")


def _empty(file: str) -> Diagnostic:
    hint = "Write `version: 1` and the rules; `uami schema guardrails` describes them."
    return Diagnostic("empty-guardrails", SourcePos(file, 1, 1), "no guardrails stand here", hint)


def _reported(file: str, problems: list[Diagnostic], source: SourceText | None) -> tuple[Diagnostic, ...]:
    return in_order(problems, {} if source is None else {file: source.lines})


class _Reader:
    """Reads a document that the schema has checked."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._data = mapping(document.data)

    def guardrails(self, file: str, sha256: str) -> Guardrails:
        """All rules of the document."""
        return Guardrails(
            file,
            sha256,
            self._pos("version"),
            RoleRules(tuple(self._roles()), self._pos("roles") if "roles" in self._data else self._pos("version")),
            tenant=self._tenant(),
            subscriptions=self._list("subscriptions"),
            resource_groups=self._list("resourceGroups"),
            denied=self._list("identities", "deny"),
            owners=self._list("owners"),
            locations=self._list("locations"),
            trust=TrustRules(tuple(self._trust()), self._pos("trust")) if "trust" in self._data else None,
            deletes=DeleteRules(
                only_named=self._switch("deletes", "onlyNamed", is_on=True),
                pinned=self._switch("deletes", "pinned", is_on=True),
                most=self._limit("deletes", "maxPerRun"),
                allow=self._list("deletes", "allow"),
            ),
            revokes=self._limit("revokes", "maxPerRun"),
            keeps_protection=self._switch("protect", "lift", is_on=False),
        )

    def _pos(self, *path: str | int) -> SourcePos:
        return self._document.key_pos(path)

    def _at(self, *path: str | int) -> Plain:
        value: Plain = self._document.data
        for key in path:
            value = value.get(str(key)) if isinstance(value, dict) else items(value)[int(key)]
        return value

    def _texts(self, *path: str | int) -> tuple[str, ...]:
        return tuple(one.text for one in texts_at(self._document, path, self._at(*path)))

    def _has(self, *path: str) -> bool:
        return path[-1] in mapping(self._at(*path[:-1]) if path[0] in self._data else None)

    def _list(self, *path: str) -> ListRule | None:
        return ListRule(self._texts(*path), self._pos(*path)) if self._has(*path) else None

    def _tenant(self) -> ListRule | None:
        return ListRule((str(self._data["tenant"]),), self._pos("tenant")) if "tenant" in self._data else None

    def _limit(self, *path: str) -> LimitRule | None:
        number = whole_number(self._at(*path)) if self._has(*path) else None
        return None if number is None else LimitRule(number, self._pos(*path))

    def _switch(self, *path: str, is_on: bool) -> SourcePos | None:
        return self._pos(*path) if self._has(*path) and self._at(*path) is is_on else None

    def _trust(self) -> Iterator[TrustRule]:
        for index, entry in enumerate(items(self._data.get("trust"))):
            path = ("trust", index)
            yield TrustRule(
                self._texts(*path, "identities"),
                str(mapping(entry)["issuer"]),
                self._texts(*path, "subjects"),
                self._pos(*path),
            )

    def _roles(self) -> Iterator[RoleRule]:
        for index, entry in enumerate(items(self._data.get("roles"))):
            path = ("roles", index)
            yield RoleRule(
                self._texts(*path, "identities"),
                str(mapping(entry)["role"]),
                self._texts(*path, "scopes"),
                "condition" in mapping(entry),
                self._pos(*path),
            )
