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
class Cpu:
    """The processors together. virtualization: "vt-x", "amd-v" or "" (the flag); kvm: /dev/kvm opened."""

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


@dataclass(frozen=True, slots=True)
class Dimm:
    """A populated or empty memory slot; size 0 means empty."""

    slot: str
    size: int
    type: str = ""
    speed_mts: int | None = None
    configured_mts: int | None = None
    manufacturer: str = ""
    part_number: str = ""
    serial: str = ""
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """total: what the kernel (or the BMC) counts; dimms: by slot; ecc: None when not stated."""

    total: int | None = None
    dimms: tuple[Dimm, ...] = ()
    ecc: bool | None = None


@dataclass(frozen=True, slots=True)
class Disk:
    """A whole disk. kind: "nvme", "ssd", "hdd" or "unknown". by_path: stable name by where it is plugged in."""

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
    """A physical port. mac: the permanent address, lower case. speed in bit/s, None when down or not stated."""

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
class Inventory:
    """Everything read in one go, from one side. source: "in-band" or "out-of-band"; taken: ISO 8601 UTC.

    boot_mode: "uefi", "bios" or "" when not stated. os: "ramdisk", "installed" or "". bmc: address as seen in-band.
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
