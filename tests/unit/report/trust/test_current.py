"""What is said of each identity: who can become it, its rights, and what could not be read."""

from dataclasses import replace

from reconciler.model import CredentialId
from tests.builders import resource_id
from tests.unit.report.trust.trusting import EVERYTHING, NOTHING, UNREAD, VM, report
from tests.unit.trusting import github

PROD = "GitHub `contoso/payments`, environment `prod`, can act as rg-app/id-a"
ROLES = "Reader on rg-data, Contributor on rg-data"


def test_all_who_can_become_an_identity_are_named_with_what_lets_them() -> None:
    (one,) = report(EVERYTHING).identities

    flexible = CredentialId(resource_id("id-a"), "flex")
    assert one.whos == ((github("prod"), "gh"), (flexible, "flex"), (VM, ""))
    assert list(one.sentences(report(EVERYTHING).names)) == [
        f"{PROD}: {ROLES}.",
        f"Whoever the credential `flex` means, which this api-version cannot show, can act as rg-app/id-a: {ROLES}.",
        f"VirtualMachines vm-a (rg-data) can act as rg-app/id-a: {ROLES}.",
    ]


def test_sentence_says_that_roles_were_not_read() -> None:
    (one,) = report(replace(UNREAD, credentials=EVERYTHING.credentials)).identities

    assert next(one.sentences(report(UNREAD).names)) == f"{PROD}; what it may do was not read: no role."


def test_what_was_not_read_is_told_part_by_part() -> None:
    unread, whole = report(UNREAD, NOTHING).identities

    assert unread.not_read == (
        "federated credentials: no right",
        "attached resources: no Graph",
        "roles: no role",
        "Entra groups: no token",
        "app roles: no token",
    )
    assert unread.not_looked_at == ("Entra groups", "app roles", "data-plane grants", "identityProfile")
    assert (whole.not_read, whole.not_looked_at) == ((), ("data-plane grants", "identityProfile"))
    assert (whole.whos, whole.rights) == ((), ())
