"""Rules over many cases, what they count, and ladders about a unit."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")
_INDEXES = (
    ("ix_history_overdue", "history", "at", "kind = 'deadline.overdue'"),
    ("ix_slip_returned", "slip", "returned_at", "returned_at IS NOT NULL"),
    ("ix_callback_bad", "callback", "called_at", "satisfaction < 3"),
    ("ix_evaluation_bad", "evaluation", "rated_at", "satisfaction < 3"),
    ("ix_case_figure_repeat", "case_figure", "repeat_at", "repeat_at IS NOT NULL"),
)
_OPEN_UNIT = "status = 'open' AND scope = 'unit'"


def upgrade() -> None:
    op.add_column(
        "supervision",
        sa.Column("scope", sa.String(length=8), server_default="case", nullable=False),
    )
    op.create_index(
        "uq_supervision_open_unit",
        "supervision",
        ["cause", "target"],
        unique=True,
        sqlite_where=sa.text(_OPEN_UNIT),
        postgresql_where=sa.text(_OPEN_UNIT),
    )
    op.create_table(
        "supervision_rule",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("key", sa.String(length=24), nullable=False),
        sa.Column("office_key", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("on_version_id", _KEY, nullable=True),
        sa.Column("on_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evaluated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["office_key"], ["unit.key"], name=op.f("fk_supervision_rule_office_key_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_rule")),
        sa.UniqueConstraint("key", name=op.f("uq_supervision_rule_key")),
    )
    op.create_index(
        op.f("ix_supervision_rule_office_key"), "supervision_rule", ["office_key"], unique=False
    )
    op.create_table(
        "rule_version",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("rule_id", _KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", _KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["rule_id"],
            ["supervision_rule.id"],
            name=op.f("fk_rule_version_rule_id_supervision_rule"),
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["person.id"], name=op.f("fk_rule_version_made_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_version")),
        sa.UniqueConstraint("rule_id", "version", name=op.f("uq_rule_version_rule_id_version")),
    )
    op.create_table(
        "rule_trial",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("version_id", _KEY, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("firings", sa.JSON(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_by", _KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["version_id"], ["rule_version.id"], name=op.f("fk_rule_trial_version_id_rule_version")
        ),
        sa.ForeignKeyConstraint(
            ["tried_by"], ["person.id"], name=op.f("fk_rule_trial_tried_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_trial")),
    )
    op.create_index(op.f("ix_rule_trial_version_id"), "rule_trial", ["version_id"], unique=False)
    op.create_table(
        "rule_firing",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("rule_id", _KEY, nullable=False),
        sa.Column("version_id", _KEY, nullable=False),
        sa.Column("unit_key", sa.String(length=64), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cases", sa.JSON(), nullable=False),
        sa.Column("supervision_id", _KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_id"],
            ["supervision_rule.id"],
            name=op.f("fk_rule_firing_rule_id_supervision_rule"),
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["rule_version.id"], name=op.f("fk_rule_firing_version_id_rule_version")
        ),
        sa.ForeignKeyConstraint(
            ["unit_key"], ["unit.key"], name=op.f("fk_rule_firing_unit_key_unit")
        ),
        sa.ForeignKeyConstraint(
            ["supervision_id"],
            ["supervision.id"],
            name=op.f("fk_rule_firing_supervision_id_supervision"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_firing")),
        sa.UniqueConstraint(
            "rule_id", "unit_key", "from_on", name=op.f("uq_rule_firing_rule_id_unit_key_from_on")
        ),
    )
    op.create_index(
        op.f("ix_rule_firing_supervision_id"), "rule_firing", ["supervision_id"], unique=False
    )
    for name, table, column, holds in _INDEXES:
        op.create_index(
            name,
            table,
            [column],
            unique=False,
            sqlite_where=sa.text(holds),
            postgresql_where=sa.text(holds),
        )


def downgrade() -> None:
    for name, table, _column, _holds in reversed(_INDEXES):
        op.drop_index(name, table_name=table)
    for table in ("rule_firing", "rule_trial", "rule_version", "supervision_rule"):
        op.drop_table(table)
    op.drop_index("uq_supervision_open_unit", table_name="supervision")
    # A ladder about a unit would be waited for by its case.
    op.drop_column("supervision", "scope")
