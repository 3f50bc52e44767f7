"""Turns what came back from a call, or did not, into one error that says what happened and what to do.

The status decides the class, ARM's code the hint, and the method whether the call may have taken effect: what a failure
means for the next step is decided here once, so that no caller reads a status or a message of its own.
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from urllib.parse import unquote

import httpx

from reconciler.arm.actions import QUERY_LOGS, QUERY_SIGN_INS, role_with
from reconciler.arm.http.fields import FieldError, JsonObject, object_list, optional_text, parse_object, section
from reconciler.arm.http.receive import CallEnded, TimeOver
from reconciler.arm.http.redaction import quote_answer
from reconciler.arm.http.retry import TRANSIENT_STATUSES, retry_after_s
from reconciler.arm.http.retry_transport import TIME_HINT
from reconciler.arm.http.wire import is_untrusted_certificate, may_pass, unreachable
from reconciler.errors import ArmAuthError, ArmError, ArmLoginError, Conflict, NotFound, OutOfTime, Throttled
from reconciler.model import MAX_CREDENTIALS, normalize_location, shell_command

QUERY = "QUERY"
"""A POST that only asks; a `Call` holds it apart from one that changes something."""

_OPERATIONS = {"GET": "reading", QUERY: "querying", "PUT": "creating", "PATCH": "updating", "DELETE": "deleting"}
_CLASSES: dict[int, type[ArmError]] = {
    401: ArmLoginError,
    403: ArmAuthError,
    404: NotFound,
    409: Conflict,
    429: Throttled,
}

# Raised before a request went out; every other failure leaves open whether it arrived.
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)

_NOT_SERVED = (HTTPStatus.NOT_IMPLEMENTED, "NotServedBySandbox")
"""How the sandbox answers what Azure has and it has not; it then did nothing. Azure itself never says this."""

_NOT_SERVED_HINT = (
    "The sandbox lacks this, Azure does not: leave it out of the rehearsal, or run against Azure."
    " `uami sandbox serve --help` lists what is not served."
)
_UNAUTHORIZED = "AuthorizationFailed"
_NO_QUERY = "InsufficientAccessError"
"""For who may not query a workspace. Source: Azure Monitor documentation (errors of the Logs query API)."""
_BAD_QUERY = "BadArgumentError"
_BAD_QUERY_HINT = (
    "The workspace has the table only where a diagnostic setting of Microsoft Entra sends ManagedIdentitySignInLogs"
    f" there, and has it for whoever may see it ({QUERY_SIGN_INS})."
)
"""A table that may not be seen is not known. Source: Azure Monitor documentation (querying logs for resources)."""
_ACTION = re.compile(r"perform action '([^'\s]+)'")
_CONDITION = "ABAC condition that is not fulfilled"
"""Of the caller's own role: it has the action, but not for what was sent. Source: the message as quoted by users."""
_DENIED_BY = re.compile(r"deny assignment with name '([^']+)'")
_MAX_POLICIES = 5
_LONGEST_MESSAGE = 20_000
"""Characters in which a list of regions is looked for; more is shown of no message."""

_SCOPE = re.compile(r"over scope '([^']+)'")
_LOCATION = re.compile(r"location '([^']*)'")
_REGIONS = re.compile(r"(?:[Ll]ist of available regions|supported locations)[^']*'([^']*)'")
_NAMESPACE = re.compile(r"namespace '([A-Za-z.]+)'")
_SUBSCRIPTION = re.compile(r"/subscriptions/([^/]+)", re.IGNORECASE)
_TOO_MANY_CREDENTIALS = re.compile(r"federated.*\b(maximum|limit|exceed)", re.IGNORECASE)
_MEDDLED = "Check that the endpoint is ARM and that nothing in between rewrites its answers."
_OWN_NAMESPACE = "Microsoft.ManagedIdentity"


@dataclass(frozen=True, slots=True)
class Call:
    """One request to ARM: its method, its encoded path, and the correlation id it is sent with."""

    method: str
    path: str
    correlation_id: str

    @property
    def is_write(self) -> bool:
        """Whether it may change anything."""
        return self.method not in ("GET", QUERY)

    @property
    def resource(self) -> str:
        """The path as people write it."""
        return unquote(self.path)

    def __str__(self) -> str:
        return f"{_OPERATIONS[self.method]} {self.resource}"


@dataclass(frozen=True, slots=True)
class _Envelope:
    """ARM's own words about an error; all empty where the body is not ARM's.

    Attributes:
        whole: the message, of which `message` may be the beginning.
        policies: those that the call broke.
    """

    code: str
    message: str
    whole: str = ""
    policies: tuple[str, ...] = ()


def error_answer(call: Call, response: httpx.Response, now_s: float, sign_in: str) -> ArmError:
    """The error for an answer that is not a success; `sign_in` is what to do where ARM refused the token.

    `in_doubt` for writes answered 408 or 5xx: the service may have failed after it acted. (Not served is not tried.)
    """
    status = response.status_code
    envelope = _envelope(response)
    # Some providers give the status once more as the code.
    said = " ".join(dict.fromkeys(part for part in (str(status), envelope.code or _phrase(status)) if part))
    return _CLASSES.get(status, ArmError)(
        f"{call}: {said} ({envelope.message})" if envelope.message else f"{call}: {said}",
        _hint(call, status, envelope, sign_in),
        status=status,
        arm_code=envelope.code,
        correlation_id=_correlation_id(call, response),
        transient=status in TRANSIENT_STATUSES,
        in_doubt=call.is_write and _may_have_acted(status, envelope),
        retry_after_s=retry_after_s(response, now_s),
        missing_action=_missing_action(envelope),
    )


def malformed_answer(call: Call, response: httpx.Response, detail: str) -> ArmError:
    """The error for a success that does not say what ARM's documents promise; a write may have taken effect."""
    return ArmError(
        f"{call}: malformed answer ({quote_answer(detail, response.request)})",
        _MEDDLED,
        correlation_id=_correlation_id(call, response),
        in_doubt=call.is_write,
    )


def too_many_pages(operation: str, limit: int) -> ArmError:
    """The error for a list that does not end."""
    return ArmError(f"{operation}: the list has more than {limit} pages", _MEDDLED)


def no_answer(call: Call, error: httpx.RequestError) -> ArmError:
    """The error for a call that no whole answer came back to."""
    if isinstance(error, CallEnded):
        kind = OutOfTime if isinstance(error, TimeOver) else ArmError
        return kind(f"{call}: {error}", error.hint, correlation_id=call.correlation_id, in_doubt=call.is_write)
    return ArmError(
        f"{call}: {_why_no_answer(error)}",
        _connection_hint(error),
        correlation_id=call.correlation_id,
        transient=isinstance(error, httpx.TransportError) and may_pass(error),
        in_doubt=call.is_write and not isinstance(error, _NEVER_SENT),
    )


def _why_no_answer(error: httpx.RequestError) -> str:
    if unreachable(error):
        return str(error)
    reason, name = quote_answer(str(error), error.request), type(error).__name__
    return f"no answer ({name}: {reason})" if reason else f"no answer ({name})"


def _envelope(response: httpx.Response) -> _Envelope:
    """ARM's code and message, from `error` or, as the Activity Log answers, from the body itself.

    Source: azure-rest-api-specs common-types v4, ErrorResponse; recorded traffic (azure-cli, activity log).
    """
    request = response.request
    try:
        body = parse_object(response.content)
        inner = body.get("error")
        source: JsonObject = inner if isinstance(inner, dict) else body
        code, message = optional_text(source, "code"), optional_text(source, "message")
    except FieldError:
        return _Envelope("", "")
    policies = tuple(quote_answer(one, request, limit=200) for one in islice(_policies(source), _MAX_POLICIES))
    whole = quote_answer(message or "", request, limit=_LONGEST_MESSAGE)
    return _Envelope(quote_answer(code or "", request), quote_answer(message or "", request), whole, policies)


def _policies(error: JsonObject) -> Iterator[str]:
    """The policies that forbade a call, each with its assignment.

    Source: Azure documentation (errors for requests disallowed by policy); Azure SDKs' tests, for the names of fields.
    """
    try:
        for one in object_list(error, "additionalInfo"):
            if one.get("type") == "PolicyViolation":
                info = section(one, "info")
                policy, assignment = _name(info, "policyDefinition"), _name(info, "policyAssignment")
                yield f"{policy!r} (assignment {assignment!r})" if assignment else repr(policy)
    except FieldError:
        return


def _name(info: JsonObject, what: str) -> str:
    return optional_text(info, f"{what}DisplayName") or optional_text(info, f"{what}Name") or ""


def _may_have_acted(status: int, envelope: _Envelope) -> bool:
    failed_inside = status == HTTPStatus.REQUEST_TIMEOUT or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return failed_inside and (status, envelope.code) != _NOT_SERVED


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _correlation_id(call: Call, response: httpx.Response) -> str:
    answered = response.headers.get("x-ms-correlation-request-id", "")
    return quote_answer(answered, response.request, limit=100) or call.correlation_id


def _hint(call: Call, status: int, envelope: _Envelope, sign_in: str) -> str:
    by_code = {
        "SubscriptionNotFound": "Check the id, and that you are signed in to its tenant with access to it.",
        "MissingSubscriptionRegistration": _register_hint(call, envelope.message),
        "ScopeLocked": "Remove the lock in Azure first; this tool never removes one.",
        "RequestDisallowedByPolicy": _policy_hint(envelope.policies),
        "InvalidApiVersionParameter": _version_hint(call),
        "InvalidResourceType": _version_hint(call),
        "NoRegisteredProviderFound": _region_hint(envelope.whole) or _version_hint(call),
        "LocationNotAvailableForResourceType": _region_hint(envelope.whole),
        _BAD_QUERY: _BAD_QUERY_HINT,
        _NOT_SERVED[1]: _NOT_SERVED_HINT if status == _NOT_SERVED[0] else "",
    }
    by_status = {
        400: _limit_hint(envelope.message),
        405: _method_hint(envelope.message),
        300: "Redirects are not followed: the token goes to the endpoint only. Check the endpoint.",
        401: f"ARM refused the token. {sign_in}",
        403: _forbidden_hint(envelope),
        429: f"ARM refused so many calls until the time of the run was over. {TIME_HINT}",
        500: "Azure could not answer. Run again later; the correlation id finds the call in Azure's logs.",
    }
    kind = status // 100 * 100
    return by_code.get(envelope.code) or by_status.get(status) or (by_status[kind] if kind in (300, 500) else "")


def _limit_hint(message: str) -> str:
    """Source: Microsoft Entra documentation (considerations); the words in which ARM says it were never seen."""
    if _TOO_MANY_CREDENTIALS.search(message) is None:
        return ""
    return (
        f"An identity can have {MAX_CREDENTIALS} federated credentials, and others have added some: plan again, and"
        " delete those that are not needed."
    )


def _method_hint(message: str) -> str:
    """Source: Microsoft Entra documentation (considerations for federated credentials: regions without support)."""
    if "federated identity credentials not enabled" not in message:
        return ""
    return (
        "The identity's region does not support federated credentials; list the identity in another region under a"
        " new name."
    )


def _version_hint(call: Call) -> str:
    if f"/{_OWN_NAMESPACE}/".casefold() in call.path.casefold():
        return "Pass --api-version with one that ARM names above."
    return "This ARM does not know the api-version that this tool uses here: check --cloud and --endpoint."


def _region_hint(message: str) -> str:
    """What to write as the location, where ARM lists its regions and the one that was sent is none of them.

    Source: azure-rest-api-specs issue 8520 (LocationNotAvailableForResourceType), azure-cli issue 22735
    (NoRegisteredProviderFound, which names locations and api-versions alike).
    """
    sent, listed = _LOCATION.search(message), _REGIONS.search(message)
    regions = sorted({normalize_location(one) for one in listed[1].split(",")}) if listed else []
    if sent is None or not regions or normalize_location(sent[1]) in regions:
        return ""
    similar = difflib.get_close_matches(normalize_location(sent[1]), regions, n=1)
    meant = f"Did you mean `{similar[0]}`? " if similar else ""
    return f"{meant}Correct `location` in the manifest: `az account list-locations -o table` prints all regions."


def _register_hint(call: Call, message: str) -> str:
    namespace = _NAMESPACE.search(message)
    subscription = _SUBSCRIPTION.match(call.path)
    words = (
        *("--namespace", namespace[1] if namespace else _OWN_NAMESPACE),
        *("--subscription", subscription[1] if subscription else "SUBSCRIPTION"),
    )
    return f"Run `{shell_command('az', 'provider', 'register', *words)}`, then run again."


def _missing_action(envelope: _Envelope) -> str:
    """Source: recorded traffic (AuthorizationFailed names the action and the scope in its message)."""
    if envelope.code == _NO_QUERY:
        return QUERY_LOGS
    action = _ACTION.search(envelope.message)
    if envelope.code != _UNAUTHORIZED or action is None or _CONDITION in envelope.message:
        return ""
    return action[1]


def _policy_hint(policies: tuple[str, ...]) -> str:
    names = f"Azure Policy {', '.join(policies)}" if policies else "Azure Policy, by the names above,"
    return f"{names} forbids it: change the manifest as the policy asks, or ask its administrator for an exemption."


def _forbidden_hint(envelope: _Envelope) -> str:
    """What to ask for, and whom; a right only where that is what is missing."""
    denied = _DENIED_BY.search(envelope.message)
    if denied is not None:
        return f"The deny assignment {denied[1]!r} forbids it to whoever has the right, too: ask its owner."
    if _CONDITION in envelope.message:
        return "A condition of your own role allows this action, but not for this role or principal: ask who gave it."
    action, scope = _missing_action(envelope), _SCOPE.search(envelope.message)
    if not action:
        return "Ask whoever administers this scope."
    role = role_with(action)
    place = f" at {scope[1]}" if scope else " at the workspace" if envelope.code == _NO_QUERY else ""
    ask = f"the role {role}{place}" if role else f"a role{place}"
    return f"Ask for {ask}: it has the missing action {action}. A new grant takes some minutes to be seen."


def _connection_hint(error: httpx.RequestError) -> str:
    if is_untrusted_certificate(error):
        return "If a proxy of yours signs its own certificates, name its authority's file in SSL_CERT_FILE."
    lost = unreachable(error)
    if lost is not None:
        return lost.hint
    return "Check the network and the proxy settings (HTTPS_PROXY, NO_PROXY), then run again."
