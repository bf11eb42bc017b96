"""Takes single files out of a zip archive that nobody vouches for: no more than is agreed."""

import hashlib
import os
import struct
import tempfile
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path, PurePosixPath

from service.errors import ServiceError, invalid
from service.intake.uploads import PREFIX, Upload, plain_name

__all__ = ["Archive"]

MAX_MEMBERS = 5000
MAX_DIRECTORY_BYTES = 2_000_000
MAX_TOTAL_BYTES = 2_000_000_000
PIECE = 256 * 1024
END = b"PK\x05\x06"
END_64 = b"PK\x06\x07"
NESTED = (".zip", ".jar", ".7z", ".rar", ".gz", ".tar", ".xz", ".bz2")


class Archive:
    """An archive. Use it in a `with`: what was taken out and is still there is removed at its end.

    Args:
        path: The archive.
        folder: Where files are taken out to.

    Raises:
        ServiceError: It is damaged, or something that we don't open: too many members, names that lead out of it,
            archives within it, passwords.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        _check_directory(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise _damaged() from error
        self._folder = folder
        self._taken: list[Path] = []
        self._left = MAX_TOTAL_BYTES
        self._members = {member.filename: member for member in self._zip.infolist() if not member.is_dir()}
        for member in self._members.values():
            _check_member(member)

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()
        for path in self._taken:
            path.unlink(missing_ok=True)

    @property
    def names(self) -> list[str]:
        """Names of the files in it."""
        return list(self._members)

    def take(self, name: str, max_bytes: int) -> Upload:
        """Take one file out, counting the bytes that really come.

        Raises:
            ServiceError: It is damaged or too large.
        """
        descriptor, path_name = tempfile.mkstemp(prefix=PREFIX, dir=self._folder)
        path = Path(path_name)
        self._taken.append(path)
        digest, count = hashlib.sha256(), 0
        try:
            with os.fdopen(descriptor, "wb") as target, self._zip.open(self._members[name]) as source:
                while piece := source.read(PIECE):
                    count += len(piece)
                    if count > max_bytes or count > self._left:
                        raise _too_large(name)
                    digest.update(piece)
                    target.write(piece)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
            raise _damaged() from error
        self._left -= count
        return Upload(plain_name(name), name, path, digest.hexdigest(), count)


def _check_directory(path: Path) -> None:
    """Refuse an archive whose table of contents alone would fill the memory."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 66_000))
        tail = file.read()
    at = tail.rfind(END)
    with suppress(struct.error):
        count, directory_bytes = struct.unpack_from("<HI", tail, at + 10)
        if at >= 0 and count <= MAX_MEMBERS and directory_bytes <= MAX_DIRECTORY_BYTES:
            if tail[max(0, at - 20) : at].startswith(END_64):
                raise _too_many()
            return
        if at >= 0:
            raise _too_many()
    raise _damaged()


def _check_member(member: zipfile.ZipInfo) -> None:
    path = PurePosixPath(member.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in member.filename or ":" in member.filename:
        raise invalid(
            "archive_path",
            "压缩包内含不安全的文件路径，未接收",
            "the archive has names that lead out of it, and wasn't taken",
        )
    if path.suffix.lower() in NESTED:
        raise invalid(
            "archive_nested",
            "压缩包内不能再含压缩包，请解开后重新打包",
            "the archive has archives in it; unpack them and pack it again",
        )
    if member.flag_bits & 0x1:
        raise invalid("archive_encrypted", "压缩包已加密，请去除密码", "the archive has a password; remove it")


def _too_large(name: str) -> ServiceError:
    return ServiceError(
        413,
        "archive_too_large",
        f"压缩包内文件解压后过大，未接收：{name[:100]}",
        f"a file in the archive is too large when unpacked; nothing was taken: {name[:100]}",
    )


def _too_many() -> ServiceError:
    return ServiceError(
        413,
        "archive_too_many",
        f"压缩包内文件超过 {MAX_MEMBERS} 个，请分批上传",
        f"the archive has more than {MAX_MEMBERS} files; send them in several",
    )


def _damaged() -> ServiceError:
    return invalid("archive_damaged", "压缩包已损坏，无法读取", "the archive is damaged and can't be read")
