"""The result table for a spreadsheet: a row per photo."""

import csv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from vision.files import replacing
from vision.inference.results import ModelInfo, PhotoResult, Verdict

__all__ = ["VERDICTS_ZH", "text_cell", "write_table"]

VERDICTS_ZH: dict[Verdict, str] = {"needs_visit": "需到场", "clean": "干净", "unreadable": "无法读取"}


def write_table(path: Path, model: ModelInfo, photos: Iterable[PhotoResult]) -> None:
    """Write results as CSV with a byte-order mark, without which Excel garbles Chinese."""
    categories = model.categories
    header = [
        "照片",
        "结论",
        *(c.zh for c in categories),
        "最高分",
        "拍摄时间",
        "纬度",
        "经度",
        "坐标系",
        "宽",
        "高",
        "原因",
    ]
    with replacing(path) as unfinished, unfinished.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for photo in photos:
            counts = Counter(box.category for box in photo.boxes)
            found = (counts[category.name] for category in categories)
            writer.writerow([text_cell(photo.path), VERDICTS_ZH[photo.verdict], *found, *_rest(photo)])


def _rest(photo: PhotoResult) -> list[object]:
    gps = photo.gps
    return [
        photo.boxes[0].score if photo.boxes else "",
        photo.captured.isoformat(sep=" ") if photo.captured else "",
        *((gps.latitude, gps.longitude, gps.datum) if gps else ("", "", "")),
        photo.width or "",
        photo.height or "",
        text_cell(photo.failure.message) if photo.failure else "",
    ]


def text_cell(value: str) -> str:
    """Keep a spreadsheet from running a text as a formula."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
