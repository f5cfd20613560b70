"""What made a block device: a disk that is passed through, a RAID controller's volume, or nobody knows, from /sys.

Some drivers write a RAID level for a volume, and "N/A" for a disk that they pass through; others have a SCSI channel
for volumes, or let them call themselves by the card (raid.toml). Behind libata, USB, paravirtual hosts and plain SAS
adapters every device is a disk, and so is one that the kernel's SAS transport shows with a port of its own. Behind any
other driver nobody knows: that a volume says it does not rotate makes it no solid-state drive.
"""

from __future__ import annotations

import re

from metalctl.model.words import fits
from metalctl.node.inspect import pcilink
from metalctl.node.inspect.host import Host
from metalctl.node.inspect.tomls import table

VOLUME, DISK, UNKNOWN = "volume", "disk", "unknown"
_ADDRESS = re.compile(r"/host(\d+)/.*/\d+:(\d+):\d+:\d+/block/")
_PLAIN = ("/ata", "/usb", "/virtio", "/end_device-")  # in the path of a device that no controller made


def made_by(host: Host, name: str, model: str) -> str:
    """VOLUME, DISK or UNKNOWN. name: the kernel's; model: as the device calls itself."""
    known = table("raid")
    if level := host.text(f"/sys/block/{name}/device/raid_level"):
        return VOLUME if level.upper() != "N/A" else DISK
    if fits(model, tuple(known["models"]["volumes"])):
        return VOLUME
    where = host.real(f"/sys/block/{name}")
    place = _ADDRESS.search(where)
    if place is None:
        return DISK
    driver = _driver(host, where, place[1])
    if (channels := known["channels"].get(driver)) is not None:
        return VOLUME if place[2] in channels else DISK
    if driver in known["passing"]["drivers"] or any(part in where for part in _PLAIN):
        return DISK
    return _by_name(host, name, model, known["named"].get(driver))


def _driver(host: Host, where: str, number: str) -> str:
    """The SCSI host's driver as it calls itself, else that of the PCI function that the host is on."""
    name = host.text(f"/sys/class/scsi_host/host{number}/proc_name")
    if name and name.strip("<()>").lower() != "null":
        return name
    function = pcilink.function(where)
    return host.linked(f"{function}/driver") if function else ""


def _by_name(host: Host, name: str, model: str, names: dict[str, list[str]] | None) -> str:
    if names is None:
        return UNKNOWN
    if host.text(f"/sys/block/{name}/device/vendor") in names["disk_vendors"]:
        return DISK
    return VOLUME if fits(model, tuple(names["volumes"])) else UNKNOWN
