"""The table that says when a slip is proposed."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.api.dependencies import Reading, Writing, allow
from service.domain.roles import Actor, Permission
from service.domain.slips import Colour, Reason, Rule, check_rules
from service.errors import invalid
from service.fields import Id
from service.store.rules import Slip, SlipRule

__all__ = ["SlipRuleFields", "SlipRules", "router", "rules_out"]

router = APIRouter(prefix="/api/v1", tags=["slips"])
Manager = Annotated[Actor, allow(Permission.MANAGE)]


class SlipRuleFields(BaseModel):
    """A rule; without an id it is a new one."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: Id | None = None
    colour: Colour
    reason: Reason
    threshold: float = Field(
        gt=0,
        le=10_000,
        allow_inf_nan=False,
        description="Working hours overdue, returns, recurrences; `slipped`: working hours since the slip before.",
    )
    window_days: float = Field(
        default=30, gt=0, le=3660, allow_inf_nan=False, description="In which recurrences count."
    )
    after: Colour | Literal[""] = Field(default="", description="Colour that has to be issued before; empty: none.")
    is_active: bool = True


class SlipRules(BaseModel):
    """All rules; a PUT replaces those that were there."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "rules": [
                    {"colour": "white", "reason": "overdue", "threshold": 0.5},
                    {"colour": "yellow", "reason": "slipped", "threshold": 7.5, "after": "white"},
                ]
            }
        },
    )

    rules: list[SlipRuleFields] = Field(max_length=100)


@router.get("/slip-rules")
def get_rules(_actor: Manager, session: Reading) -> SlipRules:
    """Return the rules."""
    return rules_out(session)


@router.put("/slip-rules")
def put_rules(body: SlipRules, _actor: Manager, session: Writing) -> SlipRules:
    """Replace the rules; one that slips were given by is kept for their sake, switched off."""
    check_rules([_rule(rule) for rule in body.rules])
    present = {rule.id: rule for rule in session.scalars(select(SlipRule))}
    kept = [rule.id for rule in body.rules if rule.id is not None]
    if len(set(kept)) < len(kept) or not present.keys() >= set(kept):
        raise invalid("rule_unknown", "规则编号重复或不存在", "an id occurs twice, or there is no such rule")
    used = set(session.scalars(select(Slip.rule_id).where(Slip.rule_id.is_not(None)).distinct()))
    for rule_id in present.keys() - set(kept):
        if rule_id in used:
            present[rule_id].is_active = False
        else:
            session.delete(present[rule_id])
    for fields in body.rules:
        row = present.get(fields.id or 0) or SlipRule()
        for name, value in fields.model_dump(exclude={"id"}).items():
            setattr(row, name, value)
        session.add(row)
    session.flush()
    return rules_out(session)


def rules_out(session: Session) -> SlipRules:
    """Return the rules, in the order in which they were made."""
    rows = session.scalars(select(SlipRule).order_by(SlipRule.id))
    return SlipRules(rules=[SlipRuleFields.model_validate(row) for row in rows])


def _rule(fields: SlipRuleFields) -> Rule:
    return Rule(
        fields.id or 0,
        fields.colour,
        fields.reason,
        fields.threshold,
        fields.window_days,
        Colour(fields.after) if fields.after else None,
    )
