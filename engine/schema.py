"""The schema of the database: created and upgraded by the migrations, in one transaction."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from engine.db import Base, Sessions, transaction

FOLDER = Path(__file__).resolve().parent.parent / "migrations"


def upgrade(sessions: Sessions, revision: str = "head") -> None:
    """Bring the database to a revision; nothing happens if it is there."""
    with transaction(sessions) as session:
        config = _config()
        config.attributes["connection"] = session.connection()
        command.upgrade(config, revision)


def downgrade(sessions: Sessions, revision: str) -> None:
    """Take the database back to a revision ("base": no tables)."""
    with transaction(sessions) as session:
        config = _config()
        config.attributes["connection"] = session.connection()
        command.downgrade(config, revision)


def revision_of(sessions: Sessions) -> str | None:
    """The revision the database is at, None if it has no tables."""
    with sessions() as session:
        return MigrationContext.configure(session.connection()).get_current_revision()


def newest() -> str | None:
    """The revision this code needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def differences(sessions: Sessions) -> list[object]:
    """What the models have and the database has not, or the other way; empty when whole."""
    with sessions() as session:
        context = MigrationContext.configure(
            session.connection(), opts={"compare_type": False, "include_name": of_models}
        )
        return list(compare_metadata(context, Base.metadata))


def of_models(name: str | None, kind: str, _parents: object = None) -> bool:
    """Whether something in a database is compared: SQLite's index of texts is no model's."""
    return kind != "table" or name is None or name.split("_", 2)[:2] != ["case", "index"]


def make(sessions: Sessions, message: str) -> None:
    """Write a new version from the difference between models and database."""
    with transaction(sessions) as session:
        config = _config()
        config.attributes["connection"] = session.connection()
        command.revision(config, message, autogenerate=True)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    return config
