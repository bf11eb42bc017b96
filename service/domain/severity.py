"""How grave a suspected issue is: 1 minor, 2 ordinary, 3 grave. A reviewer may think otherwise."""

from dataclasses import dataclass

__all__ = ["RULES", "Rule", "severity_of"]


@dataclass(frozen=True)
class Rule:
    """What makes a problem of a category graver; each point that is met adds one.

    Attributes:
        start: Where it starts.
        many: Boxes from which on it is more than a single thing.
        large: Share of the picture, 0..1, from which on it is large. Photos are taken from a few steps away, so the
            share says roughly how large the thing is.
    """

    start: int
    many: int
    large: float


# By category of vision.categories.
RULES: dict[str, Rule] = {
    "garbage_pile": Rule(start=2, many=4, large=0.25),  # smells and draws vermin from the first day
    "overflowing_bin": Rule(start=1, many=3, large=0.35),  # one is emptied on the next round; a row means a missed one
    "stacked_debris": Rule(start=1, many=4, large=0.30),  # in the way rather than unhealthy, unless there is much
    "illegal_posting": Rule(start=1, many=8, large=0.30),  # a wall full of them is another job than a single one
    "graffiti": Rule(start=1, many=5, large=0.40),
    "litter": Rule(start=1, many=12, large=0.20),  # a sweeper takes a few pieces along
}
ANY = Rule(start=1, many=4, large=0.30)


def severity_of(category: str, box_count: int, share: float, *, repeated: bool = False) -> int:
    """Return the severity, 1 to 3.

    Args:
        category: Name in vision.categories.
        box_count: Boxes of the problem in the photo that shows most of it.
        share: Of that photo that they cover, 0..1.
        repeated: Whether it was still there on a later day, or is back after it was closed.
    """
    rule = RULES.get(category, ANY)
    return min(3, rule.start + (box_count >= rule.many) + (share >= rule.large) + repeated)
