"""What hangs on walls by right and resembles ads: number plates, shop signs, notices, road signs, meters' labels."""

from __future__ import annotations

import cv2
import numpy as np

from vision.datasets.postings.fonts import BUNDLED, Fonts
from vision.datasets.postings.lettering import lettering
from vision.datasets.postings.papers import Renderer
from vision.datasets.postings.pixels import NDArrayPixels, rgba
from vision.datasets.postings.words import choice

__all__ = ["LEGAL", "door_number", "house_number", "meter_label", "notice", "official_mark", "road_sign", "shop_sign"]

SHOPS = (
    "便民超市",
    "老王五金",
    "兰州牛肉面",
    "顺发理发店",
    "社区药房",
    "红旗百货",
    "福来水果",
    "文具打印",
    "阳光幼儿园",
    "平安大药房",
)
ROADS = ("红旗路", "人民街", "建设路", "南大街", "幸福里", "青年路", "解放巷")
SHOP_COLOURS = (
    ("#b3261e", "#fff4c8"), ("#0b5d3b", "#ffffff"), ("#f4f1e6", "#b3261e"), ("#173f8a", "#ffffff"),
    ("#2a2a2a", "#f0d890"),
)  # fmt: skip
NOTICES = ("温馨提示", "通知", "停水通知", "公示栏", "物业公告", "消防须知", "防诈骗提示", "垃圾分类")
SENTENCES = (
    "请保持楼道整洁",
    "各位居民：",
    "因管道检修",
    "请互相转告",
    "严禁堆放杂物",
    "社区居委会",
    "请勿高空抛物",
    "门前三包责任区",
    "保持通道畅通",
)
SAFETY = (
    ("禁止吸烟", "#c8141c"),
    ("禁止停车", "#c8141c"),
    ("当心触电", "#f2c200"),
    ("安全出口", "#0d8a4a"),
    ("消火栓", "#c8141c"),
    ("有电危险", "#f2c200"),
)


def house_number(rng: np.random.Generator, size: float = 60, fonts: Fonts = BUNDLED) -> NDArrayPixels:
    """Draw the enamel plate with a road's name and a number that the police issues, (h, w, 4)."""
    ground = str(rng.choice(["#1646a0", "#1646a0", "#0d6b45", "#9c1c1c"]))
    lines = [f"{choice(rng, ROADS)}{rng.integers(1, 180)}号"]
    if rng.random() < 0.3:
        lines = [choice(rng, ROADS), str(rng.integers(1, 180))]
    return _rimmed(lettering(lines, fonts["sans"][0], size, "#ffffff", ground, margin=size * 0.3), "#ffffff", size)


def door_number(rng: np.random.Generator, size: float = 60, fonts: Fonts = BUNDLED) -> NDArrayPixels:
    """Draw the number of a flat, a floor or an entrance, (h, w, 4)."""
    flat, entrance, floor = f"{rng.integers(1, 32)}0{rng.integers(1, 5)}", rng.integers(1, 9), rng.integers(1, 33)
    text = str(rng.choice([flat, f"{entrance}单元", f"{floor}F"]))
    ground, ink = (("#d8d8d4", "#1c1c1c"), ("#b98a3a", "#1c1c1c"), ("#1646a0", "#ffffff"), ("#f4f4f0", "#c8141c"))[
        rng.integers(4)
    ]
    return lettering([text], fonts["sans"][0], size, ink, ground, margin=size * 0.25)


def shop_sign(rng: np.random.Generator, size: float = 90, fonts: Fonts = BUNDLED) -> NDArrayPixels:
    """Draw the board over a shop, (h, w, 4)."""
    ground, ink = SHOP_COLOURS[rng.integers(len(SHOP_COLOURS))]
    faces = (*fonts["heavy"], *fonts["brush"])
    return lettering([choice(rng, SHOPS)], faces[rng.integers(len(faces))], size, ink, ground, margin=size * 0.38)


def notice(rng: np.random.Generator, size: float = 44, fonts: Fonts = BUNDLED) -> NDArrayPixels:
    """Draw an official notice in its frame: red heading, justified text, a red seal, no phone number, (h, w, 4)."""
    body = [str(s) for s in rng.choice(SENTENCES, rng.integers(4, 7), replace=False)]
    paper = lettering(
        [choice(rng, NOTICES), *body], fonts["serif"][0], size, "#2a2a2a", "#f7f6f2", margin=size * 0.6,
        sizes=[1.3, *[0.55] * len(body)], leading=1.4,
    )  # fmt: skip
    head = round(size * 2.3)
    dark = paper[:head, :, :3].max(axis=2) < 140
    paper[:head][dark] = rgba("#b5161b")
    h, w = paper.shape[:2]
    cv2.circle(
        paper, (round(w * 0.75), round(h - size)), round(size * 0.7), (190, 40, 44, 255), max(1, round(size * 0.07))
    )
    rim = round(size * rng.uniform(0.15, 0.35))
    colour = rgba(str(rng.choice(["#b9bbbd", "#8a1c1c", "#2456a0", "#3a3a3a"])))
    framed: NDArrayPixels = cv2.copyMakeBorder(paper, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=colour)
    return framed


def road_sign(rng: np.random.Generator, size: float = 50, fonts: Fonts = BUNDLED) -> NDArrayPixels:
    """Draw a no-parking disc or a safety sign with its words, (h, w, 4)."""
    if rng.random() < 0.4:
        side = round(size * 3)
        disc = np.zeros((side, side, 4), np.uint8)
        middle, radius, line = (side // 2, side // 2), side // 2 - 1, max(1, round(side * 0.1))
        cv2.circle(disc, middle, radius, (28, 60, 150, 255), -1, cv2.LINE_AA)
        cv2.circle(disc, middle, radius - line // 2, (200, 24, 30, 255), line, cv2.LINE_AA)
        reach = round(radius * 0.68)
        for way in (1, -1)[: int(rng.integers(1, 3))]:
            ends = [(middle[0] - reach, middle[1] - way * reach), (middle[0] + reach, middle[1] + way * reach)]
            cv2.line(disc, ends[0], ends[1], (200, 24, 30, 255), line, cv2.LINE_AA)
        return disc
    words, colour = SAFETY[rng.integers(len(SAFETY))]
    sign = lettering(
        [words], fonts["sans"][0], size, "#1c1c1c" if colour == "#f2c200" else "#ffffff", colour, margin=size * 0.3
    )
    if rng.random() < 0.5:
        square = np.full((sign.shape[1], sign.shape[1], 4), rgba("#f7f7f4"), np.uint8)
        centre = (square.shape[1] // 2, round((square.shape[0] - sign.shape[0]) / 2))
        cv2.circle(square, centre, round(centre[1] * 0.75), rgba(colour), max(2, round(size * 0.25)), cv2.LINE_AA)
        square[-sign.shape[0] :] = sign
        return square
    return sign


def meter_label(rng: np.random.Generator, size: float = 34, fonts: Fonts = BUNDLED) -> NDArrayPixels:
    """Draw the label on a meter or a switch box: a bar code and its owner's name, (h, w, 4)."""
    words = str(rng.choice(["国家电网", "供水公司", "燃气表", "配电箱", "光纤分线箱", "电能表"]))
    label = lettering(
        [words, f"NO.{rng.integers(10**5, 10**6)}"],
        fonts["sans"][0],
        size,
        "#1c1c1c",
        "#f2f2ee",
        margin=size * 0.4,
        sizes=[1, 0.7],
    )
    bars = np.repeat(np.asarray(rng.random(label.shape[1]) < 0.5, np.uint8), 2)[: label.shape[1]] * 220 + 20
    code = np.full((round(size), label.shape[1], 4), 255, np.uint8)
    code[..., :3] = bars[None, :, None]
    code[:, : round(size * 0.4), :3] = code[:, -round(size * 0.4) :, :3] = 242
    return np.vstack([label[: -round(size * 0.25)], code, label[-round(size * 0.3) :]])


def official_mark(rng: np.random.Generator, size: float = 70, fonts: Fonts = BUNDLED) -> NDArrayPixels:
    """Paint what is painted on walls by right: a fire lane, a floor, a hydrant, (h, w, 4) with a clear ground."""
    words = str(
        rng.choice(
            ["消防通道 禁止停车", "消防通道", f"{rng.integers(1, 19)}楼", f"{rng.integers(1, 30)}栋", "严禁烟火"]
        )
    )
    ink = str(rng.choice(["#c8141c", "#c8141c", "#e8c21a", "#1646a0"]))
    return lettering([words], fonts["heavy"][0], size, ink, None, margin=size * 0.1)


LEGAL: tuple[tuple[Renderer, float, float, float], ...] = (  # renderer, share, metres wide, pixels wide per `size`
    (house_number, 0.20, 0.40, 6.0),
    (door_number, 0.12, 0.16, 2.5),
    (shop_sign, 0.10, 1.60, 5.5),
    (notice, 0.22, 0.32, 6.0),
    (road_sign, 0.16, 0.30, 4.0),
    (meter_label, 0.14, 0.10, 5.0),
    (official_mark, 0.06, 1.00, 5.0),
)


def _rimmed(plate: NDArrayPixels, colour: str, size: float) -> NDArrayPixels:
    inset, line = round(size * 0.08), max(1, round(size * 0.05))
    cv2.rectangle(plate, (inset, inset), (plate.shape[1] - 1 - inset, plate.shape[0] - 1 - inset), rgba(colour), line)
    return plate
