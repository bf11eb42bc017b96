"""From what stands on the command line to cameras with names of their own."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from vision.errors import UserError
from vision.footage.configuration import Camera
from vision.footage.stream import without_password

__all__ = ["cameras_of"]


def cameras_of(sources: Sequence[str], configured: Sequence[Camera]) -> tuple[Camera, ...]:
    """Return the configured cameras and one for each source, named after it.

    Raises:
        UserError: There is nothing to look at, or recordings and live cameras are mixed.
    """
    taken = {camera.name for camera in configured}
    named = [*configured]
    for source in sources:
        name = _free_name(_name_of(source), taken)
        taken.add(name)
        named.append(Camera(name=name, source=source))
    if not named:
        raise UserError("there is nothing to look at: give videos, folders or addresses, or --config with cameras")
    live = [camera.name for camera in named if camera.is_live]
    if live and len(live) < len(named):
        raise UserError(
            f"{live[0]} is live, and other sources are recordings; watch and go through them in two runs, "
            "as a live camera isn't watched while a recording is gone through"
        )
    return tuple(named)


def _name_of(source: str) -> str:
    if "://" not in source:
        path = Path(source)
        return path.resolve().name if path.is_dir() else path.stem
    address = urlsplit(without_password(source))
    return (address.hostname or "camera") + address.path.rstrip("/")


def _free_name(name: str, taken: Iterable[str]) -> str:
    name, number = name[:70] or "camera", 2
    free = name
    while free in taken:
        free, number = f"{name} ({number})", number + 1
    return free
