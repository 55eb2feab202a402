"""The desk: saved views, drafts, phrases, what a file shows."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_parts()
    _add_writing()
    _add_views()


def downgrade() -> None:
    _drop_views()
    _drop_parts()
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
    op.add_column("measure", sa.Column("amount", sa.Double(), nullable=True))
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


def _add_parts() -> None:
    """A contact that asked for several things, split into cases."""
    with op.batch_alter_table("contact") as batch:
        batch.add_column(sa.Column("of_contact_id", _key(), nullable=True))
        batch.create_foreign_key(
            batch.f("fk_contact_of_contact_id_contact"), "contact", ["of_contact_id"], ["id"]
        )
        batch.create_index(
            "ix_contact_of_contact_id",
            ["of_contact_id"],
            sqlite_where=sa.text("of_contact_id IS NOT NULL"),
            postgresql_where=sa.text("of_contact_id IS NOT NULL"),
        )


def _drop_parts() -> None:
    """Each part stays a case of its own: what is lost is what it was a part of."""
    with op.batch_alter_table("contact") as batch:
        batch.drop_index("ix_contact_of_contact_id")
        batch.drop_constraint(batch.f("fk_contact_of_contact_id_contact"), type_="foreignkey")
        batch.drop_column("of_contact_id")


def _add_views() -> None:
    """Saved views, what the inbox opens on, bulk acts, when a task was urged."""
    op.create_table(
        "saved_view",
        sa.Column("id", _key(), nullable=False),
        sa.Column("person_id", _key(), nullable=False),
        sa.Column("unit_key", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("first_for", sa.String(length=200), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_saved_view_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["unit.key"], name=op.f("fk_saved_view_unit_key_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    op.create_index(op.f("ix_saved_view_person_id"), "saved_view", ["person_id"])
    op.create_index(op.f("ix_saved_view_unit_key"), "saved_view", ["unit_key"])
    op.create_table(
        "desk",
        sa.Column("person_id", _key(), nullable=False),
        sa.Column("first_view", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_desk_person_id_person")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_desk")),
    )
    op.create_table(
        "bulk_act",
        sa.Column("id", _key(), nullable=False),
        sa.Column("person_id", _key(), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_bulk_act_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_act")),
    )
    op.create_index(op.f("ix_bulk_act_person_id"), "bulk_act", ["person_id"])
    op.add_column("user_task", sa.Column("urged_at", sa.DateTime(timezone=True), nullable=True))


def _drop_views() -> None:
    op.drop_column("user_task", "urged_at")
    op.drop_table("bulk_act")
    op.drop_table("desk")
    op.drop_table("saved_view")
