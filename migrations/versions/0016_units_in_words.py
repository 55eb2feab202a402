"""PostgreSQL's index of texts holds the units a case may concern; an index of candidates goes."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# As `engine.text_index` writes them at the time of this version: of a sealed case none.
NAMED = """
    UPDATE case_words SET words = words || array_to_tsvector(named.units)
    FROM (
        SELECT case_id, array_agg(DISTINCT '/' || unit_key) AS units
        FROM (
            SELECT case_id, unit_key FROM slip
            UNION ALL
            SELECT id, unit_key FROM "case" WHERE unit_key IS NOT NULL
            UNION ALL
            SELECT id, facts ->> 'unit' FROM "case" WHERE facts ->> 'unit' <> ''
            UNION ALL
            SELECT id, json_array_elements_text(facts -> 'candidate_units') FROM "case"
            WHERE json_typeof(facts -> 'candidate_units') = 'array'
            UNION ALL
            SELECT id, json_array_elements_text(facts -> 'co_units') FROM "case"
            WHERE json_typeof(facts -> 'co_units') = 'array'
        ) AS one
        GROUP BY case_id
    ) AS named
    JOIN "case" ON "case".id = named.case_id AND NOT "case".sealed
    WHERE case_words.case_id = named.case_id
"""
UNNAMED = """
    UPDATE case_words
    SET words = ts_delete(
        words, ARRAY(SELECT one FROM unnest(tsvector_to_array(words)) AS one WHERE one LIKE '/%')
    )
"""


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_index("ix_case_candidates", "case")
        _written_anew(NAMED)


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        _written_anew(UNNAMED)
        op.create_index(
            "ix_case_candidates",
            "case",
            [sa.text("CAST(facts -> 'candidate_units' AS jsonb)")],
            postgresql_using="gin",
            postgresql_where=sa.text("strpos(facts ->> 'candidate_units', '\"') > 0"),
        )


def _written_anew(statement: str) -> None:
    """Change every row while there is no index on it, which is quicker by far."""
    op.drop_index("ix_case_words_words", "case_words")
    op.execute(statement)
    op.create_index("ix_case_words_words", "case_words", ["words"], postgresql_using="gin")
