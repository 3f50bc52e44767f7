"""What the caller may do at a scope, asked once in a phase of a run, and why something could not be read, in words.

ARM leaves out of a list what the caller may not read, without a word. So no list is believed before the permissions at
its scope say that nothing is kept from it, and every list of a scope can rest on one answer. A phase is all that comes
before the confirmation, or all that comes after it: what was visible to the plan says nothing about the moment before
a delete.
"""

import threading
from dataclasses import dataclass, field

from reconciler.arm import permissions
from reconciler.arm.http.client import ArmClient
from reconciler.arm.permissions import Permissions
from reconciler.errors import ArmError, AuthError, CallFailed, LoginError, NoServiceToken, NotFound, OutOfTime
from reconciler.model import normalize_scope


@dataclass(slots=True)
class _Scope:
    """What is known of one scope; whoever holds the lock may ask."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    answer: Permissions | ArmError | None = None


class MayRead:
    """The permissions of one phase: what ARM has said of a scope is not asked again; safe for many threads."""

    def __init__(self, client: ArmClient) -> None:
        self._client = client
        self._scopes: dict[str, _Scope] = {}
        self._lock = threading.Lock()

    def permissions_at(self, scope: str) -> Permissions:
        """What the caller may do at a scope, given as its ARM id.

        Raises:
            AuthError: the caller may not ask there; LoginError: nobody is signed in.
            NotFound: the scope does not exist.
            ArmError: ARM did not say.
        """
        with self._lock:
            known = self._scopes.setdefault(normalize_scope(scope), _Scope())
        with known.lock:
            answer = known.answer or self._ask(scope)
            if isinstance(answer, Permissions) or not answer.transient:
                known.answer = answer
        if isinstance(answer, ArmError):
            raise answer
        return answer

    def _ask(self, scope: str) -> Permissions | ArmError:
        try:
            return permissions.read_at(self._client, scope)
        except ArmError as error:
            return error

    def allows(self, scope: str, action: str) -> bool:
        """Whether the caller may do something; who may not even ask may not.

        Raises:
            LoginError: nobody is signed in, so that no right could be missing.
            NotFound, ArmError: ARM did not say.
        """
        try:
            return self.permissions_at(scope).allows(action)
        except LoginError:
            raise
        except AuthError:
            return False

    def why_not(self, scope: str, action: str) -> str | None:
        """Why a list at a scope could be incomplete, None where it is whole. Raises NotFound, and as `why_not` does."""
        try:
            return None if self.allows(scope, action) else missing(action)
        except NotFound:
            raise
        except ArmError as error:
            return why_not(error)


def missing(action: str) -> str:
    """The reason that most are: a right that the caller does not have."""
    return f"missing {action}"


def why_not(error: CallFailed) -> str:
    """What kept a read from its answer: the missing right where ARM names one, else status and code.

    Never the message: it has times and ids of the one request in it, and a plan is the same for the same live state.

    Raises:
        OutOfTime, LoginError: the time of the run is over, or nobody is signed in (any more), so that nothing more
            can be known, and its plan would say nothing.
    """
    if isinstance(error, OutOfTime | LoginError):
        raise error
    if isinstance(error, NoServiceToken):
        return error.because
    if not isinstance(error, ArmError):
        return "not allowed"
    if error.missing_action:
        return missing(error.missing_action)
    return error.said or "no usable answer"
