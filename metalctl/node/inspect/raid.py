"""Whether a block device is a volume that a RAID controller made, and no physical disk: what the driver tells in /sys.

- hpsa and smartpqi write a RAID level for a volume, and "N/A" for a disk that they pass through.
- megaraid_sas has disks on SCSI channels 0 and 1 and volumes on 2 and 3; mpt3sas has volumes on channel 1; aacraid has
  them on channel 0. Source: MEGASAS_IS_LOGICAL, RAID_CHANNEL and CONTAINER_CHANNEL of the drivers.
- Boot cards with two sticks and a mirror of their own behave like one SATA or NVMe disk, and are known by their model.
"""

from __future__ import annotations

import re

from metalctl.model.words import fits
from metalctl.node.inspect.host import Host

_ADDRESS = re.compile(r"/host(\d+)/.*/\d+:(\d+):\d+:\d+/block/")
_CHANNELS = {"megaraid_sas": ("2", "3"), "mpt3sas": ("1",), "mpt2sas": ("1",), "aacraid": ("0",)}
_MODELS = ("logical volume", "dellboss vd*", "dell boss-n1*", "hpe ns204i*", "marvell raid vd*")


def is_volume(host: Host, name: str, model: str) -> bool:
    """name: the kernel's; model: as the device calls itself."""
    if level := host.text(f"/sys/block/{name}/device/raid_level"):
        return level.upper() != "N/A"
    if fits(model, _MODELS):
        return True
    place = _ADDRESS.search(host.real(f"/sys/block/{name}"))
    if place is None:
        return False
    driver = host.text(f"/sys/class/scsi_host/host{place.group(1)}/proc_name")
    return place.group(2) in _CHANNELS.get(driver, ())
