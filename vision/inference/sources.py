"""Which photos a list of paths means: files, folders, globs and zip archives."""

import glob
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from vision.errors import PhotoError, UserError

__all__ = ["PHOTO_SUFFIXES", "PhotoFile", "find_photos"]

PHOTO_SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .mpo .png .webp .heic .heif .hif .avif .tif .tiff .gif .bmp".split()  # noqa: SIM905
)
MAX_MEMBER = 1 << 30  # bytes; a larger zip member is no photo


@dataclass(frozen=True)
class PhotoFile:
    """A photo that hasn't been read yet.

    Attributes:
        name: What results call it: the path as given, or `archive.zip!/member`.
        read: Returns the file's bytes; raises PhotoError if that fails.
    """

    name: str
    read: Callable[[], bytes]


def find_photos(paths: Sequence[str], exclude: Path | None = None) -> list[PhotoFile]:
    """List the photos that `paths` name, sorted within each path, each once.

    A file that is named itself is taken whatever its suffix; in folders (searched at any depth) and archives only
    files with a photo's suffix are, and hidden ones are not.

    Args:
        paths: Files, folders, zip archives, or glob patterns (`**` goes through folders).
        exclude: A folder whose content is left out: where the results go.

    Raises:
        UserError: A path doesn't exist, a zip can't be opened, or there is no photo at all.
    """
    found: dict[str, PhotoFile] = {}
    for path in paths:
        for photo in _expand(path, exclude.resolve() if exclude else None):
            found.setdefault(photo.name, photo)
    if not found:
        suffixes = " ".join(sorted(PHOTO_SUFFIXES))
        raise UserError(f"no photos in {', '.join(paths)}; expected files ending in {suffixes}, or a zip of them")
    return list(found.values())


def _expand(given: str, exclude: Path | None) -> Iterator[PhotoFile]:
    path = Path(given)
    if path.is_dir():
        yield from _folder(path, exclude)
    elif path.is_file():
        yield from _archive(path) if path.suffix.lower() == ".zip" else [_file(path)]
    elif matches := sorted(glob.glob(given, recursive=True)):  # noqa: PTH207 - the pattern may be absolute
        for match in matches:
            yield from _expand(match, exclude)
    else:
        raise UserError(f"{given}: there is no such file or folder, and no file matches it as a pattern")


def _folder(folder: Path, exclude: Path | None) -> Iterator[PhotoFile]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and (Path(parent) / f).resolve() != exclude)
        for name in sorted(files):
            path = Path(parent) / name
            if _is_photo(name):
                yield _file(path)


def _is_photo(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in PHOTO_SUFFIXES and not PurePosixPath(name).name.startswith(".")


def _file(path: Path) -> PhotoFile:
    def read() -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise PhotoError("missing", f"{path}: the file can't be read ({error.strerror})") from error

    return PhotoFile(os.fsencode(path).decode("utf-8", "replace"), read)  # names needn't be text on Linux


def _archive(path: Path) -> Iterator[PhotoFile]:
    try:
        try:
            archive = zipfile.ZipFile(path, metadata_encoding="gb18030")  # names from Chinese Windows
        except UnicodeDecodeError:
            archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: expected a zip archive, but it can't be opened ({error})") from error
    for member in sorted(archive.infolist(), key=lambda m: m.filename):
        parts = PurePosixPath(member.filename).parts
        if not member.is_dir() and _is_photo(member.filename) and "__MACOSX" not in parts:
            yield _member(path, archive, member)


def _member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> PhotoFile:
    name = f"{path}!/{member.filename}"

    def read() -> bytes:
        if member.file_size > MAX_MEMBER:
            raise PhotoError("too_large", f"{name}: {member.file_size} bytes unpacked is no photo")
        try:
            return archive.read(member)  # ZipFile locks its file itself
        except (OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
            raise PhotoError("truncated", f"{name}: can't be unpacked ({error})") from error

    return PhotoFile(name, read)
