"""`python3 -m metalctl.node disks`: every disk with what speaks against writing to it, and what is on it. Reads only.

Prints a JSON list of {"serial", "size", "name", "refusals": [text], "signatures": [text]}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from metalctl.model.inventory import Disk
from metalctl.node import guard
from metalctl.node.errors import NodeError
from metalctl.node.inspect import LocalHost, disks


def main(argv: Sequence[str]) -> int:
    """Print the list; takes no arguments."""
    if argv:
        sys.stderr.write(f"disks takes no arguments, got {argv[0]!r}\n")
        return 2
    sys.stdout.write(json.dumps([look(disk) for disk in disks.collect(LocalHost())]) + "\n")
    return 0


def look(disk: Disk) -> dict[str, Any]:
    """One disk."""
    refusals = guard.refusals(disk)
    try:
        signatures = guard.signatures(disk)
    except NodeError as error:
        # What cannot be read is not taken for empty.
        signatures = []
        refusals = [*refusals, f"what is on it cannot be read: {error.message}"]
    return {
        "serial": disk.key,
        "size": disk.size,
        "name": disk.name,
        "refusals": refusals,
        "signatures": signatures,
    }
