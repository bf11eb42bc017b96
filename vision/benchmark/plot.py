"""The benchmark as a picture: bars of photos per second, and where the time of a photo goes."""

from pathlib import Path

from vision.benchmark.race import Race
from vision.errors import MissingExtraError
from vision.files import replacing

__all__ = ["draw_race"]

OURS, THEIRS, FLOOR = "#1a7f5a", "#9aa4ad", "#c77d0a"


def draw_race(races: dict[str, Race], picture: Path) -> None:
    """Draw a row for each set of photos: speeds with the floor as a line, and the stages of the first entry.

    Raises:
        MissingExtraError: matplotlib isn't installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.font_manager import FontProperties
    except ImportError as error:
        raise MissingExtraError("matplotlib", "bench") from error
    from pylopdf_fonts_zh_cn import sans_path

    figure = Figure(figsize=(13, 4.8 * len(races)), layout="constrained")
    FigureCanvasAgg(figure)
    font = FontProperties(fname=str(sans_path()))
    for row, (name, race) in enumerate(races.items()):
        speeds = figure.add_subplot(len(races), 2, 2 * row + 1)
        runners = [m for m in race.measured if not m.entry.contestant.endswith("_only")]
        colours = [OURS if m.entry.contestant in ("report", "detections") else THEIRS for m in runners]
        bars = speeds.barh([m.entry.name for m in runners], [m.speed for m in runners], color=colours)
        speeds.bar_label(bars, fmt="%.1f", padding=3)
        speeds.axvline(race.floor, color=FLOOR, linestyle="--", label=f"floor 下限 {race.floor:.1f}")
        speeds.invert_yaxis()
        speeds.margins(x=0.12)
        speeds.legend(prop=font, loc="lower right")
        speeds.set_title(f"张/秒 photos per second · {name}", fontproperties=font)
        stages = figure.add_subplot(len(races), 2, 2 * row + 2)
        timed = race.measured[0].stages
        stages.barh(list(timed), [middle for middle, _, _ in timed.values()], color=OURS, label="p50")
        stages.plot([high for _, high, _ in timed.values()], list(timed), "|", color=FLOOR, markersize=14, label="p95")
        stages.invert_yaxis()
        stages.legend(loc="lower right")
        stages.set_title(f"各环节毫秒 ms by stage · {race.measured[0].entry.name}", fontproperties=font)
    with replacing(picture) as unfinished:
        figure.savefig(unfinished, format="png", dpi=110)
