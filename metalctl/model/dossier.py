"""Everything known of one node, in one value: what reports, certificates and handover targets are made from.

It holds no secret.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from metalctl.model.finding import Finding
from metalctl.model.identity import Identity
from metalctl.model.inventory import Disk, Inventory
from metalctl.model.measurement import CheckResult
from metalctl.model.run import BondSpec
from metalctl.model.stage import Condition, Stage


@dataclass(frozen=True, slots=True)
class StageRecord:
    """One stage as it went: times ISO 8601 UTC, what was seen that let it advance, what was found."""

    stage: Stage
    condition: Condition
    started: str
    finished: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run of checks on the node; kind as in RunSpec."""

    run_id: str
    kind: str
    level: str
    boot_id: str
    results: tuple[CheckResult, ...]
    started: str = ""
    finished: str = ""


@dataclass(frozen=True, slots=True)
class Installation:
    """What was written where. count: how many times metalctl installed this disk, as recorded on the disk itself."""

    os: str
    version: str
    image_sha256: str
    disk_serial: str
    bytes_written: int
    verified: bool
    count: int
    boot_id: str = ""
    root_disk_serial: str = ""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file kept by the store: kind ("report", "certificate", "junit", "inventory", …), absolute path, SHA-256."""

    kind: str
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """One enrollment of one node. address: of the installed system (or ramdisk). emulated: it is not real hardware."""

    node: str
    enrollment: str
    batch: str
    profile: str
    role: str
    stage: Stage
    condition: Condition
    created: str
    bmc_address: str = ""
    bmc_protocol: str = ""
    credential: str = ""
    identity: Identity = field(default_factory=Identity)
    address: str = ""
    out_of_band: Inventory | None = None
    in_band: Inventory | None = None
    installed: Inventory | None = None
    stages: tuple[StageRecord, ...] = ()
    findings: tuple[Finding, ...] = ()
    runs: tuple[Run, ...] = ()
    installation: Installation | None = None
    disk_roles: dict[str, tuple[Disk, ...]] = field(default_factory=dict)
    bonds: tuple[BondSpec, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    profile_digest: str = ""
    metalctl_version: str = ""
    emulated: bool = False
