"""Whatever identities trust and whatever a token says: `uami explain-login` and the sandbox's token endpoint agree.

Values come from few pools that differ in little (a slash, a case, an id), so that tokens match, and miss by one field
or by several, about as often.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.live.azure import Azure
from reconciler.logins.claims import claims_document, claims_of_token, read_claims
from reconciler.sandbox.login.tokens import encode
from reconciler.sandbox.state.kinds import FederatedCredential
from reconciler.sandbox.state.state import Identity
from reconciler.workflow.declare import Request, load_declaration
from reconciler.workflow.subjects.explain_login import Login, explain_login
from tests.builders import GROUP, SUBSCRIPTION, TENANT, TODAY
from tests.contract.arm import contents, in_process
from tests.contract.test_explain_login import AUDIENCE, GITHUB, OTHER_TENANT, entra_says
from tests.strategies import FEW_EXAMPLES

MAIN = "repo:contoso/app:ref:refs/heads/main"
CLUSTER = "https://oidc.example/c1/"
ISSUERS = st.sampled_from([GITHUB, CLUSTER, CLUSTER.rstrip("/"), CLUSTER.replace("c1", "C1")])
SUBJECTS = st.sampled_from(
    [MAIN, MAIN.replace("main", "Main"), "repo:contoso/app:environment:main", "system:serviceaccount:a:b"]
)
AUDIENCES = st.sampled_from([AUDIENCE, AUDIENCE.lower(), "api://other"])
NAMES = ("id-a", "id-b")

Trusts = list[tuple[str, str, str]]
TRUSTS = st.lists(st.tuples(ISSUERS, SUBJECTS, AUDIENCES), max_size=4, unique_by=lambda one: one[:2])


@st.composite
def tokens(draw: st.DrawFn) -> dict[str, object]:
    """Claims, whose audience is a text, a list of one, or a list of several."""
    audience = draw(AUDIENCES | st.lists(AUDIENCES, min_size=1, max_size=2, unique=True))
    return {"iss": draw(ISSUERS), "sub": draw(SUBJECTS), "aud": audience, "exp": int(time.time()) + 600}


def document(trusts: dict[str, Trusts]) -> str:
    """The manifest."""
    identities = [
        {
            "name": name,
            "federatedCredentials": [
                {"name": f"job-{number}", "issuer": issuer, "subject": subject, "audience": audience}
                for number, (issuer, subject, audience) in enumerate(trust)
            ],
        }
        for name, trust in trusts.items()
    ]
    groups = {GROUP: {"identities": identities}}
    whole = {"version": 1, "subscription": SUBSCRIPTION, "policy": {"identities": "exact"}, "resourceGroups": groups}
    return json.dumps(whole)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A working directory for all examples."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("worlds"))
        yield Path()


@FEW_EXAMPLES
@given(a=TRUSTS, b=TRUSTS, claims=tokens(), tenant=st.sampled_from([TENANT, TENANT, OTHER_TENANT]))
def test_login_succeeds_where_it_says_so_and_else_fails_by_the_code_that_it_names(
    folder: Path, a: Trusts, b: Trusts, claims: dict[str, object], tenant: str
) -> None:
    trusts = {"id-a": a, "id-b": b}
    (folder / "m.yaml").write_text(document(trusts))
    token = encode(claims)
    start = contents(*NAMES)
    identities = {name: identity.resource_id for name, identity in zip(NAMES, start.of(Identity), strict=True)}
    lived = tuple(
        FederatedCredential(identities[name], f"job-{number}", issuer, subject, (audience,))
        for name, trust in trusts.items()
        for number, (issuer, subject, audience) in enumerate(trust)
    )
    request = Request(("m.yaml",), {}, {}, lambda: b"", judged_on=TODAY)
    with in_process(start.having(FederatedCredential, lived)) as arm:

        @contextmanager
        def connect() -> Iterator[Azure]:
            yield arm.azure

        login = Login(claims_of_token(token), "test", tenant, "client-of-id-a", time.time())
        report = explain_login(load_declaration(request), login, connect)
        status, code = entra_says(arm, "id-a", token, tenant)

    assert read_claims(json.dumps(claims_document(login.claims)).encode()) == login.claims
    assert report.succeeds == (status == 200)
    nearest = report.basis.nearest
    if nearest is not None:
        assert nearest.candidate.credential_id.identity.name == "id-a"
        assert nearest.code == code
