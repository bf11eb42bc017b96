"""三色督办: which slip an issue has earned. White reminds, yellow calls in for a talk, red asks who is accountable."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.errors import ServiceError, conflict, invalid

__all__ = [
    "COLOURS",
    "DEFAULTS",
    "REASONS",
    "Colour",
    "Earned",
    "Given",
    "Reason",
    "Rule",
    "SlipFacts",
    "SlipState",
    "check_by_hand",
    "check_rules",
    "next_slip",
]


class Colour(StrEnum):
    """How grave a slip is."""

    WHITE = "white"
    YELLOW = "yellow"
    RED = "red"


class Reason(StrEnum):
    """What a rule looks at."""

    OVERDUE = "overdue"
    RETURNED = "returned"
    RECURRED = "recurred"
    SLIPPED = "slipped"


class SlipState(StrEnum):
    """Where a slip stands."""

    PROPOSED = "proposed"
    ISSUED = "issued"
    ANSWERED = "answered"
    DROPPED = "dropped"


# Name, short name and what it means, in Chinese and English; mildest first.
COLOURS: dict[Colour, tuple[tuple[str, str], tuple[str, str]]] = {
    Colour.WHITE: (("白单", "White slip"), ("提醒", "reminder")),
    Colour.YELLOW: (("黄单", "Yellow slip"), ("警示约谈", "warning talk")),
    Colour.RED: (("红单", "Red slip"), ("追责问责", "accountability")),
}
REASONS: dict[Reason, tuple[str, str]] = {
    Reason.OVERDUE: ("超期（工时）", "Overdue (working hours)"),
    Reason.RETURNED: ("退回整改（次）", "Returned (times)"),
    Reason.RECURRED: ("问题反弹（次）", "Came back (times)"),
    Reason.SLIPPED: ("前单后仍超期（工时）", "Still overdue after a slip (working hours)"),
}
GRAVITY = {colour: place for place, colour in enumerate(Colour)}


@dataclass(frozen=True)
class Rule:
    """When a slip is earned.

    Attributes:
        id: Of its row in the table.
        colour: Which slip.
        reason: What is looked at.
        threshold: Working hours overdue, returns, or recurrences; for `slipped`, working hours since `after` came.
        window_days: How far back recurrences count.
        after: Colour that has to have been issued before; None: the rule may skip colours.
    """

    id: int
    colour: Colour
    reason: Reason
    threshold: float
    window_days: float = 30.0
    after: Colour | None = None


# The table that a new installation starts with; ids are the database's.
DEFAULTS: tuple[Rule, ...] = (
    Rule(0, Colour.WHITE, Reason.OVERDUE, 0.5),
    Rule(0, Colour.WHITE, Reason.RETURNED, 1),
    Rule(0, Colour.WHITE, Reason.RECURRED, 1, 30),
    Rule(0, Colour.YELLOW, Reason.SLIPPED, 7.5, after=Colour.WHITE),
    Rule(0, Colour.YELLOW, Reason.RETURNED, 2, after=Colour.WHITE),
    Rule(0, Colour.YELLOW, Reason.RECURRED, 2, 30, after=Colour.WHITE),
    Rule(0, Colour.RED, Reason.SLIPPED, 15, after=Colour.YELLOW),
    Rule(0, Colour.RED, Reason.RETURNED, 3, after=Colour.YELLOW),
    Rule(0, Colour.RED, Reason.RECURRED, 3, 90, after=Colour.YELLOW),
)


@dataclass(frozen=True)
class Given:
    """A slip that an issue has already.

    Attributes:
        colour: Which one.
        cause: A `Reason`, or the words of the person who proposed it.
        state: Where it stands.
        hours_since: Working hours since it was issued; 0 before.
    """

    colour: Colour
    cause: str
    state: SlipState
    hours_since: float = 0.0

    @property
    def is_issued(self) -> bool:
        """Whether the unit has got it."""
        return self.state in (SlipState.ISSUED, SlipState.ANSWERED)


@dataclass(frozen=True)
class SlipFacts:
    """What the rules look at.

    Attributes:
        is_open: Whether the issue is still to be solved.
        waits_for_verification: Whether the unit has done its part; then it isn't overdue.
        overdue_hours: Working hours since its deadline; 0: none has passed.
        returns: Times that a rectification was returned.
        recurred_days: How many days ago the problem came back to its place, each time.
        slips: What was given or proposed so far.
    """

    is_open: bool
    waits_for_verification: bool = False
    overdue_hours: float = 0.0
    returns: int = 0
    recurred_days: tuple[float, ...] = ()
    slips: tuple[Given, ...] = ()


@dataclass(frozen=True)
class Earned:
    """A slip that is due: by which rule, and what was found (hours or times)."""

    rule: Rule
    measured: float


def next_slip(facts: SlipFacts, rules: Iterable[Rule]) -> Earned | None:
    """Return the gravest slip that is due, or None.

    Nothing is due while one waits for approval, nor after a red one. A colour is given once for one cause, dropped
    ones included, and never a milder one than the unit has got already. The order of colours is the rules' `after`.
    """
    is_over = any(
        slip.state == SlipState.PROPOSED or (slip.is_issued and slip.colour == Colour.RED) for slip in facts.slips
    )
    if not facts.is_open or is_over:
        return None
    gravest = max((GRAVITY[slip.colour] for slip in facts.slips if slip.is_issued), default=0)
    used = {(slip.colour, slip.cause) for slip in facts.slips}
    due = [
        Earned(rule, measured)
        for rule in rules
        if GRAVITY[rule.colour] >= gravest
        and (rule.colour, rule.reason) not in used
        and (measured := _measured(facts, rule)) is not None
        and measured >= rule.threshold
    ]
    return max(due, key=lambda earned: GRAVITY[earned.rule.colour], default=None)


def check_by_hand(colour: Colour, cause: str, slips: Sequence[Given], rules: Iterable[Rule]) -> None:
    """Check a slip that a person proposes.

    Raises:
        ServiceError: One waits for approval, this one was given for the same cause, or it skips a colour.
    """
    if any(slip.state == SlipState.PROPOSED for slip in slips):
        raise conflict("slip_waiting", "该案件已有待审批的督办单", "a slip of this issue waits for approval already")
    zh, en = COLOURS[colour][0]
    if any(slip.colour == colour and slip.cause == cause for slip in slips):
        raise conflict("slip_repeated", f"已因同一事由提出过{zh}", f"a {en.lower()} was proposed for this already")
    if GRAVITY[colour] == 0:
        return
    milder = list(Colour)[GRAVITY[colour] - 1]
    may_skip = any(rule.colour == colour and rule.after is None for rule in rules)
    if not may_skip and not any(slip.is_issued and GRAVITY[slip.colour] >= GRAVITY[milder] for slip in slips):
        raise _skips(colour, milder)


def check_rules(rules: Sequence[Rule]) -> None:
    """Check a table of rules.

    Raises:
        ServiceError: A rule asks for a colour that isn't milder than its own, or `slipped` for none.
    """
    for number, rule in enumerate(rules, 1):
        if rule.after is not None and GRAVITY[rule.after] >= GRAVITY[rule.colour]:
            raise invalid(
                "rule_order",
                f"第 {number} 条：前置颜色须轻于本单颜色",
                f"rule {number}: the colour before has to be milder than the rule's own",
            )
        if rule.reason == Reason.SLIPPED and rule.after is None:
            raise invalid(
                "rule_after",
                f"第 {number} 条：“前单后仍超期”须选择前置颜色",
                f"rule {number}: “still overdue after a slip” needs the colour of that slip",
            )


def _skips(colour: Colour, milder: Colour) -> ServiceError:
    zh, en = COLOURS[colour][0]
    before_zh, before_en = COLOURS[milder][0]
    return conflict(
        "slip_skips",
        f"签发{zh}前须先签发{before_zh}",
        f"a {before_en.lower()} has to be issued before a {en.lower()}",
    )


def _measured(facts: SlipFacts, rule: Rule) -> float | None:
    """Return what the rule compares with its threshold; None where there is nothing to compare."""
    issued = [slip for slip in facts.slips if slip.is_issued and slip.colour == rule.after]
    if rule.after is not None and not issued:
        return None
    overdue = 0.0 if facts.waits_for_verification else facts.overdue_hours
    if rule.reason == Reason.OVERDUE:
        return overdue or None
    if rule.reason == Reason.RETURNED:
        return facts.returns or None
    if rule.reason == Reason.RECURRED:
        return sum(days <= rule.window_days for days in facts.recurred_days) or None
    return max(slip.hours_since for slip in issued) if overdue and issued else None
