"""Which service accounts credentials trust, by their subjects."""

import pytest

from reconciler.errors import ManifestError, UsageError
from reconciler.outputs.service_accounts import ServiceAccount, service_accounts_of
from tests.builders import listed, resource_id
from tests.unit.outputting import trusting

API = "system:serviceaccount:payments:api"


def test_service_accounts_are_found_by_subject_and_in_order() -> None:
    worker = trusting("id-worker", "system:serviceaccount:payments:worker.v2", "system:serviceaccount:a:z")

    found = service_accounts_of([worker, trusting("id-api", API), trusting("id-ci", "repo:o/r:x"), listed("id-none")])

    assert list(found.items()) == [
        (ServiceAccount("a", "z"), resource_id("id-worker")),
        (ServiceAccount("payments", "api"), resource_id("id-api")),
        (ServiceAccount("payments", "worker.v2"), resource_id("id-worker")),
    ]


def test_one_service_account_of_two_clusters_is_one() -> None:
    assert service_accounts_of([trusting("id-api", API, API)]) == {
        ServiceAccount("payments", "api"): resource_id("id-api")
    }


def test_two_identities_for_one_service_account_are_both_named() -> None:
    identities = [trusting("id-a", API), trusting("id-b", API, group="rg-b", line=9, issuer="https://other.example/")]

    with pytest.raises(UsageError) as raised:
        service_accounts_of(identities)

    assert raised.value.lines == (
        "A service account can become one identity, and several trust the same:",
        "  payments/api: rg-app/id-a (identities.yaml:6:13), rg-b/id-b (identities.yaml:10:13)",
    )
    assert "--target rg-app/id-a" in raised.value.hint


@pytest.mark.parametrize(
    "subject",
    [
        "system:serviceaccount:payments:",
        "system:serviceaccount::api",
        "system:serviceaccount:payments:api:more",
        "system:serviceaccount:pay.ments:api",
        f"system:serviceaccount:{'n' * 64}:api",
        f"system:serviceaccount:payments:{'n' * 254}",
        "system:serviceaccount:payments:a\nb",
        "system:serviceaccount:payments:-a",
    ],
)
def test_name_that_no_service_account_has_is_an_error_with_its_place(subject: str) -> None:
    with pytest.raises(ManifestError) as raised:
        service_accounts_of([trusting("id-a", API, subject)])

    assert [(one.code, str(one.pos)) for one in raised.value.diagnostics] == [
        ("service-account-name", "identities.yaml:7:13")
    ]


def test_what_was_probably_meant_is_said() -> None:
    with pytest.raises(ManifestError) as raised:
        service_accounts_of([trusting("id-a", "system:serviceaccount:Payments:API")])

    assert raised.value.diagnostics[0].hint == f"Probably meant: {API}"
