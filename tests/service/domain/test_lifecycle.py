"""The life cycle against a table of its own: every state, action and role; who handled a case never verifies it."""

import itertools

import pytest

from service.domain.lifecycle import OPEN, STATES, STEPS, Action, Facts, State, next_state, possible
from service.domain.roles import Actor, Role
from service.errors import ServiceError

# As CJJ/T 106 and the towns' practice have it, written down independently of the code: from, action, to, who.
TABLE = {
    ("suspected", "confirm"): ("pending_dispatch", "verifier supervisor admin"),
    ("suspected", "reject"): ("cancelled", "verifier supervisor admin"),
    ("suspected", "merge"): ("cancelled", "verifier supervisor admin"),
    ("pending_dispatch", "merge"): ("cancelled", "verifier supervisor admin"),
    ("pending_dispatch", "dispatch"): ("in_progress", "supervisor admin"),
    ("pending_dispatch", "escalate"): ("in_progress", "supervisor admin"),
    ("pending_dispatch", "cancel"): ("cancelled", "supervisor admin"),
    ("in_progress", "submit"): ("pending_verification", "handler"),
    ("in_progress", "escalate"): ("in_progress", "supervisor admin"),
    ("in_progress", "cancel"): ("cancelled", "supervisor admin"),
    ("pending_verification", "close"): ("closed", "verifier supervisor"),
    ("pending_verification", "return"): ("returned", "verifier supervisor"),
    ("pending_verification", "cancel"): ("cancelled", "supervisor admin"),
    ("returned", "submit"): ("pending_verification", "handler"),
    ("returned", "dispatch"): ("in_progress", "supervisor admin"),
    ("returned", "escalate"): ("in_progress", "supervisor admin"),
    ("returned", "cancel"): ("cancelled", "supervisor admin"),
}
NEED_REASON = {"return", "escalate", "cancel"}
EVERY = list(itertools.product(State, Action, Role))
UNIT, ELSEWHERE = 3, 4


def person(role: Role, *units: int, number: int = 1) -> Actor:
    return Actor(number, "somebody", role, frozenset(units) or None)


@pytest.mark.parametrize(("state", "action", "role"), EVERY, ids=str)
def test_every_combination(state: State, action: Action, role: Role) -> None:
    facts = Facts(state, (UNIT, None), frozenset({99}), after_photos=1)
    target, roles = TABLE.get((state.value, action.value), ("", ""))
    allowed = role.value in roles.split()
    assert (action in possible(person(role, UNIT), facts)) is allowed
    if allowed:
        assert next_state(action, person(role, UNIT), facts, "why") == target
        return
    with pytest.raises(ServiceError) as refusal:
        next_state(action, person(role, UNIT), facts, "why")
    has_role = any(role.value in who.split() for (_, name), (_, who) in TABLE.items() if name == action.value)
    assert (refusal.value.status, refusal.value.code) == ((409, "state") if has_role else (403, "role"))


@pytest.mark.parametrize(("state", "action"), list(TABLE), ids="-".join)
def test_other_units_are_refused(state: str, action: str) -> None:
    facts = Facts(State(state), (UNIT, None), after_photos=1)
    for role in TABLE[state, action][1].split():
        with pytest.raises(ServiceError) as refusal:
            next_state(Action(action), person(Role(role), ELSEWHERE), facts, "why")
        assert (refusal.value.status, refusal.value.code) == (403, "unit")
        escalated = Facts(State(state), (ELSEWHERE, UNIT), after_photos=1)  # the department answers for it as well
        assert next_state(Action(action), person(Role(role), UNIT), escalated, "why") == TABLE[state, action][0]


@pytest.mark.parametrize(("state", "action"), list(TABLE), ids="-".join)
@pytest.mark.parametrize("why", ["", "  \n"])
def test_reasons(state: str, action: str, why: str) -> None:
    actor = person(Role(TABLE[state, action][1].split()[0]))
    facts = Facts(State(state), (UNIT,), after_photos=1)
    if action not in NEED_REASON:
        assert next_state(Action(action), actor, facts, why) == TABLE[state, action][0]
        return
    with pytest.raises(ServiceError) as refusal:
        next_state(Action(action), actor, facts, why)
    assert refusal.value.code == "reason_missing"


@pytest.mark.parametrize("role", [Role.VERIFIER, Role.SUPERVISOR])
@pytest.mark.parametrize("action", [Action.CLOSE, Action.RETURN])
def test_handler_never_verifies(role: Role, action: Action) -> None:
    facts = Facts(State.PENDING_VERIFICATION, (UNIT,), frozenset({1, 8}), after_photos=1)
    with pytest.raises(ServiceError) as refusal:
        next_state(action, person(role), facts, "why")  # whatever role they have now, they handled it once
    assert refusal.value.code == "handler_cannot_verify"
    assert action not in possible(person(role), facts)
    assert action in possible(person(role, number=2), facts)


@pytest.mark.parametrize("state", [State.IN_PROGRESS, State.RETURNED])
def test_submitting_needs_a_photo(state: State) -> None:
    with pytest.raises(ServiceError) as refusal:
        next_state(Action.SUBMIT, person(Role.HANDLER), Facts(state))
    assert (refusal.value.status, refusal.value.code) == (409, "after_photo_missing")


def test_closing_needs_a_photo() -> None:
    facts = Facts(State.PENDING_VERIFICATION)
    with pytest.raises(ServiceError) as refusal:
        next_state(Action.CLOSE, person(Role.VERIFIER), facts)
    assert refusal.value.code == "after_photo_missing"
    assert possible(person(Role.VERIFIER), facts) == [Action.RETURN]


def test_table_covers_the_life() -> None:
    assert set(STEPS) == set(Action)
    assert set(STATES) == set(State)
    ends = {State.CLOSED, State.CANCELLED}
    assert {State(state) for state, _ in TABLE} == set(State) - ends
    assert set(State) - ends - {State.SUSPECTED} == OPEN
