"""`python3 -m metalctl.node disks`: what the guard says of every disk, as JSON; nothing is changed.

A list of {"name", "serial", "size", "refusals": [sentence], "signatures": ["sda1: ext4"]}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from metalctl.model.inventory import Disk
from metalctl.node import guard
from metalctl.node.inspect import LocalHost, disks


def main(argv: Sequence[str]) -> int:
    """Print the list; returns the exit code."""
    if argv:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    sys.stdout.write(json.dumps([_of(d) for d in disks.collect(LocalHost())]) + "\n")
    return 0


def _of(disk: Disk) -> dict[str, Any]:
    return {
        "name": disk.name,
        "serial": disk.serial,
        "size": disk.size,
        "refusals": guard.refusals(disk),
        "signatures": guard.signatures(disk),
    }
