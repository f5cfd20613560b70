"""The `guard` fixture: leave to write a raw disk, asked of the destructive guard."""

from __future__ import annotations

import time

from metalctl.model.inventory import Disk
from metalctl.model.run import RunSpec
from metalctl.node import guard
from metalctl.node.errors import NodeError
from metalctl.node.plugin.parts import device
from metalctl.node.pyfio import Leave


class NotArmed(NodeError):
    """The run has no leave for this disk and action."""


class Guard:
    """Leave to write disks, as the enrollment armed them for this run."""

    def __init__(self, spec: RunSpec) -> None:
        self._spec = spec

    def armed(self, disk: Disk, action: str = "fio-write") -> bool:
        """Whether the run names this disk for the action at all."""
        return any(a.serial == disk.key and a.action == action for a in self._spec.armed if a.serial)

    def leave(self, disk: Disk, action: str = "fio-write") -> Leave:
        """Leave to write the disk; raises NotArmed, or what the guard refuses."""
        for armed in self._spec.armed:
            if armed.serial and armed.serial == disk.key and armed.action == action:
                guard.require(armed, disk, action, time.time())
                return Leave(device(disk), disk.key)
        raise NotArmed(
            f"{disk.label} is not armed for {action}",
            hint="burn in through an enrollment, which arms blank disks; by hand use a check that only reads",
        )
