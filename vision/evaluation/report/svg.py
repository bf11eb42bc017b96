"""matplotlib figures as inline SVG that follows the page: its font, its colours, light and dark."""

import colorsys
import hashlib
import io
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from markupsafe import Markup

from vision.categories import CATEGORIES
from vision.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ACCENT", "INK", "MUTED", "WARNING", "dark_colour", "new_figure", "svg_of"]

ACCENT, WARNING, MUTED, INK = "#0f6b5c", "#b3261e", "#5d6865", "#000000"

SCALE = 1.25  # CSS pixels for a point, so that matplotlib's own 10 points are read without effort
LIGHTNESS = 0.68  # of colours in the dark, 0 to 1
SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
VARIABLES = {
    ACCENT: f"var(--accent, {ACCENT})",
    WARNING: f"var(--visit, {WARNING})",
    MUTED: f"var(--muted, {MUTED})",
    INK: "currentColor",
    **{category.colour: f"var(--{category.name}, {category.colour})" for category in CATEGORIES},
}


def new_figure(width: float, height: float) -> "Figure":
    """Return an empty figure that is `width` x `height` CSS pixels large where the page has room for it.

    Draw with the constants of this module and the categories' colours: those follow the page into the dark.
    Texts are in both languages, as one picture serves both: "召回率 recall".

    Raises:
        MissingExtraError: matplotlib isn't installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("matplotlib", "eval") from error

    figure = Figure(figsize=(width / SCALE / 72, height / SCALE / 72))
    figure.set_layout_engine("constrained", w_pad=0.12)  # inches: the page's font may be wider than the one we measure
    return figure


def svg_of(figure: "Figure", label: str) -> Markup:
    """Return the figure as an `<svg class="plot">` element to put into a page.

    It is as wide as the place that it gets, up to its own width; the page styles it with
    `svg.plot { color: … }` and, for each category, a variable such as `--litter`. The same figure and label give the
    same text. Ids in it begin with a hash of both, so that pictures of one page don't meet.

    Args:
        figure: From `new_figure`; it is restyled.
        label: What a screen reader says instead of the picture, in both languages.
    """
    from matplotlib import font_manager, rc_context
    from pylopdf_fonts_zh_cn import sans_path

    font = str(sans_path())
    if all(entry.fname != font for entry in font_manager.fontManager.ttflist):
        font_manager.fontManager.addfont(font)
    family = font_manager.FontProperties(fname=font).get_name()
    drawn = io.BytesIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": label, "font.sans-serif": [family]}):
        _restyle(figure)
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None})
    return _inline(ET.fromstring(drawn.getvalue()), label)  # noqa: S314 - our own text


def dark_colour(colour: str) -> str:
    """Return a `#rrggbb` of the same hue that is light enough for the dark ground."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)))
    lighter = colorsys.hls_to_rgb(hue, max(lightness, LIGHTNESS), saturation)
    return "#" + "".join(f"{round(255 * value):02x}" for value in lighter)


def _restyle(figure: "Figure") -> None:
    from matplotlib.text import Text

    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        legend = axes.get_legend()
        if legend is not None:
            legend.set_frame_on(False)
    figure.draw_without_rendering()  # makes the texts at the ticks
    for text in figure.findobj(Text):
        if isinstance(text, Text):
            text.set_parse_math(False)  # names may hold dollars


def _inline(root: ET.Element, label: str) -> Markup:
    prefix = "p" + hashlib.sha256(ET.tostring(root) + label.encode()).hexdigest()[:10]
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{SVG}}}metadata", f"{{{SVG}}}style"):  # its style would reach the whole page
                parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{SVG}}}")
        if element.tag == "g":
            element.attrib.pop("id", None)
        elif "id" in element.attrib:
            element.set("id", prefix + element.attrib["id"])
        if target := element.attrib.pop(f"{{{XLINK}}}href", ""):
            element.set("href", target.replace("#", "#" + prefix))
        for name in ("style", "clip-path"):
            if name in element.attrib:
                element.set(name, _followed(element.attrib[name]).replace("url(#", f"url(#{prefix}"))
    box = root.attrib["viewBox"]
    width = SCALE * float(box.split()[2])
    root.attrib.clear()
    root.attrib.update(
        {
            "class": "plot",
            "role": "img",
            "aria-label": label,
            "viewBox": box,
            "style": f"width: 100%; max-width: {width:.0f}px; stroke-linejoin: round; fill: currentColor",
        }
    )
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704 - ElementTree has escaped it


def _followed(style: str) -> str:
    """Return a style that takes its colours and its font from the page."""
    style = re.sub(r"#[0-9a-f]{6}\b", lambda match: VARIABLES.get(match[0], match[0]), style)
    return re.sub(r"font-family: [^;]*;? ?", "", style)
