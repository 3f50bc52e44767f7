"""Whether plan and apply of a manifest would have what they need here: a login, the right tenant, every right.

Nothing is read of identities, and nothing is ever written. Where one thing makes the next senseless (no token, a token
of another tenant, an endpoint that does not answer), the lines end there: nothing is asked with a token that is not
meant for it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from reconciler.arm import subscriptions
from reconciler.arm.actions import role_with
from reconciler.arm.http.service import ClockWatch, check_api_version, watched_clock
from reconciler.arm.login.auth import Principal
from reconciler.doctor.checkup import Check, Checkup, RightCheck, Standing
from reconciler.doctor.missing import find_missing_places
from reconciler.errors import ArmError, AuthError, CallFailed, LoginError, NotFound, ReconcilerError
from reconciler.live.azure import Azure
from reconciler.live.may_read import MayRead
from reconciler.live.rights import grant_commands, read_rights
from reconciler.manifest.desired import Desired
from reconciler.manifest.scope import check_api_version as check_manifest_version
from reconciler.manifest.tenants import check_subscription_tenant, check_token_tenant, expected_tenant
from reconciler.model import Target
from reconciler.plan import WORDS, Need, Rights, needs_of_manifest, reads_of_sign_ins

CLOCK_TOLERANCE_S = 300.0
"""From here on a clock is reported as wrong. Source: Microsoft Entra accepts tokens within five minutes (assumed)."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a run would go and as whom; `principal` and `token_expiry` may fetch a token (AuthError).

    `foreign_authority` is the host that the login is sent to, where it is none of Microsoft's; else empty.
    """

    endpoint: str
    credential: str
    principal: Callable[[], Principal | None]
    token_expiry: Callable[[], float | None]
    foreign_authority: str = ""


def run_doctor(desired: Desired, targets: tuple[Target, ...], azure: Azure, caller: Caller) -> Checkup:
    """Look at everything that plan and apply of these manifests need; what is wrong is part of the answer.

    Raises:
        UsageError: an api-version too old for what the manifest says.
    """
    check_manifest_version(desired, azure.resources.api_version)
    login, principal = _check_login(desired, azure, caller)
    checks = [Check("cloud", Standing.OK, azure.cloud), *_check_authority(caller), *login]
    rights, commands = Rights(), tuple[str, ...]()
    if not any(_is_bad(one) for one in login):
        looking = azure.resources.activity.part("Checking what plan and apply need")
        with watched_clock(azure.resources.client) as watch, looking:
            service = list(_check_service(azure, caller))
            checks += service
            if all(one.name == "api-version" for one in service if _is_bad(one)):
                found, rights = _check_subscriptions(desired, targets, azure)
                checks += found
        checks += _check_clock(watch)
        who = principal.object_id if principal is not None and principal.object_id else "PRINCIPAL"
        commands = grant_commands(rights.missing, who)
    return Checkup(
        azure.cloud, caller.endpoint, caller.credential, tuple(checks), tuple(_right_checks(rights)), commands
    )


def can_read(checkup: Checkup) -> bool:
    """Whether there is somebody signed in whom ARM answers, so that more can be asked."""
    return not any(_is_bad(one) for one in checkup.checks if one.name in _CONNECTION)


_CONNECTION = ("credential", "token", "tenant", "endpoint", "api-version", "subscription")


def _is_bad(check: Check) -> bool:
    return check.standing in (Standing.MISSING, Standing.FAILED)


def _failed(name: str, error: ReconcilerError, subject: str = "") -> Check:
    """A line for what went wrong; what an administrator must give has another standing than what only failed."""
    given_by_others = isinstance(error, (AuthError, NotFound))
    standing = Standing.MISSING if given_by_others else Standing.FAILED
    return Check(name, standing, "; ".join(error.lines), error.hint_lines, subject)


def _check_authority(caller: Caller) -> Iterator[Check]:
    if caller.foreign_authority:
        detail = f"the login is sent to {caller.foreign_authority}, which is none of Microsoft's hosts"
        yield Check("authority", Standing.WARNING, detail, "Unset AZURE_AUTHORITY_HOST, unless that host is yours.")


def _check_login(desired: Desired, azure: Azure, caller: Caller) -> tuple[list[Check], Principal | None]:
    try:
        principal, expiry = caller.principal(), caller.token_expiry()
    except AuthError as error:
        return [_failed("credential", error)], None
    tenant = principal.tenant_id if principal is not None else None
    checks = [
        Check("credential", Standing.OK, caller.credential),
        Check("principal", Standing.OK, _describe(principal)),
        _check_expiry(expiry, azure),
    ]
    try:
        check_token_tenant(desired, tenant, azure.sign_in)
    except AuthError as error:
        return [*checks, _failed("tenant", error)], principal
    return [*checks, Check("tenant", Standing.OK, tenant or "not in token")], principal


def _describe(principal: Principal | None) -> str:
    if principal is None:
        return "not in token"
    ids = {"object id": principal.object_id, "client id": principal.client_id}
    known = [f"{name} {value}" for name, value in ids.items() if value]
    return ", ".join([*([principal.name] if principal.name else []), *known]) or "not in token"


def _check_expiry(expiry_s: float | None, azure: Azure) -> Check:
    if expiry_s is None:
        return Check("token", Standing.OK, "expiry not in token")
    until = f"{datetime.fromtimestamp(expiry_s, UTC):%Y-%m-%dT%H:%M:%SZ}"
    if expiry_s <= azure.resources.client.clock():
        return Check("token", Standing.MISSING, f"ended at {until}", azure.sign_in(""))
    return Check("token", Standing.OK, f"valid until {until}")


def _check_service(azure: Azure, caller: Caller) -> Iterator[Check]:
    client, api_version = azure.resources.client, azure.resources.api_version
    try:
        check_api_version(client, api_version)
    except ArmError as error:
        if error.status is None:
            yield _failed("endpoint", error)
            return
        yield Check("endpoint", Standing.OK, caller.endpoint)
        if isinstance(error, LoginError):
            yield _failed("token", error)
        else:
            yield Check("api-version", Standing.FAILED, error.message, error.hint_lines)
        return
    yield Check("endpoint", Standing.OK, caller.endpoint)
    yield Check("api-version", Standing.OK, f"{api_version} of Microsoft.ManagedIdentity")


def _check_clock(watch: ClockWatch) -> Iterator[Check]:
    ahead_s = watch.ahead_s
    if ahead_s is None:
        yield Check("clock", Standing.NOT_CHECKED, "ARM has not said what time it is")
    elif abs(ahead_s) <= CLOCK_TOLERANCE_S:
        yield Check("clock", Standing.OK, "this machine's clock agrees with ARM's")
    else:
        way = "behind" if ahead_s > 0 else "ahead of"
        yield Check(
            "clock",
            Standing.WARNING,
            f"this machine's clock is {abs(ahead_s) / 60:.0f} minutes {way} ARM's",
            "Set it: when a token ends and how long to wait are reckoned by it.",
        )


def _check_subscriptions(desired: Desired, targets: tuple[Target, ...], azure: Azure) -> tuple[list[Check], Rights]:
    """A line for each subscription of the manifest and for what does not exist, and the rights at what does.

    A token that ARM refuses on the way ends the lines: no right is missing, and none could be given.
    """
    checks: list[Check] = []
    try:
        checks += _check_subscription_of_each(desired, azure)
        closed = {one.subject for one in checks if _is_bad(one)}
        all_needs = (*needs_of_manifest(desired, targets), *reads_of_sign_ins(azure.sign_in_logs))
        needs = [need for need in all_needs if _subscription_of(need) not in closed]
        missing = find_missing_places(desired, targets, azure.resources)
        checks += missing.checks
        there, not_there = ([one for one in needs if missing.holds(one.scope) is gone] for gone in (False, True))
        rights = read_rights(there, MayRead(azure.resources.client), azure.resources)
    except LoginError as error:
        return [*checks, _failed("token", error)], Rights()
    except CallFailed as error:
        return [*checks, _failed("rights", error)], Rights()
    return checks, replace(rights, unchecked=(*rights.unchecked, *not_there))


def _check_subscription_of_each(desired: Desired, azure: Azure) -> Iterator[Check]:
    for subscription_id in dict.fromkeys(group.group_id.subscription_id.casefold() for group in desired.groups):
        yield _check_subscription(desired, azure, subscription_id)


def _check_subscription(desired: Desired, azure: Azure, subscription_id: str) -> Check:
    try:
        found = subscriptions.find(azure.resources.client, subscription_id)
        check_subscription_tenant(found, expected_tenant(desired, subscription_id, azure.tenant))
    except LoginError:
        raise
    except CallFailed as error:
        return _failed("subscription", error, subscription_id)
    detail = f"{found.display_name} ({found.subscription_id}) of the tenant {found.tenant_id}"
    return Check("subscription", Standing.OK, detail, subject=subscription_id)


def _subscription_of(need: Need) -> str:
    parts = need.scope.casefold().split("/")
    return parts[2] if parts[1:2] == ["subscriptions"] and len(parts) > 2 else ""


def _right_checks(rights: Rights) -> list[RightCheck]:
    by_standing = {
        Standing.OK: rights.present,
        Standing.MISSING: rights.missing,
        Standing.NOT_CHECKED: rights.unchecked,
    }
    found = [(need, standing) for standing, needs in by_standing.items() for need in needs]
    return [
        RightCheck(need.scope, WORDS[need.action], need.action, standing, role_with(need.action))
        for need, standing in sorted(found, key=lambda one: one[0].key)
    ]
