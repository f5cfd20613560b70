"""Processors, memory, BIOS settings and secure boot of a system."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from metalctl.bmc.quirks import Quirks
from metalctl.bmc.redfish.fetch.reader import Reader
from metalctl.bmc.redfish.fetch.together import flat, together
from metalctl.bmc.redfish.parse import compute as parse_compute
from metalctl.bmc.redfish.parse import dimms as parse_dimms
from metalctl.bmc.redfish.parse import manager as parse_manager
from metalctl.bmc.redfish.schema.system import Bios, MemoryModule, Processor, SecureBoot, System
from metalctl.model.inventory import Cpu, Memory


async def read_cpu(
    reader: Reader, system: System, quirks: Quirks, boards: Iterable[System] = ()
) -> tuple[Cpu, list[Processor]]:
    """The processors, and all that is listed among them and on accelerator boards: GPUs and FPGAs, too."""
    if "cpu" in quirks.distrust:
        return Cpu(), []
    reader.came_from("cpu", system.processors or system.path)
    listed = [Processor(one) for one in await reader.members("cpu", system.processors)]
    # A board lists the host's processors again, if any.
    beside = [Processor(one) for board in boards for one in await reader.members("pcie", board.processors)]
    reader.saw("processor", (one.json for one in (*listed, *beside)))
    reader.doubts([*map(parse_compute.doubt, listed), *parse_compute.untyped(listed)])
    found = parse_compute.cpu(listed)
    if found is None:
        # Broken is not the same as not listed: the summary stands in only for the latter.
        return Cpu() if "cpu" in reader.notes else parse_compute.cpu_summary(system.json), [*listed, *beside]
    if "cpu" in reader.notes:
        found = replace(found, sockets=None, cores=None, threads=None, smt=None)
    return found, [*listed, *beside]


async def read_memory(reader: Reader, system: System, boards: Iterable[System] = ()) -> Memory:
    """The memory, slot by slot, with that of accelerator boards."""
    lists = [one.memory for one in (system, *boards)]
    reader.came_from("memory.dimms", *lists)
    found = flat(await together(reader.members("memory.dimms", one) for one in lists))
    reader.saw("memory", found)
    modules = _each_once(list(map(MemoryModule, found)))
    slots = parse_dimms.slots(modules)
    reader.doubts(map(parse_dimms.doubt, modules, slots))
    memory = parse_dimms.memory(system, modules, map(parse_dimms.dimm, modules, slots))
    reader.doubt("memory.total", parse_dimms.total_doubt(system, memory.dimms))
    return replace(memory, total=None) if "memory.dimms" in reader.notes and not system.memory_gib else memory


def _each_once(modules: list[MemoryModule]) -> list[MemoryModule]:
    """A module that both the host and a board list is one."""
    found: dict[str, MemoryModule] = {}
    for n, one in enumerate(modules):
        found.setdefault(one.serial or f"{one.path} {n}", one)
    return list(found.values())


async def read_bios(reader: Reader, system: System) -> dict[str, str]:
    """The BIOS settings by their own names."""
    reader.came_from("settings", system.bios)
    return parse_manager.settings(Bios(await reader.one("settings", system.bios)).attributes)


async def read_secure_boot(reader: Reader, system: System) -> bool | None:
    """Whether the machine booted with secure boot last."""
    reader.came_from("secure_boot", system.secure_boot)
    return SecureBoot(await reader.one("secure_boot", system.secure_boot)).current
