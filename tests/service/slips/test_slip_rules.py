"""Which slip is due: tables of facts."""

import pytest

from service.domain.slips import (
    DEFAULTS,
    Colour,
    Given,
    Reason,
    Rule,
    SlipFacts,
    SlipState,
    check_by_hand,
    check_rules,
    next_slip,
)
from service.errors import ServiceError

WHITE = Given(Colour.WHITE, Reason.OVERDUE, SlipState.ISSUED, 8)
YELLOW = Given(Colour.YELLOW, Reason.SLIPPED, SlipState.ANSWERED, 20)
RED = Given(Colour.RED, Reason.SLIPPED, SlipState.ISSUED, 1)


def given(colour: Colour, cause: str, state: SlipState, hours: float = 0.0) -> Given:
    return Given(colour, cause, state, hours)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(SlipFacts(True), None, id="nothing is wrong"),
        pytest.param(SlipFacts(True, overdue_hours=0.4), None, id="not overdue enough"),
        pytest.param(SlipFacts(True, overdue_hours=0.5), (Colour.WHITE, Reason.OVERDUE), id="overdue"),
        pytest.param(SlipFacts(True, True, overdue_hours=50), None, id="waits for verification"),
        pytest.param(SlipFacts(False, overdue_hours=50), None, id="closed"),
        pytest.param(SlipFacts(True, returns=1), (Colour.WHITE, Reason.RETURNED), id="returned"),
        pytest.param(SlipFacts(True, returns=9), (Colour.WHITE, Reason.RETURNED), id="no colour is skipped"),
        pytest.param(SlipFacts(True, recurred_days=(5,)), (Colour.WHITE, Reason.RECURRED), id="came back"),
        pytest.param(SlipFacts(True, recurred_days=(31,)), None, id="came back long ago"),
        pytest.param(SlipFacts(True, overdue_hours=9, slips=(WHITE,)), (Colour.YELLOW, Reason.SLIPPED), id="still"),
        pytest.param(SlipFacts(True, slips=(WHITE,)), None, id="after a slip, with a new deadline"),
        pytest.param(SlipFacts(True, True, overdue_hours=9, slips=(WHITE,)), None, id="after a slip, submitted"),
        pytest.param(
            SlipFacts(True, overdue_hours=9, slips=(given(Colour.WHITE, Reason.OVERDUE, SlipState.ISSUED, 7),)),
            None,
            id="too early for the next",
        ),
        pytest.param(
            SlipFacts(True, overdue_hours=9, slips=(given(Colour.WHITE, Reason.OVERDUE, SlipState.PROPOSED),)),
            None,
            id="one waits for approval",
        ),
        pytest.param(
            SlipFacts(True, overdue_hours=9, slips=(given(Colour.WHITE, Reason.OVERDUE, SlipState.DROPPED, 99),)),
            None,
            id="dropped: not again, and nothing follows from it",
        ),
        pytest.param(
            SlipFacts(True, returns=1, slips=(given(Colour.WHITE, Reason.OVERDUE, SlipState.ISSUED, 1),)),
            (Colour.WHITE, Reason.RETURNED),
            id="the same colour for another cause",
        ),
        pytest.param(
            SlipFacts(True, returns=2, slips=(given(Colour.WHITE, Reason.RETURNED, SlipState.ISSUED, 1),)),
            (Colour.YELLOW, Reason.RETURNED),
            id="returned again",
        ),
        pytest.param(SlipFacts(True, returns=1, slips=(WHITE, YELLOW)), None, id="never milder than before"),
        pytest.param(
            SlipFacts(True, overdue_hours=30, slips=(WHITE, YELLOW)), (Colour.RED, Reason.SLIPPED), id="to the last"
        ),
        pytest.param(
            SlipFacts(True, overdue_hours=99, returns=9, slips=(WHITE, YELLOW, RED)), None, id="nothing after red"
        ),
    ],
)
def test_next_slip(facts: SlipFacts, expected: tuple[Colour, Reason] | None) -> None:
    earned = next_slip(facts, DEFAULTS)
    assert (earned and (earned.rule.colour, earned.rule.reason)) == expected


def test_a_table_may_skip() -> None:
    rules = [*DEFAULTS, Rule(1, Colour.RED, Reason.OVERDUE, 40)]
    earned = next_slip(SlipFacts(True, overdue_hours=41), rules)
    assert earned is not None
    assert (earned.rule.colour, earned.measured) == (Colour.RED, 41)


@pytest.mark.parametrize(
    ("colour", "cause", "slips", "code"),
    [
        (Colour.WHITE, "脏", (), None),
        (Colour.YELLOW, "脏", (), "slip_skips"),
        (Colour.RED, "脏", (WHITE,), "slip_skips"),
        (Colour.YELLOW, "脏", (WHITE,), None),
        (Colour.RED, "脏", (WHITE, YELLOW), None),
        (Colour.WHITE, "脏", (given(Colour.WHITE, "脏", SlipState.ISSUED),), "slip_repeated"),
        (Colour.WHITE, "乱", (given(Colour.WHITE, "脏", SlipState.ISSUED),), None),
        (Colour.WHITE, "乱", (given(Colour.WHITE, "脏", SlipState.PROPOSED),), "slip_waiting"),
    ],
)
def test_by_hand(colour: Colour, cause: str, slips: tuple[Given, ...], code: str | None) -> None:
    if code is None:
        check_by_hand(colour, cause, slips, DEFAULTS)
        return
    with pytest.raises(ServiceError) as caught:
        check_by_hand(colour, cause, slips, DEFAULTS)
    assert caught.value.code == code


def test_by_hand_may_skip_where_the_table_does() -> None:
    check_by_hand(Colour.RED, "严重", (), [Rule(1, Colour.RED, Reason.OVERDUE, 40)])


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (Rule(0, Colour.WHITE, Reason.OVERDUE, 1, after=Colour.RED), "rule_order"),
        (Rule(0, Colour.RED, Reason.OVERDUE, 1, after=Colour.RED), "rule_order"),
        (Rule(0, Colour.RED, Reason.SLIPPED, 1), "rule_after"),
    ],
)
def test_rules_are_checked(rule: Rule, code: str) -> None:
    check_rules(DEFAULTS)
    with pytest.raises(ServiceError) as caught:
        check_rules([rule])
    assert caught.value.code == code
