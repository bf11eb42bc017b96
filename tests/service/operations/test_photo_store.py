"""Photos in a folder, and in a store that isn't one."""

import hashlib
from pathlib import Path

import pytest

from service.store.photo_store import PhotoStore
from vision.errors import UserError

DATA = b"the bytes of a photo"
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.mark.parametrize("kind", ["folder", "memory"])
def test_a_photo(tmp_path: Path, kind: str) -> None:
    store = PhotoStore(str(tmp_path / "photos") if kind == "folder" else f"memory://{tmp_path.name}")
    for _ in range(2):  # the second time it is there already
        received = store.incoming() / f"received-{tmp_path.name}"
        received.write_bytes(DATA)
        store.take(SHA256, received)
        assert not received.exists()
    assert store.read(SHA256) == DATA
    assert store.is_local is (kind == "folder")
    store.delete(SHA256)
    store.delete(SHA256)
    with pytest.raises(FileNotFoundError):
        store.read(SHA256)


def test_an_unknown_kind() -> None:
    with pytest.raises(UserError, match="photos: nonsense can't be used"):
        PhotoStore("nonsense://x")
