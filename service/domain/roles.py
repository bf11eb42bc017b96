"""Who may do what: roles, permissions, and the person who acts."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["PERMISSIONS", "ROLES", "Actor", "Permission", "Role"]


class Role(StrEnum):
    """What a person is in the town's workflow."""

    REPORTER = "reporter"
    HANDLER = "handler"
    VERIFIER = "verifier"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


# What a role is called, in Chinese and English.
ROLES: dict[Role, tuple[str, str]] = {
    Role.REPORTER: ("巡查员", "Reporter"),
    Role.HANDLER: ("经办人", "Handler"),
    Role.VERIFIER: ("核查员", "Verifier"),
    Role.SUPERVISOR: ("督办员", "Supervisor"),
    Role.ADMIN: ("管理员", "Administrator"),
}


class Permission(StrEnum):
    """What a route or a step of the life cycle asks for."""

    UPLOAD = "upload"
    SEE_ISSUES = "see_issues"  # those of one's units, and what one reported
    REVIEW = "review"
    DISPATCH = "dispatch"
    RECTIFY = "rectify"
    VERIFY = "verify"
    SUPERVISE = "supervise"  # escalate, cancel, slips, import of the ledger
    EXPORT = "export"  # ledger, records of the standards
    SEE_NUMBERS = "see_numbers"  # phone numbers on postings, unmasked
    MANAGE = "manage"  # units, people, grids, rules, webhooks, model


EVERYBODY = frozenset(Role)
PERMISSIONS: dict[Permission, frozenset[Role]] = {
    Permission.UPLOAD: EVERYBODY,
    Permission.SEE_ISSUES: EVERYBODY,
    Permission.REVIEW: frozenset({Role.VERIFIER, Role.SUPERVISOR, Role.ADMIN}),
    Permission.DISPATCH: frozenset({Role.SUPERVISOR, Role.ADMIN}),
    Permission.RECTIFY: frozenset({Role.HANDLER}),
    Permission.VERIFY: frozenset({Role.VERIFIER, Role.SUPERVISOR}),
    Permission.SUPERVISE: frozenset({Role.SUPERVISOR, Role.ADMIN}),
    Permission.EXPORT: frozenset({Role.HANDLER, Role.VERIFIER, Role.SUPERVISOR, Role.ADMIN}),
    Permission.SEE_NUMBERS: frozenset({Role.SUPERVISOR, Role.ADMIN}),
    Permission.MANAGE: frozenset({Role.ADMIN}),
}


@dataclass(frozen=True)
class Actor:
    """The person who acts.

    Attributes:
        id: Of the user.
        name: As the history shows it.
        role: What they are.
        unit_ids: Their unit and all below it; None: the whole town.
    """

    id: int
    name: str
    role: Role
    unit_ids: frozenset[int] | None

    def may(self, permission: Permission) -> bool:
        """Whether the role has the permission."""
        return self.role in PERMISSIONS[permission]

    def covers(self, *unit_ids: int | None) -> bool:
        """Whether one of the units is among theirs."""
        return self.unit_ids is None or any(unit in self.unit_ids for unit in unit_ids if unit is not None)
