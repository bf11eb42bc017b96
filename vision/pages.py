"""Write a self-contained HTML page from a template."""

from base64 import b64encode
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from vision.files import replacing

__all__ = ["data_uri", "write_template"]

PARTS = Path(__file__).with_name("page_parts")  # what several pages share


def data_uri(jpeg: bytes) -> str:
    """Return a JPEG as a URL that holds it, so that a page needs no file beside it."""
    return "data:image/jpeg;base64," + b64encode(jpeg).decode()


def write_template(template: Path, path: Path, **values: object) -> None:
    """Render the Jinja file `template` with `values` to `path`; an existing page is replaced only by a complete one.

    A template can include what lies beside it and in `page_parts`.

    Iterators among the values are consumed as the page is written, so that a long page keeps memory flat.

    Raises:
        OSError: The file can't be written.
    """
    environment = Environment(
        loader=FileSystemLoader([template.parent, PARTS]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(template.name).generate(values)
    # File names may hold bytes that aren't UTF-8; they mustn't cost the page.
    with replacing(path) as unfinished, unfinished.open("w", encoding="utf-8", errors="replace") as file:
        file.writelines(page)
