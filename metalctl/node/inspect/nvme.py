"""NVMe: health, firmware slots, namespaces and their formats, by nvme-cli's JSON; the PCIe link comes from /sys.

Five calls for a disk: `nvme smart-log`, `id-ctrl`, `self-test-log` where the controller keeps one (OACS bit 4),
`fw-log`, `id-ns`. Power-loss protection is what the controller itself states: without a volatile write cache (VWC bit
0) nothing that it acknowledged is lost with the power.
Source: NVM Express Base Specification, Identify Controller and the SMART / Health and Firmware Slot logs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from metalctl.model.inventory import Disk, DiskHealth, Namespace
from metalctl.node.inspect import selftest, values
from metalctl.node.inspect.host import Host

_TIMEOUT = 20.0
_DATA_UNIT = 512_000  # bytes
_KELVIN = 273.15
GROUPS, _LEAST_SPARE = "endurance_grp_critical_warning_summary", "available_spare_threshold"
_WARNINGS = {
    0: "its spare is below its threshold",
    1: "its temperature is beyond a threshold",
    2: "its reliability is degraded",
    3: "it is read-only",
    4: "the backup of its volatile memory failed",
    5: "its persistent memory region is read-only or unreliable",
}
_SLOT = re.compile(r"Firmware Rev Slot (\d)")
_TEXT_OF = re.compile(r"\(([^)]*)\)\s*$")
_LBA_FORMATS = 64
_SELF_TESTS = 1 << 4  # of OACS
_CONTROLLER = re.compile(r"/nvme/(nvme\d+)(?:/|$)")
_NAMESPACE = re.compile(r"nvme\d+n(\d+)")


def where(host: Host, name: str) -> str:
    """The path below /sys/devices of the controller that a namespace's block device is behind, "" when there is none.

    A disk with two ports belongs to a subsystem, which is virtual and numbered by itself: nvme0n1 may be behind nvme1.
    Of several controllers the first is taken.
    """
    block = host.real(f"/sys/block/{name}")
    if not (subsystem := block.rpartition("/")[0]).rpartition("/")[2].startswith("nvme-subsys"):
        return block
    paths = [host.real(f"{subsystem}/{n}") for n in host.names(subsystem) if re.fullmatch(r"nvme\d+", n)]
    return next(iter(sorted(paths)), "")


def details(host: Host, disk: Disk) -> Disk:
    """The disk with what its controller tells; each part that it does not tell is an unreadable fact."""
    found, namespace = _CONTROLLER.search(where(host, disk.name)), _NAMESPACE.fullmatch(disk.name)
    if not found or not namespace:
        host.unreadable(f"disks.{disk.name}.health", "/sys shows no NVMe controller of this disk")
        return disk
    device = f"/dev/{found.group(1)}"
    log = _ask(host, disk, "health", "smart-log", device)
    if not log:
        return _silent(host, disk)
    health, number = health_of(log), host.number(f"/sys/block/{disk.name}/nsid") or int(namespace.group(1))
    if health is None:
        host.unreadable(f"disks.{disk.name}.health", "nvme smart-log printed no health log")
    identity = _ask(host, disk, "power_loss_protection", "id-ctrl", device)
    if health is not None:
        health = tested(health, identity, lambda: _ask(host, disk, "self_test", "self-test-log", device))
    protection = protected(identity)
    slots = firmware_slots(_ask(host, disk, "firmware_slots", "fw-log", device))
    space = namespace_of(number, _ask(host, disk, "namespaces", "id-ns", f"/dev/{disk.name}"))
    return replace(
        disk,
        health=health,
        firmware_slots=slots,
        namespaces=(space,) if space else (),
        power_loss_protection=protection,
    )


def _silent(host: Host, disk: Disk) -> Disk:
    """A controller that hangs, or a tool that is missing, is asked once: dozens of hung calls would be no inventory."""
    reasons = host.notes_of(f"disks.{disk.name}.health")
    why = reasons[-1].reason if reasons else "nvme smart-log printed no health log"
    for fact in ("health", "power_loss_protection", "firmware_slots", "namespaces"):
        host.unreadable(f"disks.{disk.name}.{fact}", why)
    return disk


def _ask(host: Host, disk: Disk, fact: str, command: str, device: str) -> dict[str, Any]:
    where = f"disks.{disk.name}.{fact}"
    printed = host.tool("nvme", command, "-o", "json", device, fact=where, timeout=_TIMEOUT)
    if printed:
        host.source(where, f"nvme {command}")
    return values.parsed(printed)


def health_of(log: dict[str, Any], *, celsius: bool = False) -> DiskHealth | None:
    """The health of `nvme smart-log -o json`; None when the text was no such log. celsius: smartctl's temperature."""
    warning, errors = values.whole(log.get("critical_warning")), values.whole(log.get("media_errors"))
    if warning is None or errors is None:
        return None
    degrees, written = values.real(log.get("temperature")), values.whole(log.get("data_units_written"))
    if degrees is not None and not celsius:
        degrees = round(degrees - _KELVIN) if 0 < degrees < 1000 else None
    said = faults(log)
    return DiskHealth(
        status="failing" if said else "ok",
        wear=_either(log, "percent_used", "percentage_used"),
        hours=values.whole(log.get("power_on_hours")),
        defects=errors,
        spare=_either(log, "avail_spare", "available_spare"),
        celsius=degrees,
        written=values.product(written, _DATA_UNIT),
        faults=tuple(said),
    )


def tested(health: DiskHealth, identity: dict[str, Any], ask: Callable[[], dict[str, Any]]) -> DiskHealth:
    """With what its last self-test found. identity: `id-ctrl`, {} when unknown; ask: gives `self-test-log`, or {}.

    A controller that keeps that log and does not show it leaves a doubt.
    """
    keeps = None if (oacs := values.whole(identity.get("oacs"))) is None else bool(oacs & _SELF_TESTS)
    if keeps is False:
        return health
    log = ask()
    if failed := selftest.faults(log):
        return replace(health, status="failing", faults=(*health.faults, *failed))
    doubt = ("it keeps a log of its self-tests, which cannot be read",) if keeps and not selftest.told(log) else ()
    return replace(health, doubts=(*health.doubts, *doubt))


def faults(log: dict[str, Any]) -> list[str]:
    """What the drive warns of: its own bits, those of its endurance groups, and spare below its own threshold."""
    found = _of_bits(log)
    spare, least = _either(log, "avail_spare", "available_spare"), _either(log, "spare_thresh", _LEAST_SPARE)
    if spare is not None and least is not None and spare < least and _WARNINGS[0] not in found:
        found.append(_WARNINGS[0])
    return found


def _of_bits(log: dict[str, Any]) -> list[str]:
    bits = {"": values.whole(log.get("critical_warning")) or 0, "endurance group: ": values.whole(log.get(GROUPS)) or 0}
    found = [f"{of}{word}" for of, number in bits.items() for bit, word in _WARNINGS.items() if number >> bit & 1]
    unknown = {of: number for of, number in bits.items() if number and not number & 0x3F}
    return found + [f"critical warning {n:#x}{' of an endurance group' if of else ''}" for of, n in unknown.items()]


def warnings() -> list[str]:
    """Every word that `faults` has for a bit."""
    return [*_WARNINGS.values(), *(f"endurance group: {word}" for word in _WARNINGS.values())]


def _either(log: dict[str, Any], *names: str) -> float | None:
    """The first of these that is there: nvme-cli 1 and 2 and smartctl write them differently."""
    return next((n for name in names if (n := values.real(log.get(name))) is not None), None)


def firmware_slots(log: dict[str, Any]) -> tuple[str, ...]:
    """The firmware in each slot of `nvme fw-log -o json`, "2: GDC5902Q (active)"; empty slots are left out."""
    body = next((v for v in log.values() if isinstance(v, dict)), log)
    active = next((values.whole(v) for k, v in body.items() if k.startswith("Active Firmware Slot")), None)
    found = {}
    for key, value in body.items():
        if match := _SLOT.fullmatch(key):
            text = values.text(value)
            named = _TEXT_OF.search(text)
            if version := (named.group(1) if named else text).strip():
                found[int(match.group(1))] = version
    running = (active or 0) & 0x07  # the next bits say what runs after a reset
    return tuple(f"{n}: {v}{' (active)' if n == running else ''}" for n, v in sorted(found.items()))


def namespace_of(number: int, identity: dict[str, Any]) -> Namespace | None:
    """A namespace of `nvme id-ns -o json`; None when the text was none."""
    blocks, formats = values.whole(identity.get("nsze")), values.objects(identity.get("lbafs"))
    if blocks is None or not formats:
        return None
    sizes = [_block(values.whole(f.get("ds"))) for f in formats[:_LBA_FORMATS]]
    used = values.whole(identity.get("flbas")) or 0
    index = (used & 0x0F) | (used >> 5 & 0x03) << 4
    block = sizes[index] if index < len(sizes) else 0
    return Namespace(
        id=number,
        size=values.product(blocks, block) if block else None,
        logical_block=block or None,
        formats=tuple(sorted({s for s in sizes if s})),
    )


def _block(shift: int | None) -> int:
    """Bytes of a block, 0 for a shift that is none."""
    return 1 << shift if shift is not None and 0 < shift < 32 else 0


def protected(identity: dict[str, Any]) -> bool | None:
    """Whether what was acknowledged survives a power cut, as the controller states it (VWC)."""
    cache = values.whole(identity.get("vwc"))
    return None if cache is None else not cache & 1
