"""The board: cases in progress, their open clocks, and what they add up to."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_MARKS = ("returned", "reopened", "repeated", "confidential", "supervised")
_KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")


def upgrade() -> None:
    op.create_table(
        "board_case",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("office_key", sa.String(64), nullable=False),
        sa.Column("unit_key", sa.String(64), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned", sa.Boolean(), nullable=False),
        sa.Column("reopened", sa.Boolean(), nullable=False),
        sa.Column("repeated", sa.Boolean(), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("supervised", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["case.id"], name=op.f("fk_board_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_case")),
    )
    for mark in _MARKS:
        op.create_index(
            f"ix_board_case_{mark}",
            "board_case",
            ["due_at", "id"],
            unique=False,
            sqlite_where=sa.text(f"{mark} = 1"),
            postgresql_where=sa.text(mark),
        )
    op.create_table(
        "board_clock",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("case_id", _KEY, nullable=False),
        sa.Column("office_key", sa.String(64), nullable=False),
        sa.Column("unit_key", sa.String(64), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("pack_id", _KEY, nullable=False),
        sa.Column("limit", sa.String(64), nullable=False),
        sa.Column("budget", sa.String(32), nullable=False),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["id"], ["deadline.id"], name=op.f("fk_board_clock_id_deadline")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_board_clock_case_id_case")),
        sa.ForeignKeyConstraint(["pack_id"], ["pack.id"], name=op.f("fk_board_clock_pack_id_pack")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_clock")),
    )
    op.create_index("ix_board_clock_case_id", "board_clock", ["case_id"], unique=False)
    op.create_index("ix_board_clock_due", "board_clock", ["due_at", "id"], unique=False)
    op.create_index(
        "ix_board_clock_unit", "board_clock", ["unit_key", "due_at", "id"], unique=False
    )
    op.create_table(
        "board_count",
        sa.Column("office_key", sa.String(64), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("days", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("office_key", name=op.f("pk_board_count")),
    )
    op.create_table(
        "board_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("upto", _KEY, nullable=True),
        sa.Column("swept_on", sa.Date(), nullable=True),
        sa.Column("counted_on", sa.Date(), nullable=True),
        sa.Column("count_ms", sa.Integer(), server_default="0", nullable=False),
        sa.Column("calendar_revision", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_state")),
    )


def downgrade() -> None:
    op.drop_table("board_state")
    op.drop_table("board_count")
    op.drop_table("board_clock")
    op.drop_table("board_case")
