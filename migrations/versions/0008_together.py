"""Working together: notes, opinions, watching, presence."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COUNTED = [
    "id",
    "case_id",
    "element",
    "stage",
    "roles",
    "candidates",
    "assignee_id",
    "urged_at",
    "opened_at",
]


def upgrade() -> None:
    op.create_table(
        "note",
        sa.Column("id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column("case_id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "written_by", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_note_case_id_case")),
        sa.ForeignKeyConstraint(
            ["written_by"], ["person.id"], name=op.f("fk_note_written_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )
    op.create_index(op.f("ix_note_case_id"), "note", ["case_id"], unique=False)
    op.create_table(
        "mention",
        sa.Column("note_id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column(
            "person_id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(["note_id"], ["note.id"], name=op.f("fk_mention_note_id_note")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_mention_person_id_person")
        ),
        sa.PrimaryKeyConstraint("note_id", "person_id", name=op.f("pk_mention")),
    )
    op.create_table(
        "watch",
        sa.Column("case_id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column(
            "person_id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_seq", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_watch_case_id_case")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_watch_person_id_person")
        ),
        sa.PrimaryKeyConstraint("case_id", "person_id", name=op.f("pk_watch")),
    )
    op.create_index(op.f("ix_watch_person_id"), "watch", ["person_id"], unique=False)
    op.create_index(
        "ix_watch_waiting",
        "watch",
        ["case_id"],
        unique=False,
        sqlite_where=sa.text("waiting = 1"),
        postgresql_where=sa.text("waiting"),
    )
    op.create_table(
        "presence",
        sa.Column("case_id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column(
            "person_id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False
        ),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_presence_case_id_case")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_presence_person_id_person")
        ),
        sa.PrimaryKeyConstraint("case_id", "person_id", name=op.f("pk_presence")),
    )
    op.create_index(op.f("ix_presence_seen_at"), "presence", ["seen_at"], unique=False)
    op.create_table(
        "opinion",
        sa.Column("id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column("case_id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column("unit_key", sa.String(length=64), nullable=False),
        sa.Column("asked_for", sa.String(length=64), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column("position", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "answered_by", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=True
        ),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["person.id"], name=op.f("fk_opinion_answered_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["person.id"], name=op.f("fk_opinion_asked_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["asked_for"], ["unit.key"], name=op.f("fk_opinion_asked_for_unit")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_opinion_case_id_case")),
        sa.ForeignKeyConstraint(["unit_key"], ["unit.key"], name=op.f("fk_opinion_unit_key_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion")),
    )
    op.create_index(op.f("ix_opinion_case_id"), "opinion", ["case_id"], unique=False)
    op.create_index(
        "uq_opinion_waiting",
        "opinion",
        ["case_id", "unit_key"],
        unique=True,
        sqlite_where=sa.text("answered_at IS NULL AND withdrawn_at IS NULL"),
        postgresql_where=sa.text("answered_at IS NULL AND withdrawn_at IS NULL"),
    )
    # Whoever acts on a case reads with it whether anybody watches.
    op.add_column(
        "case", sa.Column("watched", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    # What I finished, by date.
    op.create_index(
        "ix_user_task_closed_by",
        "user_task",
        ["closed_by", "closed_at"],
        unique=False,
        sqlite_where=sa.text("closed_by IS NOT NULL"),
        postgresql_where=sa.text("closed_by IS NOT NULL"),
        postgresql_include=["case_id", "element", "status"],
    )
    _index_open_work(COUNTED)


def downgrade() -> None:
    _index_open_work([])
    op.drop_index("ix_user_task_closed_by", table_name="user_task")
    with op.batch_alter_table("case") as batch:
        batch.drop_column("watched")
    for name in ("opinion", "presence", "watch", "mention", "note"):
        op.drop_table(name)


def _index_open_work(included: list[str]) -> None:
    """Make the index of a unit's open tasks again: PostgreSQL's may hold what an inbox counts."""
    if op.get_bind().dialect.name == "sqlite":
        return
    op.drop_index("ix_user_task_open_unit", table_name="user_task")
    op.create_index(
        "ix_user_task_open_unit",
        "user_task",
        ["unit_key", "due_at"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
        postgresql_include=included,
    )
