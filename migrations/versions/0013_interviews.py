"""Interviews that are called, promises that wake, rectification that is tracked."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")


def upgrade() -> None:
    op.create_table(
        "called_interview",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("number", sa.String(64), nullable=False),
        sa.Column("office_key", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ground", sa.JSON(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("bring", sa.String(200), nullable=False),
        sa.Column("contact", sa.String(200), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called_by", _KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["called_by"], ["person.id"], name=op.f("fk_called_interview_called_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["office_key"], ["unit.key"], name=op.f("fk_called_interview_office_key_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_called_interview")),
        sa.UniqueConstraint("number", name=op.f("uq_called_interview_number")),
    )
    op.create_index(
        "ix_called_interview_office", "called_interview", ["office_key", "held_at"], unique=False
    )
    op.create_table(
        "called_unit",
        sa.Column("called_id", _KEY, nullable=False),
        sa.Column("supervision_id", _KEY, nullable=False),
        sa.Column("unit_key", sa.String(64), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", _KEY, nullable=True),
        sa.Column("coming", sa.String(200), nullable=False),
        sa.Column("attendance", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(
            ["supervision_id"],
            ["supervision.id"],
            name=op.f("fk_called_unit_supervision_id_supervision"),
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["person.id"], name=op.f("fk_called_unit_confirmed_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["unit.key"], name=op.f("fk_called_unit_unit_key_unit")
        ),
        sa.ForeignKeyConstraint(
            ["called_id"],
            ["called_interview.id"],
            name=op.f("fk_called_unit_called_id_called_interview"),
        ),
        sa.PrimaryKeyConstraint("called_id", "supervision_id", name=op.f("pk_called_unit")),
    )
    op.create_index(
        "ix_called_unit_supervision_id", "called_unit", ["supervision_id"], unique=False
    )
    op.create_index("ix_called_unit_unit_key", "called_unit", ["unit_key"], unique=False)
    op.create_table(
        "promise",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("supervision_id", _KEY, nullable=False),
        sa.Column("case_id", _KEY, nullable=False),
        sa.Column("unit_key", sa.String(64), nullable=False),
        sa.Column("rung", sa.String(32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("judged_by", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("finding", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", _KEY, nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_by", _KEY, nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", _KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["supervision_id"],
            ["supervision.id"],
            name=op.f("fk_promise_supervision_id_supervision"),
        ),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_promise_made_by_person")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_promise_case_id_case")),
        sa.ForeignKeyConstraint(
            ["checked_by"], ["person.id"], name=op.f("fk_promise_checked_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["released_by"], ["person.id"], name=op.f("fk_promise_released_by_person")
        ),
        sa.ForeignKeyConstraint(["unit_key"], ["unit.key"], name=op.f("fk_promise_unit_key_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise")),
    )
    op.create_index("ix_promise_case_id", "promise", ["case_id"], unique=False)
    op.create_index(
        "ix_promise_public",
        "promise",
        ["released_at"],
        unique=False,
        sqlite_where=sa.text("released_at IS NOT NULL"),
        postgresql_where=sa.text("released_at IS NOT NULL"),
    )
    op.create_index("ix_promise_supervision_id", "promise", ["supervision_id"], unique=False)
    op.create_index("ix_promise_unit", "promise", ["unit_key", "made_at"], unique=False)
    op.create_index(
        "ix_promise_waiting",
        "promise",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "rectification",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("supervision_id", _KEY, nullable=False),
        sa.Column("case_id", _KEY, nullable=False),
        sa.Column("unit_key", sa.String(64), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("months", sa.JSON(), nullable=False),
        sa.Column("streak", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_by", _KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["begun_by"], ["person.id"], name=op.f("fk_rectification_begun_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["unit.key"], name=op.f("fk_rectification_unit_key_unit")
        ),
        sa.ForeignKeyConstraint(
            ["supervision_id"],
            ["supervision.id"],
            name=op.f("fk_rectification_supervision_id_supervision"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_rectification_case_id_case")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rectification")),
    )
    op.create_index(
        "ix_rectification_supervision_id", "rectification", ["supervision_id"], unique=False
    )
    op.create_index("ix_rectification_unit_key", "rectification", ["unit_key"], unique=False)
    op.create_index(
        "ix_rectification_waiting",
        "rectification",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("met_at IS NULL"),
        postgresql_where=sa.text("met_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("rectification")
    op.drop_table("promise")
    op.drop_table("called_unit")
    op.drop_table("called_interview")
