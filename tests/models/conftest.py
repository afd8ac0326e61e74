"""The bundle that most tests of grading use."""

import pytest

from models.bundle import Bundle
from tests.models.bundles import bundle_in


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return bundle_in(tmp_path_factory.mktemp("bundles"))
