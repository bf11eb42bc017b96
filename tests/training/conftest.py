"""Ultralytics is imported in our way before any test imports it in its own, which changes the whole process."""

from importlib.util import find_spec

import pytest


@pytest.fixture(scope="session", autouse=True)
def ultralytics_as_we_import_it() -> None:
    if find_spec("ultralytics") and find_spec("torch"):
        from vision.training.runtime import import_ultralytics

        import_ultralytics()
