"""How often processors were slowed down because they were too hot. Only Intel's count it.

Source: Documentation/ABI/testing/sysfs-devices-system-cpu of the kernel (thermal_throttle).
"""

from __future__ import annotations

from pathlib import Path

from metalctl.node.counters.snapshot import Counter, Snapshot
from metalctl.node.inspect.host import LocalHost

_CPUS = "/sys/devices/system/cpu"


def throttle(root: Path) -> Snapshot:
    """By processor: the sum over its cores (the threads of a core count the same), and of the package as a whole."""
    host, cores, packages = LocalHost(root), dict[tuple[int, int], int](), dict[int, int]()
    for name in host.names(_CPUS):
        cpu = f"{_CPUS}/{name}"
        package, core = (host.number(f"{cpu}/topology/{one}") for one in ("physical_package_id", "core_id"))
        if package is None or core is None:
            continue
        if (count := host.number(f"{cpu}/thermal_throttle/core_throttle_count")) is not None:
            cores[package, core] = max(count, cores.get((package, core), 0))
        if (count := host.number(f"{cpu}/thermal_throttle/package_throttle_count")) is not None:
            packages[package] = max(count, packages.get(package, 0))
    values = {_counter(package, "package_throttle_count"): count for package, count in packages.items()}
    for package in {package for package, _ in cores}:
        of_package = sum(count for (other, _), count in cores.items() if other == package)
        values[_counter(package, "core_throttle_count")] = of_package
    return Snapshot(values)


def _counter(package: int, name: str) -> Counter:
    return Counter(f"processor {package}", name, serious=False, kind="thermal-throttle")
