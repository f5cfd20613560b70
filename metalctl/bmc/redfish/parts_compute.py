"""Pure parsers: processors, memory and TPM of a system. What is not stated stays None."""

from __future__ import annotations

from collections.abc import Iterable

from metalctl.bmc.redfish.body import Resource
from metalctl.bmc.redfish.parts_memory import mebibytes, technology, volatile
from metalctl.bmc.redfish.wire_system import MemoryModule, Processor, ProcessorSummary, System
from metalctl.model.inventory import Cpu, Dimm, Memory, Package, Tpm

_ARCHITECTURES = {"x86-64": "x86_64", "ARM-A64": "aarch64", "x86": "x86_64", "ARM": "aarch64"}
_TPM = {"TPM1_2": "1.2", "TPM2_0": "2.0"}


def cpu(processors: Iterable[Processor]) -> Cpu | None:
    """The processors of type CPU together, None when there is none among them."""
    found = [p for p in processors if not p.absent and p.kind in ("CPU", "")]
    if not found:
        return None
    first = found[0]
    cores, threads = _sum([p.cores for p in found]), _sum([p.threads for p in found])
    return Cpu(
        model=first.model,
        vendor=first.vendor,
        architecture=_ARCHITECTURES.get(first.architecture, ""),
        sockets=len(found),
        cores=cores,
        threads=threads,
        smt=threads > cores if cores and threads else None,
        microcode=tuple(sorted({p.microcode.lower() for p in found if p.microcode})),
        base_mhz=first.base_mhz or None,
        max_mhz=first.max_mhz or None,
        packages=tuple(map(_package, found)),
    )


def _package(one: Processor) -> Package:
    return Package(
        socket=one.socket,
        model=one.model,
        cores=one.cores,
        threads=one.threads,
        microcode=one.microcode.lower(),
        serial=one.serial,
        part_number=one.part_number,
    )


def cpu_summary(system: Resource) -> Cpu:
    """The processors from the system's summary, for a BMC that lists none."""
    summary = ProcessorSummary(system)
    return Cpu(
        model=summary.model, sockets=summary.count or None, cores=summary.cores or None, threads=summary.threads or None
    )


def _sum(values: list[int | None]) -> int | None:
    """The sum, None as soon as one does not state it: half a sum would be a lie."""
    return None if None in values else sum(v for v in values if v is not None)


def dimm(module: MemoryModule) -> Dimm | None:
    """One memory slot, empty or not; None when it is populated but does not state its size."""
    size = module.capacity_mib
    if size is None and not module.absent:
        return None
    rated = [s for s in module.speeds if isinstance(s, (int, float)) and 0 < s < 1e6]
    return Dimm(
        slot=module.slot,
        size=0 if module.absent else round((size or 0) * 2**20),
        type=module.kind,
        speed_mts=round(max(rated)) if rated else None,
        configured_mts=module.configured or None,
        manufacturer=module.manufacturer,
        part_number=module.part_number,
        serial=module.serial,
        rank=module.ranks or None,
        channel=_numbered(module.channel),
        socket=_numbered(module.socket) or _socket(module),
        health=module.health,
        node=_numbered(module.controller) if module.channel is not None else "",
        technology="" if module.absent else technology(module),
        volatile=volatile(module),
        cache=mebibytes(module.cache_mib),
    )


def _numbered(value: int | None) -> str:
    return "" if value is None else str(value)


def _socket(module: MemoryModule) -> str:
    path = module.processors[0].get("@odata.id") if module.processors else ""
    return path.rstrip("/").rsplit("/", 1)[-1] if isinstance(path, str) else ""


def memory(system: System, modules: list[MemoryModule], found: Iterable[Dimm | None]) -> Memory:
    """The memory of these modules and DIMMs (see `dimm`): total from the system's summary, else the DIMMs' sum."""
    dimms = tuple(sorted((d for d in found if d), key=lambda d: d.slot))
    stated = system.memory_gib
    states = {m.correction for m in modules if not m.absent and m.capacity_mib and not technology(m)}
    ecc = None if not states or "" in states else all(state != "NoECC" for state in states)
    return Memory(
        total=round(stated * 2**30) if stated else Memory(dimms=dimms).installed or None, dimms=dimms, ecc=ecc
    )


def tpm(system: System) -> Tpm | None:
    """The trusted platform module; None when the BMC says nothing about one, absent when its list is empty."""
    if not isinstance(system.json.get("TrustedModules"), list):
        return None
    for module in system.trusted_modules:
        if not module.absent:
            return Tpm(present=True, version=_TPM.get(module.interface, ""), vendor=module.vendor)
    return Tpm(present=False)
