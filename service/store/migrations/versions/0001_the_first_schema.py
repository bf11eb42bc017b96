"""The first schema.

Revision: 0001
Follows: None
"""

import sqlalchemy as sa
from alembic import op

from service.store.append_only import append_only_ddl, append_only_drop

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "deadline_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=30), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.Column("amount", sa.Double(), nullable=False),
        sa.Column("clock", sa.String(length=20), nullable=False),
        sa.Column("for_department", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_rules")),
    )
    op.create_table(
        "settings",
        sa.Column("key", sa.String(length=50), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_settings")),
    )
    op.create_table(
        "slip_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("colour", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("window_days", sa.Double(), nullable=False),
        sa.Column("after", sa.String(length=10), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slip_rules")),
    )
    op.create_table(
        "units",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=18), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("head", sa.String(length=50), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["units.id"], name=op.f("fk_units_parent_id"), deferrable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
        sa.UniqueConstraint("name", name=op.f("uq_units_name")),
    )
    op.create_index(op.f("ix_units_parent_id"), "units", ["parent_id"], unique=False)

    op.create_table(
        "grids",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=15), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("head", sa.String(length=50), nullable=False),
        sa.Column("head_phone", sa.String(length=30), nullable=False),
        sa.Column("contact", sa.String(length=50), nullable=False),
        sa.Column("contact_phone", sa.String(length=30), nullable=False),
        sa.Column("geometry", sa.JSON(), nullable=True),
        sa.Column("datum", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["grids.id"], name=op.f("fk_grids_parent_id"), deferrable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_grids_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grids")),
        sa.UniqueConstraint("code", name=op.f("uq_grids_code")),
    )
    op.create_index(op.f("ix_grids_parent_id"), "grids", ["parent_id"], unique=False)
    op.create_index(op.f("ix_grids_unit_id"), "grids", ["unit_id"], unique=False)

    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=50), nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_users_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
    op.create_index(op.f("ix_users_unit_id"), "users", ["unit_id"], unique=False)

    op.create_table(
        "webhooks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("secret", sa.String(length=200), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_webhooks_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sa.UniqueConstraint("name", name=op.f("uq_webhooks_name")),
    )
    op.create_table(
        "answered_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_answered_requests_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answered_requests")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_answered_requests_user_id_key")),
    )
    op.create_index(op.f("ix_answered_requests_at"), "answered_requests", ["at"], unique=False)

    op.create_table(
        "api_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_api_tokens")),
    )
    op.create_index(op.f("ix_api_tokens_user_id"), "api_tokens", ["user_id"], unique=False)

    op.create_table(
        "login_links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_login_links_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_login_links")),
    )
    op.create_index(op.f("ix_login_links_user_id"), "login_links", ["user_id"], unique=False)

    op.create_table(
        "login_sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("csrf_token", sa.String(length=64), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_login_sessions_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_login_sessions")),
    )
    op.create_index(op.f("ix_login_sessions_user_id"), "login_sessions", ["user_id"], unique=False)

    op.create_table(
        "sites",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("datum", sa.String(length=10), nullable=False),
        sa.Column("standard", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["grids.id"], name=op.f("fk_sites_grid_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("name", name=op.f("uq_sites_name")),
    )
    op.create_index(op.f("ix_sites_grid_id"), "sites", ["grid_id"], unique=False)

    op.create_table(
        "issues",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=30), nullable=False),
        sa.Column("standard", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("code_name", sa.String(length=50), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("datum", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=256), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("reporter_id", sa.Integer(), nullable=True),
        sa.Column("found", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("presence", sa.String(length=10), nullable=False),
        sa.Column("recurrence_of_id", sa.Integer(), nullable=True),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("handler_id", sa.Integer(), nullable=True),
        sa.Column("measure", sa.String(length=500), nullable=False),
        sa.Column("dispatched", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated", sa.DateTime(timezone=True), nullable=True),
        sa.Column("department_deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returns", sa.Integer(), nullable=False),
        sa.Column("is_hard_negative", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["units.id"], name=op.f("fk_issues_department_id")),
        sa.ForeignKeyConstraint(["grid_id"], ["grids.id"], name=op.f("fk_issues_grid_id")),
        sa.ForeignKeyConstraint(["handler_id"], ["users.id"], name=op.f("fk_issues_handler_id")),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["issues.id"], name=op.f("fk_issues_merged_into_id"), deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["recurrence_of_id"], ["issues.id"], name=op.f("fk_issues_recurrence_of_id"), deferrable=True
        ),
        sa.ForeignKeyConstraint(["reporter_id"], ["users.id"], name=op.f("fk_issues_reporter_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_issues_site_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_issues_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issues")),
    )
    op.create_index(
        "ix_issues_found",
        "issues",
        [
            "found",
            "id",
            "state",
            "category",
            "severity",
            "unit_id",
            "department_id",
            "reporter_id",
            "grid_id",
            "site_id",
            "handler_id",
            "recurrence_of_id",
            "deadline",
            "department_deadline",
        ],
        unique=False,
    )
    op.create_index("ix_issues_grid_state_seen", "issues", ["grid_id", "state", "last_seen"], unique=False)
    op.create_index("ix_issues_latitude_longitude", "issues", ["latitude", "longitude"], unique=False)
    op.create_index("ix_issues_site_state_seen", "issues", ["site_id", "state", "last_seen"], unique=False)
    op.create_index(
        "ix_issues_state_ended",
        "issues",
        ["state", "ended", "unit_id", "department_id", "reporter_id", "submitted", "deadline", "department_deadline"],
        unique=False,
    )
    op.create_index(
        "ix_issues_state_found",
        "issues",
        [
            "state",
            "found",
            "id",
            "unit_id",
            "department_id",
            "reporter_id",
            "grid_id",
            "category",
            "deadline",
            "department_deadline",
        ],
        unique=False,
    )

    op.create_table(
        "photos",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content_type", sa.String(length=30), nullable=False),
        sa.Column("byte_count", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=True),
        sa.Column("reporter_id", sa.Integer(), nullable=False),
        sa.Column("received", sa.DateTime(timezone=True), nullable=False),
        sa.Column("captured", sa.DateTime(timezone=True), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("datum", sa.String(length=10), nullable=False),
        sa.Column("grid_id", sa.Integer(), nullable=True),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("given", sa.JSON(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(length=30), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("boxes", sa.JSON(), nullable=True),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("finished", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["grid_id"], ["grids.id"], name=op.f("fk_photos_grid_id")),
        sa.ForeignKeyConstraint(["reporter_id"], ["users.id"], name=op.f("fk_photos_reporter_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_photos_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photos")),
        sa.UniqueConstraint("sha256", name=op.f("uq_photos_sha256")),
    )
    op.create_index("ix_photos_due", "photos", ["state", "due"], unique=False)
    op.create_index(op.f("ix_photos_grid_id"), "photos", ["grid_id"], unique=False)
    op.create_index(op.f("ix_photos_issue_id"), "photos", ["issue_id"], unique=False)
    op.create_index(op.f("ix_photos_received"), "photos", ["received"], unique=False)
    op.create_index("ix_photos_reporter_received", "photos", ["reporter_id", "received"], unique=False)
    op.create_index(op.f("ix_photos_site_id"), "photos", ["site_id"], unique=False)

    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("photo_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("boxes", sa.JSON(), nullable=False),
        sa.Column("corrected", sa.JSON(), nullable=True),
        sa.Column("corrected_by_id", sa.Integer(), nullable=True),
        sa.Column("comparison", sa.JSON(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["corrected_by_id"], ["users.id"], name=op.f("fk_evidence_corrected_by_id")),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_evidence_issue_id")),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], name=op.f("fk_evidence_photo_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index("ix_evidence_issue_kind", "evidence", ["issue_id", "kind"], unique=False)
    op.create_index(op.f("ix_evidence_photo_id"), "evidence", ["photo_id"], unique=False)

    op.create_table(
        "history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("user_name", sa.String(length=50), nullable=False),
        sa.Column("action", sa.String(length=30), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=False),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_history_issue_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_history_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
    )
    op.create_index(op.f("ix_history_issue_id"), "history", ["issue_id"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(length=30), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("is_spread", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_outbox_issue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_is_spread"), "outbox", ["is_spread"], unique=False)

    op.create_table(
        "slips",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("colour", sa.String(length=10), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("proposed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("decided", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decision", sa.String(length=300), nullable=False),
        sa.Column("answer", sa.String(length=500), nullable=False),
        sa.Column("answered", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_slips_decided_by_id")),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_slips_issue_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["users.id"], name=op.f("fk_slips_proposed_by_id")),
        sa.ForeignKeyConstraint(["rule_id"], ["slip_rules.id"], name=op.f("fk_slips_rule_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_slips_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slips")),
    )
    op.create_index(op.f("ix_slips_issue_id"), "slips", ["issue_id"], unique=False)
    op.create_index("ix_slips_state_proposed", "slips", ["state", "proposed"], unique=False)
    op.create_index(op.f("ix_slips_unit_id"), "slips", ["unit_id"], unique=False)

    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("outbox_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("sent", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_deliveries_outbox_id")),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name=op.f("fk_deliveries_webhook_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("webhook_id", "outbox_id", name=op.f("uq_deliveries_webhook_id_outbox_id")),
    )
    op.create_index("ix_deliveries_state_due", "deliveries", ["state", "due"], unique=False)
    op.create_index(op.f("ix_deliveries_webhook_id"), "deliveries", ["webhook_id"], unique=False)

    op.create_table(
        "posting_readings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("evidence_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_posting_readings_evidence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting_readings")),
        sa.UniqueConstraint("evidence_id", name=op.f("uq_posting_readings_evidence_id")),
    )
    op.create_table(
        "advertised_numbers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reading_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("as_written", sa.String(length=50), nullable=False),
        sa.ForeignKeyConstraint(["reading_id"], ["posting_readings.id"], name=op.f("fk_advertised_numbers_reading_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advertised_numbers")),
        sa.UniqueConstraint("reading_id", "number", name=op.f("uq_advertised_numbers_reading_id_number")),
    )
    op.create_index(op.f("ix_advertised_numbers_number"), "advertised_numbers", ["number"], unique=False)
    op.create_index(op.f("ix_advertised_numbers_reading_id"), "advertised_numbers", ["reading_id"], unique=False)
    with op.batch_alter_table("photos") as photos:  # photos and issues name each other
        photos.create_foreign_key("fk_photos_issue_id", "issues", ["issue_id"], ["id"], deferrable=True)
    for statement in append_only_ddl(op.get_context().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Take it back."""
    for statement in append_only_drop(op.get_context().dialect.name):
        op.execute(statement)
    with op.batch_alter_table("photos") as photos:
        photos.drop_constraint("fk_photos_issue_id", type_="foreignkey")
    op.drop_index(op.f("ix_advertised_numbers_reading_id"), table_name="advertised_numbers")
    op.drop_index(op.f("ix_advertised_numbers_number"), table_name="advertised_numbers")

    op.drop_table("advertised_numbers")
    op.drop_table("posting_readings")
    op.drop_index(op.f("ix_deliveries_webhook_id"), table_name="deliveries")
    op.drop_index("ix_deliveries_state_due", table_name="deliveries")

    op.drop_table("deliveries")
    op.drop_index(op.f("ix_slips_unit_id"), table_name="slips")
    op.drop_index("ix_slips_state_proposed", table_name="slips")
    op.drop_index(op.f("ix_slips_issue_id"), table_name="slips")

    op.drop_table("slips")
    op.drop_index(op.f("ix_outbox_is_spread"), table_name="outbox")

    op.drop_table("outbox")
    op.drop_index(op.f("ix_history_issue_id"), table_name="history")

    op.drop_table("history")
    op.drop_index(op.f("ix_evidence_photo_id"), table_name="evidence")
    op.drop_index("ix_evidence_issue_kind", table_name="evidence")

    op.drop_table("evidence")
    op.drop_index(op.f("ix_photos_site_id"), table_name="photos")
    op.drop_index("ix_photos_reporter_received", table_name="photos")
    op.drop_index(op.f("ix_photos_received"), table_name="photos")
    op.drop_index(op.f("ix_photos_issue_id"), table_name="photos")
    op.drop_index(op.f("ix_photos_grid_id"), table_name="photos")
    op.drop_index("ix_photos_due", table_name="photos")

    op.drop_table("photos")
    op.drop_index("ix_issues_state_found", table_name="issues")
    op.drop_index("ix_issues_state_ended", table_name="issues")
    op.drop_index("ix_issues_site_state_seen", table_name="issues")
    op.drop_index("ix_issues_latitude_longitude", table_name="issues")
    op.drop_index("ix_issues_grid_state_seen", table_name="issues")
    op.drop_index("ix_issues_found", table_name="issues")

    op.drop_table("issues")
    op.drop_index(op.f("ix_sites_grid_id"), table_name="sites")

    op.drop_table("sites")
    op.drop_index(op.f("ix_login_sessions_user_id"), table_name="login_sessions")

    op.drop_table("login_sessions")
    op.drop_index(op.f("ix_login_links_user_id"), table_name="login_links")

    op.drop_table("login_links")
    op.drop_index(op.f("ix_api_tokens_user_id"), table_name="api_tokens")

    op.drop_table("api_tokens")
    op.drop_index(op.f("ix_answered_requests_at"), table_name="answered_requests")

    op.drop_table("answered_requests")
    op.drop_table("webhooks")
    op.drop_index(op.f("ix_users_unit_id"), table_name="users")

    op.drop_table("users")
    op.drop_index(op.f("ix_grids_unit_id"), table_name="grids")
    op.drop_index(op.f("ix_grids_parent_id"), table_name="grids")

    op.drop_table("grids")
    op.drop_index(op.f("ix_units_parent_id"), table_name="units")

    op.drop_table("units")
    op.drop_table("slip_rules")
    op.drop_table("settings")
    op.drop_table("deadline_rules")
