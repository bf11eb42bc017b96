import re
from collections.abc import Callable
from xml.etree import ElementTree as ET  # of our own text

import pytest
from markupsafe import Markup

from tests.evaluation.records import example_record
from vision.categories import CATEGORIES
from vision.evaluation.record import Calibration, Condition, Cost, EvaluationRecord, StageTime
from vision.evaluation.report import plots, plots_bars
from vision.evaluation.report.svg import ACCENT, INK, dark_colour, new_figure, svg_of

HOSTILE = """<script>"'& $x_1$ 垃圾"""


@pytest.fixture(scope="module")
def record() -> EvaluationRecord:
    return example_record()


def small(colour: str, text: str = "图 plot") -> Markup:
    figure = new_figure(200, 100)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=colour, marker="o")
    axes.set_title(text)
    return svg_of(figure, text)


def ids(svg: str) -> list[str]:
    return re.findall(r' id="([^"]+)"', svg)


def drawn(condition: Condition, clean: float | None) -> Markup:
    return plots_bars.condition_plot(condition.kind, [condition], clean)


def test_colours_and_font_follow_the_page() -> None:
    svg = small(ACCENT)
    assert f"stroke: var(--accent, {ACCENT})" in svg
    assert "currentColor" in small(INK)
    assert f"var(--litter, {CATEGORIES[-1].colour})" in small(CATEGORIES[-1].colour)
    assert "font-family" not in svg
    assert ACCENT not in svg.replace(f"var(--accent, {ACCENT})", "")


def test_is_an_inline_picture_with_a_name() -> None:
    root = ET.fromstring(small(ACCENT, HOSTILE))  # noqa: S314
    assert (root.tag, root.attrib["role"], root.attrib["aria-label"]) == ("svg", "img", HOSTILE)
    assert root.attrib["viewBox"] == "0 0 160 80"
    assert "max-width: 200px" in root.attrib["style"]
    assert HOSTILE in [text.text for text in root.iter("text")]  # no mathematics, nothing lost
    assert not {"metadata", "style"} & {element.tag for element in root.iter()}


def test_same_figure_is_drawn_the_same_way() -> None:
    assert small(ACCENT) == small(ACCENT)


def test_ids_meet_neither_within_a_picture_nor_between_them() -> None:
    found = [ids(small(ACCENT)), ids(small(ACCENT, "other")), ids(small(INK))]
    assert all(found)
    assert len({name for names in found for name in names}) == sum(len(names) for names in found)


def test_references_have_targets() -> None:
    svg = small(ACCENT)
    targets = re.findall(r'(?:href="#|url\(#)([^")]+)', svg)
    assert targets
    assert set(targets) <= set(ids(svg))


@pytest.mark.parametrize("colour", [category.colour for category in CATEGORIES])
def test_dark_colours_are_seen_on_the_dark_ground(colour: str) -> None:
    def luminance(hexadecimal: str) -> float:  # WCAG 2.2
        parts = [int(hexadecimal[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    assert (luminance(dark_colour(colour)) + 0.05) / (luminance("#1b201f") + 0.05) >= 4.5


def test_dark_colour_of_a_light_one_stays() -> None:
    assert dark_colour("#e6f2ff") == "#e6f2ff"


@pytest.mark.parametrize("draw", [plots.roc_plot, plots.precision_recall_plot], ids=["roc", "pr"])
def test_screening_curves_tell_area_and_operating_point(
    draw: Callable[..., Markup | None], record: EvaluationRecord
) -> None:
    group = record.screening.everything
    svg = draw(group)
    assert group.roc
    assert group.pr
    assert svg is not None
    recall, alarms = group.visited.recall, group.visited.alarms
    assert f"{(group.roc if draw is plots.roc_plot else group.pr).area:.3f}" in svg
    point = (
        (alarms.count / alarms.total, recall.count / recall.total)
        if draw is plots.roc_plot
        else (recall.count / recall.total, recall.count / (recall.count + alarms.count))
    )
    assert f"({point[0]:.2f}, {point[1]:.2f})" in svg
    assert draw(group.model_copy(update={"roc": None, "pr": None})) is None


def test_category_curves_name_those_that_are_drawn(record: EvaluationRecord) -> None:
    svg = plots.category_plot(record.categories)
    assert svg is not None
    assert "垃圾桶 bin *" in svg  # too few
    assert "乱涂写" not in svg  # not reported
    assert plots.category_plot(tuple(c for c in record.categories if not c.reported)) is None


def test_reliability_without_finds_is_none(record: EvaluationRecord) -> None:
    calibration = record.failures.calibration
    svg = plots.reliability_plot(calibration)
    assert svg is not None
    assert f"ECE {calibration.ece:.3f}" in svg
    assert plots.reliability_plot(Calibration(finds=0, ece=None, bins=())) is None


def test_error_bars_say_their_values(record: EvaluationRecord) -> None:
    svg = plots_bars.error_plot(record.failures.errors)
    for loss in record.failures.errors.values():
        assert f">{loss.ap50_lost:.3f}</text>" in svg


@pytest.mark.parametrize(
    ("ap50", "told"), [(0.4, "30 quality: 0.400"), (None, "30 quality: ?")], ids=["known", "unknown"]
)
def test_condition_says_its_levels(ap50: float | None, told: str) -> None:
    condition = Condition(kind="jpeg", level=30, unit="quality", photos=9, ap50=ap50, ap50_95=ap50, by_category={})
    svg = drawn(condition, 0.5)
    assert told in svg
    assert "质量 quality" in svg
    assert "stroke-dasharray" in svg
    assert "stroke-dasharray" not in drawn(condition, None)


def test_stages_keep_names_that_nobody_translated() -> None:
    time = StageTime(p50=1, p95=2)
    svg = plots_bars.stage_plot(Cost(photos=3, total=time, stages={"decode": time, HOSTILE: time}, peak_memory_mb=1))
    texts = [text.text for text in ET.fromstring(svg).iter("text")]  # noqa: S314
    assert {"合计 total", "解码 decode", HOSTILE} <= set(texts)
