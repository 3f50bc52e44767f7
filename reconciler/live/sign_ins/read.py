"""The sign-in log of a run: one question about all of its identities, and one about the log itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from reconciler.arm.http.service import watched_clock
from reconciler.arm.logs import sign_ins
from reconciler.arm.logs.sign_ins import SignInRow
from reconciler.arm.logs.workspace import LogQueries
from reconciler.arm.resources import Resources
from reconciler.errors import CallFailed
from reconciler.live.may_read import why_not
from reconciler.model import FederatedCredential, Identity
from reconciler.model.sign_in.last import LastSignIn, SignIn
from reconciler.model.sign_in.workspace import WorkspaceId


@dataclass(frozen=True, slots=True)
class SignInLog:
    """What was read of the log on a day.

    Attributes:
        days: of which it has a row of whatever identity; sorted.
        rows: the newest sign-ins by the principal's id in lower case.
        not_read: why there is none of it.
    """

    as_of: date
    days: tuple[date, ...] = ()
    rows: Mapping[str, tuple[SignInRow, ...]] = field(default_factory=dict)
    not_read: str | None = None

    def of_identity(self, identity: Identity, credentials: Iterable[FederatedCredential] = ()) -> LastSignIn:
        """What the log says of an identity that has these federated credentials."""
        rows = self.rows.get(identity.principal_id.lower(), ())
        return self._last(rows, _only(rows, credentials))

    def of_credential(self, credential: FederatedCredential, identity: Identity, others: int) -> LastSignIn:
        """What the log says of who signs in with a credential; `others`: how many the identity has beside it.

        The log names a credential by an id that ARM never shows. So a sign-in with any of them may be one with this.
        """
        rows = self.rows.get(identity.principal_id.lower(), ())
        used = tuple(row for row in rows if row.credential_id)
        return self._last(used, None if others else _only(rows, [credential]))

    def of_all(self) -> LastSignIn:
        """What the log says of no identity: since when it has rows, and of which days it has none."""
        return self._last((), None)

    def _last(self, rows: tuple[SignInRow, ...], only: str | None) -> LastSignIn:
        if self.not_read is not None:
            return LastSignIn(self.as_of, not_read=self.not_read)
        newest = max(rows, key=lambda row: row.at, default=None)
        last = None
        if newest is not None:
            federated = bool(newest.credential_id)
            last = SignIn(newest.at.replace(microsecond=0), newest.resource, federated, only if federated else None)
        since = self.days[0] if self.days else None
        return LastSignIn(self.as_of, last, since, _gaps(self.days, self.as_of))


def _only(rows: Iterable[SignInRow], credentials: Iterable[FederatedCredential]) -> str | None:
    """The credential that every sign-in with one was made with, where there is no other."""
    names = [one.credential_id.name for one in credentials]
    used = {row.credential_id for row in rows if row.credential_id}
    return names[0] if len(names) == 1 and len(used) == 1 else None


def _gaps(days: tuple[date, ...], as_of: date) -> tuple[date, ...]:
    """Days without rows since the first one with rows; the last one is not over."""
    if not days:
        return ()
    known, count = set(days), (as_of - days[0]).days
    return tuple(day for n in range(count) if (day := days[0] + timedelta(days=n)) not in known)


def read_sign_in_log(
    identities: Iterable[Identity], workspace: WorkspaceId, as_of: date, resources: Resources
) -> SignInLog:
    """What the workspace has of these identities.

    Its rows have the times of Azure. So the day is Azure's too, where it says what time it is, and else `as_of`: by a
    clock of ours that is fast a sign-in would seem older than it is.

    Raises:
        NoServiceToken: ARM does not serve its queries, and there is no token for what does.
        AuthError: without the right to query the workspace; its hint names the right and a role.
        ArmError: there is no such workspace, no such table, or no usable answer.
    """
    principals = [one.principal_id for one in identities]
    with resources.activity.part("Reading the sign-in log"), watched_clock(resources.client) as watch:
        queries = LogQueries(resources.client, resources.logs, workspace)
        rows = sign_ins.last_sign_ins(queries, principals)
        days = sign_ins.days_with_rows(queries)
    by_principal: dict[str, list[SignInRow]] = {}
    for row in rows:
        by_principal.setdefault(row.principal_id, []).append(row)
    now_s = watch.now_s()
    today = as_of if now_s is None else datetime.fromtimestamp(now_s, UTC).date()
    return SignInLog(today, days, {one: tuple(found) for one, found in by_principal.items()})


def find_sign_in_log(
    identities: Iterable[Identity], workspace: WorkspaceId, as_of: date, resources: Resources
) -> SignInLog:
    """The same; a log that cannot be read says why, and is no error. Raises Interrupted, OutOfTime and LoginError."""
    try:
        return read_sign_in_log(identities, workspace, as_of, resources)
    except CallFailed as error:
        return SignInLog(as_of, not_read=why_not(error))
