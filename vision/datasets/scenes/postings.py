"""Illegal small ads: printed slips, handwritten notes and stencilled numbers, none of which can be dialled."""

from __future__ import annotations

import cv2
import numpy as np

from vision.datasets.scenes.canvas import NDArrayPixels
from vision.datasets.scenes.lettering import SANS, SERIF, lettering
from vision.datasets.scenes.texture import noise, with_alpha

__all__ = ["FLYER", "SLIP", "bent", "flyer", "slip", "stencil"]

TRADES = (
    "开锁",
    "办证",
    "疏通下水道",
    "高价回收",
    "贷款",
    "招租",
    "刻章",
    "搬家",
    "防水补漏",
    "收旧手机",
    "修空调",
    "代办信用卡",
)
DETAILS = (
    "上门服务",
    "随叫随到",
    "当天放款",
    "无抵押",
    "专业团队",
    "价格优惠",
    "家电 家具 空调",
    "精装两室 拎包入住",
    "24小时",
)
PAPERS = (("#f6f3e8", "#1c1c1c"), ("#fffdf5", "#b3161b"), ("#f5d94a", "#1a1a1a"), ("#f2a7b5", "#1a1a1a"),
          ("#f04e30", "#fff6d0"), ("#d7ecd4", "#0c4020"), ("#ffffff", "#0b3f91"), ("#cfe3f5", "#a01218"))  # fmt: skip
SLIP = 0.14  # metres: the usual width of a sticker
FLYER = 0.21  # metres: a sheet of A4


def _number(rng: np.random.Generator) -> str:
    """Invent a phone number that can't be assigned: its middle is blanked out, or it starts with 000."""
    tail = f"{rng.integers(0, 10000):04d}"
    return f"1{rng.choice(['38', '59', '77', '86'])}****{tail}" if rng.random() < 0.6 else f"000-{tail}-{tail[::-1]}"


def slip(rng: np.random.Generator) -> NDArrayPixels:
    """Print a sticker, wider than high, (h, w, 4)."""
    paper, ink = PAPERS[rng.integers(len(PAPERS))]
    trade = str(rng.choice(TRADES))
    lines = [trade if len(trade) > 2 else f"{trade} {rng.choice(TRADES)}", _number(rng)]
    if rng.random() < 0.4:
        lines.insert(1, str(rng.choice(DETAILS)))
    sizes = [1.0, *[0.5] * (len(lines) - 2), 0.75]
    face = SANS if rng.random() < 0.7 else SERIF
    sheet = lettering(lines, face, 56, ink, paper, margin=16, sizes=sizes)
    if rng.random() < 0.4:
        cv2.rectangle(sheet, (5, 5), (sheet.shape[1] - 6, sheet.shape[0] - 6), _rgba(ink), 4)
    return _worn(rng, sheet)


def flyer(rng: np.random.Generator) -> NDArrayPixels:
    """Print a sheet, higher than wide, with some lines of text, (h, w, 4)."""
    paper, ink = PAPERS[rng.integers(len(PAPERS))]
    title = str(rng.choice(TRADES))
    body = [str(d) for d in rng.choice(DETAILS, 4, replace=False)]
    sheet = lettering(
        [title, *body, _number(rng)], SERIF if rng.random() < 0.5 else SANS, 50, ink, paper,
        margin=22, sizes=[1.9 if len(title) < 4 else 1.25, 0.7, 0.7, 0.7, 0.7, 0.95], leading=1.45,
    )  # fmt: skip
    if rng.random() < 0.35:  # a row of numbers to tear off
        for x in range(0, sheet.shape[1], 34):
            cv2.line(sheet, (x, sheet.shape[0] - 50), (x, sheet.shape[0]), (120, 120, 120, 255), 2)
    return _worn(rng, sheet)


def stencil(rng: np.random.Generator) -> NDArrayPixels:
    """Stamp a trade and a number straight onto the wall, (h, w, 4) with a clear ground."""
    ink = str(rng.choice(["#15151c", "#a5121a", "#14328c"]))
    mark = lettering(
        [str(rng.choice(["办证", "开锁", "刻章", "贷款", "疏通"])), _number(rng)], SANS, 60, ink, None, sizes=[1, 0.9]
    )
    patchy = np.clip(0.75 + 0.35 * noise(rng, mark.shape[0], mark.shape[1], 5, 5), 0.1, 1)
    mark[..., 3] = (cv2.GaussianBlur(mark[..., 3], (0, 0), 1.2) * patchy * 0.9).astype(np.uint8)
    return mark


def _worn(rng: np.random.Generator, sheet: NDArrayPixels) -> NDArrayPixels:
    """Fade, crease, soil and tear a printed sheet; the torn parts go transparent."""
    h, w = sheet.shape[:2]
    fade = rng.uniform(0.0, 0.2)
    creases = 0.04 * noise(rng, h, w, 3, 4) - 0.05 * (np.abs(noise(rng, h, w, 2, 2)) < 0.03)
    rgb = (sheet[..., :3] * (1 - fade) + 225 * fade) * (0.96 + creases)[..., None]
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    inside = np.minimum(np.minimum(x, w - 1 - x), np.minimum(y, h - 1 - y)) + 1.5 * noise(rng, h, w, 12, 2) + 3
    if rng.random() < 0.4:  # someone has tried to scrape it off
        corner = np.array([rng.choice([0, w]), rng.choice([0, h])])
        torn = np.hypot(x - corner[0], y - corner[1]) + 0.1 * w * noise(rng, h, w, 5, 4)
        inside = np.minimum(inside, torn - w * rng.uniform(0.1, 0.35))
    return with_alpha(np.clip(rgb, 0, 255).astype(np.uint8), np.clip(inside, 0, 1) * 255)


def bent(picture: NDArrayPixels, start: float, end: float) -> NDArrayPixels:
    """Bend a picture (h, w, 4) round a pole from angle `start` to `end`; 0 faces the viewer, radians."""
    w = picture.shape[1]
    across = np.linspace(np.sin(start), np.sin(end), w)
    columns = ((np.arcsin(np.clip(across, -1, 1)) - start) / (end - start) * (w - 1)).round().astype(int)
    bent_ = picture[:, np.clip(columns, 0, w - 1)].copy()
    shade = 0.5 + 0.5 * np.sqrt(np.clip(1 - across**2, 0, 1))
    bent_[..., :3] = (bent_[..., :3] * shade[None, :, None]).astype(np.uint8)
    return bent_


def _rgba(colour: str) -> tuple[int, int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16), 255
