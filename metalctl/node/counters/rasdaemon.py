"""Errors that rasdaemon recorded: the source "rasdaemon". It is believed only while the daemon runs.

That the service did not fail says nothing: without debugfs the daemon ends with 0 and records nothing, and of what the
kernel or the processor's make does not offer it (AER, machine checks of new processors) it records nothing either,
although the tables are there. So it is asked which events it listens to, in its own instance of the kernel's tracing.
Its database is read as it is; what ras-mc-ctl prints is for people. Events carry the time of the wall clock; those that
are older than the profile's `history` are told and not judged.
Source: ras-record.c of rasdaemon; err_type is ras-mc-handler.c's and ras-aer-handler.c's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from metalctl.model.frus import of_dimm
from metalctl.model.inventory import Dimm
from metalctl.node import edac
from metalctl.node.counters.files import names_of
from metalctl.node.counters.snapshot import Counter, Snapshot

_DATABASE = "var/lib/rasdaemon/ras-mc_event.db"
_UNCORRECTED = 1 << 61  # bit UC of MCi_STATUS; SQLite has signed numbers
_AER = {"corrected": "pcie-corrected", "uncorrected (fatal)": "pcie-fatal", "fatal": "pcie-fatal"}
_TRACING = ("sys/kernel/tracing", "sys/kernel/debug/tracing")
_EVENTS = {"memory": ("ras/mc_event",), "pcie": ("ras/aer_event",), "cpu": ("mce/mce_record", "ras/arm_event")}
_NO_FAULT = frozenset({"Unsupported Request"})  # as in the kernel's own counters (aer.py)
_HARMLESS = (2, 3)  # severity of the firmware's records (UEFI, appendix N): corrected, informational
_OLD = ", older than the profile asks"
Row = tuple[str, str, str, int]  # time, kind, label, count


def rasdaemon(root: Path, dimms: Sequence[Dimm], parts: Mapping[str, str], history: float | None) -> Snapshot:
    """What is in its database, by part and kind. history: seconds; older events are of no kind that is judged."""
    if not _runs(root):
        return Snapshot(sources={"rasdaemon": "rasdaemon does not run"})
    try:
        rows = list(_rows(root / _DATABASE))
    except (OSError, ImportError, ValueError) as odd:
        return Snapshot(unreadable={"rasdaemon": str(odd)}, sources={"rasdaemon": str(odd)})
    values: dict[Counter, int] = {}
    for at, kind, label, count in rows:
        old = _OLD if _is_old(at, history) else ""
        part = _part(kind, label, dimms, parts)
        judged = not old and kind != "pcie-corrected"
        counter = Counter(part, f"rasdaemon: {kind}{old}", judged, kind="" if old else kind, event=True)
        values[counter] = values.get(counter, 0) + count
    deaf = {f"rasdaemon:{thing}": _deaf(root, events) for thing, events in _EVENTS.items()}
    if not edac.controllers(names_of(root)):
        deaf["rasdaemon:memory"] = "rasdaemon runs, and no memory controller driver tells it"
    return Snapshot(values, sources={"rasdaemon": "", **deaf})


def _deaf(root: Path, events: Sequence[str]) -> str:
    """Why it does not hear of one of these events, "" when it does."""
    states = [_enabled(root / base / "instances/rasdaemon/events" / e / "enable") for base in _TRACING for e in events]
    return "" if "1" in states else f"rasdaemon does not listen to {' or '.join(events)}"


def _enabled(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _runs(root: Path) -> bool:
    for comm in (root / "proc").glob("[0-9]*/comm"):
        try:
            if comm.read_text().strip() == "rasdaemon":
                return True
        except OSError:
            continue
    return False


def _rows(path: Path) -> Iterator[Row]:
    """Raises OSError or ValueError for a database that is missing, locked, broken or of another kind."""
    if not path.is_file():
        raise FileNotFoundError(f"rasdaemon keeps no database (/{_DATABASE}): start it with --record")
    import sqlite3  # here, because a Python without it must still run the checks

    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5)) as database:
            yield from _memory(database.execute)
            yield from _others(database.execute)
    except sqlite3.Error as odd:
        raise ValueError(f"rasdaemon's database cannot be read: {odd}") from odd


def _memory(ask: Callable[[str], Any]) -> Iterator[Row]:
    for at, sort, label, count in ask("SELECT timestamp, err_type, label, err_count FROM mc_event"):
        good = str(sort).lower() in ("corrected", "info")
        yield str(at), f"memory-{'corrected' if good else 'uncorrected'}", str(label or ""), int(count or 0)


def _others(ask: Callable[[str], Any]) -> Iterator[Row]:
    """Tables that a build may lack."""
    tables = {name for (name,) in ask("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "aer_event" in tables:
        for at, sort, device, said in ask("SELECT timestamp, err_type, dev_name, err_msg FROM aer_event"):
            if str(said).strip() in _NO_FAULT:
                continue
            yield str(at), _AER.get(str(sort).lower(), "pcie-nonfatal"), str(device or ""), 1
    if "mce_record" in tables:
        for at, status, cpu in ask("SELECT timestamp, status, cpu FROM mce_record"):
            sort = "uncorrected" if int(status or 0) & _UNCORRECTED else "corrected"
            yield str(at), f"cpu-{sort}", f"cpu {cpu}", 1
    if "extlog_event" in tables:
        for at, severity, label in ask("SELECT timestamp, severity, fru_text FROM extlog_event"):
            yield str(at), f"memory-{'corrected' if severity in _HARMLESS else 'uncorrected'}", str(label or ""), 1
    if "memory_failure_event" in tables:
        for (at,) in ask("SELECT timestamp FROM memory_failure_event"):
            yield str(at), "memory-uncorrected", "", 1


def _is_old(at: str, history: float | None) -> bool:
    if history is None:
        return False
    try:
        return time.time() - datetime.strptime(at, "%Y-%m-%d %H:%M:%S %z").timestamp() > history
    except ValueError:
        return False


def _part(kind: str, label: str, dimms: Sequence[Dimm], parts: Mapping[str, str]) -> str:
    if kind.startswith("memory"):
        dimm = edac.dimm_of(label, dimms)
        return str(of_dimm(dimm)) if dimm else f"dimm {label}" if label else "memory"
    return parts.get(label, f"pcie {label}") if kind.startswith("pcie") else label
