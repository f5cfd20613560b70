"""Everything known of an enrollment in one value, from which reports, certificates and handover are made."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

import metalctl
from metalctl.engine.durability import pins
from metalctl.engine.state import StateDir
from metalctl.model.codec import decode
from metalctl.model.dossier import Dossier, Installation, Run, StageRecord
from metalctl.model.identity import Identity
from metalctl.model.inventory import Inventory
from metalctl.model.match import bonds, disk_roles
from metalctl.model.stage import Stage
from metalctl.store import audit, bmcs, boots, enrollments, evidence, nodes, records
from metalctl.store.bmcs import Look
from metalctl.store.database import open_database
from metalctl.store.enrollments import Enrollment
from metalctl.store.errors import NotFound


def load_dossier(state: StateDir, node: str) -> Dossier:
    """The newest enrollment of a node; NotFound when there is none."""
    with _connect(state) as connection:
        return gather(connection, enrollments.latest(connection, node))


def load_batch(state: StateDir, batch: str | None = None) -> list[Dossier]:
    """All enrollments of a batch, by default the newest one; NotFound when there is none."""
    with _connect(state) as connection:
        chosen = batch or enrollments.last_batch(connection)
        found = [gather(connection, e) for e in enrollments.listing(connection, chosen)]
    if not found:
        raise NotFound(f"no batch is called {chosen!r}", hint="metalctl nodes --json names the batch of each node")
    return found


def last_inventories(state: StateDir, node: str) -> dict[str, list[Inventory]]:
    """By side ("out-of-band", "in-band", "installed") the last two inventories, older first; NotFound: no such node."""
    with _connect(state) as connection:
        nodes.get(connection, node)
        return {side: evidence.last_two(connection, node, side) for side in ("out-of-band", "in-band", "installed")}


def audit_trail(state: StateDir, node: str) -> list[dict[str, Any]]:
    """What was done to a node, oldest first: at, actor, action, detail; NotFound: no such node.

    That of a forgotten node stays.
    """
    with _connect(state) as connection:
        found = audit.of_node(connection, node)
        if not found:
            nodes.get(connection, node)
        return found


def last_look(state: StateDir, node: str) -> Look | None:
    """What the service last read of the node's BMC; None when it has not yet."""
    with _connect(state) as connection:
        return bmcs.everybodys(connection).get(node)


def gather(connection: Connection, enrollment: Enrollment) -> Dossier:
    """The dossier as the store has it now."""
    node = nodes.get(connection, enrollment.node)
    profile = pins.profile(connection, enrollment)
    begun = tuple(row.record for row in records.stages(connection, enrollment.id))
    inside = evidence.inventory(connection, enrollment.id, "in-band")
    matched = any(r.stage is Stage.MATCHED for r in begun)
    runs = evidence.runs(connection, enrollment.id)
    boot = boots.last_boot(connection, enrollment.id, "installed") or boots.last_boot(connection, enrollment.id)
    outside = evidence.inventory(connection, enrollment.id, "out-of-band")
    return Dossier(
        node=node.name,
        enrollment=enrollment.id,
        batch=enrollment.batch,
        profile=enrollment.profile,
        role=profile.role,
        stage=enrollment.stage,
        condition=enrollment.condition,
        created=enrollment.created,
        bmc_address=node.bmc,
        bmc_protocol="ipmi" if node.bmc.startswith("ipmi:") else "redfish",
        credential=node.credential,
        identity=node.identity or Identity(),
        address=boot.address if boot else "",
        out_of_band=outside,
        in_band=inside,
        installed=evidence.inventory(connection, enrollment.id, "installed"),
        stages=begun,
        findings=tuple(f for r in begun for f in r.findings),
        runs=tuple(_run(row) for row in runs if row.kind != "install"),
        installation=_installation(begun),
        disk_roles=disk_roles(inside, profile) if inside and matched else {},
        bonds=bonds(inside, profile) if inside and matched else (),
        artifacts=tuple(evidence.artifacts(connection, enrollment.id)),
        profile_digest=enrollment.profile_digest,
        metalctl_version=metalctl.__version__,
        emulated=any(i.emulated for i in (inside, outside) if i is not None),
    )


def _connect(state: StateDir) -> Connection:
    return open_database(state.create().store_url).connect()


def _run(row: evidence.RunRow) -> Run:
    return Run(row.run_id, row.kind, row.level, row.boot_id, tuple(row.results), row.started, row.finished)


def _installation(records: tuple[StageRecord, ...]) -> Installation | None:
    for record in records:
        final = record.evidence.get("installation") if record.stage is Stage.INSTALLED else None
        if isinstance(final, dict) and isinstance(final.get("installation"), dict):
            return decode(Installation, final["installation"])
    return None
