"""What the rack will be in detail: every address, serial, MAC, switch port and file, worked out before anything starts.

All of it follows from the lab's name and the rack, so a rack brought up again has the same identities.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from metalctl.lab import faults
from metalctl.lab.spec import Disk, Node, Rack

BOOT_NETWORK = "172.31.0.0/24"
PROVISIONER = "172.31.0.1"
BOOT_NETWORK6 = "fd6d:6374:6c::/64"
PROVISIONER6 = "fd6d:6374:6c::1"
BOOT_INTERFACE = "br0"
BMC_NETWORK = "172.31.1.0/24"
BMC_INTERFACE = "bmc0"
FIRST_BMC = 11
IPMI_PORT = 623
REDFISH_PORT = 443
MTU = 9000
SWITCHES = ("tor1", "tor2")
_SPACE = uuid.UUID("5c1f5f7e-6d3c-4a53-9d53-3b0a4c2f7a10")


def _digest(*words: object) -> str:
    return hashlib.sha256("/".join(str(word) for word in words).encode()).hexdigest()


@dataclass(frozen=True)
class PlannedDisk:
    """A disk with its file; `wwn` is empty for NVMe, whose name is its serial."""

    disk: Disk
    serial: str
    wwn: str
    path: Path


@dataclass(frozen=True)
class PlannedNode:
    """A node as it will be built: its faults are applied. `ports` and `switches` are in the order of its NICs."""

    node: Node
    domain: str
    uuid: str
    serial: str
    macs: tuple[str, ...]
    ports: tuple[str, ...]
    switches: tuple[str, ...]
    bmc_address: str
    disks: tuple[PlannedDisk, ...]
    directory: Path

    @property
    def console_log(self) -> Path:
        return self.directory / "console.log"

    @property
    def memory_tables(self) -> tuple[Path, ...]:
        """One file for each of the firmware's structures about memory."""
        slots = len(self.node.dimms)
        return tuple(self.directory / f"smbios{number}.bin" for number in range(slots + 1 if slots else 0))

    @property
    def nvram(self) -> Path:
        return self.directory / "nvram.fd"


@dataclass(frozen=True)
class Plan:
    """A whole rack."""

    name: str
    nodes: tuple[PlannedNode, ...]


def make(rack: Rack, name: str, state: Path) -> Plan:
    """Plans the rack for a lab of that name, whose files are under `state`."""
    nodes = []
    port = 1
    for index, declared in enumerate(rack.nodes):
        node = faults.inject(declared)
        ports = tuple(f"swp{port + offset}" for offset in range(len(node.nics)))
        port += len(ports)
        switches = tuple(SWITCHES[0 if node.one_switch else nic % rack.switches] for nic in range(len(ports)))
        cables = tuple(zip(ports, switches, strict=True))
        cables = (cables[1], cables[0], *cables[2:]) if node.crossed else cables
        nodes.append(_node(node, name, index, cables, state / "nodes" / node.name))
    return Plan(name=name, nodes=tuple(nodes))


def _node(node: Node, lab: str, index: int, cables: tuple[tuple[str, str], ...], directory: Path) -> PlannedNode:
    return PlannedNode(
        node=node,
        domain=node.name,
        uuid=str(uuid.uuid5(_SPACE, f"{lab}/{node.name}")),
        serial="MCTL" + _digest(lab, node.name, "serial")[:8].upper(),
        macs=tuple(_mac(lab, node.name, nic) for nic in range(len(cables))),
        ports=tuple(port for port, _ in cables),
        switches=tuple(switch for _, switch in cables),
        bmc_address=f"172.31.1.{FIRST_BMC + index}",
        disks=_disks(node, lab, directory),
        directory=directory,
    )


def _ssd_first(node: Node) -> list[Disk]:
    """SSDs first: the BMC emulator boots the disks in the order of the domain, and the system lives on an SSD."""
    return sorted(node.disks, key=lambda disk: disk.kind != "ssd")


def _mac(*words: object) -> str:
    tail = _digest(*words, "mac")
    return f"52:54:00:{tail[0:2]}:{tail[2:4]}:{tail[4:6]}"


def _disks(node: Node, lab: str, directory: Path) -> tuple[PlannedDisk, ...]:
    """A disk's identity goes by its place among those of its kind: a fault that takes an HDD changes no NVMe."""
    counts: Counter[str] = Counter()
    planned = []
    for disk in _ssd_first(node):
        number = counts[disk.kind]
        mark = _digest(lab, node.name, disk.kind, number)
        counts[disk.kind] += 1
        planned.append(
            PlannedDisk(
                disk=disk,
                serial=f"{disk.kind.upper()}{mark[:10].upper()}",
                wwn="" if disk.kind == "nvme" else "5000c5" + mark[10:20],
                path=directory / f"{disk.kind}{number}.raw",
            )
        )
    return tuple(planned)
