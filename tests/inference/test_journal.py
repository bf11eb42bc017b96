from pathlib import Path

import pytest

from vision.errors import UserError
from vision.inference.journal import Entry, Journal
from vision.inference.results import PhotoResult


def entry(name: str) -> Entry:
    return Entry(
        PhotoResult(path=name, sha256="0" * 64, verdict="clean", width=4, height=3), b"\xff\x00" + name.encode()
    )


def test_entries_survive_and_a_torn_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    with Journal(path, {"a": 1}) as journal:
        journal.append(entry("一.jpg"))
        journal.append(entry("2.jpg"))
    whole = path.read_bytes()
    for kept in range(len(whole.splitlines(keepends=True)[0]), len(whole)):
        path.write_bytes(whole[:kept])
        with Journal(path, {"a": 1}) as journal:
            assert len(list(journal)) in (0, 1)
            for key in journal:
                assert journal.read(key) == entry("一.jpg")
            journal.append(entry("3.jpg"))
        with Journal(path, {"a": 1}) as journal:
            assert journal.read(list(journal)[-1]) == entry("3.jpg")
            assert ("4.jpg", "0" * 64) not in journal


@pytest.mark.parametrize("damage", [b"\0" * 40, b"{}", b"[1]", b'{"result": {"path": 1}, "copy": null}'])
def test_from_a_damaged_line_on_everything_is_done_again(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "j.jsonl"
    with Journal(path, {"a": 1}) as journal:
        for name in ("1.jpg", "2.jpg", "3.jpg"):
            journal.append(entry(name))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], damage + b"\n", lines[3]]))
    with Journal(path, {"a": 1}) as journal:
        assert [path for path, _ in journal] == ["1.jpg"]
        journal.append(entry("2.jpg"))
    with Journal(path, {"a": 1}) as journal:
        assert [path for path, _ in journal] == ["1.jpg", "2.jpg"]


def test_even_the_first_line_may_be_torn(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    for torn in (b"", b'{"a"'):
        path.write_bytes(torn)
        with Journal(path, {"a": 1}) as journal:
            journal.append(entry("1.jpg"))
        with Journal(path, {"a": 1}) as journal:
            assert len(list(journal)) == 1


def test_other_settings_are_refused(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.jsonl", {"threshold": 0.4}) as journal:
        journal.append(entry("1.jpg"))
    with pytest.raises(UserError, match="another model or options"):
        Journal(tmp_path / "j.jsonl", {"threshold": 0.5})
