"""Names of PCI vendors and devices from pci.ids, when the machine has the file. A pure parser and a thin reader."""

from __future__ import annotations

from collections.abc import Iterable

from metalctl.node.inspect.host import Host

FILES = ("/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids", "/usr/share/pci.ids")
Ids = tuple[str, str]  # vendor and device, four hexadecimal digits each


def read(host: Host, wanted: Iterable[Ids]) -> dict[Ids, Ids]:
    """(vendor id, device id) → (vendor's name, device's name) of those that the file knows."""
    for path in FILES:
        if text := host.data(path):
            return parse(text.decode(errors="replace"), wanted)
    host.unreadable("pcie.model", f"{FILES[0]} is missing, so PCI devices have numbers and no names")
    return {}


def parse(text: str, wanted: Iterable[Ids]) -> dict[Ids, Ids]:
    """The same from the file's text; a device that is not listed has the name ""."""
    asked: dict[str, set[str]] = {}
    for vendor, device in wanted:
        asked.setdefault(vendor, set()).add(device)
    found: dict[Ids, Ids] = {}
    vendor, name, devices = "", "", set[str]()
    for line in text.splitlines():
        if not line or line.startswith(("#", "\t\t")):
            continue
        if line.startswith("\t"):
            if devices and line[1:5] in devices:
                found[vendor, line[1:5]] = (name, line[5:].strip())
            continue
        if line.startswith("C "):  # the classes come last
            break
        vendor, name = line[:4], line[4:].strip()
        devices = asked.get(vendor, set())
        found |= {(vendor, device): (name, "") for device in devices}
    return found
