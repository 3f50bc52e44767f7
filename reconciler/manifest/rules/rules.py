"""Rules of a manifest that need more than one place of it, or more than a JSON Schema can say.

All of them are known before any request: a plan that Azure would refuse half-way is refused here. Each rule is one
function from a document to diagnostics, and each diagnostic stands at the key or text that has to change.
"""

import re
from collections.abc import Callable, Iterator

from reconciler.errors import Diagnostic, SourcePos
from reconciler.manifest.declared import DeclaredDocument, DeclaredGroup, DeclaredTag, DeclaredTags
from reconciler.manifest.desired import IdentitiesPolicy
from reconciler.manifest.finding import ACCEPTABLE_GUARDS
from reconciler.manifest.merge import merged_tags
from reconciler.manifest.reading import Located
from reconciler.manifest.rules.access_rules import (
    check_assignments,
    check_credentials,
    check_ignored_assignments,
    check_role_scopes,
)
from reconciler.manifest.rules.claims import check_identity_claims
from reconciler.manifest.rules.globs import check_count, find_match
from reconciler.manifest.rules.removal_rules import check_removals
from reconciler.manifest.rules.words import RULES, broken_rule, quoted
from reconciler.model import MAX_TAGS, OWN_TAG_PREFIX

RESERVED_TAG_PREFIXES = ("microsoft", "azure", "windows")
"""Beginnings of tag names that Azure keeps, without case.

Source: Microsoft.Resources 2024-07-01 OpenAPI, Tags_CreateOrUpdate.
"""

_NOT_FOR_USERS = (OWN_TAG_PREFIX, *RESERVED_TAG_PREFIXES)

# Its \w holds the letters and digits of every script, which the patterns of editors cannot say: the schema is wider.
# Source: Microsoft.Resources 2024-07-01 OpenAPI, resourceGroupName.
_GROUP_NAME = re.compile(r"[-\w.()]{0,89}[-\w()]")


def check_rules(document: DeclaredDocument) -> list[Diagnostic]:
    """Everything that is wrong with a document and that the schema cannot see."""
    return [diagnostic for rule in _DOCUMENT_RULES for diagnostic in rule(document)]


def _check_owned(document: DeclaredDocument) -> Iterator[Diagnostic]:
    if document.has_owner_key:
        return
    for scope in (document.scope, *(group.scope for group in document.groups)):
        for policy in (scope.identities_policy, scope.assignments_policy):
            if policy is not None and policy.text == IdentitiesPolicy.OWNED:
                hint = "Add `owner:` at the top of the document, or choose `exact` or `merge`."
                yield Diagnostic("owned-without-owner", policy.pos, "the policy `owned` needs an `owner`", hint)


def _check_identities_policy(document: DeclaredDocument) -> Iterator[Diagnostic]:
    """Without an owner nothing is deleted because a key was not written: what to do with the unlisted is said."""
    if document.has_owner_key or "identities" in document.scope.policy_keys:
        return
    silent = [group.name for group in document.groups if "identities" not in group.scope.policy_keys]
    if silent:
        groups = quoted(silent[0].text) + (f" and {len(silent) - 1} more" if len(silent) > 1 else "")
        yield Diagnostic(
            "policy-missing",
            silent[0].pos,
            f"nothing says what happens to live identities of {groups} that are not listed",
            "Write `policy: {identities: ...}` at the top of the document or in the group: `exact` deletes them,"
            " `owned` deletes those that have our owner (add `owner:`, and it is the default), `merge` leaves them.",
        )


def _check_assignments_policy(document: DeclaredDocument) -> Iterator[Diagnostic]:
    """Without an owner no assignment is known as ours later on, so none is ever revoked: the manifest must say so."""
    if document.has_owner_key or "roleAssignments" in document.scope.policy_keys:
        return
    for group in document.groups:
        first = next(_places_of_assignments(group), None)
        if first is not None and "roleAssignments" not in group.scope.policy_keys:
            message = "role assignments need an `owner`, by which those to revoke later are known"
            hint = (
                "Add `owner:`; or write `policy: {roleAssignments: ...}`: `merge` revokes none, `exact` all that are"
                " not listed, at and below `roleScopes`."
            )
            yield Diagnostic("assignments-without-owner", first, message, hint)
            return


def _places_of_assignments(group: DeclaredGroup) -> Iterator[SourcePos]:
    """Where identities list role assignments, or defaults give them some."""
    for identity in group.identities:
        if identity.assignments is not None:
            yield identity.pos
        yield from (one.pos for one in identity.given_assignments)


def _check_accepted_guards(document: DeclaredDocument) -> Iterator[Diagnostic]:
    """A guard is lifted for one line, by that line: whoever reviews what it gives must see both at once."""
    entries = [*document.accept]
    for group in document.groups:
        entries += group.accept
        entries += [entry for identity in group.identities for entry in identity.accept]
        entries += [entry for removal in group.removals for entry in removal.accept]
    for entry in entries:
        if entry.code in ACCEPTABLE_GUARDS:
            message = f"the guard `{entry.code}` is accepted by a credential or a role for itself alone"
            hint = f"Write it on the line that is meant, or pass --allow {entry.code}=ADDRESS."
            yield Diagnostic("accept-not-here", entry.source, message, hint)


def _check_group_names(document: DeclaredDocument) -> Iterator[Diagnostic]:
    for group in document.groups:
        if _GROUP_NAME.fullmatch(group.name.text) is None:
            yield broken_rule(RULES["Resource group name"], group.name.text, group.name.pos)


def _check_tag_names(document: DeclaredDocument) -> Iterator[Diagnostic]:
    for tags in _tag_maps(document):
        spelled: dict[str, DeclaredTag] = {}
        for tag in tags.tags:
            name = tag.name.casefold()
            if name.startswith(_NOT_FOR_USERS):
                yield from _check_reserved(tag, name)
            first = spelled.setdefault(name, tag)
            if first is not tag:
                message = f"the tag `{tag.name}` is already at {first.pos} as `{first.name}`"
                yield Diagnostic(
                    "tag-twice", tag.pos, message, "Keep one of the two; names of tags compare without case."
                )


def _check_reserved(tag: DeclaredTag, name: str) -> Iterator[Diagnostic]:
    """What is wrong with a tag whose name, without case, begins as none of a user may."""
    if name.startswith(OWN_TAG_PREFIX):
        hint = "Remove it; `owner` is what writes `uami-owner`, and `protect` what writes `uami-protect`."
        yield Diagnostic("tag-reserved", tag.pos, f"the tag `{tag.name}` belongs to uami itself", hint)
    for prefix in RESERVED_TAG_PREFIXES:
        if name.startswith(prefix):
            hint = "Choose another name; to leave such a live tag alone, list it under `ignore`."
            message = f"the tag `{tag.name}` begins with `{prefix}`, which Azure keeps for itself"
            yield Diagnostic("tag-reserved", tag.pos, message, hint)


_MOST_OWN_TAGS = 2
"""What `owner` and `protect` write."""


def _check_tag_counts(document: DeclaredDocument) -> Iterator[Diagnostic]:
    owner_tags = 0 if document.owner is None else 1
    for group in document.groups:
        for identity in group.identities:
            layers = identity.tag_layers
            if sum(len(layer.tags) for layer in layers if layer is not None) + _MOST_OWN_TAGS <= MAX_TAGS:
                continue  # whatever they have in common: most identities are far below the limit
            own_tags = owner_tags + (1 if identity.is_protected else 0)
            count = own_tags + sum(value is not None for _, value in merged_tags(*layers))
            last = next((layer for layer in reversed(layers) if layer is not None), None)
            if count > MAX_TAGS and last is not None:
                message = f"these come to {count} tags with what is merged in, and a resource can have {MAX_TAGS}"
                hint = "List fewer; the tags that `owner` and `protect` write count too."
                yield Diagnostic("too-many-tags", last.pos, message, hint)


def _check_ignored_identities(document: DeclaredDocument) -> Iterator[Diagnostic]:
    for group in document.groups:
        patterns = (*document.scope.ignored_identities, *group.scope.ignored_identities)
        yield from check_count("identities", patterns)
        for identity in group.identities if patterns else ():
            if identity.name is not None:
                yield from _check_ignored("identity", identity.name, patterns)


def _check_ignored_tags(document: DeclaredDocument) -> Iterator[Diagnostic]:
    yield from _check_ignored_map(document.scope.tags, document.scope.ignored_tags)
    for group in document.groups:
        patterns = (*document.scope.ignored_tags, *group.scope.ignored_tags)
        yield from check_count("tags", patterns)
        for tags in (document.scope.tags, group.scope.tags, *(identity.tags for identity in group.identities)):
            yield from _check_ignored_map(tags, patterns)


def _check_ignored_credentials(document: DeclaredDocument) -> Iterator[Diagnostic]:
    for group in document.groups:
        patterns = (*document.scope.ignored_credentials, *group.scope.ignored_credentials)
        for identity in group.identities if patterns else ():
            own = identity.credentials.entries if identity.credentials else ()
            for credential in (*own, *identity.given_credentials):
                if credential.name is not None:
                    yield from _check_ignored("federated credential", credential.name, patterns)


def _check_ignored_map(tags: DeclaredTags | None, patterns: tuple[Located, ...]) -> Iterator[Diagnostic]:
    if tags is not None and patterns:
        for tag in tags.tags:
            yield from _check_ignored("tag", Located(tag.name, tag.pos), patterns)


def _check_ignored(kind: str, name: Located, patterns: tuple[Located, ...]) -> Iterator[Diagnostic]:
    pattern = find_match(name.text, patterns)
    if pattern is not None:
        message = f"the {kind} `{name.text}` is listed, yet `{pattern.text}` at {pattern.pos} ignores it"
        yield Diagnostic("listed-and-ignored", name.pos, message, "Remove it here, or narrow the pattern.")


def _tag_maps(document: DeclaredDocument) -> Iterator[DeclaredTags]:
    maps = [document.scope.tags]
    for group in document.groups:
        maps += [group.scope.tags, *(identity.tags for identity in group.identities)]
    yield from (tags for tags in maps if tags is not None)


_DOCUMENT_RULES: tuple[Callable[[DeclaredDocument], Iterator[Diagnostic]], ...] = (
    _check_owned,
    _check_identities_policy,
    _check_assignments_policy,
    _check_accepted_guards,
    _check_group_names,
    _check_tag_names,
    _check_tag_counts,
    _check_ignored_identities,
    _check_ignored_tags,
    _check_ignored_credentials,
    check_identity_claims,
    check_removals,
    check_credentials,
    check_assignments,
    check_ignored_assignments,
    check_role_scopes,
)
