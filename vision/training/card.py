"""Write the model card from a model's manifest."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2

from vision.categories import BY_NAME
from vision.evaluation.figures.intervals import rate_interval
from vision.training.figures import RESAMPLES

__all__ = ["stages", "write_card"]

GRID = 0.5366  # kg CO2 a kWh: China's national average of 2022, published by the environment ministry in December 2024


def write_card(path: Path, name: str, manifest: dict[str, Any]) -> None:
    """Write the card `path` (Markdown, Chinese first) from the figures in `manifest`; no figure is typed by hand."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("vision.training", "."),
        autoescape=False,  # noqa: S701 - Markdown
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["figure"] = lambda value: "–" if value is None else f"{value:.3f}"
    environment.filters["interval"] = lambda ends: f" [{ends[0]:.3f}, {ends[1]:.3f}]" if ends else ""
    environment.filters["rate"] = _rate
    trainings = stages(manifest["training"])
    text = environment.get_template("card.md.jinja").render(
        name=name,
        categories=BY_NAME.values(),
        by_split={
            split: {c["category"]: c for c in manifest["scores"][split]["categories"]} for split in ("val", "test")
        },
        stages=trainings,
        kwh=sum(stage["seconds"] * stage["watts"] for stage in trainings) / 3.6e6,
        grid=GRID,
        resamples=RESAMPLES,
        visits=list(_visits(manifest["scores"])),
        **manifest,
    )
    path.write_text(text, encoding="utf-8")


def stages(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the records of a training and of those it started from, the first one first."""
    return [*(stages(record["previous"]) if record["previous"] else []), record]


def _rate(count: int, total: int, per: int = 1) -> str:
    """Return how often something happened per `per` photos, with its interval."""
    ends = rate_interval(count, total)
    shown = "{:.3f}" if per == 1 else "{:.1f}"
    if ends is None:
        return "–"
    value, low, high = (shown.format(per * rate) for rate in (count / total, *ends))
    return f"{value} [{low}, {high}]"


def _visits(scores: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, int]]]:
    """Yield (photos, operating point, counts) for all of val and test, and for the screening set."""
    for split in ("val", "test"):
        for point, counts in scores[split]["visits"].items():
            yield f"all of {split}", point, counts
    screening = dict(scores.get("screening", {}))
    name = screening.pop("set", "")
    for point, counts in screening.items():
        yield name, point, counts
