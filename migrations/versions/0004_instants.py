"""On SQLite an instant is a whole number of microseconds since 1970, no longer a text."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TO_NUMBER = (
    "CASE typeof({0}) WHEN 'text' THEN CAST(strftime('%s', substr({0}, 1, 19)) AS INTEGER) "
    "* 1000000 + CAST(substr({0} || '000000', 21, 6) AS INTEGER) ELSE {0} END"
)
# Division rounds towards zero, so an instant before 1970 is brought to a whole second first.
TO_TEXT = (
    "CASE typeof({0}) WHEN 'integer' THEN strftime('%Y-%m-%d %H:%M:%S', "
    "({0} - (({0} % 1000000) + 1000000) % 1000000) / 1000000, 'unixepoch') "
    "|| printf('.%06d', (({0} % 1000000) + 1000000) % 1000000) ELSE {0} END"
)


def upgrade() -> None:
    _write(TO_NUMBER)


def downgrade() -> None:
    _write(TO_TEXT)


def _write(form: str) -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    for table, columns in _instants(sa.inspect(connection)):
        values = ", ".join(f'"{name}" = {form}'.format(f'"{name}"') for name in columns)
        op.execute(f'UPDATE "{table}" SET {values}')  # noqa: S608 - names from the schema itself


def _instants(inspector: sa.Inspector) -> Iterator[tuple[str, list[str]]]:
    for table in inspector.get_table_names():
        columns = inspector.get_columns(table)
        names = [one["name"] for one in columns if isinstance(one["type"], sa.DateTime)]
        if names:
            yield table, names
