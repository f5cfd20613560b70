"""Storage controllers: PCI functions that SCSI or ATA hosts hang on, with what their drivers tell of themselves.

A virtio disk's or an NVMe disk's own function is the disk, not a controller. mode: "raid" by PCI class 0104, "hba" for
SAS and AHCI; a RAID card switched to pass disks through still shows the class that it was made with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from metalctl.model.inventory import Controller
from metalctl.node.inspect import pcilink, ssacli, storcli, vpd
from metalctl.node.inspect.host import Host
from metalctl.node.inspect.pcie import Function

_HOSTS = "/sys/class/scsi_host"
_MODES = {"raid": "raid", "sas": "hba", "sata": "hba"}
# Attributes of scsi_host by what they mean; drivers agree on no name (mpt3sas, smartpqi, hpsa, aacraid, megaraid_sas).
_FIRMWARE = ("version_fw", "firmware_version", "firmware_revision", "hba_kernel_version", "fw_version")
_MODEL = ("board_name", "model", "product_name")
_SERIAL = ("board_tracer", "serial_number", "board_serial")


def collect(host: Host, functions: Mapping[str, Function]) -> tuple[Controller, ...]:
    """Every controller by PCI address; several ATA ports of one function are one controller."""
    hosts: dict[str, list[str]] = {}
    for name in (n for n in host.names(_HOSTS) if re.fullmatch(r"host\d+", n)):
        if pci := pcilink.address(host.real(f"{_HOSTS}/{name}")):
            hosts.setdefault(pci, []).append(name)
    if hosts:
        host.source("controllers", f"{_HOSTS}, /sys/bus/pci")
    known = sorted((a, names) for a, names in hosts.items() if a in functions)
    return tuple(_controller(host, functions[a], sorted(names)[0]) for a, names in known)


def judged(host: Host, controllers: tuple[Controller, ...]) -> tuple[Controller, ...]:
    """The same with what the makers' tools say of them, their batteries and cache modules, where they are installed."""
    return tuple(ssacli.judged(host, storcli.judged(host, controllers)))


def _controller(host: Host, function: Function, name: str) -> Controller:
    base, product = f"{_HOSTS}/{name}", vpd.read(host, function.path)
    return Controller(
        name=name,
        model=_first(host, base, _MODEL) or function.model,
        vendor=function.vendor,
        firmware=_first(host, base, _FIRMWARE),
        serial=_first(host, base, _SERIAL) or product.serial,
        pci=function.address,
        driver=host.linked(f"{function.path}/driver") or host.text(f"{base}/proc_name"),
        mode=_MODES.get(function.kind, ""),
    )


def _first(host: Host, base: str, files: tuple[str, ...]) -> str:
    return next((text for file in files if (text := host.text(f"{base}/{file}"))), "")
