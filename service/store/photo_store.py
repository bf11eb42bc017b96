"""Where photos lie: a local folder, or any storage that fsspec reaches, under the hash of their bytes."""

import os
import tempfile
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from vision.errors import UserError

__all__ = ["PhotoStore"]


class PhotoStore:
    """Keeps files under the hash of their bytes; a file that is there is whole and never changes.

    Args:
        url: A folder, or an fsspec URL such as `s3://bucket/photos`.

    Raises:
        UserError: The URL can't be used.
    """

    def __init__(self, url: str) -> None:
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise UserError(f"photos: {url.partition('://')[0]} can't be used: {error}") from error
        self.is_local = isinstance(self._files, LocalFileSystem)
        self._files.makedirs(self._root, exist_ok=True)

    def incoming(self) -> Path:
        """Return a local folder for files that are being received; on the same disk where the store is local."""
        if not self.is_local:
            return Path(tempfile.gettempdir())
        folder = Path(self._root) / ".incoming"
        folder.mkdir(exist_ok=True)
        return folder

    def take(self, sha256: str, received: Path) -> None:
        """Move a received file in, so that it is on the disk when this returns; does nothing if it is there already."""
        if not self.is_local:
            if not self._files.exists(self._path(sha256)):
                self._files.put_file(str(received), self._path(sha256))
            received.unlink(missing_ok=True)
            return
        path = Path(self._path(sha256))
        path.parent.mkdir(exist_ok=True)
        with received.open("rb") as file:
            os.fsync(file.fileno())
        received.replace(path)
        for folder in (path.parent, path.parent.parent):  # the new names, too
            descriptor = os.open(folder, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)

    def read(self, sha256: str) -> bytes:
        """Return a photo's bytes.

        Raises:
            FileNotFoundError: There is no such photo.
        """
        data: bytes = self._files.cat_file(self._path(sha256))
        return data

    def delete(self, sha256: str) -> None:
        """Remove a photo, if it is there."""
        if self._files.exists(self._path(sha256)):
            self._files.rm_file(self._path(sha256))

    def _path(self, sha256: str) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256}"
