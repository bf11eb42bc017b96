"""Which photos stand on two sides of a split, and which of them should go."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vision.datasets.duplicates.report import Pair, SceneGroup, Side
from vision.datasets.labels import LabelledPhoto
from vision.errors import RecipeError
from vision.inference.sources import PHOTO_SUFFIXES

__all__ = ["Member", "is_leak", "members_below", "members_of", "scene_groups", "to_exclude"]

# A photo stays where its judgement weighs most: what is tested on is never given up for what is trained on.
WEIGHT: dict[Side, int] = {"none": 0, "train": 1, "val": 2, "test": 3, "against": 3}


@dataclass(frozen=True)
class Member:
    """A photo that takes part.

    Attributes:
        name: source/file name.
        side: Its split.
        scene_group: Empty if unknown.
    """

    name: str
    path: Path
    source: str
    side: Side
    scene_group: str = ""


def members_of(photos: Iterable[LabelledPhoto]) -> list[Member]:
    """Turn labelled photos into members."""
    return [Member(p.name, p.path, p.source, p.split or "none", p.scene_group) for p in photos]


def members_below(folder: Path) -> list[Member]:
    """Return the photos below a folder as held-back members, by name.

    Raises:
        RecipeError: There is no such folder, or it holds no photo.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PHOTO_SUFFIXES and path.is_file())
    if not paths:
        raise RecipeError(f"{folder}: expected a folder of photos, but found none there")
    source = folder.as_posix()
    return [Member(f"{source}/{path.relative_to(folder).as_posix()}", path, source, "against") for path in paths]


def is_leak(first: Side, second: Side) -> bool:
    """Whether two photos that show the same may not stand on these sides: test photos may be like held-back ones."""
    return "none" not in (first, second) and WEIGHT[first] != WEIGHT[second]


def scene_groups(members: Iterable[Member]) -> list[SceneGroup]:
    """Return the stated scene groups that stand on more than one side."""
    groups: dict[tuple[str, str], dict[Side, list[str]]] = defaultdict(lambda: defaultdict(list))
    for member in members:
        if member.scene_group:
            groups[member.source, member.scene_group][member.side].append(member.name)
    return [
        SceneGroup(source=source, name=name, photos={side: tuple(names) for side, names in sides.items()})
        for (source, name), sides in groups.items()
        if len({WEIGHT[side] for side in sides if side != "none"}) > 1
    ]


def to_exclude(members: Sequence[Member], pairs: Iterable[Pair], groups: Iterable[SceneGroup]) -> tuple[str, ...]:
    """Return the names to leave out so that no copy, found scene or stated group stands on two sides.

    Copies of copies count as copies, and what shows the place of one shows it of all; scenes don't chain further, for
    neighbours along a street would become one place.
    """
    sides = {member.name: member.side for member in members}
    pairs = list(pairs)
    copies = _components((pair.first, pair.second) for pair in pairs if pair.kind != "scene")
    of_name = {name: component for component in copies for name in component}
    together = [
        *copies,
        *(
            of_name.get(pair.first, (pair.first,)) + of_name.get(pair.second, (pair.second,))
            for pair in pairs
            if pair.kind == "scene"
        ),
        *(tuple(name for names in group.photos.values() for name in names) for group in groups),
    ]
    return tuple(sorted({name for names in together for name in _lighter(names, sides)}))


def _lighter(names: Collection[str], sides: dict[str, Side]) -> set[str]:
    """Return those of the names that stand on a lighter side than the heaviest of them."""
    heaviest = max((sides[name] for name in names), key=WEIGHT.__getitem__)
    return {name for name in names if is_leak(sides[name], heaviest)}


def _components(edges: Iterable[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Return the connected components of a graph."""
    neighbours: dict[str, set[str]] = defaultdict(set)
    for first, second in edges:
        neighbours[first].add(second)
        neighbours[second].add(first)
    components, seen = [], set[str]()
    for start in neighbours:
        if start in seen:
            continue
        component, waiting = [], [start]
        seen.add(start)
        while waiting:
            component.append(waiting.pop())
            fresh = neighbours[component[-1]] - seen
            seen |= fresh
            waiting += fresh
        components.append(tuple(component))
    return components
