"""Errors of PCIe links and devices as the kernel counts them (Advanced Error Reporting): the source "aer".

Where the firmware keeps the errors to itself (no _OSC grant, pci=noaer), no device has these files.
Source: Documentation/ABI/testing/sysfs-bus-pci-devices-aer_stats of the kernel.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from metalctl.node.counters.snapshot import Counter, Snapshot

_FILES = {
    "aer_dev_correctable": "pcie-corrected",
    "aer_dev_nonfatal": "pcie-nonfatal",
    "aer_dev_fatal": "pcie-fatal",
}
# A request that a device does not know is asked of many while they are enumerated: it tells nothing of the link.
_NO_FAULT = frozenset({"UnsupReq"})
_LINE = re.compile(r"([A-Za-z][\w ]*?) ([0-9]{1,19})")


def aer(root: Path, parts: Mapping[str, str]) -> Snapshot:
    """The counters of every device that has them. parts: PCI address → how the part there is called."""
    values: dict[Counter, int] = {}
    broken: dict[str, str] = {}
    asked = 0
    for device in sorted((root / "sys/bus/pci/devices").glob("*")):
        for name, kind in _FILES.items():
            try:
                text = (device / name).read_text()
            except FileNotFoundError:
                continue
            except OSError as odd:
                broken[f"pcie {device.name} {name}"] = str(odd)
                continue
            asked += 1
            if (count := total(text)) is None:
                broken[f"pcie {device.name} {name}"] = "it holds no counts"
            else:
                part = parts.get(device.name, f"pcie {device.name}")
                values[Counter(part, f"{name} of {device.name}", kind != "pcie-corrected", kind=kind)] = count
    why = "; ".join(f"{what}: {odd}" for what, odd in broken.items())
    if not asked and not broken:
        why = "no device has AER counters: the kernel has no AER, or the firmware keeps the errors to itself"
    return Snapshot(values, broken, {"aer": why})


def total(text: str) -> int | None:
    """The sum of a file's counters without what is no fault; None when there are none."""
    found = [m for line in text.splitlines() if (m := _LINE.fullmatch(line.strip()))]
    counts = {m.group(1): int(m.group(2)) for m in found if not m.group(1).startswith("TOTAL_ERR")}
    if not counts:
        return None
    return sum(count for name, count in counts.items() if name not in _NO_FAULT)
