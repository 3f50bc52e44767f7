"""What holds for the whole suite: where Microsoft's documents are present, the sandbox answers as they say; and no
property is judged by how fast a machine is."""

import pytest
from hypothesis import HealthCheck, settings

from tests.conformance.documents import Specification, specification_folder
from tests.conformance.plugin import Conformance

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_configure(config: pytest.Config) -> None:
    """Watch the sandboxes of the suite, where there is something to hold them against."""
    folder = specification_folder()
    if folder is not None:
        config.pluginmanager.register(Conformance(Specification(folder)), "conformance")
