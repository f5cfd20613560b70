"""Processors: model and flags from /proc/cpuinfo, topology from /sys (of the CPUs that are online), /dev/kvm really
opened.

`virtualization` is the flag; `kvm` says whether /dev/kvm opens and answers; neither proves that a guest boots: the KVM
check does. `emulated`: the CPUID hypervisor bit is set, or the firmware's table says "System is a virtual machine".
"""

from __future__ import annotations

from metalctl.model.inventory import Cpu
from metalctl.node.inspect.host import Host

_CPUS = "/sys/devices/system/cpu"
_FLAGS = {"vmx": "vt-x", "svm": "amd-v"}


def collect(host: Host) -> Cpu:
    """The processors together."""
    info = parse(host.text("/proc/cpuinfo", "cpu"))
    first = info[0] if info else {}
    sockets, cores, threads = _topology(host)
    kvm, reason = host.kvm()
    return Cpu(
        model=first.get("model name", ""),
        vendor=first.get("vendor_id", first.get("CPU implementer", "")),
        architecture=host.tool("uname", "-m", fact="cpu.architecture").strip(),
        sockets=sockets,
        cores=cores,
        threads=threads,
        virtualization=_virtualization(first),
        kvm=kvm,
        kvm_reason=reason,
        iommu=bool(host.names("/sys/kernel/iommu_groups")),
        microcode=tuple(sorted({c["microcode"] for c in info if "microcode" in c})),
    )


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
    """The feature flags of one CPU."""
    return frozenset(cpu.get("flags", "").split())


def _virtualization(cpu: dict[str, str]) -> str | None:
    if "flags" not in cpu:
        return None
    return next((name for flag, name in _FLAGS.items() if flag in flags(cpu)), "")


def _topology(host: Host) -> tuple[int | None, int | None, int | None]:
    packages, cores, threads = set(), set(), 0
    for cpu in host.names(_CPUS):
        topology = f"{_CPUS}/{cpu}/topology"
        if not cpu.removeprefix("cpu").isdigit() or not (package := host.text(f"{topology}/physical_package_id")):
            continue
        packages.add(package)
        siblings = host.text(f"{topology}/core_cpus_list") or host.text(f"{topology}/thread_siblings_list")
        cores.add(siblings)
        threads += 1
    if not threads:
        host.unreadable("cpu.threads", f"{_CPUS}/cpu*/topology cannot be read")
        return None, None, None
    if offline := host.text(f"{_CPUS}/offline"):
        host.unreadable("cpu.offline", f"CPUs {offline} are offline and not counted")
    return len(packages), len(cores), threads


def emulated(host: Host) -> bool:
    """Whether this machine is a virtual one; no vendor is asked for."""
    info = parse(host.text("/proc/cpuinfo"))
    if any("hypervisor" in flags(cpu) for cpu in info) or host.text("/sys/hypervisor/type"):
        return True
    return "System is a virtual machine" in host.tool("dmidecode", "-t", "0")
