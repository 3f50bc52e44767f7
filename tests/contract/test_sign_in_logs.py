"""What a plan and `uami unused` say by the sign-in log of the emulator: use is proved, and silence lifts nothing."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from reconciler.errors import ArmError, AuthError, ExitCode, UsageError
from reconciler.live.azure import Azure
from reconciler.model import WorkspaceId, parse_workspace
from reconciler.outputs.unused.judge import Unused, Verdict
from reconciler.plan.changes import CredentialChange
from reconciler.plan.document import plan_document
from reconciler.plan.plan import Plan
from reconciler.sandbox.log_analytics.query import READ
from reconciler.sandbox.state.kinds import Resource
from reconciler.sandbox.state.sign_ins import SignIn, sign_in_of
from reconciler.sandbox.state.state import Contents
from reconciler.saved_plan.staleness import find_differences
from reconciler.workflow.declare import Declaration, Request, load_declaration
from reconciler.workflow.plan import run_plan
from reconciler.workflow.unused import run_unused
from tests.builders import SUBSCRIPTION, label
from tests.contract.access import with_trusts
from tests.contract.arm import Arm, OpenArm, contents, there
from tests.contract.faults import ALWAYS, Fault, answer_body
from tests.contract.impact import VM, with_users, without

WORKSPACE: WorkspaceId = parse_workspace(
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-app/providers/Microsoft.OperationalInsights/workspaces/logs"
)
QUERY = "/workspaces/logs/api/query"
HEAD = f"""\
version: 1
subscription: {SUBSCRIPTION}
policy: {{identities: exact}}
limits: {{maxDeletePercent: 100}}
resourceGroups:
  rg-app:
    identities:
"""
ONE = f"{HEAD}      - id-api\n"
WITHOUT_CREDENTIALS = f"{HEAD}      - {{name: id-api, federatedCredentials: []}}\n"
NOW = datetime.now(UTC)


def declared(text: str = ONE, today: date = NOW.date()) -> Declaration:  # noqa: B008
    """What a manifest declares, judged on a day."""
    return load_declaration(Request(("-",), {}, {}, text.encode, judged_on=today))


def row(name: str, days: int, credential: str = "", resource: str = "Azure Key Vault") -> SignIn:
    """A sign-in so many days ago."""
    columns = {
        "ServicePrincipalId": there(name).principal_id,
        "FederatedCredentialId": credential,
        "ResourceDisplayName": resource,
    }
    return sign_in_of(columns, NOW - timedelta(days=days))


def with_log(made: Contents, *rows: SignIn) -> Contents:
    """The contents with a workspace, and a log that has these rows."""
    workspace = Resource(str(WORKSPACE), "Microsoft.OperationalInsights/workspaces", "logs", "westeurope")
    return replace(made.having(Resource, (*made.of(Resource), workspace)), sign_ins=rows)


def logged(arm: Arm) -> Azure:
    """The live side, the log named."""
    return replace(arm.azure, sign_in_logs=WORKSPACE)


def codes(plan: Plan) -> list[tuple[str, str]]:
    return [(one.code, one.address.partition("rg-app/")[2]) for one in plan.violations]


def said(plan: Plan, name: str) -> str:
    """What the plan says of the last sign-in of what it deletes."""
    (change,) = [one for one in plan.changes if label(one) == name]
    known = change.last_sign_in if isinstance(change, CredentialChange) else getattr(change, "impact").last_sign_in  # noqa: B009
    return "" if known is None else str(known.text)


def test_delete_of_what_has_signed_in_is_refused_and_the_plan_says_when_and_what_for(arm: OpenArm) -> None:
    made = contents("id-api", "id-old", "id-older", "id-quiet")
    opened = arm(with_log(made, row("id-old", 3), row("id-old", 9), row("id-older", 40, resource="Azure Storage")))

    plan = run_plan(declared(), logged(opened))

    assert codes(plan) == [("recently-used", "id-old")]
    assert said(plan, "id-old") == "3 days ago, for Azure Key Vault"
    assert said(plan, "id-older") == "40 days ago, for Azure Storage"
    assert said(plan, "id-quiet").startswith("none since ")
    assert [path.endswith(QUERY) for _, path in opened.asked].count(True) == 2


def test_log_that_is_not_named_is_not_asked_and_leaves_no_word(arm: OpenArm) -> None:
    opened = arm(with_log(contents("id-api", "id-old"), row("id-old", 3)))

    plan = run_plan(declared(), opened.azure)

    assert (codes(plan), said(plan, "id-old")) == ([], "")
    assert not any(path.endswith(QUERY) for _, path in opened.asked)
    assert "last_sign_in" not in str(plan_document(plan))


def test_without_the_right_the_plan_says_so_and_nothing_is_lifted(arm: OpenArm) -> None:
    made = with_users(contents("id-api", "id-old", permissions=[without(READ)]), "id-old", [VM])
    opened = arm(with_log(made, row("id-old", 3)))

    plan = run_plan(declared(), logged(opened))

    assert codes(plan) == [("in-use", "id-old")]
    assert said(plan, "id-old") == f"not read, because missing {READ}"
    with pytest.raises(AuthError) as refused:
        run_unused(declared(), logged(opened), 30)
    assert (refused.value.exit_code, READ in refused.value.message) == (ExitCode.NOT_ALLOWED, True)


@pytest.mark.parametrize(
    "body",
    [
        {"Tables": [], "error": None},
        {"error": {"code": "PartialError"}, "tables": [{"columns": [], "rows": []}]},
        {"tables": [{"columns": [{"name": "Last"}], "rows": [[]]}]},
        {"Tables": [{"Columns": [{"ColumnName": "Last"}], "Rows": [{"Exceptions": ["Query is too large."]}]}]},
        {"Tables": [{"Columns": [{"ColumnName": "Last"}], "Rows": []}], "Exceptions": ["Query is too large."]},
        {"tables": [{"columns": [{"name": "ServicePrincipalId"}, {"name": "Last"}], "rows": [["p", "yesterday"]]}]},
    ],
)
def test_answer_that_is_not_whole_is_not_taken_for_silence(body: object, arm: OpenArm) -> None:
    opened = arm(with_log(contents("id-api", "id-old")), Fault("POST", QUERY, answer_body(body), times=ALWAYS))

    assert said(run_plan(declared(), logged(opened)), "id-old").startswith("not read, because ")
    with pytest.raises(ArmError):
        run_unused(declared(), logged(opened), 30)


def test_answer_with_small_letters_is_read_too(arm: OpenArm) -> None:
    columns = ("ServicePrincipalId", "FederatedCredentialId", "ResourceDisplayName", "Last", "Day")
    cells = [there("id-old").principal_id.upper(), None, "Azure Storage", NOW.isoformat(), NOW.isoformat()]
    body = {"tables": [{"name": "PrimaryResult", "columns": [{"name": one} for one in columns], "rows": [cells]}]}
    opened = arm(with_log(contents("id-api", "id-old")), Fault("POST", QUERY, answer_body(body), times=ALWAYS))

    assert said(run_plan(declared(), logged(opened)), "id-old") == "today, for Azure Storage"


def test_only_credential_that_can_have_been_used_is_named_and_its_delete_refused(arm: OpenArm) -> None:
    made = with_trusts(contents("id-api"), "id-api", {"main": "s"})
    opened = arm(with_log(made, row("id-api", 3, "fic-1"), row("id-api", 1)))

    plan = run_plan(declared(WITHOUT_CREDENTIALS), logged(opened))

    assert said(plan, "id-api/federatedCredentials/main") == (
        "3 days ago, for Azure Key Vault, through the federated credential main"
    )
    assert codes(plan) == [("recently-used", "id-api/federatedCredentials/main")]


def test_any_of_several_credentials_can_have_been_the_one_and_none_was_where_none_was_used(arm: OpenArm) -> None:
    made = with_trusts(contents("id-api"), "id-api", {"main": "s", "other": "t"})
    several = run_plan(declared(WITHOUT_CREDENTIALS), logged(arm(with_log(made, row("id-api", 3, "fic-1")))))
    unused = run_plan(declared(WITHOUT_CREDENTIALS), logged(arm(with_log(made, row("id-api", 3)))))

    names = ["id-api/federatedCredentials/main", "id-api/federatedCredentials/other"]
    assert codes(several) == [("recently-used", name) for name in names]
    assert said(several, names[0]) == (
        "3 days ago, for Azure Key Vault, through a federated credential that the log does not name"
    )
    assert codes(unused) == []
    assert said(unused, names[0]).startswith("none since ")


def test_new_sign_in_makes_no_plan_stale_but_the_verdict_on_it_does(arm: OpenArm) -> None:
    made = contents("id-api", "id-old")

    def planned(*rows: SignIn) -> Plan:
        return run_plan(declared(), logged(arm(with_log(made, *rows))))

    old, older, recent = planned(row("id-old", 40)), planned(row("id-old", 50)), planned(row("id-old", 3))

    assert list(find_differences(older, old)) == []
    assert [one.address.rpartition("/")[2] for one in find_differences(old, recent)] == ["id-old"]


def test_log_that_nobody_named_is_wrong_usage(arm: OpenArm) -> None:
    with pytest.raises(UsageError, match="No sign-in log is named"):
        run_unused(declared(), arm(contents("id-api")).azure, 30)


def test_workspace_that_is_not_there_is_an_error(arm: OpenArm) -> None:
    opened = arm(contents("id-api"))

    with pytest.raises(ArmError, match="ResourceNotFound"):
        run_unused(declared(), logged(opened), 30)


def verdicts(found: Unused) -> dict[str, Verdict]:
    return {one.identity.resource_id.name: one.verdict for one in found.identities}
