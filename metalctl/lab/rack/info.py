"""What a lab says of itself: the shape of `metalctl lab status --json`, a contract for other programs."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from metalctl.content import yaml
from metalctl.lab.rack import bmcs, plan
from metalctl.lab.rack.accel import Accelerator
from metalctl.lab.rack.parts import PartState
from metalctl.lab.rack.paths import LabPaths


@dataclass(frozen=True)
class DiskInfo:
    """A disk of a node; `path` is its file on this machine (sparse, raw)."""

    kind: str
    serial: str
    path: str
    size_bytes: int


@dataclass(frozen=True)
class BmcInfo:
    """Where a node's BMC answers; `certificate_sha256` is of the DER certificate, hex."""

    address: str
    redfish_url: str
    certificate_sha256: str
    ipmi_port: int


@dataclass(frozen=True)
class NodeInfo:
    """One node. `macs`, `switches` and `switch_ports` are in the order of the NICs; `power` is "on" or "off"."""

    name: str
    role: str
    firmware: str
    uuid: str
    serial: str
    macs: list[str]
    bmc: BmcInfo
    switches: list[str]
    switch_ports: list[str]
    console_log: str
    disks: list[DiskInfo]
    faults: list[str]
    power: str = "off"


@dataclass(frozen=True)
class PartInfo:
    """One process of the rack; `state` is "running", "off" (a node without power) or "dead"; `tail` only when dead."""

    name: str
    pid: int | None
    state: str
    tail: str = ""


@dataclass(frozen=True)
class LabInfo:
    """A whole lab; `complete` is false while `up` is still at work, or where it was killed."""

    name: str
    namespace: str
    accelerator: str
    accelerator_reason: str
    state_dir: str
    libvirt_uri: str
    provisioner_address: str
    boot_interface: str
    boot_network: str
    boot_network6: str
    bmc_network: str
    credentials_file: str
    nodes_file: str
    settings_file: str
    nodes: list[NodeInfo]
    parts: list[PartInfo]
    complete: bool = True

    @property
    def dead(self) -> list[PartInfo]:
        return [part for part in self.parts if part.state == "dead"]

    def node(self, name: str) -> NodeInfo:
        """The node of that name; `KeyError` without one."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)

    def to_json(self) -> str:
        """As `metalctl lab status --json` prints it."""
        return json.dumps(asdict(self), indent=2)


def built(paths: LabPaths, rack: plan.Plan, accelerator: Accelerator, certificates: dict[str, str]) -> LabInfo:
    """What was built, without how it is now."""
    return LabInfo(
        name=paths.name,
        namespace=paths.namespace,
        accelerator=accelerator.name,
        accelerator_reason=accelerator.reason,
        state_dir=str(paths.state),
        libvirt_uri=paths.libvirt_uri,
        provisioner_address=plan.PROVISIONER,
        boot_interface=plan.BOOT_INTERFACE,
        boot_network=plan.BOOT_NETWORK,
        boot_network6=plan.BOOT_NETWORK6,
        bmc_network=plan.BMC_NETWORK,
        credentials_file=str(paths.credentials),
        nodes_file=str(nodes_file(paths)),
        settings_file=str(settings_file(paths)),
        nodes=[_node(node, certificates[node.node.name]) for node in rack.nodes],
        parts=[],
    )


def _node(node: plan.PlannedNode, certificate: str) -> NodeInfo:
    url = f"https://{node.bmc_address}"
    return NodeInfo(
        name=node.node.name,
        role=node.node.role,
        firmware=node.node.firmware,
        uuid=node.uuid,
        serial=node.serial,
        macs=list(node.macs),
        bmc=BmcInfo(node.bmc_address, url, certificate, plan.IPMI_PORT),
        switches=list(node.switches),
        switch_ports=list(node.ports),
        console_log=str(node.console_log),
        disks=[disk(planned) for planned in node.disks],
        faults=list(node.node.faults),
    )


def disk(planned: plan.PlannedDisk) -> DiskInfo:
    return DiskInfo(planned.disk.kind, planned.serial, str(planned.path), planned.disk.size)


def nodes_file(paths: LabPaths) -> Path:
    """The list of nodes that `metalctl enroll` takes."""
    return paths.state / "nodes.csv"


def write_nodes_file(paths: LabPaths, lab: LabInfo) -> None:
    """Writes it: the password is not in it, only where it is."""
    reference = f"file:{paths.credentials}#{bmcs.CREDENTIAL}"
    rows = [f"{node.name},{node.bmc.redfish_url},{reference},lab/{node.role}" for node in lab.nodes]
    nodes_file(paths).write_text("\n".join(["name,bmc,credential,profile", *rows, ""]))


def settings_file(paths: LabPaths) -> Path:
    """The settings under which `metalctl enroll` and `metalctl serve` serve this rack."""
    return paths.state / "metalctl.yaml"


def write_settings_file(paths: LabPaths, lab: LabInfo) -> None:
    """Writes it. What metalctl remembers outlives the rack, and no two racks share it: each has new BMCs."""
    remembered = paths.state.parent.parent / f"lab-{lab.name}" / time.strftime("%Y%m%d-%H%M%S")
    settings_file(paths).write_text(
        "# How metalctl serves this emulated rack.\n"
        + yaml.dump(
            {
                "boot": {
                    "interface": lab.boot_interface,
                    "address": lab.provisioner_address,
                    "network": lab.boot_network,
                    "ping": False,
                    "at_once": 3,
                },
                "handover": ["kolla", "cephadm"],
                "state": str(remembered),
            }
        )
    )


def save(paths: LabPaths, lab: LabInfo) -> None:
    """Keeps what was built for later commands."""
    paths.info.write_text(lab.to_json() + "\n")


def load(paths: LabPaths) -> LabInfo | None:
    """What was built; None where `up` did not get to its end."""
    try:
        data: dict[str, Any] = json.loads(paths.info.read_text())
    except FileNotFoundError:
        return None
    nodes = [
        NodeInfo(**{**node, "bmc": BmcInfo(**node["bmc"]), "disks": [DiskInfo(**disk) for disk in node["disks"]]})
        for node in data["nodes"]
    ]
    return LabInfo(**{**data, "nodes": nodes, "parts": [PartInfo(**part) for part in data["parts"]]})


def with_states(lab: LabInfo, states: list[PartState]) -> LabInfo:
    on = {
        part.name.removeprefix("node-") for part in states if part.name.startswith("node-") and part.state == "running"
    }
    nodes = [replace(node, power="on" if node.name in on else "off") for node in lab.nodes]
    return replace(lab, nodes=nodes, parts=[PartInfo(part.name, part.pid, part.state, part.tail) for part in states])
