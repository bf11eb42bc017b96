import json
from pathlib import Path

import pytest

from vision.errors import UserError
from vision.unfinished import restore

SETTINGS = {"model": "m", "size": 640}
HEADER = json.dumps(SETTINGS, sort_keys=True).encode() + b"\n"


def numbers(path: Path, more: bytes = b"", settings: dict[str, object] | None = None) -> list[int]:
    """Restore a file of whole numbers, add to it, and return what was in it."""
    found: list[int] = []

    def read(line: bytes, offset: int) -> bool:
        assert path.read_bytes()[offset:].startswith(line)
        if line.strip().isdigit():
            found.append(int(line))
            return True
        return False

    with restore(path, settings or SETTINGS, read) as file:
        file.write(more)
    return found


def test_what_was_added_is_there_again(tmp_path: Path) -> None:
    path = tmp_path / "unfinished"
    assert numbers(path, b"1\n2\n") == []
    assert numbers(path, b"3\n") == [1, 2]
    assert numbers(path) == [1, 2, 3]
    assert path.read_bytes() == HEADER + b"1\n2\n3\n"


@pytest.mark.parametrize(
    ("content", "whole"),
    [
        pytest.param(HEADER + b"1\n2", [1], id="cut off"),
        pytest.param(HEADER + b"1\nx\n2\n", [1], id="damaged in between"),
        pytest.param(HEADER[:-3], [], id="killed while it began"),
        pytest.param(b"", [], id="empty"),
    ],
)
def test_from_a_damaged_line_on_everything_goes(tmp_path: Path, content: bytes, whole: list[int]) -> None:
    path = tmp_path / "unfinished"
    path.write_bytes(content)
    assert numbers(path, b"7\n") == whole
    assert path.read_bytes() == HEADER + b"".join(b"%d\n" % n for n in [*whole, 7])


def test_other_settings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "unfinished"
    numbers(path, b"1\n")
    content = path.read_bytes()
    with pytest.raises(UserError, match="had another model or options"):
        numbers(path, b"2\n", {**SETTINGS, "size": 320})
    assert path.read_bytes() == content


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="can't be written"):
        numbers(tmp_path / "none" / "unfinished")
