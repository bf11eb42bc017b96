"""What a detector makes of everything that an evaluation needs: run here with everything kept on disk, or read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vision.datasets.build import DataSet
from vision.datasets.labels import LabelledPhoto, Split
from vision.detections import Detections
from vision.errors import ResultError
from vision.evaluation.contestants.coco_ids import coco_ids
from vision.evaluation.contestants.contestant import Contestant
from vision.evaluation.contestants.looking import look
from vision.evaluation.contestants.predictions_file import Predictions, read_predictions
from vision.evaluation.judged_data import photos_sha256
from vision.evaluation.record import Condition, Cost, EvaluatedModel, Note
from vision.evaluation.robustness.sweep import sample, sweep
from vision.evaluation.screening.verdict_sets import read_screening
from vision.inference.stages import untimed

__all__ = ["CHOSEN_ON", "Looked", "Progress", "VerdictSet", "look_at_all", "read_looked", "verdict_set"]

CHOSEN_ON: Split = "val"  # operating points are chosen there and nowhere else
KEPT = "unfinished"  # begins the names of the files that an interrupted run goes on from

Progress = Callable[[str, int, int], None]  # what is being done, how much of it, and of how much


@dataclass(frozen=True, eq=False)
class VerdictSet:
    """Photos of which only is known whether they need a visit."""

    name: str
    photos: Sequence[LabelledPhoto]
    dirty: Sequence[bool]


@dataclass(frozen=True, eq=False)
class Looked:
    """What a detector found.

    Attributes:
        about: The detector.
        found: On each photo of the split that is judged.
        on_val: On each photo of `val`; None if it didn't look at them.
        thresholds: Its own, by category, as far as they are known.
        sets: On each photo of further sets, by their name.
        cost: What it took; None for predictions.
        robustness: On the photos made worse.
        notes: What a reader has to know.
    """

    about: EvaluatedModel
    found: Sequence[Detections]
    on_val: Sequence[Detections] | None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    sets: Mapping[str, Sequence[Detections]] = field(default_factory=dict)
    cost: Cost | None = None
    robustness: tuple[Condition, ...] = ()
    notes: tuple[Note, ...] = ()


def verdict_set(folder: Path) -> VerdictSet:
    """Read a folder of photos with verdicts; see `read_screening`.

    Raises:
        RecipeError: It can't be read, or is no such folder.
    """
    rows = read_screening(folder)
    no_labels, no_size = Detections.empty(), (0, 0)  # unknown, and not needed
    photos = [LabelledPhoto(path, folder.name, None, *no_size, no_labels, frozenset()) for path, _ in rows]
    return VerdictSet(folder.name, photos, [needs_visit for _, needs_visit in rows])


def look_at_all(
    contestant: Contestant,
    data_set: DataSet,
    split: Split,
    sets: Sequence[VerdictSet],
    swept: int,
    out: Path,
    progress: Progress,
) -> Looked:
    """Run a detector on the split, on `val`, on further sets, and on photos of the split made worse.

    Args:
        contestant: The detector.
        data_set: Has the split.
        split: Which photos are judged.
        sets: Further photos.
        swept: How many photos of the split are made worse; 0 for none.
        out: Folder for what an interrupted run goes on from.
        progress: Told about every photo.

    Raises:
        UserError: A photo can't be read, or `out` holds what a run with other settings left.
    """
    model = {"model": contestant.about.sha256, "about": contestant.about.model_dump_json()}

    def looks(what: str, photos: Sequence[LabelledPhoto]) -> tuple[list[Detections], Cost]:
        settings = {**model, "photos": photos_sha256(photos, data_set.hashes)}
        kept = out / f"{KEPT}-{what}.jsonl"
        return look(contestant, photos, kept, settings, lambda done, total: progress(what, done, total))

    photos, val = data_set.of(split), data_set.of(CHOSEN_ON)
    found, cost = looks(split, photos)
    on_val = found if split == CHOSEN_ON else looks(CHOSEN_ON, val)[0] if val else None
    further = {one.name: looks(one.name, one.photos)[0] for one in sets}
    conditions: tuple[Condition, ...] = ()
    if swept:
        conditions = sweep(
            chosen := sample(photos, swept),
            lambda pixels: contestant.detect(pixels, untimed),
            contestant.about.categories,
            out / f"{KEPT}-robustness.jsonl",
            {**model, "photos": photos_sha256(chosen, data_set.hashes)},
            lambda done, total: progress("robustness", done, total),
        )
    return Looked(contestant.about, found, on_val, contestant.thresholds, further, cost, conditions)


def read_looked(path: Path, data_set: DataSet, split: Split, mapping: Mapping[str, str | None]) -> Looked:
    """Read predictions for the split and, if there are any, for `val`.

    Raises:
        ResultError: The file can't be right; the message says where.
    """
    ids = coco_ids(data_set.photos)

    def read(wanted: Split) -> Predictions:
        photos = data_set.of(wanted)
        paths = {photo.path for photo in photos}
        others = [photo for source in data_set.sources for photo in source.photos if photo.path not in paths]
        return read_predictions(path, photos, others, mapping, ids)

    here, photos = read(split), len(data_set.of(split))
    if here.missing == photos:
        raise ResultError(f"{path}: expected predictions for photos of {split}, there are none; choose another --split")
    on_val: Sequence[Detections] | None = here.detections if split == CHOSEN_ON else None
    if split != CHOSEN_ON and data_set.of(CHOSEN_ON):
        there = read(CHOSEN_ON)
        on_val = there.detections if there.missing < len(there.detections) else None
    notes: tuple[Note, ...] = ()
    if here.missing:
        notes = (
            Note(
                zh=f"预测文件没有提到 {photos} 张照片中的 {here.missing} 张: 按什么都没找到计。",
                en=f"{here.missing} of {photos} photos aren't in the predictions: nothing counts as found there.",
            ),
        )
    return Looked(here.about, here.detections, on_val, notes=notes)
