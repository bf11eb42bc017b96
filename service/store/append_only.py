"""What makes a database refuse changes of the history: triggers, so that not even the program can rewrite it."""

__all__ = ["append_only_ddl", "append_only_drop"]

SQLITE = """CREATE TRIGGER history_no_{name} BEFORE {name} ON history
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END"""
FUNCTION = """CREATE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'history is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$"""
POSTGRESQL = """CREATE TRIGGER history_no_{name} BEFORE {name} ON history
FOR EACH STATEMENT EXECUTE FUNCTION history_is_append_only()"""


def append_only_ddl(dialect: str) -> list[str]:
    """Return the statements that protect the table `history`.

    Args:
        dialect: `sqlite` or `postgresql`.
    """
    if dialect == "sqlite":
        return [SQLITE.format(name=name) for name in ("update", "delete")]
    return [FUNCTION, *(POSTGRESQL.format(name=name) for name in ("update", "delete", "truncate"))]


def append_only_drop(dialect: str) -> list[str]:
    """Return the statements that take the protection away, for the way down of a migration."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER history_no_{name}" for name in ("update", "delete")]
    return [
        *(f"DROP TRIGGER history_no_{name} ON history" for name in ("update", "delete", "truncate")),
        "DROP FUNCTION history_is_append_only()",
    ]
