"""What a machine has from its boot until its power goes: an id, files, and what it finds in itself."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from typing import Any

from metalctl.lab.fleet.machines.body import Body
from metalctl.lab.fleet.machines.files import Files
from metalctl.lab.fleet.machines.inventory import take
from metalctl.model.inventory import Inventory


class Booted:
    """kind: "ramdisk" or "installed". boot_id: of this boot. What it knows goes with it when the power goes."""

    def __init__(self, machine: Body, kind: str) -> None:
        self.machine = machine
        self.kind = kind
        self.boot_id = str(uuid.uuid4())
        self.files = Files()
        self.began = time.monotonic()

    def inventory(self) -> Inventory:
        return take(self.machine.bmc, self.boot_id, self.kind)

    def look(self, keys: Sequence[str]) -> list[dict[str, Any]]:
        """What `disks` says of these: nothing on any of them but what was installed."""
        return [
            {
                "serial": disk.serial, "size": disk.size, "name": disk.name, "wwn": "", "number": f"8:{16 * n}",
                "diskseq": str(n + 1), "boot_id": self.boot_id, "refusals": [], "unknown": [],
                "signatures": ["gpt"] if disk.run else [], "data": "", "extent": "1 GiB in 64 places",
            }
            for n, disk in enumerate(self.machine.disks)
            if not keys or disk.serial in keys
        ]  # fmt: skip
