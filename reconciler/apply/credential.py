"""The calls on a federated credential: what is read before each, what must not have changed, and what is sent."""

from reconciler.apply.checks import Done, Stale, Write, appeared_meanwhile
from reconciler.arm.federated_credentials import credential_path
from reconciler.arm.resources import Resources
from reconciler.errors import ArmError, NotFound, Throttled
from reconciler.model import FederatedCredential, Trust
from reconciler.plan import Action, CredentialChange, field_text, trust_differences, value_text


class CredentialCalls:
    """The calls of one step; `action` is not the change's where a credential is deleted to be created again."""

    def __init__(self, change: CredentialChange, action: Action, resources: Resources) -> None:
        self._change = change
        self._action = action
        self._credentials = resources.credentials

    @property
    def target(self) -> tuple[str, str]:
        """Method and path of the call."""
        return "DELETE" if self._action is Action.DELETE else "PUT", credential_path(self._change.resource_id)

    def read(self) -> FederatedCredential | None:
        """The credential as it is now."""
        return self._credentials.get(self._change.resource_id)

    def check(self, live: FederatedCredential | None) -> Done | Stale | Write[Trust | None]:
        """What the read means for the call."""
        return check_credential(self._change, self._action, live)

    def write(self, after: Trust | None, *, is_first: bool) -> Stale | None:
        """Make the call."""
        if after is None:
            self._credentials.delete(self._change.resource_id)
            return None
        credential, created = self._credentials.write(self._change.resource_id, after)
        if created or self._action is not Action.CREATE or (credential.trust == after and not is_first):
            return None
        return appeared_meanwhile("its trust is now")

    def settles(self, error: ArmError) -> bool:
        """Whether a new identity may still be unknown to where credentials are kept."""
        # A principal that is new may still be missing anywhere. Source: azure-rest-api-specs pull request 43555.
        lagging = error.transient and not isinstance(error, Throttled)
        return self._change.identity is None and (lagging or isinstance(error, NotFound))


def check_credential(
    change: CredentialChange, action: Action, live: FederatedCredential | None
) -> Done | Stale | Write[Trust | None]:
    """Hold a credential, as it is now, against what its change was planned for; `action` is what the call does."""
    after = None if action is Action.DELETE else change.after
    if live is None:
        if action is Action.DELETE:
            return Done()
        if action is Action.UPDATE:
            return Stale("the credential has been deleted since the plan was made")
        return Write(after)
    if action is Action.CREATE or change.before is None:
        return Stale("a credential of this name has appeared since the plan was made", live.trust == after)
    if after is not None and live.trust == after:
        return Done()
    planned = change.before.trust
    if live.trust == planned:
        return Write(after)
    if planned is None or live.trust is None:
        return Stale("the credential has been replaced since the plan was made")
    news = [f"{field_text(one)} is now {value_text(one.after)}" for one in trust_differences(planned, live.trust)]
    return Stale(f"changed since the plan was made: {', '.join(news)}")
