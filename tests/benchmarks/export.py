"""An export at scale. The yardstick is making the same list requests with our client and doing nothing with them."""

from reconciler.export.choose import Terms
from reconciler.live.children import list_credentials
from reconciler.live.identities import read_whole_subscription
from reconciler.live.may_read import MayRead
from reconciler.manifest.load import PUBLIC_AUDIENCE
from reconciler.sandbox.state.kinds import FederatedCredential, RoleAssignment
from reconciler.sandbox.state.state import Contents, Identity
from reconciler.workflow.export import ExportRequest, run_export
from tests.benchmarks.timing import RUNS, print_table, time_ms
from tests.builders import SUBSCRIPTION, TENANT
from tests.contract.access import IN_SUBSCRIPTION, READER
from tests.contract.arm import contents, in_process

IDENTITIES = 300
GROUPS = tuple(f"rg-team{number}" for number in range(6))


def brownfield(identities: int) -> Contents:
    """So many identities in six groups, with two credentials for two of three, and a role for each and a second for
    every third."""
    made: list[Identity | FederatedCredential | RoleAssignment] = []
    for number in range(identities):
        one = Identity(
            *(SUBSCRIPTION, GROUPS[number % len(GROUPS)], f"id-{number:05}", "westeurope"),
            (("costCenter", "4711"), ("tier", f"t{number % 3}")),
            *(f"0b2c0000-0000-4000-8000-{number:012}", f"c11e0000-0000-4000-8000-{number:012}", TENANT),
        )
        made.append(one)
        made += [
            FederatedCredential(
                *(one.resource_id, f"fic-{index}", "https://oidc.example/c1/"),
                *(f"system:serviceaccount:team:{one.name}-{index}", (PUBLIC_AUDIENCE,)),
            )
            for index in range(1 + (number % 3 > 0))
        ]
        made += [
            RoleAssignment(
                f"{IN_SUBSCRIPTION}/resourceGroups/{GROUPS[index]}",
                f"{index:08}-0000-4000-8000-{number:012}",
                f"/providers/Microsoft.Authorization/roleDefinitions/{READER}",
                *(one.principal_id, "ServicePrincipal"),
            )
            for index in range(1 + (number % 3 == 0))
        ]
    start = contents(groups=GROUPS)
    return Contents(TENANT, (*start.items, *made))


def main(identities: int = IDENTITIES) -> None:
    """Measure and print."""
    with in_process(brownfield(identities)) as arm:

        def lists() -> None:
            live = read_whole_subscription(SUBSCRIPTION, arm.resources, MayRead(arm.client))
            for group in live.groups:
                for one in group.identities:
                    list_credentials(one.resource_id, arm.resources)
            arm.resources.assignments.list(IN_SUBSCRIPTION)

        request = ExportRequest(SUBSCRIPTION, (), Terms(None, (), PUBLIC_AUDIENCE))
        yardstick = time_ms(lists)
        rows = {
            "the list requests alone (yardstick)": yardstick,
            "run_export": time_ms(lambda: run_export(request, arm.azure)),
        }
    print_table(f"export: {identities} identities, median of {RUNS} runs", rows, yardstick)
