"""Processors: model and flags from /proc/cpuinfo, topology from /sys (of the CPUs that are online), /dev/kvm really
opened, sockets from the firmware's table.

`virtualization` is the flag; `kvm` says whether /dev/kvm opens and answers; neither proves that a guest boots: the KVM
check does. `emulated`: the CPUID hypervisor bit is set, or the firmware's table says "System is a virtual machine".
"""

from __future__ import annotations

import re

from metalctl.model.inventory import Cpu, Package
from metalctl.node import dmi
from metalctl.node.inspect import caches, tables, virtualization
from metalctl.node.inspect.host import Host

_CPUS = "/sys/devices/system/cpu"
_FLAGS = {"vmx": "vt-x", "svm": "amd-v"}
_IN_NAME = re.compile(r"@ ([0-9.]+) ?GHz")


def collect(host: Host) -> Cpu:
    """The processors together, and socket by socket."""
    info = parse(host.text("/proc/cpuinfo", "cpu"))
    first = info[0] if info else {}
    sockets, cores, threads = _topology(host)
    kvm, reason = host.kvm()
    kilohertz = host.number(f"{_CPUS}/cpu0/cpufreq/cpuinfo_max_freq")
    _say_sources(host, bool(info))
    return Cpu(
        model=first.get("model name", ""),
        vendor=first.get("vendor_id", first.get("CPU implementer", "")),
        architecture=str(host.probe("architecture").get("machine", "")),
        sockets=sockets,
        cores=cores,
        threads=threads,
        virtualization=_virtualization(first),
        kvm=kvm,
        kvm_reason=reason,
        iommu=bool(host.names("/sys/kernel/iommu_groups")),
        microcode=tuple(sorted({c["microcode"] for c in info if "microcode" in c})),
        smt=_smt(host, cores, threads),
        firmware_locked=virtualization.locked(host, first.get("vendor_id", ""), _virtualization(first), kvm),
        base_mhz=_base(host, first),
        max_mhz=kilohertz / 1000 if kilohertz else None,
        flags=tuple(sorted(flags(first))),
        caches=caches.collect(host),
        packages=packages(tables.titled(host, "Processor Information"), info),
    )


def _say_sources(host: Host, info: bool) -> None:
    if info:
        host.source("cpu", "/proc/cpuinfo, /sys/devices/system/cpu")
    host.source("cpu.kvm", "/dev/kvm")
    host.source("cpu.iommu", "/sys/kernel/iommu_groups")  # that it is empty or absent is the answer
    if tables.titled(host, "Processor Information"):
        host.source("cpu.packages", "SMBIOS type 4 (dmidecode), /proc/cpuinfo")
    if not host.exists(f"{_CPUS}/cpu0/cpufreq"):
        host.unreadable("cpu.max_mhz", f"{_CPUS}/cpu0/cpufreq: the kernel has no frequency driver for these processors")


def parse(cpuinfo: str) -> list[dict[str, str]]:
    """One dict a logical CPU."""
    cpus = []
    for block in cpuinfo.split("\n\n"):
        pairs = (line.partition(":") for line in block.splitlines())
        cpu = {key.strip(): value.strip() for key, _, value in pairs}
        if "processor" in cpu:
            cpus.append(cpu)
    return cpus


def flags(cpu: dict[str, str]) -> frozenset[str]:
    return frozenset(cpu.get("flags", cpu.get("Features", "")).split())


def packages(table: list[dmi.Section], info: list[dict[str, str]]) -> tuple[Package, ...]:
    """Every populated socket of the firmware's table with the microcode that its CPUs run; without the table, the
    kernel's packages.

    The table's populated sockets and the kernel's packages are paired in order, when there are as many of each: nothing
    else ties a socket's name to a package number.
    """
    fitted = [s for s in table if not s.get("Status", "").startswith("Unpopulated")]
    by_package: dict[str, list[dict[str, str]]] = {}
    for cpu in info:
        by_package.setdefault(cpu.get("physical id", "0"), []).append(cpu)
    numbers = sorted(by_package, key=lambda n: (len(n), n))
    if not fitted:
        return tuple(_package(f"package {n}", by_package[n], {}) for n in numbers)
    ordered = [by_package[n] for n in numbers] if len(numbers) == len(fitted) else [[]] * len(fitted)
    return tuple(_package(dmi.known(s, "Socket Designation"), c, s) for s, c in zip(fitted, ordered, strict=True))


def _package(socket: str, cpus: list[dict[str, str]], section: dmi.Section) -> Package:
    first = cpus[0] if cpus else {}
    return Package(
        socket=socket,
        model=first.get("model name", "") or dmi.known(section, "Version"),
        cores=_count(section.get("Core Count", first.get("cpu cores", ""))),
        threads=_count(section.get("Thread Count", "")) or (len(cpus) or None),
        microcode=" ".join(sorted({c["microcode"] for c in cpus if "microcode" in c})),
        serial=dmi.known(section, "Serial Number"),
        part_number=dmi.known(section, "Part Number"),
    )


def _count(text: str) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,6}", text) else None


def _virtualization(cpu: dict[str, str]) -> str | None:
    if "flags" not in cpu:
        return None
    return next((name for flag, name in _FLAGS.items() if flag in flags(cpu)), "")


def _smt(host: Host, cores: int | None, threads: int | None) -> bool | None:
    """Whether cores run more than one thread now."""
    active = {"0": False, "1": True}.get(host.text(f"{_CPUS}/smt/active"))
    if active is None and cores and threads:
        return threads > cores
    return active


def _base(host: Host, cpu: dict[str, str]) -> float | None:
    """The frequency without boost in MHz: as the driver, the firmware (CPPC), or the model's own name has it."""
    base = f"{_CPUS}/cpu0"
    if kilohertz := host.number(f"{base}/cpufreq/base_frequency"):
        return kilohertz / 1000
    if nominal := host.number(f"{base}/acpi_cppc/nominal_freq"):
        return float(nominal)
    named = _IN_NAME.search(cpu.get("model name", ""))
    try:
        return round(float(named.group(1)) * 1000) if named else None
    except ValueError:
        return None


def _topology(host: Host) -> tuple[int | None, int | None, int | None]:
    packages, cores, threads = set(), set(), 0
    for cpu in host.names(_CPUS):
        topology = f"{_CPUS}/{cpu}/topology"
        if not re.fullmatch("cpu[0-9]{1,6}", cpu) or not (package := host.text(f"{topology}/physical_package_id")):
            continue
        packages.add(package)
        siblings = host.text(f"{topology}/core_cpus_list") or host.text(f"{topology}/thread_siblings_list")
        cores.add(siblings)
        threads += 1
    if not threads:
        host.unreadable("cpu.threads", f"{_CPUS}/cpu*/topology cannot be read")
        return None, None, None
    if "" in cores:
        host.unreadable("cpu.cores", f"{_CPUS}/cpu*/topology names no siblings: cores cannot be counted")
    if offline := host.text(f"{_CPUS}/offline"):
        host.unreadable("cpu.offline", f"CPUs {offline} are offline and not counted")
    return len(packages), None if "" in cores else len(cores), threads


def emulated(host: Host) -> bool:
    """Whether this machine is a virtual one; no vendor is asked for."""
    info = parse(host.text("/proc/cpuinfo"))
    if any("hypervisor" in flags(cpu) for cpu in info) or host.text("/sys/hypervisor/type"):
        return True
    bios = tables.titled(host, "BIOS Information")
    return any("System is a virtual machine" in s.get("Characteristics", "") for s in bios)
