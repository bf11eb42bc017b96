"""What can be wrong with labels: a stable code, a sentence and a place for each fault."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

__all__ = ["Code", "Finding", "Place"]


class Code(StrEnum):
    """A kind of fault; `zh` is its name on the screen.

    Attributes:
        zh: What people read.
        is_error: The labels can't be used before a person has dealt with it.
        fix: What a repair does, where one is safe; empty otherwise.
    """

    zh: str
    is_error: bool
    fix: str

    def __new__(cls, value: str, zh: str, is_error: bool = True, fix: str = "") -> "Code":
        """Make a member from its row of the table below."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh, member.is_error, member.fix = zh, is_error, fix
        return member

    FILE_MALFORMED = "file_malformed", "标注文件损坏"
    ITEM_MALFORMED = "item_malformed", "标注写法有误"
    PHOTO_MISSING = "photo_missing", "照片缺失"
    PHOTO_UNREADABLE = "photo_unreadable", "照片无法读取"
    PHOTO_DUPLICATE = "photo_duplicate", "照片重复"
    PHOTO_UNLABELLED = "photo_unlabelled", "照片没有标注", False
    LABEL_WITHOUT_PHOTO = "label_without_photo", "标注没有照片"
    CATEGORY_UNKNOWN = "category_unknown", "类别未声明"
    IMAGE_UNKNOWN = "image_unknown", "图片编号未声明"
    SPLIT_UNKNOWN = "split_unknown", "划分未知"
    SIZE_MISSING = "size_missing", "尺寸未写", False, "state the photo's size"
    SIZE_WRONG = "size_wrong", "尺寸与照片不符", False, "correct the stated size"
    SIZE_SCALED = "size_scaled", "照片被缩放过"
    BOXES_UNTURNED = "boxes_unturned", "框未随照片转正", False, "turn the boxes upright"
    BOX_NOT_FINITE = "box_not_finite", "框含非数值"
    BOX_INVERTED = "box_inverted", "框的边颠倒"
    BOX_OFF_PHOTO = "box_off_photo", "框在照片之外"
    BOX_OUTSIDE = "box_outside", "框超出照片", False, "clip the box"
    BOX_EMPTY = "box_empty", "框没有面积", False, "drop the box"
    BOX_DUPLICATE = "box_duplicate", "框重复", False, "drop the second one"
    BOX_ROTATED = "box_rotated", "框有旋转", False
    OUTLINE_DROPPED = "outline_dropped", "轮廓舍弃", False
    SHAPE_UNSUPPORTED = "shape_unsupported", "形状不支持", False
    LINES_MIXED = "lines_mixed", "框与轮廓混写", False, "write the box as an outline of four corners"


@dataclass(frozen=True)
class Place:
    """Where something stands; its line is worked out only when it is asked for.

    Attributes:
        file: The label file.
        find_line: Its line, counted from 1, or what finds it.
    """

    file: Path
    find_line: int | Callable[[], int] = 1

    @property
    def line(self) -> int:
        """The line, counted from 1."""
        return self.find_line if isinstance(self.find_line, int) else self.find_line()


@dataclass(frozen=True)
class Finding:
    """One fault.

    Attributes:
        file, line: Where it stands; the line counts from 1.
        code: What kind it is.
        message: One sentence, in Chinese and English.
    """

    file: Path
    line: int
    code: Code
    message: str

    @classmethod
    def at(cls, place: Place, code: Code, detail: str) -> "Finding":
        """Build one from a place and the English half of its sentence."""
        return cls(place.file, place.line, code, f"{code.zh}：{detail}")
