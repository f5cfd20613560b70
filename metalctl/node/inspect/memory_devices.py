"""The firmware's memory devices (SMBIOS 17), each with the array (16) that it belongs to by handle.

Only an array whose use is system memory holds RAM: a BIOS flash chip has an array of its own. Persistent memory,
stacked memory (HBM) and CXL memory are told apart by technology, type and the array's place. Source: DMTF DSP0134,
7.17 and 7.18.
"""

from __future__ import annotations

import re
from dataclasses import replace

from metalctl.model.inventory import Dimm
from metalctl.node import dmi

_SYSTEM = "System Memory"
_NOT_STATED = frozenset({"", "Unknown", "Other", "<OUT OF SPEC>"})
_NO_MEMORY = frozenset({"Flash Memory", "Video Memory", "Cache Memory"})
_NO_RAM = frozenset({"Flash", "ROM", "EEPROM", "FEPROM", "EPROM", "VRAM"})
_PERSISTENT = re.compile(r"NVDIMM|persistent", re.IGNORECASE)
_EMPTY_LABELS = frozenset({"no dimm", "no module installed"})


def arrays(table: str) -> dict[str, dmi.Section]:
    """The memory arrays by handle."""
    return {a.get(dmi.HANDLE, str(i)): a for i, a in enumerate(dmi.titled(table, "Physical Memory Array"))}


def devices(table: str) -> list[tuple[dmi.Section, dmi.Section]]:
    """(device, its array or {}) of every slot of main memory and of what can serve as memory, empty ones too."""
    known = arrays(table)
    found = [(d, known.get(d.get("Array Handle", ""), {})) for d in dmi.titled(table, "Memory Device")]
    return [(d, a) for d, a in found if _is_memory(d, a)]


def _is_memory(device: dmi.Section, array: dmi.Section) -> bool:
    use = array.get("Use", "")
    if device.get("Type", "") in _NO_RAM:
        return False  # some firmware lists its flash chip in the array of main memory
    if array.get("Location", "").startswith("CXL"):
        return bool(technology(device, array))  # its empty places are no slots of a memory channel
    if use == _SYSTEM or technology(device, array):
        return True
    return use in _NOT_STATED


def technology(device: dmi.Section, array: dmi.Section) -> str:
    """ "persistent", "hbm" or "cxl"; "" for ordinary memory and for an empty slot."""
    if not dmi.size(device.get("Size", "")):
        return ""
    if array.get("Location", "").startswith("CXL") or re.search(r"(?<![A-Z])CXL", label(device).upper()):
        return "cxl"
    if device.get("Type", "").upper().startswith("HBM"):
        return "hbm"
    return "persistent" if array.get("Use", "") not in _NO_MEMORY and _keeps(device) else ""


def _keeps(device: dmi.Section) -> bool:
    """Whether it holds its content without power; tables before SMBIOS 3.2 say so only in the details of the type."""
    return _persistent(device) or "Non-Volatile" in device.get("Type Detail", "")


def _persistent(device: dmi.Section) -> bool:
    return bool(
        _PERSISTENT.search(device.get("Memory Technology", ""))
        or device.get("Type", "") == "Logical non-volatile device"
        or dmi.size(device.get("Non-Volatile Size", ""))
    )


def slots(table: str) -> list[Dimm]:
    """Every slot, as all together tell: no machine has persistent memory alone, so where only the details of the type
    say so of every module, they are wrong; and nothing is volatile memory that no DRAM caches."""
    listed = devices(table)
    found = [dimm(*one) for one in listed]
    if not any(d.size and d.technology != "persistent" for d in found):
        found = [
            d if _persistent(device) else replace(d, technology="")
            for d, (device, _) in zip(found, listed, strict=True)
        ]
    if any(d.cache for d in found):
        return found
    return [replace(d, volatile=0) if d.technology == "persistent" else d for d in found]


def label(device: dmi.Section) -> str:
    """The slot as the board has it: bank, then slot; some tables write into the bank that the slot is empty."""
    words = (dmi.known(device, "Bank Locator"), dmi.known(device, "Locator"))
    return " ".join(dict.fromkeys(w for w in words if w and w.lower() not in _EMPTY_LABELS))


def dimm(device: dmi.Section, array: dmi.Section | None = None) -> Dimm:
    """One memory device; size 0 when the slot is empty."""
    rank = device.get("Rank", "")
    return Dimm(
        slot=label(device),
        size=dmi.size(device.get("Size", "")) or 0,
        type=dmi.known(device, "Type"),
        speed_mts=dmi.megatransfers(device.get("Speed", "")),
        configured_mts=dmi.megatransfers(dmi.known(device, "Configured Memory Speed", "Configured Clock Speed")),
        manufacturer=dmi.known(device, "Manufacturer"),
        part_number=dmi.known(device, "Part Number"),
        serial=dmi.known(device, "Serial Number"),
        rank=int(rank) if re.fullmatch("[0-9]{1,3}", rank) else None,
        technology=technology(device, array or {}),
        volatile=dmi.size(device.get("Volatile Size", "")),
        cache=dmi.size(device.get("Cache Size", "")),
    )


def ecc(table: str) -> bool | None:
    """Whether main memory is corrected; None when no array that holds any states it."""
    stated = {a.get("Error Correction Type", "") for a in _of_ram(table)} - _NOT_STATED
    return all("ECC" in s for s in stated) if stated else None


def _of_ram(table: str) -> list[dmi.Section]:
    """The arrays that hold main memory, or else those that could."""
    ram = [d for d, a in devices(table) if dmi.size(d.get("Size", "")) and not technology(d, a)]
    holding, known = {d.get("Array Handle", "") for d in ram}, arrays(table)
    found = [a for handle, a in known.items() if handle in holding]
    return found or [a for a in known.values() if a.get("Use", "") in _NOT_STATED | {_SYSTEM}]


def processors(table: str) -> int | None:
    """How many processors are fitted (SMBIOS 4), None when the table lists none."""
    listed = [p.get("Status", "") for p in dmi.titled(table, "Processor Information")]
    return sum(s.startswith("Populated") for s in listed) or None
