"""Errors that rasdaemon recorded: the source "rasdaemon". It is believed only while the daemon runs.

That the service did not fail says nothing: without debugfs the daemon ends with 0 and records nothing, and of what the
kernel or the processor's make does not offer it (AER, machine checks of new processors) it records nothing either,
although the tables are there. So it is asked which events it listens to, in its own instance of the kernel's tracing.
Its database is read table by table (ras_tables.py); what ras-mc-ctl prints is for people. A table that cannot be read,
or whose rows do not tell enough, leaves what it covers untold; one that is not known is told. Events carry the time of
the wall clock; those that are older than the profile's `history` are told and not judged.
Source: ras-record.c of rasdaemon.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from metalctl.model.inventory import Dimm
from metalctl.node import edac
from metalctl.node.counters import ras_tables
from metalctl.node.counters.snapshot import Counter, Snapshot, logged
from metalctl.node.inspect.host import LocalHost

_DATABASE = "var/lib/rasdaemon/ras-mc_event.db"
_TRACING = ("sys/kernel/tracing", "sys/kernel/debug/tracing")
_EVENTS = {"memory": ("ras/mc_event",), "pcie": ("ras/aer_event",), "cpu": ("mce/mce_record", "ras/arm_event")}
_FIRST = "mc_event"  # the one table that every build has
Ask = Callable[[str], Any]


@dataclass(slots=True)
class _Read:
    """rows: (time, table, what it says). untold: thing → why its errors are not all told. broken: table → why."""

    rows: list[tuple[str, str, ras_tables.Said]] = field(default_factory=list)
    untold: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)


def rasdaemon(root: Path, dimms: Sequence[Dimm], parts: Mapping[str, str], history: float | None) -> Snapshot:
    """What is in its database, by part and kind. history: seconds; older events are of no kind that is judged.

    parts: PCI address or kernel name of a disk → how the part there is called.
    """
    if not _runs(root):
        return Snapshot(sources={"rasdaemon": "rasdaemon does not run"})
    try:
        read = _tables(root / _DATABASE)
    except (OSError, ImportError, ValueError) as odd:
        return Snapshot(unreadable={"rasdaemon": str(odd)}, sources={"rasdaemon": str(odd)})
    values: dict[Counter, int] = {}
    for at, table, said in read.rows:
        part, old = _part(root, said, dimms, parts), _is_old(at, history)
        counter = logged(part, "rasdaemon", said.kind or table, said.kind, old=old)
        values[counter] = values.get(counter, 0) + said.count
    broken = {f"rasdaemon's table {table}": why for table, why in read.broken.items()}
    return Snapshot(values, broken, {"rasdaemon": "", **_deaf(root, read)})


def _deaf(root: Path, read: _Read) -> dict[str, str]:
    """ "rasdaemon:thing" → why it does not tell of all errors of it, "" when it does."""
    found = {thing: _unheard(root, events) for thing, events in _EVENTS.items()}
    if not edac.controllers(LocalHost(root).names):
        found["memory"] = "rasdaemon runs, and no memory controller driver reports to it"
    told = {thing: read.untold.get(thing) or found.get(thing, "") for thing in (*found, *read.untold)}
    return {f"rasdaemon:{thing}": why for thing, why in told.items() if thing}


def _unheard(root: Path, events: Sequence[str]) -> str:
    """Why it does not hear of one of these events, "" when it does."""
    host, places = LocalHost(root), [f"{base}/instances/rasdaemon/events" for base in _TRACING]
    states = [host.text(f"{place}/{event}/enable") for place in places for event in events]
    return "" if "1" in states else f"rasdaemon does not listen to {' or '.join(events)}"


def _runs(root: Path) -> bool:
    host = LocalHost(root)
    return any(host.text(f"proc/{pid}/comm") == "rasdaemon" for pid in host.names("proc") if pid.isdigit())


def _tables(path: Path) -> _Read:
    """Every table. Raises OSError or ValueError for a database that is missing, locked, broken or of another kind."""
    if not path.is_file():
        raise FileNotFoundError(f"rasdaemon keeps no database (/{_DATABASE}): start it with --record")
    import sqlite3  # here, because a Python without it must still run the checks

    read = _Read()
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5)) as database:
            names = [str(name) for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            if _FIRST not in names:
                raise ValueError(f"rasdaemon's database has no table {_FIRST}: it is of another kind, or not yet made")
            for name in names:
                if not name.startswith("sqlite_"):
                    _table(database.execute, name, read)
    except sqlite3.Error as odd:
        raise ValueError(f"rasdaemon's database cannot be read: {odd}") from odd
    return read


def _table(ask: Ask, name: str, read: _Read) -> None:
    """Its rows, as far as they can be read; the first that cannot be is told."""
    quoted = name.replace('"', '""')
    columns = frozenset(str(row[1]) for row in ask(f'PRAGMA table_info("{quoted}")'))
    table = ras_tables.TABLES.get(name) or ras_tables.unknown(name, columns)
    why = ", ".join(sorted({*table.columns, "timestamp"} - columns))
    why = f"it has no column {why}" if why and table.covers else ""
    if not why:
        why = _rows(ask, quoted, name, table, columns, read)
    if why:
        read.broken[name] = why
        read.untold.setdefault(table.covers, f"rasdaemon's table {name} cannot be read: {why}")


def _rows(ask: Ask, quoted: str, name: str, table: ras_tables.Table, columns: frozenset[str], read: _Read) -> str:
    """Why a row cannot be read, "" when all can be."""
    wanted = [c for c in ("timestamp", *table.columns, *table.optional) if c in columns]
    listed, why = ", ".join(f'"{c}"' for c in wanted) or "NULL", ""
    for found in ask(f'SELECT {listed} FROM "{quoted}"'):  # noqa: S608 - names that the database itself gave
        row = {**dict.fromkeys(("timestamp", *table.optional)), **dict(zip(wanted, found, strict=False))}
        try:
            said = table.row(row)
        except (TypeError, ValueError, OverflowError) as odd:
            why = why or str(odd)
            said = ras_tables.Said("", f"machine ({name})")
        if said is not None:
            read.rows.append((str(row["timestamp"]), name, said))
        if table.unclear:
            read.untold.setdefault(table.covers, table.unclear)
    return why


def _is_old(at: str, history: float | None) -> bool:
    if history is None:
        return False
    try:
        return time.time() - datetime.strptime(at, "%Y-%m-%d %H:%M:%S %z").timestamp() > history
    except ValueError:
        return False


def _part(root: Path, said: ras_tables.Said, dimms: Sequence[Dimm], parts: Mapping[str, str]) -> str:
    label = said.label
    if said.kind.startswith("memory") and not label.startswith("cxl "):
        return edac.part_of(label, dimms)
    if said.kind.startswith("pcie"):
        return parts.get(label, f"pcie {label}")
    if label.replace(":", "", 1).isdigit():
        name = (root / "sys/dev/block" / label).resolve().name
        return parts.get(name, f"disk {name}" if name != label else f"disk {label}")
    return label or "machine"
