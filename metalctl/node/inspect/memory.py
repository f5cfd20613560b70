"""Memory: what the kernel counts (/proc/meminfo), every slot with its DIMM (SMBIOS 16 and 17), ECC as it works and the
errors since boot (EDAC).

Where a slot sits is read from the labels of all slots (metalctl.model.slots).
"""

from __future__ import annotations

from dataclasses import replace

from metalctl.model.inventory import Dimm, Memory
from metalctl.model.slots import placed
from metalctl.node import dmi, edac
from metalctl.node.inspect import numa, tables
from metalctl.node.inspect.host import Host
from metalctl.node.inspect.memory_devices import devices, ecc, processors, slots

_ERRORS = "memory.dimms.corrected"
_SAID = 4  # modules that a reason names
_NO_ECC = frozenset({"", "none", "unknown", "reserved"})


def collect(host: Host) -> Memory:
    """Total in bytes, DIMMs by slot, ECC as the memory array states it, or else as EDAC has it at work."""
    total = numa.memory(host.text("/proc/meminfo", "memory.total"))
    table = tables.read(host, "memory.dimms")
    listed = devices(table)
    dimms = placed(slots(table), processors(table))
    if total is not None:
        host.source("memory.total", "/proc/meminfo")
    if dimms:
        host.source("memory.dimms", "SMBIOS type 17 (dmidecode)")
        _say_sizeless(host, [d.slot for d, (s, _) in zip(dimms, listed, strict=True) if _sizeless(s)])
    elif table:
        host.unreadable("memory.dimms", "the firmware's table lists no device of system memory")
    counted = [m for mc in edac.controllers(host.names) for m in edac.modules(host.names, host.text, mc)]
    return Memory(
        total=total,
        dimms=_with_errors(host, dimms, counted),
        ecc=_ecc(host, table, counted),
    )


def _sizeless(section: dmi.Section) -> bool:
    """Whether a module may be there: an empty slot is called "No Module Installed"."""
    stated = section.get("Size", "")
    return dmi.size(stated) is None and not stated.startswith("No Module")


def _say_sizeless(host: Host, slots: list[str]) -> None:
    if slots:
        host.unreadable("memory.dimms", f"the firmware's table states no size for {', '.join(slots)}: nobody knows "
                                        "whether a module is there")  # fmt: skip


def _with_errors(host: Host, dimms: tuple[Dimm, ...], counted: list[edac.Module]) -> tuple[Dimm, ...]:
    """The DIMMs with their errors since boot; counts that no slot can be given are told with the driver's names."""
    if not any(d.size for d in dimms):
        return dimms
    joined, unnamed = edac.by_dimm(counted, dimms)
    if not counted:
        host.unreadable(_ERRORS, f"{edac.ROOT}: no memory controller driver counts errors here")
    if unnamed:
        host.unreadable(_ERRORS, _unnamed(unnamed))
    if joined:
        host.source(_ERRORS, edac.ROOT)
        host.source(_ERRORS.replace("corrected", "uncorrected"), edac.ROOT)
    return tuple(
        replace(
            d,
            corrected=edac.total(m.corrected for m in joined[d.slot]),
            uncorrected=edac.total(m.uncorrected for m in joined[d.slot]),
        )
        if d.slot in joined
        else d
        for d in dimms
    )


def _unnamed(modules: list[edac.Module]) -> str:
    """Why the counts have no slot; those that are not zero come first, for they must not be lost."""
    worst = sorted(modules, key=lambda m: -((m.corrected or 0) + (m.uncorrected or 0)))
    said = [f"{m.name}: {_count(m.corrected)} corrected, {_count(m.uncorrected)} uncorrected" for m in worst[:_SAID]]
    more = f", and {len(modules) - _SAID} more" if len(modules) > _SAID else ""
    return f"the driver's names are of no slot that the firmware lists ({'; '.join(said)}{more})"


def _count(count: int | None) -> str:
    return "?" if count is None else str(count)


def _ecc(host: Host, table: str, counted: list[edac.Module]) -> bool | None:
    modes = [m.mode for m in counted]
    working, stated = all(m.lower() not in _NO_ECC for m in modes) if modes else None, ecc(table)
    if stated is not None or working is not None:
        host.source("memory.ecc", "SMBIOS type 16 (dmidecode)" if stated is not None else edac.ROOT)
    else:
        host.unreadable("memory.ecc", "neither the firmware's table nor an EDAC driver states it")
    if stated and working is False:
        host.unreadable("memory.ecc.active", f"the firmware states ECC, and {edac.ROOT} has modules without it")
    return working if stated is None else stated
