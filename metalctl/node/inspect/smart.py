"""Health of SATA and SAS disks by `smartctl -j`: ATA attributes and SCSI log pages, one call a disk.

smartctl's exit code is made of bits: bits 0 and 1 mean that it could not look, the others that it saw something, and
then its output is to be believed. Attribute numbers are the vendors' habit, not a standard: an attribute counts only
under the name that smartctl's drive database gives it.
"""

from __future__ import annotations

from typing import Any

from metalctl.model.inventory import Disk, DiskHealth
from metalctl.node.inspect import values
from metalctl.node.inspect.host import Host

_TIMEOUT = 30.0
BELIEVED = 0b11111100
# A normalized value that starts at 100 and falls as the disk wears.
_LIFE_LEFT = ("SSD_Life_Left", "Media_Wearout_Indicator", "Wear_Leveling_Count", "Percent_Life_Remaining")
_LIFE_USED = ("Percent_Lifetime_Remain", "Percent_Lifetime_Used")  # these names' raw value is what is used up
_WRITTEN = {"Host_Writes_32MiB": 32 << 20, "Total_Writes_GiB": 1 << 30, "Lifetime_Writes_GiB": 1 << 30}
_CAPACITOR = ("Power_Loss_Cap_Test", "PowerLoss_Cap_Test", "Power_Loss_Protection", "Power_Loss_Cap_Status")


def collect(host: Host, disk: Disk) -> tuple[DiskHealth | None, bool | None]:
    """The disk's health, and whether it states a capacitor against power loss."""
    fact = f"disks.{disk.name}.health"
    argv = ("smartctl", "-j", "-i", "-H", "-A", "-l", "error", "-l", "ssd", f"/dev/{disk.name}")
    printed = host.tool(*argv, fact=fact, timeout=_TIMEOUT, tolerated=BELIEVED)
    if not printed:
        return None, None
    data = values.parsed(printed)
    health = parse(data)
    if health is None:
        host.unreadable(fact, why(data))
    else:
        host.source(fact, "smartctl")
    return health, True if protected(attributes(data)) else None


def parse(data: dict[str, Any]) -> DiskHealth | None:
    """The health in smartctl's JSON, ATA or SCSI; None when it holds none."""
    table = attributes(data)
    passed = values.at(data, "smart_status", "passed")
    hours = values.whole(values.at(data, "power_on_time", "hours"))
    grown = values.whole(data.get("scsi_grown_defect_list"))
    if passed is None and hours is None and grown is None and not table:
        return None
    return DiskHealth(
        status={True: "ok", False: "failing"}.get(passed, "") if isinstance(passed, bool) else "",
        wear=_wear(data, table),
        hours=hours,
        defects=_raw(table, "Reallocated_Sector_Ct") if table else grown,
        pending=_raw(table, "Current_Pending_Sector") if table else None,
        link_errors=_raw(table, "UDMA_CRC_Error_Count", "CRC_Error_Count") if table else None,
        spare=_spare(table),
        celsius=values.real(values.at(data, "temperature", "current")),
        written=_written(data, table),
    )


def attributes(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The ATA attributes by name; {} for a SCSI disk."""
    rows = values.objects(values.at(data, "ata_smart_attributes", "table"))
    return {values.text(row.get("name")): row for row in rows if values.text(row.get("name"))}


def protected(table: dict[str, dict[str, Any]]) -> bool:
    """Whether the attributes state a capacitor against power loss; that they do not says nothing."""
    return any(name in table for name in _CAPACITOR)


def _raw(table: dict[str, dict[str, Any]], *names: str) -> int | None:
    return next((values.whole(values.at(table[n], "raw", "value")) for n in names if n in table), None)


def _wear(data: dict[str, Any], table: dict[str, dict[str, Any]]) -> float | None:
    """Per cent of the rated life that is used: as the disk's statistics state it, else by its attributes."""
    stated = (
        values.at(data, "endurance_used", "current_percent"),
        data.get("scsi_percentage_used_endurance_indicator"),
        _statistic(data, "Percentage Used Endurance Indicator"),
    )
    for value in stated:
        if (number := values.real(value)) is not None:
            return number
    if (used := _raw(table, *_LIFE_USED)) is not None and used <= 255:
        return float(used)
    left = next((values.real(table[n].get("value")) for n in _LIFE_LEFT if n in table), None)
    return 100 - left if left is not None and 0 <= left <= 100 else None


def _statistic(data: dict[str, Any], name: str) -> Any:
    pages = values.objects(values.at(data, "ata_device_statistics", "pages"))
    rows = [row for page in pages for row in values.objects(page.get("table"))]
    return next((row.get("value") for row in rows if row.get("name") == name), None)


def _spare(table: dict[str, dict[str, Any]]) -> float | None:
    row = table.get("Available_Reservd_Space")
    left = values.real(row.get("value")) if row else None
    return left if left is not None and left <= 100 else None


def _written(data: dict[str, Any], table: dict[str, dict[str, Any]]) -> int | None:
    """Bytes that the host wrote over the disk's life."""
    block = values.whole(data.get("logical_block_size")) or 512
    units = {"Total_LBAs_Written": block, **_WRITTEN}
    for name, unit in units.items():
        if (count := _raw(table, name)) is not None:
            return values.product(count, unit)
    gigabytes = values.real(values.at(data, "scsi_error_counter_log", "write", "gigabytes_processed"))
    return values.whole(round(gigabytes * 10**9)) if gigabytes is not None else None


def why(data: dict[str, Any]) -> str:
    """Why smartctl's JSON holds no health, as it says itself."""
    said = [values.text(m.get("string")) for m in values.objects(values.at(data, "smartctl", "messages"))]
    return "; ".join(s for s in said if s) or "the disk, or its controller, offers no SMART"
