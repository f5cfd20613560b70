"""A dossier in Ironic's words: node, ports, traits. Pure functions, no API.

Source: https://docs.openstack.org/ironic/latest/install/enrollment.html and .../admin/drivers/redfish.html
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from metalctl.handover.base import Settings
from metalctl.handover.errors import Incomplete
from metalctl.handover.facts import inventory
from metalctl.model import resource_class as resource
from metalctl.model.dossier import Dossier
from metalctl.model.inventory import Cpu, Disk, Inventory, Nic

_OURS = "CUSTOM_METALCTL_"
_FLAG_TRAITS = {"vt-x": "HW_CPU_X86_VMX", "amd-v": "HW_CPU_X86_SVM"}


def node(dossier: Dossier, settings: Settings) -> dict[str, Any]:
    """What Ironic shall say of the node; driver_info without its password. Incomplete names what is not known."""
    found = inventory(dossier)
    return {
        "name": dossier.node,
        "driver": "ipmi" if dossier.bmc_protocol == "ipmi" else "redfish",
        "resource_class": resource_class(dossier),
        "properties": properties(dossier, found),
        "driver_info": driver_info(dossier, settings),
        "extra": {"metalctl": _about(dossier)},
    }


def resource_class(dossier: Dossier) -> str:
    """That of the profile; Incomplete when Ironic would not take it."""
    made = resource.resource_class(dossier.profile)
    if len(made) > resource.LONGEST:
        raise Incomplete(
            f"{dossier.node}: profile {dossier.profile} makes a resource class of {len(made)} characters,"
            f" Ironic takes {resource.LONGEST}",
            hint="give the profile a shorter name and enroll the node with it",
            node=dossier.node,
        )
    return made


def properties(dossier: Dossier, found: Inventory) -> dict[str, Any]:
    """Sizes of the machine, where the system goes (by serial), and capabilities."""
    root = _root_disk(dossier)
    installed = found.memory.installed or found.memory.total
    if not (installed and found.cpu.threads and root.size):
        raise Incomplete(f"{dossier.node}: memory, threads or root disk are not known", hint="enroll it again")
    return {
        "cpus": found.cpu.threads,
        "cpu_arch": _architecture(found.cpu),
        "memory_mb": installed // 2**20,
        # Ironic's convention: one GiB is left for partitions and rounding.
        "local_gb": root.size // 2**30 - 1,
        "root_device": {"serial": root.serial} | ({"wwn": root.wwn} if root.unit else {}),
        "capabilities": ",".join(f"{k}:{v}" for k, v in _capabilities(found).items()),
    }


def driver_info(dossier: Dossier, settings: Settings) -> dict[str, Any]:
    """How Ironic reaches the BMC, without user name and password."""
    parts = urlsplit(dossier.bmc_address if "//" in dossier.bmc_address else f"https://{dossier.bmc_address}")
    if not parts.hostname:
        raise Incomplete(f"{dossier.node} has no BMC address", hint="discover it first", node=dossier.node)
    if dossier.bmc_protocol == "ipmi":
        return {"ipmi_address": parts.hostname, "ipmi_port": parts.port or 623}
    scheme = parts.scheme if parts.scheme in ("http", "https") else "https"
    system = parse_qs(parts.query).get("system", [""])[0]
    found: dict[str, Any] = {"redfish_address": f"{scheme}://{parts.netloc}", "redfish_verify_ca": settings.bmc_verify}
    return found | ({"redfish_system_id": f"/redfish/v1/Systems/{system}"} if system else {})


def credential_fields(dossier: Dossier, username: str, password: str) -> dict[str, str]:
    """The secret half of driver_info."""
    prefix = "ipmi" if dossier.bmc_protocol == "ipmi" else "redfish"
    return {f"{prefix}_username": username, f"{prefix}_password": password}


def traits(dossier: Dossier) -> list[str]:
    """Standard traits of the hardware, and ours: role, kinds of disks, emulated."""
    found = inventory(dossier)
    kinds = {disk.kind for disk in found.disks}
    wanted = {f"{_OURS}ROLE_{dossier.role.upper()}"}
    wanted |= {f"{_OURS}DISK_NVME"} if "nvme" in kinds else set()
    wanted |= {"STORAGE_DISK_HDD"} if "hdd" in kinds else set()
    wanted |= {"STORAGE_DISK_SSD"} if kinds & {"ssd", "nvme"} else set()
    wanted |= {f"{_OURS}EMULATED"} if dossier.emulated else set()
    wanted |= {_FLAG_TRAITS[found.cpu.virtualization]} if found.cpu.virtualization in _FLAG_TRAITS else set()
    return sorted(wanted)


def stale(trait: str, wanted: list[str]) -> bool:
    """Whether a trait is one of ours from an earlier time."""
    return trait.startswith(_OURS) and trait not in wanted


def ports(dossier: Dossier) -> dict[str, dict[str, Any]]:
    """Address → port. A port whose cabling LLDP did not tell gets no local_link_connection."""
    return {nic.mac: _port(dossier, nic) for nic in inventory(dossier).nics if nic.mac}


def uncabled(dossier: Dossier) -> list[str]:
    """Labels of the ports with a link of which LLDP did not tell switch and port."""
    return [n.label for n in inventory(dossier).nics if n.mac and n.link is not False and not _link(dossier, n)]


def _port(dossier: Dossier, nic: Nic) -> dict[str, Any]:
    return {"address": nic.mac, "pxe_enabled": nic.link is not False, "local_link_connection": _link(dossier, nic)}


def _link(dossier: Dossier, nic: Nic) -> dict[str, str]:
    # The ramdisk listens to LLDP before bonds are made; the installed system may not run an agent at all.
    other = [n for i in (dossier.in_band,) if i for n in i.nics if n.mac == nic.mac]
    neighbour = nic.neighbour or next((n.neighbour for n in other if n.neighbour), None)
    if nic.several or neighbour is None or not (neighbour.switch_mac and neighbour.port):
        return {}
    return {"switch_id": neighbour.switch_mac.lower(), "port_id": neighbour.port, "switch_info": neighbour.switch}


def _root_disk(dossier: Dossier) -> Disk:
    done, roots = dossier.installation, dossier.disk_roles.get("os", ())
    serial = (done.root_disk_serial or done.disk_serial) if done else (roots[0].key if roots else "")
    for disk in [*roots, *inventory(dossier).disks]:
        if serial and serial in (disk.key, disk.serial):
            return disk
    raise Incomplete(f"{dossier.node}: no root disk is known by serial", hint="enroll it again", node=dossier.node)


def _architecture(cpu: Cpu) -> str:
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(cpu.architecture, cpu.architecture or "x86_64")


def _capabilities(found: Inventory) -> dict[str, str]:
    stated = {
        "boot_mode": found.boot_mode,
        "secure_boot": "true" if found.secure_boot else "",
        "cpu_vt": "true" if found.cpu.virtualization else "",
        "iommu": "true" if found.cpu.iommu else "",
    }
    return {name: value for name, value in stated.items() if value}


def _about(dossier: Dossier) -> dict[str, Any]:
    return {
        "enrollment": dossier.enrollment,
        "profile": dossier.profile,
        "serial": dossier.identity.serial,
        "uuid": dossier.identity.uuid,
        "emulated": dossier.emulated,
    }
