"""A run in the wrong tenant ends before anything is listed, whoever says which tenant is the right one."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.errors import AuthError, UsageError
from reconciler.workflow.declare import Declaration, Request, load_declaration
from reconciler.workflow.plan import run_plan
from tests.builders import OTHER_SUBSCRIPTION, SUBSCRIPTION, TENANT, TODAY
from tests.contract.arm import Arm, OpenArm, contents

OTHER_TENANT = "33333333-3333-3333-3333-333333333333"


def manifest(tenant: str, subscription: str = SUBSCRIPTION) -> str:
    """A manifest that names its tenant, or, with an empty one, does not."""
    named = f"tenant: {tenant}\n" if tenant else ""
    return (
        f"version: 1\nsubscription: {subscription}\n{named}policy: {{identities: exact}}\n"
        f"resourceGroups: {{rg-app: {{identities: [id-a]}}}}\n"
    )


def declare(text: str, *subscriptions: str) -> Declaration:
    """What a manifest on standard input declares."""
    return load_declaration(Request(("-",), {}, {}, text.encode, subscriptions, judged_on=TODAY))


def refusal(arm: Arm, declaration: Declaration, *, flag: str | None, token: Callable[[], str | None]) -> str:
    """Why the plan is refused."""
    with pytest.raises(AuthError) as raised:
        run_plan(declaration, replace(arm.azure, tenant=flag, token_tenant=token))
    return raised.value.message


def test_token_of_another_tenant_ends_the_run_before_any_request(arm: OpenArm) -> None:
    opened = arm(contents("id-a"))

    told = refusal(opened, declare(manifest(TENANT)), flag=None, token=lambda: OTHER_TENANT)

    assert told.startswith(f"The token is of the tenant {OTHER_TENANT}, not of {TENANT} as <stdin>:3:9 says")
    assert opened.asked == []


@pytest.mark.parametrize(
    ("named", "flag", "said_by"),
    [(OTHER_TENANT, None, "<stdin>:3:9"), (OTHER_TENANT, TENANT, "<stdin>:3:9"), ("", OTHER_TENANT, "--tenant")],
)
def test_subscription_of_another_tenant_ends_the_run_before_any_list(
    arm: OpenArm, named: str, flag: str | None, said_by: str
) -> None:
    opened = arm(contents("id-a"))

    told = refusal(opened, declare(manifest(named)), flag=flag, token=lambda: None)

    assert told.startswith(
        f"The subscription Payments ({SUBSCRIPTION}) is of the tenant {TENANT}, not of {OTHER_TENANT}"
    )
    assert f" as {said_by} says;" in told
    assert opened.asked == [("GET", f"/subscriptions/{SUBSCRIPTION}")]


@pytest.mark.parametrize(
    ("named", "flag", "token"),
    [
        (TENANT, None, TENANT),
        (TENANT, None, None),
        ("", TENANT, None),
        # A subscription that was delegated to the tenant of the token belongs to another one.
        ("", OTHER_TENANT, OTHER_TENANT),
    ],
)
def test_run_in_the_right_tenant_goes_on(arm: OpenArm, named: str, flag: str | None, token: str | None) -> None:
    opened = arm(contents("id-a"))

    plan = run_plan(declare(manifest(named)), replace(opened.azure, tenant=flag, token_tenant=lambda: token))

    assert plan.applicable == ()


def test_documents_of_two_tenants_need_a_choice() -> None:
    both = f"{manifest(TENANT)}---\n{manifest(OTHER_TENANT, OTHER_SUBSCRIPTION)}"

    with pytest.raises(UsageError) as raised:
        declare(both)
    chosen = declare(both, OTHER_SUBSCRIPTION)

    assert f"{TENANT} (<stdin>:3:9) and {OTHER_TENANT} (<stdin>:9:9)" in raised.value.message
    assert [group.group_id.subscription_id for group in chosen.desired.groups] == [OTHER_SUBSCRIPTION]
