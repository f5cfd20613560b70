"""Pure parsers: Redfish resources as JSON to the parts of the inventory. No I/O; what is not stated stays None.

Schemas: Processor, Memory, Drive, SimpleStorage, EthernetInterface, NetworkAdapter, Port (DSP8010).
"""

from __future__ import annotations

from collections.abc import Iterable

from metalctl.bmc.redfish.body import Resource
from metalctl.bmc.redfish.values import absent, child, items, link, mac, number, text, whole
from metalctl.model.inventory import Cpu, Dimm, Disk, Memory, Nic

_ARCHITECTURES = {"x86-64": "x86_64", "ARM-A64": "aarch64", "x86": "x86_64", "ARM": "aarch64"}
_NVME = frozenset({"NVMe", "NVMeOverFabrics", "PCIe"})
_KINDS = {"HDD": "hdd", "SMR": "hdd", "SSD": "ssd"}


def cpu(processors: Iterable[Resource]) -> Cpu | None:
    """The processors of type CPU together, None when there is none among them."""
    found = [p for p in processors if not absent(p) and text(p, "ProcessorType") in ("CPU", "")]
    if not found:
        return None
    first = found[0]
    return Cpu(
        model=text(first, "Model"),
        vendor=text(child(first, "ProcessorId"), "VendorId") or text(first, "Manufacturer"),
        architecture=_ARCHITECTURES.get(text(first, "InstructionSet") or text(first, "ProcessorArchitecture"), ""),
        sockets=len(found),
        cores=_sum(found, "TotalCores"),
        threads=_sum(found, "TotalThreads"),
        microcode=tuple(sorted({m for p in found if (m := text(child(p, "ProcessorId"), "MicrocodeInfo").lower())})),
    )


def cpu_summary(system: Resource) -> Cpu:
    """The processors from the system's summary, for a BMC that lists none."""
    summary = child(system, "ProcessorSummary")
    return Cpu(
        model=text(summary, "Model"),
        sockets=whole(summary, "Count") or None,
        cores=whole(summary, "CoreCount"),
        threads=whole(summary, "LogicalProcessorCount"),
    )


def _sum(resources: list[Resource], name: str) -> int | None:
    """The sum, None as soon as one does not state it: half a sum would be a lie."""
    values = [whole(resource, name) for resource in resources]
    return None if None in values else sum(v for v in values if v is not None)


def dimm(resource: Resource) -> Dimm | None:
    """One memory slot, empty or not; None when it is populated but does not state its size."""
    size = number(resource, "CapacityMiB")
    if size is None and not absent(resource):
        return None
    speeds = resource.get("AllowedSpeedsMHz")
    rated = [s for s in speeds if isinstance(s, (int, float)) and s] if isinstance(speeds, list) else []
    return Dimm(
        slot=text(resource, "DeviceLocator", "Id"),
        size=0 if absent(resource) else round((size or 0) * 2**20),
        type=text(resource, "MemoryDeviceType"),
        speed_mts=round(max(rated)) if rated else None,
        configured_mts=whole(resource, "OperatingSpeedMhz") or None,
        manufacturer=text(resource, "Manufacturer"),
        part_number=text(resource, "PartNumber"),
        serial=text(resource, "SerialNumber"),
        rank=whole(resource, "RankCount") or None,
    )


def memory(system: Resource, slots: list[Resource]) -> Memory:
    """The memory: total from the system's summary, else the sum of the DIMMs."""
    dimms = tuple(sorted((d for r in slots if (d := dimm(r))), key=lambda d: d.slot))
    summed = sum(d.size for d in dimms) or None
    stated = number(child(system, "MemorySummary"), "TotalSystemMemoryGiB")
    states = {text(r, "ErrorCorrection") for r in slots if not absent(r) and number(r, "CapacityMiB")}
    ecc = None if not states or "" in states else all(state != "NoECC" for state in states)
    return Memory(total=round(stated * 2**30) if stated else summed, dimms=dimms, ecc=ecc)


def disk(resource: Resource) -> Disk:
    """One drive."""
    protocol = text(resource, "Protocol")
    kind = "nvme" if protocol in _NVME else _KINDS.get(text(resource, "MediaType"), "unknown")
    return Disk(
        name=text(resource, "Id", "Name"),
        kind=kind,
        size=whole(resource, "CapacityBytes") or None,
        rotational=None if kind == "unknown" else kind == "hdd",
        serial=text(resource, "SerialNumber"),
        wwn=_wwn(resource),
        model=text(resource, "Model"),
        firmware=text(resource, "Revision", "FirmwareVersion"),
        transport=protocol.lower(),
        slot=_slot(resource),
        logical_block=whole(resource, "BlockSizeBytes") or None,
    )


def _wwn(resource: Resource) -> str:
    for identifier in items(resource, "Identifiers"):
        if text(identifier, "DurableNameFormat") in ("NAA", "EUI") and (name := text(identifier, "DurableName")):
            return "0x" + name.lower().replace(":", "").removeprefix("0x")
    return ""


def _slot(resource: Resource) -> str:
    where = child(resource, "PhysicalLocation", "PartLocation")
    ordinal = whole(where, "LocationOrdinalValue")
    label = text(where, "ServiceLabel")
    return label or (
        f"{text(where, 'LocationType') or 'Slot'} {ordinal}" if ordinal is not None else text(resource, "Name")
    )


def simple_disks(resource: Resource) -> list[Disk]:
    """The devices of a SimpleStorage: name and size, and nothing of their kind."""
    return [
        Disk(
            name=text(device, "Name"),
            kind="unknown",
            size=whole(device, "CapacityBytes") or None,
            model=text(device, "Model"),
            slot=text(device, "Name"),
        )
        for device in items(resource, "Devices")
        if not absent(device)
    ]


def nic(resource: Resource) -> Nic | None:
    """One EthernetInterface; None when it is no physical port of the machine."""
    virtual = text(resource, "EthernetInterfaceType") == "Virtual" or link(resource, "Links", "HostInterface")
    address = mac(resource.get("PermanentMACAddress")) or mac(resource.get("MACAddress"))
    if virtual or not address:
        return None
    speed = number(resource, "SpeedMbps")
    return Nic(name=text(resource, "Id"), mac=address, speed=_rate(speed, 1e6), link=_link(resource))


def ports(adapter: Resource, resources: list[Resource]) -> list[Nic]:
    """The Ethernet ports of a NetworkAdapter, from its NetworkPorts or Ports."""
    found = []
    controllers = items(adapter, "Controllers")
    firmware = text(controllers[0], "FirmwarePackageVersion") if controllers else ""
    for port in resources:
        if text(port, "ActiveLinkTechnology", "LinkNetworkTechnology") not in ("Ethernet", ""):
            continue
        addresses = port.get("AssociatedNetworkAddresses") or child(port, "Ethernet").get("AssociatedMACAddresses")
        address = mac(addresses[0]) if isinstance(addresses, list) and addresses else ""
        if not address:
            continue
        speed = _rate(number(port, "CurrentSpeedGbps"), 1e9) or _rate(number(port, "CurrentLinkSpeedMbps"), 1e6)
        name, model = text(port, "Id"), text(adapter, "Model")
        found.append(Nic(name=name, mac=address, speed=speed, link=_link(port), firmware=firmware, model=model))
    return found


def merge_nics(interfaces: list[Nic], adapter_ports: list[Nic]) -> tuple[Nic, ...]:
    """One NIC a MAC address, each fact from the first that states it; by name."""
    merged: dict[str, Nic] = {}
    for one in [*interfaces, *adapter_ports]:
        known = merged.get(one.mac, one)
        merged[one.mac] = Nic(
            name=known.name,
            mac=known.mac,
            speed=known.speed or one.speed,
            link=known.link if known.link is not None else one.link,
            firmware=known.firmware or one.firmware,
            model=known.model or one.model,
        )
    return tuple(sorted(merged.values(), key=lambda n: (n.name, n.mac)))


def _rate(value: float | None, unit: float) -> int | None:
    """Bit/s; a BMC says 0 for a link that is down or not known to it."""
    return round(value * unit) if value else None


def _link(resource: Resource) -> bool | None:
    state = text(resource, "LinkStatus")
    return {"LinkUp": True, "Up": True, "LinkDown": False, "Down": False, "NoLink": False}.get(state)
