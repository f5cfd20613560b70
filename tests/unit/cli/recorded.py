"""A small store as it is remembered: five nodes of one batch, with the inventories of tests/unit/match/machines.py.

sto1 is handed over; sto2 lacks the disk of bay 6 and a link; sto3 lacks the disk of the last bay, which only its peers
name; of cmp1 metalctl cannot check whether the IOMMU is on; cmp2 burns in.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, update

from metalctl.content import profiles
from metalctl.engine.state import StateDir
from metalctl.model.dossier import StageRecord
from metalctl.model.finding import Finding
from metalctl.model.inventory import Inventory
from metalctl.model.match import match
from metalctl.model.stage import ORDER, Condition, Stage
from metalctl.store import audit, enrollments, evidence, nodes, records, schema
from metalctl.store.database import open_database

sys.path.insert(0, str(Path(__file__).parents[1] / "match"))
from machines import changed

_NODES: tuple[tuple[str, str, dict[str, Any], Stage, Condition, str], ...] = (
    ("sto1", "storage", {}, Stage.HANDED_OVER, Condition.DONE, ""),
    ("sto2", "storage", {"disks.7": None, "nics.1.link": False}, Stage.MATCHED, Condition.FAILED, "hardware"),
    ("sto3", "storage", {"disks.12": None}, Stage.MATCHED, Condition.FAILED, "hardware"),
    ("cmp1", "compute", {"cpu.iommu": None}, Stage.MATCHED, Condition.FAILED, "metalctl"),
    ("cmp2", "compute", {}, Stage.BURNED_IN, Condition.RUNNING, ""),
)
BEGAN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def make(folder: Path) -> StateDir:
    """The state directory."""
    state = StateDir(folder).create()
    database = open_database(state.store_url)
    with database.begin() as connection:
        batch = enrollments.new_batch(connection, {"level": "quick", "allow_erase": False})
        for number, row in enumerate(_NODES, start=11):
            _add(connection, batch, f"https://10.0.0.{number}", *row)
        audit.record(connection, "sto2", "power-on", system="ramdisk", attempt=1)
        connection.execute(update(schema.audit).values(at=BEGAN.isoformat(timespec="milliseconds")))
    database.dispose()
    return state


def _add(
    connection: Connection, batch: str, address: str, node: str, profile: str, change: dict[str, Any], stage: Stage,
    condition: Condition, fault: str,
) -> None:  # fmt: skip
    taken = changed(profile, {"identity.serial": node.upper(), "taken": BEGAN.isoformat(), **change})
    nodes.put(connection, node, address, "env:RACK7", profile)
    nodes.change(connection, node, identity={"serial": node.upper(), "manufacturer": "HPE", "product": "DL385"})
    enrollment = enrollments.new(connection, node, batch, profile)
    evidence.add_inventory(connection, node, enrollment, "in-band", taken)
    for record in _walked(taken, profile, stage, condition):
        records.save_stage(connection, enrollment, records.StageRow(record))
    records.summarize(connection, enrollment)
    values = {"stage": stage.value, "condition": condition.value, "fault": fault, "why": ""}
    ended = condition is not Condition.RUNNING
    began = BEGAN if ended else datetime.now(UTC) - timedelta(minutes=12, seconds=34)
    times = {"created": began.isoformat(), "updated": (began + timedelta(minutes=21, seconds=5)).isoformat()}
    table = schema.enrollments
    connection.execute(update(table).where(table.c.id == enrollment).values(**values, **times))


def _walked(taken: Inventory, profile: str, last: Stage, condition: Condition) -> list[StageRecord]:
    """A record of each stage up to the last; the findings are those of the match."""
    found: list[StageRecord] = []
    for number, stage in enumerate(ORDER[: ORDER.index(last) + 1]):
        began = BEGAN + timedelta(minutes=2 * number)
        ends = "" if stage is last and condition is Condition.RUNNING else (began + timedelta(minutes=1)).isoformat()
        findings: Sequence[Finding] = match(taken, profiles.load(profile)) if stage is Stage.MATCHED else ()
        how = condition if stage is last else Condition.DONE
        found.append(StageRecord(stage, how, began.isoformat(), ends, {}, tuple(findings)))
    return found
