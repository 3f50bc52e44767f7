"""What a document says, each part with its place; what has a diagnostic already is left out, and nothing else is."""

from reconciler.errors import SourcePos
from reconciler.manifest.declared import (
    DeclaredAllowance,
    DeclaredDocument,
    DeclaredGroup,
    DeclaredIdentity,
    DeclaredRemoval,
    DeclaredScope,
    DeclaredTag,
    DeclaredTags,
    read_declared,
)
from reconciler.manifest.desired import Limits
from reconciler.manifest.reading import Located
from reconciler.manifest.yaml.source import parse_documents
from reconciler.manifest.yaml.text import decode_source

NOTHING = DeclaredScope(None, None, None, None, None, frozenset(), (), (), ())


def pos(line: int, column: int) -> SourcePos:
    return SourcePos("a.yaml", line, column)


def at(text: str, line: int, column: int) -> Located:
    return Located(text, pos(line, column))


def declared(text: str) -> DeclaredDocument:
    source, _ = decode_source("a.yaml", text.encode())
    assert source is not None
    (document,) = parse_documents(source)[0]
    return read_declared(document)


def test_document_is_read_whole() -> None:
    text = """\
version: 1
subscription: sub
tenant: ten
owner: team-a
limits: {maxDeletes: 3.0, maxDeletePercent: 7, maxRevokes: 5}
defaults: {location: westeurope, tags: {env: prod, old: null}}
policy: {identities: owned, tags: exact, federatedCredentials: merge}
ignore: {identities: ["aks-*"], tags: [hidden]}
resourceGroups:
  rg:
    policy: {identities: merge}
    identities:
      - bare
      - {name: id-a, location: uksouth, isolationScope: Regional, protect: true, expect: {principalId: p}}
    remove:
      - {name: id-b, principalId: q, allow: [in-use]}
"""
    tags = DeclaredTags(pos(6, 34), (DeclaredTag("env", "prod", pos(6, 41)), DeclaredTag("old", None, pos(6, 52))))

    assert declared(text) == DeclaredDocument(
        subscription=at("sub", 2, 15),
        tenant=at("ten", 3, 9),
        owner=at("team-a", 4, 8),
        has_owner_key=True,
        limits=Limits(3, 7, 5),
        scope=DeclaredScope(
            tags,
            at("owned", 7, 22),
            at("exact", 7, 35),
            at("merge", 7, 64),
            None,
            frozenset({"identities", "tags", "federatedCredentials"}),
            (at("aks-*", 8, 23),),
            (at("hidden", 8, 40),),
            (),
        ),
        groups=(
            DeclaredGroup(
                at("rg", 10, 3),
                DeclaredScope(None, at("merge", 11, 26), None, None, None, frozenset({"identities"}), (), (), ()),
                (
                    DeclaredIdentity(at("bare", 13, 9), None, None, None, None, None, pos(13, 9)),
                    DeclaredIdentity(
                        at("id-a", 14, 16),
                        "uksouth",
                        "Regional",
                        None,
                        None,
                        None,
                        pos(14, 9),
                        protect=True,
                        expected_principal_id=at("p", 14, 104),
                    ),
                ),
                (
                    DeclaredRemoval(
                        at("id-b", 16, 16),
                        at("q", 16, 35),
                        (DeclaredAllowance(at("in-use", 16, 46), None),),
                        pos(16, 9),
                    ),
                ),
            ),
        ),
    )


def test_what_is_of_another_type_is_left_out_and_the_rest_is_read() -> None:
    text = """\
subscription: 5
owner: null
limits: {maxDeletes: many}
policy: none
resourceGroups:
  rg: {identities: [5, {name: [x], protect: "yes", tags: 5}, id-b], remove: {}}
  other: 5
"""
    found = declared(text)

    assert (found.subscription, found.owner, found.has_owner_key) == (None, None, True)
    assert (found.limits, found.scope) == (Limits(), NOTHING)
    rg, other = found.groups
    assert [(one.name, one.protect, one.tags) for one in rg.identities] == [
        (None, None, None),
        (None, None, None),
        (at("id-b", 6, 62), None, None),
    ]
    assert (rg.removals, other.identities, other.scope) == ((), (), NOTHING)


def test_document_of_nothing_says_nothing() -> None:
    assert declared("x: 1") == DeclaredDocument(None, None, None, False, Limits(), NOTHING, ())
