"""What a server is made of, as read in-band or out-of-band. Sizes in bytes, rates in bit/s; None means "not stated".

A fact that could not be read is not guessed: it stays None and an `Unreadable` says which and why.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from metalctl.model.identity import Identity


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A fact that could not be read: dotted path into the inventory, and the reason."""

    fact: str
    reason: str


@dataclass(frozen=True, slots=True)
class Cache:
    """A level of processor cache. kind: "data", "instruction" or "unified"; size in bytes; count over the machine."""

    level: int
    kind: str
    size: int
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """One populated processor socket."""

    socket: str
    model: str = ""
    cores: int | None = None
    threads: int | None = None
    microcode: str = ""
    serial: str = ""
    part_number: str = ""


@dataclass(frozen=True, slots=True)
class NumaNode:
    """A NUMA node: its processors (as the kernel lists them: "0-15,32-47") and memory in bytes."""

    node: int
    cpus: str = ""
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class PcieLink:
    """A PCIe link as it runs and as both ends could. Speeds in GT/s, widths in lanes."""

    speed: float | None = None
    width: int | None = None
    max_speed: float | None = None
    max_width: int | None = None


@dataclass(frozen=True, slots=True)
class Cpu:
    """The processors together. virtualization: "vt-x", "amd-v" or "" (the flag); kvm: /dev/kvm opened.

    firmware_locked: VT-x or AMD-V exists in silicon and the firmware has locked it off.
    """

    model: str = ""
    vendor: str = ""
    architecture: str = ""
    sockets: int | None = None
    cores: int | None = None
    threads: int | None = None
    virtualization: str | None = None
    kvm: bool | None = None
    kvm_reason: str = ""
    iommu: bool | None = None
    microcode: tuple[str, ...] = ()
    smt: bool | None = None
    firmware_locked: bool | None = None
    base_mhz: float | None = None
    max_mhz: float | None = None
    flags: tuple[str, ...] = ()
    caches: tuple[Cache, ...] = ()
    packages: tuple[Package, ...] = ()


@dataclass(frozen=True, slots=True)
class Dimm:
    """A populated or empty memory slot; size 0 means empty. corrected, uncorrected: errors since boot, by EDAC."""

    slot: str
    size: int
    type: str = ""
    speed_mts: int | None = None
    configured_mts: int | None = None
    manufacturer: str = ""
    part_number: str = ""
    serial: str = ""
    rank: int | None = None
    channel: str = ""
    socket: str = ""
    health: str = ""
    corrected: int | None = None
    uncorrected: int | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """total: what the kernel (or the BMC) counts; dimms: by slot; ecc: None when not stated."""

    total: int | None = None
    dimms: tuple[Dimm, ...] = ()
    ecc: bool | None = None


@dataclass(frozen=True, slots=True)
class DiskHealth:
    """What a disk says of itself (SMART of ATA, SCSI or NVMe, or Redfish). wear: per cent of its rated life used.

    status: "ok", "failing" or "" when not stated; defects: reallocated sectors, grown defects or media errors.
    """

    status: str = ""
    wear: float | None = None
    hours: int | None = None
    defects: int | None = None
    pending: int | None = None
    link_errors: int | None = None
    spare: float | None = None
    celsius: float | None = None
    written: int | None = None


@dataclass(frozen=True, slots=True)
class Namespace:
    """An NVMe namespace: size and logical block in bytes; formats: the logical block sizes it can be formatted to."""

    id: int
    size: int | None = None
    logical_block: int | None = None
    formats: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume of a RAID controller. level: "raid1"…; members: serials or slots of its disks."""

    name: str
    level: str = ""
    size: int | None = None
    members: tuple[str, ...] = ()
    controller: str = ""
    health: str = ""


@dataclass(frozen=True, slots=True)
class Controller:
    """A storage controller (HBA, RAID, NVMe is a disk of its own). mode: "hba", "raid" or ""."""

    name: str
    model: str = ""
    vendor: str = ""
    firmware: str = ""
    serial: str = ""
    pci: str = ""
    driver: str = ""
    mode: str = ""
    health: str = ""


@dataclass(frozen=True, slots=True)
class Disk:
    """A whole disk. kind: "nvme", "ssd", "hdd", "volume" (a RAID controller made it of several or one) or "unknown".

    by_path: stable name by where it is plugged in.
    """

    name: str
    kind: str
    size: int | None = None
    rotational: bool | None = None
    serial: str = ""
    wwn: str = ""
    model: str = ""
    firmware: str = ""
    by_path: str = ""
    by_id: str = ""
    transport: str = ""
    slot: str = ""
    logical_block: int | None = None
    removable: bool = False
    link: PcieLink | None = None
    health: DiskHealth | None = None
    controller: str = ""
    enclosure: str = ""
    pci: str = ""
    numa_node: int | None = None
    namespaces: tuple[Namespace, ...] = ()
    firmware_slots: tuple[str, ...] = ()
    power_loss_protection: bool | None = None
    endurance_dwpd: float | None = None

    @property
    def label(self) -> str:
        """How a person finds it: kind, serial, slot or path, and the kernel name of this boot last."""
        where = self.slot or self.by_path
        return " ".join(p for p in (self.kind, f"serial {self.serial or '?'}", where, f"({self.name})") if p)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What LLDP says is at the other end of a port."""

    switch: str
    port: str
    switch_mac: str = ""
    port_description: str = ""
    vlan: int | None = None


@dataclass(frozen=True, slots=True)
class Nic:
    """A physical port. mac: the permanent address, lower case. speed in bit/s, None when down or not stated.

    supported: the speeds the port can do, bit/s; sriov: virtual functions it offers; slot: of the adapter.
    """

    name: str
    mac: str
    speed: int | None = None
    duplex: str = ""
    link: bool | None = None
    driver: str = ""
    firmware: str = ""
    pci: str = ""
    model: str = ""
    mtu: int | None = None
    max_mtu: int | None = None
    neighbour: Neighbour | None = None
    numa_node: int | None = None
    supported: tuple[int, ...] = ()
    fec: str = ""
    sriov: int | None = None
    link_pcie: PcieLink | None = None
    slot: str = ""
    serial: str = ""
    part_number: str = ""

    @property
    def label(self) -> str:
        """How a person finds it: name, MAC and PCI address."""
        return " ".join(p for p in ("nic", self.name, self.mac, self.pci) if p)


@dataclass(frozen=True, slots=True)
class Bond:
    """A kernel bond as it is now. members: permanent MACs; partner_mac all zeroes means no LACP partner."""

    name: str
    mode: str
    members: tuple[str, ...] = ()
    mtu: int | None = None
    speed: int | None = None
    lacp_rate: str = ""
    hash_policy: str = ""
    partner_mac: str = ""
    aggregator_ports: int | None = None


@dataclass(frozen=True, slots=True)
class Firmware:
    """One firmware: component ("bios", "bmc", "nic eth0", "nvme S1"), version, vendor, date."""

    component: str
    version: str
    vendor: str = ""
    date: str = ""


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


@dataclass(frozen=True, slots=True)
class PowerSupply:
    """A power supply. capacity in watts; present: an empty bay is False; health: "ok", "warning", "critical" or ""."""

    slot: str
    present: bool | None = None
    health: str = ""
    capacity: float | None = None
    input_volts: float | None = None
    model: str = ""
    serial: str = ""
    part_number: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class Sensor:
    """A reading. kind: "temperature" (°C), "fan" (rpm or %), "voltage" (V), "power" (W), "current" (A)."""

    name: str
    kind: str
    value: float | None = None
    unit: str = ""
    health: str = ""
    upper_critical: float | None = None
    lower_critical: float | None = None


@dataclass(frozen=True, slots=True)
class Tpm:
    """A trusted platform module. version: "2.0", "1.2" or ""."""

    present: bool | None = None
    version: str = ""
    vendor: str = ""


@dataclass(frozen=True, slots=True)
class Manager:
    """The BMC itself. clock_offset: seconds its clock is ahead of ours, None when it states no time."""

    model: str = ""
    firmware: str = ""
    mac: str = ""
    address: str = ""
    clock_offset: float | None = None
    health: str = ""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry of the BMC's event log. at: ISO 8601; severity: "ok", "warning", "critical" or ""."""

    at: str
    severity: str
    message: str
    sensor: str = ""


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything read in one go, from one side. source: "in-band" or "out-of-band"; taken: ISO 8601 UTC.

    settings: BIOS settings by the firmware's own names. sources: where a fact was read, by the longest dotted path that
    holds for all below it ("memory.dimms" → "redfish Systems/1/Memory", "cpu.microcode" → "/proc/cpuinfo").
    boot_mode: "uefi", "bios" or "" when not stated. os: "ramdisk", "installed" or "". bmc: address as seen in-band.
    raid_disks: in-band, the physical disks that a RAID controller keeps behind its volumes; nothing can be written to
    one of them. Their `name` is how smartctl reaches them ("megaraid,8 /dev/bus/0") or the maker's tool calls them.
    """

    source: str
    identity: Identity
    taken: str = ""
    boot_id: str = ""
    boot_mode: str = ""
    secure_boot: bool | None = None
    os: str = ""
    kernel: str = ""
    cpu: Cpu = field(default_factory=Cpu)
    memory: Memory = field(default_factory=Memory)
    disks: tuple[Disk, ...] = ()
    nics: tuple[Nic, ...] = ()
    bonds: tuple[Bond, ...] = ()
    firmware: tuple[Firmware, ...] = ()
    bmc_address: str = ""
    power: str = ""
    emulated: bool = False
    unreadable: tuple[Unreadable, ...] = ()
    numa: tuple[NumaNode, ...] = ()
    volumes: tuple[Volume, ...] = ()
    controllers: tuple[Controller, ...] = ()
    pcie: tuple[PcieDevice, ...] = ()
    power_supplies: tuple[PowerSupply, ...] = ()
    sensors: tuple[Sensor, ...] = ()
    tpm: Tpm | None = None
    manager: Manager | None = None
    log: tuple[LogEntry, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    raid_disks: tuple[Disk, ...] = ()
