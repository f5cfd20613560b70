"""The inventory that the parts make up."""

from __future__ import annotations

from dataclasses import dataclass, field

from metalctl.model.identity import Identity
from metalctl.model.inventory._chassis import Firmware, LogEntry, Manager, PowerSupply, Sensor, Tpm
from metalctl.model.inventory._cpu import Cpu, NumaNode
from metalctl.model.inventory._memory import Memory
from metalctl.model.inventory._network import Bond, Nic
from metalctl.model.inventory._pcie import PcieDevice
from metalctl.model.inventory._storage import Controller, Disk, Volume


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A fact that could not be read: dotted path into the inventory, and the reason.

    address: of a part that the list named by `fact` has and that could not be read, where the BMC says that it is.
    """

    fact: str
    reason: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Inventory:
    """Everything read in one go, from one side. source: "in-band" or "out-of-band"; taken: ISO 8601 UTC.

    settings: BIOS settings by the firmware's own names. sources: where a fact was read, by the longest dotted path that
    holds for all below it ("memory.dimms" → "redfish Systems/1/Memory", "cpu.microcode" → "/proc/cpuinfo").
    health, rollup: what the BMC says of the machine itself, and of it with all that belongs to it: "ok", "warning",
    "critical" or "" when not stated; faults: the conditions that it names, in words.
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
    health: str = ""
    rollup: str = ""
    faults: tuple[str, ...] = ()

    def unread(self, fact: str) -> list[Unreadable]:
        """What could not be read of a fact: the notes of it, and of what it is a part of ("disks" of "disks.sda")."""
        return [u for u in self.unreadable if fact == u.fact or fact.startswith((f"{u.fact}.", f"{u.fact}["))]
