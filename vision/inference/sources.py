"""Which photos a list of paths means: files, folders, globs and zip archives."""

import functools
import glob
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from vision.errors import PhotoError, UserError
from vision.images import path_text, photo_bytes

__all__ = ["PHOTO_SUFFIXES", "PhotoFile", "find_photos", "is_photo"]

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

    What is named itself is taken whatever its suffix; by a pattern, in folders (searched at any depth) and in archives
    only files with a photo's suffix are, and hidden ones are not. Archives are opened where they are named or matched,
    not inside folders.

    Args:
        paths: Files, folders, zip archives, or glob patterns (`**` goes through folders).
        exclude: A folder whose files are left out: where annotated copies of earlier results lie.

    Raises:
        UserError: A path doesn't exist, a zip can't be opened, or there is no photo at all.
    """
    excluded = exclude.resolve() if exclude else None
    found: dict[tuple[Path, int], PhotoFile] = {}
    for given in paths:
        for path in _matches(given):
            for key, photo in _photos(path):
                if key[0].parent != excluded:
                    found.setdefault(key, photo)
    if not found:
        suffixes = " ".join(sorted(PHOTO_SUFFIXES))
        raise UserError(f"no photos in {', '.join(paths)}; expected files ending in {suffixes}, or a zip of them")
    return list(found.values())


Keyed = tuple[tuple[Path, int], PhotoFile]  # real path and, in an archive, the member's position


def _matches(given: str) -> list[Path]:
    if os.path.lexists(given):  # a name may look like a pattern
        return [Path(given)]
    matches = sorted(glob.glob(given, recursive=True))  # noqa: PTH207 - the pattern may be absolute
    if not matches:
        raise UserError(f"{given}: there is no such file or folder, and no file matches it as a pattern")
    return [
        Path(match) for match in matches if is_photo(match) or match.lower().endswith(".zip") or Path(match).is_dir()
    ]


def _photos(path: Path) -> Iterator[Keyed]:
    if path.is_dir():
        yield from _folder(path)
    elif path.is_file() and path.suffix.lower() == ".zip":
        yield from _archive(path)
    else:
        yield _file(path)


def _folder(folder: Path) -> Iterator[Keyed]:
    unreadable: list[OSError] = []
    for parent, folders, files in os.walk(folder, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (_file(Path(parent) / name) for name in sorted(files) if is_photo(name))
    yield from (_file(Path(error.filename)) for error in unreadable)  # reading it tells why


def is_photo(name: str) -> bool:
    """Tell by a name whether it is a photo that is looked at; hidden ones are not."""
    return PurePosixPath(name).suffix.lower() in PHOTO_SUFFIXES and not PurePosixPath(name).name.startswith(".")


def _file(path: Path) -> Keyed:
    return (path.parent.resolve() / path.name, 0), PhotoFile(path_text(path), functools.partial(photo_bytes, path))


def _archive(path: Path) -> Iterator[Keyed]:
    archive = _opened(path)
    for position, member in sorted(enumerate(archive.infolist()), key=lambda item: item[1].filename):
        parts = PurePosixPath(member.filename).parts
        if not member.is_dir() and is_photo(member.filename) and "__MACOSX" not in parts:
            yield (path.resolve(), position), _member(path, archive, member)


def _opened(path: Path) -> zipfile.ZipFile:
    """Open an archive; names without the UTF-8 flag are UTF-8 all the same, or from Chinese Windows, or else DOS."""
    for encoding in ("utf-8", "gb18030", None):
        try:
            return zipfile.ZipFile(path, metadata_encoding=encoding)
        except UnicodeDecodeError:
            continue
        except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
            raise UserError(f"{path_text(path)}: expected a zip archive, but it can't be opened ({error})") from error
    raise UserError(f"{path_text(path)}: expected a zip archive, but its file names are damaged; pack it again")


def _member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> PhotoFile:
    name = f"{path_text(path)}!/{member.filename}"

    def read() -> bytes:
        if member.flag_bits & 1:
            raise PhotoError("encrypted", f"{name}: is protected by a password; unpack the archive first")
        if member.file_size > MAX_MEMBER:
            raise PhotoError("too_large", f"{name}: {member.file_size} bytes unpacked is no photo")
        try:
            return archive.read(member)  # ZipFile locks its file itself
        except Exception as error:
            raise PhotoError("truncated", f"{name}: can't be unpacked ({error})") from error

    return PhotoFile(name, read)
