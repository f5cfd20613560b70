"""Disk health: what every drive says of itself and counts, by NVMe, SATA and SAS, behind RAID controllers too.

Profile:
    checks:
      disk-health: {max_defects: 0, max_wear: 80 %}
Limits: max_defects (reallocated sectors, retired blocks, grown defects, media errors), max_pending, max_offline,
max_uncorrected, max_timeouts (hard disks only): each 0 unless given; max_wear optional.
A drive that warns of itself fails whatever it counts; one that says nothing, or packs its counters in a way that is not
known, is UNKNOWN (one that says nothing and serves no role is skipped). A volume is as healthy as its members, its
controller, battery and cache module.
Leaves: the counts, wear, and what is not judged: spare, link errors, non-medium and other errors.
Source: any raw value above 0 of SMART 5, 187, 188, 197, 198 foretells failure (Backblaze); SCSI log pages; NVMe 02h.
"""

from __future__ import annotations

from typing import Any

import pytest

from metalctl.model.health import COUNTS, counted, doubtful, own_faults
from metalctl.model.inventory import Disk, DiskHealth, Inventory
from metalctl.model.profile import HealthLimits, Range
from metalctl.model.run import RunSpec
from metalctl.node import health
from metalctl.node.errors import ToolFailed
from metalctl.node.plugin import check

_NOTED = ("status", "spare", "hours", "celsius", "link_errors", "non_medium", "other")


@check(
    component="disk",
    estimate="2 s",
    limits={
        "max_defects": 0.0,
        "max_pending": 0.0,
        "max_offline": 0.0,
        "max_uncorrected": 0.0,
        "max_timeouts": 0.0,
        "max_wear": None,
    },
    remedy="replace the drive; of a volume, the part named",
)
def test_disk_health(
    drive: Disk, machine: Inventory, spec: RunSpec, limits: Any, measure: Any, evidence: dict[str, object]
) -> None:
    most = {name: getattr(limits, f"max_{name}") for name in (*COUNTS, "wear")}
    asked = HealthLimits(**{name: Range(None, value) for name, value in most.items() if value is not None})
    found = _read(drive, machine, spec, asked)
    evidence |= {name: getattr(found, name) for name in _NOTED if getattr(found, name) not in (None, "")}
    for name in counted(drive.kind):
        if (value := getattr(found, name)) is not None:
            measure(name, value, at_most=most[name])
    if found.wear is not None:
        measure("wear", found.wear / 100, unit="fraction", at_most=most["wear"])
    wrong = own_faults(found)
    assert not wrong, "; ".join(wrong)
    if why := doubtful(found):
        raise ToolFailed(f"cannot be judged: {why}", hint="look at what it states (smartctl -x, nvme smart-log)")


def _read(drive: Disk, machine: Inventory, spec: RunSpec, asked: HealthLimits) -> DiskHealth:
    """A card or stick that serves no role may say nothing."""
    try:
        return health.read(drive, machine, asked)
    except ToolFailed as silent:
        used = drive in machine.raid_disks or any(drive.key in keys for keys in spec.roles.values())
        if used or not spec.roles:
            raise
        pytest.skip(f"it serves no role and says nothing of its health: {silent.message}")
