"""Digests and instructions."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")


def upgrade() -> None:
    """Three tables."""
    op.create_table(
        "digest",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("pack_key", sa.String(64), nullable=False),
        sa.Column("office_key", sa.String(64), nullable=False),
        sa.Column("offices", sa.JSON(), nullable=False),
        sa.Column("period", sa.String(48), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", _KEY, nullable=True),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by", _KEY, nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_by", _KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["office_key"], ["unit.key"], name=op.f("fk_digest_office_key_unit")
        ),
        *(
            sa.ForeignKeyConstraint([name], ["person.id"], name=op.f(f"fk_digest_{name}_person"))
            for name in ("made_by", "sent_by", "issued_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
        sa.UniqueConstraint(
            "office_key", "kind", "period", name=op.f("uq_digest_office_key_kind_period")
        ),
        sa.UniqueConstraint(
            "office_key", "kind", "number", name=op.f("uq_digest_office_key_kind_number")
        ),
    )
    op.create_index("ix_digest_made_at", "digest", ["made_at"])
    op.create_table(
        "digest_number",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("digest_id", _KEY, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("show", sa.String(16), nullable=False),
        sa.Column("snapshot_id", _KEY, nullable=False),
        sa.Column("added", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest_id"], ["digest.id"], name=op.f("fk_digest_number_digest_id_digest")
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["snapshot.id"], name=op.f("fk_digest_number_snapshot_id_snapshot")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_number")),
        sa.UniqueConstraint("digest_id", "key", name=op.f("uq_digest_number_digest_id_key")),
    )
    op.create_table(
        "instruction",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("digest_id", _KEY, nullable=False),
        sa.Column("office_key", sa.String(64), nullable=False),
        sa.Column("line", sa.String(80), nullable=False),
        sa.Column("quoted", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("leader", sa.String(80), nullable=False),
        sa.Column("unit_key", sa.String(64), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", _KEY, nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["digest_id"], ["digest.id"], name=op.f("fk_instruction_digest_id_digest")
        ),
        sa.ForeignKeyConstraint(
            ["office_key"], ["unit.key"], name=op.f("fk_instruction_office_key_unit")
        ),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["unit.key"], name=op.f("fk_instruction_unit_key_unit")
        ),
        sa.ForeignKeyConstraint(
            ["given_by"], ["person.id"], name=op.f("fk_instruction_given_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instruction")),
    )
    op.create_index(op.f("ix_instruction_digest_id"), "instruction", ["digest_id"])
    op.create_index("ix_instruction_unit", "instruction", ["unit_key", "status"])
    op.create_index(
        "ix_instruction_not_done",
        "instruction",
        ["office_key"],
        sqlite_where=sa.text("status <> 'done'"),
        postgresql_where=sa.text("status <> 'done'"),
    )


def downgrade() -> None:
    """Gone again."""
    op.drop_table("instruction")
    op.drop_table("digest_number")
    op.drop_table("digest")
