"""What holds for the whole suite: where Microsoft's documents are present, the sandbox answers as they say."""

import pytest

from tests.conformance.documents import Specification, specification_folder
from tests.conformance.plugin import Conformance


def pytest_configure(config: pytest.Config) -> None:
    """Watch the sandboxes of the suite, where there is something to hold them against."""
    folder = specification_folder()
    if folder is not None:
        config.pluginmanager.register(Conformance(Specification(folder)), "conformance")
