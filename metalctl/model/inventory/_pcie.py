"""PCIe devices and links."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PcieLink:
    """A PCIe link as it runs and as both ends could. Speeds in GT/s, widths in lanes."""

    speed: float | None = None
    width: int | None = None
    max_speed: float | None = None
    max_width: int | None = None


@dataclass(frozen=True, slots=True)
class PcieDevice:
    """A PCIe function or device. address: "0000:41:00.0" in-band, the Redfish id out-of-band; kind: "gpu", "nic"…"""

    address: str
    kind: str = ""
    vendor: str = ""
    model: str = ""
    driver: str = ""
    firmware: str = ""
    serial: str = ""
    slot: str = ""
    link: PcieLink | None = None
    numa_node: int | None = None
    iommu_group: int | None = None
