"""Label files as JSON, XML or lines: they know on which line something stands, and can be written back."""

import json
import re
from pathlib import Path
from typing import Any, Protocol
from xml.etree import ElementTree
from xml.parsers import expat

from vision.datasets.formats.findings import Place

__all__ = ["BrokenFileError", "Document", "JsonDocument", "LinesDocument", "XmlDocument", "read_text"]

Key = str | int
SEPARATORS = re.compile(r"[\s,:]*")


class BrokenFileError(Exception):
    """A label file that can't be parsed at all; carries the line."""

    def __init__(self, file: Path, line: int, detail: str) -> None:
        super().__init__(detail)
        self.place = Place(file, line)


class Document(Protocol):
    """A label file that may have been changed in memory."""

    file: Path
    touched: bool

    def content(self) -> bytes:
        """Return what the file should hold now."""


def read_text(file: Path) -> str:
    """Return a file's text, without a byte order mark.

    Raises:
        BrokenFileError: It can't be read, or is no UTF-8.
    """
    try:
        data = file.read_bytes()
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BrokenFileError(file, line, "expected UTF-8 text; save it with that encoding") from error
    except OSError as error:
        raise BrokenFileError(file, 1, f"the file can't be read ({error.strerror})") from error


class JsonDocument:
    """A JSON file; `data` may be changed."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.touched = False
        self._text = read_text(file)
        self._starts: dict[tuple[Key, ...], dict[Key, int]] = {}
        try:
            self.data: Any = json.loads(self._text)
        except json.JSONDecodeError as error:
            raise BrokenFileError(
                file, error.lineno, f"expected JSON, but {error.msg} (column {error.colno})"
            ) from error
        except (ValueError, RecursionError) as error:  # numbers of a million digits, a million brackets
            raise BrokenFileError(file, 1, f"expected JSON, but it can't be read ({error})") from error

    def place(self, *path: Key) -> Place:
        """Return where the member reached by these keys and list indices stands."""
        return Place(self.file, lambda: self._line(path))

    def content(self) -> bytes:
        """Return the data as JSON, indented as the file was."""
        indent = re.match(r"[\[{]\r?\n( +|\t+)", self._text)
        return json.dumps(self.data, ensure_ascii=False, indent=indent and indent[1]).encode()

    def _line(self, path: tuple[Key, ...]) -> int:
        at = SEPARATORS.match(self._text).end()  # type: ignore[union-attr] # it matches nothing, too
        for depth, key in enumerate(path):
            if path[:depth] not in self._starts:
                self._starts[path[:depth]] = _children(self._text, at)
            at = self._starts[path[:depth]].get(key, at)
        return self._text.count("\n", 0, at) + 1


def _children(text: str, start: int) -> dict[Key, int]:
    """Return where each member of the object or list that begins at `start` begins; the text is valid JSON."""
    decoder = json.JSONDecoder()
    found: dict[Key, int] = {}
    if text[start] not in "{[":
        return found
    at = SEPARATORS.match(text, start + 1).end()  # type: ignore[union-attr]
    while text[at] not in "}]":
        key: Key = len(found)
        if text[start] == "{":
            key, at = decoder.raw_decode(text, at)
            at = SEPARATORS.match(text, at).end()  # type: ignore[union-attr]
        found[key] = at
        _, at = decoder.raw_decode(text, at)
        at = SEPARATORS.match(text, at).end()  # type: ignore[union-attr]
    return found


class XmlDocument:
    """An XML file; `root` may be changed. Comments are kept."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.touched = False
        self._lines: dict[ElementTree.Element, int] = {}
        builder = ElementTree.TreeBuilder(insert_comments=True)
        parser = expat.ParserCreate()

        def start(tag: str, attributes: dict[str, str]) -> None:
            self._lines[builder.start(tag, attributes)] = parser.CurrentLineNumber

        parser.buffer_text = True
        parser.StartElementHandler = start
        parser.EndElementHandler = builder.end
        parser.CharacterDataHandler = builder.data
        parser.CommentHandler = builder.comment
        try:
            data = file.read_bytes()
            self._declared = data.lstrip(b"\xef\xbb\xbf").startswith(b"<?xml")
            parser.Parse(data, True)
        except expat.ExpatError as error:
            text = expat.ErrorString(error.code)
            raise BrokenFileError(
                file, error.lineno, f"expected XML, but {text} (column {error.offset + 1})"
            ) from error
        except ValueError as error:
            raise BrokenFileError(file, 1, f"expected XML in UTF-8, but {error}") from error
        except OSError as error:
            raise BrokenFileError(file, 1, f"the file can't be read ({error.strerror})") from error
        self.root = builder.close()

    def place(self, element: ElementTree.Element) -> Place:
        """Return where an element begins."""
        return Place(self.file, self._lines.get(element, 1))

    def content(self) -> bytes:
        """Return the elements as XML."""
        content: bytes = ElementTree.tostring(self.root, encoding="utf-8", xml_declaration=self._declared)
        return content


class LinesDocument:
    """A file of lines; each may be replaced or removed, the others stay as they are, with their line ends."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.touched = False
        self._lines: list[str] = re.split(r"(?<=\n)", read_text(file))

    @property
    def lines(self) -> list[tuple[int, str]]:
        """Every line that isn't blank, with its number and without its end."""
        return [(i, line.strip()) for i, line in enumerate(self._lines, start=1) if line.strip()]

    def put(self, number: int, text: str | None) -> None:
        """Replace a line, or empty it if given None."""
        old = self._lines[number - 1]
        self._lines[number - 1] = "" if text is None else text + old[len(old.rstrip("\r\n")) :]
        self.touched = True

    def content(self) -> bytes:
        """Return all lines."""
        return "".join(self._lines).encode()
