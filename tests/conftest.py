"""What holds for the whole suite: where Microsoft's documents are present, the sandbox answers as they say; and no
property is judged by how fast a machine is."""

import pytest
from hypothesis import HealthCheck, settings

from tests.conformance.documents import Specification, specification_folder
from tests.conformance.plugin import Conformance

ANY_MACHINE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("short", ANY_MACHINE, max_examples=40)
settings.register_profile("long", ANY_MACHINE, max_examples=500)
settings.load_profile("short")


def pytest_configure(config: pytest.Config) -> None:
    """Watch the sandboxes of the suite, where there is something to hold them against."""
    folder = specification_folder()
    if folder is not None:
        config.pluginmanager.register(Conformance(Specification(folder)), "conformance")
