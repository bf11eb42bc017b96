"""A record of an evaluation as a real one could be: drawn photos, and a detector that is made up but can be counted."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt
from PIL import Image

from vision.categories import NAMES, PROBLEMS
from vision.datasets.labels import LabelledPhoto
from vision.datasets.scenes import SceneKind, draw_scene
from vision.detections import Detections
from vision.evaluation import record as r
from vision.evaluation.figures.intervals import rate_interval
from vision.images import NDArrayImage

__all__ = ["KINDS", "SIZE", "example_photos", "example_record"]

SIZE = (480, 360)
SEEDS, TAKES = 3, 4  # scenes of each kind, photos of each scene
KINDS = get_args(r.Condition.model_fields["kind"].annotation)
THRESHOLD = 0.4
EASE = {"garbage_pile": 0.2, "overflowing_bin": 0.1, "bin": 0.2, "stacked_debris": 0.0, "illegal_posting": 0.1}
STAGES = (("decode", 9.1, 14.2), ("preprocess", 3.0, 4.1), ("network", 46.2, 61.0), ("postprocess", 1.1, 2.0))
NOTES = (
    r.Note(
        zh="照片全部由程序绘制，数字只用来说明版式。",
        en="All photos were drawn by a program; the figures only show what the page looks like.",
    ),
)


@dataclass(frozen=True)
class Scene:
    """A drawn scene; its photos differ in name only."""

    source: str
    name: str
    kind: SceneKind
    pixels: NDArrayImage
    labels: Detections

    @property
    def annotated(self) -> frozenset[str]:
        return frozenset(NAMES) - ({"litter"} if self.source == "walls" else set())

    @property
    def photos(self) -> list[str]:
        return [f"{self.source}/{self.name}-{take}.jpg" for take in range(TAKES)]


@dataclass(frozen=True)
class Find:
    """What the made-up detector made of a label, or of nothing."""

    photo: int
    category: str
    score: float
    iou: float
    box: tuple[float, float, float, float]
    truth: str | None
    truth_box: tuple[float, float, float, float] | None

    @property
    def right(self) -> int:
        """The bits of an evidence."""
        if self.truth != self.category:
            return 0
        return sum(1 << i for i in range(10) if self.iou >= 0.5 + 0.05 * i - 1e-9)


@cache
def scenes() -> tuple[Scene, ...]:
    """Draw them once for all tests."""
    drawn = []
    for seed in range(SEEDS):
        for kind in SceneKind:
            pixels, labels = draw_scene(seed, kind, SIZE)
            source = "walls" if "wall" in kind or "pole" in kind else "streets"
            drawn.append(Scene(source, f"{kind}-{seed}", kind, pixels, labels))
    return tuple(drawn)


def example_photos(folder: Path) -> dict[str, LabelledPhoto]:
    """Write the photos of `example_record`, one file for each scene, and return them by the record's names."""
    photos = {}
    for scene in scenes():
        path = folder / f"{scene.source}-{scene.name}.jpg"
        Image.fromarray(scene.pixels).save(path, quality=80)
        photo = LabelledPhoto(path, scene.source, "test", *SIZE, scene.labels, scene.annotated, scene.name)
        photos.update(dict.fromkeys(scene.photos, photo))
    return photos


def example_record(name: str = "cleanlane-s", quality: float = 0.7) -> r.EvaluationRecord:
    """Return a record of 132 photos of 33 scenes; the same arguments give the same one.

    Args:
        name: Of the model.
        quality: Chance, more or less, that it finds something, 0 to 0.8.
    """
    names = [photo for scene in scenes() for photo in scene.photos]
    groups = [i for i, scene in enumerate(scenes()) for _ in scene.photos]
    finds, missed = _detect(name, quality)
    evidence = _evidence(names, groups, finds)
    categories = tuple(_category(category, evidence) for category in NAMES)
    with_boxes = [c for c in categories if c.reported and c.boxes]
    return r.EvaluationRecord(
        created=dt.datetime(2026, 3, 12, 10, tzinfo=dt.UTC),
        software="cleanlane 0.1.0",
        command=f"cleanlane evaluate {name}.onnx --data build/sets/town --split test --out reports/{name}",
        machine="Linux x86_64, AMD EPYC 7B13, 8 CPUs",
        python="3.11.9",
        versions={"numpy": "2.2.0", "onnxruntime": "1.20.1", "pycocotools": "2.0.8"},
        data=r.EvaluatedData(
            name="town",
            split="test",
            photos=len(names),
            boxes=sum(c.boxes for c in categories),
            scenes=len(scenes()),
            sources={s: sum(n.startswith(f"{s}/") for n in names) for s in ("streets", "walls")},
            photos_sha256="a1" * 32,
            labels_sha256="b2" * 32,
        ),
        model=r.EvaluatedModel(
            name=name,
            kind="onnx",
            sha256="c3" * 32,
            bytes=11_400_000,
            input_size=(640, 640),
            device="cpu fp32",
            categories=tuple(n for n in NAMES if n != "graffiti"),
            mapped={"garbage": "garbage_pile", "poster": "illegal_posting"},
            ignored=("vehicle",),
        ),
        notes=NOTES,
        mean=_mean(with_boxes),
        categories=categories,
        screening=_screening(names, evidence, quality),
        failures=_failures(names, finds, missed),
        robustness=_robustness(with_boxes),
        cost=r.Cost(
            photos=50,
            total=r.StageTime(p50=61.0, p95=83.5),
            stages={stage: r.StageTime(p50=p50, p95=p95) for stage, p50, p95 in STAGES},
            peak_memory_mb=412.0,
        ),
        evidence=evidence,
    )


def _detect(name: str, quality: float) -> tuple[list[Find], list[Find]]:
    """Return what is found, and what is missed with score 0."""
    rng = np.random.default_rng([*name.encode(), round(quality * 1000)])
    finds, missed = [], []
    for photo, scene in enumerate(s for s in scenes() for _ in s.photos):
        for corners, _, truth in scene.labels:
            box = _box(corners)
            if truth not in scene.annotated or truth == "graffiti":
                continue
            if rng.random() > min(quality + EASE.get(truth, 0.0), 0.97):
                missed.append(Find(photo, truth, 0.0, 0.0, box, truth, None))
                continue
            iou = float(np.clip(rng.normal(0.55 + 0.2 * quality, 0.17), 0.2, 0.97))
            category = truth if rng.random() < 0.93 else str(rng.choice(["garbage_pile", "stacked_debris"]))
            score = float(np.clip(rng.beta(5, 3) * (0.7 + 0.35 * quality), 0.02, 0.99))
            finds.append(Find(photo, category, score, round(iou, 3), _shrunk(box, iou), truth, box))
        for _ in range(rng.poisson(1.2 - quality)):
            x, y, width, height = rng.random(4) * (300, 220, 150, 110) + (0, 0, 20, 20)
            category = str(rng.choice([n for n in NAMES if n != "graffiti" and n in scene.annotated]))
            box = (round(x, 1), round(y, 1), round(x + width, 1), round(y + height, 1))
            finds.append(Find(photo, category, float(rng.beta(2, 4)), 0.0, box, None, None))
    return finds, missed


def _box(corners: npt.NDArray[np.float32]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (round(float(value), 1) for value in corners)
    return x1, y1, x2, y2


def _shrunk(box: tuple[float, float, float, float], iou: float) -> tuple[float, float, float, float]:
    """Cut a box at the right so that its overlap with itself is `iou`."""
    return box[0], box[1], round(box[0] + (box[2] - box[0]) * iou, 1), box[3]


def _evidence(names: list[str], groups: list[int], finds: list[Find]) -> r.Evidence:
    by_photo = [scene for scene in scenes() for _ in scene.photos]
    categories = {}
    for category in NAMES:
        if category == "graffiti":
            continue
        ranked = sorted((f for f in finds if f.category == category), key=lambda f: -f.score)
        boxes = tuple(
            sum(found == category for _, _, found in scene.labels) if category in scene.annotated else -1
            for scene in by_photo
        )
        categories[category] = r.CategoryEvidence(
            boxes=boxes,
            photo=tuple(f.photo for f in ranked),
            score=tuple(f.score for f in ranked),
            right=tuple(f.right for f in ranked),
        )
    flagged = {f.photo for f in finds if f.score >= THRESHOLD and f.category in PROBLEMS}
    return r.Evidence(
        photos=tuple(names),
        scenes=tuple(groups),
        dirty=tuple(any(found in PROBLEMS for _, _, found in scene.labels) for scene in by_photo),
        flagged=tuple(photo in flagged for photo in range(len(names))),
        categories=categories,
    )


def _precisions(found: r.CategoryEvidence, bit: int) -> tuple[float, ...]:
    """Return the precision at the recalls 0, 0.01 … 1, as COCO interpolates it."""
    boxes = sum(n for n in found.boxes if n > 0)
    right = np.cumsum([bool(bits >> bit & 1) for bits in found.right])
    recall = right / boxes
    precision = np.maximum.accumulate((right / np.arange(1, len(right) + 1))[::-1])[::-1]
    places = np.searchsorted(recall, np.linspace(0, 1, 101))
    return tuple(float(precision[place]) if place < len(precision) else 0.0 for place in places)


def _category(category: str, evidence: r.Evidence) -> r.CategoryFigures:
    found = evidence.categories.get(category)
    with_boxes = [i for i, s in enumerate(scenes()) if any(label == category for _, _, label in s.labels)]
    boxes = sum(label == category for s in scenes() for _, _, label in s.labels) * TAKES
    figures = r.Figures()
    if found is not None:
        ap = [float(np.mean(_precisions(found, bit))) for bit in range(10)]
        ap50, mean = ap[0], float(np.mean(ap))
        figures = r.Figures(
            ap50_95=mean,
            ap50=ap50,
            ap75=ap[5],
            ar_1=mean * 0.6,
            ar_10=min(1, mean * 1.15),
            ar_100=min(1, mean * 1.2),
            by_size={
                "small": r.SizeFigures(boxes=boxes // 5, ap50_95=mean * 0.4, ar_100=mean * 0.6),
                "medium": r.SizeFigures(boxes=boxes // 2, ap50_95=mean, ar_100=min(1, mean * 1.2)),
                "large": r.SizeFigures(boxes=boxes - boxes // 5 - boxes // 2, ap50_95=min(1, mean * 1.2), ar_100=None),
            },
            intervals={"ap50": _around(ap50, 0.07), "ap50_95": _around(mean, 0.05)},
        )
    return r.CategoryFigures(
        category=category,
        reported=found is not None,
        photos=TAKES * len(scenes()) - (0 if category != "litter" else TAKES * SEEDS * 3),
        boxes=boxes,
        scenes=len(with_boxes),
        too_few=len(with_boxes) < 6,
        figures=figures,
        precision_at_recall=_precisions(found, 0) if found else (),
    )


def _around(value: float, spread: float) -> tuple[float, float]:
    return max(0.0, value - spread), min(1.0, value + spread)


def _mean(categories: list[r.CategoryFigures]) -> r.Figures:
    def of(field: str) -> float:
        return float(np.mean([getattr(c.figures, field) for c in categories]))

    return r.Figures(
        **{field: of(field) for field in ("ap50_95", "ap50", "ap75", "ar_1", "ar_10", "ar_100")},
        by_size={"small": r.SizeFigures(boxes=40, ap50_95=of("ap50_95") * 0.4, ar_100=None)},
        intervals={"ap50": _around(of("ap50"), 0.04), "ap50_95": _around(of("ap50_95"), 0.03)},
    )


def _rate(count: int, total: int) -> r.Rate:
    return r.Rate(count=count, total=total, interval=rate_interval(count, total))


def _group(dirty: list[bool], scores: list[float], threshold: float = THRESHOLD) -> r.ScreeningGroup:
    """Screen photos by their best score."""
    truth, score = np.array(dirty, bool), np.array(scores)
    flagged = score >= threshold
    found, alarms = int((flagged & truth).sum()), int((flagged & ~truth).sum())
    cost = 100 * (alarms + 10 * (int(truth.sum()) - found)) / len(truth) if len(truth) else None
    visited = r.Visited(
        recall=_rate(found, int(truth.sum())), alarms=_rate(alarms, int((~truth).sum())), cost_per_100=cost
    )
    if not truth.any() or truth.all():
        return r.ScreeningGroup(photos=len(truth), visited=visited)
    levels = sorted(set(score), reverse=True)
    recall = [float((score[truth] >= level).mean()) for level in levels]
    alarm = [float((score[~truth] >= level).mean()) for level in levels]
    precision = [float(truth[score >= level].mean()) for level in levels]
    return r.ScreeningGroup(
        photos=len(truth),
        visited=visited,
        roc=r.Curve(x=(0.0, *alarm), y=(0.0, *recall), area=float(np.trapezoid([0.0, *recall], [0.0, *alarm]))),
        pr=r.Curve(x=(0.0, *recall), y=(1.0, *precision), area=float(np.trapezoid([1.0, *precision], [0.0, *recall]))),
    )


def _screening(names: list[str], evidence: r.Evidence, quality: float) -> r.Screening:
    def best(categories: Sequence[str]) -> list[float]:
        scores = [0.0] * len(names)
        for category in categories:
            found = evidence.categories[category]
            for photo, score in zip(found.photo, found.score, strict=True):
                scores[photo] = max(scores[photo], score)
        return scores

    dirty, night = list(evidence.dirty), ["night" in name for name in names]
    reported = [c for c in evidence.categories if c in PROBLEMS]
    scores = best(reported)
    categories = {}
    for category in reported:
        kept = [i for i, boxes in enumerate(evidence.categories[category].boxes) if boxes >= 0]
        mine = best([category])
        counts = evidence.categories[category].boxes
        categories[category] = _group([counts[i] > 0 for i in kept], [mine[i] for i in kept])
    by_light = [[i for i, is_night in enumerate(night) if is_night == wanted] for wanted in (False, True)]
    day, dark = (_group([dirty[i] for i in kept], [scores[i] for i in kept]) for kept in by_light)
    return r.Screening(
        missed_cost=10.0,
        chosen_on="val",
        chosen_photos=208,
        chosen_visited=r.Visited(
            recall=_rate(round(150 * min(0.97, quality + 0.25)), 150), alarms=_rate(9, 58), cost_per_100=41.0
        ),
        thresholds=dict.fromkeys(reported, THRESHOLD),
        everything=_group(dirty, scores),
        light={"day": day, "dark": dark},
        categories=categories,
        sets={"抽查 spot checks": r.ScreeningGroup(photos=60, visited=_visited(40, 36, 20, 3))},
    )


def _visited(dirty: int, found: int, clean: int, alarms: int) -> r.Visited:
    return r.Visited(recall=_rate(found, dirty), alarms=_rate(alarms, clean), cost_per_100=71.7)


def _kind(find: Find) -> r.ErrorKind | None:
    if find.score == 0:
        return "missed"
    if find.truth is None:
        return "background"
    if find.iou >= 0.5:
        return None if find.truth == find.category else "classification"
    return "localisation" if find.truth == find.category else "both"


def _failures(names: list[str], finds: list[Find], missed: list[Find]) -> r.Failures:
    kinds: dict[r.ErrorKind, list[Find]] = {kind: [] for kind in r.ERRORS}
    for find in sorted([*finds, *missed], key=lambda f: -f.score):
        if kind := _kind(find):
            kinds[kind].append(find)
    kinds["duplicate"] = kinds["localisation"][::4]
    confusion = np.zeros((len(NAMES) + 1, len(NAMES) + 1), int)
    for find in [f for f in finds if f.score >= THRESHOLD and (f.truth is None or f.iou >= 0.5)]:
        row = len(NAMES) if find.truth is None else NAMES.index(find.truth)
        confusion[row, NAMES.index(find.category)] += 1
    for find in missed:
        confusion[NAMES.index(find.category), len(NAMES)] += 1
    return r.Failures(
        errors={kind: _loss(kinds[kind]) for kind in r.ERRORS},
        confusion=r.Confusion(
            names=NAMES,
            counts=tuple(tuple(int(n) for n in row) for row in confusion),
            thresholds=dict.fromkeys(NAMES, THRESHOLD),
        ),
        calibration=_calibration(finds),
        calibration_by_category={n: _calibration([f for f in finds if f.category == n]) for n in NAMES},
        slices=_slices(finds, missed),
        mistakes=tuple(_mistake(kind, f, names) for kind in r.ERRORS for f in kinds[kind][:6]),
    )


def _loss(finds: list[Find]) -> r.ErrorLoss:
    by_category = {name: 0.003 * sum(f.category == name for f in finds) for name in NAMES if name != "graffiti"}
    return r.ErrorLoss(
        count=len(finds), ap50_lost=sum(by_category.values()) / len(by_category), by_category=by_category
    )


def _calibration(finds: list[Find]) -> r.Calibration:
    bins = []
    for i in range(10):
        inside = [f for f in finds if i / 10 <= f.score < (i + 1) / 10]
        if inside:
            score = float(np.mean([f.score for f in inside]))
            precision = float(np.mean([f.right & 1 for f in inside]))
            bins.append(
                r.CalibrationBin(
                    low=i / 10, high=(i + 1) / 10, count=len(inside), mean_score=score, precision=precision
                )
            )
    gaps = sum(b.count * abs(b.mean_score - b.precision) for b in bins)
    return r.Calibration(finds=len(finds), ece=gaps / len(finds) if finds else None, bins=tuple(bins))


def _slices(finds: list[Find], missed: list[Find]) -> tuple[r.Slice, ...]:
    found = [f.right & 1 and f.score >= THRESHOLD for f in finds if f.truth] + [False] * len(missed)
    rng = np.random.default_rng(0)
    slices = []
    parts: dict[r.SliceBy, tuple[float | None, ...]] = {
        "brightness": (None, 60.0, 110.0, 150.0, None),
        "sharpness": (None, 120.0, 600.0, None),
    }
    for by, edges in parts.items():
        part = rng.integers(0, len(edges) - 1, len(found))
        for i in range(len(edges) - 1):
            hits = [bool(hit) for hit, place in zip(found, part, strict=True) if place == i]
            rate = _rate(sum(hits), len(hits))
            slices.append(r.Slice(by=by, name="", low=edges[i], high=edges[i + 1], found=rate))
    for i, size in enumerate(r.SIZES):
        slices.append(r.Slice(by="box_size", name=size, found=_rate(12 * i + 3, 14 * i + 14)))
    for source in ("streets", "walls"):
        slices.append(r.Slice(by="source", name=source, found=_rate(50 + len(source), 80)))
    return tuple(slices)


def _mistake(kind: r.ErrorKind, find: Find, names: list[str]) -> r.Mistake:
    missed = kind == "missed"
    return r.Mistake(
        kind=kind,
        photo=names[find.photo],
        category=find.category,
        score=None if missed else find.score,
        box=find.box,
        truth_category=None if missed else find.truth,
        truth_box=find.truth_box,
        iou=None if missed or find.truth is None else find.iou,
    )


def _robustness(categories: list[r.CategoryFigures]) -> tuple[r.Condition, ...]:
    levels = {
        "clean": ("", (0,)),
        "jpeg": ("quality", (80, 50, 30, 15, 8)),
        "blur": ("px at 640 px", (3, 7, 13, 21)),
        "low_light": ("of the light", (0.5, 0.25, 0.12, 0.06)),
        "rain": ("mm/h", (10, 30, 100)),
        "fog": ("m of visibility", (200, 100, 50, 25)),
        "rotation": ("°", (-10, -5, 5, 10)),
        "downscale": ("px", (480, 320, 240, 160)),
    }
    conditions = []
    for row, kind in enumerate(KINDS):
        unit, values = levels[kind]
        for step, level in enumerate(values):
            harshness = abs(level) / 5 if kind == "rotation" else 1 + step
            kept = 1.0 if kind == "clean" else 1 - 0.03 * (1 + row % 4) * harshness**1.2
            by_category = {c.category: (c.figures.ap50 or 0) * kept for c in categories}
            ap50 = float(np.mean(list(by_category.values())))
            conditions.append(
                r.Condition(
                    kind=kind,
                    level=level,
                    unit=unit,
                    photos=132,
                    ap50=ap50,
                    ap50_95=ap50 * 0.6,
                    by_category=by_category,
                )
            )
    return tuple(conditions)
