"""The truth file of a simulated patrol, version 1: its models are its JSON Schema, its writer and its validator."""

from pathlib import Path
from typing import Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from vision.errors import ResultError
from vision.inference.results import Document, Fraction, Pixels, Strict, load_strict

__all__ = ["TRUTH", "PatrolTruth", "TruthPanel", "TruthProblem", "View", "load_truth", "load_truths"]

TRUTH = ".truth.json"  # takes the place of a video's .mp4


class View(Strict):
    """Where something is seen: three lists of one length, an entry for each frame that shows any of it."""

    frames: tuple[int, ...] = Field(description="Index of the frame, from 0, rising; seconds are index / fps.")
    boxes: tuple[tuple[Pixels, Pixels, Pixels, Pixels], ...] = Field(
        description="x1, y1, x2, y2 in pixels, cut off at the frame's edges."
    )
    visible: tuple[Fraction, ...] = Field(
        description="Share of the whole box that is within the frame and not behind a passer-by."
    )

    @model_validator(mode="after")
    def _aligned(self) -> Self:
        if not len(self.frames) == len(self.boxes) == len(self.visible):
            raise ValueError("frames, boxes and visible must have one length")
        if any(after <= before for before, after in zip(self.frames, self.frames[1:], strict=False)):
            raise ValueError("frames must rise")
        return self


class TruthPanel(Strict):
    """A photo of the strip that the camera walks past."""

    photo: str = Field(description="source/file name.")
    annotated: tuple[str, ...] = Field(description="Categories that its source labels at all.")
    view: View


class TruthProblem(Strict):
    """One problem: boxes that one visit deals with."""

    id: str
    kind: str
    categories: tuple[str, ...] = Field(min_length=1, description="Of its boxes, each once.")
    panel: int = Field(ge=0, description="Index of the panel that it is on.")
    to_find: bool = Field(description="Whether it is shown long, whole and large enough that missing it is a mistake.")
    view: View


class PatrolTruth(Document):
    """The whole file."""

    format: Literal["cleanlane-patrol"] = "cleanlane-patrol"
    version: Literal[1] = 1
    recipe: str
    split: str
    seed: tuple[int, int] = Field(description="As given, and the patrol's number.")
    started: AwareDatetime = Field(description="Time of the first frame.")
    width: int = Field(gt=0, description="Pixels.")
    height: int = Field(gt=0)
    fps: float = Field(gt=0)
    seconds: float = Field(gt=0)
    panels: tuple[TruthPanel, ...] = Field(min_length=1, description="From left to right.")
    problems: tuple[TruthProblem, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for problem in self.problems:
            if problem.panel >= len(self.panels):
                raise ValueError(f"problem {problem.id}: there is no panel {problem.panel}")
        if len({problem.id for problem in self.problems}) < len(self.problems):
            raise ValueError("two problems have one id")
        views = [*(panel.view for panel in self.panels), *(problem.view for problem in self.problems)]
        for view in views:
            for x1, y1, x2, y2 in view.boxes:
                if not (x1 < x2 <= self.width and y1 < y2 <= self.height):
                    raise ValueError(f"box {(x1, y1, x2, y2)} doesn't lie within the frame")
        return self


def load_truth(path: Path) -> PatrolTruth:
    """Read and check a truth file.

    Raises:
        ResultError: It can't be read, isn't this format, or contradicts itself; the message says where.
    """
    return load_strict(path, PatrolTruth, "a patrol's truth file")


def load_truths(folder: Path) -> dict[str, PatrolTruth]:
    """Read every truth file of a folder, by the name of its video without the ending.

    Raises:
        ResultError: There is none, or one is wrong.
    """
    found = {path.name.removesuffix(TRUTH): load_truth(path) for path in sorted(folder.glob(f"*{TRUTH}"))}
    if not found:
        raise ResultError(
            f"{folder}: expected patrols with their {TRUTH} files, found none; cleanlane dataset patrol makes them"
        )
    return found
