"""Alembic's environment: runs on the connection that `engine.schema` hands over."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from engine import models
from engine.column_types import Instant, Key
from engine.db import Base
from engine.schema import of_models

assert models  # imported for its tables


def render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Write our column types as plain ones, so that a version never imports the engine."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Key):
        return 'sa.Uuid().with_variant(sa.LargeBinary(16), "sqlite")'
    return False


def run(connection: Connection) -> None:
    """Run the versions that are asked for."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=render_item,
        compare_type=False,
        include_name=of_models,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
