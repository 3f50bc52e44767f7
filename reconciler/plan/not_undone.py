"""What of a run an undo does not take back."""

from dataclasses import dataclass

from reconciler.model import AnyId


@dataclass(frozen=True, slots=True)
class NotUndone:
    """A part of a run that stays, or a loss that does not return.

    Attributes:
        resource_id: the identity, federated credential or role assignment that it is about.
        part: what of it, such as `tags.env`; empty where it is all of it.
        because: why it is not taken back.
        advice: what the reader can do about it; in one line, with its command quoted for a shell where it has one.
    """

    resource_id: AnyId
    part: str
    because: str
    advice: str
