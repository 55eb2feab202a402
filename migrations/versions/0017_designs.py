"""Drafts of processes and packs with their files, words on elements, who is editing."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "design_draft",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("person_id", _KEY, nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("base_id", _KEY, nullable=True),
        sa.Column("base_version", sa.Integer(), nullable=True),
        sa.Column("apart_of", _KEY, nullable=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("begun_at", _INSTANT, nullable=False),
        sa.Column("saved_at", _INSTANT, nullable=False),
        sa.Column("proposed_at", _INSTANT, nullable=True),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("ended_by", _KEY, nullable=True),
        sa.Column("deployment_id", _KEY, nullable=True),
        sa.Column("deployed_version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["apart_of"], ["design_draft.id"], name=op.f("fk_design_draft_apart_of_design_draft")
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployment.id"],
            name=op.f("fk_design_draft_deployment_id_deployment"),
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["person.id"], name=op.f("fk_design_draft_ended_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_design_draft_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_design_draft")),
    )
    op.create_index("ix_design_draft_key", "design_draft", ["kind", "key"])
    op.create_index("ix_design_draft_person_id", "design_draft", ["person_id"])
    op.create_table(
        "design_file",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("draft_id", _KEY, nullable=False),
        sa.Column("path", sa.String(140), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("tab", sa.String(40), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("saved_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["design_draft.id"], name=op.f("fk_design_file_draft_id_design_draft")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_design_file")),
        sa.UniqueConstraint("draft_id", "path", name=op.f("uq_design_file_draft_id_path")),
    )
    op.create_table(
        "design_comment",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("element", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("person_id", _KEY, nullable=False),
        sa.Column("said_at", _INSTANT, nullable=False),
        sa.Column("settled_at", _INSTANT, nullable=True),
        sa.Column("settled_by", _KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_design_comment_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["settled_by"], ["person.id"], name=op.f("fk_design_comment_settled_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_design_comment")),
    )
    op.create_index("ix_design_comment_key", "design_comment", ["key", "element"])
    op.create_table(
        "design_presence",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("person_id", _KEY, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_design_presence_person_id_person")
        ),
        sa.PrimaryKeyConstraint("kind", "key", "person_id", name=op.f("pk_design_presence")),
    )


def downgrade() -> None:
    op.drop_table("design_presence")
    op.drop_table("design_comment")
    op.drop_table("design_file")
    op.drop_table("design_draft")
