"""The emulator twice: in process, and over real HTTP on loopback; whatever our client promises holds for both."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx
import pytest

from reconciler.sandbox.gateway.calls import Settings
from reconciler.sandbox.rates.rates import Rates
from reconciler.sandbox.serving.application import Application, Options
from reconciler.sandbox.serving.server import running
from reconciler.sandbox.state.state import Contents
from tests.contract.arm import Arm, OpenArm, in_process, open_arm
from tests.contract.faults import Fault, FaultyTransport

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Stage(Application):
    """Hands each call to the emulator of the test that is under way: a server takes longer to end than most tests."""

    def __init__(self) -> None:
        super().__init__(Contents())
        self.playing: Application = self

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer as the emulator that plays."""
        return self.playing(environ, start_response)


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[Stage, str]]:
    """A stage that is served on loopback, and its base URL."""
    stage = Stage()
    with running(stage) as url:
        yield stage, url


@pytest.fixture(params=["in-process", "loopback"])
def arm(request: pytest.FixtureRequest) -> Iterator[OpenArm]:
    """Opens an emulator over some contents, with faults on our client's wire; once in each test."""
    with ExitStack() as stack:

        def open_(start: Contents, *faults: Fault, page_size: int = 1000, rates: Rates | None = None) -> Arm:
            if request.param == "in-process":
                return stack.enter_context(in_process(start, *faults, page_size=page_size, rates=rates))
            stage, url = request.getfixturevalue("served")
            stage.playing = Application(start, Options(Settings(page_size=page_size), rates=rates))
            opened = open_arm(stage.playing, url, FaultyTransport(httpx.HTTPTransport(), faults), httpx.HTTPTransport())
            stack.callback(opened.client.http.close)
            stack.callback(opened.others.close)
            return opened

        yield open_
