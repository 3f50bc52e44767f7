"""What the tests of `uami trust` share: a report with something of everything."""

from reconciler.errors import SourcePos
from reconciler.manifest.findings import Finding
from reconciler.model import (
    AppRole,
    AttachedResource,
    CredentialId,
    Directory,
    FederatedCredential,
    HeldRole,
    LiveTrust,
    Membership,
    Part,
    Subscription,
)
from reconciler.report.trust.current import IdentityTrust, TrustReport
from tests.builders import MANIFEST, SUBSCRIPTION, TENANT, group_id, live_identity, resource_id
from tests.unit.trusting import CONTRIBUTOR, DATA, READER, github

VM = AttachedResource(f"{DATA}/providers/Microsoft.Compute/virtualMachines/vm-a")
NOTHING = LiveTrust(Part(), Part(), Part(), Directory(Part(), Part()))


def credential(name: str, environment: str | None) -> FederatedCredential:
    """A credential of id-a; one that cannot be expressed where no environment is given."""
    return FederatedCredential(CredentialId(resource_id("id-a"), name), github(environment) if environment else None)


EVERYTHING = LiveTrust(
    Part((credential("gh", "prod"), credential("flex", None))),
    Part((HeldRole("Reader", READER, DATA, removed=False), HeldRole("Contributor", CONTRIBUTOR, DATA, removed=False))),
    Part((VM,)),
    Directory(Part((Membership("group", "0b2c", "Payments"),)), Part((AppRole("User.Read.All", "Microsoft Graph"),))),
)
NO_TOKEN = Directory(Part((), "no token"), Part((), "no token"))
UNREAD = LiveTrust(Part((), "no right"), Part((), "no role"), Part((), "no Graph"), NO_TOKEN)
FINDING = Finding(
    "trust-by-name",
    CredentialId(resource_id("id-a"), "gh"),
    SourcePos(MANIFEST, 5, 9),
    "trusts a name",
    "Trust an id.",
)


def report(*lived: LiveTrust, findings: tuple[Finding, ...] = (), accepted: int = 0) -> TrustReport:
    """A report on id-a, id-b and so on, and on id-missing, which does not live."""
    identities = (IdentityTrust(live_identity(f"id-{chr(97 + number)}"), one) for number, one in enumerate(lived))
    return TrustReport(
        "AzureCloud",
        (Subscription(SUBSCRIPTION, "Payments", TENANT),),
        (group_id(),),
        tuple(identities),
        (resource_id("id-missing"),),
        findings,
        accepted,
    )
