"""Judge a model by our categories whatever it calls its own: the map that a person writes, and what follows from it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError

from vision.categories import NAMES
from vision.detections import Detections
from vision.errors import ModelError, RecipeError, sentence
from vision.inference.detector import DEFAULT_IOU
from vision.inference.postprocess import suppress

__all__ = ["OTHERS", "CategoryMap", "mapped", "read_map"]

OTHERS = "*"  # key of a map: every category that is neither mentioned nor ours
SHOWN = 5  # categories that one sentence names
# the table in categories.py is the only list of names
MAP = TypeAdapter(dict[str, Literal[NAMES] | None], config=ConfigDict(strict=True))  # type: ignore[valid-type]


@dataclass(frozen=True)
class CategoryMap:
    """What becomes of a model's own categories.

    Attributes:
        own: The model's names, by its indices.
        ours: Of each of them, the one of ours that it becomes; None if its finds are dropped.
    """

    own: tuple[str, ...]
    ours: tuple[str | None, ...]

    @property
    def reported(self) -> tuple[str, ...]:
        """Those of ours that the model can report, in our order."""
        return tuple(name for name in NAMES if name in self.ours)

    @property
    def renamed(self) -> dict[str, str]:
        """Own name to ours, where they differ."""
        return {own: ours for own, ours in zip(self.own, self.ours, strict=True) if ours not in (own, None)}

    @property
    def ignored(self) -> tuple[str, ...]:
        """Own names that become none of ours."""
        return tuple(own for own, ours in zip(self.own, self.ours, strict=True) if ours is None)

    def thresholds(self, own: Mapping[str, float]) -> dict[str, float]:
        """Return thresholds by our names; where several become one, their lowest: what any of them reports counts."""
        by_name: dict[str, float] = {}
        for name, ours in zip(self.own, self.ours, strict=True):
            if ours is not None and name in own:
                by_name[ours] = min(own[name], by_name.get(ours, 1.0))
        return by_name

    def apply(self, found: Detections) -> Detections:
        """Return what the model found under our names, best score first.

        Where several of its categories become one, they may name one thing twice; of two such boxes that overlap by
        more than `DEFAULT_IOU` the weaker is dropped.

        Args:
            found: Categories are indices into `own`.
        """
        numbers = np.array([-1 if name is None else NAMES.index(name) for name in self.ours], np.int64)
        found = found[numbers[found.categories] >= 0]
        ours = Detections(found.boxes, found.scores, numbers[found.categories], NAMES)
        several = [NAMES.index(name) for name, n in Counter(self.ours).items() if name is not None and n > 1]
        merged = np.isin(ours.categories, several)
        together = np.flatnonzero(merged)
        first = suppress(ours.boxes[together], ours.scores[together], ours.categories[together], DEFAULT_IOU)
        kept = np.sort(np.concatenate([np.flatnonzero(~merged), together[first]]))
        return ours[kept[np.argsort(-ours.scores[kept], kind="stable")]]


def mapped(names: Sequence[str], mapping: Mapping[str, str | None], who: str = "the model") -> CategoryMap:
    """Tell which of our categories each of a model's own becomes.

    Args:
        names: The model's own, by its indices.
        mapping: As `read_map` returns it: own name to ours, or None to drop it. A name that isn't mentioned stays if it
            is one of ours; any other is dropped if `OTHERS` is mentioned.
        who: What an error message calls the model.

    Raises:
        ModelError: A name is neither ours nor mentioned, or none becomes one of ours.
        RecipeError: The map leads to a name that isn't ours.
    """
    wrong = sorted({new for new in mapping.values() if new is not None} - set(NAMES))
    if wrong:
        raise RecipeError(f"the category map leads to {_some(wrong)}; expected one of {', '.join(NAMES)}, or null")
    unknown = [name for name in names if name not in mapping and name not in NAMES]
    if unknown and OTHERS not in mapping:
        raise ModelError(
            f"{who}: reports {_some(unknown)}, which {'is' if len(unknown) == 1 else 'are'} none of our categories "
            f"({', '.join(NAMES)}); say in a category map which of these each becomes, or null to drop it, and "
            f"'{OTHERS}': null to drop all that it doesn't mention"
        )
    ours = tuple(mapping.get(name, name if name in NAMES else None) for name in names)
    if not any(ours):
        raise ModelError(
            f"{who}: none of its categories ({_some(names) or 'it has none'}) becomes one of ours "
            f"({', '.join(NAMES)}), so there is nothing to judge; say in a category map which do"
        )
    return CategoryMap(tuple(names), ours)


def read_map(path: Path) -> dict[str, str | None]:
    """Read a category map: YAML with a model's own name: ours, or null to drop it; `OTHERS` may only be null.

    Raises:
        RecipeError: It can't be read, leads to a name that isn't ours, or mentions a name twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        content, node = yaml.safe_load(text), yaml.compose(text, yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecipeError(f"{path}: expected a category map in YAML, but it can't be read ({error})") from error
    keys = [key.value for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    twice = [key for key, count in Counter(keys).items() if count > 1]
    if twice:
        raise RecipeError(f"{path}: mentions {_some(twice)} more than once; keep one line of each")
    odd = [key for key, value in zip(keys, content or (), strict=False) if not isinstance(value, str)]
    if odd:
        raise RecipeError(f"{path}: YAML doesn't take {_some(odd)} for text; put quotes round it")
    try:
        mapping: dict[str, str | None] = MAP.validate_python(content)
    except ValidationError as error:
        raise RecipeError(f"{path}: expected lines of a model's category: ours (or null); {sentence(error)}") from error
    if mapping.get(OTHERS) is not None:
        raise RecipeError(
            f"{path}: expected '{OTHERS}': null, got {mapping[OTHERS]!r}; name each category that becomes it"
        )
    return mapping


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
