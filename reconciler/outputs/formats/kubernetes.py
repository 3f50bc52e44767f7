"""Outputs as objects of Kubernetes: one ConfigMap of all ids, or service accounts that become their identities.

Source: Azure Workload Identity documentation, "Service account labels and annotations": on a service account
`azure.workload.identity/client-id` is the identity's client id, and `azure.workload.identity/tenant-id` the tenant,
which is else that of the cluster's webhook. Its label is for pods.
"""

from collections.abc import Sequence

from reconciler.manifest.desired import DesiredIdentity
from reconciler.model import ResourceId
from reconciler.outputs.collect import Outputs
from reconciler.outputs.formats.documents import yaml_text
from reconciler.outputs.formats.dotenv import left_out_notes
from reconciler.outputs.service_accounts import ServiceAccount, service_accounts_of
from reconciler.outputs.variables import check_one_each, variable_stem, variables_of
from reconciler.report.visible import SafeText

CONFIG_MAP = "uami-outputs"


class ConfigMapForm:
    """The variables of `dotenv` as the data of a ConfigMap, for `envFrom`."""

    def check(self, listed: Sequence[DesiredIdentity]) -> None:
        """UsageError where two identities would have the same keys."""
        check_one_each("--format configmap", listed, variable_stem)

    def write(self, outputs: Outputs) -> SafeText:
        """The object; it names no namespace, so that `kubectl -n` does."""
        return yaml_text(
            [
                {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": CONFIG_MAP},
                    "data": dict(variables_of(outputs.identities)),
                }
            ]
        )

    def notes(self, outputs: Outputs) -> tuple[str, ...]:
        """The identities that have no keys."""
        return left_out_notes(outputs)


class ServiceAccountsForm:
    """A ServiceAccount for each that a federated credential trusts."""

    def check(self, listed: Sequence[DesiredIdentity]) -> None:
        """UsageError where two identities trust the same service account, ManifestError where one cannot exist."""
        service_accounts_of(listed)

    def write(self, outputs: Outputs) -> SafeText:
        """The objects, in order of namespaces and names."""
        by_id = {one.listed.resource_id: one.live for one in outputs.live}
        accounts = _accounts(outputs).items()
        found = ((account, by_id.get(resource_id)) for account, resource_id in accounts)
        return yaml_text(
            [
                {
                    "apiVersion": "v1",
                    "kind": "ServiceAccount",
                    "metadata": {
                        "name": account.name,
                        "namespace": account.namespace,
                        "annotations": {
                            "azure.workload.identity/client-id": live.client_id,
                            "azure.workload.identity/tenant-id": live.tenant_id,
                        },
                    },
                }
                for account, live in found
                if live is not None
            ]
        )

    def notes(self, outputs: Outputs) -> tuple[str, ...]:
        """The service accounts whose identities are not live, or that there is none at all."""
        missing = {one.listed.resource_id: one for one in outputs.missing}
        accounts = _accounts(outputs)
        if not accounts:
            return ("No federated credential of a listed identity trusts a Kubernetes service account.",)
        left_out = ((account, missing[one]) for account, one in accounts.items() if one in missing)
        return tuple(
            f"The service account {account} is left out: {one.address} is not live yet ({one.listed.source})."
            for account, one in left_out
        )


def _accounts(outputs: Outputs) -> dict[ServiceAccount, ResourceId]:
    return service_accounts_of([one.listed for one in outputs.identities])
