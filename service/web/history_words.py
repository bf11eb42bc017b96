"""What the entries of an issue's history are called, and what their details say."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from service.domain.lifecycle import STEPS, Action
from service.domain.slips import COLOURS, SlipState
from service.store.changing import FIELDS
from service.store.issues import HistoryEntry
from service.web.language import Language
from vision.categories import category_of

__all__ = ["VERDICTS", "action_words", "detail_lines"]

# Entries that are no step of the life cycle.
WORDS: dict[str, tuple[str, str]] = {
    "found": ("发现", "Found"),
    "report": ("人工上报", "Reported"),
    "again": ("再次拍到", "Seen again"),
    "gone": ("现场已消失", "Gone"),
    "back": ("复现", "Back again"),
    "recurred": ("复现（曾结案）", "Back after it was closed"),
    "after": ("整改后照片", "Photo afterwards"),
    "change": ("修改信息", "Changed"),
    "category": ("更改类别", "Category changed"),
    "boxes": ("修正标注框", "Boxes corrected"),
    "merged": ("并入其他案件的佐证", "Another issue merged into it"),
    "department_answer": ("部门回复", "The department's answer"),
    "slip": ("督办单", "Slip"),
    "import": ("台账导入", "Imported"),
}
# Where a slip stands.
SLIP_STATES: dict[SlipState, tuple[str, str]] = {
    SlipState.PROPOSED: ("待审批", "to be approved"),
    SlipState.ISSUED: ("已签发", "issued"),
    SlipState.ANSWERED: ("已回复", "answered"),
    SlipState.DROPPED: ("未签发", "dropped"),
}
# What a comparison of photos says.
VERDICTS: dict[str, tuple[str, str]] = {
    "gone": ("已消失", "gone"),
    "still": ("仍在", "still there"),
    "unclear": ("无法判断", "unclear"),
}
# Keys of details that hold a name or a text, in the order in which they are shown.
PLAIN: dict[str, tuple[str, str]] = {
    "unit": ("责任单位", "Unit"),
    "handler": ("责任人", "Person responsible"),
    "from_department": ("原报到部门", "Department before"),
    "department": ("报到部门", "Department"),
    "measure": ("整改措施", "Measure"),
}


def action_words(action: str) -> tuple[str, str]:
    """Return the Chinese and English word of an entry; its own name where there is none."""
    if action in STEPS:
        step = STEPS[Action(action)]
        return step.zh, step.en
    return WORDS.get(action, (action, action))


def detail_lines(entry: HistoryEntry, language: Language, zone: ZoneInfo) -> list[str]:
    """Return what an entry's detail says, a sentence each; nothing for details that are for programs."""
    detail: dict[str, Any] = entry.detail or {}
    english = language == "en"
    mark = ": " if english else "："
    lines = [f"{words[english]}{mark}{detail[key]}" for key, words in PLAIN.items() if detail.get(key)]
    if detail.get("deadline"):
        lines.append(f"{FIELDS['deadline'][english]}{mark}{_moment(detail['deadline'], zone)}")
    if detail.get("detector") in VERDICTS:
        verdict = VERDICTS[detail["detector"]][english]
        lines.append(f"Comparison of the photos: {verdict}" if english else f"照片比对：{verdict}")
    if entry.action == "slip":
        lines.append(f"{COLOURS[detail['colour']][0][english]}{mark}{SLIP_STATES[SlipState(detail['state'])][english]}")
    if detail.get("into"):
        lines.append(f"into #{detail['into']}" if english else f"并入 #{detail['into']}")
    if entry.action == "merged" and detail.get("from"):
        lines.append(f"from #{detail['from']}" if english else f"来自 #{detail['from']}")
    if entry.action == "category":
        names = [category_of(detail[key]) for key in ("from", "to")]
        lines.append(" → ".join(one.name.replace("_", " ") if english else one.zh for one in names))
    for name, (old, new) in detail.get("changes", {}).items():
        words = FIELDS.get(name, (name, name))
        both = [_moment(value, zone) if name == "deadline" else value for value in (old, new)]
        lines.append(f"{words[english]}{mark}{both[0] or '–'} → {both[1] or '–'}")
    return lines


def _moment(value: str | None, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(value).astimezone(zone).strftime("%Y-%m-%d %H:%M") if value else ""
