"""Memory: what the kernel counts (/proc/meminfo), and every slot with its DIMM (`dmidecode -t 16,17`)."""

from __future__ import annotations

import re

from metalctl.model.inventory import Dimm, Memory
from metalctl.node import dmi
from metalctl.node.inspect.host import Host

_TOTAL = re.compile(r"^MemTotal:\s+(\d+) kB", re.MULTILINE)


def collect(host: Host) -> Memory:
    """Total in bytes, DIMMs by slot, ECC as the memory array states it."""
    total = _TOTAL.search(host.text("/proc/meminfo", "memory.total"))
    table = host.tool("dmidecode", "-t", "16,17", fact="memory.dimms")
    dimms = tuple(dimm(s) for s in dmi.titled(table, "Memory Device"))
    if table and not dimms:
        host.unreadable("memory.dimms", "the firmware's table lists no memory device")
    return Memory(total=int(total.group(1)) * 1024 if total else None, dimms=dimms, ecc=ecc(table))


def dimm(section: dmi.Section) -> Dimm:
    """One memory device; size 0 when the slot is empty."""
    rank = section.get("Rank", "")
    return Dimm(
        slot=" ".join(
            dict.fromkeys(w for w in (dmi.known(section, "Bank Locator"), dmi.known(section, "Locator")) if w)
        ),
        size=dmi.size(section.get("Size", "")) or 0,
        type=dmi.known(section, "Type"),
        speed_mts=dmi.megatransfers(section.get("Speed", "")),
        configured_mts=dmi.megatransfers(dmi.known(section, "Configured Memory Speed", "Configured Clock Speed")),
        manufacturer=dmi.known(section, "Manufacturer"),
        part_number=dmi.known(section, "Part Number"),
        serial=dmi.known(section, "Serial Number"),
        rank=int(rank) if rank.isdigit() else None,
    )


def ecc(table: str) -> bool | None:
    """Whether system memory is corrected; None when no array states it."""
    stated = [a.get("Error Correction Type", "") for a in dmi.titled(table, "Physical Memory Array")]
    stated = [s for s in stated if s and s not in ("Unknown", "Other")]
    return all("ECC" in s for s in stated) if stated else None
