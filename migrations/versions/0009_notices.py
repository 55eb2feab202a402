"""Notices: to whom, by which channel, when."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("case_id", KEY, nullable=True),
        sa.Column("task_id", KEY, nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("plan_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_notice_person_id_person")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_notice_case_id_case")),
        sa.ForeignKeyConstraint(
            ["task_id"], ["user_task.id"], name=op.f("fk_notice_task_id_user_task")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("person_id", "origin", name=op.f("uq_notice_person_id_origin")),
    )
    op.create_index(op.f("ix_notice_case_id"), "notice", ["case_id"])
    _partial("ix_notice_unread", "notice", "person_id", "read_at IS NULL")
    _partial("ix_notice_planning", "notice", "plan_at", "plan_at IS NOT NULL")
    op.create_table(
        "notice_setting",
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("outside", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("any_hour", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_notice_setting_person_id_person")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_notice_setting")),
    )
    _partial("ix_outbox_dead", "outbox", "id", "sent_at IS NULL AND next_at IS NULL")


def downgrade() -> None:
    op.drop_index("ix_outbox_dead", table_name="outbox")
    op.drop_table("notice_setting")
    op.drop_table("notice")


def _partial(name: str, table: str, column: str, where: str) -> None:
    op.create_index(
        name, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )
