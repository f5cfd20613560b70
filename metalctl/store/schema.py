"""The tables. Times are ISO 8601 UTC text, shapes of model/ are JSON (model.codec). No column ever holds a secret:
credentials are references, tokens are hashes, keys are paths.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

HEAD = "0005"  # the newest of migrations/versions

metadata = MetaData()

batches = Table(
    "batches",
    metadata,
    Column("id", String, primary_key=True),
    Column("created", String, nullable=False),
    Column("options", JSON, nullable=False),
)

nodes = Table(
    "nodes",
    metadata,
    Column("name", String, primary_key=True),
    Column("bmc", String, nullable=False, unique=True),
    Column("credential", String, nullable=False),
    Column("fingerprint", String, nullable=False, default=""),
    Column("authorities", String, nullable=False, default="", server_default=""),
    Column("rotation", JSON),
    Column("profile", String, nullable=False),
    Column("identity", JSON),
    Column("created", String, nullable=False),
)

macs = Table(
    "macs",
    metadata,
    Column("mac", String, primary_key=True),
    Column("node", String, nullable=False, index=True),
)

enrollments = Table(
    "enrollments",
    metadata,
    Column("id", String, primary_key=True),
    Column("node", String, nullable=False, index=True),
    Column("batch", String, nullable=False, index=True),
    Column("profile", String, nullable=False),
    Column("profile_digest", String, nullable=False, default=""),
    Column("pins", JSON, nullable=False, default=dict, server_default="{}"),
    Column("stage", String, nullable=False),
    Column("condition", String, nullable=False),
    Column("why", String, nullable=False, default=""),
    Column("attempt", Integer, nullable=False, default=1),
    Column("fault", String, nullable=False, default=""),
    Column("reported", Integer, nullable=False, default=0, server_default="0"),
    Column("created", String, nullable=False),
    Column("updated", String, nullable=False),
    # Rows are ordered by their number: clocks step.
    Column("number", Integer, nullable=False, index=True, default=0, server_default="0"),
    # Of the stage it is in, and of all its findings: what a list of ten thousand nodes shows.
    Column("elapsed", Float, nullable=False, default=0.0, server_default="0"),
    Column("verdicts", JSON, nullable=False, default=dict, server_default="{}"),
    Column("service", String, nullable=False, default="", server_default=""),
    Column("priority", Integer, nullable=False, default=0, server_default="0"),
    Column("expected", Float, nullable=False, default=0.0, server_default="0"),
    Column("problem", String, nullable=False, default="", server_default=""),
)

stages = Table(
    "stages",
    metadata,
    Column("enrollment", String, primary_key=True),
    Column("stage", String, primary_key=True),
    Column("condition", String, nullable=False),
    Column("started", String, nullable=False),
    Column("finished", String, nullable=False, default=""),
    Column("elapsed", Float, nullable=False, default=0.0),
    Column("ticked", String, nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=1),
    Column("evidence", JSON, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("memo", JSON, nullable=False),
    Column("version", Integer, nullable=False, default=1, server_default="1"),
)

inventories = Table(
    "inventories",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("node", String, nullable=False, index=True),
    Column("enrollment", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("taken", String, nullable=False),
    Column("data", JSON, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("enrollment", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("level", String, nullable=False),
    Column("boot_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("offset", Integer, nullable=False, default=0),
    Column("entries", Integer, nullable=False, default=0),
    Column("progress", String, nullable=False, default=""),
    Column("results", JSON, nullable=False),
    Column("final", JSON),
    Column("started", String, nullable=False),
    Column("finished", String, nullable=False, default=""),
)

tokens = Table(
    "tokens",
    metadata,
    Column("digest", String, primary_key=True),
    Column("enrollment", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("expires", Float, nullable=False),
    Column("boot_id", String, nullable=False, default=""),
    Column("mac", String, nullable=False, default="", server_default=""),
)

boots = Table(
    "boots",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("enrollment", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("boot_id", String, nullable=False),
    Column("address", String, nullable=False),
    Column("at", String, nullable=False),
    Column("data", JSON, nullable=False),
    # The last sighting of the node before it called: what is seen later is a boot that nobody ordered.
    Column("sighting", Integer, nullable=False, default=0, server_default="0"),
    UniqueConstraint("enrollment", "boot_id"),
)

intents = Table(
    "intents",
    metadata,
    Column("node", String, primary_key=True),
    Column("enrollment", String, nullable=False),
    Column("action", String, nullable=False),
)

sightings = Table(
    "sightings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("mac", String, nullable=False, index=True),
    Column("what", String, nullable=False),
    Column("at", String, nullable=False),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("enrollment", String, primary_key=True),
    Column("path", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("sha256", String, nullable=False),
)

pairs = Table(
    "pairs",
    metadata,
    Column("batch", String, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("server", String, primary_key=True),
    Column("client", String, nullable=False),
    Column("port", Integer, nullable=False),
    Column("state", String, nullable=False, default="", server_default=""),
    Column("absent", String, nullable=False, default="", server_default=""),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", String, nullable=False),
    Column("node", String, nullable=False, index=True),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("detail", JSON, nullable=False),
)

marks = Table(
    "marks",
    metadata,
    Column("node", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("who", String, nullable=False),
    Column("why", String, nullable=False),
    Column("at", String, nullable=False),
    Column("until", String, nullable=False, default=""),
)

signals = Table(
    "signals",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("enrollment", String, nullable=False),
    Column("at", String, nullable=False),
)

contents = Table(
    "contents",
    metadata,
    Column("digest", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

epochs = Table(
    "epochs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("service", String, nullable=False),
    Column("holder", String, nullable=False),
    Column("at", String, nullable=False),
)

bmcs = Table(
    "bmcs",
    metadata,
    Column("node", String, primary_key=True),
    # When it was tried last, and when it last answered: "" for never.
    Column("tried", String, nullable=False),
    Column("seen", String, nullable=False, default=""),
    Column("power", String, nullable=False, default=""),
    Column("health", String, nullable=False, default=""),
    Column("problem", String, nullable=False, default=""),
    Column("known", JSON),
)
