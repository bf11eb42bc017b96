"""Reads a multipart body piece by piece: files go straight to the disk and are hashed on the way."""

import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from service.errors import ServiceError, invalid

__all__ = ["Limits", "MultipartReader", "Upload", "plain_name", "remove_stale"]

PREFIX = "cleanlane-upload-"
MAX_FIELDS = 20
MAX_FIELD_BYTES = 4096
STALE_SECONDS = 3600.0


@dataclass
class Upload:
    """A file that was received.

    Attributes:
        name: As the sender called it, without folders and control characters; 1..200 characters.
        sent_name: The same with folders.
        path: Where its bytes lie until they are taken over; nothing is there if it is refused.
        sha256: Hash of its bytes.
        byte_count: Its size.
        refusal: Why it isn't taken, if that is so already.
    """

    name: str
    sent_name: str
    path: Path
    sha256: str = ""
    byte_count: int = 0
    refusal: ServiceError | None = None


@dataclass(frozen=True)
class Limits:
    """How much one body may carry.

    Attributes:
        file_bytes: Of one file.
        files: Number of files.
        admit: Asked for each file as it begins; returns why it isn't taken, or None.
    """

    file_bytes: int
    files: int
    admit: Callable[[], ServiceError | None] = lambda: None


class MultipartReader:
    """Takes a body apart as it comes. Use it in a `with`: what wasn't taken over is removed at its end.

    Args:
        content_type: The request's header, with the boundary.
        folder: Where files are written to.
        limits: How much is taken.

    Attributes:
        fields: What the form's other fields say.
        files: In the order in which they came.

    Raises:
        ServiceError: The header names no boundary.
    """

    def __init__(self, content_type: str, folder: Path, limits: Limits) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise ServiceError(
                415,
                "multipart_expected",
                "请以 multipart/form-data 方式上传文件（须含 boundary）",
                "send the files as multipart/form-data, with a boundary",
            )
        self.fields: dict[str, str] = {}
        self.files: list[Upload] = []
        self._folder, self._limits = folder, limits
        self._header, self._value, self._headers = b"", b"", dict[bytes, bytes]()
        self._field, self._text = "", bytearray()
        self._upload: Upload | None = None
        self._open: BinaryIO | None = None
        self._hash: Any = None
        self._is_finished = False
        try:
            self._parser = MultipartParser(boundary, self._callbacks())
        except FormParserError as error:
            raise _damaged() from error

    def __enter__(self) -> "MultipartReader":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
        for upload in self.files:
            upload.path.unlink(missing_ok=True)

    def feed(self, data: bytes) -> None:
        """Take the next piece of the body; writes to the disk, so not for the event loop.

        Raises:
            ServiceError: It is no multipart body, or carries more than is taken.
        """
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise _damaged() from error

    def finish(self) -> None:
        """Take note of the body's end.

        Raises:
            ServiceError: It was cut off.
        """
        if not self._is_finished:
            raise _damaged()

    def _callbacks(self) -> Any:
        return {
            "on_part_begin": self._part_begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._part_data,
            "on_part_end": self._part_end,
            "on_end": self._end,
        }

    def _part_begin(self) -> None:
        self._headers, self._header, self._value = {}, b"", b""
        self._text, self._field, self._upload = bytearray(), "", None

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header, self._value = b"", b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._field = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options:
            self._begin_file(options[b"filename"].decode("utf-8", "replace"))
        elif len(self.fields) >= MAX_FIELDS:
            raise invalid(
                "too_many_fields", f"表单字段不能超过 {MAX_FIELDS} 个", f"at most {MAX_FIELDS} fields are taken"
            )

    def _begin_file(self, sent_name: str) -> None:
        if len(self.files) >= self._limits.files:
            raise ServiceError(
                413,
                "too_many_files",
                f"一次最多上传 {self._limits.files} 个文件，请分批上传",
                f"at most {self._limits.files} files at a time; send them in several requests",
            )
        descriptor, path = tempfile.mkstemp(prefix=PREFIX, dir=self._folder)
        self._open = os.fdopen(descriptor, "wb")
        self._upload = Upload(plain_name(sent_name), sent_name, Path(path))
        self.files.append(self._upload)
        self._hash = hashlib.sha256()
        refusal = self._limits.admit() if sent_name else None
        if refusal:
            self._refuse(self._upload, refusal)

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._upload is None:
            self._text += data[start:end]
            if len(self._text) > MAX_FIELD_BYTES:
                raise ServiceError(
                    413,
                    "field_too_large",
                    f"表单字段“{self._field[:50]}”过长",
                    f"the form's field {self._field[:50]!r} is too long",
                )
            return
        piece = memoryview(data)[start:end]
        upload = self._upload
        upload.byte_count += len(piece)
        if upload.refusal is None and upload.byte_count > self._limits.file_bytes:
            self._refuse(upload, _too_large(self._limits.file_bytes))
        elif upload.refusal is None and self._open is not None:
            self._hash.update(piece)
            self._open.write(piece)
        # A file a little too large is read to its end, so that the sender hears of it; an endless one isn't.
        if upload.refusal is not None and upload.byte_count > 2 * self._limits.file_bytes:
            raise _too_large(self._limits.file_bytes)

    def _part_end(self) -> None:
        if self._upload is None:
            self.fields[self._field] = self._text.decode("utf-8", "replace")
            return
        self._close()
        self._upload.sha256 = self._hash.hexdigest()
        if not self._upload.sent_name and not self._upload.byte_count:  # a form's file field that was left empty
            self.files.pop().path.unlink(missing_ok=True)

    def _end(self) -> None:
        self._is_finished = True

    def _refuse(self, upload: Upload, refusal: ServiceError) -> None:
        upload.refusal = refusal
        self._close()
        upload.path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def plain_name(sent: str) -> str:
    """Return a file's name without folders and control characters, 1..200 characters; `photo` if nothing is left."""
    last = sent.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable()).strip(" .")[-200:] or "photo"


def remove_stale(folder: Path) -> None:
    """Remove what uploads left behind that a kill cut off: partial files that nobody has written to for an hour."""
    for path in folder.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > STALE_SECONDS:
                path.unlink()


def _too_large(limit: int) -> ServiceError:
    megabytes = limit / 1e6
    return ServiceError(
        413,
        "too_large",
        f"文件超过 {megabytes:g} MB，未接收",
        f"the file is larger than {megabytes:g} MB and wasn't taken",
    )


def _damaged() -> ServiceError:
    return invalid(
        "multipart_damaged",
        "上传内容不完整或格式有误，请重新上传",
        "the upload is incomplete or malformed; send it again",
    )
