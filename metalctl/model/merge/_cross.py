"""Contradictions that no single fact shows: a part that one side lists alone, memory that the kernel cannot use,
another machine behind the BMC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from metalctl.model.finding import Finding, Fru
from metalctl.model.fingerprint import fingerprint
from metalctl.model.frus import fru, frus
from metalctl.model.identity import contradictions
from metalctl.model.inventory import Disk, Inventory
from metalctl.model.merge._behind import alone
from metalctl.model.parts import DIMM, DISK, NIC, Kind, pair, slot, source_of
from metalctl.model.population import apart, explained, suspects
from metalctl.model.same_machine import meaning, remedy, weighed
from metalctl.model.units import format_size
from metalctl.model.verdict import Verdict

_PAGES = 64  # the kernel's page structures take one part in 64 of the memory
_MAY_BE_UNLISTED = ("hbm", "cxl")  # few BMCs list them
_NOT_THE_BMCS = frozenset({"usb", "mmc", "virtio"})  # disks that a BMC does not list
_BEHIND = "the RAID controller does not pass the disk through: switch it to HBA mode or make the volume", "warning"
_UNSEEN = "the kernel does not see the disk: reseat it, then its backplane cable, and read the kernel's log", "error"
_OLD = "the BMC lists other disks of this kind but not this one: it has an old inventory; power cycle the node"
_NO_INTERFACE = (
    "the kernel has no interface for this port: no driver or firmware for it, or it is switched off in setup"
)


def cross(out_of_band: Inventory, in_band: Inventory) -> list[Finding]:
    """Every one, in the order of the parts."""
    return [
        *_identity(out_of_band, in_band),
        *_bmc_address(out_of_band, in_band),
        *_worth(out_of_band, in_band),
        *_dimms(out_of_band, in_band),
        *_disks(out_of_band, in_band),
        *_ports(out_of_band, in_band),
    ]


def _finding(a: Inventory, b: Inventory, fact: str, expected: str, got: str, part: str, remedy: str,
             severity: str = "error", path: str = "", frus: Iterable[Fru] = ()) -> Finding:  # fmt: skip
    where = f"{source_of(a, path or fact)}; {source_of(b, path or fact)}"
    return Finding(
        f"sources.{fact}", Verdict.FAIL, expected, got, part, where, remedy, severity=severity, frus=tuple(frus)
    )


def _identity(a: Inventory, b: Inventory) -> Iterator[Finding]:
    ours, theirs = fingerprint(a), fingerprint(b)
    address = a.manager.address if a.manager else ""
    for sentence in contradictions(a.identity, b.identity):
        got = f"{meaning(ours, theirs)}: {sentence}; {weighed(ours, theirs)}"
        yield _finding(a, b, "identity", "one machine", got, "", remedy(ours, theirs, address))


def _bmc_address(a: Inventory, b: Inventory) -> Iterator[Finding]:
    asked = a.manager.address if a.manager else ""
    if asked and b.bmc_address and asked != b.bmc_address:
        remedy = "the BMC is reached by another address than its own (NAT, a second port), or it is another machine's"
        yield _finding(a, b, "bmc_address", asked, b.bmc_address, "BMC", remedy, "warning")


def _worth(a: Inventory, b: Inventory) -> Iterator[Finding]:
    """The BMC lists 16 modules and the kernel counts the worth of 15."""
    fitted = list(a.memory.modules)
    if not fitted or b.memory.total is None:
        return
    # What lies in NUMA nodes without processors may be other memory, which the BMC does not list among the modules.
    other = apart(b) if explained(a, apart(b)) or explained(b, apart(b)) else 0
    listed, seen = a.memory.installed, b.memory.total - other
    smallest, lost = min(d.main or d.size for d in fitted), listed - seen
    if lost <= listed / _PAGES + smallest / 2:
        return
    near = suspects(fitted, lost, listed)
    empty = {slot(d) for d in b.memory.dimms if d.size == 0 and d.slot}
    missing = [d.slot for d in near if slot(d) in empty]
    # That it is one of all the modules says nothing.
    named = missing or ([d.slot for d in near] if len(near) < len(fitted) else [])
    part = f"DIMM {', '.join(named[:8])}" if named else ""
    remedy = (
        f"{format_size(lost)} that the BMC lists is not usable: a module is mapped out or disabled"
        + (f", look at {', '.join(named[:8])}" if named else "")
        + "; read the firmware's memory log, then reseat or replace the module it names"
    )
    expected = f"{format_size(listed)} in {len(fitted)} DIMMs ({source_of(a, 'memory.dimms')})"
    got = f"{format_size(seen)} ({source_of(b, 'memory.total')})"
    parts = [fru(d) for d in fitted if d.slot and d.slot in named]
    yield _finding(a, b, "memory.total", expected, got, part, remedy, frus=parts)


def _alone(kind: Kind, a: Inventory, b: Inventory) -> tuple[list[Any], list[Any]]:
    """(parts that the BMC alone lists, those that the machine alone lists), where the other side read all of them."""
    if kind is DISK:
        left, right = alone(a, b)
    else:
        _, left, right = pair(kind.of(a), kind.of(b), kind.keys)
    return [] if b.unread(kind.field) else left, [] if a.unread(kind.field) else right


def _of_part(a: Inventory, b: Inventory, kind: Kind, part: Any, expected: str, got: str, remedy: str,
             severity: str = "error") -> Finding:  # fmt: skip
    label = kind.label(part)
    return _finding(a, b, kind.name, expected, got, label, remedy, severity, kind.field, frus(part))


def _dimms(a: Inventory, b: Inventory) -> Iterator[Finding]:
    """Both sides list every slot, so a populated one that the other does not know is a contradiction."""
    if not any(d.size for d in a.memory.dimms) or not any(d.size for d in b.memory.dimms):
        return
    outside, inside = _alone(DIMM, a, b)
    if outside and len(outside) == len(a.memory.dimms):
        # Not one module could be paired: the sides name slots by different rules, and only the sums can be compared.
        ours, theirs = a.memory.installed, b.memory.installed
        if ours != theirs and not a.unread(DIMM.field):
            remedy = "power cycle the node and inspect again; then compare the modules in their slots with both lists"
            yield _finding(a, b, "dimm", format_size(ours), format_size(theirs), "", remedy, path=DIMM.field)
        return
    for dimm, listed, other in [*((d, a, b) for d in outside), *((d, b, a) for d in inside)]:
        if dimm.size and dimm.technology not in _MAY_BE_UNLISTED:
            remedy = f"reseat the module in {dimm.slot}: {other.source} does not see it; power cycle and inspect again"
            expected = f"{format_size(dimm.size)} in {dimm.slot} ({listed.source})"
            yield _of_part(a, b, DIMM, dimm, expected, f"nothing ({other.source})", remedy)


def _disks(a: Inventory, b: Inventory) -> Iterator[Finding]:
    outside, inside = _alone(DISK, a, b)
    hidden = {m for v in a.volumes for m in v.members}
    raid = {name for c in a.controllers if c.mode == "raid" for name in (c.name, c.pci) if name}
    for disk in (d for d in outside if (d.serial or d.wwn) and not {d.serial, d.slot, d.name} & hidden):
        remedy, severity = _BEHIND if disk.controller in raid else _UNSEEN
        yield _of_part(a, b, DISK, disk, disk.label, f"not seen ({b.source})", remedy, severity)
    kinds = {d.kind for d in a.disks}
    for disk in (d for d in inside if d.serial and d.kind in kinds and _is_the_bmcs(d)):
        yield _of_part(a, b, DISK, disk, f"not listed ({a.source})", disk.label, _OLD, "warning")


def _is_the_bmcs(disk: Disk) -> bool:
    return not disk.removable and disk.transport not in _NOT_THE_BMCS


def _ports(a: Inventory, b: Inventory) -> Iterator[Finding]:
    """A port that the BMC lists and the kernel has no Ethernet interface for; the other way round is usual (add-in
    cards). A warning: it may be an InfiniBand port, and ports that are asked for are the profile's requirement."""
    seen = {n.mac for n in b.nics}
    for nic in _alone(NIC, a, b)[0] if b.nics else ():
        if nic.mac and seen.isdisjoint(nic.host_macs):
            yield _of_part(a, b, NIC, nic, nic.label, f"no such port ({b.source})", _NO_INTERFACE, "warning")
