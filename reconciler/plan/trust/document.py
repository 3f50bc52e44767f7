"""The JSON form of what a plan changes for those who may become its identities."""

from reconciler.manifest.trust.decoded import decode
from reconciler.model import (
    AttachedResource,
    CredentialId,
    JsonObject,
    Trust,
    role_document,
    source_document,
    trust_document,
)
from reconciler.plan.trust.rows import TrustRow
from reconciler.plan.trust.sides import Right, Who
from reconciler.plan.trust.words import WholeNames, trust_sentence, who_text


def trust_row_document(row: TrustRow) -> JsonObject:
    """One row; its sentence has whole addresses and ids."""
    return {
        "address": row.identity.address,
        "verb": row.verb.value,
        "sentence": trust_sentence(row, WholeNames()),
        "who": who_document(row.who),
        "rights": [right_document(one) for one in row.rights],
        "not_read": row.not_read,
        "identity_deleted": row.is_deleted,
        "source": source_document(row.place),
    }


def who_document(who: Who) -> JsonObject:
    """Who may become an identity: `text` for people, and one of the others."""
    decoded = decode(who) if isinstance(who, Trust) else None
    return {
        "text": who_text(who),
        "service": None if decoded is None else decoded.service or None,
        "claims": None if decoded is None else [{"name": name, "value": value} for name, value in decoded.claims],
        "trust": {**trust_document(who)} if isinstance(who, Trust) else None,
        "credential": who.name if isinstance(who, CredentialId) else None,
        "attached": who.resource_id if isinstance(who, AttachedResource) else None,
    }


def right_document(right: Right) -> JsonObject:
    """A role on a scope."""
    return {**role_document(right.role, right.role_guid, right.scope), "condition": right.condition}
