"""The life of an issue: 疑似 → 待派单 → 处理中 → 待核查 → 已结案 / 退回整改, and 注销. No step is taken anywhere else.

After CJJ/T 106: who handles a case never closes it, and nothing is closed without a photo of the place afterwards.
"""

from dataclasses import dataclass
from enum import StrEnum

from service.domain.roles import Actor, Permission
from service.errors import ServiceError, conflict, forbidden, invalid

__all__ = ["OPEN", "STATES", "STEPS", "Action", "Facts", "State", "Step", "next_state", "possible"]


class State(StrEnum):
    """Where an issue stands."""

    SUSPECTED = "suspected"
    PENDING_DISPATCH = "pending_dispatch"
    IN_PROGRESS = "in_progress"
    PENDING_VERIFICATION = "pending_verification"
    RETURNED = "returned"
    CLOSED = "closed"
    CANCELLED = "cancelled"


# What a state is called, in Chinese and English.
STATES: dict[State, tuple[str, str]] = {
    State.SUSPECTED: ("疑似", "Suspected"),
    State.PENDING_DISPATCH: ("待派单", "To be dispatched"),
    State.IN_PROGRESS: ("处理中", "In progress"),
    State.PENDING_VERIFICATION: ("待核查", "To be verified"),
    State.RETURNED: ("退回整改", "Returned"),
    State.CLOSED: ("已结案", "Closed"),
    State.CANCELLED: ("注销", "Cancelled"),
}
OPEN = frozenset({State.PENDING_DISPATCH, State.IN_PROGRESS, State.PENDING_VERIFICATION, State.RETURNED})


class Action(StrEnum):
    """A step that a person takes."""

    CONFIRM = "confirm"
    REJECT = "reject"
    MERGE = "merge"
    DISPATCH = "dispatch"
    SUBMIT = "submit"
    CLOSE = "close"
    RETURN = "return"
    ESCALATE = "escalate"
    CANCEL = "cancel"


@dataclass(frozen=True)
class Step:
    """A step of the life cycle.

    Attributes:
        zh, en: What it is called.
        sources: States that it can be taken from.
        target: State that it leads to.
        permission: What the person needs.
        needs_reason: Whether the person has to say why.
    """

    zh: str
    en: str
    sources: frozenset[State]
    target: State
    permission: Permission
    needs_reason: bool = False


_S = State
STEPS: dict[Action, Step] = {
    Action.CONFIRM: Step("立案", "Confirm", frozenset({_S.SUSPECTED}), _S.PENDING_DISPATCH, Permission.REVIEW),
    Action.REJECT: Step("不立案", "Reject", frozenset({_S.SUSPECTED}), _S.CANCELLED, Permission.REVIEW),
    Action.MERGE: Step(
        "并案", "Merge", frozenset({_S.SUSPECTED, _S.PENDING_DISPATCH}), _S.CANCELLED, Permission.REVIEW
    ),
    Action.DISPATCH: Step(
        "派单", "Dispatch", frozenset({_S.PENDING_DISPATCH, _S.RETURNED}), _S.IN_PROGRESS, Permission.DISPATCH
    ),
    Action.SUBMIT: Step(
        "提交整改",
        "Submit rectification",
        frozenset({_S.IN_PROGRESS, _S.RETURNED}),
        _S.PENDING_VERIFICATION,
        Permission.RECTIFY,
    ),
    Action.CLOSE: Step("核查销号", "Strike off", frozenset({_S.PENDING_VERIFICATION}), _S.CLOSED, Permission.VERIFY),
    Action.RETURN: Step(
        "退回整改", "Return", frozenset({_S.PENDING_VERIFICATION}), _S.RETURNED, Permission.VERIFY, needs_reason=True
    ),
    Action.ESCALATE: Step(
        "吹哨报到",
        "Escalate to a department",
        frozenset({_S.PENDING_DISPATCH, _S.IN_PROGRESS, _S.RETURNED}),
        _S.IN_PROGRESS,
        Permission.SUPERVISE,
        needs_reason=True,
    ),
    Action.CANCEL: Step("注销", "Cancel", OPEN, _S.CANCELLED, Permission.SUPERVISE, needs_reason=True),
}


@dataclass(frozen=True)
class Facts:
    """What the rules need to know of an issue.

    Attributes:
        state: Where it stands.
        unit_ids: Units that answer for it: the responsible unit, the department that it was escalated to.
        handler_ids: Everybody who ever submitted a rectification of it.
        after_photos: Photos taken since it was last dispatched or returned, that show the place afterwards.
    """

    state: State
    unit_ids: tuple[int | None, ...] = ()
    handler_ids: frozenset[int] = frozenset()
    after_photos: int = 0


def next_state(action: Action, actor: Actor, facts: Facts, why: str = "") -> State:
    """Return the state that a step leads to.

    Raises:
        ServiceError: The step can't be taken from this state, by this person, or without what it needs.
    """
    problem = _problem(action, actor, facts)
    if problem:
        raise problem
    step = STEPS[action]
    if step.needs_reason and not why.strip():
        raise invalid("reason_missing", f"“{step.zh}”须写明原因", f"to {step.en.lower()}, say why")
    return step.target


def possible(actor: Actor, facts: Facts) -> list[Action]:
    """Return the steps that the person can take now, in the order of the life cycle; reasons are still to be given."""
    return [action for action in STEPS if _problem(action, actor, facts) is None]


def _problem(action: Action, actor: Actor, facts: Facts) -> ServiceError | None:
    step = STEPS[action]
    if not actor.may(step.permission):
        return forbidden("role", f"您的角色不能“{step.zh}”", f"your role may not {step.en.lower()}")
    if not actor.covers(*facts.unit_ids):
        return forbidden("unit", "该案件不属于您的单位", "the issue isn't one of your unit")
    if facts.state not in step.sources:
        zh, en = STATES[facts.state]
        return conflict(
            "state", f"案件处于“{zh}”，不能“{step.zh}”", f"the issue is {en.lower()}; it can't be: {step.en.lower()}"
        )
    if action in (Action.SUBMIT, Action.CLOSE) and not facts.after_photos:
        return conflict(
            "after_photo_missing", "须先上传整改后照片", "a photo of the place afterwards has to come first"
        )
    if action in (Action.CLOSE, Action.RETURN) and actor.id in facts.handler_ids:
        return forbidden(
            "handler_cannot_verify", "整改人不能核查自己办理的案件", "who handled an issue can't verify it"
        )
    return None
