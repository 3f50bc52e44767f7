"""A run that outlives its tokens: they are renewed through azure-identity while it is under way, before they end.

Everything goes by one clock, which moves only while the sandbox takes its time: a second for each call. So tokens that
are good for seconds end while the run is under way, and no test waits.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from reconciler.apply.result import ApplyResult
from reconciler.apply.step import ApplyTools
from reconciler.arm.http.client import ArmClient
from reconciler.arm.http.retry import Retries
from reconciler.arm.http.transport import Sender, open_http_client
from reconciler.arm.login.auth import make_auth
from reconciler.arm.login.clouds import AZURE_CLOUD
from reconciler.arm.login.logins import Login
from reconciler.arm.resources import Resources
from reconciler.journal.call import Outcome
from reconciler.live.azure import Azure
from reconciler.sandbox.faults.script import Delay, Fault
from reconciler.sandbox.serving.application import Application, Options
from reconciler.sandbox.serving.server import running
from reconciler.sandbox.state.state import Identity
from reconciler.stop import Stop
from reconciler.workflow.apply import ApplyOptions, planned, run_apply
from reconciler.workflow.declare import Request, load_declaration
from tests.builders import SUBSCRIPTION, TENANT, TODAY
from tests.contract.applying import MemoryJournal, endings, no_children, outcomes
from tests.contract.arm import CORRELATION_ID, contents
from tests.sandbox.arm import Clock
from tests.unit.arm.fakes import put_az_on_path

APPLICATION = "00000000-0000-0000-0000-0000000000aa"
LIFETIME_S = 12
"""Twelve calls; a token is renewed after six, when half of its life is over."""

# As the real one, it knows when its token ends; it signs in anew each time, with a secret.
AZ = """\
#!{python} -IS
import base64, http.client, json, urllib.parse
form = dict(grant_type="client_credentials", client_id="{client}", client_secret="secret",
            scope="https://management.azure.com/.default")
entra = http.client.HTTPConnection("{host}")
entra.request("POST", "/{tenant}/oauth2/v2.0/token", urllib.parse.urlencode(form))
token = json.load(entra.getresponse())["access_token"]
claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
print(json.dumps(dict(accessToken=token, expires_on=claims["exp"])))
"""


@dataclass(frozen=True)
class Story:
    """A sandbox over HTTP, and a run against it that signs in with `az`."""

    url: str
    application: Application
    clock: Clock

    @property
    def logins(self) -> int:
        """How many tokens were asked for."""
        return sum(1 for one in self.application.requests if one.path.endswith("/token"))

    @property
    def refused(self) -> list[tuple[str, str]]:
        """Method and name of each call that was answered 401."""
        log = [one for one in self.application.requests if one.status == 401]
        return [(one.method, one.path.partition("?")[0].rpartition("/")[2]) for one in log]

    @property
    def live(self) -> list[str]:
        """The names of what lives."""
        return [one.name for one in self.application.state.contents().of(Identity)]

    def apply(self, names: Sequence[str]) -> ApplyResult:
        """Create these identities, one call after another, and verify."""
        manifest = (
            f"version: 1\nsubscription: {SUBSCRIPTION}\npolicy: {{identities: exact}}\n"
            f"resourceGroups: {{rg-app: {{identities: {[*names]}}}}}\n"
        )
        stop = Stop()
        now = self.clock

        def clock() -> float:
            return now().timestamp()

        retries = Retries(clock, now.advance, lambda: 0.0, clock)
        auth = make_auth("cli", Login(AZURE_CLOUD, {}, retries, TENANT), endpoint=self.url)
        with open_http_client(
            self.url,
            auth,
            Sender(CORRELATION_ID, lambda: "00000000-0000-0000-0000-0000000000ff", {}),
            retries=retries,
            max_connections=1,
        ) as http:
            client = ArmClient(http, retries.clock)
            resources = Resources(client)
            azure = Azure(AZURE_CLOUD.name, resources, TENANT, auth.token_tenant, lambda: None)
            _, result = run_apply(
                planned(load_declaration(Request(("-",), {}, {}, manifest.encode, judged_on=TODAY)), azure),
                azure,
                ApplyTools(resources, MemoryJournal(), stop, retries, lambda _: None, CORRELATION_ID, no_children),
                ApplyOptions(),
                show=lambda _: None,
                confirm=lambda _: None,
            )
        return result


@contextmanager
def story(folder: Path, monkeypatch: pytest.MonkeyPatch, *faults: Fault) -> Iterator[Story]:
    """A story whose tokens are good for LIFETIME_S."""
    clock = Clock()
    application = Application(contents(), Options(latency_s=1.0, faults=faults), clock=clock, sleep=clock.advance)
    with running(application) as url:
        httpx.put(f"{url}/_sandbox/tokens", json={"lifetimeSeconds": LIFETIME_S}, trust_env=False).raise_for_status()
        host = url.removeprefix("http://")
        script = AZ.format(python=sys.executable, host=host, client=APPLICATION, tenant=TENANT)
        put_az_on_path(folder, monkeypatch, script)
        yield Story(url, application, clock)


def test_run_of_many_lives_of_a_token_meets_no_token_that_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"id-{number}" for number in range(8)]

    with story(tmp_path, monkeypatch) as told:
        begun = told.clock()
        result = told.apply(names)
        lasted_s = (told.clock() - begun).total_seconds()

    assert outcomes(result) == [(name, Outcome.DONE) for name in names]
    assert (result.complete, result.verified, told.refused) == (True, True, [])
    assert told.live == names
    # Renewed before the end, though not for every call.
    assert lasted_s > 2 * LIFETIME_S
    assert lasted_s / LIFETIME_S < told.logins < lasted_s / (LIFETIME_S / 3)


def test_read_whose_token_ends_on_the_way_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Fault("GET", "*/userassignedidentities/id-0", 0, 1, 1.0, Delay(LIFETIME_S))

    with story(tmp_path, monkeypatch, slow) as told:
        result = told.apply(["id-0", "id-1"])

    assert outcomes(result) == [("id-0", Outcome.DONE), ("id-1", Outcome.DONE)]
    assert (result.complete, told.refused) == (True, [("GET", "id-0")])


def test_write_whose_token_ends_on_the_way_failed_and_is_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Fault("PUT", "*/userassignedidentities/id-0", 0, 1, 1.0, Delay(LIFETIME_S))

    with story(tmp_path, monkeypatch, slow) as told:
        result = told.apply(["id-0", "id-1"])

    (failed, done) = endings(result)
    assert failed[:2] == ("id-0", Outcome.FAILED)
    assert ": 401 ExpiredAuthenticationToken (The access token expiry UTC time '" in failed[2]
    assert done == ("id-1", Outcome.DONE, "")
    assert (result.complete, result.exit_code, told.live) == (False, 5, ["id-1"])
    assert told.refused == [("PUT", "id-0")]
