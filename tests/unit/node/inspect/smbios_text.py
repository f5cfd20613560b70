"""A firmware's memory table as dmidecode prints it, from a few words a device; for tests that read it."""

from __future__ import annotations

from typing import Any

from metalctl.model.identity import Identity
from metalctl.model.inventory import Cpu, Inventory, Memory, NumaNode
from metalctl.node.inspect import memory
from metalctl.node.inspect.host import Host
from metalctl.node.inspect.tables import COMMAND

GIB = 1 << 30
RAM = {"Use": "System Memory", "Error Correction Type": "Multi-bit ECC", "Location": "System Board Or Motherboard"}


def slot(locator: str, bank: str = "Not Specified", size: str = "32 GB", **more: str) -> dict[str, str]:
    """One device of the first array; more: other fields, "_" for a blank and "__" for a dash."""
    device = {
        "Array Handle": "0x0A00", "Size": size, "Form Factor": "DIMM", "Locator": locator, "Bank Locator": bank,
        "Type": "DDR5", "Type Detail": "Synchronous Registered (Buffered)", "Rank": "2",
        "Configured Memory Speed": "4800 MT/s",
    }  # fmt: skip
    if size == "No Module Installed":
        device |= {"Type": "Unknown", "Type Detail": "Unknown", "Rank": "Unknown", "Configured Memory Speed": "Unknown"}
    return device | {k.replace("__", "-").replace("_", " "): v for k, v in more.items()}


def empty(locator: str, bank: str = "Not Specified") -> dict[str, str]:
    """An empty slot."""
    return slot(locator, bank, "No Module Installed")


def table(devices: list[dict[str, str]], arrays: dict[str, dict[str, str]] | None = None, processors: int = 1) -> str:
    """The whole text. arrays: handle → fields, by default one array of main memory."""
    sockets = [("Processor Information", {"Status": "Populated, Enabled"})] * processors
    known = [("Physical Memory Array", a) for a in (arrays or {"0x0A00": RAM}).values()]
    handles = [f"0x04{n:02X}" for n in range(processors)] + list(arrays or {"0x0A00": RAM})
    handles += [f"0x0B{n:02X}" for n in range(len(devices))]
    kinds = {"Processor Information": 4, "Physical Memory Array": 16, "Memory Device": 17}
    text = "# dmidecode 3.4\nSMBIOS 3.5.0 present.\n\n"
    for handle, (title, fields) in zip(
        handles, [*sockets, *known, *(("Memory Device", d) for d in devices)], strict=True
    ):
        lines = [
            f"Handle {handle}, DMI type {kinds[title]}, 92 bytes",
            title,
            *(f"\t{k}: {v}" for k, v in fields.items()),
        ]
        text += "\n".join(lines) + "\n\n"
    return text


class Machine:
    """A machine of a memory table and the kernel's count."""

    def __init__(self, text: str, total: int) -> None:
        self._text, self._total = text, total

    def data(self, path: str) -> bytes:
        if path != "/proc/meminfo":
            raise FileNotFoundError(path)
        return f"MemTotal:       {self._total // 1024} kB\n".encode()

    def names(self, path: str) -> list[str]:
        raise FileNotFoundError(path)

    def real(self, path: str) -> str:
        return path

    def tool(self, argv: tuple[str, ...], timeout: float, tolerated: int) -> str:
        assert argv == COMMAND
        return self._text

    def probe(self, what: str, name: str) -> Any:
        return {}


def read(
    devices: list[dict[str, str]],
    total: int = 0,
    arrays: dict[str, dict[str, str]] | None = None,
    processors: int = 1,
    numa: tuple[NumaNode, ...] = (),
) -> Inventory:
    """The inventory of such a machine: its memory as the collector reads it, its processors and NUMA nodes."""
    found: Memory = memory.collect(Host(Machine(table(devices, arrays, processors), total)))
    return Inventory("in-band", Identity(serial="M1"), cpu=Cpu(sockets=processors), memory=found, numa=numa)
