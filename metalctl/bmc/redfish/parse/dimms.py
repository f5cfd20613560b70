"""Pure parsers: the memory of a system. What is not stated stays None; an empty slot has size 0.

What kind of memory a module is, and how much of it serves as main memory: DMTF DSP2046, Memory (MemoryType,
MemoryDeviceType, OperatingMemoryModes, the sizes, CXL).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from metalctl.bmc.redfish.parse import labels, sizes
from metalctl.bmc.redfish.schema.links import last, path_of
from metalctl.bmc.redfish.schema.system import MemoryModule, System
from metalctl.model.inventory import Dimm, Memory

_PERSISTENT = ("NVDIMM", "INTELOPTANE", "LOGICAL")


def slots(modules: Sequence[MemoryModule]) -> list[str]:
    """What each slot is called, all by one rule."""
    return labels.alike([(m.locator, m.id, m.name, m.label) for m in modules])


def dimm(module: MemoryModule, slot: str = "") -> Dimm | None:
    """One memory slot, empty or not, as `slot`; None when nobody can tell what is in it (see `doubt`)."""
    size = _size(module)
    if size is None:
        return None
    return Dimm(
        slot=slot or slots([module])[0],
        size=size,
        type=module.kind,
        speed_mts=_rated(module),
        configured_mts=None if sizes.TRANSFERS.doubt(module.configured) else module.configured or None,
        manufacturer=module.manufacturer,
        part_number=module.part_number,
        serial=module.serial,
        rank=module.ranks or None,
        channel=_numbered(module.channel),
        socket=_numbered(module.socket) or last(path_of(next(iter(module.processors), {}))),
        health="" if module.absent else module.condition,
        node=_numbered(module.controller) if module.channel is not None else "",
        technology="" if module.absent else technology(module),
        volatile=volatile(module),
        cache=mebibytes(module.cache_mib),
    )


def _size(module: MemoryModule) -> int | None:
    """Bytes; 0 for an empty slot, which says that it is absent, or states a size of 0 and nothing else."""
    if module.absent:
        return 0
    mib = module.capacity_mib
    if mib is None or (mib <= 0 and _filled(module)) or sizes.module(mib, module.kind):
        return None
    return round(mib * 2**20)


def _rated(module: MemoryModule) -> int | None:
    """MT/s at most."""
    rated = [s for s in module.speeds if isinstance(s, (int, float)) and 0 < s < 1e6]
    return round(max(rated)) if rated else None


def _filled(module: MemoryModule) -> bool | None:
    return module.there(module.serial, module.part_number, module.manufacturer, module.kind, module.configured)


def doubt(module: MemoryModule, slot: str) -> tuple[str, str, str]:
    """(fact, why nobody can tell what is in the slot, its address); why is "" when it states that."""
    return "memory.dimms", _unclear(module, slot), module.path


def _unclear(module: MemoryModule, slot: str) -> str:
    """See above. The stacked memory of an accelerator is no slot: without a size it is left out, nothing is missed."""
    if module.unused:
        return f"{slot} {module.unused}"
    if _size(module) is not None or technology(module) == "hbm":
        return ""
    if why := sizes.module(module.capacity_mib, module.kind):
        return f"{slot} {why}"
    if _filled(module):
        return f"{slot} does not state its capacity"
    return f"{slot} is listed and states nothing: is a module in it?"


def _numbered(value: int | None) -> str:
    return "" if value is None else str(value)


def memory(system: System, modules: list[MemoryModule], found: Iterable[Dimm | None]) -> Memory:
    """The memory of these modules and DIMMs (see `dimm`): total from the system's summary, else the DIMMs' sum."""
    dimms = tuple(sorted((d for d in found if d), key=lambda d: d.slot))
    states = {m.correction for m in modules if not m.absent and m.capacity_mib and not technology(m)}
    ecc = None if not states or "" in states else all(state != "noecc" for state in states)
    return Memory(total=_total(system, dimms), dimms=dimms, ecc=ecc)


def _total(system: System, dimms: Sequence[Dimm]) -> int | None:
    if total_doubt(system, dimms):
        return None
    return round(system.memory_gib * 2**30) if system.memory_gib else Memory(dimms=tuple(dimms)).installed or None


def total_doubt(system: System, dimms: Iterable[Dimm]) -> str:
    """Why the system's own sum cannot be right, "" when it can."""
    why = sizes.total(system.memory_gib, sum(d.size for d in dimms), system.sockets)
    return f"the system {why}" if why else ""


def technology(module: MemoryModule) -> str:
    """ "persistent", "hbm" or "cxl"; "" for ordinary memory."""
    if module.cxl:
        return "cxl"
    if module.kind.upper().startswith("HBM"):
        return "hbm"
    return "persistent" if _keeps(module) else ""


def _keeps(module: MemoryModule) -> bool:
    if any(word.upper().startswith(_PERSISTENT) for word in (module.media, module.kind)):
        return True
    if module.modes and "Volatile" not in module.modes:
        return True
    # Some BMCs fill in a size that is kept for every module: one that calls itself DRAM must say that it is all.
    return bool(module.kept_mib) and (module.media != "DRAM" or module.volatile_mib == 0)


def volatile(module: MemoryModule) -> int | None:
    """The bytes that serve as main memory, where the module states them, or states that it does nothing else."""
    if module.volatile_mib is None and module.modes == ("Volatile",):
        return mebibytes(module.capacity_mib)
    return mebibytes(module.volatile_mib)


def mebibytes(size: float | None) -> int | None:
    """The bytes of a size in MiB."""
    return None if size is None else round(size * 2**20)
