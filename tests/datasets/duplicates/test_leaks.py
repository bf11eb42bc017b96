"""Which photo has to go."""

from pathlib import Path

import pytest

from vision.datasets.duplicates.leaks import Member, is_leak, scene_groups, to_exclude
from vision.datasets.duplicates.report import Kind, Pair, Side

SIDES: dict[str, Side] = {"a": "train", "b": "train", "v": "val", "t": "test", "h": "against", "n": "none"}


def members(**groups: str) -> list[Member]:
    return [Member(name, Path(name), "drawn", side, groups.get(name, "")) for name, side in SIDES.items()]


def pair(first: str, second: str, kind: Kind) -> Pair:
    sides = (SIDES[first], SIDES[second])
    return Pair(
        first=first,
        second=second,
        sides=sides,
        kind=kind,
        leak=is_leak(*sides),
        hash_distance=0,
        similarity=1,
        inliers=100,
        correlation=1,
        overlap=1,
        mirrored=False,
        rotation=0,
    )


@pytest.mark.parametrize(
    ("pairs", "excluded"),
    [
        ("a=b", ""),
        ("a=t", "a"),
        ("a=v", "a"),
        ("v=t", "v"),
        ("t=h", ""),
        ("a=h", "a"),
        ("n=t", ""),
        ("a=b b=v v=t", "a b v"),  # a copy of a copy of a test photo
        ("a~b b~t", "b"),  # along a street everything neighbours everything
        ("a=b b~t", "a b"),
    ],
)
def test_lighter_side_goes(pairs: str, excluded: str) -> None:
    found = [pair(text[0], text[2], "near" if text[1] == "=" else "scene") for text in pairs.split()]
    assert to_exclude(members(), found, []) == tuple(excluded.split())


def test_stated_scene_group_on_two_sides() -> None:
    given = members(a="street", t="street", b="yard")
    groups = scene_groups(given)
    assert [(group.name, group.photos) for group in groups] == [("street", {"train": ("a",), "test": ("t",)})]
    assert to_exclude(given, [], groups) == ("a",)
    assert scene_groups(members(t="street", h="street", n="street")) == []
