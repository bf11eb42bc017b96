"""What is detected: the one table of categories.

A category's index in a model is its position here; no other module writes such a number.
"""

from dataclasses import dataclass

__all__ = ["BY_NAME", "CATEGORIES", "NAMES", "PROBLEMS", "Category", "category_of"]


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of thing that is detected.

    Attributes:
        name: English identifier, as stored in models, labels and result files.
        zh: What people read.
        colour: `#rrggbb`, for boxes and legends; white text is readable on it.
        is_problem: Whether finding one makes a photo need a visit.
    """

    name: str
    zh: str
    colour: str
    is_problem: bool = True


CATEGORIES: tuple[Category, ...] = (
    Category("garbage_pile", "暴露垃圾", "#c62828"),
    Category("overflowing_bin", "垃圾满溢", "#c2410c"),
    Category("bin", "垃圾桶", "#546e7a", is_problem=False),
    Category("stacked_debris", "乱堆杂物", "#7b4b2a"),
    Category("illegal_posting", "非法小广告", "#7b1fa2"),
    Category("graffiti", "乱涂写", "#1565c0"),
    Category("litter", "零星垃圾", "#2e7d32"),
)
NAMES: tuple[str, ...] = tuple(category.name for category in CATEGORIES)
BY_NAME: dict[str, Category] = {category.name: category for category in CATEGORIES}
PROBLEMS: frozenset[str] = frozenset(c.name for c in CATEGORIES if c.is_problem)


def category_of(name: str) -> Category:
    """Return the table's row for `name`, or a neutral non-problem row for a foreign model's own name."""
    return BY_NAME.get(name) or Category(name, name, "#455a64", is_problem=False)
