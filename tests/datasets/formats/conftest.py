"""The drawn photos that several tests of formats write and read."""

import pytest

from tests.datasets.formats.drawn import drawn_source
from vision.datasets.labels import Source


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """Drawn photos with boxes, outlines, splits and names of all kinds."""
    return drawn_source(tmp_path_factory.mktemp("drawn"))
