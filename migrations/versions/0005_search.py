"""What is searched: the index of texts."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

AT_ONCE = 500
LONGEST = 40
HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
RUN = re.compile(rf"([{HAN}]+)|[^\W_{HAN}]+")
READ = (
    'SELECT id, number, title, place, body, (confidential OR sealed) AS hidden FROM "case" '
    "WHERE id > :last ORDER BY id LIMIT :some"
)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "case_words",
        sa.Column("id", sa.Integer() if sqlite else sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite"), nullable=False),
        sa.Column("words", sa.Text() if sqlite else TSVECTOR(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name="fk_case_words_case_id_case"),
        sa.PrimaryKeyConstraint("id", name="pk_case_words"),
        sa.UniqueConstraint("case_id", name="uq_case_words_case_id"),
    )
    if sqlite:
        # The index alone: which case has a word, neither how often nor where, and no text.
        op.execute(
            "CREATE VIRTUAL TABLE case_index USING fts5("
            "words, content='', columnsize=0, detail=none, tokenize='ascii')"
        )
    fill()
    op.create_index(
        "ix_case_words_words",
        "case_words",
        ["words"],
        postgresql_using="gin",
        sqlite_where=sa.text("words IS NOT NULL"),
    )
    op.create_index("ix_contact_identity_id", "contact", ["identity_id"])
    if not sqlite:
        # Of the few that several units may take up.
        op.create_index(
            "ix_case_candidates",
            "case",
            [sa.text("CAST(facts -> 'candidate_units' AS jsonb)")],
            postgresql_using="gin",
            postgresql_where=sa.text("strpos(facts ->> 'candidate_units', '\"') > 0"),
        )
        _index_units_cases(["id"], ["case_id"])
    # What is forgotten after thirty days is looked for once an hour.
    op.drop_index("ix_idempotency_at", "idempotency")
    op.drop_index("ix_deadline_instance_id", "deadline")
    op.create_index(
        "ix_deadline_instance_id",
        "deadline",
        ["instance_id"],
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    # Of an instance only its open tasks are looked for.
    op.drop_index("ix_user_task_instance_id", "user_task")
    op.create_index(
        "ix_user_task_instance_id",
        "user_task",
        ["instance_id"],
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_user_task_open_case",
        "user_task",
        ["case_id"],
        sqlite_where=sa.text("status = 'open' AND case_id IS NULL"),
        postgresql_where=sa.text("status = 'open'"),
    )


def downgrade() -> None:
    op.drop_index("ix_user_task_open_case", "user_task")
    if op.get_bind().dialect.name != "sqlite":
        op.drop_index("ix_case_candidates", "case")
        _index_units_cases([], [])
    op.create_index("ix_idempotency_at", "idempotency", ["at"])
    op.drop_index("ix_deadline_instance_id", "deadline")
    op.create_index("ix_deadline_instance_id", "deadline", ["instance_id"])
    op.drop_index("ix_contact_identity_id", "contact")
    op.drop_index("ix_user_task_instance_id", "user_task")
    op.create_index("ix_user_task_instance_id", "user_task", ["instance_id"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE case_index")
    op.drop_table("case_words")


def _index_units_cases(of_case: list[str], of_slip: list[str]) -> None:
    """Make PostgreSQL's indexes of a unit's cases and slips again, with these columns included."""
    op.drop_index("ix_case_unit", "case")
    op.create_index("ix_case_unit", "case", ["unit_key", "status"], postgresql_include=of_case)
    op.drop_index("ix_slip_unit_key", "slip")
    op.create_index("ix_slip_unit_key", "slip", ["unit_key"], postgresql_include=of_slip)


def fill() -> None:
    """Index the cases that are there, in the order of their keys, which is that of time."""
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    place, last = 0, None
    read = sa.text(READ.replace("WHERE id > :last", "")), sa.text(READ)
    while rows := connection.execute(
        read[last is not None], {"some": AT_ONCE} | ({"last": last} if last is not None else {})
    ).all():
        last = rows[-1].id
        for row in rows:
            place += 1
            _enter(connection, sqlite, place, row)
    if place and not sqlite:
        connection.execute(sa.text("SELECT setval('case_words_id_seq', :last)"), {"last": place})


def _enter(connection: sa.Connection, sqlite: bool, place: int, row: Any) -> None:
    texts = () if row.hidden else (row.title, row.place, row.body)
    found = list(dict.fromkeys(tokens("\n".join((row.number, *texts)))))
    if not sqlite:
        connection.execute(
            sa.text(
                "INSERT INTO case_words (id, case_id, words) "
                "VALUES (:place, :key, array_to_tsvector(CAST(:words AS text[])))"
            ),
            {"place": place, "key": row.id, "words": found},
        )
        return
    connection.execute(
        sa.text("INSERT INTO case_words (id, case_id) VALUES (:place, :key)"),
        {"place": place, "key": row.id},
    )
    connection.execute(
        sa.text("INSERT INTO case_index (rowid, words) VALUES (:place, :words)"),
        {"place": place, "words": " ".join(found)},
    )


def tokens(text: str) -> Iterator[str]:
    """As `engine.bigrams.tokens` at the time of this version."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    for run in RUN.finditer(text):
        signs = run[0]
        if run[1]:
            yield from (signs[at : at + 2] for at in range(len(signs) - 1))
            yield signs[-1]
        else:
            yield signs[:LONGEST]
