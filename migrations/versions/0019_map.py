"""What cases did at the elements of their diagrams, and what that adds up to: the living map."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")


def upgrade() -> None:
    op.create_table(
        "map_case",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("office_key", sa.String(64), nullable=False),
        sa.Column("unit_key", sa.String(64), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("apart", sa.Boolean(), nullable=False),
        sa.Column("walk", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["case.id"], name=op.f("fk_map_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_map_case")),
    )
    op.create_index("ix_map_case_received", "map_case", ["received_at", "id"])
    op.create_table(
        "map_count",
        sa.Column("process", sa.String(64), nullable=False),
        sa.Column("office_key", sa.String(64), nullable=False),
        sa.Column("unit_key", sa.String(64), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("elements", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint(
            "process", "office_key", "unit_key", "category", "month", name=op.f("pk_map_count")
        ),
    )
    op.create_table(
        "map_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("upto", _KEY, nullable=True),
        sa.Column("swept_on", sa.Date(), nullable=True),
        sa.Column("calendar_revision", sa.Integer(), nullable=False),
        sa.Column("organisation_revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_map_state")),
    )


def downgrade() -> None:
    op.drop_table("map_state")
    op.drop_table("map_count")
    op.drop_index("ix_map_case_received", table_name="map_case")
    op.drop_table("map_case")
