"""The sentence of each row: "After this, GitHub `contoso/payments`, environment `prod`, can act as id-deploy: ..."."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from reconciler.manifest.trust.decoded import decode, ticked
from reconciler.model import AttachedResource, CredentialId, ResourceId, Trust, role_name
from reconciler.plan.trust.rows import TrustRow, Verb
from reconciler.plan.trust.sides import Right, Who


class Naming(Protocol):
    """How a reader knows things: a report's short names, or a document's whole ones."""

    def identity(self, resource_id: ResourceId) -> str:
        """The address of an identity."""

    def role(self, role: str, guid: str) -> str:
        """A role's name."""

    def scope(self, scope: str, of: ResourceId) -> str:
        """What a role of an identity is given on."""


@dataclass(frozen=True, slots=True)
class WholeNames:
    """Addresses and ids as they are in documents, where no other is there to be told from."""

    def identity(self, resource_id: ResourceId) -> str:
        """`SUBSCRIPTION/GROUP/IDENTITY`."""
        return resource_id.address

    def role(self, role: str, guid: str) -> str:
        """A role's name, or its GUID."""
        return role_name(guid) if role == guid else role

    def scope(self, scope: str, of: ResourceId) -> str:  # noqa: ARG002 - whole ids are the same from everywhere
        """The ARM id."""
        return scope


def trust_sentence(row: TrustRow, names: Naming, *, identities: str = "", whos: str = "") -> str:
    """A row in a sentence.

    Args:
        identities: what stands there for several identities of which the same is said.
        whos: for several who may become the same identity.
    """
    identity = identities or names.identity(row.identity)
    rights = rights_text(row.rights, row.identity, names)
    if row.who is None:
        begin = f"After this, {identity} {_of_rights(row.verb, rights)}"
        return f"{begin}; who else can act as it was not read: {row.not_read}."
    who, more = whos or who_phrase(row.who), _unread(row.not_read, row.rights)
    match row.verb:
        case Verb.GAINS_TRUST:
            return f"After this, {_can_act(who, identity, rights, more, are_many=bool(identities))}"
        case Verb.LOSES_TRUST:
            goes = f", which {'are' if identities else 'is'} deleted" if row.is_deleted else ""
            lost = f", and loses {rights}" if rights else ""
            return f"After this, {who} can no longer act as {identity}{goes}{lost}{more}."
        case Verb.GAINS_RIGHTS | Verb.LOSES_RIGHTS | Verb.CHANGES_RIGHTS:
            begin = who if who.endswith(",") else f"{who},"
            return f"After this, {begin} which can act as {identity}, {_of_rights(row.verb, rights)}{more}."
    assert_never(row.verb)


def standing_sentence(
    who: Who, identity: ResourceId, rights: Sequence[Right], not_read: str | None, names: Naming
) -> str:
    """The same of what is: "GitHub ..., can act as id-deploy: Contributor on rg-prod."."""
    text = _can_act(
        who_phrase(who), names.identity(identity), rights_text(rights, identity, names), _unread(not_read, rights)
    )
    return f"{text[:1].upper()}{text[1:]}"


def _can_act(who: str, identity: str, rights: str, more: str, *, are_many: bool = False) -> str:
    none = "" if more else f", which {'have' if are_many else 'has'} no role"
    return f"{who} can act as {identity}{f': {rights}' if rights else none}{more}."


def _unread(not_read: str | None, rights: Sequence[Right]) -> str:
    """The end of a sentence that may lack rights."""
    if not_read is None:
        return ""
    what = "there may be more, which was not read" if rights else "what it may do was not read"
    return f"; {what}: {not_read}"


def _of_rights(verb: Verb, rights: str) -> str:
    match verb:
        case Verb.LOSES_RIGHTS:
            return f"no longer has {rights}"
        case Verb.CHANGES_RIGHTS:
            return f"has under another condition than before {rights}"
    return f"also has {rights}"


def who_text(who: Who) -> str:
    """Who may become an identity."""
    match who:
        case Trust():
            return decode(who).text
        case CredentialId():
            return f"whoever the credential {ticked(who.name)} means, which this api-version cannot show"
        case AttachedResource():
            return who.text
        case None:
            return "somebody who could not be read"
    assert_never(who)


def who_phrase(who: Who) -> str:
    """The same where a verb follows."""
    match who:
        case Trust():
            return decode(who).subject_of_sentence
        case CredentialId():
            return f"{who_text(who)},"
    return who_text(who)


def rights_text(rights: Sequence[Right], identity: ResourceId, names: Naming) -> str:
    """Roles with what they are on: "Contributor on rg-prod, Reader on rg-data (with a condition)"; "" for none."""
    return ", ".join(
        f"{names.role(one.role, one.role_guid)} on {names.scope(one.scope, identity)}"
        + ("" if one.condition is None else " (with a condition)")
        for one in rights
    )
