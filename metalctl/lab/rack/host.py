"""What the machine needs before a rack can be built on it: root, the Debian packages, network namespaces."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from metalctl.content.programs import find
from metalctl.lab.errors import LabPrerequisiteError

PROGRAMS = {
    "ip": "iproute2",
    "libvirtd": "libvirt-daemon",
    "qemu-system-x86_64": "qemu-system-x86",
    "ovsdb-server": "openvswitch-switch",
    "ovsdb-tool": "openvswitch-common",
    "ovs-vswitchd": "openvswitch-switch",
    "ovs-vsctl": "openvswitch-switch",
    "lldpd": "lldpd",
}
FILES = {
    Path("/usr/share/OVMF/OVMF_CODE_4M.fd"): "ovmf",
    Path("/usr/share/seabios/bios-256k.bin"): "seabios",
    Path("/usr/lib/ipxe/qemu/efi-virtio.rom"): "ipxe-qemu",
    Path("/usr/lib/ipxe/ipxe.efi"): "ipxe",
    Path("/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so"): "libvirt-daemon-driver-qemu",
    Path("/dev/net/tun"): "(kernel) tun device",
}
MODULES = {"sushy_tools": "sushy-tools", "virtualbmc": "virtualbmc", "libvirt": "libvirt-python", "bcrypt": "bcrypt"}


def check() -> None:
    """Raises `LabPrerequisiteError` that names everything that is missing at once."""
    if os.geteuid() != 0:
        raise LabPrerequisiteError(
            "an emulated rack needs root (network namespaces, taps)", hint="run it with sudo; see `metalctl doctor`"
        )
    missing = missing_packages()
    if missing:
        raise LabPrerequisiteError(
            f"not installed: {', '.join(missing)}",
            hint="`metalctl doctor` prints the commands that install what is missing",
            missing=missing,
        )


def missing_packages() -> list[str]:
    """Debian packages, and Python ones as `pip:NAME`, that are not there."""
    programs = {package for program, package in PROGRAMS.items() if find(program) is None}
    files = {package for file, package in FILES.items() if not file.exists()}
    modules = {f"pip:{package}" for name, package in MODULES.items() if importlib.util.find_spec(name) is None}
    return sorted(programs | files) + sorted(modules)
