"""Pure parsers: the processors and the TPM of a system. What is not stated stays None."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from metalctl.bmc.redfish.parse import names, sizes
from metalctl.bmc.redfish.schema.body import Resource
from metalctl.bmc.redfish.schema.system import Processor, ProcessorSummary, System
from metalctl.model.inventory import Cpu, Package, Tpm

_ARCHITECTURES = {"x8664": "x86_64", "arma64": "aarch64", "aarch64": "aarch64", "x86": "x86_64", "arm": "aarch64"}
_TPM = {"tpm12": "1.2", "tpm20": "2.0"}


def cpu(processors: Sequence[Processor]) -> Cpu | None:
    """The processors of type CPU together, None when there is none among them."""
    found = cpus(processors)
    if not found:
        return None
    first, (model, vendor) = found[0], _named(found[0])
    cores, threads = _sum([p.cores or None for p in found]), _sum([p.threads or None for p in found])
    return Cpu(
        model=model,
        vendor=vendor,
        architecture=_ARCHITECTURES.get(first.architecture, ""),
        sockets=len(found),
        cores=cores,
        threads=threads,
        smt=threads > cores if cores and threads else None,
        microcode=tuple(sorted({p.microcode.lower() for p in found if p.microcode})),
        base_mhz=_mhz(first.base_mhz),
        max_mhz=_mhz(first.max_mhz),
        packages=tuple(map(_package, found)),
    )


def doubt(one: Processor) -> tuple[str, str, str]:
    """(fact, why nobody can tell what works in that socket, its address); why is "" when its entry tells."""
    fact = "cpu" if one.kind in ("cpu", "") else "pcie"
    if _there(one) is None:
        return fact, f"{one.socket or 'a socket'} is listed and states nothing: is a processor in it?", one.path
    return fact, f"{one.socket or 'a processor'} {one.unused}" if one.unused else "", one.path


def untyped(processors: Sequence[Processor]) -> Iterator[tuple[str, str, str]]:
    """The same for entries that do not say what kind of processor they are, where others do."""
    typed = {one.kind for one in processors if one.kind}
    for one in processors:
        if typed and not one.kind and _there(one):
            yield "cpu", f"{one.socket} does not say what kind of processor it is", one.path


def cpus(processors: Sequence[Processor]) -> list[Processor]:
    """The processors of the system. Old schemas do not say of any what kind it is: then all are."""
    kinds = ("cpu",) if any(one.kind for one in processors) else ("",)
    return [one for one in processors if one.kind in kinds and _there(one)]


def accelerators(processors: Iterable[Processor]) -> list[Processor]:
    """Those that are no CPU and are there."""
    return [one for one in processors if one.kind not in ("cpu", "") and _there(one)]


def _there(one: Processor) -> bool | None:
    return one.there(one.model, one.cores, one.threads, one.serial, one.part_number, one.microcode, one.firmware)


def _named(one: Processor) -> tuple[str, str]:
    return names.processor(one.model, one.vendor_id, one.manufacturer)


def _mhz(value: float | None) -> float | None:
    return None if sizes.CLOCK.doubt(value) else value or None


def _package(one: Processor) -> Package:
    return Package(
        socket=one.socket,
        model=_named(one)[0],
        cores=one.cores or None,
        threads=one.threads or None,
        microcode=one.microcode.lower(),
        serial=one.serial,
        part_number=one.part_number,
        health=one.condition,
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


def tpm(system: System) -> Tpm | None:
    """The trusted platform module; None when the BMC says nothing about one, absent when its list is empty."""
    if not isinstance(system.json.get("TrustedModules"), list):
        return None
    found = [
        (module, module.there(module.interface, module.vendor, module.firmware)) for module in system.trusted_modules
    ]
    for module, there in found:
        if there:
            return Tpm(present=True, version=_TPM.get(module.interface, ""), vendor=module.vendor)
    return Tpm(present=None if any(there is None for _, there in found) else False)
