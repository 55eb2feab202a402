"""Samples of callbacks; whose call was no evidence; indexes of what rates count by date."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Whoever counts, counts for some offices: what a small one asks is found among many.
_BY_DATE = (
    ("case_figure", "received", "received_at"),
    ("case_figure", "due", "due_at"),
    ("case_figure", "contact_due", "contact_due_at"),
    ("case_figure", "closed", "closed_at"),
    ("case_figure", "slip", "slip_at"),
    ("slip_figure", "issued", "issued_at"),
    ("slip_figure", "due", "due_at"),
)
_KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")


def upgrade() -> None:
    op.create_table(
        "callback_draw",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("office_key", sa.String(64), nullable=False),
        sa.Column("pack_key", sa.String(64), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("carried", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(64), nullable=False),
        sa.Column("frame_sha256", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["office_key"], ["unit.key"], name=op.f("fk_callback_draw_office_key_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback_draw")),
        sa.UniqueConstraint(
            "office_key", "pack_key", "on", name=op.f("uq_callback_draw_office_key_pack_key_on")
        ),
    )
    op.create_table(
        "callback_capacity",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("office_key", sa.String(64), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", _KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["office_key"], ["unit.key"], name=op.f("fk_callback_capacity_office_key_unit")
        ),
        sa.ForeignKeyConstraint(
            ["set_by"], ["person.id"], name=op.f("fk_callback_capacity_set_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback_capacity")),
    )
    op.create_index("ix_callback_capacity_office", "callback_capacity", ["office_key", "since"])
    op.create_table(
        "callback_stratum",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("draw_id", _KEY, nullable=False),
        sa.Column("unit_key", sa.String(64), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("class_key", sa.String(64), nullable=False),
        sa.Column("certain", sa.Boolean(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draw_id"],
            ["callback_draw.id"],
            name=op.f("fk_callback_stratum_draw_id_callback_draw"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback_stratum")),
    )
    op.create_index(op.f("ix_callback_stratum_draw_id"), "callback_stratum", ["draw_id"])
    op.create_table(
        "callback_lot",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("stratum_id", _KEY, nullable=False),
        sa.Column("case_id", _KEY, nullable=False),
        sa.Column("answer_id", _KEY, nullable=False),
        sa.Column("drawn", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stratum_id"],
            ["callback_stratum.id"],
            name=op.f("fk_callback_lot_stratum_id_callback_stratum"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_callback_lot_case_id_case")
        ),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["answer.id"], name=op.f("fk_callback_lot_answer_id_answer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback_lot")),
        sa.UniqueConstraint("case_id", "answer_id", name=op.f("uq_callback_lot_case_id_answer_id")),
    )
    op.create_index("ix_callback_lot_stratum_id", "callback_lot", ["stratum_id"])
    for name in ("own_call", "drawn"):
        column = sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
        op.add_column("case_figure", column)
    op.add_column("case_figure", sa.Column("stratum_id", _KEY, nullable=True))
    for name, short, column in _BY_DATE:
        op.drop_index(f"ix_{name}_{short}", name)
        op.create_index(f"ix_{name}_{short}", name, ["office_key", column])


def downgrade() -> None:
    for name, short, column in _BY_DATE:
        op.drop_index(f"ix_{name}_{short}", name)
        op.create_index(f"ix_{name}_{short}", name, [column])
    for name in ("stratum_id", "drawn", "own_call"):
        op.drop_column("case_figure", name)
    op.drop_table("callback_lot")
    op.drop_table("callback_stratum")
    op.drop_table("callback_capacity")
    op.drop_table("callback_draw")
