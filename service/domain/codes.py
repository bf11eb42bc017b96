"""What categories are called in the standards of city management; the table is `codes.yaml`."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

__all__ = ["DEFAULT", "STANDARDS", "Code", "code_for"]

TABLE: dict[str, Any] = yaml.safe_load(files("service.domain").joinpath("codes.yaml").read_text(encoding="utf-8"))
DEFAULT: str = TABLE["default"]
STANDARDS: tuple[str, ...] = tuple(TABLE["standards"])


@dataclass(frozen=True)
class Code:
    """A type of problem in a standard.

    Attributes:
        standard: Such as GB/T 47678.5-2026; older local lists number differently, so a code is nothing without it.
        code: As the standard writes it: 06010.
        name: What the standard calls it.
    """

    standard: str
    code: str
    name: str


@cache
def code_for(category: str, standard: str = DEFAULT) -> Code:
    """Return a category's type in a standard.

    Raises:
        KeyError: The table doesn't have the standard, or not this category.
    """
    row = TABLE["standards"][standard][category]
    return Code(standard, row["code"], row["name"])
