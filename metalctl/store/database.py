"""Opening the database: SQLite in the state directory (WAL) or PostgreSQL by URL, migrated to the newest schema."""

from __future__ import annotations

import contextlib
import json
import os
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import DatabaseError

from metalctl.store import schema
from metalctl.store.errors import StoreError
from metalctl.store.turns import Turns, connection_class

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory


_ADVISORY = 0x6D63746C  # "mctl": the number that metalctl's transactions lock in PostgreSQL


def now() -> str:
    """The time as the store writes it: ISO 8601, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def open_database(url: str) -> Engine:
    """An engine on a migrated database; `url` as SQLAlchemy's, "sqlite:////path/metalctl.db" for one file."""
    engine = create_engine(url, json_deserializer=_loads, **_pool(url), connect_args=_queue(url))
    _private(engine)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _tune_sqlite)
    try:
        _migrate(engine)
    except DatabaseError as error:
        raise StoreError(
            f"the database {engine.url.render_as_string()} cannot be opened: {error.orig}",
            hint="is it metalctl's file, in a writable directory? another one is named with --state-dir",
        ) from error
    return engine


def _pool(url: str) -> dict[str, int]:
    """Of a file, a connection each thread that ticks, kept: opening one costs more than most of what is asked.

    A PostgreSQL server has a hundred for all of its services.
    """
    if not url.startswith("sqlite"):
        # More threads than that wait for their turn, minutes on a busy machine, and that is no error.
        return {"pool_size": 12, "max_overflow": 8, "pool_timeout": 300}
    return {"pool_size": 100, "max_overflow": 40} if url.startswith("sqlite:////") else {}


def _queue(url: str) -> dict[str, Any]:
    return {"factory": connection_class(Turns())} if url.startswith("sqlite") else {}


def _private(engine: Engine) -> None:
    """A new file of SQLite is its owner's alone, and so are the log and index beside it, which take its mode."""
    path = engine.url.database
    if engine.dialect.name == "sqlite" and path and path != ":memory:":
        with contextlib.suppress(OSError):  # where it cannot be made, opening it says so better
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            Path(path).chmod(0o600)


def _loads(text: str) -> Any:
    """The JSON of a column. Thousands of inventories are read in one go; what the fast parser refuses is rare."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)  # NaN, half a surrogate pair


def sqlite_url(path: Path) -> str:
    """The URL of a database file."""
    return f"sqlite:///{path.absolute()}"


def lock(connection: Connection) -> None:
    """Nobody else writes until this transaction ends: call it first where what is written depends on what is read.

    Without it two who read at once both write: SQLite's driver begins a transaction at the first write only.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY})")


def _tune_sqlite(connection: Any, _record: object) -> None:
    # Writers queue at their first write instead of failing when they upgrade from a read.
    connection.isolation_level = "IMMEDIATE"
    cursor = connection.cursor()
    # WAL lets the CLI read while the service writes; the busy timeout rides out a slow disk.
    for pragma in ("journal_mode=WAL", "busy_timeout=30000", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _is_current(engine: Engine) -> bool:
    """Whether the schema is today's: then the library of the migrations, a third of a second, is not loaded."""
    if not inspect(engine).has_table("alembic_version"):
        return False
    with engine.connect() as connection:
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() == schema.HEAD


def _migrate(engine: Engine) -> None:
    if _is_current(engine):
        return
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    with as_file(files("metalctl.store") / "migrations") as scripts, engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(scripts))
        config.attributes["connection"] = connection
        directory = ScriptDirectory.from_config(config)
        head = directory.get_current_head()
        current = MigrationContext.configure(connection).get_current_revision()
        if current == head:
            return
        # One transaction, table changes included: killed in the middle, nothing of it has happened.
        lock(connection)
        if current is not None and current not in _revisions(directory):
            raise StoreError(
                f"the database {engine.url.render_as_string()} was written by a newer metalctl (schema {current})",
                hint="run that version, or name another state directory with --state-dir",
            )
        command.upgrade(config, "head")


def _revisions(directory: ScriptDirectory) -> set[str]:
    return {script.revision for script in directory.walk_revisions()}
