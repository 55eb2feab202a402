"""The organisation: hours, capacity, substitutes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")


def upgrade() -> None:
    for name, length in (("territory", 200), ("contact", 200), ("phone", 40), ("email", 200)):
        op.add_column("unit", _text(name, length))
    op.add_column("unit", _text("hours", 200))
    op.add_column("unit", sa.Column("capacity", sa.Integer(), nullable=True))
    op.add_column("unit", sa.Column("successor_key", sa.String(length=64), nullable=True))
    op.add_column("unit", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))

    op.add_column("person", _text("email", 200))
    op.add_column("person", _text("mobile", 40))
    op.add_column("person", sa.Column("capacity", sa.Integer(), nullable=True))
    op.add_column(
        "person",
        sa.Column("password_issued", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "person", sa.Column("sign_in_round", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("person", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))

    op.add_column("membership", sa.Column("from_on", sa.Date(), nullable=True))
    op.add_column("membership", sa.Column("until_on", sa.Date(), nullable=True))

    op.create_table(
        "absence",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("substitute_id", KEY, nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", KEY, nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_absence_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["substitute_id"], ["person.id"], name=op.f("fk_absence_substitute_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["written_by"], ["person.id"], name=op.f("fk_absence_written_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index(op.f("ix_absence_person_id"), "absence", ["person_id"])
    op.create_index(op.f("ix_absence_substitute_id"), "absence", ["substitute_id"])


def downgrade() -> None:
    op.drop_table("absence")
    for table, names in (
        ("membership", ("until_on", "from_on")),
        (
            "person",
            ("retired_at", "sign_in_round", "password_issued", "capacity", "mobile", "email"),
        ),
        (
            "unit",
            (
                "closed_at",
                "successor_key",
                "capacity",
                "hours",
                "email",
                "phone",
                "contact",
                "territory",
            ),
        ),
    ):
        for name in names:
            op.drop_column(table, name)


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), server_default="", nullable=False)
