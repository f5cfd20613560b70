"""Pure parsers: what kind of memory a module is, and how much of it serves as main memory; "" and None: not stated.

Source: DMTF DSP2046, Memory (MemoryType, MemoryDeviceType, OperatingMemoryModes, the sizes, CXL).
"""

from __future__ import annotations

from metalctl.bmc.redfish.schema.system import MemoryModule

_PERSISTENT = ("NVDIMM", "INTELOPTANE", "LOGICAL")


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
