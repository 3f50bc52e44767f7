"""What the tests of outputs share: identities with ids as Azure gives them, and what they come to."""

from collections.abc import Iterable
from dataclasses import replace

from reconciler.errors import SourcePos
from reconciler.manifest.desired import DesiredCredential, DesiredIdentity
from reconciler.model import Identity, Trust
from reconciler.outputs.collect import Outputs, collect_outputs
from tests.builders import GROUP, MANIFEST, listed, live_group, live_identity, live_of

CLIENT = "c11e0000-0000-4000-8000-{:012}"
PRINCIPAL = "0b2c0000-0000-4000-8000-{:012}"
ISSUER = "https://oidc.example/c1/"


def living(name: str, number: int = 1, *, group: str = GROUP, location: str = "westeurope") -> Identity:
    """A live identity; its number ends its ids."""
    found = live_identity(name, group=group, location=location, principal_id=PRINCIPAL.format(number))
    return replace(found, client_id=CLIENT.format(number))


def trusting(name: str, *subjects: str, group: str = GROUP, line: int = 5, issuer: str = ISSUER) -> DesiredIdentity:
    """A listed identity that trusts these subjects, each a line below the one before."""
    credentials = (
        DesiredCredential(f"c{number}", Trust(issuer, subject, "a"), SourcePos(MANIFEST, line + number, 13))
        for number, subject in enumerate(subjects, start=1)
    )
    return listed(name, group=group, federated_credentials=credentials, line=line)


def outputs_of(
    identities: Iterable[DesiredIdentity], live: Iterable[Identity], *, allow_missing: bool = True
) -> Outputs:
    """What a run would find that reads these groups."""
    by_group: dict[str, list[Identity]] = {}
    for one in live:
        by_group.setdefault(one.resource_id.resource_group, []).append(one)
    groups = (live_group(*of_group, name=name) for name, of_group in by_group.items())
    found = live_of(*groups)
    return collect_outputs(tuple(identities), found, cloud="AzureCloud", allow_missing=allow_missing)
