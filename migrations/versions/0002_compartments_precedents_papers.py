"""Compartments, precedents, evaluations, papers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "column_map",
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("headings", sa.JSON(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_by", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["used_by"], ["person.id"], name=op.f("fk_column_map_used_by_person")
        ),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_column_map")),
    )
    op.create_table(
        "paper_template",
        sa.Column("id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "uploaded_by", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by"], ["person.id"], name=op.f("fk_paper_template_uploaded_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_template")),
        sa.UniqueConstraint("kind", "version", name=op.f("uq_paper_template_kind_version")),
    )
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column("case_id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column("token_hmac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contacted", sa.Boolean(), nullable=True),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("satisfaction", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_evaluation_case_id_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
        sa.UniqueConstraint("token_hmac", name=op.f("uq_evaluation_token_hmac")),
    )
    with op.batch_alter_table("evaluation") as batch:
        batch.create_index(batch.f("ix_evaluation_case_id"), ["case_id"], unique=False)

    op.create_table(
        "paper",
        sa.Column("id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column("case_id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column("media", sa.String(length=8), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_paper_case_id_case")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_paper_made_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper")),
        sa.UniqueConstraint("subject", "kind", "media", name=op.f("uq_paper_subject_kind_media")),
    )
    with op.batch_alter_table("paper") as batch:
        batch.create_index(batch.f("ix_paper_case_id"), ["case_id"], unique=False)

    op.create_table(
        "precedent",
        sa.Column("id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column("office_key", sa.String(length=64), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("unit_key", sa.String(length=64), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column("ruled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ruled_by", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_precedent_case_id_case")),
        sa.ForeignKeyConstraint(
            ["office_key"], ["unit.key"], name=op.f("fk_precedent_office_key_unit")
        ),
        sa.ForeignKeyConstraint(
            ["ruled_by"], ["person.id"], name=op.f("fk_precedent_ruled_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["unit.key"], name=op.f("fk_precedent_unit_key_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_precedent")),
    )
    with op.batch_alter_table("precedent") as batch:
        batch.create_index(batch.f("ix_precedent_case_id"), ["case_id"], unique=False)
        batch.create_index("ix_precedent_office_category", ["office_key", "category"], unique=False)

    with op.batch_alter_table("case") as batch:
        batch.add_column(
            sa.Column("sealed", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch.add_column(sa.Column("accused_key", sa.String(length=64), nullable=True))
        batch.create_foreign_key(
            batch.f("fk_case_accused_key_unit"), "unit", ["accused_key"], ["key"]
        )
        batch.create_index(
            "ix_case_sealed",
            ["office_key"],
            sqlite_where=sa.text("sealed = 1 OR accused_key IS NOT NULL"),
            postgresql_where=sa.text("sealed OR accused_key IS NOT NULL"),
        )

    with op.batch_alter_table("contact") as batch:
        batch.add_column(
            sa.Column(
                "origin_case_id",
                sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"),
                nullable=True,
            )
        )
        batch.create_foreign_key(
            batch.f("fk_contact_origin_case_id_case"), "case", ["origin_case_id"], ["id"]
        )

    with op.batch_alter_table("review") as batch:
        batch.add_column(sa.Column("checks", sa.JSON(), nullable=False, server_default="[]"))

    with op.batch_alter_table("answer") as batch:
        batch.add_column(sa.Column("details", sa.JSON(), nullable=False, server_default="{}"))
        batch.add_column(sa.Column("token_hmac", sa.LargeBinary(length=32), nullable=True))
        batch.create_index(batch.f("ix_answer_token_hmac"), ["token_hmac"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table("answer") as batch:
        batch.drop_index(batch.f("ix_answer_token_hmac"))
        batch.drop_column("token_hmac")
        batch.drop_column("details")

    with op.batch_alter_table("review") as batch:
        batch.drop_column("checks")

    with op.batch_alter_table("contact") as batch:
        batch.drop_constraint(batch.f("fk_contact_origin_case_id_case"), type_="foreignkey")
        batch.drop_column("origin_case_id")

    with op.batch_alter_table("case") as batch:
        batch.drop_index("ix_case_sealed")
        batch.drop_constraint(batch.f("fk_case_accused_key_unit"), type_="foreignkey")
        batch.drop_column("accused_key")
        batch.drop_column("sealed")

    with op.batch_alter_table("precedent") as batch:
        batch.drop_index("ix_precedent_office_category")
        batch.drop_index(batch.f("ix_precedent_case_id"))

    op.drop_table("precedent")
    with op.batch_alter_table("paper") as batch:
        batch.drop_index(batch.f("ix_paper_case_id"))

    op.drop_table("paper")
    with op.batch_alter_table("evaluation") as batch:
        batch.drop_index(batch.f("ix_evaluation_case_id"))

    op.drop_table("evaluation")
    op.drop_table("paper_template")
    op.drop_table("column_map")
