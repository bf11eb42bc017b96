"""Write the model card from a model's manifest."""

from pathlib import Path
from typing import Any

import jinja2

from vision.categories import BY_NAME

__all__ = ["write_card"]


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
    template = environment.get_template("card.md.jinja")
    scores = {split: {c["category"]: c for c in manifest["scores"][split]["categories"]} for split in ("val", "test")}
    text = template.render(name=name, categories=BY_NAME.values(), by_split=scores, **manifest)
    path.write_text(text, encoding="utf-8")
