"""The desk: saved views, drafts, phrases, what a file shows."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_writing()


def downgrade() -> None:
    _drop_writing()


def _key() -> sa.types.TypeEngine[object]:
    return sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")


def _add_writing() -> None:
    """Drafts, phrases, how much work, before and after, when a task was claimed."""
    op.create_table(
        "draft",
        sa.Column("id", _key(), nullable=False),
        sa.Column("task_id", _key(), nullable=False),
        sa.Column("person_id", _key(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("tab", sa.String(length=40), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("characters", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["user_task.id"], name=op.f("fk_draft_task_id_user_task")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_draft_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    op.create_index("ix_draft_task_person", "draft", ["task_id", "person_id"])
    op.create_index(op.f("ix_draft_person_id"), "draft", ["person_id"])
    op.create_table(
        "phrase",
        sa.Column("id", _key(), nullable=False),
        sa.Column("person_id", _key(), nullable=True),
        sa.Column("unit_key", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", _key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_phrase_person_id_person")
        ),
        sa.ForeignKeyConstraint(["unit_key"], ["unit.key"], name=op.f("fk_phrase_unit_key_unit")),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["person.id"], name=op.f("fk_phrase_changed_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phrase")),
    )
    op.create_index(op.f("ix_phrase_person_id"), "phrase", ["person_id"])
    op.create_index(op.f("ix_phrase_unit_key"), "phrase", ["unit_key"])
    op.add_column("measure", sa.Column("amount", sa.Float(), nullable=True))
    op.add_column(
        "measure",
        sa.Column("amount_unit", sa.String(length=64), server_default="", nullable=False),
    )
    op.add_column(
        "evidence", sa.Column("phase", sa.String(length=8), server_default="", nullable=False)
    )
    op.add_column("evidence", sa.Column("pair", sa.Integer(), server_default="0", nullable=False))
    op.add_column("user_task", sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True))


def _drop_writing() -> None:
    op.drop_column("user_task", "claimed_at")
    op.drop_column("evidence", "pair")
    op.drop_column("evidence", "phase")
    op.drop_column("measure", "amount_unit")
    op.drop_column("measure", "amount")
    op.drop_table("phrase")
    op.drop_table("draft")
