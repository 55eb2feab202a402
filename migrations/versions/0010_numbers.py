"""Numbers: rows that rates count, their definitions, frozen figures, the nightly balance."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")


def upgrade() -> None:
    op.create_table(
        "balance",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("merged", sa.Integer(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Integer(), nullable=False),
        sa.Column("gap_count", sa.Integer(), nullable=False),
        sa.Column("gaps", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("on", name=op.f("pk_balance")),
    )
    op.create_table(
        "figure_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("refreshed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("upto", _KEY, nullable=True),
        sa.Column("swept_on", sa.Date(), nullable=True),
        sa.Column("calendar_revision", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_state")),
    )
    op.create_table(
        "rate_definition",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("inherited", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rate_definition")),
        sa.UniqueConstraint(
            "place", "key", "version", name=op.f("uq_rate_definition_place_key_version")
        ),
    )
    op.create_table(
        "snapshot",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", _KEY, nullable=False),
        sa.Column("definition_id", _KEY, nullable=False),
        sa.Column("office_keys", sa.JSON(), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("numerator", sa.Integer(), nullable=False),
        sa.Column("denominator", sa.Integer(), nullable=False),
        sa.Column("excluded", sa.JSON(), nullable=False),
        sa.Column("cases", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", _KEY, nullable=True),
        sa.Column("previous", sa.LargeBinary(32), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_id"],
            ["rate_definition.id"],
            name=op.f("fk_snapshot_definition_id_rate_definition"),
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["person.id"], name=op.f("fk_snapshot_made_by_person")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_snapshot")),
        sa.UniqueConstraint("id", name=op.f("uq_snapshot_id")),
    )
    op.create_table(
        "case_figure",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contact_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("slip_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("was_late", sa.Boolean(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("office_key", sa.String(64), nullable=False),
        sa.Column("unit_key", sa.String(64), nullable=False),
        sa.Column("accused_key", sa.String(64), nullable=True),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("pack_key", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("level", sa.String(32), nullable=False),
        sa.Column("said", sa.String(16), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("may_call", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("contact_late", sa.Boolean(), nullable=False),
        sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("plain_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("repeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extended_last_day", sa.Boolean(), nullable=False),
        sa.Column("coached", sa.Boolean(), nullable=False),
        sa.Column("slips", sa.Integer(), nullable=False),
        sa.Column("returns", sa.Integer(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("reviews", sa.Integer(), nullable=False),
        sa.Column("reviews_failed", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["case.id"], name=op.f("fk_case_figure_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_figure")),
    )
    op.create_index("ix_case_figure_closed", "case_figure", ["closed_at"], unique=False)
    op.create_index("ix_case_figure_contact_due", "case_figure", ["contact_due_at"], unique=False)
    op.create_index("ix_case_figure_due", "case_figure", ["due_at"], unique=False)
    op.create_index("ix_case_figure_received", "case_figure", ["received_at"], unique=False)
    op.create_index("ix_case_figure_slip", "case_figure", ["slip_at"], unique=False)
    op.create_table(
        "slip_figure",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("case_id", _KEY, nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("return_accepted", sa.Boolean(), nullable=False),
        sa.Column("office_key", sa.String(64), nullable=False),
        sa.Column("unit_key", sa.String(64), nullable=False),
        sa.Column("accused_key", sa.String(64), nullable=True),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("category", sa.String(64), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("pack_key", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["slip.id"], name=op.f("fk_slip_figure_id_slip")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_slip_figure_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slip_figure")),
    )
    op.create_index("ix_slip_figure_case_id", "slip_figure", ["case_id"], unique=False)
    op.create_index("ix_slip_figure_due", "slip_figure", ["due_at"], unique=False)
    op.create_index("ix_slip_figure_issued", "slip_figure", ["issued_at"], unique=False)


def downgrade() -> None:
    op.drop_table("slip_figure")
    op.drop_table("case_figure")
    op.drop_table("snapshot")
    op.drop_table("rate_definition")
    op.drop_table("figure_state")
    op.drop_table("balance")
