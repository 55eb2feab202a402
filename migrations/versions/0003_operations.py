"""Operating: batches, what was done about an incident, steps passed over, failed deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_batch_asked_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    op.create_table(
        "batch_item",
        sa.Column("id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column(
            "incident_id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False
        ),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batch.id"], name=op.f("fk_batch_item_batch_id_batch")
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_batch_item_incident_id_incident")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_item")),
        sa.UniqueConstraint(
            "batch_id", "incident_id", name=op.f("uq_batch_item_batch_id_incident_id")
        ),
    )
    op.add_column("instance", sa.Column("skips", sa.JSON(), nullable=True))
    op.add_column(
        "message", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False)
    )
    with op.batch_alter_table("incident") as batch:
        batch.add_column(
            sa.Column(
                "definition_id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=True
            )
        )
        batch.add_column(
            sa.Column("cause", sa.String(length=200), server_default="", nullable=False)
        )
        batch.add_column(
            sa.Column("settled_as", sa.String(length=16), server_default="", nullable=False)
        )
        batch.add_column(sa.Column("remark", sa.Text(), server_default="", nullable=False))
        batch.create_foreign_key(
            batch.f("fk_incident_definition_id_definition"), "definition", ["definition_id"], ["id"]
        )
        batch.create_index(
            "ix_incident_open",
            ["occurred_at"],
            unique=False,
            sqlite_where=sa.text("resolved_at IS NULL"),
            postgresql_where=sa.text("resolved_at IS NULL"),
        )
    op.create_table(
        "anchor",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("changes", sa.LargeBinary(length=32), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("slips", sa.Integer(), nullable=False),
        sa.Column("matters", sa.Integer(), nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("tallies", sa.JSON(), nullable=False),
        sa.Column("blinding", sa.LargeBinary(length=32), nullable=False),
        sa.Column("buckets", sa.Integer(), nullable=False),
        sa.Column("nodes", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_anchor")),
        sa.UniqueConstraint("on", name=op.f("uq_anchor_on")),
    )
    op.create_table(
        "anchor_bucket",
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_anchor_bucket")),
    )
    op.create_table(
        "anchor_change",
        sa.Column("anchor_number", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["anchor_number"],
            ["anchor.number"],
            name=op.f("fk_anchor_change_anchor_number_anchor"),
        ),
        sa.PrimaryKeyConstraint("anchor_number", "part", name=op.f("pk_anchor_change")),
    )


def downgrade() -> None:
    for name in ("anchor_change", "anchor_bucket", "anchor"):
        op.drop_table(name)
    with op.batch_alter_table("incident") as batch:
        batch.drop_index("ix_incident_open")
        batch.drop_constraint(batch.f("fk_incident_definition_id_definition"), type_="foreignkey")
        for name in ("remark", "settled_as", "cause", "definition_id"):
            batch.drop_column(name)
    with op.batch_alter_table("message") as batch:
        batch.drop_column("attempts")
    with op.batch_alter_table("instance") as batch:
        batch.drop_column("skips")
    op.drop_table("batch_item")
    op.drop_table("batch")
